// Package provider is the Terraform provider: its settings, and what it offers.
package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"cambist/iam"
	"terraform-provider-cambist/internal/managed"
	"terraform-provider-cambist/internal/object"
	"terraform-provider-cambist/internal/session"
)

var _ provider.ProviderWithConfigValidators = &Provider{}

// Provider is the Terraform provider.
type Provider struct {
	version string
}

// New makes the provider of this version.
func New(version string) func() provider.Provider {
	return func() provider.Provider { return &Provider{version: version} }
}

// Metadata names the provider.
func (p *Provider) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName, resp.Version = "cambist", p.version
}

// Configure makes the session that all parts of the provider share.
func (p *Provider) Configure(ctx context.Context, req provider.ConfigureRequest, resp *provider.ConfigureResponse) {
	var given settings
	resp.Diagnostics.Append(req.Config.Get(ctx, &given)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if given.unknown() != "" {
		// The plan goes on without asking; what exists already cannot be read, and says so.
		p.share(resp, session.New(nil))
		return
	}
	given.complete(&resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	tokens, attribute := given.tokenSource(ctx, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	client, err := iam.New(given.URL.ValueString(), iam.Options{
		TokenSource:  tokens,
		Organisation: given.Organisation.ValueString(),
		UserAgent:    "terraform-provider-cambist/" + p.version,
	})
	if err != nil {
		resp.Diagnostics.AddAttributeError(path.Root("url"), "Not the address of a deployment", err.Error())
		return
	}
	greet(ctx, client, attribute, &resp.Diagnostics)
	if !resp.Diagnostics.HasError() {
		shared := session.New(client)
		shared.Tokens = given.tokens()
		p.share(resp, shared)
	}
}

func (p *Provider) share(resp *provider.ConfigureResponse, shared *session.Session) {
	resp.ResourceData, resp.DataSourceData, resp.EphemeralResourceData, resp.ListResourceData = shared, shared, shared, shared
}

// Resources are one for each kind of object.
func (p *Provider) Resources(context.Context) []func() resource.Resource {
	all := make([]func() resource.Resource, 0, len(object.All))
	for index := range object.All {
		all = append(all, func() resource.Resource { return managed.New(&object.All[index]) })
	}
	return all
}
