package utt

import (
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/hpke"
	"crypto/sha256"
	"fmt"

	"github.com/utt-ecash/utt-go/internal/attr"
	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/dst"
	"github.com/utt-ecash/utt-go/internal/wire"
)

// SeedSize is the length of a wallet's seed, in bytes.
const SeedSize = 32

// keys are all secrets of a wallet. They derive from its seed, the network and
// the pid, so that seed and ledger restore everything.
type keys struct {
	s1, blinding curve.Scalar // of the registration commitment
	address      hpke.PrivateKey
	account      ed25519.PrivateKey
	note         []byte // encrypts notes to oneself

	secret attr.Attribute // s = s1 + s2, known from the seed: notes may come before the registration
}

func deriveKeys(n NetworkID, pid PID, seed []byte) (*keys, error) {
	if len(seed) != SeedSize {
		return nil, fmt.Errorf("%w: seed of %d bytes, not %d", ErrMalformed, len(seed), SeedSize)
	}
	var failed error
	derive := func(purpose string, size int) []byte {
		b, err := hkdf.Key(sha256.New, seed, wire.Frame(n[:], pid[:]), string(dst.WalletSeed)+"/"+purpose, size)
		if err != nil {
			failed = err
			return make([]byte, size)
		}
		return b
	}
	k := &keys{
		s1:       curve.ScalarFromWide((*[64]byte)(derive("credential", 64))),
		blinding: curve.ScalarFromWide((*[64]byte)(derive("blinding", 64))),
		account:  ed25519.NewKeyFromSeed(derive("account", ed25519.SeedSize)),
		note:     derive("note", 32),
	}
	address, err := addressKEM.DeriveKeyPair(derive("address", 32))
	if err != nil {
		return nil, fmt.Errorf("derive address: %w", err)
	}
	k.address = address
	return k, failed
}

// member is the public side, under the wallet's pid and a class.
func (k *keys) member(n NetworkID, pid PID, class Class) member {
	return member{
		pid:   pid,
		class: class,
		secret: curve.SumSecret(
			curve.Term{Scalar: k.s1, Point: registrationBase(n, pid)},
			curve.Term{Scalar: k.blinding, Point: curve.Generator()}),
		address: k.address.PublicKey().Bytes(),
		account: k.account.Public().(ed25519.PublicKey),
	}
}
