package live

import (
	"context"
	"errors"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"golang.org/x/oauth2"

	"cambist"
	"cambist/iam"
	"cambist/verify"
)

// TestPipeline goes the whole way of a pipeline: its ID token is exchanged, the result is verified and manages the deployment.
func TestPipeline(t *testing.T) {
	client := administrator(t)
	url := os.Getenv("CAMBIST_LIVE_URL")
	ctx := context.Background()
	key := newKey(t)
	tenant := issuer + "/" + strconv.FormatInt(time.Now().UnixNano(), 36)
	provider := must(client.IdentityProviders.Create(ctx, iam.IdentityProviderCreate{
		Name: unique("pipeline"), ProviderIssuer: tenant, LocalJwks: iam.Value(map[string]any{"keys": []any{publicJwk(t, key)}}),
	}))(t)
	account := must(client.ServiceAccounts.Create(ctx, iam.ServiceAccountCreate{Name: unique("pipeline")}))(t)
	must(client.FederatedIdentities.Create(ctx, iam.FederatedIdentityCreate{
		Name: unique("pipeline"), ServiceAccountIdentity: account.Identity, ProviderIdentity: provider.Identity,
		ProviderSubject: "project:shop:main", AllowedScopes: iam.Value([]string{"iam:read", "api:read"}),
		TokenAudiences: iam.Value([]string{url, "https://api.example.com"}),
	}))(t)
	t.Cleanup(func() {
		_ = client.ServiceAccounts.Delete(ctx, account.Identity)
		_ = client.IdentityProviders.Delete(ctx, provider.Identity)
	})
	idToken := func(subject string) string {
		signer := must(jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: key, KeyID: "live"}}, nil))(t)
		now := time.Now()
		return must(jwt.Signed(signer).Claims(jwt.Claims{
			Issuer: tenant, Subject: subject, Audience: jwt.Audience{url}, ID: unique("jti"),
			IssuedAt: jwt.NewNumericDate(now), Expiry: jwt.NewNumericDate(now.Add(time.Hour)),
		}).Serialize())(t)
	}
	exchange := cambist.ExchangeOptions{URL: url, ServiceAccount: account.Identity, Audience: []string{url, "https://api.example.com"}}

	// A file, as the kubelet writes it, and ten callers at once.
	file := t.TempDir() + "/token"
	if err := os.WriteFile(file, []byte(idToken("project:shop:main")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	source := must(cambist.NewTokenSource(cambist.TokenSourceOptions{Exchange: exchange, IDTokens: cambist.FileIDToken(file)}))(t)
	var all sync.WaitGroup
	for range 10 {
		all.Go(func() {
			if _, err := source.Token(); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	token := must(source.Get(ctx))(t)
	granted := must(client.AuditEvents.Get(ctx, eventOf(t, client, token.RequestID)))(t)
	if granted.Outcome != "granted" || granted.ServiceAccount == nil || *granted.ServiceAccount != account.Identity {
		t.Errorf("the event is %+v", granted)
	}

	verifier := must(verify.New(verify.Options{
		Issuer: url, Audience: []string{"https://api.example.com"}, Organisation: []string{verify.AnyOrganisation},
		Requirements: verify.Requirements{Scope: []string{"api:read"}},
	}))(t)
	verified := must(verifier.Verify(ctx, token.AccessToken))(t)
	if verified.ServiceAccount != account.Identity || verified.Actor == nil || verified.Actor.Subject != "project:shop:main" {
		t.Errorf("the token says %+v", verified)
	}

	own := must(iam.New(url, iam.Options{TokenSource: source}))(t)
	if me := must(own.Me(ctx))(t); me.Kind != "serviceAccount" || me.ServiceAccount.Identity != account.Identity {
		t.Errorf("the token is of %+v", me)
	}
	_, err := own.ServiceAccounts.Create(ctx, iam.ServiceAccountCreate{Name: "not allowed"})
	var refused *iam.Error
	if !errors.As(err, &refused) || refused.Code != iam.CodeForbidden || refused.RequiredScope != "iam:write" {
		t.Errorf("a write with iam:read: %v", err)
	}

	_, err = cambist.Exchange(ctx, idToken("project:shop:other"), exchange)
	var failure *cambist.Error
	if !errors.As(err, &failure) || failure.Code != "invalid_request" || failure.RequestID == "" || failure.Retryable {
		t.Fatalf("another subject: %v", err)
	}
	why := must(client.FederatedIdentities.Explain(ctx, iam.ExplanationRequest{RequestID: iam.Value(failure.RequestID)}))(t)
	if why.Decision != "refused" || len(why.Identities) == 0 {
		t.Errorf("the explanation is %+v", why)
	}

	if err := cambist.Revoke(ctx, token.AccessToken, exchange); err != nil {
		t.Error(err)
	}
	revoked := must(iam.New(url, iam.Options{TokenSource: oauth2.StaticTokenSource(token.OAuth2())}))(t)
	if _, err := revoked.Me(ctx); !errors.As(err, &refused) || refused.Code != iam.CodeUnauthenticated {
		t.Errorf("a revoked token: %v", err)
	}
	if strings.Contains(err.Error(), token.AccessToken) {
		t.Error("an error quotes the token")
	}
}

func eventOf(t *testing.T, client *iam.Client, requestID string) string {
	t.Helper()
	for event, err := range client.AuditEvents.List(context.Background(), iam.AuditOptions{RequestID: requestID}) {
		if err != nil {
			t.Fatal(err)
		}
		return event.Identity
	}
	t.Fatalf("the request %s has no event", requestID)
	return ""
}
