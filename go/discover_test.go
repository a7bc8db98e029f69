package cambist

import (
	"context"
	"errors"
	"testing"
)

func TestDiscover(t *testing.T) {
	options, _ := scripted(t, says(200, `{"issuer":"https://cambist.example.com","jwks_uri":"https://cambist.example.com/keys","token_endpoint":"https://cambist.example.com/oidc/token"}`))
	found, err := Discover(context.Background(), options.URL, nil)
	if err != nil || found.Issuer != ours || found.JwksURI != ours+"/keys" {
		t.Error(found, err)
	}
	for name, body := range map[string]string{"a page": "<html>", "other JSON": `{"a":1}`, "nothing": "", "no object": "[]"} {
		options, _ := scripted(t, says(200, body))
		var failure *Error
		if _, err := Discover(context.Background(), options.URL, nil); !errors.As(err, &failure) || failure.Code != CodeUnexpectedResponse {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Discover(context.Background(), "http://cambist.example.com", nil); err == nil {
		t.Error("a deployment in clear is asked")
	}
}
