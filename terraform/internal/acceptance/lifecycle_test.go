// Drift, moves, renames and replacements.

package acceptance

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"

	"cambist/iam"
	"terraform-provider-cambist/internal/object"
)

func named(name, attributes string) string {
	return fmt.Sprintf("resource \"cambist_service_account\" %q {\n  %s\n}\n", name, attributes)
}

func action(address string, expected plancheck.ResourceActionType) resource.ConfigPlanChecks {
	return resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectResourceAction(address, expected)}}
}

// TestDrift changes and deletes objects behind the back of the state: the next plan mends both.
func TestDrift(t *testing.T) {
	o := newTenant(t)
	config := o.config(named("it", `name = "a"`), "resource \"cambist_role\" \"it\" {\n  name = \"r\"\n  rules = [{ resources = [\"x\"], permissions = [\"read\"] }]\n}\n")
	resource.Test(t, resource.TestCase{ProtoV6ProviderFactories: factories(), Steps: []resource.TestStep{
		{Config: config},
		{
			PreConfig: func() {
				account := *o.documents(t, "service-accounts")[0]
				o.update(t, iam.Document{"description": "by hand", "status": "inactive"}, account["identity"].(string), "service-accounts")
				role := *o.documents(t, "iam", "roles")[0]
				if _, err := o.api.RoleRules(role["identity"].(string)).Create(t.Context(), iam.RuleCreate{Resources: []string{"y"}, Permissions: []string{"*"}}); err != nil {
					t.Fatal(err)
				}
			},
			Config: config,
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
				plancheck.ExpectResourceAction("cambist_service_account.it", plancheck.ResourceActionUpdate),
				plancheck.ExpectResourceAction("cambist_role.it", plancheck.ResourceActionUpdate),
			}},
			Check: resource.ComposeTestCheckFunc(
				resource.TestCheckResourceAttr("cambist_service_account.it", "status", "active"),
				resource.TestCheckResourceAttr("cambist_role.it", "rules.#", "1"),
			),
		},
		{
			PreConfig: func() {
				for _, account := range o.documents(t, "service-accounts") {
					if err := o.api.ServiceAccounts.Delete(t.Context(), (*account)["identity"].(string)); err != nil {
						t.Fatal(err)
					}
				}
			},
			Config:           config,
			ConfigPlanChecks: action("cambist_service_account.it", plancheck.ResourceActionCreate),
		},
	}})
}

// TestParentGone deletes what objects belong to: they leave the state with it.
func TestParentGone(t *testing.T) {
	for _, name := range []string{"federated_identity", "role_binding", "access_credential"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newTenant(t)
			config := o.config(kindNamed(name).block())
			resource.Test(t, resource.TestCase{ProtoV6ProviderFactories: factories(), Steps: []resource.TestStep{
				{Config: config},
				{
					PreConfig: func() {
						account := *o.documents(t, "service-accounts")[0]
						if err := o.api.ServiceAccounts.Delete(t.Context(), account["identity"].(string)); err != nil {
							t.Fatal(err)
						}
					},
					Config:           config,
					ConfigPlanChecks: action("cambist_"+name+".it", plancheck.ResourceActionCreate),
				},
			}})
		})
	}
}

// TestMovedAndRenamed moves a resource to another address, which changes nothing, and renames its object, which changes it in place.
func TestMovedAndRenamed(t *testing.T) {
	o := newTenant(t)
	identity := ""
	resource.Test(t, resource.TestCase{ProtoV6ProviderFactories: factories(), Steps: []resource.TestStep{
		{Config: o.config(named("before", `name = "a"`)), Check: keep("cambist_service_account.before", &identity)},
		{
			Config:           o.config(named("after", `name = "a"`), "moved {\n  from = cambist_service_account.before\n  to = cambist_service_account.after\n}\n"),
			ConfigPlanChecks: action("cambist_service_account.after", plancheck.ResourceActionNoop),
		},
		{
			Config:           o.config(named("after", `name = "b"`)),
			ConfigPlanChecks: action("cambist_service_account.after", plancheck.ResourceActionUpdate),
			Check: resource.ComposeTestCheckFunc(
				resource.TestCheckResourceAttrPtr("cambist_service_account.after", "identity", &identity),
				// A new name does not change what callers and tokens use.
				resource.TestCheckResourceAttr("cambist_service_account.after", "slug", "a"),
			),
		},
		{
			Config:           o.config(named("after", "name = \"b\"\n  slug = \"c\"")),
			ConfigPlanChecks: action("cambist_service_account.after", plancheck.ResourceActionUpdate),
		},
		{
			Config: o.config(named("after", `name = "b"`)),
			Check:  resource.TestCheckResourceAttr("cambist_service_account.after", "slug", "b"),
		},
	}})
}

// TestReplaced changes what cannot be changed: the object is made anew, under the same name and without a warning about it.
func TestReplaced(t *testing.T) {
	for _, change := range []struct{ name, from, to string }{
		{"identity_provider", "gitlab.example.com", "gitlab2.example.com"},
		{"federated_identity", "= cambist_service_account.account.identity", "= cambist_service_account.another.identity"},
		{"federated_identity", "= cambist_identity_provider.provider.identity", "= cambist_identity_provider.another.identity"},
		{"role_binding", "service_account_identity = cambist_service_account.account.identity", "service_account_identity = cambist_service_account.another.identity"},
		{"role_binding", "= cambist_role.role.identity", "= cambist_role.another.identity"},
		{"access_credential", "= cambist_service_account.account.identity", "= cambist_service_account.another.identity"},
	} {
		t.Run(change.name+change.to, func(t *testing.T) {
			t.Parallel()
			o := newTenant(t)
			others := named("another", `name = "another"`) + "resource \"cambist_role\" \"another\" {\n  name = \"another\"\n}\n" +
				"resource \"cambist_identity_provider\" \"another\" {\n  name = \"another\"\n  provider_issuer = \"https://another.example.com\"\n}\n"
			block := kindNamed(change.name).block()
			resource.Test(t, resource.TestCase{ProtoV6ProviderFactories: factories(), Steps: []resource.TestStep{
				{Config: o.config(others, block)},
				{
					Config:           o.config(others, regexp.MustCompile(regexp.QuoteMeta(change.from)).ReplaceAllLiteralString(block, change.to)),
					ConfigPlanChecks: action("cambist_"+change.name+".it", plancheck.ResourceActionReplace),
				},
			}})
		})
	}
}

// TestReplacedQuietly plans the replacement of an object: the name that it gives up is not in the way.
func TestReplacedQuietly(t *testing.T) {
	o := newTenant(t)
	provider := func(issuer string) string {
		return o.config(fmt.Sprintf("resource \"cambist_identity_provider\" \"it\" {\n  name = \"p\"\n  provider_issuer = %q\n}\n", issuer))
	}
	w := newWorkspace(t, provider("https://ci.example.com"))
	w.must("apply", "-auto-approve", "-input=false")
	w.configure(provider("https://ci2.example.com"))
	if output := w.must("plan", "-input=false"); strings.Contains(output, "As things are now") || !strings.Contains(output, "must be replaced") {
		t.Errorf("the plan warns:\n%s", output)
	}
	w.must("apply", "-auto-approve", "-input=false")
	w.mustPlanNothing()
}

// TestLifetimeFollows lowers the cap below a life that nobody wrote: it follows.
func TestLifetimeFollows(t *testing.T) {
	o := newTenant(t)
	identity := kindNamed("federated_identity")
	resource.Test(t, resource.TestCase{ProtoV6ProviderFactories: factories(), Steps: []resource.TestStep{
		{Config: o.config(identity.block()), Check: resource.TestCheckResourceAttr("cambist_federated_identity.it", "token_lifetime", "3600")},
		{Config: o.config(identity.block(`max_token_lifetime = 600`)), Check: resource.TestCheckResourceAttr("cambist_federated_identity.it", "token_lifetime", "600")},
		{Config: o.config(identity.block()), Check: resource.TestCheckResourceAttr("cambist_federated_identity.it", "token_lifetime", "3600")},
	}})
}

func keep(address string, identity *string) resource.TestCheckFunc {
	return func(state *terraform.State) error {
		*identity = state.RootModule().Resources[address].Primary.Attributes["identity"]
		return nil
	}
}

func (o *tenant) update(t *testing.T, change iam.Document, identity string, path ...string) {
	t.Helper()
	if _, err := o.api.Documents(path...).Update(t.Context(), identity, change); err != nil {
		t.Fatal(err)
	}
}

// TestOrder keeps every object after those that it refers to, as the tests and the documentation rely on.
func TestOrder(t *testing.T) {
	known := map[string]bool{}
	for _, described := range object.All {
		if described.Parent != nil && !known[described.Parent.Object] {
			t.Errorf("%s comes before %s", described.Name, described.Parent.Object)
		}
		known[described.Name] = true
	}
}
