// What a plan refuses, and where.

package acceptance

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"cambist/iam"
)

// refused is a step that the plan alone must fail, with these words in this order. Terraform breaks lines as it likes.
func refused(config string, words ...string) resource.TestStep {
	pattern := make([]string, 0, len(words))
	for _, word := range words {
		pattern = append(pattern, strings.ReplaceAll(regexp.QuoteMeta(word), " ", `[\s│|]+`))
	}
	return resource.TestStep{Config: config, PlanOnly: true, ExpectError: regexp.MustCompile(`(?s)` + strings.Join(pattern, ".*"))}
}

// TestRefusedInThePlan writes what the service would refuse: the plan refuses it, at the attribute, and the twin passes.
func TestRefusedInThePlan(t *testing.T) {
	o := newTenant(t)
	github, err := o.api.IdentityProviders.Create(t.Context(), iam.IdentityProviderCreate{Name: "github", ProviderIssuer: "https://token.actions.githubusercontent.com"})
	if err != nil {
		t.Fatal(err)
	}
	account, err := o.api.ServiceAccounts.Create(t.Context(), iam.ServiceAccountCreate{Name: "deployer"})
	if err != nil {
		t.Fatal(err)
	}
	rule := func(attributes string) string {
		return o.config(fmt.Sprintf("resource \"cambist_federated_identity\" \"it\" {\n  name = \"main\"\n  provider_identity = %q\n  service_account_identity = %q\n  %s\n}\n", github.Identity, account.Identity, attributes))
	}
	subject := `provider_subject = "repo:acme@1/app@2:ref:refs/heads/main"` + "\n  "
	good := rule(subject)
	steps := []resource.TestStep{
		refused(rule(`provider_subject = "repo:*"`+"\n  "+`provider_subject_match = "glob"`), "Cannot create the federated identity", "provider_subject =", "provider_subject"),
		refused(rule(`provider_subject = "anything"`), "provider_subject names no tenant"),
		refused(rule(subject+`conditions = { ref = null }`), "conditions =", `conditions["ref"] must be a string, a number, true or false`),
		refused(rule(subject+`conditions = { ref = { glob = 1 } }`), `conditions["ref"]["glob"] must be a string that holds a pattern`),
		refused(rule(subject+`conditions = { ref = { a = 1, b = 2 } }`), `conditions["ref"] must have exactly one member`),
		refused(rule(subject+`conditions = { ref = [] }`), `conditions["ref"] must not be empty`),
		refused(rule(subject+`conditions = { ref = 9007199254740993 }`), `too large for a JSON number to be exact`),
		refused(rule(subject+`conditions = "x"`), "conditions must be an object", "jsondecode"),
		refused(rule(subject+`conditions = ["x"]`), "conditions must be an object"),
		refused(rule(subject+`expression = "claims."`), "expression ="),
		refused(rule(subject+"token_lifetime = 3000\n  max_token_lifetime = 600"), "token_lifetime must be at most max_token_lifetime, which is 600"),
		refused(rule(subject+`token_lifetime = 59`), "token_lifetime", "at least 60"),
		refused(rule(subject+`token_lifetime = 1.5`), "token_lifetime"),
		refused(rule(subject+`mode = "audit"`), "mode", `"enforce" "shadow"`),
		refused(rule(subject+`status = "expired"`), "status cannot be written as expired"),
		refused(rule(subject+`expires_at = "tomorrow"`), "expires_at must be a time as in RFC 3339"),
		refused(rule(subject+`expires_at = "2027-02-30T00:00:00Z"`), "expires_at must be a time"),
		refused(rule(subject+`allowed_scopes = ["a b"]`), "allowed_scopes", "must be a scope"),
		refused(rule(subject+`allowed_scopes = [null]`), "allowed_scopes", "null"),
		refused(rule(subject+`labels = { a = "x\u0007" }`), "labels", "must not contain control characters"),
		refused(rule(subject+`colour = "red"`), `"colour"`),
		refused(rule(subject+`id = "fid_x"`), `id`),
		refused(strings.Replace(good, account.Identity, "sa_00000000000000000000000000", 1), "service_account_identity there is no service account sa_00000000000000000000000000"),
		refused(strings.Replace(good, account.Identity, "deployer", 1), "service_account_identity", "must be an identifier that starts with sa_"),
		{Config: good},
		// A change is judged as well as a creation.
		refused(rule(`provider_subject = "repo:*"`), "Cannot change the federated identity", "provider_subject"),
		refused(rule(subject+`conditions = { ref = {} }`), `conditions["ref"] must have exactly one member`),
		{Config: good},
	}
	resource.Test(t, resource.TestCase{ProtoV6ProviderFactories: factories(), Steps: steps})
}

// TestRefusedBeforeAnythingIsThere judges a rule although what it joins is made by the same apply.
func TestRefusedBeforeAnythingIsThere(t *testing.T) {
	o := newTenant(t)
	whole := func(attributes string) string {
		return o.config("resource \"cambist_identity_provider\" \"it\" {\n  name = \"ci\"\n  provider_issuer = \"https://ci.example.com\"\n}\n" +
			named("it", `name = "deployer"`) +
			"resource \"cambist_federated_identity\" \"it\" {\n  name = \"main\"\n  provider_identity = cambist_identity_provider.it.identity\n" +
			"  service_account_identity = cambist_service_account.it.identity\n  " + attributes + "\n}\n")
	}
	subject := `provider_subject = "job:main"` + "\n  "
	resource.Test(t, resource.TestCase{ProtoV6ProviderFactories: factories(), Steps: []resource.TestStep{
		refused(whole(`provider_subject = "job:*"`+"\n  "+`provider_subject_match = "glob"`), "Cannot create the federated identity", "provider_subject"),
		refused(whole(subject+`conditions = { ref = {} }`), `conditions["ref"] must have exactly one member`),
		refused(whole(subject+`expression = "claims."`), "expression"),
		{Config: whole(subject + `conditions = { ref = "main" }`)},
	}})
}

// TestTwoCredentials gives the provider two: it would be unclear who it is.
func TestTwoCredentials(t *testing.T) {
	o := newTenant(t)
	config := strings.Replace(o.config(named("it", `name = "a"`)), "organisation =", "id_token = \"x\"\n  organisation =", 1)
	resource.Test(t, resource.TestCase{ProtoV6ProviderFactories: factories(), Steps: []resource.TestStep{refused(config, "cannot be configured together", "token", "id_token")}})
}

// TestRefusedRules refuses a rule of a role where it stands.
func TestRefusedRules(t *testing.T) {
	o := newTenant(t)
	role := func(rules string) string {
		return o.config("resource \"cambist_role\" \"it\" {\n  name = \"r\"\n  rules = " + rules + "\n}\n")
	}
	resource.Test(t, resource.TestCase{ProtoV6ProviderFactories: factories(), Steps: []resource.TestStep{
		refused(role(`[{ resources = ["a"], permissions = ["read"] }, { resources = [], permissions = ["read"] }]`), "rules[1].resources", "at least 1"),
		refused(role(`[{ resources = ["a"], permissions = ["fly"] }]`), "permissions", `"fly"`),
		refused(role(`[{ resources = ["a"] }]`), `"permissions" is required`),
		refused(role(`[{ resources = ["a\u0007"], permissions = ["read"] }]`), "rules", "must not contain control characters"),
		{Config: role(`[{ resources = ["a"], permissions = ["read"] }]`)},
		refused(role(`[{ resources = ["a\u0007"], permissions = ["read"] }]`), "rules", "must not contain control characters"),
	}})
}

// TestTaken creates what is there already: the apply names the object and the import block that takes it over.
func TestTaken(t *testing.T) {
	for _, taken := range []struct {
		name  string
		there iam.Document
		path  []string
		block string
	}{
		{"service_account", iam.Document{"name": "taken"}, []string{"service-accounts"}, `name = "taken"`},
		{"role", iam.Document{"name": "taken"}, []string{"iam", "roles"}, `name = "taken"`},
		{"identity_provider", iam.Document{"name": "x", "providerIssuer": "https://ci.example.com"}, []string{"federated-identity-providers"}, "name = \"y\"\n  provider_issuer = \"https://ci.example.com\""},
	} {
		t.Run(taken.name, func(t *testing.T) {
			o := newTenant(t)
			there, err := o.api.Documents(taken.path...).Create(t.Context(), taken.there)
			if err != nil {
				t.Fatal(err)
			}
			identity, _ := (*there)["identity"].(string)
			block := fmt.Sprintf("resource \"cambist_%s\" \"it\" {\n  %s\n}\n", taken.name, taken.block)
			wayOut := fmt.Sprintf("import {\n  to = cambist_%s.it\n  id = %q\n}\n", taken.name, identity)
			applied := refused(o.config(block), "Cannot create the", "another", identity, "import {", "cambist_"+taken.name, identity)
			applied.PlanOnly = false
			resource.Test(t, resource.TestCase{ProtoV6ProviderFactories: factories(), Steps: []resource.TestStep{
				applied,
				{Config: o.config(block, wayOut)},
			}})
		})
	}
}

// TestInUse deletes a provider that a rule outside the configuration uses: the refusal says so, and nothing is lost.
func TestInUse(t *testing.T) {
	o := newTenant(t)
	provider := "resource \"cambist_identity_provider\" \"it\" {\n  name = \"p\"\n  provider_issuer = \"https://ci.example.com\"\n}\n"
	inUse := refused(o.config(named("other", `name = "other"`)), "Cannot delete the identity provider", "federated identities use this identity provider")
	inUse.PlanOnly = false
	identity := ""
	inUse.PreConfig = func() {
		account, err := o.api.ServiceAccounts.Create(t.Context(), iam.ServiceAccountCreate{Name: "user"})
		if err != nil {
			t.Fatal(err)
		}
		rule, err := o.api.FederatedIdentities.Create(t.Context(), iam.FederatedIdentityCreate{
			Name: "user", ServiceAccountIdentity: account.Identity, ProviderSubject: "project:acme/app",
			ProviderIdentity: (*o.documents(t, "federated-identity-providers")[0])["identity"].(string),
		})
		if err != nil {
			t.Fatal(err)
		}
		identity = rule.Identity
	}
	resource.Test(t, resource.TestCase{ProtoV6ProviderFactories: factories(), Steps: []resource.TestStep{
		{Config: o.config(provider)},
		inUse,
		{
			PreConfig: func() {
				if err := o.api.FederatedIdentities.Delete(t.Context(), identity); err != nil {
					t.Fatal(err)
				}
			},
			Config: o.config(provider),
		},
	}})
}
