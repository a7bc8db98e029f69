package managed

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-validators/datasourcevalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"cambist/iam"
	"terraform-provider-cambist/internal/object"
	"terraform-provider-cambist/internal/session"
)

// Lookup reads one object of a kind that another configuration manages.
type Lookup struct {
	resource *Resource
	keys     []string
}

var (
	_ datasource.DataSourceWithConfigure        = &Lookup{}
	_ datasource.DataSourceWithConfigValidators = &Lookup{}
)

// NewLookup makes the data source of a kind of object.
func NewLookup(described *object.Description) datasource.DataSource {
	lookup := &Lookup{resource: &Resource{described: described, schema: schemaOf(described)}, keys: []string{"identity"}}
	// Each of these is one object's alone among those of its kind, or is refused if it is not.
	for _, wire := range []string{"name", "slug", "providerIssuer"} {
		if member := described.Member(wire); member != nil {
			lookup.keys = append(lookup.keys, member.Name)
		}
	}
	return lookup
}

// Metadata names the data source.
func (l *Lookup) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_" + l.resource.described.Name
}

// Schema has the attributes of the resource: those that find the object may be given, all are read.
func (l *Lookup) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	described := l.resource.described
	attributes := map[string]schema.Attribute{}
	for name, attribute := range l.resource.schema.Attributes {
		sentence := attribute.GetMarkdownDescription()
		if parent := described.Parent; parent != nil && name == parent.Name {
			attributes[name] = schema.StringAttribute{Optional: true, Computed: true, MarkdownDescription: "The " + object.Named(parent.Object).Noun + " that it belongs to; every one is searched if it is absent."}
			continue
		}
		if l.isKey(name) {
			attributes[name] = schema.StringAttribute{Optional: true, Computed: true, MarkdownDescription: strings.TrimSpace("Finds the object by this. " + sentenceOfKey(described, name))}
			continue
		}
		attributes[name] = readAttribute(attribute.GetType(), sentence)
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: fmt.Sprintf("Reads %s by exactly one of `%s`.", a(described.Noun), strings.Join(l.keys, "`, `")),
		Attributes:          attributes,
	}
}

func (l *Lookup) isKey(name string) bool {
	for _, key := range l.keys {
		if key == name {
			return true
		}
	}
	return false
}

func sentenceOfKey(described *object.Description, name string) string {
	for _, member := range described.Members {
		if member.Name == name {
			return inOurWords(described, member.Description)
		}
	}
	return ""
}

func readAttribute(of attr.Type, sentence string) schema.Attribute {
	switch typed := of.(type) {
	case attr.TypeWithAttributeTypes:
		return schema.ObjectAttribute{Computed: true, AttributeTypes: typed.AttributeTypes(), MarkdownDescription: sentence}
	case attr.TypeWithElementType:
		return readCollection(typed, sentence)
	}
	switch of.TerraformType(context.Background()).String() {
	case tftypes.Number.String():
		return schema.Int64Attribute{Computed: true, MarkdownDescription: sentence}
	case tftypes.Bool.String():
		return schema.BoolAttribute{Computed: true, MarkdownDescription: sentence}
	case tftypes.DynamicPseudoType.String():
		return schema.DynamicAttribute{Computed: true, MarkdownDescription: sentence}
	default:
		return schema.StringAttribute{Computed: true, MarkdownDescription: sentence}
	}
}

func readCollection(of attr.TypeWithElementType, sentence string) schema.Attribute {
	element := of.ElementType()
	switch of.TerraformType(context.Background()).(type) {
	case tftypes.Map:
		return schema.MapAttribute{Computed: true, ElementType: element, MarkdownDescription: sentence}
	case tftypes.Set:
		return schema.SetAttribute{Computed: true, ElementType: element, MarkdownDescription: sentence}
	default:
		return schema.ListAttribute{Computed: true, ElementType: element, MarkdownDescription: sentence}
	}
}

// ConfigValidators want exactly one of the attributes that find an object.
func (l *Lookup) ConfigValidators(context.Context) []datasource.ConfigValidator {
	expressions := []path.Expression{}
	for _, key := range l.keys {
		expressions = append(expressions, path.MatchRoot(key))
	}
	return []datasource.ConfigValidator{datasourcevalidator.ExactlyOneOf(expressions...)}
}

// Configure takes what the provider was configured with.
func (l *Lookup) Configure(_ context.Context, req datasource.ConfigureRequest, _ *datasource.ConfigureResponse) {
	if shared, ok := req.ProviderData.(*session.Session); ok {
		l.resource.session = shared
	}
}

// Read finds the object in its list, which one run reads once.
func (l *Lookup) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	r := l.resource
	if !r.isReady() {
		resp.Diagnostics.AddError("The deployment is not known yet", unknownSettings)
		return
	}
	given := attributes(req.Config.Raw)
	key, value := "", ""
	for _, one := range l.keys {
		if text := textOf(given[one]); text != "" {
			key, value = one, text
		}
	}
	if key == "" {
		resp.Diagnostics.AddError(r.summary("find"), "The value that is to find it is empty.")
		return
	}
	found, reference, err := l.find(ctx, given, key, value)
	if err != nil {
		r.report(&resp.Diagnostics, "find", err, about{})
		return
	}
	if len(found) != 1 {
		detail := fmt.Sprintf("No %s of this organisation has the %s %q.", r.described.Noun, key, value)
		if len(found) > 1 {
			detail = fmt.Sprintf("%d of them have the %s %q: name the one that is meant by its identity.", len(found), key, value)
		}
		resp.Diagnostics.AddAttributeError(path.Root(key), r.summary("find"), detail)
		return
	}
	state, err := r.stateOf(ctx, found[0], reference)
	if err != nil {
		resp.Diagnostics.AddError(r.summary("find"), err.Error())
		return
	}
	resp.State.Raw = state
}

// find returns the objects with the value, and the parent of the last one in the form of a state.
func (l *Lookup) find(ctx context.Context, given map[string]tftypes.Value, key, value string) ([]iam.Document, map[string]tftypes.Value, error) {
	r := l.resource
	wire := key
	for _, member := range r.described.Members {
		if member.Name == key {
			wire = member.Wire
		}
	}
	var found []iam.Document
	reference := map[string]tftypes.Value{}
	places, err := r.places(ctx, given)
	if err != nil {
		return nil, nil, err
	}
	for _, place := range places {
		all, err := r.session.List(ctx, place.collection)
		if err != nil {
			return nil, nil, err
		}
		for _, one := range all {
			if one[wire] == any(value) {
				found = append(found, one)
				if parent := r.described.Parent; parent != nil {
					reference[parent.Name] = tftypes.NewValue(tftypes.String, place.parent)
				}
			}
		}
	}
	return found, reference, nil
}

// place is a list that objects of a kind may be in, and the parent that they have there.
type place struct{ collection, parent string }

// places are all lists of a kind, or the one of the parent that is given.
func (r *Resource) places(ctx context.Context, given map[string]tftypes.Value) ([]place, error) {
	parent := r.described.Parent
	if parent == nil {
		return []place{{collection: r.described.Path}}, nil
	}
	if id := textOf(given[parent.Name]); id != "" {
		return []place{{collection: r.described.Collection(id), parent: id}}, nil
	}
	parents, err := r.session.List(ctx, object.Named(parent.Object).Path)
	if err != nil {
		return nil, err
	}
	all := make([]place, 0, len(parents))
	for _, one := range parents {
		id, _ := one["identity"].(string)
		all = append(all, place{collection: r.described.Collection(id), parent: id})
	}
	return all, nil
}

// PlainOf is a value whose type nobody declared, as it is sent in JSON: numbers keep every digit.
func PlainOf(value tftypes.Value) any {
	return toJSON(nil, value)
}
