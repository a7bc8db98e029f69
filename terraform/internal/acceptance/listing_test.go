package acceptance

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"cambist/iam"
	"terraform-provider-cambist/internal/provider"
)

// TestListings asks as `terraform query` does, which came with Terraform 1.14.
func TestListings(t *testing.T) {
	o := newTenant(t)
	for _, name := range []string{"a", "b", "c"} {
		if _, err := o.api.ServiceAccounts.Create(t.Context(), iam.ServiceAccountCreate{Name: name, Labels: iam.Value(map[string]string{"team": "of " + name})}); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"reader", "writer"} {
		role, err := o.api.Roles.Create(t.Context(), iam.RoleCreate{Name: name})
		if err != nil {
			t.Fatal(err)
		}
		account, err := o.api.ServiceAccounts.All(t.Context(), iam.ListOptions{Name: "a"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := o.api.RoleBindings(role.Identity).Create(t.Context(), iam.RoleBindingCreate{ServiceAccountIdentity: account[0].Identity, Name: iam.Value(name)}); err != nil {
			t.Fatal(err)
		}
	}
	server := o.server(t)
	text := func(value string) tftypes.Value { return tftypes.NewValue(tftypes.String, value) }
	labels := tftypes.NewValue(tftypes.Map{ElementType: tftypes.String}, map[string]tftypes.Value{"team": text("of b")})
	for _, test := range []struct {
		name, of string
		given    map[string]tftypes.Value
		limit    int64
		found    string
	}{
		{"all", "service_account", nil, 0, "[a b c]"},
		{"by name", "service_account", map[string]tftypes.Value{"name": text("b")}, 0, "[b]"},
		{"by label", "service_account", map[string]tftypes.Value{"labels": labels}, 0, "[b]"},
		{"a few", "service_account", nil, 2, "[a b]"},
		{"none", "service_account", map[string]tftypes.Value{"name": text("nobody")}, 0, "[]"},
		{"of every role", "role_binding", nil, 0, "[reader writer]"},
	} {
		t.Run(test.name, func(t *testing.T) {
			found := []string{}
			for result := range list(t, server, test.of, test.given, test.limit) {
				for _, problem := range result.Diagnostics {
					t.Fatal(problem.Summary, problem.Detail)
				}
				if result.Identity == nil || result.Resource == nil {
					t.Fatal("an object has no identity or no attributes")
				}
				found = append(found, result.DisplayName)
			}
			if got := fmt.Sprint(found); got != test.found {
				t.Errorf("found %s, want %s", got, test.found)
			}
		})
	}
}

func list(t *testing.T, server tfprotov6.ProviderServerWithListResource, of string, given map[string]tftypes.Value, limit int64) func(func(tfprotov6.ListResourceResult) bool) {
	t.Helper()
	schemas, err := server.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	schema := schemas.ListResourceSchemas["cambist_"+of]
	stream, err := server.ListResource(t.Context(), &tfprotov6.ListResourceRequest{
		TypeName: "cambist_" + of, Config: dynamic(t, schema, given), IncludeResource: true, Limit: limit,
	})
	if err != nil {
		t.Fatal(err)
	}
	return stream.Results
}

// server is the provider, configured for the tenant.
func (o *tenant) server(t *testing.T) tfprotov6.ProviderServerWithListResource {
	t.Helper()
	made, err := providerserver.NewProtocol6WithError(provider.New("test")())()
	if err != nil {
		t.Fatal(err)
	}
	server, ok := made.(tfprotov6.ProviderServerWithListResource)
	if !ok {
		t.Fatal("the provider lists nothing")
	}
	schemas, err := server.GetProviderSchema(context.Background(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	configured, err := server.ConfigureProvider(t.Context(), &tfprotov6.ConfigureProviderRequest{Config: dynamic(t, schemas.Provider, map[string]tftypes.Value{
		"url": tftypes.NewValue(tftypes.String, o.url), "token": tftypes.NewValue(tftypes.String, o.token), "organisation": tftypes.NewValue(tftypes.String, o.organisation),
	})})
	if err != nil || len(configured.Diagnostics) > 0 {
		t.Fatal(err, configured)
	}
	return server
}

func dynamic(t *testing.T, schema *tfprotov6.Schema, given map[string]tftypes.Value) *tfprotov6.DynamicValue {
	t.Helper()
	of, isObject := schema.ValueType().(tftypes.Object)
	if !isObject {
		t.Fatal("the schema is none of an object")
	}
	members := map[string]tftypes.Value{}
	for name, kind := range of.AttributeTypes {
		members[name] = tftypes.NewValue(kind, nil)
		if value, found := given[name]; found {
			members[name] = value
		}
	}
	value, err := tfprotov6.NewDynamicValue(of, tftypes.NewValue(of, members))
	if err != nil {
		t.Fatal(err)
	}
	return &value
}

// TestQuery runs the examples of lists by `terraform query`; the plan of what it writes imports everything and changes nothing.
func TestQuery(t *testing.T) {
	o := newTenant(t)
	o.furnish(t, newShop(t, o))
	w := newWorkspace(t, o.config())
	if text := w.must("version"); !hasQuery.MatchString(text) {
		t.Skip("queries came with Terraform 1.14")
	}
	examples, err := filepath.Glob("../../examples/list-resources/*/*.hcl")
	if err != nil || len(examples) != len(kinds) {
		t.Fatal(examples, err)
	}
	for _, example := range examples {
		text, err := os.ReadFile(example)
		if err != nil {
			t.Fatal(err)
		}
		kind := filepath.Base(filepath.Dir(example))
		// All that there is: what the examples narrow by is nobody's here.
		all := narrowing.ReplaceAllString(strings.Replace(string(text), `"all"`, `"all_`+kind+`"`, 1), "")
		if kind != "cambist_organisation" {
			w.write(kind+".tfquery.hcl", all)
		}
	}
	w.must("query", "-generate-config-out=generated.tf")
	if planned := w.must("plan", "-input=false"); !strings.Contains(planned, "to import, 0 to add, 0 to change, 0 to destroy") {
		t.Error(planned)
	}
}

var (
	hasQuery  = regexp.MustCompile(`Terraform v(?:1\.(?:1[4-9]|[2-9]\d)|[2-9])`)
	narrowing = regexp.MustCompile(`(?m)^    (?:name|labels) = .*$`)
)
