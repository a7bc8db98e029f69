// Package managed makes the resources: one implementation for every kind of object, driven by its description.
package managed

import (
	"context"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"terraform-provider-cambist/internal/object"
	"terraform-provider-cambist/internal/session"
)

// Resource manages the objects of one kind.
type Resource struct {
	described *object.Description
	schema    schema.Schema
	session   *session.Session
}

var (
	_ resource.ResourceWithConfigure   = &Resource{}
	_ resource.ResourceWithIdentity    = &Resource{}
	_ resource.ResourceWithImportState = &Resource{}
	_ resource.ResourceWithModifyPlan  = &Resource{}
)

// New makes the resource of a kind of object.
func New(described *object.Description) resource.Resource {
	return &Resource{described: described, schema: schemas()[described.Name]}
}

// schemas are made once: the framework makes a new resource for each call.
var schemas = sync.OnceValue(func() map[string]schema.Schema {
	made := map[string]schema.Schema{}
	for index := range object.All {
		made[object.All[index].Name] = schemaOf(&object.All[index])
	}
	return made
})

// Metadata names the resource.
func (r *Resource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_" + r.described.Name
}

// Schema is that of the resource.
func (r *Resource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = r.schema
}

// IdentitySchema is what identifies an object in import blocks and in the results of a query.
func (r *Resource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	attributes := map[string]identityschema.Attribute{
		"identity": identityschema.StringAttribute{RequiredForImport: true, Description: "The TypeID, which begins with " + r.described.IDPrefix + "_"},
	}
	if parent := r.described.Parent; parent != nil {
		attributes[parent.Name] = identityschema.StringAttribute{
			OptionalForImport: true,
			Description:       "The " + object.Named(parent.Object).Noun + " that it belongs to; searched for if it is absent",
		}
	}
	resp.IdentitySchema = identityschema.Schema{Attributes: attributes}
}

// Configure takes what the provider was configured with.
func (r *Resource) Configure(_ context.Context, req resource.ConfigureRequest, _ *resource.ConfigureResponse) {
	if shared, ok := req.ProviderData.(*session.Session); ok {
		r.session = shared
	}
}

// isReady tells whether there is a deployment to ask: not while validating, nor while the settings are unknown.
func (r *Resource) isReady() bool { return r.session != nil && r.session.API != nil }

// place is the list that an object is in; values are the attributes of its state or plan.
func (r *Resource) place(values map[string]tftypes.Value) string {
	if r.described.Parent == nil {
		return r.described.Path
	}
	return r.described.Collection(textOf(values[r.described.Parent.Name]))
}

// stateType is the type of the whole state.
func (r *Resource) stateType(ctx context.Context) tftypes.Type {
	return r.schema.Type().TerraformType(ctx)
}
