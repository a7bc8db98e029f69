// Validates what can be judged without asking: lengths, times, objects.

package managed

import (
	"context"
	"fmt"
	"regexp"
	"time"
	"unicode/utf16"

	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"
)

// longest is a text of at most so many UTF-16 code units, as the service counts them.
type longest int64

func (l longest) Description(context.Context) string {
	return fmt.Sprintf("must have at most %d characters", int64(l))
}

func (l longest) MarkdownDescription(ctx context.Context) string { return l.Description(ctx) }

func (l longest) ValidateString(ctx context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if length := len(utf16.Encode([]rune(req.ConfigValue.ValueString()))); length > int(l) {
		resp.Diagnostics.AddAttributeError(req.Path, "Invalid Attribute Value Length", fmt.Sprintf("%s %s, not %d.", req.Path, l.Description(ctx), length))
	}
}

// rfc3339 is a time such as 2027-01-31T12:00:00Z.
type rfc3339 struct{}

func (rfc3339) Description(context.Context) string {
	return "must be a time as in RFC 3339, such as 2027-01-31T12:00:00Z"
}

func (r rfc3339) MarkdownDescription(ctx context.Context) string { return r.Description(ctx) }

func (r rfc3339) ValidateString(ctx context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	if _, ok := instant(req.ConfigValue.ValueString()); !ok {
		resp.Diagnostics.AddAttributeError(req.Path, "Invalid Time", fmt.Sprintf("%s %s.", req.Path, r.Description(ctx)))
	}
}

var timeForm = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})$`)

// instant is the time that a text names, to the second, as the service keeps it.
func instant(text string) (int64, bool) {
	if !timeForm.MatchString(text) {
		return 0, false
	}
	at, err := time.Parse(time.RFC3339Nano, upper(text))
	return at.Unix(), err == nil
}

func upper(text string) string {
	letters := []byte(text)
	for index, letter := range letters {
		if letter == 't' || letter == 'z' {
			letters[index] = letter - 'a' + 'A'
		}
	}
	return string(letters)
}

// objectOnly is an object or a map; what may be in it, the service judges.
type objectOnly struct{}

func (objectOnly) Description(context.Context) string { return "must be an object" }

func (o objectOnly) MarkdownDescription(ctx context.Context) string { return o.Description(ctx) }

func (o objectOnly) ValidateDynamic(ctx context.Context, req validator.DynamicRequest, resp *validator.DynamicResponse) {
	value := req.ConfigValue
	if value.IsNull() || value.IsUnknown() || value.IsUnderlyingValueUnknown() || value.IsUnderlyingValueNull() {
		return
	}
	switch value.UnderlyingValue().(type) {
	case basetypes.ObjectValuable, basetypes.MapValuable:
	case basetypes.StringValuable:
		resp.Diagnostics.AddAttributeError(req.Path, "Invalid Attribute Value", fmt.Sprintf("%s must be an object; if you have its JSON as a text, write jsondecode(...).", req.Path))
	default:
		resp.Diagnostics.AddAttributeError(req.Path, "Invalid Attribute Value", fmt.Sprintf("%s must be an object.", req.Path))
	}
}
