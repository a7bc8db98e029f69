// Has the service judge a planned change, and shows its refusals and warnings in the plan.

package managed

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"cambist/iam"
	"terraform-provider-cambist/internal/object"
)

// judge asks the service what it would say to the planned change. What cannot be judged yet is judged when it is applied.
func (r *Resource) judge(ctx context.Context, config, plan, before map[string]tftypes.Value, problems *diag.Diagnostics) {
	if !r.isReady() {
		return
	}
	answer, err := r.ask(ctx, config, plan, before)
	r.reportJudgement(problems, verbOf(before), err, about{config: config})
	r.warn(answer, problems)
	if member := r.children(); member != nil && before != nil && plan[member.Name].IsFullyKnown() {
		r.judgeChildren(ctx, textOf(before["identity"]), member, plan[member.Name], before[member.Name], problems)
	}
}

// judgeChildren asks about each new one by itself, as it is written by itself.
func (r *Resource) judgeChildren(ctx context.Context, identity string, member *object.Member, plan, before tftypes.Value, problems *diag.Diagnostics) {
	objects := r.session.Objects(strings.Replace(member.Children, "{id}", identity, 1))
	known := map[string]bool{}
	there, _ := toJSON(&member.Is, before).([]any)
	for _, one := range there {
		known[childKey(member, one)] = true
	}
	wanted, _ := toJSON(&member.Is, plan).([]any)
	for index, one := range wanted {
		if body, isObject := one.(map[string]any); isObject && !known[childKey(member, one)] {
			_, err := objects.Create(ctx, body, iam.ValidateOnly())
			r.reportJudgement(problems, "change", err, about{place: childPlace(member, index)})
		}
	}
}

// reportJudgement makes an error of what will be refused, and a warning of what is only in the way now.
func (r *Resource) reportJudgement(problems *diag.Diagnostics, verb string, err error, what about) {
	var refusal *iam.Error
	switch {
	case err == nil:
	case !errors.As(err, &refusal):
		r.report(problems, verb, err, what)
	case refusal.Status == 409 && refusal.ConflictsWith != nil && r.session.IsLeaving(refusal.ConflictsWith.Identity):
	case slices.ContainsFunc(refusal.Faults, func(fault iam.Fault) bool { return fault.Parameter != nil }):
		r.session.SayOnce(func() {
			problems.AddWarning("The deployment judges nothing beforehand", "It is older than this provider, so its refusals and warnings show only when the plan is applied. Upgrade the deployment.")
		})
	case refusal.Status == 400 || refusal.Status == 401 || refusal.Status == 403:
		r.report(problems, verb, err, what)
	default:
		// What is in the way now may be gone when the plan is applied.
		var later diag.Diagnostics
		r.report(&later, verb, err, what)
		for _, one := range later {
			problems.AddWarning(one.Summary(), "As things are now, this would fail: "+one.Detail())
		}
	}
}

func (r *Resource) ask(ctx context.Context, config, plan, before map[string]tftypes.Value) (iam.Document, error) {
	if before == nil {
		body, absent, isWhole := r.draft(config)
		if !isWhole {
			return nil, nil
		}
		answer, err := r.written(r.session.Objects(r.place(config)).Create(ctx, body, iam.ValidateOnly()))
		return answer, besides(err, absent)
	}
	body, isWhole := r.update(config, plan, before)
	if !isWhole || len(body) == 0 {
		return nil, nil
	}
	return r.written(r.session.Objects(r.place(before)).Update(ctx, textOf(before["identity"]), body, iam.ValidateOnly()))
}

// besides is a refusal without what it says at these places; nil if nothing is left of it.
func besides(err error, places []string) error {
	var refusal *iam.Error
	if !errors.As(err, &refusal) || len(places) == 0 || len(refusal.Faults) == 0 {
		return err
	}
	left := *refusal
	left.Faults = slices.DeleteFunc(slices.Clone(refusal.Faults), func(fault iam.Fault) bool {
		return slices.Contains(places, pointerOf(fault))
	})
	if len(left.Faults) == 0 {
		return nil
	}
	return &left
}

// warn shows what the service accepts though it may be a mistake.
func (r *Resource) warn(answer iam.Document, problems *diag.Diagnostics) {
	warnings, _ := answer["warnings"].([]any)
	for _, one := range warnings {
		warning, _ := one.(map[string]any)
		code, _ := warning["code"].(string)
		detail, _ := warning["detail"].(string)
		problems.AddWarning("The service warns: "+code, r.inAttributes(detail))
	}
}

func verbOf(before map[string]tftypes.Value) string {
	if before == nil {
		return "create"
	}
	return "change"
}
