package jws

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"math/big"
	"slices"
	"strings"

	"github.com/go-jose/go-jose/v4"
)

const (
	// minRSABits and maxRSABits of a modulus (RFC 7518 §3.3; above it a signature check is a denial of service).
	minRSABits = 2048
	maxRSABits = 8192
	// minRSAExponent and maxRSAExponent: an odd number of at most 32 bits.
	minRSAExponent = 65537
	maxRSAExponent = 1<<32 - 1
)

// Key verifies signatures of one algorithm.
type Key struct {
	Kid string
	// Alg is ES256, RS256 or EdDSA: what a deployment signs with (RFC 8725 §3.1: the list is ours, not the token's).
	Alg string
	// Named tells whether the key says itself which algorithm it is for.
	Named bool

	public any
}

// ReadKey reads a JSON Web Key that may verify signatures (RFC 7517 §4, RFC 7518 §6); the error is why it may not. An optional
// member that is null counts as absent.
func ReadKey(jwk map[string]any) (*Key, error) {
	kid, ok := textOr(jwk["kid"], "")
	if !ok {
		return nil, errors.New("its kid is not a string")
	}
	if use, ok := textOr(jwk["use"], "sig"); !ok || use != "sig" {
		return nil, errors.New("its use is not signing")
	}
	if operations := jwk["key_ops"]; operations != nil {
		if list, ok := operations.([]any); !ok || !slices.Contains(list, any("verify")) {
			return nil, errors.New("its key_ops do not allow verifying")
		}
	}
	for _, private := range []string{"d", "p", "q", "dp", "dq", "qi", "oth", "priv", "k"} {
		if jwk[private] != nil {
			return nil, errors.New("it has a private member")
		}
	}
	public, fits, err := readMaterial(jwk)
	if err != nil {
		return nil, err
	}
	alg, ok := textOr(jwk["alg"], fits)
	if alg == "Ed25519" {
		// RFC 9864 gives EdDSA on this curve a name of its own.
		alg = "EdDSA"
	}
	if !ok || alg != fits {
		return nil, errors.New("its alg does not fit its type, or is none that a deployment signs with")
	}
	return &Key{Kid: kid, Alg: alg, Named: jwk["alg"] != nil, public: public}, nil
}

func readMaterial(jwk map[string]any) (public any, alg string, err error) {
	switch kty, _ := jwk["kty"].(string); kty + " " + curveOf(jwk) {
	case "EC P-256":
		x, y := decoded(jwk["x"]), decoded(jwk["y"])
		if len(x) != 32 || len(y) != 32 {
			return nil, "", errors.New("its coordinates do not fit its curve")
		}
		key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), slices.Concat([]byte{4}, x, y))
		return key, "ES256", err
	case "OKP Ed25519":
		x := decoded(jwk["x"])
		if len(x) != ed25519.PublicKeySize {
			return nil, "", errors.New("its coordinates do not fit its curve")
		}
		return ed25519.PublicKey(x), "EdDSA", ed25519Fault(x)
	}
	if jwk["kty"] != "RSA" {
		return nil, "", errors.New("its type or curve is not supported")
	}
	n, e := decoded(jwk["n"]), decoded(jwk["e"])
	if n == nil || e == nil {
		return nil, "", errors.New("its modulus or exponent is missing or no base64url")
	}
	modulus, exponent := new(big.Int).SetBytes(n), new(big.Int).SetBytes(e)
	if bits := modulus.BitLen(); bits < minRSABits || bits > maxRSABits {
		return nil, "", errors.New("its modulus is too short or too long")
	}
	if !exponent.IsInt64() || exponent.Int64() < minRSAExponent || exponent.Int64() > maxRSAExponent || exponent.Bit(0) == 0 {
		return nil, "", errors.New("its exponent is not an odd number from 65537 to 32 bits")
	}
	return &rsa.PublicKey{N: modulus, E: int(exponent.Int64())}, "RS256", nil
}

// Verify checks the signature of the token, whose header must name the algorithm of the key.
func (k *Key) Verify(token *Token) error {
	signed, err := jose.ParseSignedCompact(token.Compact, []jose.SignatureAlgorithm{jose.SignatureAlgorithm(k.Alg)})
	if err != nil {
		return err
	}
	_, err = signed.Verify(k.public)
	return err
}

func curveOf(jwk map[string]any) string {
	crv, _ := jwk["crv"].(string)
	return crv
}

func textOr(value any, other string) (string, bool) {
	if value == nil {
		return other, true
	}
	text, ok := value.(string)
	return text, ok
}

func decoded(value any) []byte {
	text, _ := value.(string)
	bytes, err := base64.RawURLEncoding.DecodeString(text)
	// The decoder passes over line breaks.
	if text == "" || err != nil || strings.ContainsAny(text, "\r\n") {
		return nil
	}
	return bytes
}
