package verify

import (
	"encoding/json"
	"math"
	"strings"
	"time"
)

// AccessToken is a verified access token: its claims, each of its type (RFC 9068 §2.2 and our own).
type AccessToken struct {
	Issuer string
	// ServiceAccount is `sub`, the service account's id. Decide by this, not by the slug.
	ServiceAccount string
	// ServiceAccountSlug is for people.
	ServiceAccountSlug string
	// Organisation is the organisation's id.
	Organisation string
	Audiences    []string
	Scopes       []string
	// Roles are slugs of those held organisation-wide, and of those held in Project if there is one.
	Roles []string
	// Project that the token is bound to; empty for one that is bound to none.
	Project string
	// Actor is the workload that acts (RFC 8693 §4.1); nil for an access credential's token.
	Actor *Actor
	// FederatedIdentity is the id of the rule that let the workload in; empty for an access credential's token.
	FederatedIdentity string
	// Upstream has claims that were forwarded from the workload's own token.
	Upstream map[string]any
	// TokenID is `jti`.
	TokenID   string
	IssuedAt  time.Time
	ExpiresAt time.Time
	// Claims are all claims, as they were issued; a number is a json.Number.
	Claims map[string]any

	issuedAt, expiresAt float64
	compact             string
}

// Actor is a workload, by the issuer of its own token and the subject there.
type Actor struct{ Issuer, Subject string }

// HasScope reports whether the token carries the scope.
func (t *AccessToken) HasScope(scope string) bool { return contains(t.Scopes, scope) }

// HasRole reports whether the token carries the role.
func (t *AccessToken) HasRole(role string) bool { return contains(t.Roles, role) }

// readClaims reads the claims; nil if one that every access token of a deployment has is missing or of another type.
func readClaims(claims map[string]any) *AccessToken {
	token := &AccessToken{Claims: claims, Upstream: map[string]any{}}
	isGood := true
	text := func(name string) string {
		value, _ := claims[name].(string)
		isGood = isGood && value != ""
		return value
	}
	token.Issuer, token.ServiceAccount, token.TokenID = text("iss"), text("sub"), text("jti")
	token.ServiceAccountSlug, token.Organisation = text("service_account"), text("organisation")
	isGood = isGood && claims["client_id"] == any(token.ServiceAccount)
	scope, isText := claims["scope"].(string)
	isGood = isGood && isText
	token.Scopes = words(scope)
	if one, ok := claims["aud"].(string); ok && one != "" {
		token.Audiences = []string{one}
	} else {
		token.Audiences, ok = texts(claims["aud"])
		isGood = isGood && ok && len(token.Audiences) > 0
	}
	// Absent and empty are the same (RFC 7643 §2.5).
	if roles, isThere := claims["roles"]; isThere {
		var ok bool
		token.Roles, ok = texts(roles)
		isGood = isGood && ok
	}
	var hasIat, hasExp bool
	token.issuedAt, hasIat = seconds(claims["iat"])
	token.expiresAt, hasExp = seconds(claims["exp"])
	isGood = isGood && hasIat && hasExp && token.issuedAt > 0 && token.expiresAt > 0
	token.IssuedAt, token.ExpiresAt = instant(token.issuedAt), instant(token.expiresAt)
	if _, isThere := claims["project"]; isThere {
		token.Project = text("project")
	}
	if act, isThere := claims["act"]; isThere {
		members, _ := act.(map[string]any)
		issuer, _ := members["iss"].(string)
		subject, _ := members["sub"].(string)
		isGood = isGood && issuer != "" && subject != ""
		token.Actor = &Actor{Issuer: issuer, Subject: subject}
	}
	token.FederatedIdentity, _ = claims["federated_identity"].(string)
	if upstream, ok := claims["upstream"].(map[string]any); ok {
		token.Upstream = upstream
	}
	if !isGood {
		return nil
	}
	return token
}

func texts(value any) ([]string, bool) {
	list, isList := value.([]any)
	all := make([]string, 0, len(list))
	for _, one := range list {
		text, isText := one.(string)
		if !isText || text == "" {
			return nil, false
		}
		all = append(all, text)
	}
	return all, isList
}

func seconds(value any) (float64, bool) {
	number, isNumber := value.(json.Number)
	if !isNumber {
		return 0, false
	}
	read, err := number.Float64()
	return read, err == nil && !math.IsInf(read, 0)
}

func instant(seconds float64) time.Time {
	// Beyond the year 9999 nothing can be told apart any longer.
	whole, part := math.Modf(math.Min(seconds, 253_402_300_799))
	return time.Unix(int64(whole), int64(part*1e9))
}

// words of a scope are separated by spaces alone (RFC 6749 §3.3).
func words(scope string) []string {
	all := []string{}
	for _, one := range strings.Split(scope, " ") {
		if one != "" {
			all = append(all, one)
		}
	}
	return all
}

func contains(all []string, wanted string) bool {
	for _, one := range all {
		if one == wanted {
			return true
		}
	}
	return false
}
