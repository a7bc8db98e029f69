// Creates, changes and deletes objects.

package managed

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"cambist/iam"
)

// Create creates the object. A write that has begun is not cut off by an interruption, because its answer belongs into the state.
func (r *Resource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	if !r.mayAsk(&resp.Diagnostics) {
		return
	}
	ctx = context.WithoutCancel(ctx)
	config, plan := attributes(req.Config.Raw), attributes(req.Plan.Raw)
	body, _ := r.creation(config)
	answer, err := r.written(r.session.Objects(r.place(plan)).Create(ctx, body))
	r.session.Wrote()
	if err != nil {
		r.report(&resp.Diagnostics, "create", err, about{config: config})
		return
	}
	identity, _ := answer["identity"].(string)
	if secret, found := answer["accessSecret"].(string); found {
		r.session.KeepSecret(identity, secret)
	}
	state, err := r.stateOf(ctx, answer, plan)
	if err != nil {
		// It is there all the same, so the state must know it.
		r.report(&resp.Diagnostics, "create", err, about{})
		state = r.salvaged(ctx, identity, plan)
	}
	resp.State.Raw = state
	resp.Diagnostics.Append(r.identify(ctx, resp.Identity, attributes(state))...)
	resp.Diagnostics.Append(resp.Private.SetKey(ctx, configuredKey, r.configuredNames(config))...)
	r.warn(answer, &resp.Diagnostics)
}

// Update changes what differs, if the object is still as it was planned from.
func (r *Resource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	if !r.mayAsk(&resp.Diagnostics) {
		return
	}
	ctx = context.WithoutCancel(ctx)
	config, plan, before := attributes(req.Config.Raw), attributes(req.Plan.Raw), attributes(req.State.Raw)
	objects, identity := r.session.Objects(r.place(before)), textOf(before["identity"])
	resp.State.Raw = req.State.Raw
	body, _ := r.update(config, plan, before)
	var answer iam.Document
	var err error
	if len(body) > 0 {
		answer, err = r.written(objects.Update(ctx, identity, body, iam.IfVersion(versionOf(before))))
		r.session.Wrote()
		if err != nil {
			r.reportChange(ctx, err, config, before, resp)
			return
		}
		r.warn(answer, &resp.Diagnostics)
	}
	if member := r.children(); member != nil && !plan[member.Name].Equal(before[member.Name]) {
		if place, err := r.writeChildren(ctx, identity, member, plan[member.Name]); err != nil {
			r.report(&resp.Diagnostics, "change", err, about{place: place})
		}
		r.session.Wrote()
		answer = nil
	}
	if answer == nil {
		if answer, err = r.written(objects.Get(ctx, identity)); err != nil {
			r.report(&resp.Diagnostics, "read", err, about{})
			return
		}
	}
	state, err := r.stateOf(ctx, answer, plan)
	if err != nil {
		r.report(&resp.Diagnostics, "change", err, about{})
		return
	}
	resp.State.Raw = state
	resp.Diagnostics.Append(r.identify(ctx, resp.Identity, attributes(state))...)
	resp.Diagnostics.Append(resp.Private.SetKey(ctx, configuredKey, r.configuredNames(config))...)
}

// reportChange says what was changed meanwhile if that is why the service refuses.
func (r *Resource) reportChange(ctx context.Context, err error, config, before map[string]tftypes.Value, resp *resource.UpdateResponse) {
	if !iam.IsChangedMeanwhile(err) {
		r.report(&resp.Diagnostics, "change", err, about{config: config})
		return
	}
	now, readErr := r.written(r.session.Objects(r.place(before)).Get(ctx, textOf(before["identity"])))
	if readErr != nil {
		r.report(&resp.Diagnostics, "change", err, about{config: config})
		return
	}
	var changes []string
	for _, member := range r.described.Managed() {
		value, err := fromJSON(&member.Is, now[member.Wire])
		if err != nil || member.ReadOnly || same(&member, value, before[member.Name]) {
			continue
		}
		changes = append(changes, fmt.Sprintf("  %s: %s, now %s", member.Name, canonical(&member, toJSON(&member.Is, before[member.Name])), canonical(&member, now[member.Wire])))
	}
	what := "Nothing that is managed here differs."
	if len(changes) > 0 {
		what = "It was planned with, and is now:\n\n" + strings.Join(changes, "\n")
	}
	resp.Diagnostics.AddError(r.summary("change"), fmt.Sprintf(
		"Somebody else changed %s after it was planned: it was at object_version %d and is at %v. %s\n\nNothing was written. Plan again and decide with what is there now.",
		textOf(before["identity"]), versionOf(before), now["objectVersion"], what))
}

// Delete deletes the object; one that is gone already is deleted.
func (r *Resource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	if !r.mayAsk(&resp.Diagnostics) {
		return
	}
	ctx = context.WithoutCancel(ctx)
	before := attributes(req.State.Raw)
	err := r.session.Objects(r.place(before)).Delete(ctx, textOf(before["identity"]))
	r.session.Wrote()
	if err == nil || iam.IsNotFound(err) {
		return
	}
	r.report(&resp.Diagnostics, "delete", err, about{})
}

// written is the answer to a write; nil if there is none.
func (r *Resource) written(answer *iam.Document, err error) (iam.Document, error) {
	if err != nil {
		return nil, err
	}
	return *answer, nil
}
