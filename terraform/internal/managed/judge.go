package managed

import (
	"context"
	"errors"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"cambist/iam"
)

// judge asks the service what it would say to the planned change. What cannot be judged yet is judged when it is applied.
func (r *Resource) judge(ctx context.Context, config, plan, before map[string]tftypes.Value, problems *diag.Diagnostics) {
	if !r.isReady() {
		return
	}
	answer, err := r.ask(ctx, config, plan, before)
	var refusal *iam.Error
	switch {
	case err == nil:
		r.warn(answer, problems)
	case !errors.As(err, &refusal):
		r.report(problems, verbOf(before), err, nil)
	case refusal.Status == 409 && refusal.ConflictsWith != nil && r.session.IsLeaving(refusal.ConflictsWith.Identity):
	case slices.ContainsFunc(refusal.Faults, func(fault iam.Fault) bool { return fault.Parameter != nil }):
		// An older deployment judges nothing beforehand, and says so of the parameter.
	case refusal.Status == 400 || refusal.Status == 401 || refusal.Status == 403:
		r.report(problems, verbOf(before), err, nil)
	default:
		// What is in the way now may be gone when the plan is applied.
		var later diag.Diagnostics
		r.report(&later, verbOf(before), err, nil)
		for _, one := range later {
			problems.AddWarning(one.Summary(), "As things are now, this would fail: "+one.Detail())
		}
	}
}

func (r *Resource) ask(ctx context.Context, config, plan, before map[string]tftypes.Value) (iam.Document, error) {
	if before == nil {
		body, isWhole := r.creation(config)
		if !isWhole {
			return nil, nil
		}
		return r.written(r.session.Objects(r.place(config)).Create(ctx, body, iam.ValidateOnly()))
	}
	body, isWhole := r.update(config, plan, before)
	if !isWhole || len(body) == 0 {
		return nil, nil
	}
	return r.written(r.session.Objects(r.place(before)).Update(ctx, textOf(before["identity"]), body, iam.ValidateOnly()))
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
