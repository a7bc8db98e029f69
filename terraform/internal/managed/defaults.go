// Fills in what a configuration leaves out.

package managed

import (
	"bytes"
	"encoding/json"

	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"terraform-provider-cambist/internal/object"
)

// defaultOf is what a member has that is left out; an unknown value if the service derives it.
func defaultOf(member *object.Member) tftypes.Value {
	of := typeOf(&member.Is)
	if member.Default == nil {
		return tftypes.NewValue(of, tftypes.UnknownValue)
	}
	var plain any
	decoder := json.NewDecoder(bytes.NewReader(member.Default))
	decoder.UseNumber()
	if err := decoder.Decode(&plain); err != nil {
		panic("the default of " + member.Name + ": " + err.Error())
	}
	value, err := fromJSON(&member.Is, plain)
	if err != nil {
		panic("the default of " + member.Name + ": " + err.Error())
	}
	return value
}

// withDefaults fills in what is left out inside a value: of the objects in a list, if it is one.
func withDefaults(member *object.Member, value tftypes.Value) tftypes.Value {
	if member.Is.Kind != object.List || member.Is.Of.Kind != object.Object || value.IsNull() || !value.IsKnown() {
		return value
	}
	var items []tftypes.Value
	if value.As(&items) != nil {
		return value
	}
	filled := make([]tftypes.Value, 0, len(items))
	for _, item := range items {
		inner := attributes(item)
		if inner == nil {
			filled = append(filled, item)
			continue
		}
		for _, one := range member.Is.Of.Members {
			if inner[one.Name].IsNull() && !one.Required {
				inner[one.Name] = defaultOf(&one)
			}
		}
		filled = append(filled, tftypes.NewValue(item.Type(), inner))
	}
	return tftypes.NewValue(value.Type(), filled)
}
