package verify

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestRequire(t *testing.T) {
	i := newIssuer(t)
	refusals := []string{}
	verifier := i.verifier(func(o *Options) {
		o.Challenge = ChallengeOptions{Realm: "deployments", ResourceMetadata: "https://api.example/.well-known/oauth-protected-resource"}
		o.OnRefused = func(_ *http.Request, failure *Error) { refusals = append(refusals, failure.Fault) }
	})
	api := verifier.Require(Requirements{Scope: []string{"api:read"}}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, FromContext(r.Context()).ServiceAccount)
	}))
	metadata := `resource_metadata="https://api.example/.well-known/oauth-protected-resource"`
	for name, c := range map[string]struct {
		header    []string
		status    int
		body      string
		challenge string
	}{
		"a good token":          {[]string{"bearer " + i.sign(nil)}, 200, "sa_1", ""},
		"no header":             {nil, 401, "", `Bearer realm="deployments", scope="api:read", ` + metadata},
		"another scheme":        {[]string{"Basic YTpi"}, 401, "", `Bearer realm="deployments", scope="api:read", ` + metadata},
		"two headers":           {[]string{"Bearer a", "Bearer b"}, 400, "", `Bearer realm="deployments", error="invalid_request", error_description="the Authorization header must be Bearer and one token", ` + metadata},
		"an empty token":        {[]string{"Bearer "}, 400, "", `Bearer realm="deployments", error="invalid_request", error_description="the Authorization header must be Bearer and one token", ` + metadata},
		"a token without scope": {[]string{"Bearer " + i.sign(map[string]any{"scope": ""})}, 403, "", `Bearer realm="deployments", error="insufficient_scope", error_description="the token lacks the scope api:read", scope="api:read", ` + metadata},
		"another organisation":  {[]string{"Bearer " + i.sign(map[string]any{"organisation": "org_2"})}, 401, "", `Bearer realm="deployments", error="invalid_token", error_description="the token is of another organisation", scope="api:read", ` + metadata},
	} {
		request := httptest.NewRequest(http.MethodGet, "/?access_token="+i.sign(nil), nil)
		request.Header["Authorization"] = c.header
		response := httptest.NewRecorder()
		api.ServeHTTP(response, request)
		if response.Code != c.status || response.Header().Get("www-authenticate") != c.challenge {
			t.Errorf("%s: %d, %s", name, response.Code, response.Header().Get("www-authenticate"))
		}
		if c.status == 200 && response.Body.String() != c.body {
			t.Errorf("%s: %s", name, response.Body)
		}
		if c.status != 200 && (response.Header().Get("cache-control") != "no-store" || response.Header().Get("content-type") != "application/json") {
			t.Errorf("%s: %v", name, response.Header())
		}
	}
	if len(refusals) != 6 {
		t.Errorf("told of %v", refusals)
	}
	i.serve(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) })
	down := i.verifier(nil).Require(Requirements{}, api)
	request := httptest.NewRequest(http.MethodGet, "/", nil)
	request.Header.Set("authorization", "Bearer "+i.sign(nil))
	response := httptest.NewRecorder()
	down.ServeHTTP(response, request)
	if response.Code != 503 || response.Header().Get("retry-after") != "5" || response.Header().Get("www-authenticate") != "" {
		t.Errorf("%d %v", response.Code, response.Header())
	}
}

// TestRequireNothingByMistake lets nobody in where the name of a scope or role is empty, and everybody where none is asked for.
func TestRequireNothingByMistake(t *testing.T) {
	i := newIssuer(t)
	verifier := i.verifier(nil)
	for name, c := range map[string]struct {
		needed Requirements
		status int
	}{
		"no scope":            {Requirements{}, 204},
		"an empty list":       {Requirements{Scope: []string{}, Role: []string{}}, 204},
		"an empty scope":      {Requirements{Scope: []string{""}}, 403},
		"a scope of a space":  {Requirements{Scope: []string{" "}}, 403},
		"an empty scope more": {Requirements{Scope: []string{"api:read", ""}}, 403},
		"an empty role":       {Requirements{Role: []string{""}}, 403},
	} {
		request := httptest.NewRequest(http.MethodGet, "/", nil)
		request.Header.Set("authorization", "Bearer "+i.sign(nil))
		response := httptest.NewRecorder()
		verifier.Require(c.needed, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) })).ServeHTTP(response, request)
		if response.Code != c.status {
			t.Errorf("%s: %d", name, response.Code)
		}
	}
}
