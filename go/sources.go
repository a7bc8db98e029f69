package cambist

import (
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
)

// sourceContext is what a platform's data may use to make a request.
type sourceContext struct {
	machine *machine
	// audience to ask for; deployment is the issuer whose own tokens are never taken for a workload's.
	audience, deployment string
}

func (c sourceContext) variable(name string) string { return c.machine.variables[name] }

func (c sourceContext) isFor(token string) bool {
	claims, ok := readIDToken(token)
	return ok && claims.issuer != c.deployment && slices.Contains(claims.audiences, c.audience)
}

// evidence is what shows that a platform is here; every member must hold. Only a probe needs the network.
type evidence struct {
	// variables that are set and not empty.
	variables []string
	// values are variables with exactly this value, upper or lower case.
	values map[string]string
	// absent variables are not set.
	absent []string
	// prefix begins the name of some variable.
	prefix string
	// path is there, and program can be run.
	path, program string
	// tokenInVariables: a variable holds an ID token for the audience; tokenInFiles: one of these files or directories does.
	tokenInVariables bool
	tokenInFiles     []string
	// probe asks a metadata service, and recognises its answer.
	probe *probe
}

type probe struct {
	request    func(sourceContext) platformRequest
	recognises func(header func(string) string, status int, text string) bool
	found      string
}

// origin is where the token comes from.
type origin struct {
	when evidence
	take func(context.Context, sourceContext) (string, error)
}

// source is how a job of one platform gets its ID token.
type source struct {
	name, title string
	// isJob: the pipeline itself, which comes before the machine that it happens to run on.
	isJob bool
	// origins: the first whose evidence is there is taken.
	origins []origin
	// incomplete is evidence of the platform without a token: what is missing, and what to do about it.
	incomplete []incomplete
}

type incomplete struct {
	when    evidence
	missing string
	fix     func(audience string) string
}

func always(text string) func(string) string { return func(string) string { return text } }

func fromVariable(name string) origin {
	return origin{evidence{variables: []string{name}}, variableTaker(name)}
}

func variableTaker(name string) func(context.Context, sourceContext) (string, error) {
	return func(_ context.Context, c sourceContext) (string, error) { return c.variable(name), nil }
}

func fromFile(path string) origin {
	return origin{evidence{path: path}, func(_ context.Context, c sourceContext) (string, error) {
		return readTokenFile(c.machine.resolve(path))
	}}
}

func fromMatchingVariable(when evidence) origin {
	when.tokenInVariables = true
	return origin{when, func(_ context.Context, c sourceContext) (string, error) {
		found := c.machine.tokensInVariables(c)
		if len(found) == 0 {
			return "", nil
		}
		places := []string{}
		isAmbiguous := false
		for _, one := range found {
			places = append(places, one.place)
			isAmbiguous = isAmbiguous || one.token != found[0].token
		}
		if isAmbiguous {
			return "", &Error{
				Code:        CodeSourceAmbiguous,
				Description: "several variables hold an ID token for " + c.audience + ": " + strings.Join(places, ", "),
				Hint:        "Say which one: EnvIDToken, or the source `env:" + places[0] + "`.",
			}
		}
		return found[0].token, nil
	}}
}

// fromRequest asks an endpoint; the token is a member of its JSON, or the whole answer if the member is empty.
func fromRequest(title string, when evidence, member string, request func(sourceContext) platformRequest) origin {
	return origin{when, func(ctx context.Context, c sourceContext) (string, error) {
		text, err := c.machine.ask(ctx, title, request(c))
		if err != nil || member == "" {
			return text, err
		}
		var members map[string]any
		if json.Unmarshal([]byte(text), &members) != nil {
			return text, nil
		}
		token, _ := members[member].(string)
		return token, nil
	}}
}

func fromProgram(title string, when evidence, arguments func(audience string) []string) origin {
	return origin{when, func(ctx context.Context, c sourceContext) (string, error) {
		text, err := c.machine.program(ctx, when.program, arguments(c.audience)...)
		if err != nil {
			return "", &Error{Code: CodePlatformRefused, Description: title + " refused to give an ID token: " + err.Error()}
		}
		return text, nil
	}}
}

func withAudience(address, audience string) string {
	separator := "?"
	if strings.Contains(address, "?") {
		separator = "&"
	}
	return address + separator + "audience=" + escaped(audience)
}

// escaped is the text as a part of a query, with %20 for a space.
func escaped(text string) string {
	return strings.ReplaceAll(url.QueryEscape(text), "+", "%20")
}
