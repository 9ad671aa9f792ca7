package curve

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/big"

	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"

	"github.com/utt-ecash/utt-go/internal/dst"
	"github.com/utt-ecash/utt-go/internal/wire"
)

// ScalarSize is the length of an encoded scalar.
const ScalarSize = fr.Bytes

// Scalar is an element of the field of order r. The zero value is 0.
type Scalar struct{ e fr.Element }

// Uint64 is v as a scalar.
func Uint64(v uint64) Scalar { return Scalar{fr.NewElement(v)} }

// FromElement wraps a field element of gnark-crypto.
func FromElement(e fr.Element) Scalar { return Scalar{e} }

// Element is the scalar as gnark-crypto's field element.
func (s Scalar) Element() fr.Element { return s.e }

// HashToScalar is RFC 9380 hash_to_field with 48 bytes of SHA-256 output.
func HashToScalar(tag dst.Tag, msg []byte) Scalar {
	e, err := fr.Hash(msg, []byte(tag), 1)
	if err != nil {
		panic("curve: hash to field: " + err.Error()) // only for tags above 255 bytes
	}
	return Scalar{e[0]}
}

// RandomScalar reads 64 bytes, so that the scalar is uniform within 2^-250.
// A nil reader is crypto/rand.
func RandomScalar(r io.Reader) (Scalar, error) {
	var b [64]byte
	if err := ReadRandom(r, b[:]); err != nil {
		return Scalar{}, err
	}
	return ScalarFromWide(&b), nil
}

// RandomUint128 is a scalar of 128 random bits.
func RandomUint128() Scalar {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	return ScalarFromUint128(binary.BigEndian.Uint64(b[:8]), binary.BigEndian.Uint64(b[8:]))
}

// RandomNonZero is RandomScalar without 0, which only a broken reader yields.
func RandomNonZero(r io.Reader) (Scalar, error) {
	s, err := RandomScalar(r)
	if err == nil && s.IsZero() {
		err = errors.New("read randomness: a zero scalar")
	}
	return s, err
}

// Repeated reports whether two scalars are equal or opposite, as only those of a
// broken reader are.
func Repeated(s []Scalar) bool {
	seen := make(map[Scalar]bool, len(s))
	for _, v := range s {
		if seen[v] || seen[v.Neg()] {
			return true
		}
		seen[v] = true
	}
	return false
}

// ScalarFromWide reduces 64 big-endian bytes modulo r.
func ScalarFromWide(b *[64]byte) Scalar {
	var hi, lo, shift fr.Element
	hi.SetBytes(b[:32])
	lo.SetBytes(b[32:])
	shift.SetBigInt(new(big.Int).Lsh(big.NewInt(1), 256))
	hi.Mul(&hi, &shift)
	hi.Add(&hi, &lo)
	return Scalar{hi}
}

// ReadRandom fills b from r, or from crypto/rand if r is nil.
func ReadRandom(r io.Reader, b []byte) error {
	if r == nil {
		r = rand.Reader
	}
	if _, err := io.ReadFull(r, b); err != nil {
		return fmt.Errorf("read randomness: %w", err)
	}
	return nil
}

// ScalarFromUint128 is hi·2^64 + lo.
func ScalarFromUint128(hi, lo uint64) Scalar {
	var b [16]byte
	for i := range 8 {
		b[i], b[8+i] = byte(hi>>(56-8*i)), byte(lo>>(56-8*i))
	}
	var e fr.Element
	e.SetBytes(b[:])
	return Scalar{e}
}

// Add is s + t.
func (s Scalar) Add(t Scalar) Scalar { var z Scalar; z.e.Add(&s.e, &t.e); return z }

// Sub is s − t.
func (s Scalar) Sub(t Scalar) Scalar { var z Scalar; z.e.Sub(&s.e, &t.e); return z }

// Mul is s·t.
func (s Scalar) Mul(t Scalar) Scalar { var z Scalar; z.e.Mul(&s.e, &t.e); return z }

// Neg is −s.
func (s Scalar) Neg() Scalar { var z Scalar; z.e.Neg(&s.e); return z }

// Inverse is 1/s, blinded by a random factor so that its time says nothing of
// s; 0 for 0.
func (s Scalar) Inverse() Scalar {
	b, err := RandomNonZero(nil)
	if err != nil {
		panic(err) // crypto/rand does not fail
	}
	z := s.Mul(b)
	z.e.Inverse(&z.e)
	return z.Mul(b)
}

// IsZero reports s = 0.
func (s Scalar) IsZero() bool { return s.e.IsZero() }

// IsOne reports s = 1.
func (s Scalar) IsOne() bool { return s.e.IsOne() }

// Equal reports s = t.
func (s Scalar) Equal(t Scalar) bool { return s.e.Equal(&t.e) }

// Uint64 is the scalar as a number; ok is false if it has more than 64 bits.
func (s Scalar) Uint64() (v uint64, ok bool) { return s.e.Uint64(), s.e.IsUint64() }

// Bytes is the canonical big-endian encoding.
func (s Scalar) Bytes() [ScalarSize]byte { return s.e.Bytes() }

// Append appends the canonical encoding.
func (s Scalar) Append(b []byte) []byte {
	e := s.e.Bytes()
	return append(b, e[:]...)
}

// ReadScalar decodes a canonical scalar.
func ReadScalar(r *wire.Reader) Scalar {
	var s Scalar
	if b := r.Take(ScalarSize); b != nil {
		if err := s.e.SetBytesCanonical(b); err != nil {
			r.Fail("scalar not reduced")
		}
	}
	return s
}

// Format prints "redacted": a scalar may be a secret.
func (s Scalar) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "redacted") }
