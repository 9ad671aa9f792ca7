package sig

import (
	"fmt"

	"github.com/utt-ecash/utt-go/internal/attr"
	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/wire"
)

const version = 1

var errInto = fmt.Errorf("%w: nil to decode into", ErrArgument)

// AppendBinary appends version, number of attributes, X2, all Y2_i, all Y1_i.
func (k *PublicKey) AppendBinary(b []byte) ([]byte, error) {
	if k.empty() {
		return nil, fmt.Errorf("%w: the key is empty", ErrArgument)
	}
	b = wire.AppendUint16(append(b, version), uint16(len(k.y2)))
	b = k.x2.G2().Append(b)
	for _, y := range k.y2 {
		b = y.G2().Append(b)
	}
	for _, y := range k.y1 {
		b = y.Append(b)
	}
	return b, nil
}

// MarshalBinary encodes the key.
func (k *PublicKey) MarshalBinary() ([]byte, error) { return k.AppendBinary(nil) }

// UnmarshalBinary decodes a key and checks [SIG-KEY]: that it is consistent, and that
// no generator which repeats itself made it. The error is ErrInvalid if not.
func (k *PublicKey) UnmarshalBinary(b []byte) error {
	if k == nil {
		return errInto
	}
	r := wire.NewReader(b)
	r.Version(version)
	n := r.Count(MaxAttributes, curve.G2Size+curve.G1Size)
	d := PublicKey{y2: make([]*curve.Fixed, n), y1: make([]curve.G1, n)}
	x2, y2 := curve.ReadG2(r), make([]curve.G2, n)
	for i := range n {
		y2[i] = curve.ReadG2(r)
	}
	for i := range n {
		d.y1[i] = curve.ReadG1(r)
	}
	if err := r.Close(); err != nil {
		return fmt.Errorf("%w: public key: %w", ErrMalformed, err)
	}
	d.x2 = curve.NewFixed(x2)
	for i := range n {
		d.y2[i] = curve.NewFixed(y2[i])
	}
	if err := d.check(); err != nil {
		return err
	}
	*k = d
	return nil
}

// AppendBinary appends version, number of attributes, x, all y_i. The encoding
// is the secret.
func (k *SecretKey) AppendBinary(b []byte) ([]byte, error) {
	if k.empty() {
		return nil, fmt.Errorf("%w: the key is empty", ErrArgument)
	}
	b = wire.AppendUint16(append(b, version), uint16(len(k.y)))
	for _, s := range k.Scalars() {
		b = s.Append(b)
	}
	return b, nil
}

// MarshalBinary encodes the secret key.
func (k *SecretKey) MarshalBinary() ([]byte, error) { return k.AppendBinary(nil) }

// UnmarshalBinary decodes a secret key.
func (k *SecretKey) UnmarshalBinary(b []byte) error {
	if k == nil {
		return errInto
	}
	r := wire.NewReader(b)
	r.Version(version)
	s := make([]curve.Scalar, 1+r.Count(MaxAttributes, curve.ScalarSize))
	for i := range s {
		s[i] = curve.ReadScalar(r)
		if s[i].IsZero() {
			r.Fail("secret key with a zero")
		}
	}
	if err := r.Close(); err != nil {
		return fmt.Errorf("%w: secret key: %w", ErrMalformed, err)
	}
	*k = *NewSecretKey(s)
	return nil
}

const (
	partPublic = 0
	partHidden = 1
)

// AppendBinary appends version, number of attributes, h, and every attribute: 0
// and its value, or 1 and its commitment.
func (c *Commitment) AppendBinary(b []byte) ([]byte, error) {
	if c == nil || c.base.IsIdentity() {
		return nil, fmt.Errorf("%w: the commitment is empty", ErrArgument)
	}
	b = wire.AppendUint16(append(b, version), uint16(len(c.parts)))
	b = c.base.Append(b)
	for _, p := range c.parts {
		if p.hidden {
			b = p.point.Append(append(b, partHidden))
		} else {
			b = p.value.Scalar().Append(append(b, partPublic))
		}
	}
	return b, nil
}

// MarshalBinary encodes the commitment.
func (c *Commitment) MarshalBinary() ([]byte, error) { return c.AppendBinary(nil) }

// UnmarshalBinary decodes a commitment, all of whose points must be in the
// subgroup: signing one of small order would leak the key modulo that order.
func (c *Commitment) UnmarshalBinary(b []byte) error {
	if c == nil {
		return errInto
	}
	r := wire.NewReader(b)
	d := readCommitment(r)
	if err := r.Close(); err != nil {
		return fmt.Errorf("%w: commitment: %w", ErrMalformed, err)
	}
	if err := d.inSubgroup(); err != nil {
		return err
	}
	*c = *d
	return nil
}

func readCommitment(r *wire.Reader) *Commitment {
	r.Version(version)
	n := r.Count(MaxAttributes, 1+curve.ScalarSize)
	c := &Commitment{base: curve.ReadG1(r), parts: make([]Part, n)}
	for i := range c.parts {
		switch kind := r.Byte(); kind {
		case partPublic:
			c.parts[i] = Public(attr.Read(r))
		case partHidden:
			c.parts[i] = Hidden(curve.ReadG1(r))
		default:
			r.Fail("attribute of kind %d", kind)
		}
	}
	return c
}

func (c *Commitment) inSubgroup() error {
	var claims batch.Claims
	claims.InG1("SIG-1", c.base)
	c.ClaimPoints(&claims, "SIG-1")
	if err := batch.One(&claims); err != nil {
		return fmt.Errorf("%w: commitment: %w", ErrMalformed, err)
	}
	return nil
}

// AppendBinary appends version and S.
func (s *Signature) AppendBinary(b []byte) ([]byte, error) {
	if s == nil || s.s.IsIdentity() {
		return nil, fmt.Errorf("%w: the signature is empty", ErrArgument)
	}
	return s.s.Append(append(b, version)), nil
}

// MarshalBinary encodes the signature.
func (s *Signature) MarshalBinary() ([]byte, error) { return s.AppendBinary(nil) }

// UnmarshalBinary decodes a signature; its point must be in the subgroup.
func (s *Signature) UnmarshalBinary(b []byte) error {
	if s == nil {
		return errInto
	}
	r := wire.NewReader(b)
	r.Version(version)
	p := curve.ReadG1(r)
	if err := r.Close(); err != nil {
		return fmt.Errorf("%w: signature: %w", ErrMalformed, err)
	}
	if !p.InSubgroup() {
		return fmt.Errorf("%w: signature not in the subgroup", ErrMalformed)
	}
	s.s = p
	return nil
}

// AppendBinary appends the commitment and the signature.
func (s *Signed) AppendBinary(b []byte) ([]byte, error) {
	if !s.complete() {
		return nil, fmt.Errorf("%w: nothing signed", ErrArgument)
	}
	b, err := s.Commitment.AppendBinary(b)
	if err != nil {
		return nil, err
	}
	return s.Signature.AppendBinary(b)
}

// MarshalBinary encodes the pair.
func (s *Signed) MarshalBinary() ([]byte, error) { return s.AppendBinary(nil) }

// UnmarshalBinary decodes a commitment with its signature, which it does not verify.
func (s *Signed) UnmarshalBinary(b []byte) error {
	if s == nil {
		return errInto
	}
	r := wire.NewReader(b)
	c := readCommitment(r)
	r.Version(version)
	p := curve.ReadG1(r)
	if err := r.Close(); err != nil {
		return fmt.Errorf("%w: signed: %w", ErrMalformed, err)
	}
	if err := c.inSubgroup(); err != nil {
		return err
	}
	if !p.InSubgroup() {
		return fmt.Errorf("%w: signature not in the subgroup", ErrMalformed)
	}
	*s = Signed{c, &Signature{p}}
	return nil
}
