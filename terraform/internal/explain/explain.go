// Package explain has the data source that asks what an exchange would decide, for `check` blocks and tests of rules.
package explain

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-validators/datasourcevalidator"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-cambist/internal/session"
)

// Explain is `cambist_explain`.
type Explain struct{ session *session.Session }

var (
	_ datasource.DataSourceWithConfigure        = &Explain{}
	_ datasource.DataSourceWithConfigValidators = &Explain{}
)

// New makes the data source.
func New() datasource.DataSource { return &Explain{} }

type state struct {
	Claims            types.Dynamic `tfsdk:"claims"`
	SubjectToken      types.String  `tfsdk:"subject_token"`
	RequestID         types.String  `tfsdk:"request_id"`
	ServiceAccount    types.String  `tfsdk:"service_account"`
	FederatedIdentity types.String  `tfsdk:"federated_identity"`
	Scope             types.Set     `tfsdk:"scope"`
	Audience          types.List    `tfsdk:"audience"`
	Project           types.String  `tfsdk:"project"`
	Granted           types.Bool    `tfsdk:"granted"`
	Decision          types.String  `tfsdk:"decision"`
	Reason            types.String  `tfsdk:"reason"`
	Detail            types.String  `tfsdk:"detail"`
	GrantedBy         types.String  `tfsdk:"granted_by"`
	WouldIssue        *wouldIssue   `tfsdk:"would_issue"`
	Identities        []identity    `tfsdk:"identities"`
	Advice            []string      `tfsdk:"advice"`
}

type wouldIssue struct {
	Scope     []string `tfsdk:"scope"`
	Audience  []string `tfsdk:"audience"`
	ExpiresIn int64    `tfsdk:"expires_in"`
	Roles     []string `tfsdk:"roles"`
	Project   *string  `tfsdk:"project"`
}

type identity struct {
	Identity string  `tfsdk:"identity"`
	Name     string  `tfsdk:"name"`
	Matched  bool    `tfsdk:"matched"`
	Checks   []check `tfsdk:"checks"`
}

type check struct {
	Check    string  `tfsdk:"check"`
	Claim    *string `tfsdk:"claim"`
	OK       *bool   `tfsdk:"ok"`
	Hint     *string `tfsdk:"hint"`
	Expected string  `tfsdk:"expected"`
	Actual   string  `tfsdk:"actual"`
}

// Metadata names the data source.
func (e *Explain) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_explain"
}

// Schema is the request to judge, and the judgement.
func (e *Explain) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	optional := func(sentence string) schema.StringAttribute {
		return schema.StringAttribute{Optional: true, MarkdownDescription: sentence}
	}
	text := func(sentence string) schema.StringAttribute {
		return schema.StringAttribute{Computed: true, MarkdownDescription: sentence}
	}
	texts := func(sentence string) schema.ListAttribute {
		return schema.ListAttribute{Computed: true, ElementType: types.StringType, MarkdownDescription: sentence}
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "Asks what an exchange would decide, and why. Nothing is changed and no token is consumed. In a `check` block it holds a rule to what it must let in and what it must not.",
		Attributes: map[string]schema.Attribute{
			"claims":             schema.DynamicAttribute{Optional: true, MarkdownDescription: "The claims of an ID token, `iss`, `sub` and `aud` among them."},
			"subject_token":      schema.StringAttribute{Optional: true, Sensitive: true, MarkdownDescription: "An ID token. It stands in the state: prefer `claims`."},
			"request_id":         optional("A recorded request to judge again, with everything that it asked for."),
			"service_account":    optional("The service account to act as, by id or slug."),
			"federated_identity": optional("Only this federated identity."),
			"scope":              schema.SetAttribute{Optional: true, ElementType: types.StringType, MarkdownDescription: "The scopes to ask for."},
			"audience":           schema.ListAttribute{Optional: true, ElementType: types.StringType, MarkdownDescription: "The audiences to ask for."},
			"project":            optional("The project to act in."),
			"granted":            schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether a token would be given."},
			"decision":           text("`granted` or `refused`."),
			"reason":             text("The stable name of the reason, if it is refused."),
			"detail":             text("The same in a sentence."),
			"granted_by":         text("The federated identity that would give the token."),
			"advice":             texts("What to do about a refusal."),
			"would_issue": schema.SingleNestedAttribute{Computed: true, MarkdownDescription: "The token that would be given; null if it is refused.", Attributes: map[string]schema.Attribute{
				"scope": texts("Its scopes."), "audience": texts("Its audiences."), "expires_in": schema.Int64Attribute{Computed: true, MarkdownDescription: "Its lifetime in seconds."},
				"roles": texts("Its roles."), "project": text("Its project."),
			}},
			"identities": schema.ListNestedAttribute{Computed: true, MarkdownDescription: "Every candidate with every check.", NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
				"identity": text("The federated identity."), "name": text("Its name."), "matched": schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether it accepts the request."},
				"checks": schema.ListNestedAttribute{Computed: true, MarkdownDescription: "What was checked.", NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"check": text("The name of the check."), "claim": text("The claim that it is about."), "ok": schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether it holds; null if it was not made."},
					"hint": text("What is nearly right."), "expected": text("What the rule wants, as JSON."), "actual": text("What the token has, as JSON."),
				}}},
			}}},
		},
	}
}

// ConfigValidators want exactly one thing to judge.
func (e *Explain) ConfigValidators(context.Context) []datasource.ConfigValidator {
	return []datasource.ConfigValidator{datasourcevalidator.ExactlyOneOf(path.MatchRoot("claims"), path.MatchRoot("subject_token"), path.MatchRoot("request_id"))}
}

// Configure takes what the provider was configured with.
func (e *Explain) Configure(_ context.Context, req datasource.ConfigureRequest, _ *datasource.ConfigureResponse) {
	if shared, ok := req.ProviderData.(*session.Session); ok {
		e.session = shared
	}
}

// Read asks the deployment.
func (e *Explain) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	if e.session == nil || e.session.API == nil {
		resp.Diagnostics.AddError("The deployment is not known yet", "A setting of the provider (such as url) comes from a resource that is not created yet. Apply that one first, with -target.")
		return
	}
	var s state
	resp.Diagnostics.Append(req.Config.Get(ctx, &s)...)
	question := s.question(ctx, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	answer, err := e.session.API.FederatedIdentities.Explain(ctx, question)
	if err != nil {
		report(&resp.Diagnostics, err)
		return
	}
	s.take(answer)
	resp.Diagnostics.Append(resp.State.Set(ctx, &s)...)
}
