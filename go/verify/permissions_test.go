package verify

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestCheckPermission(t *testing.T) {
	i := newIssuer(t)
	verifier := i.verifier(nil)
	both := []string{"https://api.example", i.URL}
	verified := func(changes map[string]any) *AccessToken { return verifiedBy(t, i, verifier, changes) }
	asked := []string{}
	rules := `[{"resources":["deployments"],"resourceIdentities":[],"permissions":["read","list"]},{"resources":["*"],"resourceIdentities":["d-1"],"permissions":["*"]}]`
	answer := func(status int, body string, headers ...string) {
		i.serve(func(w http.ResponseWriter, r *http.Request) {
			asked = append(asked, r.URL.String())
			for at := 0; at < len(headers); at += 2 {
				w.Header().Set(headers[at], headers[at+1])
			}
			w.WriteHeader(status)
			fmt.Fprint(w, body)
		})
	}
	check := func(name string, token *AccessToken, wanted Permission, fault string) {
		t.Helper()
		err := verifier.CheckPermission(context.Background(), token, wanted)
		var failure *Error
		if errors.As(err, &failure) != (fault != "") || (failure != nil && failure.Fault != fault) {
			t.Errorf("%s: %v, want %q", name, err, fault)
		}
		if err != nil && strings.Contains(err.Error(), token.compact) {
			t.Errorf("%s: the error has the token", name)
		}
	}
	token := verified(map[string]any{"aud": both})
	answer(200, rules)
	check("a rule", token, Permission{Resource: "deployments", Action: "read"}, "")
	check("another action", token, Permission{Resource: "deployments", Action: "delete"}, FaultPermission)
	check("another resource", token, Permission{Resource: "secrets", Action: "read"}, FaultPermission)
	check("an object", token, Permission{Resource: "secrets", Action: "delete", ResourceIdentity: "d-1"}, "")
	check("another object", token, Permission{Resource: "secrets", Action: "delete", ResourceIdentity: "d-2"}, FaultPermission)
	check("no action", token, Permission{Resource: "deployments"}, FaultPermission)
	if len(asked) != 1 || asked[0] != "/v1/me/permissions" {
		t.Errorf("asked %v", asked)
	}
	check("a project", token, Permission{Resource: "deployments", Action: "read", Project: "a b"}, "")
	if len(asked) != 2 || asked[1] != "/v1/me/permissions?project=a+b" {
		t.Errorf("asked %v", asked)
	}
	check("another project", verified(map[string]any{"aud": both, "project": "shop"}), Permission{Resource: "deployments", Action: "read", Project: "other"}, FaultProjectOfToken)
	check("a token for this API alone", verified(map[string]any{"jti": "2"}), Permission{Resource: "deployments", Action: "read"}, FaultPermissionsNotReadable)

	i.later(31 * time.Second)
	answer(401, `{}`)
	check("a revoked token", token, Permission{Resource: "deployments", Action: "read"}, FaultNotAcceptedByIssuer)
	answer(403, `{}`, "www-authenticate", `Bearer scope="iam:read"`)
	check("a scope is missing", token, Permission{Resource: "deployments", Action: "read"}, FaultPermissionsNotReadable)
	for name, body := range map[string]string{"null": "null", "an object": "{}", "a rule without permissions": `[{"resources":["*"],"resourceIdentities":[]}]`, "a page": "<html>", "null inside": `[{"resources":["*"],"resourceIdentities":null,"permissions":["*"]}]`} {
		answer(200, body)
		check(name, token, Permission{Resource: "deployments", Action: "read"}, FaultIssuerUnavailable)
	}
	answer(500, "")
	check("a fault", token, Permission{Resource: "deployments", Action: "read"}, FaultIssuerUnavailable)
}

func verifiedBy(t *testing.T, i *issuer, verifier *Verifier, changes map[string]any) *AccessToken {
	t.Helper()
	token, err := verifier.Verify(context.Background(), i.sign(changes))
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func TestRefuse(t *testing.T) {
	verifier := newIssuer(t).verifier(nil)
	for err, status := range map[error]int{
		&Error{Code: CodeInsufficientScope, Fault: FaultPermission, Status: 403, Description: "no"}: 403,
		errors.New("a bug"): 500,
	} {
		response := httptest.NewRecorder()
		verifier.Refuse(response, httptest.NewRequest(http.MethodGet, "/", nil), err)
		if response.Code != status {
			t.Errorf("%v: %d", err, response.Code)
		}
	}
}
