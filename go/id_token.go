package cambist

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
)

// IDTokenFunc gives the workload's ID token, anew on each call.
type IDTokenFunc func(context.Context) (string, error)

// StaticIDToken gives always the same ID token, for tests and for what is exchanged once.
func StaticIDToken(token string) IDTokenFunc {
	return func(context.Context) (string, error) { return token, nil }
}

// EnvIDToken reads the ID token from a variable of the environment.
func EnvIDToken(name string) IDTokenFunc {
	return func(context.Context) (string, error) {
		value := os.Getenv(name)
		if value == "" {
			return "", &Error{Code: CodeSourceIncomplete, Description: "the variable " + name + " is not set"}
		}
		return usable(name, withoutFinalNewline(value))
	}
}

// FileIDToken reads the ID token from a file, each time anew: platforms, spiffe-helper and the kubelet rotate it. One final
// newline is not part of the token.
func FileIDToken(path string) IDTokenFunc {
	return func(context.Context) (string, error) {
		text, err := readTokenFile(path)
		if err != nil {
			return "", err
		}
		return usable(path, text)
	}
}

func readTokenFile(path string) (string, error) {
	file, err := os.Open(path)
	if err == nil {
		defer file.Close()
		var text []byte
		if text, err = io.ReadAll(io.LimitReader(file, maxTokenFileBytes)); err == nil {
			return withoutFinalNewline(string(text)), nil
		}
	}
	// Without the path, which the message has already.
	var inner *os.PathError
	if errors.As(err, &inner) {
		err = inner.Err
	}
	return "", &Error{Code: CodeSourceIncomplete, Description: "the ID token's file " + path + " cannot be read: " + err.Error(), cause: err}
}

func withoutFinalNewline(text string) string {
	return strings.TrimSuffix(strings.TrimSuffix(text, "\n"), "\r")
}

var compactJwt = regexp.MustCompile(`^[\w-]+\.[\w-]+\.[\w-]+$`)

// usable is the token, if it has the form of a compact JWS (RFC 7515 §3.1) that the service would look at.
func usable(place, token string) (string, error) {
	if len(token) <= maxIDTokenBytes && compactJwt.MatchString(token) {
		return token, nil
	}
	if token == "" {
		return "", &Error{Code: CodeNotAToken, Description: place + " gave no ID token: it is empty"}
	}
	return "", &Error{Code: CodeNotAToken, Description: "what " + place + " gave is no ID token: " + quoteComplaint(token)}
}

// idTokenClaims are read to choose and to advise; nothing is verified and nothing is trusted.
type idTokenClaims struct {
	issuer    string
	audiences []string
}

func readIDToken(token string) (idTokenClaims, bool) {
	if len(token) > maxIDTokenBytes || !compactJwt.MatchString(token) {
		return idTokenClaims{}, false
	}
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
	var claims map[string]any
	if err != nil || json.Unmarshal(payload, &claims) != nil || claims == nil {
		return idTokenClaims{}, false
	}
	read := idTokenClaims{}
	read.issuer, _ = claims["iss"].(string)
	switch audience := claims["aud"].(type) {
	case string:
		read.audiences = []string{audience}
	case []any:
		for _, one := range audience {
			if text, ok := one.(string); ok {
				read.audiences = append(read.audiences, text)
			}
		}
	}
	return read, true
}

// withAudienceHint says so if the ID token was for somebody else: the usual reason of a refusal.
func withAudienceHint(err error, idToken, url string) error {
	var failure *Error
	claims, ok := readIDToken(idToken)
	if !errors.As(err, &failure) || failure.Retryable || failure.Status != 400 || !ok {
		return err
	}
	url = strings.TrimSuffix(url, "/")
	if slices.Contains(claims.audiences, url) {
		return err
	}
	has := "has no audience"
	if len(claims.audiences) > 0 {
		has = "is for " + quoteComplaint(strings.Join(claims.audiences, ", "))
	}
	hinted := *failure
	hinted.Hint = strings.TrimSpace("The ID token " + has + ", not for " + url + ". " + failure.Hint)
	return &hinted
}
