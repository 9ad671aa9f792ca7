package utt

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"fmt"
	"slices"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/wire"
)

// Authority is who amends the policy and suspends users: as many holders of its keys as
// its threshold says, together. The zero Authority is nobody, for a ledger whose policy
// never changes.
type Authority struct {
	Threshold int
	Keys      []ed25519.PublicKey // of at most MaxAuthority holders
}

// empty reports an authority that is nobody.
func (a *Authority) empty() bool { return a.Threshold == 0 && len(a.Keys) == 0 }

// check reports an authority that cannot sign, or in which one holder counts twice.
func (a *Authority) check() error {
	if a.empty() {
		return nil
	}
	if a.Threshold < 1 || a.Threshold > len(a.Keys) || len(a.Keys) > MaxAuthority {
		return fmt.Errorf("an authority of %d of %d keys, of at most %d", a.Threshold, len(a.Keys), MaxAuthority)
	}
	for i, k := range a.Keys {
		if len(k) != ed25519.PublicKeySize {
			return fmt.Errorf("key %d of the authority of %d bytes, of %d", i, len(k), ed25519.PublicKeySize)
		}
		if a.index(k) != i {
			return fmt.Errorf("key %d of the authority twice", i)
		}
		if err := checkEd25519(k); err != nil {
			return fmt.Errorf("key %d of the authority: %w", i, err)
		}
	}
	return nil
}

// index is that of a key, -1 if it is not among them.
func (a *Authority) index(key []byte) int {
	return slices.IndexFunc(a.Keys, func(k ed25519.PublicKey) bool { return bytes.Equal(k, key) })
}

func (a Authority) clone() Authority {
	a.Keys = slices.Clone(a.Keys)
	for i := range a.Keys {
		a.Keys[i] = slices.Clone(a.Keys[i])
	}
	return a
}

func (a *Authority) append(b []byte) []byte {
	b = wire.AppendUint16(append(b, byte(a.Threshold)), uint16(len(a.Keys)))
	for _, k := range a.Keys {
		b = append(b, k...)
	}
	return b
}

func readAuthority(r *wire.Reader) Authority {
	a := Authority{Threshold: int(r.Byte())}
	if n := r.Count(MaxAuthority, ed25519.PublicKeySize); n > 0 {
		a.Keys = make([]ed25519.PublicKey, n)
	}
	for i := range a.Keys {
		a.Keys[i] = slices.Clone(r.Take(ed25519.PublicKeySize))
	}
	return a
}

// signatures are those of an authority's holders on a message, by ascending index of their
// keys: none counts twice.
type signatures []signatureBy

type signatureBy struct {
	key   uint8 // index
	bytes []byte
}

func (s signatures) append(b []byte) []byte {
	b = wire.AppendUint16(b, uint16(len(s)))
	for _, o := range s {
		b = append(append(b, o.key), o.bytes...)
	}
	return b
}

func readSignatures(r *wire.Reader) signatures {
	s := make(signatures, r.Count(MaxAuthority, 1+ed25519.SignatureSize))
	for i := range s {
		s[i] = signatureBy{r.Byte(), slices.Clone(r.Take(ed25519.SignatureSize))}
		if i > 0 && s[i].key <= s[i-1].key {
			r.Fail("signatures of an authority that are not in the order of its keys, each once")
		}
	}
	return s
}

// with is the signatures and one more, in the place of one of the same key.
func (s signatures) with(p *Parameters, key crypto.Signer, message []byte) (signatures, error) {
	public, sign, err := signer(key)
	if err != nil {
		return nil, err
	}
	at := p.config.Authority.index(public)
	if at < 0 {
		return nil, fmt.Errorf("%w: the key is not of the parameters' Authority", ErrPolicy)
	}
	made, err := sign(message)
	if err != nil {
		return nil, err
	}
	s = slices.Clone(s)
	i, found := slices.BinarySearchFunc(s, at, func(o signatureBy, k int) int { return int(o.key) - k })
	if found {
		s[i].bytes = made
		return s, nil
	}
	return slices.Insert(s, i, signatureBy{uint8(at), made}), nil
}

// claim claims that the authority signed: as many of its holders as it takes, or more, and
// every signature holds.
func (s signatures) claim(p *Parameters, c *batch.Claims, message []byte) bool {
	a := &p.config.Authority
	if !c.Require(labelAuthority, !a.empty() && len(s) >= a.Threshold, "signed by %d holders of keys of the authority, of %d", len(s), a.Threshold) {
		return false
	}
	for i, o := range s {
		ok := int(o.key) < len(a.Keys) && (i == 0 || o.key > s[i-1].key) && verifyEd25519(a.Keys[o.key], message, o.bytes)
		if !c.Require(labelAuthority, ok, "signature %d is not of key %d of the authority", i, o.key) {
			return false
		}
	}
	return true
}

// labelAuthority is [AMD-SIGNED].
const labelAuthority = "AMD-SIGNED"
