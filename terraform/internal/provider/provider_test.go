// Each setting alone and wrong, against as much of a deployment as settings need.

package provider

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"terraform-provider-cambist/internal/session"
)

const (
	rootToken = "root-token-of-more-than-32-characters"
	idToken   = "aGVhZA.e30.c2ln"
)

// deployment is as much of one as the settings need: who somebody is, and one exchange.
func deployment(t *testing.T) *httptest.Server {
	t.Helper()
	scopes := map[string][]string{"Bearer " + rootToken: {}, "Bearer exchanged": {"iam:write"}, "Bearer weak": {"api:read"}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("content-type", "application/json")
		answer := func(status int, body any) {
			w.WriteHeader(status)
			_ = json.NewEncoder(w).Encode(body)
		}
		switch r.URL.Path {
		case "/oidc/token":
			if r.FormValue("subject_token") != idToken {
				answer(400, map[string]any{"error": "invalid_request", "error_description": "the token is signed by nobody known", "request_id": "req-1"})
				return
			}
			answer(200, map[string]any{"access_token": "exchanged", "issued_token_type": "urn:ietf:params:oauth:token-type:access_token", "token_type": "Bearer", "expires_in": 3600, "scope": "iam:write"})
		case "/v1/me":
			known, found := scopes[r.Header.Get("authorization")]
			switch {
			case !found:
				answer(401, map[string]any{"status": 401, "detail": "the credential is not accepted", "title": "Unauthorized"})
			case r.Header.Get("x-organisation-identity") == "nobody":
				answer(404, map[string]any{"type": "urn:cambist:problem:not-found", "status": 404, "detail": "there is no organisation nobody", "title": "Not Found"})
			default:
				answer(200, map[string]any{"identity": "x", "kind": "root", "actor": "root", "scopes": known, "isAdministrator": len(known) == 0})
			}
		default:
			answer(404, map[string]any{})
		}
	}))
	t.Cleanup(server.Close)
	return server
}

// configured is what the provider says to these settings; a value that is nil is unknown.
func configured(t *testing.T, values map[string]any) (*session.Session, diag.Diagnostics) {
	t.Helper()
	made := &Provider{version: "test"}
	var described provider.SchemaResponse
	made.Schema(context.Background(), provider.SchemaRequest{}, &described)
	types := described.Schema.Type().TerraformType(context.Background())
	members := map[string]tftypes.Value{}
	for name := range described.Schema.Attributes {
		value, given := values[name]
		switch {
		case !given:
			members[name] = tftypes.NewValue(tftypes.String, nil)
		case value == nil:
			members[name] = tftypes.NewValue(tftypes.String, tftypes.UnknownValue)
		default:
			members[name] = tftypes.NewValue(tftypes.String, value)
		}
	}
	var resp provider.ConfigureResponse
	made.Configure(context.Background(), provider.ConfigureRequest{Config: tfsdk.Config{Raw: tftypes.NewValue(types, members), Schema: described.Schema}}, &resp)
	shared, _ := resp.ResourceData.(*session.Session)
	return shared, resp.Diagnostics
}

// nowhere takes away everything that a token source could be found by.
func nowhere(t *testing.T) {
	t.Helper()
	for _, variable := range os.Environ() {
		name, _, _ := strings.Cut(variable, "=")
		if name != "PATH" && name != "HOME" && name != "TMPDIR" {
			t.Setenv(name, "")
			_ = os.Unsetenv(name)
		}
	}
}

func TestSettings(t *testing.T) {
	live := deployment(t)
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte(idToken+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) }))
	defer page.Close()
	for _, test := range []struct {
		name      string
		variables map[string]string
		values    map[string]any
		// attribute is where the error stands, words are in it; no words: there is none.
		attribute, words string
	}{
		{name: "a token", values: map[string]any{"url": live.URL, "token": rootToken}},
		{name: "a token with a line break at its end", values: map[string]any{"url": live.URL, "token": rootToken + "\n"}},
		{name: "an address with a slash", values: map[string]any{"url": live.URL + "/", "token": rootToken}},
		{name: "variables alone", variables: map[string]string{urlVariable: live.URL, tokenVariable: rootToken}},
		{name: "an ID token", values: map[string]any{"url": live.URL, "id_token": idToken}},
		{name: "an ID token before the variable of a token", variables: map[string]string{tokenVariable: "wrong"}, values: map[string]any{"url": live.URL, "id_token": idToken}},
		{name: "a file", values: map[string]any{"url": live.URL, "id_token_file": file}},
		{name: "a variable", variables: map[string]string{"MY_TOKEN": idToken}, values: map[string]any{"url": live.URL, "id_token_env": "MY_TOKEN"}},
		{name: "what is detected", variables: map[string]string{"CAMBIST_ID_TOKEN": idToken}, values: map[string]any{"url": live.URL}},
		{name: "HCP Terraform", variables: map[string]string{"TFC_WORKLOAD_IDENTITY_TOKEN": idToken}, values: map[string]any{"url": live.URL}},
		{name: "Spacelift", variables: map[string]string{"SPACELIFT_OIDC_TOKEN": idToken}, values: map[string]any{"url": live.URL}},

		{name: "no url", values: map[string]any{"token": rootToken}, attribute: "url", words: urlVariable},
		{name: "an empty url", variables: map[string]string{urlVariable: live.URL}, values: map[string]any{"url": "", "token": rootToken}, attribute: "url", words: "empty"},
		{name: "an empty token", variables: map[string]string{tokenVariable: rootToken}, values: map[string]any{"url": live.URL, "token": ""}, attribute: "token", words: "empty"},
		{name: "a token in clear", values: map[string]any{"url": "http://tokens.example.com", "token": rootToken}, attribute: "url", words: "https"},
		{name: "a path", values: map[string]any{"url": live.URL + "/v1", "token": rootToken}, attribute: "url", words: "without a path"},
		{name: "a page", values: map[string]any{"url": page.URL, "token": rootToken}, attribute: "url", words: "an HTML page"},
		{name: "two tokens", values: map[string]any{"url": live.URL, "token": "a b"}, attribute: "token", words: "not one token"},
		{name: "a wrong token", values: map[string]any{"url": live.URL, "token": "wrong"}, attribute: "token", words: "does not accept the token"},
		{name: "a token without a scope", values: map[string]any{"url": live.URL, "token": "weak"}, words: "api:read. The provider needs iam:read"},
		{name: "another organisation", values: map[string]any{"url": live.URL, "token": rootToken, "organisation": "nobody"}, attribute: "organisation", words: "there is no organisation nobody"},
		{name: "two lines", values: map[string]any{"url": live.URL, "token": rootToken, "organisation": "acme\n"}, attribute: "organisation", words: "a line break"},
		{name: "no credential", values: map[string]any{"url": live.URL}, words: "GitHub Actions"},
		{name: "no file", values: map[string]any{"url": live.URL, "id_token_file": file + ".not"}, attribute: "id_token_file", words: "cannot be read"},
		{name: "no variable", values: map[string]any{"url": live.URL, "id_token_env": "MY_TOKEN"}, attribute: "id_token_env", words: "MY_TOKEN is not set"},
		{name: "an ID token that is none", values: map[string]any{"url": live.URL, "id_token": "x"}, attribute: "id_token", words: ""},
		{name: "an ID token that is refused", values: map[string]any{"url": live.URL, "id_token": "aGVhZA.e30.b3RoZXI"}, attribute: "id_token", words: "signed by nobody known"},
	} {
		t.Run(test.name, func(t *testing.T) {
			nowhere(t)
			for name, value := range test.variables {
				t.Setenv(name, value)
			}
			shared, problems := configured(t, test.values)
			isRefused := test.words != "" || test.attribute != ""
			if !isRefused {
				if problems.HasError() || shared == nil || shared.API == nil {
					t.Fatalf("it is refused: %v", problems)
				}
				return
			}
			if len(problems.Errors()) != 1 || shared != nil {
				t.Fatalf("it is not refused once: %v", problems)
			}
			problem := problems.Errors()[0]
			if !strings.Contains(problem.Detail(), test.words) {
				t.Errorf("without %q: %s", test.words, problem.Detail())
			}
			located, isLocated := problem.(diag.DiagnosticWithPath)
			if (test.attribute != "") != isLocated || (isLocated && located.Path().String() != test.attribute) {
				t.Errorf("it is not at %q: %v", test.attribute, problem)
			}
			for _, secret := range []string{rootToken, "wrong", "weak", "aGVhZA.e30.b3RoZXI"} {
				if strings.Contains(problem.Detail(), secret) {
					t.Errorf("it says a token: %s", problem.Detail())
				}
			}
		})
	}
}

// TestUnknownSettings configures a provider whose address is that of something not created yet: it says nothing and asks nobody.
func TestUnknownSettings(t *testing.T) {
	nowhere(t)
	for _, name := range []string{"url", "token", "organisation", "id_token"} {
		shared, problems := configured(t, map[string]any{name: nil})
		if len(problems) > 0 || shared == nil || shared.API != nil {
			t.Errorf("an unknown %s: %v", name, problems)
		}
	}
}
