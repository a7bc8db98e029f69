package acceptance

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"cambist/iam"
)

// needsObjects are the examples that look for what another configuration manages.
var needsObjects = regexp.MustCompile(`/(?:data-sources|ephemeral-resources)/`)

// TestExamplesOfLookups plans them where these objects are.
func TestExamplesOfLookups(t *testing.T) {
	o := newTenant(t)
	w := newShop(t, o)
	o.furnish(t, w)
	examples, err := filepath.Glob("../../examples/*/*/*.tf")
	if err != nil {
		t.Fatal(err)
	}
	planned := 0
	for _, example := range examples {
		if !needsObjects.MatchString(example) {
			continue
		}
		planned++
		text, err := os.ReadFile(example)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(example, func(t *testing.T) {
			there := newWorkspace(t, o.config(string(text)))
			there.variables = append(there.variables, "CAMBIST_ID_TOKEN="+w.idToken("project:shop:main"))
			there.must("plan", "-input=false")
		})
	}
	if planned < 10 {
		t.Errorf("only %d examples were planned", planned)
	}
}

// furnish creates what the examples look for.
func (o *tenant) furnish(t *testing.T, w *shop) {
	t.Helper()
	ctx := t.Context()
	ok := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	var failure *iam.Error
	_, err := o.api.Organisations.Create(ctx, iam.OrganisationCreate{Name: "acme"})
	if !errors.As(err, &failure) || failure.Code != iam.CodeConflict {
		ok(err)
	}
	provider, err := o.api.IdentityProviders.Create(ctx, iam.IdentityProviderCreate{Name: "GitHub", ProviderIssuer: "https://token.actions.githubusercontent.com"})
	ok(err)
	own, err := o.api.IdentityProviders.Create(ctx, iam.IdentityProviderCreate{Name: "ours", ProviderIssuer: w.issuer, LocalJwks: iam.Value(map[string]any{"keys": []any{w.jwk()}})})
	ok(err)
	account, err := o.api.ServiceAccounts.Create(ctx, iam.ServiceAccountCreate{Name: "deployer"})
	ok(err)
	_, err = o.api.FederatedIdentities.Create(ctx, iam.FederatedIdentityCreate{
		Name: "main of acme/app", ServiceAccountIdentity: account.Identity, ProviderIdentity: provider.Identity,
		ProviderSubject: "repo:acme/app:ref:refs/heads/main", TrustedAudiences: iam.Value([]string{"https://tokens.example.com"}),
	})
	ok(err)
	_, err = o.api.FederatedIdentities.Create(ctx, iam.FederatedIdentityCreate{
		Name: "ours", ServiceAccountIdentity: account.Identity, ProviderIdentity: own.Identity, ProviderSubject: "project:shop:main",
		AllowedScopes: iam.Value([]string{"api:read"}), TokenAudiences: iam.Value([]string{"https://api.example.com", "sts.amazonaws.com"}),
	})
	ok(err)
	role, err := o.api.Roles.Create(ctx, iam.RoleCreate{Name: "reader"})
	ok(err)
	_, err = o.api.RoleBindings(role.Identity).Create(ctx, iam.RoleBindingCreate{Name: iam.Value("deployer"), ServiceAccountIdentity: account.Identity})
	ok(err)
	_, err = o.api.AccessCredentials(account.Identity).Create(ctx, iam.AccessCredentialCreate{Name: iam.Value("backup")})
	ok(err)
}
