// Package tokens has the ephemeral resources that exchange the ID token of a run: the result is in no plan and no state, and is
// revoked when the run no longer needs it.
package tokens

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/listvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"cambist"
	"terraform-provider-cambist/internal/session"
)

// Token is `cambist_token` or `cambist_id_token`.
type Token struct {
	isIDToken bool
	session   *session.Session
}

var (
	_ ephemeral.EphemeralResourceWithConfigure = &Token{}
	_ ephemeral.EphemeralResourceWithClose     = &Token{}
)

// NewToken makes `cambist_token`: an access token for an API.
func NewToken() ephemeral.EphemeralResource { return &Token{} }

// NewIDToken makes `cambist_id_token`: an ID token for a cloud that trusts the deployment.
func NewIDToken() ephemeral.EphemeralResource { return &Token{isIDToken: true} }

// given are the attributes of both; an ID token has no scope and no resource.
type given struct {
	Audience       types.List   `tfsdk:"audience"`
	Scope          types.Set    `tfsdk:"scope"`
	Resource       types.List   `tfsdk:"resource"`
	ServiceAccount types.String `tfsdk:"service_account"`
	Project        types.String `tfsdk:"project"`
	Lifetime       types.Int64  `tfsdk:"lifetime"`
	IDToken        types.String `tfsdk:"subject_token"`
}

// Metadata names the ephemeral resource.
func (t *Token) Metadata(_ context.Context, req ephemeral.MetadataRequest, resp *ephemeral.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_token"
	if t.isIDToken {
		resp.TypeName = req.ProviderTypeName + "_id_token"
	}
}

// Schema is what to ask for, and the token.
func (t *Token) Schema(_ context.Context, _ ephemeral.SchemaRequest, resp *ephemeral.SchemaResponse) {
	texts := stringvalidator.LengthAtLeast(1)
	audience := schema.ListAttribute{
		Optional: !t.isIDToken, Required: t.isIDToken, ElementType: types.StringType,
		MarkdownDescription: "Who the token is for. Each must be in `token_audiences` of the federated identity.",
		Validators:          []validator.List{listvalidator.ValueStringsAre(texts), listvalidator.SizeAtLeast(1)},
	}
	if !t.isIDToken {
		audience.MarkdownDescription += " The first of them if it is absent."
	}
	attributes := map[string]schema.Attribute{
		"audience":        audience,
		"service_account": schema.StringAttribute{Optional: true, Validators: []validator.String{texts}, MarkdownDescription: "The service account to act as, by id, or by slug if the provider names the organisation; the provider's if it is absent."},
		"project":         schema.StringAttribute{Optional: true, Validators: []validator.String{texts}, MarkdownDescription: "The project to act in."},
		"lifetime":        schema.Int64Attribute{Optional: true, Validators: []validator.Int64{int64validator.AtLeast(60)}, MarkdownDescription: "Seconds; lowered to what the federated identity allows. An apply that takes longer needs a longer one, since the value cannot change while it runs."},
		"subject_token":   schema.StringAttribute{Optional: true, Sensitive: true, Validators: []validator.String{texts}, MarkdownDescription: "The ID token to exchange; the one of the provider's settings, or of the platform, if it is absent."},
		"token":           schema.StringAttribute{Computed: true, Sensitive: true, MarkdownDescription: "The token. It is revoked when Terraform no longer needs it."},
		"expires_at":      schema.StringAttribute{Computed: true, MarkdownDescription: "When it ends, RFC 3339 in UTC, by the clock of this machine."},
		"request_id":      schema.StringAttribute{Computed: true, MarkdownDescription: "Finds the decision in the audit events of the deployment."},
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "An ID token for a cloud or another service that trusts the deployment as an issuer.",
		Attributes:          attributes,
	}
	if t.isIDToken {
		return
	}
	resp.Schema.MarkdownDescription = "An access token for an API, in exchange for the ID token of this run."
	attributes["scope"] = schema.SetAttribute{Optional: true, ElementType: types.StringType, Validators: []validator.Set{setvalidator.ValueStringsAre(texts)}, MarkdownDescription: "A part of `allowed_scopes` of the federated identity; all of them if it is absent."}
	attributes["resource"] = schema.ListAttribute{Optional: true, ElementType: types.StringType, Validators: []validator.List{listvalidator.ValueStringsAre(texts)}, MarkdownDescription: "The same as `audience`, by address (RFC 8707)."}
	attributes["granted_scope"] = schema.ListAttribute{Computed: true, ElementType: types.StringType, MarkdownDescription: "The scopes that the token carries."}
}

// Configure takes what the provider was configured with.
func (t *Token) Configure(_ context.Context, req ephemeral.ConfigureRequest, _ *ephemeral.ConfigureResponse) {
	if shared, ok := req.ProviderData.(*session.Session); ok {
		t.session = shared
	}
}

// Open exchanges the ID token.
func (t *Token) Open(ctx context.Context, req ephemeral.OpenRequest, resp *ephemeral.OpenResponse) {
	if t.session == nil || t.session.Tokens == nil {
		resp.Diagnostics.AddError("The deployment is not known yet", "A setting of the provider (such as url) comes from a resource that is not created yet. Apply that one first, with -target.")
		return
	}
	asked, idToken := t.read(ctx, req, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	token, err := t.session.Tokens.Get(ctx, asked, idToken)
	if err != nil {
		report(&resp.Diagnostics, err)
		return
	}
	set := func(name string, value any) {
		resp.Diagnostics.Append(resp.Result.SetAttribute(ctx, path.Root(name), value)...)
	}
	set("token", token.AccessToken)
	set("expires_at", token.ExpiresAt.UTC().Format(time.RFC3339))
	set("request_id", token.RequestID)
	if !t.isIDToken {
		set("granted_scope", token.Scope)
	}
	// Terraform keeps it in memory alone, to hand it to Close.
	kept, err := json.Marshal(token.AccessToken)
	if err == nil {
		resp.Diagnostics.Append(resp.Private.SetKey(ctx, "token", kept)...)
	}
}

// Close revokes the token (RFC 7009), so that what leaks later is worth nothing.
func (t *Token) Close(ctx context.Context, req ephemeral.CloseRequest, resp *ephemeral.CloseResponse) {
	kept, problems := req.Private.GetKey(ctx, "token")
	resp.Diagnostics.Append(problems...)
	var token string
	if t.session == nil || t.session.Tokens == nil || json.Unmarshal(kept, &token) != nil {
		return
	}
	if err := cambist.Revoke(ctx, token, t.session.Tokens.Exchange); err != nil {
		resp.Diagnostics.AddWarning("The token could not be revoked", err.Error()+"\n\nIt counts until it ends.")
	}
}

func (t *Token) read(ctx context.Context, req ephemeral.OpenRequest, problems *diag.Diagnostics) (cambist.ExchangeOptions, string) {
	var g given
	get := func(name string, into any) { problems.Append(req.Config.GetAttribute(ctx, path.Root(name), into)...) }
	get("audience", &g.Audience)
	get("service_account", &g.ServiceAccount)
	get("project", &g.Project)
	get("lifetime", &g.Lifetime)
	get("subject_token", &g.IDToken)
	options := t.session.Tokens.Exchange
	options.Scope, options.Resource, options.Audience = nil, nil, nil
	texts := func(from interface {
		ElementsAs(context.Context, any, bool) diag.Diagnostics
		IsNull() bool
	}) []string {
		var all []string
		if !from.IsNull() {
			problems.Append(from.ElementsAs(ctx, &all, false)...)
		}
		return all
	}
	options.Audience = texts(g.Audience)
	if t.isIDToken {
		options.RequestedTokenType = cambist.IDToken
	} else {
		get("scope", &g.Scope)
		get("resource", &g.Resource)
		options.Scope, options.Resource = texts(g.Scope), texts(g.Resource)
	}
	if text := g.ServiceAccount.ValueString(); text != "" {
		options.ServiceAccount = text
	}
	options.Project = g.Project.ValueString()
	options.Lifetime = time.Duration(g.Lifetime.ValueInt64()) * time.Second
	return options, g.IDToken.ValueString()
}

// report says why there is no token, at the attribute that it is about.
func report(problems *diag.Diagnostics, err error) {
	var failure *cambist.Error
	if !errors.As(err, &failure) {
		problems.AddError("There is no token", err.Error())
		return
	}
	switch failure.Code {
	case "invalid_scope":
		problems.AddAttributeError(path.Root("scope"), "The scope is not allowed", err.Error())
	case "invalid_target":
		problems.AddAttributeError(path.Root("audience"), "The audience is not allowed", err.Error())
	case cambist.CodeNoSource, cambist.CodeSourceIncomplete:
		problems.AddError("There is no ID token to exchange", err.Error()+"\n\nSet subject_token here, or one of id_token, id_token_file and id_token_env in the provider block.")
	default:
		problems.AddError("There is no token", err.Error())
	}
}
