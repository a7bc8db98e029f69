// Makes the state of an answer.

package managed

import (
	"context"
	"fmt"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"cambist/iam"
	"terraform-provider-cambist/internal/object"
)

// common are the members that every object has; wire names by attribute.
var common = map[string]string{"id": "identity", "identity": "identity", "created_at": "createdAt", "updated_at": "updatedAt"}

// stateOf is the state that an answer amounts to. Where it means the same as the reference (a plan, or the state before), the
// reference stays, so that a time or a list written in another way is no difference. A value that only follows from other members,
// as `expired` follows from a time that has passed, is none either: what was written still holds.
func (r *Resource) stateOf(ctx context.Context, answer iam.Document, reference map[string]tftypes.Value) (tftypes.Value, error) {
	values := map[string]tftypes.Value{}
	for name, wire := range common {
		value, err := fromJSON(&object.Rule{Kind: object.Text}, answer[wire])
		if err != nil {
			return tftypes.Value{}, err
		}
		values[name] = value
	}
	version, err := numberFromJSON(answer["objectVersion"])
	if err != nil {
		return tftypes.Value{}, err
	}
	values["object_version"] = version
	for _, member := range r.described.Managed() {
		value, err := fromJSON(&member.Is, answer[member.Wire])
		if err != nil {
			return tftypes.Value{}, &unreadable{attribute: member.Name, cause: err}
		}
		kept, found := reference[member.Name]
		isReference := found && !kept.IsNull() && kept.IsKnown()
		if isDerived := slices.Contains(member.Is.Derived, textOf(value)); isDerived && !isReference {
			value = defaultOf(&member)
		} else if isReference && (isDerived || same(&member, kept, value)) {
			value = kept
		}
		values[member.Name] = value
	}
	if parent := r.described.Parent; parent != nil {
		values[parent.Name] = reference[parent.Name]
	}
	return tftypes.NewValue(r.stateType(ctx), values), nil
}

// unreadable is a member that the deployment answered in a form which this provider does not know.
type unreadable struct {
	attribute string
	cause     error
}

func (u *unreadable) Error() string {
	return fmt.Sprintf("%s cannot be read: %s. The deployment is probably of a newer version than this provider: upgrade the provider.", u.attribute, u.cause)
}

// salvaged is what is known of an object whose answer cannot be read: its identity, and what was planned.
func (r *Resource) salvaged(ctx context.Context, identity string, plan map[string]tftypes.Value) tftypes.Value {
	values := map[string]tftypes.Value{}
	for name, value := range plan {
		if !value.IsFullyKnown() {
			value = tftypes.NewValue(value.Type(), nil)
		}
		values[name] = value
	}
	values["id"] = tftypes.NewValue(tftypes.String, identity)
	values["identity"] = values["id"]
	return tftypes.NewValue(r.stateType(ctx), values)
}

// versionOf is the objectVersion in a state, 0 if there is none.
func versionOf(values map[string]tftypes.Value) int64 {
	version, err := numberOf(values["object_version"])
	if err != nil {
		return 0
	}
	return version
}

// identify sets what identifies the object.
func (r *Resource) identify(ctx context.Context, identity *tfsdk.ResourceIdentity, values map[string]tftypes.Value) diag.Diagnostics {
	var problems diag.Diagnostics
	if identity == nil {
		return problems
	}
	problems.Append(identity.SetAttribute(ctx, path.Root("identity"), textOf(values["identity"]))...)
	if parent := r.described.Parent; parent != nil {
		problems.Append(identity.SetAttribute(ctx, path.Root(parent.Name), textOf(values[parent.Name]))...)
	}
	return problems
}
