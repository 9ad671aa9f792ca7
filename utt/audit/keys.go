package audit

import (
	"bytes"
	"cmp"
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/hpke"
	"crypto/sha256"
	"fmt"
	"io"

	"github.com/utt-ecash/utt-go/internal/dst"
	"github.com/utt-ecash/utt-go/utt"
)

// Messages are encrypted by HPKE in base mode: X-Wing, that is ML-KEM-768 and X25519,
// HKDF-SHA256 and ChaCha20-Poly1305.
var (
	kem  = hpke.MLKEM768X25519()
	kdf  = hpke.HKDFSHA256()
	aead = hpke.ChaCha20Poly1305()
)

// SeedSize is the length of an auditor's seed, in bytes.
const SeedSize = 32

// Keys are by which other auditors know one: he signs what he sends, and they encrypt what
// he is sent. They print as "redacted".
type Keys struct {
	identity ed25519.PrivateKey
	address  hpke.PrivateKey
}

// Peer is what is public of an auditor's Keys. Auditors agree on each other's before they
// begin, as they do for the generation of their keys.
type Peer struct {
	Identity ed25519.PublicKey
	Address  []byte // an encoded HPKE key
}

// DeriveKeys derives keys from a seed of SeedSize random bytes. The error is ErrMalformed for
// one of another size, and of one byte repeated, which is a buffer that nobody filled.
func DeriveKeys(seed []byte) (*Keys, error) {
	if len(seed) != SeedSize || bytes.Count(seed, seed[:1]) == len(seed) {
		return nil, fmt.Errorf("%w: an auditor's seed of %d bytes, or of one repeated: draw %d random bytes", utt.ErrMalformed, len(seed), SeedSize)
	}
	derive := func(purpose string) []byte {
		b, err := hkdf.Key(sha256.New, seed, nil, string(dst.AuditorSeed)+"/"+purpose, 32)
		if err != nil {
			panic("audit: HKDF: " + err.Error()) // only for more bytes than it has
		}
		return b
	}
	address, err := kem.DeriveKeyPair(derive("address"))
	if err != nil {
		return nil, fmt.Errorf("derive address: %w", err)
	}
	return &Keys{ed25519.NewKeyFromSeed(derive("identity")), address}, nil
}

// noKeys stand in for nil ones.
var noKeys Keys

func (k *Keys) empty() bool { return cmp.Or(k, &noKeys).identity == nil }

// Peer is what others are told.
func (k *Keys) Peer() Peer {
	if k.empty() {
		return Peer{}
	}
	return Peer{bytes.Clone(k.identity.Public().(ed25519.PublicKey)), k.address.PublicKey().Bytes()}
}

// Format prints "redacted".
func (k *Keys) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "redacted") }

// MarshalJSON refuses to leak: it encodes "redacted".
func (k *Keys) MarshalJSON() ([]byte, error) { return []byte(`"redacted"`), nil }

// peer is a Peer, decoded.
type peer struct {
	identity ed25519.PublicKey
	address  hpke.PublicKey
}

// Validate demands keys that letters can be signed with and sealed to. The error is ErrMalformed.
func (p Peer) Validate() error {
	_, err := p.decode()
	return err
}

func (p *Peer) decode() (*peer, error) {
	if len(p.Identity) != ed25519.PublicKeySize {
		return nil, fmt.Errorf("%w: an auditor's identity of %d bytes", utt.ErrMalformed, len(p.Identity))
	}
	address, err := kem.NewPublicKey(p.Address)
	if err != nil {
		return nil, fmt.Errorf("%w: an auditor's address: %w", utt.ErrMalformed, err)
	}
	return &peer{bytes.Clone(p.Identity), address}, nil
}
