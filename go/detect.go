package cambist

import (
	"context"
	"strings"
	"sync"
)

// DetectOptions is where to look for an ID token, and who it must be for.
type DetectOptions struct {
	// URL is the deployment: its ISSUER_URL.
	URL string
	// Audience to ask the platform for; URL if it is empty.
	Audience string
	// Source names one source: a platform such as `github`, `env:NAME` or `file:PATH`. All are looked at if it is empty.
	Source string
}

// Detected is a source of ID tokens that is here.
type Detected struct {
	// Name is what Source of [DetectOptions] calls it.
	Name string
	// Title is for people.
	Title string
	// Seen is the evidence.
	Seen string
	// IDToken gives the ID token, anew on each call.
	IDToken IDTokenFunc
}

// DetectIDToken gives the ID token of whatever platform this is, which is looked for at each call, since variables and files change.
func DetectIDToken(options DetectOptions) IDTokenFunc {
	return func(ctx context.Context) (string, error) {
		detected, err := Detect(ctx, options)
		if err != nil {
			return "", err
		}
		return detected.IDToken(ctx)
	}
}

// Detect finds where an ID token can be had: by variables and files first, and by metadata services only if those say nothing.
// A pipeline comes before the machine that it runs on, and one that gives no token keeps the machine's identity from being used.
func Detect(ctx context.Context, options DetectOptions) (*Detected, error) {
	return detectOn(ctx, thisMachine(), options)
}

func detectOn(ctx context.Context, m *machine, options DetectOptions) (*Detected, error) {
	deployment := strings.TrimSuffix(options.URL, "/")
	c := sourceContext{machine: m, audience: orElse(options.Audience, deployment), deployment: deployment}
	if options.Source != "" {
		return detectNamed(ctx, c, options.Source)
	}
	var ready *Detected
	var readyIsJob bool
	var faultOfJob, faultOfMachine *Error
	for _, one := range platforms {
		found, fault := one.look(c)
		switch {
		case found != nil && ready == nil:
			ready, readyIsJob = found, one.isJob
		case fault != nil && one.isJob && faultOfJob == nil:
			faultOfJob = fault
		case fault != nil && !one.isJob && faultOfMachine == nil:
			faultOfMachine = fault
		}
	}
	// The machine that runs a pipeline has an identity too, but it is not the pipeline's.
	if faultOfJob != nil && !readyIsJob {
		faultOfJob.Hint += "\nTo use the identity of the machine instead, name it as the source."
		return nil, faultOfJob
	}
	if ready != nil {
		return ready, nil
	}
	if found := probeAll(ctx, c); found != nil {
		return found, nil
	}
	if faultOfMachine != nil {
		return nil, faultOfMachine
	}
	return nil, &Error{
		Code:        CodeNoSource,
		Description: "nothing here gives an ID token, and no metadata service answers; looked for " + strings.Join(platformTitles(), ", "),
		Hint:        "Set CAMBIST_ID_TOKEN or CAMBIST_ID_TOKEN_FILE, or name a source.",
	}
}

func platformTitles() []string {
	titles := []string{}
	for _, one := range platforms {
		titles = append(titles, one.title)
	}
	return titles
}

func detectNamed(ctx context.Context, c sourceContext, name string) (*Detected, error) {
	kind, place, _ := strings.Cut(name, ":")
	if place != "" && kind == "env" {
		return &Detected{Name: name, Title: name, Seen: name, IDToken: EnvIDToken(place)}, nil
	}
	if place != "" && kind == "file" {
		return &Detected{Name: name, Title: name, Seen: name, IDToken: FileIDToken(place)}, nil
	}
	names := []string{}
	for _, one := range platforms {
		names = append(names, one.name)
		if one.name != name {
			continue
		}
		found, fault := one.look(c)
		if found != nil {
			return found, nil
		}
		// Named by the user, so its metadata service is simply asked.
		for _, from := range one.origins {
			if from.when.probe != nil {
				return one.detected(c, from, "named as the source"), nil
			}
		}
		if fault != nil {
			return nil, fault
		}
		return nil, &Error{Code: CodeNoSource, Description: "the source " + name + " gives no ID token here: nothing of it was found"}
	}
	return nil, &Error{Code: CodeInvalidOptions, Description: "there is no token source " + quoteComplaint(name),
		Hint: "It is one of " + strings.Join(names, ", ") + ", or env:NAME or file:PATH."}
}

// look is the source if its token can be had, or else why not, if the platform is here.
func (s source) look(c sourceContext) (*Detected, *Error) {
	for _, from := range s.origins {
		if from.when.probe != nil {
			continue
		}
		if seen, holds := from.when.holds(c); holds {
			return s.detected(c, from, seen), nil
		}
	}
	for _, one := range s.incomplete {
		if _, holds := one.when.holds(c); holds {
			return nil, &Error{Code: CodeSourceIncomplete, Description: s.title + ": " + one.missing, Hint: one.fix(c.audience)}
		}
	}
	return nil, nil
}

func (s source) detected(c sourceContext, from origin, seen string) *Detected {
	return &Detected{Name: s.name, Title: s.title, Seen: seen, IDToken: func(ctx context.Context) (string, error) {
		token, err := from.take(ctx, c)
		if err != nil {
			return "", err
		}
		return usable(s.title, strings.TrimSpace(token))
	}}
}

// probeAll asks all metadata services at once, and takes the first in order that answers.
func probeAll(ctx context.Context, c sourceContext) *Detected {
	found := make([]*Detected, len(platforms))
	var asking sync.WaitGroup
	for i, one := range platforms {
		for _, from := range one.origins {
			if from.when.probe == nil {
				continue
			}
			asking.Go(func() {
				asked := from.when.probe
				response, text, err := c.machine.send(ctx, asked.request(c), probeTimeout)
				if err == nil && asked.recognises(response.Header.Get, response.StatusCode, text) {
					found[i] = one.detected(c, from, asked.found)
				}
			})
		}
	}
	asking.Wait()
	for _, one := range found {
		if one != nil {
			return one
		}
	}
	return nil
}

// holds says what was seen, if every member holds.
func (e evidence) holds(c sourceContext) (string, bool) {
	seen := []string{}
	for _, name := range e.variables {
		if c.variable(name) == "" {
			return "", false
		}
		seen = append(seen, name)
	}
	for name, value := range e.values {
		if !strings.EqualFold(c.variable(name), value) {
			return "", false
		}
		seen = append(seen, name+"="+c.variable(name))
	}
	for _, name := range e.absent {
		if c.variable(name) != "" {
			return "", false
		}
	}
	if e.prefix != "" && !c.hasPrefix(e.prefix) {
		return "", false
	}
	if e.path != "" {
		if !c.machine.exists(e.path) {
			return "", false
		}
		seen = append(seen, e.path)
	}
	if e.program != "" {
		if !c.machine.lookPath(e.program) {
			return "", false
		}
		seen = append(seen, "the program "+e.program)
	}
	if e.tokenInVariables {
		found := c.machine.tokensInVariables(c)
		if len(found) == 0 {
			return "", false
		}
		seen = append(seen, "a token for "+c.audience+" in "+found[0].place)
	}
	if e.tokenInFiles != nil {
		found := c.machine.tokensInFiles(c, e.tokenInFiles)
		if len(found) == 0 {
			return "", false
		}
		seen = append(seen, "a token for "+c.audience+" in "+found[0].place)
	}
	return strings.Join(seen, ", "), true
}

func (c sourceContext) hasPrefix(prefix string) bool {
	for name := range c.machine.variables {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}
