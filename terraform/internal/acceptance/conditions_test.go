package acceptance

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
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
