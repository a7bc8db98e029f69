package verify

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"
)

// TestVectors judges the access tokens that the TypeScript SDK is held to.
func TestVectors(t *testing.T) {
	text, err := os.ReadFile("../../test/vectors/access-token.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Now      int64          `json:"now"`
		Issuer   string         `json:"issuer"`
		Audience string         `json:"audience"`
		Jwks     map[string]any `json:"jwks"`
		Vectors  []struct {
			ID, Comment, Token, Result string
			Organisation, Scope, Role  []string
		} `json:"vectors"`
	}
	if err := json.Unmarshal(text, &file); err != nil || len(file.Vectors) < 90 {
		t.Fatal(len(file.Vectors), err)
	}
	client := &http.Client{Transport: documents{
		"/.well-known/openid-configuration": {"issuer": file.Issuer, "jwks_uri": file.Issuer + "/keys"},
		"/keys":                             file.Jwks,
	}}
	for _, vector := range file.Vectors {
		if vector.Organisation == nil {
			vector.Organisation = []string{AnyOrganisation}
		}
		verifier, err := New(Options{
			Issuer: file.Issuer, Audience: []string{file.Audience}, Organisation: vector.Organisation,
			Requirements: Requirements{Scope: vector.Scope, Role: vector.Role}, HTTPClient: client,
		})
		if err != nil {
			t.Fatal(err)
		}
		verifier.now = func() time.Time { return time.Unix(file.Now, 0) }
		_, err = verifier.Verify(context.Background(), vector.Token)
		result := "verified"
		var failure *Error
		if errors.As(err, &failure) {
			result = failure.Fault
		}
		if result != vector.Result {
			t.Errorf("%s, %s: %s, want %s", vector.ID, vector.Comment, result, vector.Result)
		}
		if err != nil && vector.Token != "" && strings.Contains(err.Error(), vector.Token) {
			t.Errorf("%s: the error quotes the token", vector.ID)
		}
	}
}

// documents answers JSON by path.
type documents map[string]map[string]any

func (d documents) RoundTrip(r *http.Request) (*http.Response, error) {
	body, _ := json.Marshal(d[r.URL.Path])
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(string(body))), Request: r}, nil
}
