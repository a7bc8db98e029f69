package acceptance

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-testing/echoprovider"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
)

const shopIssuer = "https://issuer.acceptance.example"

// shop is an issuer whose keys are given by hand, and a rule that lets its subjects act as an account.
type shop struct {
	t      *testing.T
	key    *ecdsa.PrivateKey
	issuer string
	url    string
}

func newShop(t *testing.T, o *tenant) *shop {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return &shop{t: t, key: key, url: o.url, issuer: fmt.Sprintf("%s/%d", shopIssuer, time.Now().UnixNano())}
}

func (w *shop) jwk() map[string]any {
	point, err := w.key.PublicKey.Bytes()
	if err != nil {
		w.t.Fatal(err)
	}
	return map[string]any{"kty": "EC", "crv": "P-256", "kid": "w", "alg": "ES256", "use": "sig", "x": encoded(point[1:33]), "y": encoded(point[33:])}
}

// blocks manage the provider, the account and the rule.
func (w *shop) blocks() string {
	jwk := w.jwk()
	return fmt.Sprintf(`
resource "cambist_identity_provider" "w" {
  name            = "workload"
  provider_issuer = %q
  local_jwks      = { keys = [{ kty = "EC", crv = "P-256", kid = "w", alg = "ES256", use = "sig", x = %q, y = %q }] }
}
resource "cambist_service_account" "w" {
  name = "deployer"
}
resource "cambist_federated_identity" "w" {
  name                     = "main of the shop"
  provider_identity        = cambist_identity_provider.w.identity
  service_account_identity = cambist_service_account.w.identity
  provider_subject         = "project:shop:main"
  conditions               = { branch = "main" }
  allowed_scopes           = ["api:read", "api:write", "iam:read"]
  token_audiences          = [%q, "https://api.example.com"]
}
`, w.issuer, jwk["x"], jwk["y"], w.url)
}

func (w *shop) idToken(subject string) string {
	segment := func(value any) string {
		text, err := json.Marshal(value)
		if err != nil {
			w.t.Fatal(err)
		}
		return encoded(text)
	}
	now := time.Now().Unix()
	input := segment(map[string]any{"alg": "ES256", "kid": "w", "typ": "JWT"}) + "." + segment(map[string]any{
		"iss": w.issuer, "sub": subject, "aud": w.url, "iat": now, "exp": now + 3600, "jti": fmt.Sprint(time.Now().UnixNano()), "branch": "main",
	})
	digest := sha256.Sum256([]byte(input))
	r, s, err := ecdsa.Sign(rand.Reader, w.key, digest[:])
	if err != nil {
		w.t.Fatal(err)
	}
	return input + "." + encoded(append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...))
}

// echoing has a second provider, whose resource shows in the state what an ephemeral resource gave.
func echoing() map[string]func() (tfprotov6.ProviderServer, error) {
	all := factories()
	all["echo"] = echoprovider.NewProviderServer()
	return all
}

// TestToken gets an access token that the API takes while it counts, and that is revoked when the run is over.
func TestToken(t *testing.T) {
	o := newTenant(t)
	w := newShop(t, o)
	t.Setenv("CAMBIST_ID_TOKEN", w.idToken("project:shop:main"))
	ask := func(kind, more string) string {
		return fmt.Sprintf(`
ephemeral "cambist_%s" "it" {
  service_account = cambist_service_account.w.identity
  %s
}
provider "echo" {
  data = ephemeral.cambist_%s.it
}
resource "echo" "it" {}
`, kind, more, kind)
	}
	refused := func(kind, more, words string) resource.TestStep {
		return resource.TestStep{Config: o.config(w.blocks(), ask(kind, more)), ExpectError: regexp.MustCompile(words)}
	}
	shown := func(attribute, words string) resource.TestCheckFunc {
		return resource.TestMatchResourceAttr("echo.it", "data."+attribute, regexp.MustCompile(words))
	}
	resource.Test(t, resource.TestCase{ProtoV6ProviderFactories: echoing(), Steps: []resource.TestStep{
		{Config: o.config(w.blocks())},
		{
			Config: o.config(w.blocks(), ask("token", fmt.Sprintf("scope = [\"iam:read\"]\naudience = [%q]\nlifetime = 120", o.url))),
			Check: resource.ComposeAggregateTestCheckFunc(
				shown("token", `^eyJ`), shown("granted_scope.0", "^iam:read$"), shown("request_id", `.`), shown("expires_at", `^20..-.*Z$`), isRevoked(t, o),
			),
		},
		{
			Config: o.config(w.blocks(), ask("id_token", `audience = ["https://api.example.com"]`)),
			Check:  resource.ComposeAggregateTestCheckFunc(shown("token", `^eyJ`), shown("expires_at", `^20..-.*Z$`)),
		},
		refused("token", `scope = ["iam:admin"]`, `The\s+scope\s+is\s+not\s+allowed`),
		refused("token", `audience = ["https://other.example.com"]`, `The\s+audience\s+is\s+not\s+allowed`),
		refused("token", `lifetime = 10`, `at\s+least\s+60`),
		refused("token", fmt.Sprintf("subject_token = %q", w.idToken("project:shop:other")), `There\s+is\s+no\s+token`),
		refused("id_token", `scope = ["api:read"]`, `Unsupported\s+argument`),
		refused("id_token", ``, `Missing\s+required\s+argument`),
		{Config: o.config(w.blocks())},
	}})
}

// isRevoked tries the token that the state shows: the run that got it is over.
func isRevoked(t *testing.T, o *tenant) resource.TestCheckFunc {
	return func(state *terraform.State) error {
		token := state.RootModule().Resources["echo.it"].Primary.Attributes["data.token"]
		_, err := client(t, o.url, token, "").Me(t.Context())
		if err == nil || !strings.Contains(err.Error(), "GET /v1/me") {
			return fmt.Errorf("the token counts after the run: %v", err)
		}
		return nil
	}
}

// TestExplain holds a rule to what it must let in and what it must not.
func TestExplain(t *testing.T) {
	o := newTenant(t)
	w := newShop(t, o)
	ask := func(name, what string) string {
		return fmt.Sprintf("data \"cambist_explain\" %q {\n  service_account = cambist_service_account.w.identity\n  depends_on = [cambist_federated_identity.w]\n  %s\n}\n", name, what)
	}
	claims := func(branch string) string {
		return fmt.Sprintf("claims = { iss = %q, sub = \"project:shop:main\", aud = %q, branch = %q, run = 9007199254740993 }\n  scope = [\"api:read\"]", w.issuer, o.url, branch)
	}
	check := "check \"rule\" {\n  assert {\n    condition = data.cambist_explain.in.granted && !data.cambist_explain.out.granted\n    error_message = \"the rule is wrong\"\n  }\n}\n"
	resource.Test(t, resource.TestCase{ProtoV6ProviderFactories: factories(), Steps: []resource.TestStep{
		{
			Config: o.config(w.blocks(), ask("in", claims("main")), ask("out", claims("other")), check),
			Check: resource.ComposeAggregateTestCheckFunc(
				resource.TestCheckResourceAttr("data.cambist_explain.in", "decision", "granted"),
				resource.TestCheckResourceAttrPair("data.cambist_explain.in", "granted_by", "cambist_federated_identity.w", "identity"),
				resource.TestCheckResourceAttr("data.cambist_explain.in", "would_issue.scope.0", "api:read"),
				resource.TestCheckResourceAttr("data.cambist_explain.out", "granted", "false"),
				resource.TestCheckResourceAttr("data.cambist_explain.out", "identities.0.matched", "false"),
				resource.TestCheckNoResourceAttr("data.cambist_explain.out", "would_issue"),
				resource.TestCheckResourceAttrSet("data.cambist_explain.out", "reason"),
			),
		},
		{Config: o.config(w.blocks(), ask("in", fmt.Sprintf("subject_token = %q", w.idToken("project:shop:main")))), Check: resource.TestCheckResourceAttr("data.cambist_explain.in", "granted", "true")},
		{Config: o.config(w.blocks(), ask("in", `claims = "main"`)), ExpectError: regexp.MustCompile(`claims\s+must\s+be\s+an\s+object`)},
		{Config: o.config(w.blocks(), ask("in", "")), ExpectError: regexp.MustCompile(`Exactly\s+one\s+of\s+these`)},
		{Config: o.config(w.blocks(), ask("in", claims("main")+"\nfederated_identity = \"x\"")), ExpectError: regexp.MustCompile(`cannot\s+be\s+explained`)},
		{Config: o.config(w.blocks())},
	}})
}

// TestSecret hands the secret of a new credential on in the apply that creates it, and has none in the next run.
func TestSecret(t *testing.T) {
	o := newTenant(t)
	config := o.config(named("a", `name = "deployer"`), `
resource "cambist_access_credential" "it" {
  service_account_identity = cambist_service_account.a.identity
  scopes                   = ["api:read"]
}
ephemeral "cambist_access_credential_secret" "it" {
  identity = cambist_access_credential.it.identity
}
provider "echo" {
  data = ephemeral.cambist_access_credential_secret.it
}
resource "echo" "it" {}
`)
	resource.Test(t, resource.TestCase{ProtoV6ProviderFactories: echoing(), Steps: []resource.TestStep{
		{Config: config, Check: resource.ComposeAggregateTestCheckFunc(
			resource.TestCheckResourceAttr("echo.it", "data.is_new", "true"),
			resource.TestMatchResourceAttr("echo.it", "data.access_secret", regexp.MustCompile(`^.{32,}$`)),
			resource.TestCheckNoResourceAttr("cambist_access_credential.it", "access_secret"),
		)},
		{Config: config, Check: resource.TestCheckResourceAttrSet("cambist_access_credential.it", "identity")},
	}})
}
