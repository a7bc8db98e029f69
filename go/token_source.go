package cambist

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"golang.org/x/oauth2"
)

// TokenSourceOptions is what a source exchanges, and how it asks.
type TokenSourceOptions struct {
	// Exchange is what to ask for. Its URL is required.
	Exchange ExchangeOptions
	// IDTokens gives the ID token, and is asked before every exchange, since platforms rotate them. If it is nil, it is detected.
	IDTokens IDTokenFunc
}

// TokenSource holds one token and renews it before it ends. It is safe for concurrent use: however many ask, one exchange is
// in flight. It is an oauth2.TokenSource.
type TokenSource struct {
	options TokenSourceOptions
	now     func() time.Time

	mutex       sync.Mutex
	held        *heldToken
	flight      *flight
	generation  int
	pausedUntil time.Time
}

type heldToken struct {
	token             *Token
	refreshAt, endsAt time.Time
}

type flight struct {
	done  chan struct{}
	token *Token
	err   error
}

var _ oauth2.TokenSource = (*TokenSource)(nil)

// NewTokenSource makes a source. It asks nobody before the first call of Token.
func NewTokenSource(options TokenSourceOptions) (*TokenSource, error) {
	if err := options.Exchange.check(); err != nil {
		return nil, err
	}
	if options.IDTokens == nil {
		options.IDTokens = DetectIDToken(DetectOptions{URL: options.Exchange.URL})
	}
	return &TokenSource{options: options, now: time.Now}, nil
}

// Token returns a token with time left, in the form of golang.org/x/oauth2.
func (s *TokenSource) Token() (*oauth2.Token, error) {
	token, err := s.Get(context.Background())
	if err != nil {
		return nil, err
	}
	return token.OAuth2(), nil
}

// Get returns a token with time left. The context ends the waiting of this caller only.
func (s *TokenSource) Get(ctx context.Context) (*Token, error) {
	s.mutex.Lock()
	current, now := s.held, s.now()
	isGood := current != nil && now.Before(current.endsAt)
	if isGood && (now.Before(current.refreshAt) || now.Before(s.pausedUntil)) {
		s.mutex.Unlock()
		return current.token, nil
	}
	flying := s.join()
	s.mutex.Unlock()

	select {
	case <-flying.done:
	case <-ctx.Done():
		return nil, aborted(ctx.Err())
	}
	if flying.err == nil {
		return flying.token, nil
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	// The early part exists to survive this: the token is good until its end, whatever the deployment says meanwhile.
	if isGood && s.held == current && s.now().Before(current.endsAt) {
		return current.token, nil
	}
	return nil, flying.err
}

// Forget forgets the token, so that the next call exchanges again: for an API that answered 401 to it.
func (s *TokenSource) Forget() {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.generation++
	s.held, s.flight, s.pausedUntil = nil, nil, time.Time{}
}

// join returns the exchange in flight, and starts one if there is none. The mutex is held.
func (s *TokenSource) join() *flight {
	if s.flight != nil {
		return s.flight
	}
	own := &flight{done: make(chan struct{})}
	s.flight = own
	generation := s.generation
	// Not of the caller's context: others wait for it too, and its tries are bounded.
	go func() {
		own.token, own.err = s.exchange(context.Background())
		s.mutex.Lock()
		defer s.mutex.Unlock()
		// A token that was asked for before Forget may be the one that was refused.
		if generation == s.generation {
			s.flight = nil
			if own.err == nil {
				s.held = hold(own.token)
				s.pausedUntil = time.Time{}
			} else {
				s.pausedUntil = s.now().Add(failedRefreshPause)
			}
		}
		close(own.done)
	}()
	return own
}

func (s *TokenSource) exchange(ctx context.Context) (*Token, error) {
	idToken, err := s.options.IDTokens(ctx)
	if err != nil {
		var failure *Error
		if errors.As(err, &failure) {
			return nil, err
		}
		return nil, &Error{Code: CodeSubjectTokenUnavailable, Description: "the ID token could not be read: " + quoteComplaint(err.Error()), cause: err}
	}
	token, err := Exchange(ctx, idToken, s.options.Exchange)
	if err != nil {
		return nil, withAudienceHint(err, idToken, s.options.Exchange.URL)
	}
	return token, nil
}

func hold(token *Token) *heldToken {
	early := min(time.Duration(float64(token.ExpiresIn)*earlyRefreshShare), maxEarlyRefresh)
	margin := min(expiryMargin, early/2)
	jittered := time.Duration(float64(early) * (1 + rand.Float64()*earlyRefreshJitter))
	return &heldToken{token: token, refreshAt: token.ExpiresAt.Add(-jittered), endsAt: token.ExpiresAt.Add(-margin)}
}
