// Package reference describes the provider from its own schemas: a snapshot that shows whether a change breaks users, and the pages of docs.
package reference

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"terraform-provider-cambist/internal/provider"
)

// Attribute is what users may rely on of one attribute.
type Attribute struct {
	Type      string                `json:"type"`
	Members   map[string]*Attribute `json:"members,omitempty"`
	Required  bool                  `json:"required,omitempty"`
	Optional  bool                  `json:"optional,omitempty"`
	Computed  bool                  `json:"computed,omitempty"`
	Sensitive bool                  `json:"sensitive,omitempty"`
	WriteOnly bool                  `json:"writeOnly,omitempty"`

	description string
}

// Thing is a resource, a data source, or the provider itself.
type Thing struct {
	Attributes map[string]*Attribute `json:"attributes"`
	// Identity has the attributes that import blocks and queries identify the object by.
	Identity map[string]*Attribute `json:"identity,omitempty"`

	description string
}

// Function is a function of the provider.
type Function struct {
	Parameters []Parameter `json:"parameters"`
	// Further is the parameter that may be there any number of times.
	Further *Parameter `json:"further,omitempty"`
	Returns string     `json:"returns"`

	summary, description string
}

// Parameter is one argument of a function; users rely on its type alone.
type Parameter struct {
	Type string `json:"type"`

	name, description string
}

// Snapshot is all that users may rely on.
type Snapshot struct {
	Provider           *Thing               `json:"provider"`
	Resources          map[string]*Thing    `json:"resources"`
	DataSources        map[string]*Thing    `json:"dataSources"`
	EphemeralResources map[string]*Thing    `json:"ephemeralResources"`
	ListResources      map[string]*Thing    `json:"listResources"`
	Functions          map[string]*Function `json:"functions"`
}

// Take asks the provider for its schemas, as Terraform does.
func Take(ctx context.Context) (*Snapshot, error) {
	server, err := providerserver.NewProtocol6WithError(provider.New("reference")())()
	if err != nil {
		return nil, err
	}
	schemas, err := server.GetProviderSchema(ctx, &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		return nil, err
	}
	identities, err := server.GetResourceIdentitySchemas(ctx, &tfprotov6.GetResourceIdentitySchemasRequest{})
	if err != nil {
		return nil, err
	}
	for _, problem := range append(schemas.Diagnostics, identities.Diagnostics...) {
		return nil, fmt.Errorf("%s: %s", problem.Summary, problem.Detail)
	}
	taken := &Snapshot{
		Provider:           thing(schemas.Provider),
		Resources:          things(schemas.ResourceSchemas),
		DataSources:        things(schemas.DataSourceSchemas),
		EphemeralResources: things(schemas.EphemeralResourceSchemas),
		ListResources:      things(schemas.ListResourceSchemas),
		Functions:          map[string]*Function{},
	}
	for name, identity := range identities.IdentitySchemas {
		taken.Resources[name].Identity = map[string]*Attribute{}
		for _, one := range identity.IdentityAttributes {
			taken.Resources[name].Identity[one.Name] = &Attribute{
				Type: typeName(one.Type), Required: one.RequiredForImport, Optional: one.OptionalForImport, description: one.Description,
			}
		}
	}
	for name, one := range schemas.Functions {
		made := &Function{Returns: typeName(one.Return.Type), Parameters: []Parameter{}, summary: one.Summary, description: one.Description}
		for _, parameter := range one.Parameters {
			made.Parameters = append(made.Parameters, Parameter{typeName(parameter.Type), parameter.Name, parameter.Description})
		}
		if further := one.VariadicParameter; further != nil {
			made.Further = &Parameter{typeName(further.Type), further.Name, further.Description}
		}
		taken.Functions[name] = made
	}
	return taken, nil
}

func things(schemas map[string]*tfprotov6.Schema) map[string]*Thing {
	all := map[string]*Thing{}
	for name, schema := range schemas {
		all[name] = thing(schema)
	}
	return all
}

func thing(schema *tfprotov6.Schema) *Thing {
	return &Thing{Attributes: attributes(schema.Block.Attributes), description: schema.Block.Description}
}

func attributes(all []*tfprotov6.SchemaAttribute) map[string]*Attribute {
	made := map[string]*Attribute{}
	for _, one := range all {
		attribute := &Attribute{
			Required: one.Required, Optional: one.Optional, Computed: one.Computed, Sensitive: one.Sensitive, WriteOnly: one.WriteOnly,
			description: one.Description,
		}
		if one.NestedType != nil {
			attribute.Type = strings.ToLower(one.NestedType.Nesting.String()) + " of objects"
			attribute.Members = attributes(one.NestedType.Attributes)
		} else {
			attribute.Type = typeName(one.Type)
		}
		made[one.Name] = attribute
	}
	return made
}

func typeName(of tftypes.Type) string {
	switch kind := of.(type) {
	case tftypes.List:
		return "list of " + typeName(kind.ElementType)
	case tftypes.Set:
		return "set of " + typeName(kind.ElementType)
	case tftypes.Map:
		return "map of " + typeName(kind.ElementType)
	case tftypes.Object:
		return "object"
	}
	switch {
	case of.Is(tftypes.String):
		return "string"
	case of.Is(tftypes.Number):
		return "number"
	case of.Is(tftypes.Bool):
		return "bool"
	case of.Is(tftypes.DynamicPseudoType):
		return "any"
	}
	return of.String()
}
