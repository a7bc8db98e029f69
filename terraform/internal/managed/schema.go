// Makes the schema of a resource of the description of its object.

package managed

import (
	"encoding/json"
	"regexp"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/listvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-cambist/internal/object"
)

// schemaOf is the schema of a kind of object: an attribute for each member, and those that every object has.
func schemaOf(described *object.Description) schema.Schema {
	attributes := map[string]schema.Attribute{
		"id":             schema.StringAttribute{Computed: true, MarkdownDescription: "The same as `identity`."},
		"identity":       schema.StringAttribute{Computed: true, MarkdownDescription: "The TypeID, which never changes and is never reused."},
		"created_at":     schema.StringAttribute{Computed: true, MarkdownDescription: "When it was created, RFC 3339 in UTC."},
		"updated_at":     schema.StringAttribute{Computed: true, MarkdownDescription: "When it was changed last, RFC 3339 in UTC."},
		"object_version": schema.Int64Attribute{Computed: true, MarkdownDescription: "Raised by one with each change."},
	}
	for _, member := range described.Managed() {
		attributes[member.Name] = attributeOf(described, &member)
	}
	if parent := described.Parent; parent != nil {
		attributes[parent.Name] = schema.StringAttribute{
			Required:            true,
			MarkdownDescription: "The " + object.Named(parent.Object).Noun + " that it belongs to. " + replaces,
			Validators:          textValidators(object.Rule{Prefix: object.Named(parent.Object).IDPrefix}),
		}
	}
	return schema.Schema{
		MarkdownDescription: summaryOf(described),
		Attributes:          attributes,
	}
}

const replaces = "Changing it makes another object in its place."

func attributeOf(described *object.Description, member *object.Member) schema.Attribute {
	rule := member.Is
	required, computed := member.Required, !member.Required
	optional := computed && !member.ReadOnly
	sentence := sentenceOf(described, member)
	switch rule.Kind {
	case object.Text, object.Timestamp:
		return schema.StringAttribute{Required: required, Optional: optional, Computed: computed, MarkdownDescription: sentence, Validators: unless(member.ReadOnly, textValidators(rule))}
	case object.Number:
		return schema.Int64Attribute{Required: required, Optional: optional, Computed: computed, MarkdownDescription: sentence, Validators: unless(member.ReadOnly, numberValidators(rule))}
	case object.Flag:
		return schema.BoolAttribute{Required: required, Optional: optional, Computed: computed, MarkdownDescription: sentence}
	case object.Map:
		return schema.MapAttribute{ElementType: types.StringType, Required: required, Optional: optional, Computed: computed, MarkdownDescription: sentence}
	case object.JSON:
		return schema.DynamicAttribute{Required: required, Optional: optional, Computed: computed, MarkdownDescription: sentence, Validators: []validator.Dynamic{objectOnly{}}}
	case object.Set:
		return schema.SetAttribute{ElementType: elementType(rule.Of), Required: required, Optional: optional, Computed: computed, MarkdownDescription: sentence, Validators: setValidators(rule)}
	case object.List:
		if rule.Of.Kind != object.Object {
			return schema.ListAttribute{ElementType: elementType(rule.Of), Required: required, Optional: optional, Computed: computed, MarkdownDescription: sentence, Validators: listValidators(rule)}
		}
		nested := map[string]schema.Attribute{}
		for _, inner := range rule.Of.Members {
			nested[inner.Name] = attributeOf(described, &inner)
		}
		return schema.ListNestedAttribute{
			NestedObject:        schema.NestedAttributeObject{Attributes: nested},
			Required:            required,
			Optional:            optional,
			Computed:            computed,
			MarkdownDescription: sentence,
			Validators:          unless(member.ReadOnly, listValidators(rule)),
		}
	}
	panic("no attribute for the kind " + string(rule.Kind))
}

func elementType(rule *object.Rule) attr.Type {
	if rule.Kind == object.Text {
		return types.StringType
	}
	panic("no list of the kind " + string(rule.Kind))
}

func unless[T any](not bool, validators []T) []T {
	if not {
		return nil
	}
	return validators
}

func textValidators(rule object.Rule) []validator.String {
	var all []validator.String
	if rule.Kind == object.Timestamp {
		return append(all, rfc3339{})
	}
	if len(rule.Values) > 0 {
		return append(all, stringvalidator.OneOf(rule.Values...))
	}
	if rule.Prefix != "" {
		pattern := regexp.MustCompile("^" + rule.Prefix + "_[0-7][0-9a-hjkmnp-tv-z]{25}$")
		return append(all, stringvalidator.RegexMatches(pattern, "must be an identifier that starts with "+rule.Prefix+"_"))
	}
	if rule.Min != nil {
		all = append(all, stringvalidator.LengthAtLeast(int(*rule.Min)))
	}
	if rule.Max != nil {
		all = append(all, longest(*rule.Max))
	}
	if rule.Pattern != "" {
		all = append(all, stringvalidator.RegexMatches(regexp.MustCompile(rule.Pattern), rule.Must))
	}
	return all
}

func numberValidators(rule object.Rule) []validator.Int64 {
	var all []validator.Int64
	if rule.Min != nil {
		all = append(all, int64validator.AtLeast(*rule.Min))
	}
	if rule.Max != nil {
		all = append(all, int64validator.AtMost(*rule.Max))
	}
	return all
}

func setValidators(rule object.Rule) []validator.Set {
	all := []validator.Set{setvalidator.ValueStringsAre(textValidators(*rule.Of)...), setvalidator.NoNullValues()}
	if rule.Min != nil {
		all = append(all, setvalidator.SizeAtLeast(int(*rule.Min)))
	}
	if rule.Max != nil {
		all = append(all, setvalidator.SizeAtMost(int(*rule.Max)))
	}
	return all
}

func listValidators(rule object.Rule) []validator.List {
	all := []validator.List{listvalidator.NoNullValues()}
	if rule.Of.Kind == object.Text {
		all = append(all, listvalidator.ValueStringsAre(textValidators(*rule.Of)...))
	}
	if rule.Min != nil {
		all = append(all, listvalidator.SizeAtLeast(int(*rule.Min)))
	}
	if rule.Max != nil {
		all = append(all, listvalidator.SizeAtMost(int(*rule.Max)))
	}
	return all
}

// sentenceOf is the reference's sentence in the words of the provider, with what happens when the attribute is left out or changed.
func sentenceOf(described *object.Description, member *object.Member) string {
	sentences := []string{}
	if member.Description != "" {
		sentences = append(sentences, strings.TrimSuffix(inOurWords(described, member.Description), ".")+".")
	}
	if len(member.Is.Values) > 0 {
		sentences = append(sentences, "One of `"+strings.Join(member.Is.Values, "`, `")+"`.")
	}
	isSaid := strings.Contains(member.Description, "absent")
	switch {
	case member.ReadOnly || member.Required || isSaid:
	case member.Default == nil && len(member.DerivedFrom) > 0:
		sentences = append(sentences, "The service derives it from `"+strings.Join(member.DerivedFrom, "`, `")+"` if it is absent.")
	case member.Default == nil:
		sentences = append(sentences, "The service chooses it if it is absent.")
	case string(member.Default) != "null" && string(member.Default) != `""`:
		sentences = append(sentences, "`"+compact(member.Default)+"` if it is absent.")
	}
	if member.Immutable && !member.ReadOnly && member.Children == "" {
		sentences = append(sentences, replaces)
	}
	return strings.Join(sentences, " ")
}

var quoted = regexp.MustCompile("`[a-z]+[A-Z][A-Za-z]*`")

// inOurWords writes members that the text names as their attributes are called.
func inOurWords(described *object.Description, text string) string {
	return quoted.ReplaceAllStringFunc(text, func(name string) string {
		if member := described.Member(strings.Trim(name, "`")); member != nil {
			return "`" + member.Name + "`"
		}
		return name
	})
}

func compact(data json.RawMessage) string {
	var value any
	if json.Unmarshal(data, &value) != nil {
		return string(data)
	}
	if text, ok := value.(string); ok {
		return text
	}
	short, err := json.Marshal(value)
	if err != nil {
		return string(data)
	}
	return string(short)
}

// summaryOf opens the page of a resource.
func summaryOf(described *object.Description) string {
	return summaries[described.Name]
}

var summaries = map[string]string{
	"organisation":       "A tenant of the deployment. Only the root token and `iam:admin` of the organisation `default` manage organisations.",
	"identity_provider":  "An issuer whose tokens the organisation trusts.",
	"service_account":    "Who a workload may act as. Deleting one deletes its federated identities and role bindings.",
	"federated_identity": "The rule that lets a provider's subject act as a service account. What the service would refuse is refused in the plan, and its warnings are shown there.",
	"role":               "What an account is to the APIs that receive its tokens. The resource manages all rules of the role.",
	"role_binding":       "Who holds a role, in which projects and under which scopes.",
	"access_credential":  "A credential for systems that cannot get an ID token. Its secret is in no plan and no state: `ephemeral \"cambist_access_credential_secret\"` hands it on in the apply that creates it.",
}
