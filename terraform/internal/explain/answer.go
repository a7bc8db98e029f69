package explain

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"cambist/iam"
	"terraform-provider-cambist/internal/managed"
)

// question is the request in the form of the API.
func (s *state) question(ctx context.Context, problems *diag.Diagnostics) iam.ExplanationRequest {
	question := iam.ExplanationRequest{
		SubjectToken:           optional(s.SubjectToken),
		RequestID:              optional(s.RequestID),
		ServiceAccountIdentity: optional(s.ServiceAccount),
		FederatedIdentity:      optional(s.FederatedIdentity),
		Project:                optional(s.Project),
	}
	if !s.Claims.IsNull() {
		raw, err := s.Claims.ToTerraformValue(ctx)
		claims, isObject := managed.PlainOf(raw).(map[string]any)
		if err != nil || !isObject {
			problems.AddAttributeError(path.Root("claims"), "No claims", "claims must be an object, such as { iss = \"…\", sub = \"…\", aud = \"…\" }.")
			return question
		}
		question.Claims = iam.Value(claims)
	}
	var scopes, audiences []string
	if !s.Scope.IsNull() {
		problems.Append(s.Scope.ElementsAs(ctx, &scopes, false)...)
		question.Scope = iam.Value(strings.Join(scopes, " "))
	}
	if !s.Audience.IsNull() {
		problems.Append(s.Audience.ElementsAs(ctx, &audiences, false)...)
		question.Audience = iam.Value(iam.Strings(audiences))
	}
	return question
}

func optional(text types.String) iam.Optional[string] {
	if text.IsNull() {
		return iam.Optional[string]{}
	}
	return iam.Value(text.ValueString())
}

// take puts the answer into the state.
func (s *state) take(answer *iam.Explanation) {
	s.Decision, s.Granted = types.StringValue(answer.Decision), types.BoolValue(answer.Decision == "granted")
	s.Reason, s.Detail = types.StringPointerValue(answer.Reason), types.StringPointerValue(answer.Detail)
	s.GrantedBy = types.StringPointerValue(answer.FederatedIdentity)
	s.Advice = append([]string{}, answer.Advice...)
	if issue := answer.WouldIssue; issue != nil {
		s.WouldIssue = &wouldIssue{Scope: strings.Fields(issue.Scope), Audience: issue.Audience, ExpiresIn: issue.ExpiresIn, Roles: issue.Roles, Project: issue.Project}
	}
	s.Identities = []identity{}
	for _, one := range answer.Identities {
		candidate := identity{Identity: one.Identity, Name: one.Name, Matched: one.Matched, Checks: []check{}}
		for _, made := range one.Checks {
			candidate.Checks = append(candidate.Checks, check{
				Check: made.Check, Claim: made.Claim, OK: made.Ok, Hint: made.Hint, Expected: written(made.Expected), Actual: written(made.Actual),
			})
		}
		s.Identities = append(s.Identities, candidate)
	}
}

func written(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		return ""
	}
	return string(text)
}

// attributesOf leads from the API's members to the attributes.
var attributesOf = map[string]string{
	"/subjectToken": "subject_token", "/requestId": "request_id", "/serviceAccountIdentity": "service_account", "/federatedIdentity": "federated_identity",
	"/scope": "scope", "/audience": "audience", "/project": "project", "/claims": "claims",
}

func report(problems *diag.Diagnostics, err error) {
	const summary = "The exchange cannot be explained"
	var failure *iam.Error
	if errors.As(err, &failure) && len(failure.Faults) > 0 {
		for _, fault := range failure.Faults {
			place := fault.Place()
			if end := strings.Index(place[1:], "/"); end >= 0 {
				place = place[:end+1]
			}
			if attribute := attributesOf[place]; attribute != "" {
				problems.AddAttributeError(path.Root(attribute), summary, fault.Detail)
			} else {
				problems.AddError(summary, fault.Place()+" "+fault.Detail)
			}
		}
		return
	}
	problems.AddError(summary, err.Error())
}
