// Takes values of Terraform apart, for bodies and comparisons.

package managed

import (
	"encoding/json"
	"math/big"

	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"terraform-provider-cambist/internal/object"
)

// precision is that of numbers in Terraform, in bits.
const precision = 512

// attributes takes an object apart; nil if it is null or unknown.
func attributes(raw tftypes.Value) map[string]tftypes.Value {
	values := map[string]tftypes.Value{}
	if raw.IsNull() || !raw.IsKnown() || raw.As(&values) != nil {
		return nil
	}
	return values
}

// textOf is the text of a value, or "" if it has none yet.
func textOf(value tftypes.Value) string {
	text := ""
	if !value.IsKnown() || value.IsNull() || value.As(&text) != nil {
		return ""
	}
	return text
}

// toJSON is the value as it is sent: numbers keep every digit. The value must be wholly known.
func toJSON(rule *object.Rule, value tftypes.Value) any {
	if value.IsNull() {
		return nil
	}
	of := value.Type()
	switch {
	case of.Is(tftypes.String):
		return textOf(value)
	case of.Is(tftypes.Bool):
		flag := false
		_ = value.As(&flag)
		return flag
	case of.Is(tftypes.Number):
		number := new(big.Float)
		_ = value.As(&number)
		return json.Number(digits(number))
	}
	var list []tftypes.Value
	if value.As(&list) == nil {
		var inner *object.Rule
		if rule != nil {
			inner = rule.Of
		}
		items := make([]any, 0, len(list))
		for _, item := range list {
			items = append(items, toJSON(inner, item))
		}
		return items
	}
	members := map[string]any{}
	for name, member := range attributes(value) {
		wire, inner := name, (*object.Rule)(nil)
		if rule != nil {
			for index := range rule.Members {
				if rule.Members[index].Name == name {
					wire, inner = rule.Members[index].Wire, &rule.Members[index].Is
				}
			}
		}
		if rule != nil && inner != nil && member.IsNull() {
			continue
		}
		members[wire] = toJSON(inner, member)
	}
	return members
}

// longestInteger is how many bits a number has at most that is written with all its digits.
const longestInteger = 256

func digits(number *big.Float) string {
	if number.IsInt() && number.MantExp(nil) <= longestInteger {
		return number.Text('f', 0)
	}
	return number.Text('g', -1)
}

// numberOf is a whole number.
func numberOf(value tftypes.Value) (int64, error) {
	number := new(big.Float)
	if err := value.As(&number); err != nil {
		return 0, err
	}
	whole, _ := number.Int64()
	return whole, nil
}
