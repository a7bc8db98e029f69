package jws

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

type vectorFile struct {
	Keys    map[string]map[string]any `json:"keys"`
	Vectors []struct {
		ID, Comment, Token, Key, Result, Reason string
	} `json:"vectors"`
}

var holdsKey = regexp.MustCompile(`^form-header-(?:jwk|jku|x5u|x5c)`)

// TestVectors judges the tokens that the service's own verification is held to. They are ID tokens of every algorithm that an
// issuer may use; of these, a deployment signs with three.
func TestVectors(t *testing.T) {
	judged, accepted := 0, 0
	for _, name := range []string{"ecdsa", "eddsa", "form", "rsa-pkcs1", "rsa-pss"} {
		text, err := os.ReadFile(filepath.Join("../../../test/vectors", name+".json"))
		if err != nil {
			t.Fatal(err)
		}
		var file vectorFile
		if err := json.Unmarshal(text, &file); err != nil {
			t.Fatal(err)
		}
		for _, vector := range file.Vectors {
			judged++
			verified, alg := judge(vector.Token, file.Keys[vector.Key])
			if verified {
				accepted++
			}
			// Other issuers put a key into every token, which the service passes over; a deployment puts none.
			if holdsKey.MatchString(vector.ID) {
				vector.Result = "invalid"
			}
			isOurs := alg == "ES256" || alg == "RS256" || alg == "EdDSA"
			switch {
			case vector.Result == "valid" && isOurs && !verified:
				t.Errorf("%s is refused: %s", vector.ID, vector.Comment)
			case verified && (vector.Result == "invalid" || !isOurs):
				t.Errorf("%s is accepted: %s", vector.ID, vector.Comment)
			}
		}
	}
	if judged < 700 || accepted < 20 {
		t.Errorf("%d vectors, %d accepted", judged, accepted)
	}
}

func judge(compact string, jwk map[string]any) (verified bool, alg string) {
	token, err := Decode(compact)
	if err != nil {
		return false, ""
	}
	header, err := token.Names([]string{"", "jwt", "application/jwt"})
	if err != nil {
		return false, ""
	}
	key, err := ReadKey(jwk)
	if err != nil || key.Kid != header.Kid || key.Alg != header.Alg {
		return false, header.Alg
	}
	return key.Verify(token) == nil, header.Alg
}

func FuzzDecode(f *testing.F) {
	f.Add("eyJhbGciOiJFUzI1NiJ9.eyJhIjoiXHVkODAwIn0.AA")
	f.Fuzz(func(_ *testing.T, compact string) {
		if token, err := Decode(compact); err == nil {
			_, _ = token.Names([]string{"at+jwt"})
		}
	})
}

func FuzzParseObject(f *testing.F) {
	for _, seed := range []string{`{"a":1,"\u0061":2}`, `{"a":"\ud800\udc00"}`, `{"a":[1e999]}`, `{"a":"\\ud800"}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if _, err := ParseObject(text); err == nil && !json.Valid(text) {
			t.Errorf("%q is accepted", text)
		}
	})
}

func TestParseObject(t *testing.T) {
	for text, isGood := range map[string]bool{
		`{"a":1}`:                true,
		`{"a":"\ud83d\ude00"}`:   true,
		`{"a":"\\ud800"}`:        true,
		`{"a":{"b":1},"b":1}`:    true,
		`{"a":9007199254740993}`: true,
		`{"a":1,"a":2}`:          false,
		`{"a":1,"\u0061":2}`:     false,
		`{"x":{"a":1,"a":2}}`:    false,
		`[{"a":1}]`:              false,
		`{"a":"\ud800"}`:         false,
		`{"a":"\ud800x"}`:        false,
		`{"a":"\udc00"}`:         false,
		`{"a":"\ud800\ud800"}`:   false,
		`{"\ud800":1}`:           false,
		`{"a":1e999}`:            false,
		"\ufeff{}":               false,
		"{\"a\":\"\xff\"}":       false,
		`{"a":1} x`:              false,
		`{"a":1,}`:               false,
		`null`:                   false,
		``:                       false,
		`{"a":01}`:               false,
	} {
		if _, err := ParseObject([]byte(text)); (err == nil) != isGood {
			t.Errorf("%s: error %v", text, err)
		}
	}
}
