package verify

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

// Permission is what a caller wants to do.
type Permission struct {
	// Resource is as the rules of a role name it, for example `deployments`.
	Resource string
	// Action is `create`, `read`, `update`, `delete` or `list`.
	Action string
	// ResourceIdentity is the object in question; without it, only rules about all objects count.
	ResourceIdentity string
	// Project that the request names, if it names one; the token's own counts if it is bound to one.
	Project string
}

// permissionRule is one rule of a role, as a deployment answers it.
type permissionRule struct {
	Resources          []string `json:"resources"`
	ResourceIdentities []string `json:"resourceIdentities"`
	Permissions        []string `json:"permissions"`
}

// CheckPermission asks the deployment, with the token, what the account of the token may do, and returns an [*Error] unless one of
// its rules permits the action. The answer is remembered for 30 s. The token must be one that this verifier verified, and also be
// for the deployment itself.
func (v *Verifier) CheckPermission(ctx context.Context, token *AccessToken, wanted Permission) error {
	if wanted.Resource == "" || wanted.Action == "" {
		return &Error{Code: CodeInvalidRequest, Fault: FaultPermission, Status: 400, Description: "the permission names no resource or no action"}
	}
	project := token.Project
	if wanted.Project != "" {
		if project != "" && project != wanted.Project {
			return &Error{Code: CodeInsufficientScope, Fault: FaultProjectOfToken, Status: 403, Description: "the token is bound to another project than the one this request names"}
		}
		project = wanted.Project
	}
	rules, failure := v.permissions.read(ctx, v, token, project)
	if failure != nil {
		return failure
	}
	for _, rule := range rules {
		if rule.permits(wanted) {
			return nil
		}
	}
	where := "in this project"
	if project == "" {
		where = "without a project, only organisation-wide roles count"
	}
	return &Error{Code: CodeInsufficientScope, Fault: FaultPermission, Status: 403,
		Description: "no role of the account permits to " + wanted.Action + " " + wanted.Resource + " (" + where + ")"}
}

func (r permissionRule) permits(wanted Permission) bool {
	return (contains(r.Resources, wanted.Resource) || contains(r.Resources, "*")) &&
		(contains(r.Permissions, wanted.Action) || contains(r.Permissions, "*")) &&
		(len(r.ResourceIdentities) == 0 || (wanted.ResourceIdentity != "" && contains(r.ResourceIdentities, wanted.ResourceIdentity)))
}

// permissionReader remembers answers by token and project; refusals never.
type permissionReader struct {
	mutex sync.Mutex
	// order has the keys of known, the oldest first.
	order []permissionKey
	known map[permissionKey]permissionAnswer
}

// permissionKey has the verified id and not the text: two texts can be one token, and a text is a secret.
type permissionKey struct{ tokenID, project string }

type permissionAnswer struct {
	rules []permissionRule
	until time.Time
}

func (p *permissionReader) read(ctx context.Context, v *Verifier, token *AccessToken, project string) ([]permissionRule, *Error) {
	key := permissionKey{token.TokenID, project}
	p.mutex.Lock()
	known, found := p.known[key]
	p.mutex.Unlock()
	if found && v.now().Before(known.until) {
		return known.rules, nil
	}
	rules, failure := v.askPermissions(ctx, token, project)
	if failure != nil {
		return nil, failure
	}
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.known == nil {
		p.known = map[permissionKey]permissionAnswer{}
	}
	if at := slices.Index(p.order, key); at >= 0 {
		p.order = slices.Delete(p.order, at, at+1)
	} else if len(p.order) >= maxRememberedPermissions {
		delete(p.known, p.order[0])
		p.order = p.order[1:]
	}
	p.order = append(p.order, key)
	p.known[key] = permissionAnswer{rules, v.now().Add(permissionsFresh)}
	return rules, nil
}

var neededScope = regexp.MustCompile(`scope="([\w:. -]{1,200})"`)

func (v *Verifier) askPermissions(ctx context.Context, token *AccessToken, project string) ([]permissionRule, *Error) {
	issuer := v.options.Issuer
	unavailable := &Error{Code: CodeTemporarilyUnavailable, Fault: FaultIssuerUnavailable, Status: 503,
		Description: "what the account of the token may do cannot be asked at the moment; try again"}
	// The deployment accepts only tokens that are meant for it too; to ask with another one would answer 401 and explain nothing.
	if !contains(token.Audiences, issuer) {
		return nil, &Error{Code: CodeInsufficientScope, Fault: FaultPermissionsNotReadable, Status: 403,
			Description: "this API asks the issuer what the account of the token may do: get the token for the audience " + issuer + " as well"}
	}
	address := issuer + "/v1/me/permissions"
	if project != "" {
		address += "?project=" + url.QueryEscape(project)
	}
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, unavailable
	}
	request.Header.Set("accept", "application/json")
	request.Header.Set("authorization", "Bearer "+token.compact)
	response, err := v.keys.client.Do(request)
	if err != nil {
		return nil, unavailable
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxDocumentBytes+1))
	switch {
	case err != nil || len(body) > maxDocumentBytes:
		return nil, unavailable
	case response.StatusCode == http.StatusUnauthorized:
		return nil, refused(FaultNotAcceptedByIssuer, "the issuer of the token no longer accepts it; get a new one")
	case response.StatusCode == http.StatusForbidden || response.StatusCode == http.StatusNotFound:
		failure := &Error{Code: CodeInsufficientScope, Fault: FaultPermissionsNotReadable, Status: 403,
			Description: issuer + " does not tell what the account of the token may do"}
		if found := neededScope.FindStringSubmatch(response.Header.Get("www-authenticate")); found != nil {
			failure.RequiredScope = strings.Fields(found[1])
			failure.Description += "; it needs the scope " + found[1]
		}
		return nil, failure
	case response.StatusCode != http.StatusOK:
		return nil, unavailable
	}
	rules, isUnderstood := readRules(body)
	if !isUnderstood {
		return nil, unavailable
	}
	return rules, nil
}

// readRules is false unless every rule is understood: one that is skipped or guessed at could be the one that matters.
func readRules(body []byte) ([]permissionRule, bool) {
	var rules []permissionRule
	if json.Unmarshal(body, &rules) != nil || rules == nil {
		return nil, false
	}
	for _, rule := range rules {
		if rule.Resources == nil || rule.ResourceIdentities == nil || rule.Permissions == nil {
			return nil, false
		}
	}
	return rules, true
}
