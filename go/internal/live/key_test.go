package live

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"testing"
)

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	return must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))(t)
}

func publicJwk(t *testing.T, key *ecdsa.PrivateKey) map[string]any {
	t.Helper()
	point := must(key.PublicKey.Bytes())(t)
	encode := base64.RawURLEncoding.EncodeToString
	return map[string]any{"kty": "EC", "crv": "P-256", "kid": "live", "alg": "ES256", "use": "sig", "x": encode(point[1:33]), "y": encode(point[33:])}
}
