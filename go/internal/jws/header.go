package jws

import (
	"errors"
	"slices"
	"strings"
)

// maxKidChars of a kid; ours are below 100.
const maxKidChars = 512

// Header is what a token says about its signature.
type Header struct{ Alg, Kid, Typ string }

// Faults of a header, for errors.Is.
var (
	// ErrMember: a member changes how a token is read.
	ErrMember = errors.New("the header of the token has a member that is not accepted")
	// ErrType: typ is another one.
	ErrType = errors.New("the token is of another type")
	// ErrKid: there is no name of a key.
	ErrKid = errors.New("the token names no key")
	// ErrAlg: there is no name of an algorithm.
	ErrAlg = errors.New("the token names no algorithm")
)

// Names reads the header. Types are what typ may be, in lower case; the empty one lets it be absent. Members that change how a token
// is read are refused (RFC 7515 §4.1.11, CVE-2025-59420), and so are those that hold or name a key of the sender's own choice (RFC
// 8725 §3.10), which no token of a deployment has.
func (t *Token) Names(types []string) (*Header, error) {
	typ, isText := t.Header["typ"].(string)
	if _, isThere := t.Header["typ"]; isThere && (!isText || typ == "") || !slices.Contains(types, strings.ToLower(typ)) {
		return nil, ErrType
	}
	for _, name := range []string{"crit", "b64", "zip", "cty", "jwk", "jku", "x5u", "x5c"} {
		if _, isThere := t.Header[name]; isThere {
			return nil, ErrMember
		}
	}
	kid, _ := t.Header["kid"].(string)
	if kid == "" || len([]rune(kid)) > maxKidChars {
		return nil, ErrKid
	}
	alg, _ := t.Header["alg"].(string)
	if alg == "" {
		return nil, ErrAlg
	}
	return &Header{Alg: alg, Kid: kid, Typ: typ}, nil
}
