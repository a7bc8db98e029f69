// Package live tries the SDK against a running deployment, which `npm run check:go` starts; without one it is left out.
package live

import (
	"context"
	"errors"
	"os"
	"strconv"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"cambist/iam"
)

const issuer = "https://issuer.live.example"

func administrator(t *testing.T) *iam.Client {
	t.Helper()
	url, token := os.Getenv("CAMBIST_LIVE_URL"), os.Getenv("CAMBIST_LIVE_TOKEN")
	if url == "" {
		t.Skip("CAMBIST_LIVE_URL is not set")
	}
	client, err := iam.New(url, iam.Options{TokenSource: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: token})})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func unique(name string) string {
	return name + " " + strconv.FormatInt(time.Now().UnixNano(), 36)
}

// must fails the test for an error, and returns the value else.
func must[T any](value T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

func TestObjects(t *testing.T) {
	client := administrator(t)
	ctx := context.Background()
	provider := must(client.IdentityProviders.Create(ctx, iam.IdentityProviderCreate{
		Name:           unique("provider"),
		ProviderIssuer: issuer + "/" + strconv.FormatInt(time.Now().UnixNano(), 36),
		LocalJwks:      iam.Value(map[string]any{"keys": []any{publicJwk(t, newKey(t))}}),
	}))(t)
	if len(provider.Keys) != 1 || provider.LocalJwks == nil {
		t.Errorf("the provider has keys %v", provider.Keys)
	}
	account := must(client.ServiceAccounts.Create(ctx, iam.ServiceAccountCreate{
		Name: unique("account"), Labels: iam.Value(map[string]string{"team": "shop"}),
	}))(t)
	soon := time.Now().Add(time.Hour).Truncate(time.Second)
	identity := must(client.FederatedIdentities.Create(ctx, iam.FederatedIdentityCreate{
		Name:                   unique("rule"),
		ServiceAccountIdentity: account.Identity,
		ProviderIdentity:       provider.Identity,
		ProviderSubject:        "project:shop:**",
		ProviderSubjectMatch:   iam.Value("glob"),
		Conditions:             iam.Value(map[string]any{"number": map[string]any{"anyOf": []any{42, "x"}}}),
		AllowedScopes:          iam.Value([]string{"api:read"}),
		ExpiresAt:              iam.Value(soon),
	}))(t)
	if identity.ExpiresAt == nil || !identity.ExpiresAt.Equal(soon) {
		t.Errorf("expiresAt is %v, want %v", identity.ExpiresAt, soon)
	}
	if identity.ServiceAccount.Identity != account.Identity || len(identity.Warnings) == 0 {
		t.Errorf("the answer has account %v and warnings %v", identity.ServiceAccount, identity.Warnings)
	}

	changed := must(client.FederatedIdentities.Update(ctx, identity.Identity, iam.FederatedIdentityUpdate{
		ExpiresAt: iam.Null[time.Time](), Conditions: iam.Null[map[string]any](), Description: iam.Value("changed"),
	}, iam.IfVersion(identity.ObjectVersion)))(t)
	if changed.ExpiresAt != nil || changed.Conditions != nil || changed.Description != "changed" || len(changed.AllowedScopes) != 1 {
		t.Errorf("the change left %+v", changed)
	}
	_, err := client.FederatedIdentities.Update(ctx, identity.Identity, iam.FederatedIdentityUpdate{
		Description: iam.Value("late"),
	}, iam.IfVersion(identity.ObjectVersion))
	if !iam.IsChangedMeanwhile(err) {
		t.Errorf("a change of an old version: %v", err)
	}
	found := must(client.FederatedIdentities.All(ctx, iam.ListOptions{ServiceAccount: account.Identity}))(t)
	if len(found) != 1 || found[0].Identity != identity.Identity {
		t.Errorf("the list of the account's identities is %v", found)
	}
	labelled := must(client.ServiceAccounts.All(ctx, iam.ListOptions{Labels: map[string]string{"team": "shop"}, Name: account.Name}))(t)
	if len(labelled) != 1 {
		t.Errorf("%d accounts have the label", len(labelled))
	}

	role := must(client.Roles.Create(ctx, iam.RoleCreate{
		Name:  unique("role"),
		Rules: iam.Value([]iam.RoleRuleInput{{Resources: []string{"machine"}, Permissions: []string{"read"}}}),
	}))(t)
	rule := must(client.RoleRules(role.Identity).Create(ctx, iam.RuleCreate{Resources: []string{"disk"}, Permissions: []string{"*"}}))(t)
	binding := must(client.RoleBindings(role.Identity).Create(ctx, iam.RoleBindingCreate{
		ServiceAccountIdentity: account.Identity, Name: iam.Value("binding"),
	}))(t)
	if binding.Role.Identity != role.Identity || len(must(client.Roles.Get(ctx, role.Slug))(t).Rules) != 2 {
		t.Errorf("the role has binding %v", binding)
	}
	credential := must(client.AccessCredentials(account.Identity).Create(ctx, iam.AccessCredentialCreate{
		Scopes: iam.Value([]string{"api:read"}),
	}))(t)
	if credential.AccessSecret == "" {
		t.Error("the credential has no secret")
	}
	reported := false
	for one, err := range client.TrustReport(ctx, iam.ListOptions{ServiceAccount: account.Identity}) {
		if err != nil {
			t.Fatal(err)
		}
		reported = reported || one.Identity == identity.Identity
	}
	if !reported {
		t.Error("the rule is not in the report")
	}
	must(client.ServiceAccounts.RevokeTokens(ctx, account.Identity))(t)
	must(client.FederatedIdentities.RevokeTokens(ctx, identity.Identity))(t)

	for _, deletion := range []func() error{
		func() error { return client.AccessCredentials(account.Identity).Delete(ctx, credential.Identity) },
		func() error { return client.RoleBindings(role.Identity).Delete(ctx, binding.Identity) },
		func() error { return client.RoleRules(role.Identity).Delete(ctx, rule.Identity) },
		func() error { return client.Roles.Delete(ctx, role.Identity) },
		func() error { return client.FederatedIdentities.Delete(ctx, identity.Identity) },
		func() error { return client.ServiceAccounts.Delete(ctx, account.Identity) },
		func() error { return client.IdentityProviders.Delete(ctx, provider.Identity) },
	} {
		if err := deletion(); err != nil {
			t.Error(err)
		}
	}
	if _, err := client.Roles.Get(ctx, role.Identity); !iam.IsNotFound(err) {
		t.Errorf("a deleted role: %v", err)
	}
}

func TestRefusals(t *testing.T) {
	client := administrator(t)
	ctx := context.Background()
	account := must(client.ServiceAccounts.Create(ctx, iam.ServiceAccountCreate{Name: unique("taken")}))(t)
	_, err := client.ServiceAccounts.Create(ctx, iam.ServiceAccountCreate{Name: account.Name})
	var failure *iam.Error
	if !errors.As(err, &failure) || !iam.IsConflict(err) || failure.ConflictsWith == nil || failure.ConflictsWith.Identity != account.Identity {
		t.Errorf("a name that is taken: %v", err)
	}
	_, err = client.ServiceAccounts.Update(ctx, account.Identity, iam.ServiceAccountUpdate{Status: iam.Value("asleep")})
	if !errors.As(err, &failure) || failure.Code != iam.CodeInvalid || len(failure.Faults) != 1 || failure.Faults[0].Place() != "/status" || failure.RequestID == "" {
		t.Errorf("a wrong member: %v", err)
	}
	if me := must(client.Me(ctx))(t); me.Kind != "root" || !me.IsAdministrator {
		t.Errorf("the root token is %+v", me)
	}
	must(client.MyPermissions(ctx, ""))(t)
	if keys := must(client.SigningKeys.List(ctx))(t); len(keys) == 0 {
		t.Error("there is no signing key")
	}
	events := 0
	for _, err := range client.AuditEvents.List(ctx, iam.AuditOptions{Action: "service_account.create", Since: time.Now().Add(-time.Hour), PageSize: 1}) {
		if err != nil {
			t.Fatal(err)
		}
		if events++; events == 3 {
			break
		}
	}
	if events == 0 {
		t.Error("no creation was recorded")
	}
	if err := client.ServiceAccounts.Delete(ctx, account.Identity); err != nil {
		t.Error(err)
	}
}
