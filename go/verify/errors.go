package verify

import (
	"strings"
)

// Codes of an [Error], in the terms of RFC 6750 §3.1; the last is ours.
const (
	CodeInvalidRequest         = "invalid_request"         // 400
	CodeInvalidToken           = "invalid_token"           // 401
	CodeInsufficientScope      = "insufficient_scope"      // 403
	CodeTemporarilyUnavailable = "temporarily_unavailable" // 503: the deployment cannot be asked for its keys.
)

// Faults of an [Error]: the same in detail, stable, for logs and tests.
const (
	FaultTokenMissing         = "token_missing"
	FaultCredentialsMalformed = "credentials_malformed"
	FaultTokenMalformed       = "token_malformed"
	FaultTokenType            = "token_type"
	FaultAlgorithm            = "algorithm"
	FaultUnknownKey           = "unknown_key"
	FaultSignature            = "signature"
	FaultIssuer               = "issuer"
	FaultAudience             = "audience"
	FaultOrganisation         = "organisation"
	FaultClaims               = "claims"
	FaultExpired              = "expired"
	FaultNotYetValid          = "not_yet_valid"
	FaultScope                = "scope"
	FaultRole                 = "role"
	FaultIssuerUnavailable    = "issuer_unavailable"
	// Of [Verifier.CheckPermission].
	FaultPermission             = "permission"
	FaultPermissionsNotReadable = "permissions_not_readable"
	FaultProjectOfToken         = "project_of_token"
	FaultNotAcceptedByIssuer    = "not_accepted_by_issuer"
)

// Error is why a request must not go on. It never carries a token.
type Error struct {
	// Code is one of the codes above, Fault one of the faults.
	Code, Fault string
	// Status is 400, 401, 403 or 503.
	Status int
	// Description is one plain sentence that the caller may read.
	Description string
	// RequiredScope has the scopes that are needed, if scopes are what is missing.
	RequiredScope []string
}

// Error says why, with code and fault.
func (e *Error) Error() string {
	return e.Description + " (" + e.Code + ", " + e.Fault + ")"
}

// ChallengeOptions is what a challenge says besides the error.
type ChallengeOptions struct {
	// Realm is shown to people (RFC 9110 §11.5).
	Realm string
	// Scope is what the API needs, for a request without a token.
	Scope []string
	// ResourceMetadata is the address of the API's metadata (RFC 9728 §5.1).
	ResourceMetadata string
}

// Challenge is the WWW-Authenticate header for the response (RFC 6750 §3); empty if the caller's credentials are not the matter.
// Without credentials it names no error (§3.1).
func (e *Error) Challenge(options ChallengeOptions) string {
	if e.Code == CodeTemporarilyUnavailable {
		return ""
	}
	needed := e.RequiredScope
	if len(needed) == 0 && e.Status == 401 {
		needed = options.Scope
	}
	code, description := e.Code, e.Description
	if e.Fault == FaultTokenMissing {
		code, description = "", ""
	}
	parameters := []string{}
	for _, named := range [][2]string{
		{"realm", options.Realm}, {"error", code}, {"error_description", description},
		{"scope", strings.Join(needed, " ")}, {"resource_metadata", options.ResourceMetadata},
	} {
		if named[1] != "" {
			parameters = append(parameters, named[0]+`="`+quotable(named[1])+`"`)
		}
	}
	return strings.TrimSpace("Bearer " + strings.Join(parameters, ", "))
}

// quotable keeps to what RFC 6750 §3 allows, %x20-21 / %x23-5B / %x5D-7E: nothing that could end the value or the header.
func quotable(text string) string {
	return strings.Map(func(char rune) rune {
		switch {
		case char == '"':
			return '\''
		case char < ' ' || char > '~' || char == '\\':
			return '?'
		}
		return char
	}, text)
}

func refused(fault, description string) *Error {
	return &Error{Code: CodeInvalidToken, Fault: fault, Status: 401, Description: description}
}
