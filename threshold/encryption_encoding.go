package threshold

import (
	"fmt"

	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/wire"
)

// AppendBinary appends version, t, the number of keys, n, the group's keys and those of
// every party.
func (c *EncryptionCommittee) AppendBinary(b []byte) ([]byte, error) {
	if c.Parties() == 0 {
		return nil, fmt.Errorf("%w: no committee", ErrArgument)
	}
	return c.appendBody(append(b, version)), nil
}

func (c *EncryptionCommittee) appendBody(b []byte) []byte {
	b = wire.AppendUint16(wire.AppendUint16(b, uint16(c.t)), uint16(c.Components()))
	b = wire.AppendUint16(b, uint16(c.Parties()))
	for _, keys := range c.keys {
		for _, p := range keys {
			b = p.Append(b)
		}
	}
	return b
}

// MarshalBinary encodes the committee.
func (c *EncryptionCommittee) MarshalBinary() ([]byte, error) { return c.AppendBinary(nil) }

// UnmarshalBinary decodes a committee and checks [ENC-KEY].
func (c *EncryptionCommittee) UnmarshalBinary(b []byte) error {
	if c == nil {
		return errInto
	}
	r := wire.NewReader(b)
	r.Version(version)
	t, components := int(r.Uint16()), int(r.Uint16())
	if components < 1 || components > MaxComponents {
		r.Fail("%d keys", components)
	}
	n := r.Count(MaxParties, components*curve.G1Size)
	if err := checkSize(t, n); err != nil {
		r.Fail("%d of %d parties", t, n)
	}
	var keys [][]curve.G1
	if r.Err() == nil {
		keys = make([][]curve.G1, n+1)
	}
	for j := range keys {
		read := curve.ReadG1
		if j > 0 { // a party's may be 0, as in a Committee
			read = curve.ReadG1OrIdentity
		}
		keys[j] = make([]curve.G1, components)
		for i := range keys[j] {
			keys[j][i] = read(r)
		}
	}
	if err := r.Close(); err != nil {
		return fmt.Errorf("%w: encryption committee: %w", ErrMalformed, err)
	}
	d, err := EncryptionCommitteeOf(t, keys)
	if err != nil {
		return err
	}
	*c = *d
	return nil
}

// AppendBinary appends version, generation, index, the number of keys and the shares.
// The encoding is the secret.
func (k *EncryptionKeyShare) AppendBinary(b []byte) ([]byte, error) {
	if k == nil || len(k.secrets) == 0 {
		return nil, fmt.Errorf("%w: the key share is empty, or was erased", ErrArgument)
	}
	b = append(append(b, version), k.generation[:]...)
	b = wire.AppendUint16(wire.AppendUint16(b, uint16(k.index)), uint16(len(k.secrets)))
	for _, a := range k.secrets {
		b = a.Append(b)
	}
	return b, nil
}

// MarshalBinary encodes the key share.
func (k *EncryptionKeyShare) MarshalBinary() ([]byte, error) { return k.AppendBinary(nil) }

// UnmarshalBinary decodes a key share.
func (k *EncryptionKeyShare) UnmarshalBinary(b []byte) error {
	if k == nil {
		return errInto
	}
	r := wire.NewReader(b)
	r.Version(version)
	var d EncryptionKeyShare
	d.generation, d.index = readOrigin(r)
	d.secrets = make([]curve.Scalar, r.Count(MaxComponents, curve.ScalarSize))
	for i := range d.secrets {
		if d.secrets[i] = curve.ReadScalar(r); d.secrets[i].IsZero() {
			r.Fail("key share with a zero")
		}
	}
	if len(d.secrets) == 0 {
		r.Fail("no secret")
	}
	if err := r.Close(); err != nil {
		return fmt.Errorf("%w: encryption key share: %w", ErrMalformed, err)
	}
	*k = d
	return nil
}
