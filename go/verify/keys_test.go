package verify

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// outcome is `verified`, or the fault.
func outcome(t *testing.T, verifier *Verifier, token string) string {
	t.Helper()
	_, err := verifier.Verify(context.Background(), token)
	var failure *Error
	if errors.As(err, &failure) {
		return failure.Fault
	}
	if err != nil {
		t.Fatal(err)
	}
	return "verified"
}

func expect(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %s, want %s", what, got, want)
	}
}

func TestKeysAreFetchedOnceAndKept(t *testing.T) {
	i := newIssuer(t)
	verifier, token := i.verifier(nil), i.sign(nil)
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() { expect(t, "one of fifty", outcome(t, verifier, token), "verified") })
	}
	all.Wait()
	i.later(299 * time.Second)
	expect(t, "within max-age", outcome(t, verifier, token), "verified")
	if i.asked() != 1 {
		t.Errorf("%d fetches", i.asked())
	}
	i.later(time.Second)
	expect(t, "after max-age", outcome(t, verifier, token), "verified")
	if i.asked() != 2 {
		t.Errorf("%d fetches", i.asked())
	}
}

func TestTokensOfSomebodyElseAskNobody(t *testing.T) {
	i := newIssuer(t)
	verifier := i.verifier(nil)
	expect(t, "another issuer", outcome(t, verifier, i.sign(map[string]any{"iss": "https://evil.test"})), FaultIssuer)
	if i.asked() != 0 {
		t.Errorf("%d fetches", i.asked())
	}
}

func TestRotationAndCooldown(t *testing.T) {
	i := newIssuer(t)
	verifier := i.verifier(nil)
	expect(t, "first key", outcome(t, verifier, i.sign(nil)), "verified")
	i.later(31 * time.Second)
	i.rotate()
	expect(t, "second key", outcome(t, verifier, i.sign(nil)), "verified")
	for range 20 {
		expect(t, "random kid", outcome(t, verifier, i.signAs("random", nil)), FaultUnknownKey)
	}
	if i.asked() != 2 {
		t.Errorf("%d fetches", i.asked())
	}
	i.later(30 * time.Second)
	expect(t, "random kid later", outcome(t, verifier, i.signAs("random", nil)), FaultUnknownKey)
	if i.asked() != 3 {
		t.Errorf("%d fetches", i.asked())
	}
}

func TestWithdrawnKeyStops(t *testing.T) {
	i := newIssuer(t)
	verifier, old := i.verifier(nil), i.sign(nil)
	expect(t, "before", outcome(t, verifier, old), "verified")
	i.rotate()
	i.mutex.Lock()
	i.keys = i.keys[1:]
	i.mutex.Unlock()
	i.later(300 * time.Second)
	expect(t, "after", outcome(t, verifier, old), FaultUnknownKey)
}

func TestKeysStayForAnHourWhileTheIssuerFails(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"down":     func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(502) },
		"garbage":  func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>") },
		"redirect": func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/elsewhere", http.StatusFound) },
		"endless": func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, `{"a":"`+strings.Repeat("x", 300_000)+`"}`)
		},
		"another": func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"issuer":"https://evil.test"}`) },
	} {
		t.Run(name, func(t *testing.T) {
			i := newIssuer(t)
			verifier := i.verifier(nil)
			expect(t, "before", outcome(t, verifier, i.sign(nil)), "verified")
			i.serve(answer)
			i.later(301 * time.Second)
			expect(t, "stale", outcome(t, verifier, i.sign(nil)), "verified")
			asked := i.asked()
			expect(t, "stale again", outcome(t, verifier, i.sign(nil)), "verified")
			if i.asked() != asked {
				t.Errorf("%d fetches within the cooldown", i.asked()-asked)
			}
			// Whether such a key exists cannot be known now.
			expect(t, "new key", outcome(t, verifier, i.signAs("new", nil)), FaultIssuerUnavailable)
			i.later(time.Hour)
			expect(t, "after an hour", outcome(t, verifier, i.sign(nil)), FaultIssuerUnavailable)
			i.serve(nil)
			i.later(5 * time.Second)
			expect(t, "back", outcome(t, verifier, i.sign(nil)), "verified")
		})
	}
}

func TestWaitingEndsWithTheContext(t *testing.T) {
	i := newIssuer(t)
	release := make(chan struct{})
	// It holds no lock of the issuer while it waits.
	slow := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer slow.Close()
	defer close(release)
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	verifier := i.verifier(func(o *Options) { o.Issuer = slow.URL })
	_, err := verifier.Verify(ctx, i.sign(map[string]any{"iss": slow.URL}))
	var failure *Error
	if !errors.As(err, &failure) || failure.Status != 503 {
		t.Error(err)
	}
}

func TestOptionsThatCouldRefuseNothing(t *testing.T) {
	good := Options{Issuer: "https://cambist.test", Audience: []string{"a"}, Organisation: []string{"org_1"}}
	if _, err := New(good); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*Options){
		"no organisation":         func(o *Options) { o.Organisation = nil },
		"an empty organisation":   func(o *Options) { o.Organisation = []string{""} },
		"a slug":                  func(o *Options) { o.Organisation = []string{"acme"} },
		"a list that lets all in": func(o *Options) { o.Organisation = []string{"org_1", AnyOrganisation} },
		"no audience":             func(o *Options) { o.Audience = nil },
		"an empty audience":       func(o *Options) { o.Audience = []string{""} },
		"an issuer with a slash":  func(o *Options) { o.Issuer += "/" },
		"an issuer in clear":      func(o *Options) { o.Issuer = "http://cambist.test" },
		"no issuer":               func(o *Options) { o.Issuer = "" },
		"a skew of an hour":       func(o *Options) { o.ClockSkew = time.Hour },
		"a skew below zero":       func(o *Options) { o.ClockSkew = -time.Second },
		"an empty scope":          func(o *Options) { o.Requirements.Scope = []string{" "} },
	} {
		options := good
		change(&options)
		if _, err := New(options); err == nil {
			t.Errorf("a verifier with %s is made", name)
		}
	}
}
