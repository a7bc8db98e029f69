// Lists that are read once, and secrets that stay with their run.

package session

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"golang.org/x/oauth2"

	"cambist/iam"
)

// asked is a session, and how often its deployment was asked.
func asked(t *testing.T, answer http.HandlerFunc) (*Session, *atomic.Int64) {
	t.Helper()
	var requests atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		w.Header().Set("content-type", "application/json")
		answer(w, r)
	}))
	t.Cleanup(server.Close)
	client, err := iam.New(server.URL, iam.Options{TokenSource: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "token"})})
	if err != nil {
		t.Fatal(err)
	}
	return New(client), &requests
}

func numbered(from, to int) []map[string]any {
	page := []map[string]any{}
	for number := from; number < to; number++ {
		page = append(page, map[string]any{"identity": fmt.Sprintf("sa_%d", number)})
	}
	return page
}

// TestFind reads a list once for however many of its objects at once, and again after a write.
func TestFind(t *testing.T) {
	session, requests := asked(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("cursor") == "" {
			w.Header().Set("link", `</v1/service-accounts?cursor=sa_2>; rel="next"`)
			_ = json.NewEncoder(w).Encode(numbered(0, 3))
			return
		}
		_ = json.NewEncoder(w).Encode(numbered(3, 5))
	})
	var readers sync.WaitGroup
	for number := range 50 {
		readers.Go(func() {
			found, err := session.Find(t.Context(), "/v1/service-accounts", fmt.Sprintf("sa_%d", number))
			if err != nil || (found != nil) != (number < 5) {
				t.Errorf("sa_%d: %v, %v", number, found, err)
			}
		})
	}
	readers.Wait()
	if requests.Load() != 2 {
		t.Errorf("the two pages were asked for %d times", requests.Load())
	}
	session.Wrote()
	if _, err := session.Find(t.Context(), "/v1/service-accounts", "sa_1"); err != nil || requests.Load() != 4 {
		t.Errorf("after a write: %d requests, %v", requests.Load(), err)
	}
}

// TestFindInLongList reads a few objects beyond the first page by themselves, and the other pages for more.
func TestFindInLongList(t *testing.T) {
	session, requests := asked(t, func(w http.ResponseWriter, r *http.Request) {
		_, identity, isSingle := strings.Cut(strings.TrimPrefix(r.URL.Path, "/v1/"), "/")
		switch {
		case identity == "sa_absent":
			w.WriteHeader(http.StatusNotFound)
			_, _ = w.Write([]byte(`{"type":"urn:cambist:problem:not-found","detail":"there is none"}`))
		case isSingle:
			_ = json.NewEncoder(w).Encode(map[string]any{"identity": identity})
		case r.URL.Query().Get("cursor") == "":
			w.Header().Set("link", `</v1/service-accounts?cursor=sa_999>; rel="next"`)
			_ = json.NewEncoder(w).Encode(numbered(0, firstPage))
		default:
			_ = json.NewEncoder(w).Encode(numbered(firstPage, 2*firstPage))
		}
	})
	find := func(identity string, wanted bool, soFar int64) {
		t.Helper()
		found, err := session.Find(t.Context(), "/v1/service-accounts", identity)
		if err != nil || (found != nil) != wanted || requests.Load() != soFar {
			t.Errorf("%s: %v, %v after %d requests", identity, found, err, requests.Load())
		}
	}
	find("sa_7", true, 1)
	find("sa_1500", true, 2)
	find("sa_absent", false, 3)
	for number := range mostSingly - 2 {
		find(fmt.Sprintf("sa_%d", 1600+number), true, int64(4+number))
	}
	find("sa_1700", true, mostSingly+2)
	find("sa_absent", false, mostSingly+2)
	find("sa_1999", true, mostSingly+2)
}

// TestFindUnderNothing finds nothing where the parent is gone, and fails where anything else is the matter.
func TestFindUnderNothing(t *testing.T) {
	notFound := `{"type":"urn:cambist:problem:not-found","detail":"there is no role"}`
	status, body, roles := http.StatusNotFound, notFound, `[]`
	session, requests := asked(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v1/iam/roles" && roles != "" {
			_, _ = w.Write([]byte(roles))
			return
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	})
	for _, identity := range []string{"bind_x", "bind_y"} {
		if found, err := session.Find(t.Context(), "/v1/iam/roles/role_x/bindings", identity); found != nil || err != nil {
			t.Errorf("%v, %v", found, err)
		}
	}
	if requests.Load() != 2 {
		t.Errorf("two lists were asked for %d times", requests.Load())
	}
	refused := func(what, collection string) {
		t.Helper()
		session.Wrote()
		if found, err := session.Find(t.Context(), collection, "any"); err == nil {
			t.Errorf("%s counts as an object that is gone: %v", what, found)
		}
	}
	roles = `[{"identity":"role_x"}]`
	refused("a list whose parent is there", "/v1/iam/roles/role_x/bindings")
	roles = ""
	refused("a wrong organisation", "/v1/iam/roles")
	refused("a wrong organisation of a parent", "/v1/iam/roles/role_x/bindings")
	body = `{"message":"no Route matched with those values"}`
	refused("a gateway that does not know the path", "/v1/service-accounts")
	status = http.StatusForbidden
	refused("a refusal", "/v1/iam/roles")
}

// TestSecret hands a secret to the run that made it, and to no other.
func TestSecret(t *testing.T) {
	session, other := New(nil), New(nil)
	session.KeepSecret("cred_x", "cbs_x")
	if secret, found := session.Secret("cred_x"); !found || secret != "cbs_x" {
		t.Errorf("%q, %v", secret, found)
	}
	if _, found := session.Secret("cred_y"); found {
		t.Error("another credential has the secret")
	}
	if _, found := other.Secret("cred_x"); found {
		t.Error("another provider has the secret")
	}
}
