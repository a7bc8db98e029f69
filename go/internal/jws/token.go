package jws

import (
	"encoding/base64"
	"errors"
	"regexp"
	"strings"
)

const (
	// maxTokenChars of a compact token; a deployment issues none that is longer. Checked before any decoding.
	maxTokenChars = 16 << 10
	// maxHeaderChars of the encoded header; real ones are below 300.
	maxHeaderChars = 4 << 10
)

// Token is a token that was decoded and not believed yet.
type Token struct {
	Compact string
	Header  map[string]any
	Payload map[string]any
}

var (
	compactForm = regexp.MustCompile(`^[\w-]+\.[\w-]+\.[\w-]+$`)
	// strict refuses padding, line breaks and bits that encode nothing, so that no two texts are one token (RFC 4648 §3.5).
	strict = base64.RawURLEncoding.Strict()
)

// Decode takes a compact token apart (RFC 7515 §7.1). It verifies nothing.
func Decode(compact string) (*Token, error) {
	if len(compact) > maxTokenChars || !compactForm.MatchString(compact) {
		return nil, errors.New("the token is not a signed JWT in compact form")
	}
	parts := strings.Split(compact, ".")
	if len(parts[0]) > maxHeaderChars {
		return nil, errors.New("the header of the token is too long")
	}
	header, err := decodeObject(parts[0])
	if err != nil {
		return nil, errors.New("the header of the token is not acceptable: " + err.Error())
	}
	if _, err := strict.DecodeString(parts[2]); err != nil {
		return nil, errors.New("the signature of the token is not canonical base64url")
	}
	payload, err := decodeObject(parts[1])
	if err != nil {
		return nil, errors.New("the payload of the token is not acceptable: " + err.Error())
	}
	return &Token{Compact: compact, Header: header, Payload: payload}, nil
}

func decodeObject(encoded string) (map[string]any, error) {
	text, err := strict.DecodeString(encoded)
	if err != nil {
		return nil, errors.New("it is not canonical base64url")
	}
	return ParseObject(text)
}
