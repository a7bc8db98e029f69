package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/provider"

	"cambist"
	"terraform-provider-cambist/internal/explain"
	"terraform-provider-cambist/internal/managed"
	"terraform-provider-cambist/internal/object"
	"terraform-provider-cambist/internal/session"
	"terraform-provider-cambist/internal/subjects"
	"terraform-provider-cambist/internal/tokens"
	"terraform-provider-cambist/internal/trust"
)

var (
	_ provider.ProviderWithEphemeralResources = &Provider{}
	_ provider.ProviderWithFunctions          = &Provider{}
	_ provider.ProviderWithListResources      = &Provider{}
)

// DataSources are one for each kind of object, and two that ask the deployment about itself.
func (p *Provider) DataSources(context.Context) []func() datasource.DataSource {
	all := []func() datasource.DataSource{trust.New, explain.New}
	for index := range object.All {
		all = append(all, func() datasource.DataSource { return managed.NewLookup(&object.All[index]) })
	}
	return all
}

// EphemeralResources are tokens, and secrets of new credentials.
func (p *Provider) EphemeralResources(context.Context) []func() ephemeral.EphemeralResource {
	return []func() ephemeral.EphemeralResource{tokens.NewToken, tokens.NewIDToken, tokens.NewSecret}
}

// Functions write subjects.
func (p *Provider) Functions(context.Context) []func() function.Function { return subjects.All() }

// ListResources are one for each kind of object.
func (p *Provider) ListResources(context.Context) []func() list.ListResource {
	all := make([]func() list.ListResource, 0, len(object.All))
	for index := range object.All {
		all = append(all, func() list.ListResource { return managed.NewListing(&object.All[index]) })
	}
	return all
}

// tokens exchanges the ID token of the run, also if the provider itself works with a token that was given.
func (s *settings) tokens() *session.Tokens {
	idTokens, _ := s.idTokens()
	return &session.Tokens{
		IDTokens: idTokens,
		Exchange: cambist.ExchangeOptions{
			URL:            s.URL.ValueString(),
			ServiceAccount: s.ServiceAccount.ValueString(),
			Organisation:   s.Organisation.ValueString(),
		},
	}
}
