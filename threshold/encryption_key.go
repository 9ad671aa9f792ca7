package threshold

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/wire"
)

// MaxComponents bounds the keys of an EncryptionCommittee.
const MaxComponents = 16

// EncryptionKey is the public ElGamal keys P_c = a_c·G of a group, to encrypt to. It is
// immutable; the zero value, of use only to decode into, has no component. No multiple of a
// key in G2 is known: see EncryptionCommittee.
type EncryptionKey struct{ keys []curve.G1 }

// noEncryptionKey stands in for a nil one.
var noEncryptionKey EncryptionKey

// Components is the number of keys.
func (k *EncryptionKey) Components() int { return len(cmp.Or(k, &noEncryptionKey).keys) }

// Equal reports whether both are the same keys.
func (k *EncryptionKey) Equal(o *EncryptionKey) bool {
	return slices.Equal(cmp.Or(k, &noEncryptionKey).keys, cmp.Or(o, &noEncryptionKey).keys)
}

// Distinct demands that no key of one is, up to sign, one of the other: keys that serve
// several purposes must not be, or a share that is given for one purpose would open what is
// encrypted for another [ENC-KEY]. It fails with ErrInvalid.
func (k *EncryptionKey) Distinct(o *EncryptionKey) error {
	if k.Components() == 0 || o.Components() == 0 {
		return fmt.Errorf("%w: no encryption key", ErrArgument)
	}
	var claims batch.Claims
	for i, p := range k.keys {
		for j, q := range o.keys {
			claims.Require("ENC-KEY", p != q && p != q.Neg(), "key %d is key %d of another purpose, up to sign", i+1, j+1)
		}
	}
	if err := claims.Err(); err != nil {
		return fmt.Errorf("%w: encryption keys: %w", ErrInvalid, err)
	}
	return nil
}

// AppendBinary appends version, the number of keys, and these.
func (k *EncryptionKey) AppendBinary(b []byte) ([]byte, error) {
	if k.Components() == 0 {
		return nil, fmt.Errorf("%w: no encryption key", ErrArgument)
	}
	b = wire.AppendUint16(append(b, version), uint16(len(k.keys)))
	for _, p := range k.keys {
		b = p.Append(b)
	}
	return b, nil
}

// MarshalBinary encodes the keys.
func (k *EncryptionKey) MarshalBinary() ([]byte, error) { return k.AppendBinary(nil) }

// UnmarshalBinary decodes keys and checks [ENC-KEY].
func (k *EncryptionKey) UnmarshalBinary(b []byte) error {
	if k == nil {
		return errInto
	}
	r := wire.NewReader(b)
	r.Version(version)
	keys := make([]curve.G1, r.Count(MaxComponents, curve.G1Size))
	for i := range keys {
		keys[i] = curve.ReadG1(r)
	}
	if len(keys) == 0 {
		r.Fail("no keys")
	}
	if err := r.Close(); err != nil {
		return fmt.Errorf("%w: encryption key: %w", ErrMalformed, err)
	}
	var claims batch.Claims
	claimKeys(&claims, keys)
	claims.InG1("ENC-KEY", keys...)
	if err := batch.One(&claims); err != nil {
		return fmt.Errorf("%w: encryption key: %w", ErrInvalid, err)
	}
	k.keys = keys
	return nil
}

// claimKeys claims that keys are not 0 and differ up to sign, from each other and from the
// generator.
func claimKeys(claims *batch.Claims, keys []curve.G1) {
	for i, p := range keys {
		g := curve.Generator()
		claims.Require("ENC-KEY", !p.IsIdentity(), "key %d is 0", i+1)
		claims.Require("ENC-KEY", p != g && p != g.Neg(), "key %d is ±G: the key of a broken generator", i+1)
		for j, q := range keys[:i] {
			claims.Require("ENC-KEY", p != q && p != q.Neg(), "keys %d and %d are equal or opposite: those of a broken generator", j+1, i+1)
		}
	}
}
