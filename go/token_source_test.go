package cambist

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func newSource(t *testing.T, answers ...http.HandlerFunc) (*TokenSource, *atomic.Int32) {
	t.Helper()
	options, calls := scripted(t, answers...)
	options.NoRetries = true
	source, err := NewTokenSource(TokenSourceOptions{Exchange: options, IDTokens: StaticIDToken(ourToken())})
	if err != nil {
		t.Fatal(err)
	}
	return source, calls
}

// later moves the clock of the source.
func later(source *TokenSource, by time.Duration) {
	source.mutex.Lock()
	defer source.mutex.Unlock()
	at := source.now().Add(by)
	source.now = func() time.Time { return at }
}

func mustGet(t *testing.T, source *TokenSource) *Token {
	t.Helper()
	token, err := source.Get(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func TestOneExchangeInFlight(t *testing.T) {
	source, calls := newSource(t, func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(50 * time.Millisecond)
		says(200, granted)(w, r)
	})
	var waiting sync.WaitGroup
	for range 50 {
		waiting.Go(func() {
			if token, err := source.Token(); err != nil || token.AccessToken == "" {
				t.Error(token, err)
			}
		})
	}
	waiting.Wait()
	if calls.Load() != 1 {
		t.Errorf("%d exchanges", calls.Load())
	}
}

func TestRenewsEarly(t *testing.T) {
	source, calls := newSource(t, says(200, granted), says(200, strings.Replace(granted, "eyJ.access", "eyJ.second", 1)))
	mustGet(t, source)
	later(source, 50*time.Minute)
	if token := mustGet(t, source); calls.Load() != 1 || token.AccessToken != "eyJ.access.token" {
		t.Errorf("%d exchanges after 50 of 60 minutes", calls.Load())
	}
	later(source, 6*time.Minute)
	if token := mustGet(t, source); calls.Load() != 2 || token.AccessToken != "eyJ.second.token" {
		t.Errorf("%d exchanges after 56 of 60 minutes", calls.Load())
	}
}

func TestKeepsAGoodTokenWhileRenewalFails(t *testing.T) {
	source, calls := newSource(t, says(200, granted), says(503, ""))
	mustGet(t, source)
	later(source, 57*time.Minute)
	for range 3 {
		mustGet(t, source)
	}
	if calls.Load() != 2 {
		t.Errorf("%d exchanges: a failed one is not paused after", calls.Load())
	}
	later(source, failedRefreshPause+time.Second)
	mustGet(t, source)
	if calls.Load() != 3 {
		t.Errorf("%d exchanges after the pause", calls.Load())
	}
	later(source, 10*time.Minute)
	var failure *Error
	if _, err := source.Get(context.Background()); !errors.As(err, &failure) || failure.Code != CodeTemporarilyUnavailable {
		t.Errorf("a token that has ended: %v", err)
	}
}

func TestForget(t *testing.T) {
	source, calls := newSource(t, says(200, granted))
	mustGet(t, source)
	source.Forget()
	mustGet(t, source)
	if calls.Load() != 2 {
		t.Errorf("%d exchanges", calls.Load())
	}
}

func TestWaitingEndsWithItsCallerOnly(t *testing.T) {
	release := make(chan struct{})
	source, _ := newSource(t, func(w http.ResponseWriter, r *http.Request) {
		<-release
		says(200, granted)(w, r)
	})
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() {
		_, err := source.Get(ctx)
		ended <- err
	}()
	other := make(chan error)
	go func() {
		_, err := source.Get(context.Background())
		other <- err
	}()
	time.Sleep(20 * time.Millisecond)
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	close(release)
	if err := <-other; err != nil {
		t.Error(err)
	}
}

func TestHintAboutTheAudience(t *testing.T) {
	source, _ := newSource(t, says(400, `{"error":"invalid_request","error_description":"no","request_id":"r-9"}`))
	_, err := source.Get(context.Background())
	if err == nil || !strings.Contains(err.Error(), "The ID token is for "+ours+", not for http://127.0.0.1") {
		t.Error(err)
	}
}

func TestIDTokenThatCannotBeRead(t *testing.T) {
	source, err := NewTokenSource(TokenSourceOptions{
		Exchange: ExchangeOptions{URL: ours},
		IDTokens: func(context.Context) (string, error) { return "", errors.New("no: " + ourToken()) },
	})
	if err != nil {
		t.Fatal(err)
	}
	var failure *Error
	if _, err := source.Token(); !errors.As(err, &failure) || failure.Code != CodeSubjectTokenUnavailable || strings.Contains(err.Error(), "eyJ") {
		t.Error(err)
	}
}
