package tokens

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-cambist/internal/session"
)

// Secret is `cambist_access_credential_secret`: what the service shows once, in the run that creates the credential.
type Secret struct{ session *session.Session }

var _ ephemeral.EphemeralResourceWithConfigure = &Secret{}

// NewSecret makes `cambist_access_credential_secret`.
func NewSecret() ephemeral.EphemeralResource { return &Secret{} }

// Metadata names the ephemeral resource.
func (s *Secret) Metadata(_ context.Context, req ephemeral.MetadataRequest, resp *ephemeral.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_access_credential_secret"
}

// Schema is which credential, and its secret.
func (s *Secret) Schema(_ context.Context, _ ephemeral.SchemaRequest, resp *ephemeral.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "The secret of an access credential, in the apply that creates it: the service shows it once and keeps a hash. Hand it to a write-only attribute of another resource, whose version changes with the credential's `identity`. In every other run `access_secret` is null.",
		Attributes: map[string]schema.Attribute{
			"identity": schema.StringAttribute{
				Required: true, Validators: []validator.String{stringvalidator.LengthAtLeast(1)},
				MarkdownDescription: "The `identity` of the `cambist_access_credential`.",
			},
			"is_new":        schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether this run created the credential, so that there is a secret."},
			"access_secret": schema.StringAttribute{Computed: true, Sensitive: true, MarkdownDescription: "The secret; null if another run created the credential."},
		},
	}
}

// Configure takes what the provider was configured with.
func (s *Secret) Configure(_ context.Context, req ephemeral.ConfigureRequest, _ *ephemeral.ConfigureResponse) {
	if shared, ok := req.ProviderData.(*session.Session); ok {
		s.session = shared
	}
}

// Open hands on the secret that the creation left in this process.
func (s *Secret) Open(ctx context.Context, req ephemeral.OpenRequest, resp *ephemeral.OpenResponse) {
	var identity types.String
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("identity"), &identity)...)
	secret := types.StringNull()
	if s.session != nil {
		if text, found := s.session.Secret(identity.ValueString()); found {
			secret = types.StringValue(text)
		}
	}
	resp.Diagnostics.Append(resp.Result.SetAttribute(ctx, path.Root("is_new"), !secret.IsNull())...)
	resp.Diagnostics.Append(resp.Result.SetAttribute(ctx, path.Root("access_secret"), secret)...)
}
