// Package trust has the data source that says what a cloud or another service must be told to trust one service account.
package trust

import (
	"context"
	"encoding/json"
	"net/url"
	"regexp"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"cambist"
	"terraform-provider-cambist/internal/session"
)

// Trust is `cambist_trust`.
type Trust struct{ session *session.Session }

var _ datasource.DataSourceWithConfigure = &Trust{}

// New makes the data source.
func New() datasource.DataSource { return &Trust{} }

type state struct {
	Platform       types.String `tfsdk:"platform"`
	ServiceAccount types.String `tfsdk:"service_account"`
	Project        types.String `tfsdk:"project"`
	Audience       types.String `tfsdk:"audience"`
	AWSAccount     types.String `tfsdk:"aws_account"`
	Issuer         types.String `tfsdk:"issuer"`
	IssuerHost     types.String `tfsdk:"issuer_host"`
	JwksURI        types.String `tfsdk:"jwks_uri"`
	Subject        types.String `tfsdk:"subject"`
	Conditions     types.Map    `tfsdk:"conditions"`
	Document       types.String `tfsdk:"document"`
}

// Metadata names the data source.
func (t *Trust) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_trust"
}

// Schema is whom to trust where, and the values that resources of that platform's own provider take.
func (t *Trust) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	printable := stringvalidator.RegexMatches(regexp.MustCompile(`^[\x21-\x7e]+$`), "must be without spaces, in ASCII")
	computed := func(sentence string) schema.StringAttribute {
		return schema.StringAttribute{Computed: true, MarkdownDescription: sentence}
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "What a cloud or another service must be told to trust exactly one service account of the deployment. The values go into the resources of that platform's own provider; `document` is the whole of it in JSON.",
		Attributes: map[string]schema.Attribute{
			"platform": schema.StringAttribute{
				Required: true, Validators: []validator.String{stringvalidator.OneOf(platforms()...)},
				MarkdownDescription: "One of `" + strings.Join(platforms(), "`, `") + "`.",
			},
			"service_account": schema.StringAttribute{
				Required:            true,
				Validators:          []validator.String{stringvalidator.RegexMatches(regexp.MustCompile(`^sa_[0-7][0-9a-hjkmnp-tv-z]{25}$`), "must be an identifier that starts with sa_")},
				MarkdownDescription: "The id of the service account: names can change, so nobody trusts one.",
			},
			"project":     schema.StringAttribute{Optional: true, Validators: []validator.String{printable}, MarkdownDescription: "Only tokens that are asked for in this project."},
			"audience":    schema.StringAttribute{Optional: true, Computed: true, Validators: []validator.String{printable}, MarkdownDescription: "The audience of the ID tokens. The usual one of the platform if it is absent; `gcp` and `vault` have none, so there it must be given. It must be in `token_audiences` of the federated identities."},
			"aws_account": schema.StringAttribute{Optional: true, Validators: []validator.String{stringvalidator.RegexMatches(regexp.MustCompile(`^\d{12}$`), "must be the 12 digits of an account")}, MarkdownDescription: "The number of the AWS account, which `document` names; only for `aws`."},
			"issuer":      computed("The issuer to trust."),
			"issuer_host": computed("The same without `https://`, as AWS writes it."),
			"jwks_uri":    computed("Where the public keys are."),
			"subject":     computed("`sub` of the ID tokens: the account's id, and the project if there is one."),
			"conditions":  schema.MapAttribute{Computed: true, ElementType: types.StringType, MarkdownDescription: "Claims and the values that they must have, as the platform names them."},
			"document":    computed("`aws`: the trust policy of a role (needs `aws_account`, else null). `gcp`: the provider of a pool. `azure`: a federated credential. `vault`: a role. `kubernetes`: an AuthenticationConfiguration."),
		},
	}
}

// Configure takes what the provider was configured with.
func (t *Trust) Configure(_ context.Context, req datasource.ConfigureRequest, _ *datasource.ConfigureResponse) {
	if shared, ok := req.ProviderData.(*session.Session); ok {
		t.session = shared
	}
}

// Read asks the deployment what it is called, and writes the trust.
func (t *Trust) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	if t.session == nil || t.session.API == nil {
		resp.Diagnostics.AddError("The deployment is not known yet", "A setting of the provider (such as url) comes from a resource that is not created yet. Apply that one first, with -target.")
		return
	}
	var s state
	resp.Diagnostics.Append(req.Config.Get(ctx, &s)...)
	platform, known := every[s.Platform.ValueString()]
	if resp.Diagnostics.HasError() || !known {
		return
	}
	if s.Audience.IsNull() {
		if platform.audience == "" {
			resp.Diagnostics.AddAttributeError(path.Root("audience"), "Which audience?", platform.whichAudience)
			return
		}
		s.Audience = types.StringValue(platform.audience)
	}
	if !s.AWSAccount.IsNull() && s.Platform.ValueString() != "aws" {
		resp.Diagnostics.AddAttributeError(path.Root("aws_account"), "Not for this platform", "aws_account belongs to platform = \"aws\".")
		return
	}
	found, err := cambist.Discover(ctx, t.session.API.URL(), nil)
	if err != nil {
		resp.Diagnostics.AddError("The deployment does not say what it is called", err.Error())
		return
	}
	s.Issuer, s.JwksURI = types.StringValue(found.Issuer), types.StringValue(found.JwksURI)
	host := strings.TrimPrefix(strings.TrimPrefix(found.Issuer, "https://"), "http://")
	s.IssuerHost = types.StringValue(host)
	s.Subject = types.StringValue(subjectOf(s.ServiceAccount.ValueString(), s.Project.ValueString()))
	if platform.subjectFault != nil {
		if fault := platform.subjectFault(s.Subject.ValueString()); fault != "" {
			resp.Diagnostics.AddAttributeError(path.Root("project"), "The project cannot be written there", fault)
			return
		}
	}
	warnOfReach(found.Issuer, s.Platform.ValueString(), &resp.Diagnostics)
	facts := facts{issuer: found.Issuer, host: host, subject: s.Subject.ValueString(), audience: s.Audience.ValueString(), account: s.AWSAccount.ValueString(), serviceAccount: s.ServiceAccount.ValueString()}
	conditions, problems := types.MapValueFrom(ctx, types.StringType, platform.conditions(facts))
	resp.Diagnostics.Append(problems...)
	s.Conditions = conditions
	s.Document = types.StringNull()
	if document := platform.document(facts); document != nil {
		text, err := json.MarshalIndent(document, "", "  ")
		if err != nil {
			resp.Diagnostics.AddError("The trust cannot be written", err.Error())
			return
		}
		s.Document = types.StringValue(string(text))
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &s)...)
}

// subjectOf is the `sub` of an ID token of this account and project: `%`, `:` and `/` inside a project are encoded.
func subjectOf(serviceAccount, project string) string {
	if project == "" {
		return serviceAccount
	}
	return serviceAccount + ":project:" + strings.NewReplacer("%", "%25", ":", "%3A", "/", "%2F").Replace(project)
}

var private = regexp.MustCompile(`^(?:10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|169\.254\.)|\.(?:internal|local|lan|home\.arpa)$`)

// warnOfReach tells of an issuer that serves no cloud its keys, because only this machine or this network can reach it.
func warnOfReach(issuer, platform string, problems *diag.Diagnostics) {
	parsed, err := url.Parse(issuer)
	if err != nil {
		return
	}
	host := parsed.Hostname()
	switch {
	case host == "localhost" || strings.HasSuffix(host, ".localhost") || strings.HasPrefix(host, "127.") || host == "::1":
		problems.AddWarning("No cloud can read the keys of this deployment", issuer+" is on this machine.")
	case private.MatchString(host):
		problems.AddWarning("A public cloud cannot read the keys of this deployment", issuer+" is in a private network.")
	case platform == "aws" && parsed.Port() != "":
		problems.AddWarning("AWS accepts no issuer with a port", issuer+" has one. Deploy it at an address without.")
	}
}
