// Makes values of Terraform of what the API answers.

package managed

import (
	"encoding/json"
	"fmt"
	"math/big"
	"slices"

	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"terraform-provider-cambist/internal/object"
)

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
	return fmt.Errorf("the deployment answered %T where %s belongs", answered, wanted)
}
