// Package verify verifies the access tokens of a deployment of Cambist in the API that receives them (RFC 9068 §4, RFC 8725).
//
//	verifier, err := verify.New(verify.Options{
//		Issuer:       "https://cambist.example.com",
//		Audience:     []string{"https://api.example.com"},
//		Organisation: []string{"org_00000000000000000000000000"},
//	})
//	if err != nil {
//		return err
//	}
//	http.Handle("/deployments", verifier.Require(verify.Requirements{Scope: []string{"api:read"}}, handler))
//
// The handler gets the token by [FromContext]. [Verifier.Verify] does the same without HTTP.
package verify
