// The settings of the provider block, and the variables that stand in for them.

package provider

import (
	"context"
	"fmt"
	"os"
	"strings"
	"unicode"

	"github.com/hashicorp/terraform-plugin-framework-validators/providervalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// The variables that the command line reads, too.
const (
	urlVariable            = "CAMBIST_URL"
	organisationVariable   = "CAMBIST_ORGANISATION"
	serviceAccountVariable = "CAMBIST_SERVICE_ACCOUNT"
	tokenVariable          = "CAMBIST_TOKEN"
	sourceVariable         = "CAMBIST_SOURCE"
	audienceVariable       = "CAMBIST_ID_TOKEN_AUDIENCE"
)

// settings are the attributes of the provider block.
type settings struct {
	URL            types.String `tfsdk:"url"`
	Organisation   types.String `tfsdk:"organisation"`
	ServiceAccount types.String `tfsdk:"service_account"`
	Token          types.String `tfsdk:"token"`
	IDToken        types.String `tfsdk:"id_token"`
	IDTokenFile    types.String `tfsdk:"id_token_file"`
	IDTokenEnv     types.String `tfsdk:"id_token_env"`
}

// Schema is that of the provider block.
func (p *Provider) Schema(_ context.Context, _ provider.SchemaRequest, resp *provider.SchemaResponse) {
	text := func(sentence string) schema.StringAttribute {
		return schema.StringAttribute{Optional: true, MarkdownDescription: sentence}
	}
	secret := func(sentence string) schema.StringAttribute {
		return schema.StringAttribute{Optional: true, Sensitive: true, MarkdownDescription: sentence}
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "Manages who may exchange which tokens at a deployment of Cambist, and for what. In a pipeline it needs no secret: it exchanges the ID token that the platform gives the job, and renews the result during a long apply.",
		Attributes: map[string]schema.Attribute{
			"url":             text("The deployment: its `ISSUER_URL`, such as `https://tokens.example.com`. `" + urlVariable + "` if it is absent."),
			"organisation":    text("The organisation to work in, by id or slug. `" + organisationVariable + "` if it is absent, else the caller's own; the root token's is `default`."),
			"service_account": text("The service account to act as, by id, or by slug with `organisation`. `" + serviceAccountVariable + "` if it is absent. It is needed only if the ID token matches rules of several accounts."),
			"token":           secret("The root token, or an access token with the scope `iam:read`, `iam:write` or `iam:admin`. `" + tokenVariable + "` if none of these four is given. Prefer an ID token: it is no secret that somebody must keep."),
			"id_token":        secret("The ID token of this run, if the platform hands it over as a value. It cannot be renewed: an apply that outlives it fails."),
			"id_token_file":   text("A file with the ID token. It is read anew for each exchange, since platforms rotate it."),
			"id_token_env":    text("The name of the variable that holds the ID token."),
		},
	}
}

// ConfigValidators refuse two credentials at once.
func (p *Provider) ConfigValidators(context.Context) []provider.ConfigValidator {
	return []provider.ConfigValidator{providervalidator.Conflicting(
		path.MatchRoot("token"), path.MatchRoot("id_token"), path.MatchRoot("id_token_file"), path.MatchRoot("id_token_env"),
	)}
}

// unknown names a setting that comes from something that is not created yet, "" if there is none.
func (s *settings) unknown() string {
	for name, value := range map[string]attr.Value{
		"url": s.URL, "organisation": s.Organisation, "service_account": s.ServiceAccount, "token": s.Token,
		"id_token": s.IDToken, "id_token_file": s.IDTokenFile, "id_token_env": s.IDTokenEnv,
	} {
		if value.IsUnknown() {
			return name
		}
	}
	return ""
}

// complete takes what is absent from the variables. An empty text in the block is a mistake, most likely an unset variable of
// the configuration, and is not made up for by other means.
func (s *settings) complete(problems *diag.Diagnostics) {
	for name, value := range map[string]types.String{
		"url": s.URL, "organisation": s.Organisation, "service_account": s.ServiceAccount, "token": s.Token,
		"id_token": s.IDToken, "id_token_file": s.IDTokenFile, "id_token_env": s.IDTokenEnv,
	} {
		if !value.IsNull() && strings.TrimSpace(value.ValueString()) == "" {
			problems.AddAttributeError(path.Root(name), "Empty Setting", fmt.Sprintf("%s is empty. Give it a value, or leave it out (null).", name))
		}
	}
	s.URL = or(s.URL, urlVariable)
	s.Organisation = or(s.Organisation, organisationVariable)
	s.ServiceAccount = or(s.ServiceAccount, serviceAccountVariable)
	if s.Token.IsNull() && s.IDToken.IsNull() && s.IDTokenFile.IsNull() && s.IDTokenEnv.IsNull() {
		s.Token = or(s.Token, tokenVariable)
	}
	// Each is one value of a header or of a form: with a line break in it nothing is sent, and the error would be about the network.
	for name, value := range map[string]types.String{"organisation": s.Organisation, "service_account": s.ServiceAccount} {
		if strings.ContainsFunc(value.ValueString(), unicode.IsControl) {
			problems.AddAttributeError(path.Root(name), "Not an id or a slug", name+" has a line break or another control character.")
		}
	}
	if s.URL.IsNull() {
		problems.AddAttributeError(path.Root("url"), "Which deployment?", "Neither url nor the variable "+urlVariable+" is set. It is the ISSUER_URL of the deployment, such as https://tokens.example.com.")
	}
}

func or(value types.String, variable string) types.String {
	if text := os.Getenv(variable); value.IsNull() && text != "" {
		return types.StringValue(text)
	}
	return value
}
