package managed

import (
	"context"
	"strings"

	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"cambist/iam"
	"terraform-provider-cambist/internal/object"
)

// writeChildren makes the objects of a member what the plan says. Those that are there already stay; of the others, what can
// be changed into what is wanted is changed, and only what is left over is created or deleted.
func (r *Resource) writeChildren(ctx context.Context, identity string, member *object.Member, plan tftypes.Value) error {
	objects := r.session.Objects(strings.Replace(member.Children, "{id}", identity, 1))
	there, err := objects.All(ctx, iam.ListOptions{})
	if err != nil {
		return err
	}
	rule := member.Is.Of
	left := map[string][]*iam.Document{}
	for _, one := range there {
		key := canonical(&object.Member{Is: *rule}, filledIn(rule, any(*one)))
		left[key] = append(left[key], one)
	}
	var missing []iam.Document
	wanted, _ := toJSON(&member.Is, plan).([]any)
	for _, one := range wanted {
		key := canonical(&object.Member{Is: *rule}, filledIn(rule, one))
		if same := left[key]; len(same) > 0 {
			left[key] = same[1:]
			continue
		}
		body, _ := one.(map[string]any)
		missing = append(missing, body)
	}
	var surplus []*iam.Document
	for _, one := range there {
		key := canonical(&object.Member{Is: *rule}, filledIn(rule, any(*one)))
		if same := left[key]; len(same) > 0 {
			surplus, left[key] = append(surplus, same[0]), same[1:]
		}
	}
	for index, body := range missing {
		if index < len(surplus) {
			_, err = objects.Update(ctx, identityOf(surplus[index]), body)
		} else {
			_, err = objects.Create(ctx, body)
		}
		if err != nil {
			return err
		}
	}
	for _, one := range surplus[min(len(missing), len(surplus)):] {
		if err := objects.Delete(ctx, identityOf(one)); err != nil {
			return err
		}
	}
	return nil
}

func identityOf(document *iam.Document) string {
	identity, _ := (*document)["identity"].(string)
	return identity
}
