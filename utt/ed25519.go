package utt

import (
	"crypto"
	"crypto/ed25519"
	"fmt"
	"reflect"
	"slices"
)

// signer is the public half of an Ed25519 key, which may be kept in hardware, and what
// signs with it. What the key yields is verified.
func signer(key crypto.Signer) (ed25519.PublicKey, func(message []byte) ([]byte, error), error) {
	if v := reflect.ValueOf(key); !v.IsValid() || v.Kind() == reflect.Pointer && v.IsNil() { // which would panic
		return nil, nil, fmt.Errorf("%w: no key to sign with", ErrInvalid)
	}
	if k, ok := key.(ed25519.PrivateKey); ok && len(k) != ed25519.PrivateKeySize {
		return nil, nil, fmt.Errorf("%w: a key of %d bytes to sign with, of %d", ErrInvalid, len(k), ed25519.PrivateKeySize)
	}
	public, ok := key.Public().(ed25519.PublicKey)
	if !ok || len(public) != ed25519.PublicKeySize {
		return nil, nil, fmt.Errorf("%w: a key to sign with that is not of Ed25519", ErrInvalid)
	}
	sign := func(message []byte) ([]byte, error) {
		s, err := key.Sign(nil, message, crypto.Hash(0))
		if err != nil {
			return nil, fmt.Errorf("utt: sign: %w", err)
		}
		if !verifyEd25519(public, message, s) {
			return nil, fmt.Errorf("%w: the key returned a wrong signature", ErrInvalid)
		}
		return s, nil
	}
	return slices.Clone(public), sign, nil
}

func verifyEd25519(key, message, signature []byte) bool {
	return len(key) == ed25519.PublicKeySize && ed25519.Verify(key, message, signature)
}
