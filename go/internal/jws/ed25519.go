package jws

import (
	"encoding/hex"
	"errors"
	"math/big"
	"slices"
)

var (
	// prime of the curve's field.
	prime = new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 255), big.NewInt(19))
	// smallOrder has the y of every point whose order divides 8, the cofactor of the curve.
	smallOrder = smallOrderPoints()
)

func smallOrderPoints() []*big.Int {
	bytes, err := hex.DecodeString("7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7")
	if err != nil {
		panic(err)
	}
	y := new(big.Int).SetBytes(bytes)
	return []*big.Int{big.NewInt(0), big.NewInt(1), new(big.Int).Sub(prime, big.NewInt(1)), y, new(big.Int).Sub(prime, y)}
}

// ed25519Fault is why the 32 bytes of a key must not verify (RFC 8032 §5.1.3): under a key of small order a signature that nobody
// had to make fits one message in eight, or every message; and two spellings of one key would be two keys.
func ed25519Fault(key []byte) error {
	reversed := slices.Clone(key)
	slices.Reverse(reversed)
	reversed[0] &= 0x7f
	y := new(big.Int).SetBytes(reversed)
	if y.Cmp(prime) >= 0 {
		return errors.New("its coordinate is not written in the one canonical way")
	}
	for _, point := range smallOrder {
		if y.Cmp(point) == 0 {
			return errors.New("it is of small order, so that anybody could sign for it")
		}
	}
	return nil
}
