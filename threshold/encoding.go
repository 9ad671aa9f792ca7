package threshold

import (
	"fmt"

	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/dst"
	"github.com/utt-ecash/utt-go/internal/transcript"
	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/sig"
)

const version = 1

var errInto = fmt.Errorf("%w: nil to decode into", ErrArgument)

// maxPublicKey bounds an encoded sig.PublicKey.
const maxPublicKey = 3 + curve.G2Size + sig.MaxAttributes*(curve.G2Size+curve.G1Size)

// AppendBinary appends version, generation, index and the key. The encoding is
// the secret.
func (k *KeyShare) AppendBinary(b []byte) ([]byte, error) {
	if k == nil || k.key == nil {
		return nil, fmt.Errorf("%w: the key share is empty, or was erased", ErrArgument)
	}
	b = append(append(b, version), k.generation[:]...)
	return k.key.AppendBinary(wire.AppendUint16(b, uint16(k.index)))
}

// MarshalBinary encodes the key share.
func (k *KeyShare) MarshalBinary() ([]byte, error) { return k.AppendBinary(nil) }

// UnmarshalBinary decodes a key share. Committee.VerifyKeyShare tells whether it
// belongs to a committee.
func (k *KeyShare) UnmarshalBinary(b []byte) error {
	if k == nil {
		return errInto
	}
	r := wire.NewReader(b)
	r.Version(version)
	d := KeyShare{key: new(sig.SecretKey)}
	d.generation, d.index = readOrigin(r)
	secret := r.Take(r.Len())
	if err := r.Close(); err != nil {
		return fmt.Errorf("%w: key share: %w", ErrMalformed, err)
	}
	if err := d.key.UnmarshalBinary(secret); err != nil {
		return fmt.Errorf("%w: key share: %w", ErrMalformed, err)
	}
	*k = d
	return nil
}

func readOrigin(r *wire.Reader) (g Generation, j Index) {
	r.Fill(g[:])
	j = Index(r.Uint16())
	if j < 1 || j > MaxParties {
		r.Fail("party %d", j)
	}
	return g, j
}

// AppendBinary appends version, generation, index and S_j.
func (s *SignatureShare) AppendBinary(b []byte) ([]byte, error) {
	if s.Point().IsIdentity() {
		return nil, fmt.Errorf("%w: no share", ErrArgument)
	}
	b = append(append(b, version), s.generation[:]...)
	return s.s.Append(wire.AppendUint16(b, uint16(s.index))), nil
}

// MarshalBinary encodes the share.
func (s *SignatureShare) MarshalBinary() ([]byte, error) { return s.AppendBinary(nil) }

// UnmarshalBinary decodes a share, which it does not verify: its point is on the
// curve, and whether in the subgroup is for Combine and VerifyShare to find, in which
// many are checked at once.
func (s *SignatureShare) UnmarshalBinary(b []byte) error {
	if s == nil {
		return errInto
	}
	r := wire.NewReader(b)
	r.Version(version)
	var d SignatureShare
	d.generation, d.index = readOrigin(r)
	d.s = curve.ReadG1(r)
	if err := r.Close(); err != nil {
		return fmt.Errorf("%w: signature share: %w", ErrMalformed, err)
	}
	*s = d
	return nil
}

// AppendBinary appends version, t, the group's key, n, and for every party X2_j,
// all Y2_ij, all Y1_ij.
func (c *Committee) AppendBinary(b []byte) ([]byte, error) {
	if c.Group() == nil {
		return nil, fmt.Errorf("%w: no committee", ErrArgument)
	}
	return c.appendBody(append(b, version))
}

func (c *Committee) appendBody(b []byte) ([]byte, error) {
	group, err := c.group.MarshalBinary()
	if err != nil {
		return nil, err
	}
	b = wire.AppendBytes(wire.AppendUint16(b, uint16(c.t)), group)
	b = wire.AppendUint16(b, uint16(len(c.parties)))
	for j := range c.parties {
		p := &c.parties[j]
		b = p.x2.Append(b)
		for _, y := range p.y2 {
			b = y.Append(b)
		}
		for _, y := range p.y1 {
			b = y.Append(b)
		}
	}
	return b, nil
}

// MarshalBinary encodes the committee.
func (c *Committee) MarshalBinary() ([]byte, error) { return c.AppendBinary(nil) }

// UnmarshalBinary decodes a committee and checks that it is a sharing of the
// group's key, with a wrong yes of probability at most 2^-64. It takes in the order
// of a millisecond for each party and attribute, on all cores.
func (c *Committee) UnmarshalBinary(b []byte) error {
	if c == nil {
		return errInto
	}
	r := wire.NewReader(b)
	r.Version(version)
	t := int(r.Uint16())
	encoded := r.Bytes(maxPublicKey)
	if err := r.Err(); err != nil {
		return fmt.Errorf("%w: committee: %w", ErrMalformed, err)
	}
	group := new(sig.PublicKey)
	if err := group.UnmarshalBinary(encoded); err != nil {
		return fmt.Errorf("%w: committee: %w", ErrMalformed, err)
	}
	l := group.Attributes()
	parties := make([]partyKey, r.Count(MaxParties, curve.G2Size+l*(curve.G2Size+curve.G1Size)))
	for j := range parties {
		parties[j] = readPartyKey(r, l)
	}
	if err := r.Close(); err != nil {
		return fmt.Errorf("%w: committee: %w", ErrMalformed, err)
	}
	if err := checkSize(t, len(parties)); err != nil {
		return fmt.Errorf("%w: committee: %w", ErrMalformed, err)
	}
	d, err := newCommittee(t, group, parties)
	if err != nil {
		return err
	}
	if err := d.check(); err != nil {
		return err
	}
	*c = *d
	return nil
}

// readPartyKey takes a key that is 0 as well: the share of a dealer who speaks last can be
// made so by himself, and a committee is not to fall for one of its parties.
func readPartyKey(r *wire.Reader, l int) partyKey {
	x2, y2, y1 := curve.ReadG2OrIdentity(r), make([]curve.G2, l), make([]curve.G1, l)
	for i := range y2 {
		y2[i] = curve.ReadG2OrIdentity(r)
	}
	for i := range y1 {
		y1[i] = curve.ReadG1OrIdentity(r)
	}
	return newPartyKey(x2, y2, y1)
}

// GenerationOf is the generation of the committee with an encoding, which is not looked at.
func GenerationOf(encoded []byte) Generation {
	return transcript.Hash(dst.ThresholdGeneration, encoded[min(1, len(encoded)):])
}

// EncryptionGenerationOf is GenerationOf for an encryption committee.
func EncryptionGenerationOf(encoded []byte) Generation {
	return transcript.Hash(dst.EncryptionKeys, encoded[min(1, len(encoded)):])
}
