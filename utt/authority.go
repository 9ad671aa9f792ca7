package utt

import (
	"bytes"
	"crypto/ed25519"
	"fmt"
	"slices"

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
