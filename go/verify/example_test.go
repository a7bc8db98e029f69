package verify_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"

	"cambist/verify"
)

func ExampleVerifier_Require() {
	verifier, err := verify.New(verify.Options{
		Issuer:       "https://cambist.example.com",
		Audience:     []string{"https://api.example.com"},
		Organisation: []string{"org_00000000000000000000000000"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	deployments := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, "hello", verify.FromContext(r.Context()).ServiceAccountSlug)
	})
	api := verifier.Require(verify.Requirements{Scope: []string{"api:read"}}, deployments)

	response := httptest.NewRecorder()
	api.ServeHTTP(response, httptest.NewRequest(http.MethodGet, "/deployments", nil))
	fmt.Println(response.Code, response.Header().Get("www-authenticate"))
	// Output: 401 Bearer scope="api:read"
}

func ExampleVerifier_Verify() {
	verifier, err := verify.New(verify.Options{
		Issuer:       "https://cambist.example.com",
		Audience:     []string{"https://api.example.com"},
		Organisation: []string{verify.AnyOrganisation},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = verifier.Verify(context.Background(), "gibberish")
	var failure *verify.Error
	if errors.As(err, &failure) {
		fmt.Println(failure.Status, failure.Code, failure.Fault)
	}
	// Output: 401 invalid_token token_malformed
}
