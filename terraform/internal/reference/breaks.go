// Compares two snapshots: what of the earlier one users could no longer do.

package reference

import (
	"fmt"
	"slices"
)

// Breaks lists what users of the earlier provider could no longer do with the later one.
func Breaks(earlier, later *Snapshot) []string {
	var breaks []string
	breaks = append(breaks, breaksOfThing("provider", earlier.Provider, later.Provider)...)
	for _, pair := range []struct {
		what           string
		earlier, later map[string]*Thing
	}{
		{"resource", earlier.Resources, later.Resources},
		{"data source", earlier.DataSources, later.DataSources},
		{"ephemeral resource", earlier.EphemeralResources, later.EphemeralResources},
		{"list resource", earlier.ListResources, later.ListResources},
	} {
		for name, before := range pair.earlier {
			breaks = append(breaks, breaksOfThing(pair.what+" "+name, before, pair.later[name])...)
		}
	}
	for name, before := range earlier.Functions {
		breaks = append(breaks, breaksOfFunction("function "+name, before, later.Functions[name])...)
	}
	slices.Sort(breaks)
	return breaks
}

func breaksOfThing(where string, earlier, later *Thing) []string {
	if later == nil {
		return []string{where + " is gone"}
	}
	return append(breaksOfAttributes(where, earlier.Attributes, later.Attributes), breaksOfAttributes(where+", identity", earlier.Identity, later.Identity)...)
}

func breaksOfAttributes(where string, earlier, later map[string]*Attribute) []string {
	var breaks []string
	for name, before := range earlier {
		at, after := where+": "+name, later[name]
		if after == nil {
			breaks = append(breaks, at+" is gone")
			continue
		}
		if after.Type != before.Type {
			breaks = append(breaks, fmt.Sprintf("%s is %s, was %s", at, after.Type, before.Type))
		}
		for _, change := range []struct {
			what   string
			breaks bool
		}{
			{"is required now", after.Required && !before.Required},
			{"cannot be written any more", before.canBeWritten() && !after.canBeWritten()},
			{"may be given and is not computed any more", before.Computed && !after.Computed && !after.Required},
			{"is sensitive now", after.Sensitive && !before.Sensitive},
			{"cannot be read any more", after.WriteOnly && !before.WriteOnly},
		} {
			if change.breaks {
				breaks = append(breaks, at+" "+change.what)
			}
		}
		breaks = append(breaks, breaksOfAttributes(at, before.Members, after.Members)...)
	}
	for name, after := range later {
		if earlier[name] == nil && after.Required && earlier != nil {
			breaks = append(breaks, where+": "+name+" is new and required")
		}
	}
	return breaks
}

func (a *Attribute) canBeWritten() bool { return a.Required || a.Optional }

func breaksOfFunction(where string, earlier, later *Function) []string {
	switch {
	case later == nil:
		return []string{where + " is gone"}
	case earlier.Returns != later.Returns:
		return []string{where + " returns " + later.Returns + ", not " + earlier.Returns}
	case len(earlier.Parameters) != len(later.Parameters) || (earlier.Further != nil && later.Further == nil):
		return []string{where + " takes other arguments"}
	}
	for index, before := range earlier.Parameters {
		if before.Type != later.Parameters[index].Type {
			return []string{fmt.Sprintf("%s takes %s as argument %d, not %s", where, later.Parameters[index].Type, index+1, before.Type)}
		}
	}
	return nil
}
