package iam_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"sort"
	"strings"
	"sync"
	"testing"

	"golang.org/x/oauth2"

	"cambist/iam"
)

// Lists that are always empty: they exist for clients of another service.
var leftOut = map[string]bool{"GET /v1/teams": true, "GET /v1/memberships": true, "GET /v1/invites": true}

// TestEveryOperation calls each method once and compares what was asked with the description of the API.
func TestEveryOperation(t *testing.T) {
	asked := &recorder{}
	server := httptest.NewServer(asked)
	defer server.Close()
	client := newClient(t, server.URL, iam.Options{})
	ctx := context.Background()

	crud(ctx, client.IdentityProviders.Objects)
	crud(ctx, client.ServiceAccounts.Objects)
	crud(ctx, client.FederatedIdentities.Objects)
	crud(ctx, client.Roles)
	crud(ctx, client.Organisations)
	crud(ctx, client.AccessCredentials("{id}"))
	crud(ctx, client.RoleRules("{id}"))
	crud(ctx, client.RoleBindings("{id}"))
	_, _ = client.IdentityProviders.Refresh(ctx, "{id}")
	_, _ = client.IdentityProviders.Check(ctx, "{id}")
	_, _ = client.ServiceAccounts.RevokeTokens(ctx, "{id}")
	_, _ = client.FederatedIdentities.RevokeTokens(ctx, "{id}")
	_, _ = client.FederatedIdentities.Explain(ctx, iam.ExplanationRequest{})
	_, _ = client.SigningKeys.List(ctx)
	_, _ = client.SigningKeys.Rotate(ctx, iam.SigningKeyRotationRequest{})
	for range client.AuditEvents.List(ctx, iam.AuditOptions{}) {
	}
	_, _ = client.AuditEvents.Get(ctx, "{id}")
	for range client.AuditEvents.Archive(ctx) {
	}
	_, _ = client.AuditEvents.ArchivedObject(ctx, 1)
	for range client.TrustReport(ctx, iam.ListOptions{}) {
	}
	_, _ = client.Me(ctx)
	_, _ = client.MyPermissions(ctx, "shop")

	want := describedOperations(t)
	got := asked.operations()
	for operation := range want {
		if !got[operation] && !leftOut[operation] {
			t.Errorf("no method asks %s", operation)
		}
	}
	for operation := range got {
		if !want[operation] {
			t.Errorf("a method asks %s, which the API does not describe", operation)
		}
	}
}

func crud[V, N, C, U any](ctx context.Context, objects iam.Objects[V, N, C, U]) {
	_, _ = objects.All(ctx, iam.ListOptions{})
	_, _ = objects.Get(ctx, "{id}")
	_, _ = objects.Create(ctx, *new(C))
	_, _ = objects.Update(ctx, "{id}", *new(U))
	_, _ = objects.Put(ctx, "{id}", *new(U))
	_ = objects.Delete(ctx, "{id}")
}

type recorder struct {
	mutex sync.Mutex
	calls []string
}

func (r *recorder) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	r.mutex.Lock()
	r.calls = append(r.calls, request.Method+" "+request.URL.Path)
	r.mutex.Unlock()
	w.WriteHeader(http.StatusNotFound)
}

func (r *recorder) operations() map[string]bool {
	found := map[string]bool{}
	for _, call := range r.calls {
		found[strings.Replace(call, "/audit-archive/1", "/audit-archive/{id}", 1)] = true
	}
	return found
}

var placeholder = regexp.MustCompile(`\{\w+\}`)

func describedOperations(t *testing.T) map[string]bool {
	t.Helper()
	text, err := os.ReadFile("../../docs/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	var description struct {
		Paths map[string]map[string]any `json:"paths"`
	}
	if err := json.Unmarshal(text, &description); err != nil {
		t.Fatal(err)
	}
	operations := map[string]bool{}
	paths := []string{}
	for path := range description.Paths {
		paths = append(paths, path)
	}
	sort.Strings(paths)
	for _, path := range paths {
		if !strings.HasPrefix(path, "/v1/") {
			continue
		}
		for method := range description.Paths[path] {
			operations[strings.ToUpper(method)+" "+placeholder.ReplaceAllString(path, "{id}")] = true
		}
	}
	if len(operations) < 50 {
		t.Fatalf("only %d operations are described", len(operations))
	}
	return operations
}

func newClient(t *testing.T, url string, options iam.Options) *iam.Client {
	t.Helper()
	if options.TokenSource == nil {
		options.TokenSource = oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "root-token"})
	}
	client, err := iam.New(url, options)
	if err != nil {
		t.Fatal(err)
	}
	return client
}
