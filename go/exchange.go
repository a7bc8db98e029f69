package cambist

import (
	"context"
	"encoding/json"
	"math"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"cambist/internal/deployment"
)

const (
	tokenExchange   = "urn:ietf:params:oauth:grant-type:token-exchange"
	tokenTypePrefix = "urn:ietf:params:oauth:token-type:"
)

var (
	// bearerToken is what a header may carry (RFC 6750 §2.1): nothing that a shell or a file of settings reads.
	bearerToken = regexp.MustCompile(`^[\w.~+/-]+=*$`)
	// scopes are tokens with single spaces between them (RFC 6749 §3.3).
	scopes = regexp.MustCompile(`^[\x21\x23-\x5b\x5d-\x7e]+( [\x21\x23-\x5b\x5d-\x7e]+)*$`)
)

// Kinds of token to ask for.
const (
	// AccessToken is for an API.
	AccessToken = "access_token"
	// JWT means the same.
	JWT = "jwt"
	// IDToken is for a cloud that trusts the deployment as an issuer.
	IDToken = "id_token"
)

// ExchangeOptions is what to ask for, and how.
type ExchangeOptions struct {
	// URL is the deployment: its ISSUER_URL. It is required.
	URL string
	// ServiceAccount is the account to act as: its id, or its slug if Organisation is given.
	ServiceAccount string
	// Organisation is an id or a slug.
	Organisation string
	// Scope is a part of what the identity allows; all of it if it is empty.
	Scope []string
	// Audience is who the token is for (RFC 8693 §2.1); the identity's first if it is empty.
	Audience []string
	// Resource is the same by address (RFC 8707 §2).
	Resource []string
	// RequestedTokenType is AccessToken if it is empty.
	RequestedTokenType string
	// Lifetime is whole seconds; a longer one than the identity's cap is lowered.
	Lifetime time.Duration
	// Project is the project to act in.
	Project string

	// HTTPClient sends the requests; http.DefaultClient if it is nil. Its redirect policy is not used: none is followed.
	HTTPClient *http.Client
	// Timeout is what one try may take, 10 s if it is 0.
	Timeout time.Duration
	// NoRetries makes one try only. Else there are four, after timeouts, network errors, 408, 429 and 5xx.
	NoRetries bool
}

// Token is what a deployment gave.
type Token struct {
	// AccessToken is the token itself; an ID token too, as RFC 8693 §2.2.1 has it.
	AccessToken string
	// IssuedTokenType is AccessToken, JWT or IDToken.
	IssuedTokenType string
	// TokenType is `Bearer`, or `N_A` for an ID token.
	TokenType string
	// ExpiresIn is its lifetime.
	ExpiresIn time.Duration
	// ExpiresAt is by this machine's clock, counted from before the request was sent.
	ExpiresAt time.Time
	// Scope is empty for an ID token.
	Scope []string
	// RequestID finds the decision in the deployment's audit events.
	RequestID string
}

// OAuth2 is the token in the form of golang.org/x/oauth2. Its Extra has scope, request_id and issued_token_type.
func (t *Token) OAuth2() *oauth2.Token {
	token := &oauth2.Token{
		AccessToken: t.AccessToken,
		TokenType:   t.TokenType,
		Expiry:      t.ExpiresAt,
		ExpiresIn:   int64(t.ExpiresIn / time.Second),
	}
	return token.WithExtra(map[string]any{
		"scope": strings.Join(t.Scope, " "), "request_id": t.RequestID, "issued_token_type": tokenTypePrefix + t.IssuedTokenType,
	})
}

// Exchange exchanges the ID token once (RFC 8693 §2.1), trying again if that can help. Every error is an [*Error]; a refusal is
// final and says why.
func Exchange(ctx context.Context, idToken string, options ExchangeOptions) (*Token, error) {
	if err := options.check(); err != nil {
		return nil, err
	}
	if err := checkIDToken(idToken); err != nil {
		return nil, err
	}
	startedAt := time.Now()
	got, err := post(ctx, options, "/oidc/token", options.form(idToken), idToken)
	if err != nil {
		return nil, err
	}
	return readToken(got, options.requested(), startedAt)
}

// Revoke revokes an access token by its possession (RFC 7009); one that is unknown or expired is as good as revoked.
func Revoke(ctx context.Context, token string, options ExchangeOptions) error {
	if err := options.check(); err != nil {
		return err
	}
	if token == "" {
		return invalid("the token to revoke is empty")
	}
	_, err := post(ctx, options, "/oidc/revoke", url.Values{"token": {token}}, token)
	return err
}

func (o ExchangeOptions) requested() string {
	if o.RequestedTokenType == "" {
		return AccessToken
	}
	return o.RequestedTokenType
}

// check refuses what the wire would read as something else: an empty value counts as absent there, and would widen what is asked for.
func (o ExchangeOptions) check() error {
	if _, err := deployment.Origin(o.URL); err != nil {
		return invalid(strings.TrimPrefix(err.Error(), "cambist: "))
	}
	switch o.requested() {
	case AccessToken, JWT, IDToken:
	default:
		return invalid("RequestedTokenType must be access_token, jwt or id_token")
	}
	for name, values := range map[string][]string{"Scope": o.Scope, "Audience": o.Audience, "Resource": o.Resource} {
		for _, value := range values {
			if strings.TrimSpace(value) == "" {
				return invalid(name + " has an empty value; leave it out if it is not wanted")
			}
		}
	}
	for name, value := range map[string]string{"ServiceAccount": o.ServiceAccount, "Organisation": o.Organisation, "Project": o.Project} {
		if value != "" && strings.TrimSpace(value) == "" {
			return invalid(name + " is white space; leave it out if it is not wanted")
		}
	}
	if o.Lifetime < 0 || o.Lifetime%time.Second != 0 {
		return invalid("Lifetime must be a positive number of whole seconds")
	}
	if o.Timeout < 0 || o.Timeout > maxTimeout {
		return invalid("Timeout must be at most " + maxTimeout.String())
	}
	return nil
}

func (o ExchangeOptions) form(idToken string) url.Values {
	form := url.Values{
		"grant_type":         {tokenExchange},
		"subject_token":      {idToken},
		"subject_token_type": {tokenTypePrefix + IDToken},
	}
	for name, value := range map[string]string{
		"service_account_id": o.ServiceAccount, "organisation_id": o.Organisation, "project_id": o.Project, "scope": strings.Join(o.Scope, " "),
	} {
		if value != "" {
			form.Set(name, value)
		}
	}
	if o.Lifetime > 0 {
		form.Set("access_token_lifetime", strconv.FormatInt(int64(o.Lifetime/time.Second), 10))
	}
	if o.requested() != AccessToken {
		form.Set("requested_token_type", tokenTypePrefix+o.requested())
	}
	form["audience"], form["resource"] = o.Audience, o.Resource
	return form
}

func readToken(got *answer, requested string, startedAt time.Time) (*Token, error) {
	if got.members == nil {
		return nil, got.unexpected("the answer is " + got.kind() + ": check that the address is a Cambist deployment")
	}
	accessToken := got.text("access_token")
	if isNoToken(accessToken) || !bearerToken.MatchString(accessToken) {
		return nil, got.unexpected("the answer has no usable access_token")
	}
	// Counting with a text, a fraction or nothing at all would make a token that never expires or never counts.
	number, _ := got.members["expires_in"].(json.Number)
	expiresIn, err := number.Float64()
	if err != nil || expiresIn != math.Trunc(expiresIn) || expiresIn <= 0 || expiresIn > maxExpiresIn {
		return nil, got.unexpected("the answer has no usable expires_in")
	}
	issued, isOurs := strings.CutPrefix(got.text("issued_token_type"), tokenTypePrefix)
	if !isOurs || (issued != AccessToken && issued != JWT && issued != IDToken) || (issued == IDToken) != (requested == IDToken) {
		return nil, got.unexpected("the answer has another kind of token than was asked for")
	}
	if got.text("token_type") == "" {
		return nil, got.unexpected("the answer has no token_type")
	}
	scope, isText := got.members["scope"].(string)
	if _, isThere := got.members["scope"]; isThere && (!isText || scope != "" && !scopes.MatchString(scope)) {
		return nil, got.unexpected("the answer has no usable scope")
	}
	lifetime := time.Duration(expiresIn) * time.Second
	return &Token{
		AccessToken:     accessToken,
		IssuedTokenType: issued,
		TokenType:       got.text("token_type"),
		ExpiresIn:       lifetime,
		ExpiresAt:       startedAt.Add(lifetime),
		Scope:           strings.Fields(scope),
		RequestID:       got.requestID,
	}, nil
}

// isNoToken reports a word that a script hands on which failed to get its token.
func isNoToken(text string) bool {
	switch strings.ToLower(text) {
	case "", "null", "undefined", "none", "false", "<nil>", "[object object]":
		return true
	}
	return false
}

func checkIDToken(token string) error {
	if isNoToken(strings.TrimSpace(token)) {
		return &Error{Code: CodeSubjectTokenUnavailable, Description: "there is no ID token: the value is " + strconv.Quote(strings.TrimSpace(token))}
	}
	if strings.ContainsFunc(token, func(char rune) bool { return char <= ' ' || char > '~' }) {
		return &Error{Code: CodeSubjectTokenUnavailable, Description: "the ID token has white space or another character that no token has"}
	}
	return nil
}

func invalid(description string) *Error {
	return &Error{Code: CodeInvalidOptions, Description: description}
}
