// Holds schema.json and docs to the schemas, and what breaks users.

package reference

import (
	"context"
	"encoding/json"
	"os"
	"reflect"
	"strings"
	"testing"
)

const root = "../.."

func taken(t *testing.T) *Snapshot {
	t.Helper()
	now, err := Take(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return now
}

// TestSnapshot fails for a change that breaks users, and for one that is not in schema.json yet.
func TestSnapshot(t *testing.T) {
	now := taken(t)
	text, err := os.ReadFile(root + "/schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var committed Snapshot
	if err := json.Unmarshal(text, &committed); err != nil {
		t.Fatal(err)
	}
	if breaks := Breaks(&committed, now); len(breaks) > 0 {
		t.Fatalf("this breaks users:\n%s", strings.Join(breaks, "\n"))
	}
	written, err := json.MarshalIndent(now, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	if string(written)+"\n" != string(text) {
		t.Error("schema.json is out of date: run `go generate` in the folder terraform")
	}
}

// TestPages fails when the pages of docs are not those of the schemas and examples.
func TestPages(t *testing.T) {
	pages, err := taken(t).Pages(root + "/examples")
	if err != nil {
		t.Fatal(err)
	}
	stale, err := Stale(root+"/docs", pages)
	if err != nil {
		t.Fatal(err)
	}
	if len(stale) > 0 {
		t.Errorf("out of date, run `go generate` in the folder terraform: %s", strings.Join(stale, ", "))
	}
}

// TestDescribed fails for whatever has no sentence in the reference.
func TestDescribed(t *testing.T) {
	now := taken(t)
	for _, group := range append(now.groups(), group{things: map[string]*Thing{"provider": now.Provider}}) {
		for name, thing := range group.things {
			if thing.description == "" {
				t.Errorf("%s has no description", name)
			}
			for _, attributes := range []map[string]*Attribute{thing.Attributes, thing.Identity} {
				for _, attribute := range sorted(attributes) {
					if attributes[attribute].description == "" {
						t.Errorf("%s of %s has no description", attribute, name)
					}
				}
			}
		}
	}
	for name, function := range now.Functions {
		if function.description == "" || function.summary == "" {
			t.Errorf("%s has no description", name)
		}
	}
}

func TestBreaks(t *testing.T) {
	text := func(change func(*Snapshot)) []string {
		before, after := sample(), sample()
		change(after)
		return Breaks(before, after)
	}
	for _, test := range []struct {
		name   string
		change func(*Snapshot)
		breaks []string
	}{
		{"nothing", func(*Snapshot) {}, nil},
		{"another resource", func(s *Snapshot) { s.Resources["new"] = s.Resources["r"] }, nil},
		{"another attribute", func(s *Snapshot) { s.Resources["r"].Attributes["new"] = &Attribute{Type: "string", Optional: true} }, nil},
		{"required becomes optional", func(s *Snapshot) {
			s.Resources["r"].Attributes["required"] = &Attribute{Type: "string", Optional: true, Computed: true}
		}, nil},
		{"a resource less", func(s *Snapshot) { delete(s.Resources, "r") }, []string{"resource r is gone"}},
		{"an attribute less", func(s *Snapshot) { delete(s.Resources["r"].Attributes, "optional") }, []string{"resource r: optional is gone"}},
		{"another type", func(s *Snapshot) { s.Resources["r"].Attributes["optional"].Type = "number" }, []string{"resource r: optional is number, was string"}},
		{"optional becomes required", func(s *Snapshot) {
			s.Resources["r"].Attributes["optional"] = &Attribute{Type: "string", Required: true}
		}, []string{"resource r: optional is required now"}},
		{"optional becomes read-only", func(s *Snapshot) {
			s.Resources["r"].Attributes["optional"] = &Attribute{Type: "string", Computed: true}
		}, []string{"resource r: optional cannot be written any more"}},
		{"a new required attribute", func(s *Snapshot) {
			s.Resources["r"].Attributes["new"] = &Attribute{Type: "string", Required: true}
		}, []string{"resource r: new is new and required"}},
		{"an attribute inside", func(s *Snapshot) { delete(s.Resources["r"].Attributes["list"].Members, "inside") }, []string{"resource r: list: inside is gone"}},
		{"another identity", func(s *Snapshot) { delete(s.Resources["r"].Identity, "identity") }, []string{"resource r, identity: identity is gone"}},
		{"a setting", func(s *Snapshot) { delete(s.Provider.Attributes, "url") }, []string{"provider: url is gone"}},
		{"a function less", func(s *Snapshot) { delete(s.Functions, "f") }, []string{"function f is gone"}},
		{"another argument", func(s *Snapshot) { s.Functions["f"].Parameters[0].Type = "number" }, []string{"function f takes number as argument 1, not string"}},
		{"more arguments", func(s *Snapshot) {
			s.Functions["f"].Parameters = append(s.Functions["f"].Parameters, Parameter{Type: "string"})
		}, []string{"function f takes other arguments"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := text(test.change); !reflect.DeepEqual(got, test.breaks) {
				t.Errorf("got %q", got)
			}
		})
	}
}

func sample() *Snapshot {
	return &Snapshot{
		Provider: &Thing{Attributes: map[string]*Attribute{"url": {Type: "string", Optional: true}}},
		Resources: map[string]*Thing{"r": {
			Attributes: map[string]*Attribute{
				"required": {Type: "string", Required: true},
				"optional": {Type: "string", Optional: true, Computed: true},
				"list":     {Type: "list of objects", Optional: true, Members: map[string]*Attribute{"inside": {Type: "string", Required: true}}},
			},
			Identity: map[string]*Attribute{"identity": {Type: "string", Required: true}},
		}},
		Functions: map[string]*Function{"f": {Parameters: []Parameter{{Type: "string"}}, Returns: "string"}},
	}
}
