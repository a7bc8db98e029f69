package verify

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"
	"time"
)

// issuer is a deployment that can be broken.
type issuer struct {
	*httptest.Server
	t *testing.T

	mutex   sync.Mutex
	keys    []map[string]any
	fetches int
	answer  http.HandlerFunc
	signer  *ecdsa.PrivateKey
	kid     string
	at      time.Time
}

func newIssuer(t *testing.T) *issuer {
	t.Helper()
	i := &issuer{t: t, at: time.Now()}
	i.Server = httptest.NewServer(i)
	t.Cleanup(i.Close)
	i.rotate()
	return i
}

func (i *issuer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	i.mutex.Lock()
	defer i.mutex.Unlock()
	if i.answer != nil {
		i.fetches++
		i.answer(w, r)
		return
	}
	w.Header().Set("cache-control", "public, max-age=300")
	if r.URL.Path == "/jwks" {
		i.fetches++
		_ = json.NewEncoder(w).Encode(map[string]any{"keys": i.keys})
		return
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"issuer": i.URL, "jwks_uri": i.URL + "/jwks"})
}

func (i *issuer) rotate() {
	i.mutex.Lock()
	defer i.mutex.Unlock()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		i.t.Fatal(err)
	}
	i.signer, i.kid = key, "key-"+strconv.Itoa(len(i.keys))
	point, err := key.PublicKey.Bytes()
	if err != nil {
		i.t.Fatal(err)
	}
	encode := base64.RawURLEncoding.EncodeToString
	i.keys = append(i.keys, map[string]any{
		"kty": "EC", "crv": "P-256", "kid": i.kid, "alg": "ES256", "use": "sig", "x": encode(point[1:33]), "y": encode(point[33:]),
	})
}

func (i *issuer) serve(answer http.HandlerFunc) {
	i.mutex.Lock()
	defer i.mutex.Unlock()
	i.answer, i.fetches = answer, 0
}

func (i *issuer) asked() int {
	i.mutex.Lock()
	defer i.mutex.Unlock()
	return i.fetches
}

func (i *issuer) sign(changes map[string]any) string {
	return i.signAs(i.kid, changes)
}

func (i *issuer) signAs(kid string, changes map[string]any) string {
	now := i.now().Unix()
	claims := map[string]any{
		"iss": i.URL, "sub": "sa_1", "client_id": "sa_1", "aud": "https://api.example", "iat": now, "exp": now + 3600, "jti": "1",
		"scope": "api:read", "roles": []string{"deployer"}, "organisation": "org_1", "service_account": "deployer",
	}
	for name, value := range changes {
		claims[name] = value
	}
	segment := func(value any) string {
		text, _ := json.Marshal(value)
		return base64.RawURLEncoding.EncodeToString(text)
	}
	input := segment(map[string]any{"alg": "ES256", "kid": kid, "typ": "at+jwt"}) + "." + segment(claims)
	digest := sha256.Sum256([]byte(input))
	r, s, err := ecdsa.Sign(rand.Reader, i.signer, digest[:])
	if err != nil {
		i.t.Fatal(err)
	}
	return input + "." + base64.RawURLEncoding.EncodeToString(append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...))
}

func (i *issuer) now() time.Time {
	i.mutex.Lock()
	defer i.mutex.Unlock()
	return i.at
}

// later moves the clock of issuer and verifier.
func (i *issuer) later(by time.Duration) {
	i.mutex.Lock()
	defer i.mutex.Unlock()
	i.at = i.at.Add(by)
}

func (i *issuer) verifier(change func(*Options)) *Verifier {
	i.t.Helper()
	options := Options{Issuer: i.URL, Audience: []string{"https://api.example"}, Organisation: []string{"org_1"}}
	if change != nil {
		change(&options)
	}
	verifier, err := New(options)
	if err != nil {
		i.t.Fatal(err)
	}
	verifier.now, verifier.keys.now = i.now, i.now
	return verifier
}
