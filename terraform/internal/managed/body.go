// Makes the bodies of creations and updates of a configuration and a plan.

package managed

import (
	"maps"
	"strings"

	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"cambist/iam"
	"terraform-provider-cambist/internal/object"
)

// nobody is in an identifier that no object has.
var nobody = strings.Repeat("0", 26)

// creation is the body that creates an object: what is configured, so that the service gives its own defaults. It is not whole
// while something is unknown.
func (r *Resource) creation(config map[string]tftypes.Value) (body iam.Document, isWhole bool) {
	body = iam.Document{}
	for _, member := range r.described.Managed() {
		value := config[member.Name]
		if member.ReadOnly || value.IsNull() {
			continue
		}
		if !value.IsFullyKnown() {
			return nil, false
		}
		body[member.Wire] = toJSON(&member.Is, value)
	}
	return body, r.described.Parent == nil || config[r.described.Parent.Name].IsKnown()
}

// draft is the body to judge a creation by. An object that it refers to and that is not made yet is nobody, so that the rest is judged
// all the same; absent has the places of those.
func (r *Resource) draft(config map[string]tftypes.Value) (body iam.Document, absent []string, isWhole bool) {
	filled := maps.Clone(config)
	for _, member := range r.described.Managed() {
		if prefix := member.Is.Prefix; prefix != "" && !config[member.Name].IsKnown() {
			filled[member.Name] = tftypes.NewValue(tftypes.String, prefix+"_"+nobody)
			absent = append(absent, "/"+member.Wire)
		}
	}
	body, isWhole = r.creation(filled)
	return body, absent, isWhole
}

// update is the body that changes an object: only what differs. Null brings back what the service chooses by itself.
func (r *Resource) update(config, plan, before map[string]tftypes.Value) (body iam.Document, isWhole bool) {
	body = iam.Document{}
	for _, member := range r.described.Managed() {
		value := plan[member.Name]
		if member.ReadOnly || member.Children != "" || value.Equal(before[member.Name]) {
			continue
		}
		switch {
		case config[member.Name].IsNull() && member.Derived():
			body[member.Wire] = nil
		case !value.IsFullyKnown():
			return nil, false
		default:
			body[member.Wire] = toJSON(&member.Is, value)
		}
	}
	return body, true
}

// children is the member whose objects are written one by one, nil if there is none.
func (r *Resource) children() *object.Member {
	for _, member := range r.described.Managed() {
		if member.Children != "" {
			return &member
		}
	}
	return nil
}
