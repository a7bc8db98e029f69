// Reads objects for a refresh, and finds those that are imported.

package managed

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"cambist/iam"
	"terraform-provider-cambist/internal/object"
)

// Read takes the object from its list, which one refresh reads once for all objects in it.
func (r *Resource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	if !r.mayAsk(&resp.Diagnostics) {
		return
	}
	before := attributes(req.State.Raw)
	found, err := r.find(ctx, before)
	if err != nil {
		r.report(&resp.Diagnostics, "read", err, about{})
		return
	}
	if found == nil {
		// The framework wants to know what is gone.
		resp.Diagnostics.Append(r.identify(ctx, resp.Identity, before)...)
		resp.State.RemoveResource(ctx)
		return
	}
	state, err := r.stateOf(ctx, found, before)
	if err != nil {
		r.report(&resp.Diagnostics, "read", err, about{})
		return
	}
	resp.State.Raw = state
	resp.Diagnostics.Append(r.identify(ctx, resp.Identity, attributes(state))...)
}

// mayAsk says so if the deployment is not known.
func (r *Resource) mayAsk(problems *diag.Diagnostics) bool {
	if !r.isReady() {
		problems.AddError("The deployment is not known yet", unknownSettings)
	}
	return r.isReady()
}

const unknownSettings = "A setting of the provider (such as url) comes from a resource that is not created yet. Apply that one first, with -target."

// find looks for the object of a state. One that is imported by its identifier alone may be under any parent.
func (r *Resource) find(ctx context.Context, values map[string]tftypes.Value) (iam.Document, error) {
	identity := textOf(values["identity"])
	parent := r.described.Parent
	if parent == nil || textOf(values[parent.Name]) != "" {
		return r.session.Find(ctx, r.place(values), identity)
	}
	parents, err := r.session.List(ctx, object.Named(parent.Object).Path)
	if err != nil {
		return nil, err
	}
	for _, one := range parents {
		id, _ := one["identity"].(string)
		found, err := r.session.Find(ctx, r.described.Collection(id), identity)
		if err != nil {
			return nil, err
		}
		if found != nil {
			values[parent.Name] = tftypes.NewValue(tftypes.String, id)
			return found, nil
		}
	}
	return nil, nil
}

// ImportState takes an identifier, `PARENT/IDENTIFIER`, or an identity.
func (r *Resource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	identity, parentID := req.ID, ""
	parent := r.described.Parent
	if identity == "" && req.Identity != nil {
		given := attributes(req.Identity.Raw)
		identity = textOf(given["identity"])
		if parent != nil {
			parentID = textOf(given[parent.Name])
		}
	} else if before, after, found := strings.Cut(identity, "/"); found && parent != nil {
		parentID, identity = before, after
	}
	if !strings.HasPrefix(identity, r.described.IDPrefix+"_") {
		resp.Diagnostics.AddError("Not the identifier of "+a(r.described.Noun), fmt.Sprintf(
			"%q is none: it begins with %s_, as in %s. `cambist export --format hcl` writes import blocks for everything there is.",
			req.ID, r.described.IDPrefix, r.described.Example))
		return
	}
	values := map[string]tftypes.Value{"identity": tftypes.NewValue(tftypes.String, identity)}
	if parent != nil {
		values[parent.Name] = tftypes.NewValue(tftypes.String, parentID)
		if parentID == "" && !r.adopt(ctx, values, resp) {
			return
		}
		resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root(parent.Name), textOf(values[parent.Name]))...)
	}
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("identity"), identity)...)
	resp.Diagnostics.Append(r.identify(ctx, resp.Identity, values)...)
}

// adopt finds the parent of an object that is imported without it.
func (r *Resource) adopt(ctx context.Context, values map[string]tftypes.Value, resp *resource.ImportStateResponse) bool {
	if !r.mayAsk(&resp.Diagnostics) {
		return false
	}
	found, err := r.find(ctx, values)
	if err != nil {
		r.report(&resp.Diagnostics, "import", err, about{})
		return false
	}
	if found == nil {
		resp.Diagnostics.AddError(r.summary("import"), fmt.Sprintf("There is no %s %s in this organisation.", r.described.Noun, textOf(values["identity"])))
	}
	return found != nil
}

func a(noun string) string {
	if strings.ContainsRune("aeiou", rune(noun[0])) {
		return "an " + noun
	}
	return "a " + noun
}
