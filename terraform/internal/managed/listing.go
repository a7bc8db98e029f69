package managed

import (
	"context"
	"fmt"
	"iter"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/list/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"cambist/iam"
	"terraform-provider-cambist/internal/object"
)

// Listing finds objects that exist, so that `terraform query` can import them.
type Listing struct{ *Resource }

var _ list.ListResourceWithConfigure = &Listing{}

// NewListing makes the list resource of a kind of object.
func NewListing(described *object.Description) list.ListResource {
	return &Listing{&Resource{described: described, schema: schemaOf(described)}}
}

// ListResourceConfigSchema has what narrows the list.
func (l *Listing) ListResourceConfigSchema(_ context.Context, _ list.ListResourceSchemaRequest, resp *list.ListResourceSchemaResponse) {
	attributes := map[string]schema.Attribute{}
	if l.described.Member("name") != nil {
		attributes["name"] = schema.StringAttribute{Optional: true, MarkdownDescription: "Only the one with this name."}
	}
	if l.described.Member("labels") != nil {
		attributes["labels"] = schema.MapAttribute{Optional: true, ElementType: types.StringType, MarkdownDescription: "Only objects with all of these labels."}
	}
	if parent := l.described.Parent; parent != nil {
		attributes[parent.Name] = schema.StringAttribute{Optional: true, MarkdownDescription: "Only those of this " + object.Named(parent.Object).Noun + "; of every one if it is absent."}
	}
	resp.Schema = schema.Schema{MarkdownDescription: "Lists " + l.described.Noun + " objects of the organisation.", Attributes: attributes}
}

// List reads the lists that the objects may be in, one after the other.
func (l *Listing) List(ctx context.Context, req list.ListRequest, stream *list.ListResultsStream) {
	if !l.isReady() {
		stream.Results = list.ListResultsStreamDiagnostics(diag.Diagnostics{diag.NewErrorDiagnostic("The deployment is not known yet", unknownSettings)})
		return
	}
	stream.Results = l.results(ctx, req)
}

func (l *Listing) results(ctx context.Context, req list.ListRequest) iter.Seq[list.ListResult] {
	return func(push func(list.ListResult) bool) {
		failed := func(err error) {
			result := list.ListResult{}
			l.report(&result.Diagnostics, "list", err, about{})
			push(result)
		}
		given := attributes(req.Config.Raw)
		options := iam.ListOptions{Name: textOf(given["name"]), Labels: labelsOf(given["labels"])}
		places, err := l.places(ctx, given)
		if err != nil {
			failed(err)
			return
		}
		count := int64(0)
		for _, place := range places {
			for one, err := range l.session.Objects(place.collection).List(ctx, options) {
				if err != nil {
					failed(err)
					return
				}
				if req.Limit > 0 && count >= req.Limit {
					return
				}
				count++
				if !push(l.result(ctx, req, *one, place.parent)) {
					return
				}
			}
		}
	}
}

func (l *Listing) result(ctx context.Context, req list.ListRequest, one iam.Document, parent string) list.ListResult {
	result := req.NewListResult(ctx)
	identity, _ := one["identity"].(string)
	name, _ := one["name"].(string)
	if result.DisplayName = name; name == "" {
		result.DisplayName = identity
	}
	reference := map[string]tftypes.Value{}
	if l.described.Parent != nil {
		reference[l.described.Parent.Name] = tftypes.NewValue(tftypes.String, parent)
	}
	state, err := l.stateOf(ctx, one, reference)
	if err != nil {
		result.Diagnostics.AddError(l.summary("list"), fmt.Sprintf("%s: %s", identity, err))
		return result
	}
	result.Diagnostics.Append(l.identify(ctx, result.Identity, attributes(state))...)
	if req.IncludeResource {
		result.Resource.Raw = state
	}
	return result
}

func labelsOf(value tftypes.Value) map[string]string {
	labels := map[string]string{}
	for key, label := range attributes(value) {
		labels[key] = textOf(label)
	}
	return labels
}
