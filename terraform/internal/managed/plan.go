// Plans what each attribute will be: what is configured, a default, or what is there if that means the same.

package managed

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"terraform-provider-cambist/internal/object"
)

// configuredKey is where the private state keeps which members the configuration gave, to see later that one was removed.
const configuredKey = "configured"

// ModifyPlan plans from the configuration and the state alone, and has the service judge what would change.
func (r *Resource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	before := attributes(req.State.Raw)
	if req.Plan.Raw.IsNull() {
		if r.session != nil {
			r.session.Leaves(textOf(before["identity"]))
		}
		return
	}
	config := attributes(req.Config.Raw)
	configured, problems := req.Private.GetKey(ctx, configuredKey)
	resp.Diagnostics.Append(problems...)
	plan := r.planOf(config, before, namesIn(configured))
	resp.Plan.Raw = tftypes.NewValue(r.stateType(ctx), plan)
	for _, name := range r.replacing(plan, before) {
		resp.RequiresReplace = append(resp.RequiresReplace, path.Root(name))
	}
	if len(resp.RequiresReplace) > 0 {
		// The plan is asked for again, as that of a new object.
		if r.session != nil {
			r.session.Leaves(textOf(before["identity"]))
		}
		return
	}
	if before == nil || !resp.Plan.Raw.Equal(req.State.Raw) {
		r.judge(ctx, config, plan, before, &resp.Diagnostics)
	}
}

// planOf is what each attribute will be; before is nil for a new object.
func (r *Resource) planOf(config, before map[string]tftypes.Value, configured []string) map[string]tftypes.Value {
	plan := map[string]tftypes.Value{}
	isChange := before == nil
	for _, member := range r.described.Managed() {
		if member.ReadOnly {
			continue
		}
		plan[member.Name] = planMember(&member, config[member.Name], before, slices.Contains(configured, member.Name))
		isChange = isChange || !plan[member.Name].Equal(before[member.Name])
	}
	if parent := r.described.Parent; parent != nil {
		plan[parent.Name] = config[parent.Name]
		isChange = isChange || !plan[parent.Name].Equal(before[parent.Name])
	}
	for _, member := range r.described.Managed() {
		if member.Follows() && isChange && before != nil && config[member.Name].IsNull() && changesOne(member.DerivedFrom, plan, before) {
			plan[member.Name] = unknown(&member)
		}
		if member.ReadOnly && !r.isParent(member.Name) {
			plan[member.Name] = afterwards(before[member.Name], unknown(&member), isChange && !(member.Fixed() && before != nil))
		}
	}
	for _, name := range []string{"id", "identity", "created_at"} {
		plan[name] = afterwards(before[name], tftypes.NewValue(tftypes.String, tftypes.UnknownValue), before == nil)
	}
	plan["updated_at"] = afterwards(before["updated_at"], tftypes.NewValue(tftypes.String, tftypes.UnknownValue), isChange)
	plan["object_version"] = afterwards(before["object_version"], tftypes.NewValue(tftypes.Number, tftypes.UnknownValue), isChange)
	return plan
}

// planMember is what one member will be: what is configured, else its default; what is there stays if it means the same.
func planMember(member *object.Member, config tftypes.Value, before map[string]tftypes.Value, wasConfigured bool) tftypes.Value {
	wanted := withDefaults(member, config)
	if config.IsNull() {
		if member.Derived() && before != nil && !wasConfigured {
			return before[member.Name]
		}
		wanted = defaultOf(member)
	}
	if before == nil || !same(member, wanted, before[member.Name]) {
		return wanted
	}
	// Only where nothing is configured may null and a value stand for each other.
	if isThere := before[member.Name]; config.IsNull() || !isThere.IsNull() {
		return isThere
	}
	return wanted
}

func afterwards(before, unknown tftypes.Value, isChange bool) tftypes.Value {
	if isChange {
		return unknown
	}
	return before
}

func unknown(member *object.Member) tftypes.Value {
	return tftypes.NewValue(typeOf(&member.Is), tftypes.UnknownValue)
}

func changesOne(names []string, plan, before map[string]tftypes.Value) bool {
	return slices.ContainsFunc(names, func(name string) bool { return !plan[name].Equal(before[name]) })
}

func (r *Resource) isParent(name string) bool {
	return r.described.Parent != nil && r.described.Parent.Name == name
}

// replacing names the attributes that differ and cannot be changed.
func (r *Resource) replacing(plan, before map[string]tftypes.Value) []string {
	if before == nil {
		return nil
	}
	var names []string
	for _, member := range r.described.Managed() {
		isFixed := member.Immutable && !member.ReadOnly && member.Children == ""
		if isFixed && !plan[member.Name].Equal(before[member.Name]) {
			names = append(names, member.Name)
		}
	}
	if parent := r.described.Parent; parent != nil && !plan[parent.Name].Equal(before[parent.Name]) {
		names = append(names, parent.Name)
	}
	return names
}

// configuredNames are the members that a configuration gives.
func (r *Resource) configuredNames(config map[string]tftypes.Value) []byte {
	names := []string{}
	for _, member := range r.described.Managed() {
		if member.Derived() && !config[member.Name].IsNull() {
			names = append(names, member.Name)
		}
	}
	text, err := json.Marshal(names)
	if err != nil {
		panic(err)
	}
	return text
}

func namesIn(text []byte) []string {
	var names []string
	_ = json.Unmarshal(text, &names)
	return names
}
