package verify

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"regexp"
	"strings"
)

type contextKey struct{}

// FromContext is the verified token of a request that [Verifier.Require] let through; nil for any other.
func FromContext(ctx context.Context) *AccessToken {
	token, _ := ctx.Value(contextKey{}).(*AccessToken)
	return token
}

// Require lets a request through if its access token is good and carries what is required, and answers by RFC 6750 otherwise.
func (v *Verifier) Require(needed Requirements, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		compact, failure := bearerToken(r)
		var token *AccessToken
		if failure == nil {
			token, failure = v.verify(r.Context(), compact)
		}
		if failure == nil {
			failure = needed.check(token)
		}
		if failure != nil {
			v.refuse(w, r, needed, failure)
			return
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), contextKey{}, token)))
	})
}

// b64token of RFC 6750 §2.1.
var b64token = regexp.MustCompile(`^[\w.~+/-]+=*$`)

// BearerToken takes the token out of a request's headers (RFC 6750 §2.1). It looks nowhere else, since addresses and bodies are
// logged. The [*Error] has the status 401 if there is none, and 400 if it is malformed.
func BearerToken(r *http.Request) (string, error) {
	token, failure := bearerToken(r)
	if failure != nil {
		return "", failure
	}
	return token, nil
}

func bearerToken(r *http.Request) (string, *Error) {
	values := r.Header.Values("authorization")
	scheme, rest, _ := strings.Cut(strings.Join(values, ", "), " ")
	if !strings.EqualFold(scheme, "bearer") {
		return "", refused(FaultTokenMissing, "an access token is needed: Authorization: Bearer …")
	}
	token := strings.TrimSpace(rest)
	if !b64token.MatchString(token) {
		return "", &Error{Code: CodeInvalidRequest, Fault: FaultCredentialsMalformed, Status: 400,
			Description: "the Authorization header must be Bearer and one token"}
	}
	return token, nil
}

// Refuse answers a request by RFC 6750 for an error of this package, such as one of [Verifier.CheckPermission], and with 500 for any other.
func (v *Verifier) Refuse(w http.ResponseWriter, r *http.Request, err error) {
	var failure *Error
	if !errors.As(err, &failure) {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	v.refuse(w, r, Requirements{}, failure)
}

func (v *Verifier) refuse(w http.ResponseWriter, r *http.Request, needed Requirements, failure *Error) {
	if v.options.OnRefused != nil {
		v.options.OnRefused(r, failure)
	}
	challenge := v.options.Challenge
	if len(challenge.Scope) == 0 {
		challenge.Scope = append(append([]string{}, v.options.Requirements.Scope...), needed.Scope...)
	}
	header := w.Header()
	header.Set("cache-control", "no-store")
	header.Set("content-type", "application/json")
	if text := failure.Challenge(challenge); text != "" {
		header.Set("www-authenticate", text)
	}
	if failure.Status == http.StatusServiceUnavailable {
		header.Set("retry-after", retryAfterSeconds)
	}
	w.WriteHeader(failure.Status)
	_ = json.NewEncoder(w).Encode(map[string]string{"error": failure.Code, "error_description": failure.Description})
}
