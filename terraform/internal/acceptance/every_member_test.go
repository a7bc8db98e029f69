// Creates, changes and removes every member of every kind of object.

package acceptance

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/terraform"

	"cambist/iam"
	"terraform-provider-cambist/internal/object"
)

// kind is what the tests know of a kind of object: blocks that it needs, its required attributes, and all others as they are
// not by default.
type kind struct {
	name, needs, required string
	further               []string
}

const account = `
resource "cambist_service_account" "account" {
  name = "account"
}
`

var kinds = []kind{
	{
		name:     "organisation",
		required: `name = "tenant"`,
		further:  []string{`slug = "another-tenant"`, about, `reserved_audiences = ["https://%s.example*"]`},
	},
	{
		name:     "identity_provider",
		required: "name = \"provider\"\n  provider_issuer = \"https://gitlab.example.com\"",
		further: []string{
			about,
			`provider_jwks_uri = "https://keys.example.com/jwks"`,
			`local_jwks = { keys = [{ kty = "EC", crv = "P-256", alg = "ES256", kid = "k", x = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", y = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0" }] }`,
			`status = "inactive"`, `preset = "generic"`, `allowed_algorithms = ["ES256", "EdDSA"]`,
			`max_token_lifetime = 3600`, `subject_claim = "/a/b"`,
		},
	},
	{
		name:     "service_account",
		required: `name = "deployer"`,
		further:  []string{`slug = "another-slug"`, about, `status = "inactive"`},
	},
	{
		name:  "federated_identity",
		needs: account + "resource \"cambist_identity_provider\" \"provider\" {\n  name = \"provider\"\n  provider_issuer = \"https://ci.example.com\"\n}\n",
		required: `name = "rule"
  service_account_identity = cambist_service_account.account.identity
  provider_identity = cambist_identity_provider.provider.identity
  provider_subject = "project:acme/app:ref:main"`,
		further: []string{
			about, `provider_subject_match = "glob"`, `trusted_audiences = ["https://b.example", "https://a.example"]`,
			`audience_match_mode = "exact"`, `conditions = { environment = "production", run = [1, "2"] }`,
			`expression = "claims.sub != \"x\""`, `allowed_scopes = ["api:write", "api:read"]`,
			`token_audiences = ["https://z.example", "https://y.example"]`, `token_lifetime = 120`, `max_token_lifetime = 600`,
			`forwarded_claims = ["sha", "/a/b"]`, `replay_protection = "singleUse"`, `mode = "shadow"`, `status = "inactive"`,
			`expires_at = "2099-01-01T01:00:00.5+01:00"`,
		},
	},
	{
		name:     "role",
		required: `name = "role"`,
		further: []string{
			`slug = "another-role"`, about,
			`rules = [
    { resources = ["deployment"], permissions = ["read", "create"] },
    { resources = ["secret", "key"], permissions = ["*"], resource_identities = ["b", "a"], note = "why" },
  ]`,
		},
	},
	{
		name:     "role_binding",
		needs:    account + "resource \"cambist_role\" \"role\" {\n  name = \"role\"\n}\n",
		required: "role_identity = cambist_role.role.identity\n  service_account_identity = cambist_service_account.account.identity",
		further:  []string{`name = "binding"`, about, `scopes = ["api:write", "api:read"]`, `projects = ["shop", "blog"]`},
	},
	{
		name:     "access_credential",
		needs:    account,
		required: `service_account_identity = cambist_service_account.account.identity`,
		further:  []string{`name = "credential"`, about, `scopes = ["api:write", "api:read"]`, `expires_at = "%s"`},
	},
}

const about = "description = \"what it is\\nfor\"\n  labels = { team = \"shop\", \"a/b\" = \"\" }\n  annotations = { note = \"x\" }"

func (k kind) block(attributes ...string) string {
	return fmt.Sprintf("%s\nresource \"cambist_%s\" \"it\" {\n  %s\n  %s\n}\n", k.needs, k.name, k.required, strings.Join(attributes, "\n  "))
}

func kindNamed(name string) kind {
	for _, kind := range kinds {
		if kind.name == name {
			return kind
		}
	}
	panic("no kind " + name)
}

// all are the further attributes, with what must be new in each test.
func (k kind) all(o *tenant) []string {
	var all []string
	for _, attribute := range k.further {
		switch {
		case strings.Contains(attribute, "example*"):
			attribute = fmt.Sprintf(attribute, o.organisation)
		case strings.HasPrefix(attribute, "expires_at = \"%s"):
			attribute = fmt.Sprintf(attribute, inDays(30))
		}
		all = append(all, attribute)
	}
	return all
}

// TestEveryMember creates, changes and removes every member of every kind of object. After each step the plan must be empty.
func TestEveryMember(t *testing.T) {
	for _, kind := range kinds {
		t.Run(kind.name, func(t *testing.T) {
			t.Parallel()
			o := newTenant(t)
			all := kind.all(o)
			plain := o.config(kind.block())
			defaults := ""
			steps := []resource.TestStep{
				{Config: plain, Check: func(state *terraform.State) error {
					defaults = kind.written(t, o, state)
					return nil
				}},
				{Config: o.config(kind.block(all...)), Check: kind.changesAll(t, o, &defaults)},
				{Config: plain, Check: func(state *terraform.State) error {
					if now := kind.written(t, o, state); now != defaults {
						return fmt.Errorf("after every member was removed it is\n%s\nand was\n%s", now, defaults)
					}
					return nil
				}},
			}
			for _, attribute := range all {
				steps = append(steps, resource.TestStep{Config: o.config(kind.block(attribute))}, resource.TestStep{Config: plain})
			}
			resource.Test(t, resource.TestCase{ProtoV6ProviderFactories: factories(), Steps: steps})
		})
	}
}

// TestKindsAreWhole fails when an object gets a member that the tests do not know.
func TestKindsAreWhole(t *testing.T) {
	for _, described := range object.All {
		var text string
		for _, kind := range kinds {
			if kind.name == described.Name {
				text = kind.block(kind.further...)
			}
		}
		for _, member := range described.Managed() {
			if !member.ReadOnly && !regexp.MustCompile(`(?m)^\s*`+member.Name+` =`).MatchString(text) {
				t.Errorf("no test writes %s of %s", member.Name, described.Name)
			}
		}
	}
}

// written is what the deployment says of the object, without what nobody writes.
func (k kind) written(t *testing.T, o *tenant, state *terraform.State) string {
	t.Helper()
	document := k.document(t, o, state)
	kept := map[string]any{}
	for _, member := range object.Named(k.name).Managed() {
		// A name that the service made of nothing, and an end so many days after now, have no value to come back to.
		if !member.ReadOnly && !(member.Derived() && len(member.DerivedFrom) == 0) {
			kept[member.Wire] = inOrder(&member, document[member.Wire])
		}
	}
	text, err := json.Marshal(kept)
	if err != nil {
		t.Fatal(err)
	}
	// Rules that are made anew have other identifiers.
	return regexp.MustCompile(`"identity":"rule_[^"]*",`).ReplaceAllString(string(text), "")
}

// inOrder sorts a list whose order means nothing.
func inOrder(member *object.Member, value any) any {
	list, ok := value.([]any)
	if !ok || member.Is.Kind != object.Set {
		return value
	}
	return slices.SortedFunc(slices.Values(list), func(left, right any) int {
		return strings.Compare(fmt.Sprint(left), fmt.Sprint(right))
	})
}

func (k kind) document(t *testing.T, o *tenant, state *terraform.State) iam.Document {
	t.Helper()
	described := object.Named(k.name)
	attributes := state.RootModule().Resources["cambist_"+k.name+".it"].Primary.Attributes
	path := described.Path
	if described.Parent != nil {
		path = described.Collection(attributes[described.Parent.Name])
	}
	document, err := o.api.Documents(strings.Split(strings.TrimPrefix(path, "/v1/"), "/")...).Get(t.Context(), attributes["identity"])
	if err != nil {
		t.Fatal(err)
	}
	return *document
}

func (k kind) changesAll(t *testing.T, o *tenant, defaults *string) resource.TestCheckFunc {
	return func(state *terraform.State) error {
		var before iam.Document
		decoder := json.NewDecoder(bytes.NewReader([]byte(*defaults)))
		decoder.UseNumber()
		if err := decoder.Decode(&before); err != nil {
			return err
		}
		now := k.document(t, o, state)
		for wire, value := range before {
			member := object.Named(k.name).Member(wire)
			if fmt.Sprint(now[wire]) == fmt.Sprint(value) && !member.Required {
				return fmt.Errorf("%s was not changed: %v", wire, value)
			}
		}
		return nil
	}
}

// inDays is the midnight in so many days.
func inDays(days int) string {
	return time.Now().UTC().AddDate(0, 0, days).Truncate(24 * time.Hour).Format(time.RFC3339)
}
