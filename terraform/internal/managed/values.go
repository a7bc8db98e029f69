package managed

import (
	"encoding/json"
	"fmt"
	"math/big"
	"slices"

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

// typeOf is the type of the attribute of a member.
func typeOf(rule *object.Rule) tftypes.Type {
	switch rule.Kind {
	case object.Number:
		return tftypes.Number
	case object.Flag:
		return tftypes.Bool
	case object.Map:
		return tftypes.Map{ElementType: tftypes.String}
	case object.Set:
		return tftypes.Set{ElementType: typeOf(rule.Of)}
	case object.List:
		return tftypes.List{ElementType: typeOf(rule.Of)}
	case object.JSON:
		return tftypes.DynamicPseudoType
	case object.Object:
		types := map[string]tftypes.Type{}
		for _, member := range rule.Members {
			types[member.Name] = typeOf(&member.Is)
		}
		return tftypes.Object{AttributeTypes: types}
	default:
		return tftypes.String
	}
}

// fromJSON is an answered value as the attribute of a member has it.
func fromJSON(rule *object.Rule, answered any) (tftypes.Value, error) {
	of := typeOf(rule)
	if answered == nil {
		return tftypes.NewValue(of, nil), nil
	}
	switch rule.Kind {
	case object.Number:
		return numberFromJSON(answered)
	case object.JSON:
		return anyFromJSON(answered)
	case object.Map:
		members, ok := answered.(map[string]any)
		if !ok {
			return tftypes.Value{}, unexpected(answered, "an object")
		}
		values := map[string]tftypes.Value{}
		for key, member := range members {
			value, err := fromJSON(&object.Rule{Kind: object.Text}, member)
			if err != nil {
				return tftypes.Value{}, err
			}
			values[key] = value
		}
		return tftypes.NewValue(of, values), nil
	case object.List, object.Set:
		items, ok := answered.([]any)
		if !ok {
			return tftypes.Value{}, unexpected(answered, "a list")
		}
		values := make([]tftypes.Value, 0, len(items))
		for _, item := range items {
			value, err := fromJSON(rule.Of, item)
			if err != nil {
				return tftypes.Value{}, err
			}
			isNamedTwice := slices.ContainsFunc(values, value.Equal)
			if rule.Kind == object.List || !isNamedTwice {
				values = append(values, value)
			}
		}
		return tftypes.NewValue(of, values), nil
	case object.Object:
		members, ok := answered.(map[string]any)
		if !ok {
			return tftypes.Value{}, unexpected(answered, "an object")
		}
		values := map[string]tftypes.Value{}
		for _, member := range rule.Members {
			value, err := fromJSON(&member.Is, members[member.Wire])
			if err != nil {
				return tftypes.Value{}, err
			}
			values[member.Name] = value
		}
		return tftypes.NewValue(of, values), nil
	case object.Flag:
		if flag, ok := answered.(bool); ok {
			return tftypes.NewValue(of, flag), nil
		}
		return tftypes.Value{}, unexpected(answered, "true or false")
	}
	if text, ok := answered.(string); ok {
		return tftypes.NewValue(of, text), nil
	}
	return tftypes.Value{}, unexpected(answered, "a text")
}

// anyFromJSON is a value whose type nobody declared: lists become tuples and objects objects, as in a configuration.
func anyFromJSON(answered any) (tftypes.Value, error) {
	switch value := answered.(type) {
	case nil:
		return tftypes.NewValue(tftypes.DynamicPseudoType, nil), nil
	case string:
		return tftypes.NewValue(tftypes.String, value), nil
	case bool:
		return tftypes.NewValue(tftypes.Bool, value), nil
	case json.Number:
		return numberFromJSON(value)
	case []any:
		types, values := make([]tftypes.Type, 0, len(value)), make([]tftypes.Value, 0, len(value))
		for _, item := range value {
			inner, err := anyFromJSON(item)
			if err != nil {
				return tftypes.Value{}, err
			}
			types, values = append(types, inner.Type()), append(values, inner)
		}
		return tftypes.NewValue(tftypes.Tuple{ElementTypes: types}, values), nil
	case map[string]any:
		types, values := map[string]tftypes.Type{}, map[string]tftypes.Value{}
		for name, member := range value {
			inner, err := anyFromJSON(member)
			if err != nil {
				return tftypes.Value{}, err
			}
			types[name], values[name] = inner.Type(), inner
		}
		return tftypes.NewValue(tftypes.Object{AttributeTypes: types}, values), nil
	}
	return tftypes.Value{}, unexpected(answered, "JSON")
}

func numberFromJSON(answered any) (tftypes.Value, error) {
	text, ok := answered.(json.Number)
	if !ok {
		return tftypes.Value{}, unexpected(answered, "a number")
	}
	number, _, err := big.ParseFloat(text.String(), 10, precision, big.ToNearestEven)
	if err != nil {
		return tftypes.Value{}, err
	}
	return tftypes.NewValue(tftypes.Number, number), nil
}

func unexpected(answered any, wanted string) error {
	return fmt.Errorf("the deployment answered %T where %s belongs; is it of a newer version than this provider?", answered, wanted)
}

// defaultOf is what a member has that is left out; an unknown value if the service derives it.
func defaultOf(member *object.Member) tftypes.Value {
	of := typeOf(&member.Is)
	if member.Default == nil {
		return tftypes.NewValue(of, tftypes.UnknownValue)
	}
	var plain any
	decoder := json.NewDecoder(bytesOf(member.Default))
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

// numberOf is a whole number.
func numberOf(value tftypes.Value) (int64, error) {
	number := new(big.Float)
	if err := value.As(&number); err != nil {
		return 0, err
	}
	whole, _ := number.Int64()
	return whole, nil
}
