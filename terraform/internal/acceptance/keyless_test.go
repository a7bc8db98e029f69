// Who the provider is: ID tokens, scopes, secrets, and deployments that differ.

package acceptance

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"cambist/iam"
)

const workload = "https://ci.keyless.example"

// pipeline is a job whose ID tokens the tenant trusts to act as an account with these scopes.
type pipeline struct {
	key *ecdsa.PrivateKey
	url string
	// account is the id of who the job acts as.
	account string
}

func (o *tenant) pipeline(t *testing.T, scopes ...string) *pipeline {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	point, err := key.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	provider, err := o.api.IdentityProviders.Create(t.Context(), iam.IdentityProviderCreate{
		Name: "pipeline", ProviderIssuer: workload,
		LocalJwks: iam.Value(map[string]any{"keys": []any{map[string]any{
			"kty": "EC", "crv": "P-256", "alg": "ES256", "kid": "pipeline", "x": encoded(point[1:33]), "y": encoded(point[33:]),
		}}}),
	})
	if err != nil {
		t.Fatal(err)
	}
	account, err := o.api.ServiceAccounts.Create(t.Context(), iam.ServiceAccountCreate{Name: "pipeline"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = o.api.FederatedIdentities.Create(t.Context(), iam.FederatedIdentityCreate{
		Name: "pipeline", ProviderIdentity: provider.Identity, ServiceAccountIdentity: account.Identity,
		ProviderSubject: "project:acme/infrastructure", AllowedScopes: iam.Value(scopes),
		TokenLifetime: iam.Value(int64(60)), MaxTokenLifetime: iam.Value(int64(60)),
	})
	if err != nil {
		t.Fatal(err)
	}
	return &pipeline{key: key, url: o.url, account: account.Identity}
}

func encoded(data []byte) string { return base64.RawURLEncoding.EncodeToString(data) }

// idToken is a new one of the job.
func (p *pipeline) idToken(t *testing.T) string {
	t.Helper()
	part := func(claims map[string]any) string {
		text, err := json.Marshal(claims)
		if err != nil {
			t.Fatal(err)
		}
		return encoded(text)
	}
	now := time.Now().Unix()
	signed := part(map[string]any{"alg": "ES256", "kid": "pipeline", "typ": "JWT"}) + "." + part(map[string]any{
		"iss": workload, "sub": "project:acme/infrastructure", "aud": p.url, "iat": now, "exp": now + 300, "jti": fmt.Sprint(time.Now().UnixNano()),
	})
	digest := sha256.Sum256([]byte(signed))
	r, s, err := ecdsa.Sign(rand.Reader, p.key, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	return signed + "." + encoded(append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...))
}

// TestKeyless applies with nothing but the ID token of a job, as a pipeline does: detected, and from a file.
func TestKeyless(t *testing.T) {
	o := newTenant(t)
	job := o.pipeline(t, "iam:write")
	settings := fmt.Sprintf("provider \"cambist\" {\n  url = %q\n  organisation = %q\n  service_account = %q\n", o.url, o.organisation, job.account)
	w := newWorkspace(t, settings+"}\n"+named("it", `name = "a"`))
	w.variables = append(w.variables, "TFC_WORKLOAD_IDENTITY_TOKEN="+job.idToken(t))
	w.must("apply", "-auto-approve", "-input=false")
	w.mustPlanNothing()

	file := filepath.Join(t.TempDir(), "id-token")
	if err := os.WriteFile(file, []byte(job.idToken(t)+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	w.configure(settings + fmt.Sprintf("  id_token_file = %q\n}\n", file) + named("it", `name = "b"`))
	w.must("apply", "-auto-approve", "-input=false")
	w.must("destroy", "-auto-approve", "-input=false")
}

// TestScopes refuses in the plan what the caller may not do: it names the scope, or the attribute that would widen it.
func TestScopes(t *testing.T) {
	for _, test := range []struct {
		name, scope, block, words string
	}{
		{"a reader", "iam:read", named("it", `name = "a"`), "iam:write"},
		{"a writer that grants more than it has", "iam:write", kindNamed("federated_identity").needs, ""},
		{"nobody", "api:read", named("it", `name = "a"`), "The token has no scope of the IAM API"},
	} {
		t.Run(test.name, func(t *testing.T) {
			o := newTenant(t)
			job := o.pipeline(t, test.scope)
			w := newWorkspace(t, fmt.Sprintf("provider \"cambist\" {\n  url = %q\n  organisation = %q\n  service_account = %q\n}\n", o.url, o.organisation, job.account)+test.block)
			w.variables = append(w.variables, "CAMBIST_ID_TOKEN="+job.idToken(t))
			output, status := w.run("plan", "-input=false")
			if test.words == "" {
				if status != 0 {
					t.Errorf("the plan fails (%d):\n%s", status, output)
				}
				return
			}
			if status != 1 || !strings.Contains(flat(output), test.words) {
				t.Errorf("exit status %d, without %q:\n%s", status, test.words, output)
			}
		})
	}
}

// TestWidening has a writer grant a scope that it lacks: the plan refuses it at allowed_scopes.
func TestWidening(t *testing.T) {
	o := newTenant(t)
	job := o.pipeline(t, "iam:write", "api:read")
	provider := (*o.documents(t, "federated-identity-providers")[0])["identity"].(string)
	rule := func(scope string) string {
		return fmt.Sprintf("provider \"cambist\" {\n  url = %q\n}\nresource \"cambist_federated_identity\" \"it\" {\n  name = \"rule\"\n  provider_identity = %q\n  service_account_identity = %q\n  provider_subject = \"project:acme/other\"\n  allowed_scopes = [%q]\n}\n", o.url, provider, job.account, scope)
	}
	w := newWorkspace(t, rule("api:admin"))
	w.variables = append(w.variables, "CAMBIST_ID_TOKEN="+job.idToken(t), "CAMBIST_SERVICE_ACCOUNT="+job.account, "CAMBIST_ORGANISATION="+o.organisation)
	output, status := w.run("plan", "-input=false")
	if status != 1 || !strings.Contains(flat(output), "api:admin") || !strings.Contains(output, "allowed_scopes") {
		t.Errorf("exit status %d:\n%s", status, output)
	}
	w.configure(rule("api:read"))
	w.must("apply", "-auto-approve", "-input=false")
}

// flat is the output without the frame and the line breaks of a terminal.
func flat(output string) string {
	return strings.Join(strings.Fields(strings.NewReplacer("│", " ", "╷", " ", "╵", " ").Replace(output)), " ")
}

// TestSecretStaysOut looks for the secret of an access credential in plan and state.
func TestSecretStaysOut(t *testing.T) {
	o := newTenant(t)
	w := newWorkspace(t, o.config(kindNamed("access_credential").block()))
	w.must("plan", "-out=saved", "-input=false")
	w.must("apply", "-input=false", "saved")
	w.mustPlanNothing()
	key := ""
	for _, name := range []string{"terraform.tfstate", "saved"} {
		text, err := os.ReadFile(filepath.Join(w.directory, name))
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), "cbs_") {
			t.Errorf("%s has the secret", name)
		}
		if _, after, found := strings.Cut(string(text), "cbk_"); found {
			key = after
		}
	}
	if key == "" {
		t.Error("the state does not even have the access key, so this test shows nothing")
	}
}

// TestOlderDeployment plans and applies at a deployment that does not judge beforehand.
func TestOlderDeployment(t *testing.T) {
	o := newTenant(t)
	gate := newGate(t, o.url, olderDeployment)
	w := newWorkspace(t, o.configAt(gate.URL, named("it", `name = "a"`)))
	if output := w.must("plan", "-input=false"); !strings.Contains(flat(output), "judges nothing beforehand") {
		t.Errorf("it does not say that plans are not judged:\n%s", output)
	}
	if there := o.documents(t, "service-accounts"); len(there) != 0 {
		t.Errorf("the plan wrote %v", there)
	}
	w.must("apply", "-auto-approve", "-input=false")
	w.mustPlanNothing()
}

// TestOlderMembers gives a member that an older deployment does not know: the refusal is at the attribute, and says the way out.
func TestOlderMembers(t *testing.T) {
	o := newTenant(t)
	gate := newGate(t, o.url, func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodPost || r.URL.Query().Get("validate") == "unsure" {
			return false
		}
		w.Header().Set("content-type", "application/problem+json")
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte(`{"status":400,"detail":"/status is not a member","errors":[{"pointer":"/status","detail":"is not a member; the members are name"}]}`))
		return true
	})
	w := newWorkspace(t, o.configAt(gate.URL, named("it", "name = \"a\"\n  status = \"inactive\"")))
	output, status := w.run("plan", "-input=false")
	if status != 1 || !strings.Contains(flat(output), "Upgrade the deployment, or leave the attribute out") || !strings.Contains(output, `status = "inactive"`) {
		t.Errorf("exit status %d:\n%s", status, output)
	}
}

// TestNewerAnswers reads a member in a form that this provider does not know: it says which, and that the provider is too old.
func TestNewerAnswers(t *testing.T) {
	o := newTenant(t)
	gate := newGate(t, o.url, func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodPost || r.URL.RawQuery != "" {
			return false
		}
		made, err := o.api.ServiceAccounts.Create(r.Context(), iam.ServiceAccountCreate{Name: "a"})
		if err != nil {
			return false
		}
		w.Header().Set("content-type", "application/json")
		w.WriteHeader(http.StatusCreated)
		_, _ = fmt.Fprintf(w, `{"identity":%q,"objectVersion":1,"name":"a","slug":"a","status":{"is":"active"}}`, made.Identity)
		return true
	})
	w := newWorkspace(t, o.configAt(gate.URL, named("it", `name = "a"`)))
	output, status := w.run("apply", "-auto-approve", "-input=false")
	if status != 1 || !strings.Contains(flat(output), "status cannot be read") || !strings.Contains(flat(output), "upgrade the provider") {
		t.Errorf("exit status %d:\n%s", status, output)
	}
	// The object is not lost: a provider that can read it goes on from there.
	w.configure(o.config(named("it", `name = "a"`)))
	w.must("untaint", "cambist_service_account.it")
	w.mustPlanNothing()
}

// TestRenewal gives the provider tokens that end while it applies: it exchanges anew, with an ID token that it reads anew.
func TestRenewal(t *testing.T) {
	o := newTenant(t)
	job := o.pipeline(t, "iam:write")
	var exchanges atomic.Int64
	file := filepath.Join(t.TempDir(), "id-token")
	rotate := func() {
		if err := os.WriteFile(file, []byte(job.idToken(t)), 0o600); err != nil {
			t.Error(err)
		}
	}
	rotate()
	gate := newGate(t, o.url, nil)
	gate.before = func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPost && strings.HasPrefix(r.URL.Path, "/v1/") {
			time.Sleep(500 * time.Millisecond)
		}
		if r.URL.Path != "/oidc/token" {
			return false
		}
		exchanges.Add(1)
		form, err := io.ReadAll(r.Body)
		if err != nil {
			return false
		}
		// The deployment gives tokens for its own address alone.
		text := strings.ReplaceAll(string(form), url.QueryEscape(gate.URL), url.QueryEscape(o.url))
		answer, err := http.Post(o.url+r.URL.Path, "application/x-www-form-urlencoded", strings.NewReader(text))
		if err != nil {
			return false
		}
		defer answer.Body.Close()
		body, err := io.ReadAll(answer.Body)
		if err != nil {
			return false
		}
		rotate()
		w.Header().Set("content-type", "application/json")
		w.WriteHeader(answer.StatusCode)
		_, _ = w.Write([]byte(strings.ReplaceAll(string(body), `"expires_in":60`, `"expires_in":2`)))
		return true
	}
	settings := fmt.Sprintf("provider \"cambist\" {\n  url = %q\n  id_token_file = %q\n  organisation = %q\n  service_account = %q\n}\n", gate.URL, file, o.organisation, job.account)
	w := newWorkspace(t, settings+severalAccounts)
	w.must("apply", "-auto-approve", "-input=false")
	if exchanges.Load() < 3 {
		t.Errorf("it exchanged %d times", exchanges.Load())
	}
	if all := len(o.documents(t, "service-accounts")); all != 31 {
		t.Errorf("there are %d accounts", all)
	}
}

// TestUnknownAddress takes the address of the deployment from what is not created yet: the plan of new objects is made, and the
// apply works in one run.
func TestUnknownAddress(t *testing.T) {
	o := newTenant(t)
	block := fmt.Sprintf("resource \"terraform_data\" \"deployment\" {\n  input = %q\n}\nprovider \"cambist\" {\n  url = terraform_data.deployment.output\n  token = %q\n  organisation = %q\n}\n", o.url, o.token, o.organisation)
	w := newWorkspace(t, block+named("it", `name = "a"`))
	w.must("apply", "-auto-approve", "-input=false")
	w.mustPlanNothing()
}

// TestExamples plans each example of the documentation.
func TestExamples(t *testing.T) {
	o := newTenant(t)
	examples, err := filepath.Glob("../../examples/*/*/*.tf")
	if err != nil || len(examples) == 0 {
		t.Fatal("there are no examples", err)
	}
	for _, example := range examples {
		if needsObjects.MatchString(example) {
			continue
		}
		text, err := os.ReadFile(example)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(example, func(t *testing.T) {
			newWorkspace(t, o.config(string(text))).must("plan", "-input=false")
		})
	}
}
