// Makes diagnostics of refusals: at the attribute that they are about, with the way out.

package managed

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"cambist/iam"
	"terraform-provider-cambist/internal/object"
)

func (r *Resource) summary(verb string) string {
	return fmt.Sprintf("Cannot %s the %s", verb, r.described.Noun)
}

// about is what a request was about.
type about struct {
	// place is where the pointers of the answer begin, "" for the object itself.
	place string
	// config is what was asked for, nil if nothing was.
	config map[string]tftypes.Value
}

// report makes diagnostics of a failed request: each at the attribute that it is about, with the way out.
func (r *Resource) report(problems *diag.Diagnostics, verb string, err error, what about) {
	var failure *iam.Error
	var unread *unreadable
	if errors.As(err, &unread) {
		problems.AddAttributeError(path.Root(unread.attribute), r.summary(verb), err.Error())
		return
	}
	if !errors.As(err, &failure) {
		problems.AddError(r.summary(verb), err.Error())
		return
	}
	suffix := ""
	if failure.RequestID != "" {
		suffix = "\n\nRequest " + failure.RequestID + " in the log of the deployment."
	}
	advice := r.wayOut(failure, verb)
	if len(failure.Faults) == 0 {
		detail := r.inAttributes(failure.Detail) + advice + suffix
		if name := r.attributeIn(failure.Detail, what.config); failure.Status == 403 && name != "" {
			problems.AddAttributeError(path.Root(name), r.summary(verb), detail)
		} else {
			problems.AddError(r.summary(verb), detail)
		}
		return
	}
	for _, fault := range failure.Faults {
		advice := advice
		if strings.HasPrefix(fault.Detail, "is not a member") {
			advice = "\n\nThe deployment is older than this provider and does not know it. Upgrade the deployment, or leave the attribute out."
		}
		at, rest := r.attributeAt(what.place + pointerOf(fault))
		detail := strings.TrimSpace(rest+" "+r.inAttributes(fault.Detail)) + advice + suffix
		if at == nil {
			problems.AddError(r.summary(verb), detail)
			continue
		}
		problems.AddAttributeError(*at, r.summary(verb), detail)
	}
}

// wayOut says what to do about a refusal, if that is known.
func (r *Resource) wayOut(failure *iam.Error, verb string) string {
	switch {
	case failure.Status == 401:
		return "\n\nThe deployment does not accept the credential of the provider: it has ended, or it is for another deployment or audience."
	case failure.Status == 403:
		return "\n\nThe provider acts as somebody who may not do this. Changes need iam:write, and iam:admin to grant what the caller does not hold itself."
	case failure.Status == 409 && failure.ConflictsWith != nil:
		other := failure.ConflictsWith
		return fmt.Sprintf("\n\nIt is %q (%s). If this configuration is to manage it, import it:\n\n  import {\n    to = cambist_%s.NAME\n    id = %q\n  }\n\nIf another configuration manages it, refer to it here with a data source, or choose another name.",
			other.Name, other.Identity, r.described.Name, other.Identity)
	case failure.Status == 429:
		return "\n\nThe deployment limits how often it is asked. Apply again later, or with a lower -parallelism."
	}
	return ""
}

// attributeIn is the attribute that a sentence is about which has no pointer: one that it names, or one of whose values it names;
// "" if there is none.
func (r *Resource) attributeIn(sentence string, config map[string]tftypes.Value) string {
	words := strings.FieldsFunc(sentence, func(char rune) bool { return strings.ContainsRune(" ,;\"'", char) })
	for _, member := range r.described.Managed() {
		value := config[member.Name]
		if member.ReadOnly || value.IsNull() || !value.IsFullyKnown() {
			continue
		}
		isNamed := slices.Contains(words, member.Wire)
		list, _ := toJSON(&member.Is, value).([]any)
		for _, one := range list {
			text, isText := one.(string)
			isNamed = isNamed || (isText && slices.Contains(words, text))
		}
		if isNamed {
			return member.Name
		}
	}
	return ""
}

// pointerOf is where a fault is in the body, or "" if it is nowhere in it.
func pointerOf(fault iam.Fault) string {
	if fault.Pointer == nil {
		return ""
	}
	return *fault.Pointer
}

// attributeAt is the attribute that a JSON Pointer of the API leads to, and the words for what is further inside it.
func (r *Resource) attributeAt(pointer string) (*path.Path, string) {
	segments := strings.Split(strings.TrimPrefix(pointer, "/"), "/")
	for index, segment := range segments {
		segments[index] = strings.ReplaceAll(strings.ReplaceAll(segment, "~1", "/"), "~0", "~")
	}
	member := r.described.Member(segments[0])
	if member == nil {
		return nil, r.inAttributes(pointer)
	}
	at := path.Root(member.Name)
	rule := member.Is
	for index, segment := range segments[1:] {
		number, err := strconv.Atoi(segment)
		switch {
		case rule.Kind == object.List && err == nil:
			at, rule = at.AtListIndex(number), *rule.Of
		case rule.Kind == object.Object && memberOf(rule, segment) != nil:
			inner := memberOf(rule, segment)
			at, rule = at.AtName(inner.Name), inner.Is
		default:
			return &at, member.Name + "[" + strings.Join(quotedAll(segments[1+index:]), "][") + "]"
		}
	}
	return &at, member.Name
}

func memberOf(rule object.Rule, wire string) *object.Member {
	for index := range rule.Members {
		if rule.Members[index].Wire == wire {
			return &rule.Members[index]
		}
	}
	return nil
}

func quotedAll(segments []string) []string {
	all := make([]string, 0, len(segments))
	for _, segment := range segments {
		if _, err := strconv.Atoi(segment); err == nil {
			all = append(all, segment)
		} else {
			all = append(all, strconv.Quote(segment))
		}
	}
	return all
}

var camelCase = regexp.MustCompile(`\b[a-z]+[A-Z][A-Za-z]*\b`)

// inAttributes writes members that a sentence of the service names as their attributes are called.
func (r *Resource) inAttributes(text string) string {
	return camelCase.ReplaceAllStringFunc(text, func(word string) string {
		if member := r.described.Member(word); member != nil {
			return member.Name
		}
		return word
	})
}
