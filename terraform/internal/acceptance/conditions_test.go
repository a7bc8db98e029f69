// Each form that the API accepts, and imports each way.

package acceptance

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfversion"

	"terraform-provider-cambist/internal/object"
)

// TestForms writes each form that the API accepts: it arrives as it is written, the next plan is empty, and so is the plan after
// an import.
func TestForms(t *testing.T) {
	forms := []struct{ name, attribute, wire, want string }{
		{"a text", `conditions = { ref = "refs/heads/main" }`, "conditions", `{"ref":"refs/heads/main"}`},
		{"a text of digits", `conditions = { id = "42" }`, "conditions", `{"id":"42"}`},
		{"a number", `conditions = { id = 42 }`, "conditions", `{"id":42}`},
		{"the largest whole number", `conditions = { id = 9007199254740991 }`, "conditions", `{"id":9007199254740991}`},
		{"a negative fraction", `conditions = { id = -0.1 }`, "conditions", `{"id":-0.1}`},
		{"true", `conditions = { protected = true }`, "conditions", `{"protected":true}`},
		{"the text true", `conditions = { protected = "true" }`, "conditions", `{"protected":"true"}`},
		{"a list", `conditions = { ref = ["main", 1, false] }`, "conditions", `{"ref":["main",1,false]}`},
		{"a list of one type", `conditions = { ref = tolist(["b", "a"]) }`, "conditions", `{"ref":["b","a"]}`},
		{"a set", `conditions = { ref = toset(["a", "b"]) }`, "conditions", `{"ref":["a","b"]}`},
		{"a map", `conditions = tomap({ a = "1", b = "2" })`, "conditions", `{"a":"1","b":"2"}`},
		{"a glob", `conditions = { ref = { glob = "v*" } }`, "conditions", `{"ref":{"glob":"v*"}}`},
		{"anyOf", `conditions = { ref = { anyOf = ["a", 2] } }`, "conditions", `{"ref":{"anyOf":["a",2]}}`},
		{"allOf", `conditions = { ref = { allOf = ["a"] } }`, "conditions", `{"ref":{"allOf":["a"]}}`},
		{"containsAll", `conditions = { ref = { containsAll = ["a", true] } }`, "conditions", `{"ref":{"containsAll":["a",true]}}`},
		{"not, of one", `conditions = { ref = { not = "a" } }`, "conditions", `{"ref":{"not":"a"}}`},
		{"not, of several", `conditions = { ref = { not = ["a", 1] } }`, "conditions", `{"ref":{"not":["a",1]}}`},
		{"exists", `conditions = { ref = { exists = false } }`, "conditions", `{"ref":{"exists":false}}`},
		{"several claims", `conditions = { b = 1, a = { exists = true }, "/c/d~1e" = ["x"], "f g" = "" }`, "conditions", `{"/c/d~1e":["x"],"a":{"exists":true},"b":1,"f g":""}`},
		{"decoded JSON", `conditions = jsondecode("{\"a\":[1.50,\"x\"]}")`, "conditions", `{"a":[1.5,"x"]}`},
		{"null", `conditions = null`, "conditions", `null`},
		{"no conditions", `conditions = {}`, "conditions", `{}`},
		{"a time with an offset", `expires_at = "2099-06-01T12:00:00+02:00"`, "expiresAt", `"2099-06-01T10:00:00Z"`},
		{"a time with a fraction", `expires_at = "2099-06-01t10:00:00.999z"`, "expiresAt", `"2099-06-01T10:00:00Z"`},
		{"an empty expression", `expression = ""`, "expression", `null`},
		{"an expression of several lines", "expression = <<-EOT\n    claims.a == 'b'\n    && claims.c == 'd'\n  EOT", "expression", `"claims.a == 'b'\n&& claims.c == 'd'\n"`},
		{"scopes out of order", `allowed_scopes = ["b", "a", "b"]`, "allowedScopes", `["a","b"]`},
		{"audiences in order", `token_audiences = ["b", "a"]`, "tokenAudiences", `["b","a"]`},
		{"an empty list", `allowed_scopes = []`, "allowedScopes", `[]`},
		{"a null list", `trusted_audiences = null`, "trustedAudiences", `[]`},
		{"an empty description", `description = ""`, "description", `""`},
		{"an escaped text", `description = "$${x} %%{y} \"é\" \\ \n z"`, "description", `"${x} %{y} \"é\" \\ \n z"`},
	}
	o := newTenant(t)
	identity := kindNamed("federated_identity")
	var steps []resource.TestStep
	for _, form := range forms {
		config := o.config(identity.block(form.attribute))
		steps = append(steps, resource.TestStep{Config: config, Check: func(state *terraform.State) error {
			got, err := json.Marshal(identity.document(t, o, state)[form.wire])
			if err != nil {
				return err
			}
			if strings.TrimSpace(string(got)) != strings.ReplaceAll(form.want, `&`, `\u0026`) {
				return fmt.Errorf("%s arrived as %s, not %s", form.name, got, form.want)
			}
			return nil
		}})
	}
	resource.Test(t, resource.TestCase{ProtoV6ProviderFactories: factories(), Steps: steps})
}

// TestImport imports an object of each kind, with every member written, and plans no change.
func TestImport(t *testing.T) {
	for _, kind := range kinds {
		t.Run(kind.name, func(t *testing.T) {
			t.Parallel()
			o := newTenant(t)
			config := o.config(kind.block(kind.all(o)...))
			steps := []resource.TestStep{
				{Config: config},
				// A time written another way comes back in the way of the service.
				{ResourceName: "cambist_" + kind.name + ".it", ImportState: true, ImportStateVerify: true, ImportStateVerifyIgnore: []string{"expires_at"}},
				{ResourceName: "cambist_" + kind.name + ".it", ImportState: true, ImportStateKind: resource.ImportBlockWithID},
			}
			resource.Test(t, resource.TestCase{ProtoV6ProviderFactories: factories(), Steps: steps})
		})
	}
}

// TestImportOfDefaults imports what was written with no optional member, into a configuration that has none.
func TestImportOfDefaults(t *testing.T) {
	for _, kind := range kinds {
		t.Run(kind.name, func(t *testing.T) {
			t.Parallel()
			o := newTenant(t)
			config := o.config(kind.block())
			resource.Test(t, resource.TestCase{ProtoV6ProviderFactories: factories(), Steps: []resource.TestStep{
				{Config: config},
				{ResourceName: "cambist_" + kind.name + ".it", ImportState: true, ImportStateKind: resource.ImportBlockWithID, ImportPlanChecks: resource.ImportPlanChecks{
					PreApply: []plancheck.PlanCheck{plancheck.ExpectResourceAction("cambist_"+kind.name+".it", plancheck.ResourceActionNoop)},
				}},
			}})
		})
	}
}

// TestImportByIdentity does the same with an identity in the import block, where the program knows those.
func TestImportByIdentity(t *testing.T) {
	for _, kind := range kinds {
		t.Run(kind.name, func(t *testing.T) {
			t.Parallel()
			o := newTenant(t)
			resource.Test(t, resource.TestCase{
				ProtoV6ProviderFactories: factories(),
				TerraformVersionChecks:   knowsIdentities,
				Steps: []resource.TestStep{
					{Config: o.config(kind.block(kind.all(o)...))},
					{ResourceName: "cambist_" + kind.name + ".it", ImportState: true, ImportStateKind: resource.ImportBlockWithResourceIdentity},
				},
			})
		})
	}
}

var knowsIdentities = []tfversion.TerraformVersionCheck{tfversion.SkipBelow(tfversion.Version1_12_0)}

// TestImportOfChildren imports what belongs to another object: the parent is searched for if it is not given.
func TestImportOfChildren(t *testing.T) {
	for _, name := range []string{"role_binding", "access_credential"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newTenant(t)
			address := "cambist_" + name + ".it"
			both := func(state *terraform.State) (string, error) {
				attributes := state.RootModule().Resources[address].Primary.Attributes
				return attributes[object.Named(name).Parent.Name] + "/" + attributes["identity"], nil
			}
			absent := func(*terraform.State) (string, error) { return object.Named(name).Example, nil }
			resource.Test(t, resource.TestCase{ProtoV6ProviderFactories: factories(), Steps: []resource.TestStep{
				{Config: o.config(kindNamed(name).block())},
				{ResourceName: address, ImportState: true, ImportStateVerify: true, ImportStateIdFunc: both},
				{ResourceName: address, ImportState: true, ImportStateIdFunc: absent, ExpectError: regexp.MustCompile(`There is no ` + object.Named(name).Noun)},
				{ResourceName: address, ImportState: true, ImportStateId: "sa_01m7y3kecgf6bvd8pnr2wy8a8b", ExpectError: regexp.MustCompile(`begins with\s+` + object.Named(name).IDPrefix)},
			}})
		})
	}
}

// TestImportByIdentityAlone leaves the parent out of the identity.
func TestImportByIdentityAlone(t *testing.T) {
	o := newTenant(t)
	w := newWorkspace(t, o.config(kindNamed("role_binding").block()))
	if output := w.must("version"); !regexp.MustCompile(`v1\.(1[2-9]|[2-9]\d)\.`).MatchString(output) {
		t.Skip("this program knows no identities")
	}
	w.must("apply", "-auto-approve", "-input=false")
	role := (*o.documents(t, "iam", "roles")[0])["identity"].(string)
	binding := (*o.documents(t, "iam", "roles", role, "bindings")[0])["identity"].(string)
	w.must("state", "rm", "cambist_role_binding.it")
	w.configure(o.config(kindNamed("role_binding").block(), fmt.Sprintf("import {\n  to = cambist_role_binding.it\n  identity = {\n    identity = %q\n  }\n}\n", binding)))
	if output := w.must("apply", "-auto-approve", "-input=false"); !strings.Contains(output, "1 imported, 0 added, 0 changed, 0 destroyed") {
		t.Errorf("it was not only imported:\n%s", tail(output))
	}
	w.mustPlanNothing()
}
