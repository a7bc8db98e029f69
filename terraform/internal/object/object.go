// Package object describes the objects of Cambist's API as the service itself defines them; schemas, plans and bodies follow from it.
package object

import (
	_ "embed"
	"encoding/json"
	"strings"
)

// Kind is what sort of value a member has.
type Kind string

// The kinds of values.
const (
	Text      Kind = "text"
	Number    Kind = "number"
	Flag      Kind = "flag"
	Timestamp Kind = "timestamp"
	Map       Kind = "map"
	List      Kind = "list"
	Set       Kind = "set"
	JSON      Kind = "json"
	Object    Kind = "object"
)

// Rule is what the value of a member may be.
type Rule struct {
	Kind Kind `json:"kind"`
	// Min and Max are of characters, of values in a list, or of the number itself.
	Min     *int64   `json:"min"`
	Max     *int64   `json:"max"`
	Pattern string   `json:"pattern"`
	Must    string   `json:"must"`
	Values  []string `json:"values"`
	// Derived are those of the values that follow from other members: they are answered, and never kept.
	Derived []string `json:"derived"`
	// Prefix is that of the identifiers of one kind of object.
	Prefix  string   `json:"prefix"`
	Of      *Rule    `json:"of"`
	Members []Member `json:"members"`
}

// Member is one member of an object.
type Member struct {
	// Name is that of the attribute, Wire that of the API.
	Name        string          `json:"name"`
	Wire        string          `json:"wire"`
	Description string          `json:"description"`
	Example     json.RawMessage `json:"example"`
	Required    bool            `json:"required"`
	Immutable   bool            `json:"immutable"`
	ReadOnly    bool            `json:"readOnly"`
	// Elsewhere is set if it shows what other objects say.
	Elsewhere bool `json:"elsewhere"`
	// Clears is set if null takes the value away.
	Clears      bool `json:"clears"`
	EmptyIsNull bool `json:"emptyIsNull"`
	// Children is the path of the objects that the member shows, if they are written one by one.
	Children string `json:"children"`
	// Default is what a new object has if the member is left out; nil if the service derives it.
	Default json.RawMessage `json:"default"`
	// DerivedFrom names the attributes that the service derives the value from; nil unless it derives it.
	DerivedFrom []string `json:"derivedFrom"`
	Is          Rule     `json:"is"`
}

// Parent is what an object belongs to, if its path names it.
type Parent struct {
	// Object is the kind of the parent, Name the attribute that identifies it.
	Object string `json:"object"`
	Name   string `json:"name"`
}

// Description is one kind of object.
type Description struct {
	// Name is that of the resource, without the name of the provider.
	Name     string   `json:"name"`
	Noun     string   `json:"noun"`
	IDPrefix string   `json:"idPrefix"`
	Path     string   `json:"path"`
	Example  string   `json:"example"`
	Warns    bool     `json:"warns"`
	Parent   *Parent  `json:"parent"`
	Members  []Member `json:"members"`
}

//go:embed objects.json
var described []byte

// All is every kind of object, in an order in which none refers to a later one.
var All = read()

func read() []Description {
	var all []Description
	if err := json.Unmarshal(described, &all); err != nil {
		panic("objects.json: " + err.Error())
	}
	return all
}

// Named returns the kind of object with this name. It panics if there is none.
func Named(name string) *Description {
	for index := range All {
		if All[index].Name == name {
			return &All[index]
		}
	}
	panic("there is no object " + name)
}

// Collection is the path of the list that objects of this kind are in; parent is "" for those that belong to no other.
func (d *Description) Collection(parent string) string {
	return strings.Replace(d.Path, "{id}", parent, 1)
}

// Member returns the member with this name of the API, or nil.
func (d *Description) Member(wire string) *Member {
	for index := range d.Members {
		if d.Members[index].Wire == wire {
			return &d.Members[index]
		}
	}
	return nil
}

// Managed are the members that a resource has: all but those that show other objects.
func (d *Description) Managed() []Member {
	var managed []Member
	for _, member := range d.Members {
		if !member.Elsewhere {
			managed = append(managed, member)
		}
	}
	return managed
}

// Derived tells whether the service makes the value if the member is left out.
func (m *Member) Derived() bool {
	return !m.ReadOnly && !m.Required && m.Default == nil
}

// Follows tells whether a derived value changes with the members that it is derived from. Names stay, since callers may use them.
func (m *Member) Follows() bool {
	return m.Derived() && m.Is.Kind == Number && len(m.DerivedFrom) > 0
}

// Fixed tells whether a value that nobody writes is decided when the object is created.
func (m *Member) Fixed() bool {
	return m.ReadOnly && m.Immutable
}
