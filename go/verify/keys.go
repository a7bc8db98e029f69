package verify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"sync"
	"time"

	"cambist/internal/deployment"
	"cambist/internal/jws"
)

// issuerKeys keeps the public keys of one deployment, learnt from its discovery document. It decides when to ask for them again,
// and trusts no token.
type issuerKeys struct {
	issuer string
	client *http.Client
	now    func() time.Time

	mutex     sync.Mutex
	known     *keySet
	askedAt   time.Time
	isFailing bool
	// pending is closed when the fetch in flight has ended.
	pending chan struct{}
}

type keySet struct {
	keys                    map[string]*jws.Key
	freshUntil, usableUntil time.Time
}

func newIssuerKeys(issuer string, client *http.Client) *issuerKeys {
	if client == nil {
		client = http.DefaultClient
	}
	own := *client
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &issuerKeys{issuer: issuer, client: &own, now: time.Now}
}

func checkIssuer(issuer string) error {
	origin, err := deployment.Origin(issuer)
	if err != nil || origin != issuer {
		return errors.New("verify: Options.Issuer must be the ISSUER_URL of a deployment, exactly: https, without a path and without a trailing slash")
	}
	return nil
}

// find is the key of that name, nil if the deployment has none.
func (k *issuerKeys) find(ctx context.Context, kid string) (*jws.Key, *Error) {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	isStale := k.known == nil || !k.now().Before(k.known.freshUntil)
	if isStale && (k.pending != nil || !k.isFailing || k.mayAsk(failedFetchCooldown)) {
		k.refresh(ctx)
	}
	if usable := k.usable(); usable != nil && usable.keys[kid] == nil && (k.pending != nil || k.mayAsk(unknownKidCooldown)) {
		k.refresh(ctx)
	}
	usable := k.usable()
	if usable != nil && usable.keys[kid] != nil {
		return usable.keys[kid], nil
	}
	// The key may be one that the deployment could not tell us of: not the token's fault.
	if usable == nil || k.isFailing || k.pending != nil {
		return nil, &Error{Code: CodeTemporarilyUnavailable, Fault: FaultIssuerUnavailable, Status: 503, Description: "the keys of " + k.issuer + " cannot be read"}
	}
	return nil, nil
}

func (k *issuerKeys) mayAsk(cooldown time.Duration) bool {
	return k.now().Sub(k.askedAt) >= cooldown
}

func (k *issuerKeys) usable() *keySet {
	if k.known != nil && k.now().Before(k.known.usableUntil) {
		return k.known
	}
	return nil
}

// refresh fetches the keys once for all who ask, and waits for it; the mutex is held before and after. The fetch goes on if this
// caller's context ends, since others wait for it as well.
func (k *issuerKeys) refresh(ctx context.Context) {
	if k.pending == nil {
		pending := make(chan struct{})
		k.pending = pending
		k.askedAt = k.now()
		go func() {
			fetched, err := k.fetch()
			k.mutex.Lock()
			defer k.mutex.Unlock()
			k.isFailing = err != nil
			if err == nil {
				k.known = fetched
			}
			k.pending = nil
			close(pending)
		}()
	}
	waiting := k.pending
	k.mutex.Unlock()
	defer k.mutex.Lock()
	select {
	case <-waiting:
	case <-ctx.Done():
	}
}

func (k *issuerKeys) fetch() (*keySet, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*fetchTimeout)
	defer cancel()
	discovery, _, err := k.document(ctx, k.issuer+"/.well-known/openid-configuration")
	if err != nil {
		return nil, err
	}
	if discovery["issuer"] != any(k.issuer) {
		return nil, errors.New("the discovery document is of another issuer")
	}
	address, _ := discovery["jwks_uri"].(string)
	if parsed, err := url.Parse(address); err != nil || parsed.User != nil || parsed.Scheme+"://"+parsed.Host != k.issuer {
		return nil, errors.New("jwks_uri is not of the issuer")
	}
	set, header, err := k.document(ctx, address)
	if err != nil {
		return nil, err
	}
	keys := readKeys(set)
	// An answer without any usable key never replaces a good set.
	if len(keys) == 0 {
		return nil, errors.New("the JWK Set has no usable key")
	}
	freshUntil := k.now().Add(freshness(header.Get("cache-control")))
	return &keySet{keys: keys, freshUntil: freshUntil, usableUntil: freshUntil.Add(maxKeysStale)}, nil
}

func (k *issuerKeys) document(ctx context.Context, address string) (map[string]any, http.Header, error) {
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, nil, err
	}
	request.Header.Set("accept", "application/json")
	response, err := k.client.Do(request)
	if err != nil {
		return nil, nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxDocumentBytes+1))
	if err != nil || len(body) > maxDocumentBytes || response.StatusCode != http.StatusOK {
		return nil, nil, fmt.Errorf("%s answered %d", address, response.StatusCode)
	}
	var members map[string]any
	if err := json.Unmarshal(body, &members); err != nil || members == nil {
		return nil, nil, fmt.Errorf("%s answered something else than a JSON object", address)
	}
	return members, response.Header, nil
}

func readKeys(set map[string]any) map[string]*jws.Key {
	list, _ := set["keys"].([]any)
	keys, seen := map[string]*jws.Key{}, map[string]bool{}
	for _, one := range list[:min(len(list), maxKeys)] {
		jwk, _ := one.(map[string]any)
		key, err := jws.ReadKey(jwk)
		if err != nil || key.Kid == "" || !key.Named {
			continue
		}
		// Two keys under one name: which of them is meant cannot be known, so neither is used.
		if seen[key.Kid] {
			delete(keys, key.Kid)
		} else {
			keys[key.Kid] = key
		}
		seen[key.Kid] = true
	}
	return keys
}

var maxAge = regexp.MustCompile(`(?i)(?:^|[\s,])max-age="?(\d{1,9})`)

func freshness(cacheControl string) time.Duration {
	found := maxAge.FindStringSubmatch(cacheControl)
	if found == nil {
		return maxKeysFresh
	}
	age, _ := strconv.Atoi(found[1])
	return min(max(time.Duration(age)*time.Second, minKeysFresh), maxKeysFresh)
}
