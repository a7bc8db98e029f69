// Package jws reads compact JSON Web Signatures and JSON Web Keys strictly, and checks one signature with one key; it knows no claim.
package jws

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math"
	"unicode/utf8"
)

// maxDepth of JSON inside a token; Kubernetes, the deepest platform, needs 3.
const maxDepth = 32

// ParseObject reads a JSON object, and refuses what two parsers could read differently (RFC 8259 §4, RFC 7519 §4): repeated
// members, invalid UTF-8, half a surrogate pair, a byte-order mark, numbers that are not finite, and deep nesting. Numbers are
// kept as they are written.
func ParseObject(text []byte) (map[string]any, error) {
	if !utf8.Valid(text) || !json.Valid(text) || hasLoneSurrogate(text) {
		return nil, errors.New("it is not valid JSON")
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	value, err := readValue(decoder, maxDepth)
	if err != nil {
		return nil, err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something stands behind it")
	}
	members, isObject := value.(map[string]any)
	if !isObject {
		return nil, errors.New("it is no JSON object")
	}
	return members, nil
}

func readValue(decoder *json.Decoder, depth int) (any, error) {
	token, err := decoder.Token()
	if err != nil {
		return nil, err
	}
	switch token {
	case json.Delim('{'), json.Delim('['):
		if depth == 0 {
			return nil, errors.New("it is nested too deeply")
		}
	}
	switch token {
	case json.Delim('{'):
		members := map[string]any{}
		for decoder.More() {
			name, err := decoder.Token()
			if err != nil {
				return nil, err
			}
			text, _ := name.(string)
			if _, isThere := members[text]; isThere {
				return nil, errors.New("a member is repeated")
			}
			if members[text], err = readValue(decoder, depth-1); err != nil {
				return nil, err
			}
		}
		_, err := decoder.Token()
		return members, err
	case json.Delim('['):
		elements := []any{}
		for decoder.More() {
			element, err := readValue(decoder, depth-1)
			if err != nil {
				return nil, err
			}
			elements = append(elements, element)
		}
		_, err := decoder.Token()
		return elements, err
	}
	if number, isNumber := token.(json.Number); isNumber {
		if value, err := number.Float64(); err != nil || math.IsInf(value, 0) {
			return nil, errors.New("it contains a number that is too large")
		}
	}
	return token, nil
}

// hasLoneSurrogate looks for an escape of half a character, which encoding/json would replace. The text is valid JSON.
func hasLoneSurrogate(text []byte) bool {
	expectsLow := false
	for at := 0; at < len(text); at++ {
		if text[at] != '\\' {
			if expectsLow {
				return true
			}
			continue
		}
		at++
		if text[at] != 'u' {
			if expectsLow {
				return true
			}
			continue
		}
		// Four hexadecimal digits follow: D8 to DB begin a pair, DC to DF end one.
		first, second := text[at+1]|0x20, text[at+2]|0x20
		isSurrogate := first == 'd' && (second == '8' || second == '9' || second >= 'a' && second <= 'f')
		isLow := isSurrogate && second >= 'c'
		if expectsLow != isLow {
			return true
		}
		expectsLow = isSurrogate && !isLow
		at += 4
	}
	return expectsLow
}
