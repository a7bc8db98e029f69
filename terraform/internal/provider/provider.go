// Package provider is the Terraform provider: its settings, and what it offers.
package provider

import (
	"context"
	"os"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"golang.org/x/oauth2"

	"cambist/iam"
	"terraform-provider-cambist/internal/managed"
	"terraform-provider-cambist/internal/object"
	"terraform-provider-cambist/internal/session"
)

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

// Schema is that of the provider block.
func (p *Provider) Schema(_ context.Context, _ provider.SchemaRequest, resp *provider.SchemaResponse) {
	resp.Schema = schema.Schema{Attributes: map[string]schema.Attribute{
		"url":          schema.StringAttribute{Optional: true},
		"organisation": schema.StringAttribute{Optional: true},
		"token":        schema.StringAttribute{Optional: true, Sensitive: true},
	}}
}

// Configure makes the session.
func (p *Provider) Configure(ctx context.Context, req provider.ConfigureRequest, resp *provider.ConfigureResponse) {
	var settings struct {
		URL          types.String `tfsdk:"url"`
		Organisation types.String `tfsdk:"organisation"`
		Token        types.String `tfsdk:"token"`
	}
	resp.Diagnostics.Append(req.Config.Get(ctx, &settings)...)
	or := func(value types.String, variable string) string {
		if value.ValueString() != "" {
			return value.ValueString()
		}
		return os.Getenv(variable)
	}
	client, err := iam.New(or(settings.URL, "CAMBIST_URL"), iam.Options{
		TokenSource:  oauth2.StaticTokenSource(&oauth2.Token{AccessToken: or(settings.Token, "CAMBIST_TOKEN")}),
		Organisation: or(settings.Organisation, "CAMBIST_ORGANISATION"),
	})
	if err != nil {
		resp.Diagnostics.AddError("x", err.Error())
		return
	}
	shared := session.New(client)
	resp.ResourceData, resp.DataSourceData, resp.EphemeralResourceData = shared, shared, shared
}

// Resources are one for each kind of object.
func (p *Provider) Resources(context.Context) []func() resource.Resource {
	all := make([]func() resource.Resource, 0, len(object.All))
	for index := range object.All {
		all = append(all, func() resource.Resource { return managed.New(&object.All[index]) })
	}
	return all
}

// DataSources are none yet.
func (p *Provider) DataSources(context.Context) []func() datasource.DataSource { return nil }
