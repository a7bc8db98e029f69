// Tells whether two values of a member mean the same to the service.

package managed

import (
	"encoding/json"
	"math/big"
	"slices"

	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"terraform-provider-cambist/internal/object"
)

// same tells whether two values of a member mean the same to the service, so that one may stay where the other is asked for.
func same(member *object.Member, left, right tftypes.Value) bool {
	if !left.IsFullyKnown() || !right.IsFullyKnown() {
		return false
	}
	return canonical(member, toJSON(&member.Is, left)) == canonical(member, toJSON(&member.Is, right))
}

// canonical is a text that is equal for values which mean the same.
func canonical(member *object.Member, value any) string {
	text, err := json.Marshal(settled(member, value))
	if err != nil {
		panic(err)
	}
	return string(text)
}

func settled(member *object.Member, value any) any {
	switch content := value.(type) {
	case nil:
		if member.Clears || member.Default == nil {
			return nil
		}
		var plain any
		_ = json.Unmarshal(member.Default, &plain)
		if plain == nil {
			return nil
		}
		return settled(member, plain)
	case string:
		if content == "" && member.EmptyIsNull {
			return nil
		}
		if seconds, ok := instant(content); ok && member.Is.Kind == object.Timestamp {
			return seconds
		}
		return content
	case map[string]any:
		if member.Is.Kind == object.JSON && len(content) == 0 {
			return nil
		}
		return plainly(content)
	case []any:
		texts := make([]string, 0, len(content))
		for _, item := range content {
			texts = append(texts, canonical(&object.Member{Is: *member.Is.Of}, filledIn(member.Is.Of, item)))
		}
		switch {
		case member.Is.Kind == object.Set:
			slices.Sort(texts)
			texts = slices.Compact(texts)
		case member.Children != "":
			slices.Sort(texts)
		}
		return texts
	}
	return plainly(value)
}

// filledIn is an object in a list with the defaults of what it leaves out, and each of its members in its settled form.
func filledIn(rule *object.Rule, item any) any {
	content, ok := item.(map[string]any)
	if !ok || rule.Kind != object.Object {
		return item
	}
	filled := map[string]any{}
	for _, member := range rule.Members {
		filled[member.Wire] = settled(&member, content[member.Wire])
	}
	return filled
}

// plainly writes equal numbers alike, wherever they are.
func plainly(value any) any {
	switch content := value.(type) {
	case json.Number:
		number, _, err := big.ParseFloat(content.String(), 10, precision, big.ToNearestEven)
		if err != nil {
			return content.String()
		}
		return []string{"number", number.Text('p', 0)}
	case []any:
		items := []any{"list"}
		for _, item := range content {
			items = append(items, plainly(item))
		}
		return items
	case map[string]any:
		members := map[string]any{}
		for name, member := range content {
			members[name] = plainly(member)
		}
		return members
	case float64:
		return plainly(json.Number(big.NewFloat(content).Text('g', -1)))
	}
	return value
}
