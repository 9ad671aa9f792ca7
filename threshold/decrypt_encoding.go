package threshold

import (
	"fmt"

	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/sigma"
	"github.com/utt-ecash/utt-go/internal/wire"
)

// AppendBinary appends version, the number of components, E_0 and E_1 ….
func (e *Ciphertext) AppendBinary(b []byte) ([]byte, error) {
	if e.Components() == 0 {
		return nil, fmt.Errorf("%w: no ciphertext", ErrArgument)
	}
	return e.appendBody(append(b, version)), nil
}

func (e *Ciphertext) appendBody(b []byte) []byte {
	return e.appendPoints(wire.AppendUint16(b, uint16(e.Components())))
}

func (e *Ciphertext) appendPoints(b []byte) []byte {
	for _, p := range e.points {
		b = p.Append(b)
	}
	return b
}

// MarshalBinary encodes the ciphertext.
func (e *Ciphertext) MarshalBinary() ([]byte, error) { return e.AppendBinary(nil) }

// UnmarshalBinary decodes a ciphertext. Its points are on the curve and not 0; NewRequest
// checks the subgroup, [ENC-SUB].
func (e *Ciphertext) UnmarshalBinary(b []byte) error {
	if e == nil {
		return errInto
	}
	r := wire.NewReader(b)
	r.Version(version)
	d := readBody(r)
	if err := r.Close(); err != nil {
		return fmt.Errorf("%w: ciphertext: %w", ErrMalformed, err)
	}
	*e = *d
	return nil
}

func readBody(r *wire.Reader) *Ciphertext {
	n := r.Count(MaxComponents, curve.G1Size)
	if n == 0 {
		r.Fail("no component")
	}
	return readPoints(r, n)
}

func readPoints(r *wire.Reader, components int) *Ciphertext {
	e := &Ciphertext{make([]curve.G1, 1+components)}
	for i := range e.points {
		e.points[i] = curve.ReadG1(r)
	}
	return e
}

// AppendBinary appends version, the number of ciphertexts as u64 and, if that is not 0, the
// ciphertext without its version.
func (s *CiphertextSum) AppendBinary(b []byte) ([]byte, error) {
	b = wire.AppendUint64(append(b, version), s.Count())
	if s.Count() > 0 {
		b = s.total.appendBody(b)
	}
	return b, nil
}

// MarshalBinary encodes the sum.
func (s *CiphertextSum) MarshalBinary() ([]byte, error) { return s.AppendBinary(nil) }

// UnmarshalBinary decodes a sum as Ciphertext.UnmarshalBinary does.
func (s *CiphertextSum) UnmarshalBinary(b []byte) error {
	if s == nil {
		return errInto
	}
	r := wire.NewReader(b)
	r.Version(version)
	d := CiphertextSum{count: r.Uint64()}
	if d.count > 0 {
		d.total = readBody(r)
	}
	if err := r.Close(); err != nil {
		return fmt.Errorf("%w: sum of ciphertexts: %w", ErrMalformed, err)
	}
	*s = d
	return nil
}

// AppendBinary appends version, generation, index, the number of components, the D_ij and
// the proof.
func (s *DecryptionShare) AppendBinary(b []byte) ([]byte, error) {
	if s == nil || len(s.points) == 0 || s.proof == nil {
		return nil, fmt.Errorf("%w: no share", ErrArgument)
	}
	b = append(append(b, version), s.generation[:]...)
	b = wire.AppendUint16(wire.AppendUint16(b, uint16(s.index)), uint16(len(s.points)))
	for _, p := range s.points {
		b = p.Append(b)
	}
	return s.proof.Append(b), nil
}

// MarshalBinary encodes the share.
func (s *DecryptionShare) MarshalBinary() ([]byte, error) { return s.AppendBinary(nil) }

// UnmarshalBinary decodes a share, which it does not verify: its points are on the curve,
// and whether in the subgroup is for Open and VerifyShare to find.
func (s *DecryptionShare) UnmarshalBinary(b []byte) error {
	if s == nil {
		return errInto
	}
	r := wire.NewReader(b)
	r.Version(version)
	var d DecryptionShare
	d.generation, d.index = readOrigin(r)
	d.points = make([]curve.G1, r.Count(MaxComponents, curve.G1Size))
	if len(d.points) == 0 {
		r.Fail("no component")
	}
	for i := range d.points {
		d.points[i] = curve.ReadG1(r)
	}
	d.proof = sigma.Read(r, 2*MaxComponents)
	if err := r.Close(); err != nil {
		return fmt.Errorf("%w: decryption share: %w", ErrMalformed, err)
	}
	*s = d
	return nil
}
