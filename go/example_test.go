package cambist_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"

	"cambist"
)

// A deployment that grants every request; and an API that says who calls.
func imitation() *httptest.Server {
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/api":
			fmt.Fprint(w, r.Header.Get("authorization"))
		case r.FormValue("service_account_id") == "unknown":
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(w, `{"error":"invalid_request","error_description":"no identity of the account accepts the token","request_id":"7f8b2a40"}`)
		case r.URL.Path == "/oidc/token":
			fmt.Fprint(w, `{"access_token":"the-access-token","issued_token_type":"urn:ietf:params:oauth:token-type:access_token","token_type":"Bearer","expires_in":3600,"scope":"api:read"}`)
		}
	}))
}

const idToken = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJleGFtcGxlIn0.c2lnbmF0dXJl"

func ExampleTokenSource_Client() {
	deployment := imitation()
	defer deployment.Close()

	source, err := cambist.NewTokenSource(cambist.TokenSourceOptions{
		Exchange: cambist.ExchangeOptions{URL: deployment.URL, Scope: []string{"api:read"}},
		IDTokens: cambist.StaticIDToken(idToken), // Leave it out, and the ID token of the platform is found.
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	client := source.Client(nil)
	response, err := client.Get(deployment.URL + "/api")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer response.Body.Close()
	fmt.Println(response.Status, response.Request.URL.Path)
	// Output: 200 OK /api
}

func ExampleExchange() {
	deployment := imitation()
	defer deployment.Close()

	token, err := cambist.Exchange(context.Background(), idToken, cambist.ExchangeOptions{
		URL:      deployment.URL,
		Audience: []string{"https://api.example.com"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(token.TokenType, token.ExpiresIn, token.Scope)
	// Output: Bearer 1h0m0s [api:read]
}

func ExampleError() {
	deployment := imitation()
	defer deployment.Close()

	_, err := cambist.Exchange(context.Background(), idToken, cambist.ExchangeOptions{URL: deployment.URL, ServiceAccount: "unknown"})
	var failure *cambist.Error
	if errors.As(err, &failure) {
		fmt.Println(failure.Code, failure.Status, failure.RequestID, failure.Retryable)
		fmt.Println(failure.Description)
	}
	// Output:
	// invalid_request 400 7f8b2a40 false
	// no identity of the account accepts the token
}

func ExampleDetectIDToken() {
	// What `cambist token --source file:/var/run/secrets/tokens/cambist` does.
	read := cambist.DetectIDToken(cambist.DetectOptions{
		URL:    "https://cambist.example.com",
		Source: "file:/var/run/secrets/tokens/not-there",
	})
	_, err := read(context.Background())
	var failure *cambist.Error
	fmt.Println(errors.As(err, &failure) && failure.Code == cambist.CodeSourceIncomplete)
	// Output: true
}
