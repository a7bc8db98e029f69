package verify

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"strings"
	"time"

	"cambist/internal/jws"
)

// AnyOrganisation lets the tokens of every organisation of the deployment in.
const AnyOrganisation = "any"

// Options is which tokens an API accepts.
type Options struct {
	// Issuer is the deployment that is trusted: its ISSUER_URL, exactly.
	Issuer string
	// Audience is what this API is called in `aud`; one of several names is enough.
	Audience []string
	// Organisation has the ids (`org_…`) of the organisations whose tokens count: an audience belongs to nobody, so any of them
	// may have tokens for it. [AnyOrganisation] alone lets all in.
	Organisation []string
	// Requirements are asked of every token.
	Requirements Requirements
	// ClockSkew that is tolerated; 60 s if it is 0, at most 300 s.
	ClockSkew time.Duration
	// HTTPClient fetches the keys; http.DefaultClient if it is nil. No redirect is followed.
	HTTPClient *http.Client
	// Challenge is what the challenges of [Verifier.Require] say besides the error.
	Challenge ChallengeOptions
	// OnRefused is told of every refusal of [Verifier.Require], for logs.
	OnRefused func(*http.Request, *Error)
}

// Requirements is what a token must carry.
type Requirements struct {
	// Scope has scopes that are needed, all of them.
	Scope []string
	// Role has slugs of roles that are needed, all of them, as the token carries them.
	Role []string
}

// Verifier verifies tokens of one deployment and remembers its keys. It is safe for concurrent use.
type Verifier struct {
	options       Options
	organisations map[string]bool
	skew          time.Duration
	keys          *issuerKeys
	permissions   permissionReader
	now           func() time.Time
}

var organisationID = regexp.MustCompile(`^org_\w`)

// New makes a verifier; it asks nobody yet. Options that could refuse nothing are an error.
func New(options Options) (*Verifier, error) {
	if err := checkIssuer(options.Issuer); err != nil {
		return nil, err
	}
	// An API that does not know its own name would accept every token of the deployment.
	if len(options.Audience) == 0 || contains(options.Audience, "") {
		return nil, errors.New("verify: Options.Audience must name this API")
	}
	verifier := &Verifier{options: options, skew: options.ClockSkew, now: time.Now}
	if len(options.Organisation) != 1 || options.Organisation[0] != AnyOrganisation {
		verifier.organisations = map[string]bool{}
		for _, id := range options.Organisation {
			if !organisationID.MatchString(id) {
				verifier.organisations = map[string]bool{}
				break
			}
			verifier.organisations[id] = true
		}
		if len(verifier.organisations) == 0 {
			return nil, errors.New("verify: Options.Organisation must have the id (org_…) of the organisation whose tokens count, or several; AnyOrganisation alone accepts the tokens of every organisation of the deployment")
		}
	}
	if verifier.skew == 0 {
		verifier.skew = defaultClockSkew
	}
	if verifier.skew < 0 || verifier.skew > maxClockSkew {
		return nil, errors.New("verify: Options.ClockSkew must be at most " + maxClockSkew.String())
	}
	for _, needed := range append(append([]string{}, options.Requirements.Scope...), options.Requirements.Role...) {
		if strings.TrimSpace(needed) == "" {
			return nil, errors.New("verify: Options.Requirements has an empty value")
		}
	}
	verifier.keys = newIssuerKeys(options.Issuer, options.HTTPClient)
	return verifier, nil
}

var accessTokenTypes = []string{"at+jwt", "application/at+jwt"}

// Verify verifies type, signature, issuer, audience, times, organisation, scopes and roles, in that order, and returns the claims.
// The error is an [*Error] for every token that must not be accepted.
func (v *Verifier) Verify(ctx context.Context, compact string) (*AccessToken, error) {
	token, failure := v.verify(ctx, compact)
	if failure != nil {
		return nil, failure
	}
	return token, nil
}

func (v *Verifier) verify(ctx context.Context, compact string) (*AccessToken, *Error) {
	decoded, err := jws.Decode(compact)
	if err != nil {
		return nil, refused(FaultTokenMalformed, err.Error())
	}
	header, err := decoded.Names(accessTokenTypes)
	if err != nil {
		return nil, headerFault(err)
	}
	// Before the keys are asked for, so that a token of someone else costs the deployment nothing.
	if decoded.Payload["iss"] != any(v.options.Issuer) {
		return nil, refused(FaultIssuer, "the token is of another issuer")
	}
	key, failure := v.keys.find(ctx, header.Kid)
	if failure != nil {
		return nil, failure
	}
	if key == nil {
		return nil, refused(FaultUnknownKey, "the token is signed with a key that its issuer does not publish")
	}
	if key.Alg != header.Alg {
		return nil, refused(FaultAlgorithm, "the algorithm of the token is not that of its key")
	}
	if key.Verify(decoded) != nil {
		return nil, refused(FaultSignature, "the signature of the token is not valid")
	}
	token := readClaims(decoded.Payload)
	if token == nil {
		return nil, refused(FaultClaims, "a claim of the token is missing or of another type (RFC 9068 §2.2)")
	}
	token.compact = compact
	return v.accept(token)
}

// accept judges a token whose signature is good.
func (v *Verifier) accept(token *AccessToken) (*AccessToken, *Error) {
	isForUs := false
	for _, audience := range token.Audiences {
		isForUs = isForUs || contains(v.options.Audience, audience)
	}
	if !isForUs {
		return nil, refused(FaultAudience, "the token is for another audience")
	}
	if failure := v.checkTimes(token); failure != nil {
		return nil, failure
	}
	if v.organisations != nil && !v.organisations[token.Organisation] {
		return nil, refused(FaultOrganisation, "the token is of another organisation")
	}
	if failure := v.options.Requirements.check(token); failure != nil {
		return nil, failure
	}
	return token, nil
}

func (v *Verifier) checkTimes(token *AccessToken) *Error {
	now, skew := float64(v.now().UnixMilli())/1000, v.skew.Seconds()
	if now >= token.expiresAt+skew {
		return refused(FaultExpired, "the token has expired")
	}
	if token.issuedAt > now+skew {
		return refused(FaultNotYetValid, "the token is not valid yet")
	}
	if nbf, isThere := token.Claims["nbf"]; isThere {
		at, isTime := seconds(nbf)
		if !isTime {
			return refused(FaultClaims, "nbf is not a time")
		}
		if at > now+skew {
			return refused(FaultNotYetValid, "the token is not valid yet")
		}
	}
	return nil
}

// check refuses a token that lacks one of the scopes or roles, and names what is needed (RFC 6750 §3.1).
func (r Requirements) check(token *AccessToken) *Error {
	needed, missing := []string{}, []string{}
	for _, scopes := range r.Scope {
		named := words(scopes)
		if len(named) == 0 {
			// A variable that is not set asks for a scope that no token has, and not for nothing.
			named = []string{""}
		}
		needed = append(needed, named...)
	}
	for _, scope := range needed {
		if !token.HasScope(scope) {
			missing = append(missing, scope)
		}
	}
	if len(missing) > 0 {
		return &Error{Code: CodeInsufficientScope, Fault: FaultScope, Status: 403, RequiredScope: needed,
			Description: "the token lacks the scope " + strings.Join(missing, " ")}
	}
	for _, role := range r.Role {
		if !token.HasRole(role) {
			missing = append(missing, role)
		}
	}
	if len(missing) > 0 {
		where := "organisation-wide"
		if token.Project != "" {
			where = "in the project " + token.Project
		}
		return &Error{Code: CodeInsufficientScope, Fault: FaultRole, Status: 403,
			Description: "the account of the token does not hold the role " + strings.Join(missing, " ") + " " + where}
	}
	return nil
}

func headerFault(err error) *Error {
	switch {
	case errors.Is(err, jws.ErrType):
		return refused(FaultTokenType, "the token is not an access token: its typ is not at+jwt")
	case errors.Is(err, jws.ErrKid):
		return refused(FaultUnknownKey, err.Error())
	case errors.Is(err, jws.ErrAlg):
		return refused(FaultAlgorithm, err.Error())
	default:
		return refused(FaultTokenMalformed, err.Error())
	}
}
