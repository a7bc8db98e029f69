package iam

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Codes of an [Error]. They do not change.
const (
	CodeInvalid          = "invalid"           // 400: a member or a parameter is wrong; Faults says which.
	CodeUnauthenticated  = "unauthenticated"   // 401: the token is not, or no longer, valid here.
	CodeForbidden        = "forbidden"         // 403: the token lacks a scope; RequiredScope says which.
	CodeNotFound         = "not_found"         // 404
	CodeConflict         = "conflict"          // 409: ConflictsWith names the object that is in the way, if one is.
	CodeChangedMeanwhile = "changed_meanwhile" // 412: somebody else changed the object.
	CodeTooManyRequests  = "too_many_requests" // 429
	CodeServiceError     = "service_error"     // 5xx
	CodeRefused          = "refused"           // another 4xx
	CodeUnreachable      = "unreachable"       // no answer
	CodeUnexpectedAnswer = "unexpected_answer" // an answer that no deployment gives
	CodeNoToken          = "no_token"          // the token source failed; Unwrap says why
)

// Error is a request that failed: refused by the API (RFC 9457), or without a usable answer. It never carries a token.
type Error struct {
	// Code is one of the constants above.
	Code string
	// Status is the HTTP status, 0 if there was no answer.
	Status int
	// Type is the stable name of the problem, such as `urn:cambist:problem:not-found`.
	Type string
	// Detail is one plain sentence.
	Detail string
	// Faults has one entry for each member or parameter that is wrong.
	Faults []Fault
	// ConflictsWith is the object that has the value which was to be unique.
	ConflictsWith *ObjectName
	// RequiredScope is the scope that the token lacks.
	RequiredScope string
	// RequestID finds the request in the logs and audit events of the deployment.
	RequestID string
	// RetryAfter is how long the deployment asks to wait, 0 if it does not say.
	RetryAfter time.Duration
	// Method and Path name the request.
	Method, Path string

	cause error
}

// Error says what failed and why, with the place of each fault and the request id.
func (e *Error) Error() string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s %s: %s", e.Method, e.Path, e.Detail)
	for _, fault := range e.Faults {
		if !strings.Contains(e.Detail, fault.Detail) {
			fmt.Fprintf(&text, "; %s: %s", fault.Place(), fault.Detail)
		}
	}
	if e.RequestID != "" {
		fmt.Fprintf(&text, " (request %s)", e.RequestID)
	}
	return text.String()
}

// Unwrap returns what caused it: the error of the network, of the context or of the token source.
func (e *Error) Unwrap() error {
	return e.cause
}

// Place is the pointer of the member, or the parameter with a question mark before it.
func (f Fault) Place() string {
	switch {
	case f.Pointer != nil && *f.Pointer != "":
		return *f.Pointer
	case f.Parameter != nil:
		return "?" + *f.Parameter
	default:
		return "the body"
	}
}

// IsNotFound reports whether the object is not there.
func IsNotFound(err error) bool {
	return hasCode(err, CodeNotFound)
}

// IsConflict reports whether the name or another value is taken, or something still uses the object.
func IsConflict(err error) bool {
	return hasCode(err, CodeConflict)
}

// IsChangedMeanwhile reports whether the object has another version than the one that the caller named.
func IsChangedMeanwhile(err error) bool {
	return hasCode(err, CodeChangedMeanwhile)
}

func hasCode(err error, code string) bool {
	var failure *Error
	return errors.As(err, &failure) && failure.Code == code
}

func codeOf(status int) string {
	switch status {
	case 400:
		return CodeInvalid
	case 401:
		return CodeUnauthenticated
	case 403:
		return CodeForbidden
	case 404:
		return CodeNotFound
	case 409:
		return CodeConflict
	case 412:
		return CodeChangedMeanwhile
	case 429:
		return CodeTooManyRequests
	}
	if status >= 500 {
		return CodeServiceError
	}
	return CodeRefused
}
