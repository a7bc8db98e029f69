// Package iam manages a deployment of Cambist by its IAM API (/v1): every object, their warnings, audit events and keys.
//
// A [Client] sends what the generated types of this package say, such as [FederatedIdentityCreate]. A member of a body that
// may be left out is an [Optional]: its zero value is left out, [Value] sets it and [Null] clears it. A refusal is an [*Error].
//
//	client, err := iam.New("https://cambist.example.com", iam.Options{TokenSource: source})
//	if err != nil {
//		return err
//	}
//	for account, err := range client.ServiceAccounts.List(ctx, iam.ListOptions{}) {
//		if err != nil {
//			return err
//		}
//		fmt.Println(account.Slug)
//	}
package iam
