// Values on their way into a state and back, and which of them mean the same.

package managed

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"terraform-provider-cambist/internal/object"
)

func member(t *testing.T, kind, wire string) *object.Member {
	t.Helper()
	found := object.Named(kind).Member(wire)
	if found == nil {
		t.Fatalf("%s has no %s", kind, wire)
	}
	return found
}

func parsed(t *testing.T, text string) any {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		t.Fatal(err)
	}
	return value
}

func valueOf(t *testing.T, of *object.Member, text string) tftypes.Value {
	t.Helper()
	value, err := fromJSON(&of.Is, parsed(t, text))
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// TestSame tells values that mean the same from those that do not.
func TestSame(t *testing.T) {
	conditions, expires := member(t, "federated_identity", "conditions"), member(t, "federated_identity", "expiresAt")
	scopes, audiences := member(t, "federated_identity", "allowedScopes"), member(t, "federated_identity", "tokenAudiences")
	expression, rules := member(t, "federated_identity", "expression"), member(t, "role", "rules")
	labels, description := member(t, "role", "labels"), member(t, "role", "description")
	for _, test := range []struct {
		of          *object.Member
		left, right string
		want        bool
	}{
		{conditions, `{"a":1,"b":"x"}`, `{"b":"x","a":1}`, true},
		{conditions, `{"a":1}`, `{"a":1.0}`, true},
		{conditions, `{"a":1}`, `{"a":"1"}`, false},
		{conditions, `{"a":true}`, `{"a":"true"}`, false},
		{conditions, `{"a":["x"]}`, `{"a":"x"}`, false},
		{conditions, `{"a":["x","y"]}`, `{"a":["y","x"]}`, false},
		{conditions, `{"a":["number","0x1p+0"]}`, `{"a":1}`, false},
		{conditions, `{"a":{"not":"x"}}`, `{"a":{"not":["x"]}}`, false},
		{conditions, `{"a":9007199254740993}`, `{"a":9007199254740992}`, false},
		{conditions, `{}`, `null`, true},
		{conditions, `{"a":1}`, `null`, false},
		{expires, `"2027-01-01T00:00:00Z"`, `"2027-01-01T01:00:00+01:00"`, true},
		{expires, `"2027-01-01T00:00:00Z"`, `"2027-01-01t00:00:00.9z"`, true},
		{expires, `"2027-01-01T00:00:00Z"`, `"2027-01-01T00:00:01Z"`, false},
		{expires, `"2027-01-01T00:00:00Z"`, `null`, false},
		{scopes, `["a","b"]`, `["b","a","b"]`, true},
		{scopes, `["a"]`, `["b","a"]`, false},
		{scopes, `null`, `[]`, true},
		{audiences, `["a","b"]`, `["b","a"]`, false},
		{expression, `""`, `null`, true},
		{expression, `"true"`, `null`, false},
		{labels, `null`, `{}`, true},
		{labels, `{"a":"1"}`, `{"a":"2"}`, false},
		{description, `null`, `""`, true},
		{rules, `[{"resources":["a"],"permissions":["read"]},{"resources":["b"],"permissions":["*"]}]`, `[{"resources":["b"],"permissions":["*"],"note":""},{"resources":["a"],"permissions":["read"],"resourceIdentities":[]}]`, true},
		{rules, `[{"resources":["a"],"permissions":["read"]}]`, `[{"resources":["a"],"permissions":["read"]},{"resources":["a"],"permissions":["read"]}]`, false},
		{rules, `[{"resources":["a"],"permissions":["read"],"note":"x"}]`, `[{"resources":["a"],"permissions":["read"]}]`, false},
	} {
		left, right := valueOf(t, test.of, test.left), valueOf(t, test.of, test.right)
		if same(test.of, left, right) != test.want || same(test.of, right, left) != test.want {
			t.Errorf("%s: %s and %s: not %v", test.of.Name, test.left, test.right, test.want)
		}
	}
	unknown := tftypes.NewValue(tftypes.String, tftypes.UnknownValue)
	if same(expression, unknown, unknown) {
		t.Error("what is unknown is the same as something")
	}
}

// TestRoundTrip keeps any JSON as it is on its way into a state and back.
func TestRoundTrip(t *testing.T) {
	conditions := member(t, "federated_identity", "conditions")
	chance := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		text, err := json.Marshal(map[string]any{"claim": anything(chance, 3), "other": anything(chance, 2)})
		if err != nil {
			t.Fatal(err)
		}
		back, err := json.Marshal(toJSON(&conditions.Is, valueOf(t, conditions, string(text))))
		if err != nil {
			t.Fatal(err)
		}
		if string(back) != string(text) {
			t.Fatalf("%s came back as %s", text, back)
		}
	}
}

func anything(chance *rand.Rand, depth int) any {
	switch kind := chance.IntN(7); {
	case kind == 0:
		return chance.IntN(2) == 0
	case kind == 1:
		return json.Number(fmt.Sprint(chance.Int64N(1<<53) - 1<<52))
	case kind == 2:
		return json.Number(fmt.Sprintf("%d.%d", chance.IntN(100), 1+chance.IntN(8)))
	case kind == 3 && depth > 0:
		list := []any{}
		for range chance.IntN(4) {
			list = append(list, anything(chance, depth-1))
		}
		return list
	case kind == 4 && depth > 0:
		members := map[string]any{}
		for range chance.IntN(4) {
			members[fmt.Sprintf("k%d/~é", chance.IntN(9))] = anything(chance, depth-1)
		}
		return members
	}
	return strings.Repeat("aé\"\\${", chance.IntN(3))
}

// TestUnexpectedAnswers refuses answers of another form, and says what belongs there.
func TestUnexpectedAnswers(t *testing.T) {
	for _, test := range []struct{ kind, wire, answer string }{
		{"federated_identity", "providerSubject", `1`},
		{"federated_identity", "tokenLifetime", `"3600"`},
		{"federated_identity", "allowedScopes", `"api:read"`},
		{"federated_identity", "allowedScopes", `[1]`},
		{"federated_identity", "labels", `[]`},
		{"federated_identity", "labels", `{"a":1}`},
		{"role", "rules", `[1]`},
		{"role", "system", `"true"`},
	} {
		if _, err := fromJSON(&member(t, test.kind, test.wire).Is, parsed(t, test.answer)); err == nil {
			t.Errorf("%s of %s is taken as %s", test.wire, test.kind, test.answer)
		}
	}
}

// TestPlanOfUnknown plans with values that are known later: what is known is planned, with its defaults inside.
func TestPlanOfUnknown(t *testing.T) {
	made := New(object.Named("role")).(*Resource)
	of := typeOf(&member(t, "role", "rules").Is)
	item := of.(tftypes.List).ElementType
	known := valueOf(t, member(t, "role", "rules"), `[{"resources":["a"],"permissions":["read"]}]`)
	var items []tftypes.Value
	if err := known.As(&items); err != nil {
		t.Fatal(err)
	}
	config := map[string]tftypes.Value{}
	for _, one := range made.described.Managed() {
		config[one.Name] = tftypes.NewValue(typeOf(&one.Is), nil)
	}
	config["rules"] = tftypes.NewValue(of, []tftypes.Value{tftypes.NewValue(item, tftypes.UnknownValue), items[0]})
	plan := made.planOf(config, nil, nil)
	var planned []tftypes.Value
	if err := plan["rules"].As(&planned); err != nil {
		t.Fatal(err)
	}
	if planned[0].IsKnown() || textOf(attributes(planned[1])["note"]) != "" || attributes(planned[1])["note"].IsNull() {
		t.Errorf("the rules are planned as %v", planned)
	}
	if plan["slug"].IsKnown() || plan["identity"].IsKnown() || textOf(plan["description"]) != "" {
		t.Errorf("the plan is %v", plan)
	}
	if body, isWhole := made.creation(config); isWhole {
		t.Errorf("a body with unknown rules is whole: %v", body)
	}
}
