// Writes the objects that a member shows one by one, as the API wants it: the rules of a role.

package managed

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"cambist/iam"
	"terraform-provider-cambist/internal/object"
)

// writeChildren makes the objects of a member what the plan says. Those that are there already stay; of the others, what can
// be changed into what is wanted is changed, and only what is left over is created or deleted.
// It returns the place of the one that could not be written.
func (r *Resource) writeChildren(ctx context.Context, identity string, member *object.Member, plan tftypes.Value) (string, error) {
	objects := r.session.Objects(strings.Replace(member.Children, "{id}", identity, 1))
	there, err := objects.All(ctx, iam.ListOptions{})
	if err != nil {
		return "", err
	}
	left := map[string][]*iam.Document{}
	for _, one := range there {
		key := childKey(member, *one)
		left[key] = append(left[key], one)
	}
	type child struct {
		place string
		body  iam.Document
	}
	var missing []child
	wanted, _ := toJSON(&member.Is, plan).([]any)
	for index, one := range wanted {
		key := childKey(member, one)
		if same := left[key]; len(same) > 0 {
			left[key] = same[1:]
			continue
		}
		body, _ := one.(map[string]any)
		missing = append(missing, child{childPlace(member, index), body})
	}
	var surplus []*iam.Document
	for _, one := range there {
		key := childKey(member, *one)
		if same := left[key]; len(same) > 0 {
			surplus, left[key] = append(surplus, same[0]), same[1:]
		}
	}
	for index, one := range missing {
		if index < len(surplus) {
			_, err = objects.Update(ctx, identityOf(surplus[index]), one.body)
		} else {
			_, err = objects.Create(ctx, one.body)
		}
		if err != nil {
			return one.place, err
		}
	}
	for _, one := range surplus[min(len(missing), len(surplus)):] {
		if err := objects.Delete(ctx, identityOf(one)); err != nil {
			return "", err
		}
	}
	return "", nil
}

// childKey is equal for objects in a member that mean the same.
func childKey(member *object.Member, child any) string {
	rule := member.Is.Of
	return canonical(&object.Member{Is: *rule}, filledIn(rule, child))
}

// childPlace is the pointer to an object in a member.
func childPlace(member *object.Member, index int) string {
	return fmt.Sprintf("/%s/%d", member.Wire, index)
}

func identityOf(document *iam.Document) string {
	identity, _ := (*document)["identity"].(string)
	return identity
}
