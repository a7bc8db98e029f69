// Package cambist gets short-lived access tokens from a deployment of Cambist, in exchange for the ID token that a workload has
// from its platform.
//
// A [TokenSource] finds the ID token, exchanges it, and renews the result before it ends. It is an oauth2.TokenSource, and makes an
// http.Client:
//
//	source, err := cambist.NewTokenSource(cambist.TokenSourceOptions{
//		Exchange: cambist.ExchangeOptions{URL: "https://cambist.example.com", Scope: []string{"api:read"}},
//	})
//	if err != nil {
//		return err
//	}
//	client := source.Client(nil)
//
// [Exchange] makes one exchange. Package cambist/verify verifies the tokens in the API that receives them, and package
// cambist/iam manages who gets which.
package cambist
