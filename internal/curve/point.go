package curve

import (
	"fmt"
	"io"
	"math/big"

	bls12381 "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fp"

	"github.com/utt-ecash/utt-go/internal/wire"
)

// Lengths of encoded points.
const (
	G1Size           = bls12381.SizeOfG1AffineUncompressed
	G1CompressedSize = bls12381.SizeOfG1AffineCompressed
	G2Size           = bls12381.SizeOfG2AffineUncompressed
)

// infinityFlag marks the identity in the first byte of an encoded point.
const infinityFlag = 0x40

var _, _, g1Generator, g2Generator = bls12381.Generators()

// G1 is a point of E(Fp). The zero value is the identity; points compare with ==.
type G1 struct{ p bls12381.G1Affine }

// Generator is G, the standard generator of G1.
func Generator() G1 { return G1{g1Generator} }

// FromG1Affine wraps a point of gnark-crypto.
func FromG1Affine(p bls12381.G1Affine) G1 { return G1{p} }

// Affine is the point in gnark-crypto's type.
func (p G1) Affine() bls12381.G1Affine { return p.p }

// Add is p + q.
func (p G1) Add(q G1) G1 { var z G1; z.p.Add(&p.p, &q.p); return z }

// Sub is p − q.
func (p G1) Sub(q G1) G1 { var z G1; z.p.Sub(&p.p, &q.p); return z }

// Neg is −p.
func (p G1) Neg() G1 { var z G1; z.p.Neg(&p.p); return z }

// Mul is s·p for a public scalar and p in the subgroup. Its time depends on s.
func (p G1) Mul(s Scalar) G1 {
	var z G1
	z.p.ScalarMultiplication(&p.p, s.e.BigInt(new(big.Int)))
	return z
}

// IsIdentity reports whether p is the neutral element.
func (p G1) IsIdentity() bool { return p.p.IsInfinity() }

// Equal reports p = q.
func (p G1) Equal(q G1) bool { return p == q }

// Hash is for tables of points: under a random key, the upper bits of two rarely
// agree.
func (p G1) Hash(key uint64) uint64 { return (p.p.X[0] ^ p.p.Y[0]) * (key | 1) }

// Append appends the uncompressed encoding: x ‖ y.
func (p G1) Append(b []byte) []byte {
	e := p.p.RawBytes()
	return append(b, e[:]...)
}

// Compressed is the 48-byte encoding, a unique name of the point.
func (p G1) Compressed() [G1CompressedSize]byte { return p.p.Bytes() }

// Format prints the point's name.
func (p G1) Format(f fmt.State, _ rune) {
	b := p.p.Bytes()
	_, _ = fmt.Fprintf(f, "G1(%x…)", b[:6])
}

// ReadG1 decodes a canonical uncompressed point on the curve that is not the
// identity. It does not check the subgroup.
func ReadG1(r *wire.Reader) G1 {
	p := ReadG1OrIdentity(r)
	if p.IsIdentity() {
		r.Fail("identity of G1")
	}
	return p
}

// ReadG1OrIdentity decodes a canonical uncompressed point on the curve. It does
// not check the subgroup.
func ReadG1OrIdentity(r *wire.Reader) G1 {
	var p G1
	b := r.Take(G1Size)
	if b == nil || readIdentity(r, b) {
		return G1{}
	}
	if p.p.X.SetBytesCanonical(b[:fp.Bytes]) != nil || p.p.Y.SetBytesCanonical(b[fp.Bytes:]) != nil {
		r.Fail("coordinate not reduced")
		return G1{}
	}
	// (0, 0) is gnark-crypto's identity and passes its IsOnCurve
	if p.p.IsInfinity() || !p.p.IsOnCurve() {
		r.Fail("point not on G1's curve")
		return G1{}
	}
	return p
}

// readIdentity reports whether b encodes the identity and fails on any other
// flag.
func readIdentity(r *wire.Reader, b []byte) bool {
	if b[0]&0xe0 == 0 {
		return false
	}
	ok := b[0] == infinityFlag
	for _, v := range b[1:] {
		ok = ok && v == 0
	}
	if !ok {
		r.Fail("point with unknown flags")
	}
	return true
}

// G2 is a point of the twist. The zero value is the identity; points compare with ==.
type G2 struct{ q bls12381.G2Affine }

// Generator2 is G2g, the standard generator of G2.
func Generator2() G2 { return G2{g2Generator} }

// FromG2Affine wraps a point of gnark-crypto.
func FromG2Affine(q bls12381.G2Affine) G2 { return G2{q} }

// Affine is the point in gnark-crypto's type.
func (q G2) Affine() bls12381.G2Affine { return q.q }

// Add is q + t.
func (q G2) Add(t G2) G2 { var z G2; z.q.Add(&q.q, &t.q); return z }

// Mul is s·q for a public scalar and q in the subgroup. Its time depends on s.
func (q G2) Mul(s Scalar) G2 {
	var z G2
	z.q.ScalarMultiplication(&q.q, s.e.BigInt(new(big.Int)))
	return z
}

// IsIdentity reports whether q is the neutral element.
func (q G2) IsIdentity() bool { return q.q.IsInfinity() }

// Equal reports q = t.
func (q G2) Equal(t G2) bool { return q == t }

// EqualOrOpposite reports q = ±t.
func (q G2) EqualOrOpposite(t G2) bool {
	if q == t {
		return true
	}
	t.q.Neg(&t.q)
	return q == t
}

// InSubgroup reports whether q has order r or is the identity.
func (q G2) InSubgroup() bool { return q.q.IsInSubGroup() }

// Append appends the uncompressed encoding.
func (q G2) Append(b []byte) []byte {
	e := q.q.RawBytes()
	return append(b, e[:]...)
}

// Format prints the point's name.
func (q G2) Format(f fmt.State, _ rune) {
	b := q.q.Bytes()
	_, _ = io.WriteString(f, fmt.Sprintf("G2(%x…)", b[:6]))
}

// ReadG2 decodes a canonical uncompressed point on the twist that is not the
// identity. It does not check the subgroup.
func ReadG2(r *wire.Reader) G2 {
	q := ReadG2OrIdentity(r)
	if q.IsIdentity() {
		r.Fail("identity of G2")
	}
	return q
}

// ReadG2OrIdentity decodes a canonical uncompressed point on the twist. It does
// not check the subgroup.
func ReadG2OrIdentity(r *wire.Reader) G2 {
	var q G2
	b := r.Take(G2Size)
	if b == nil || readIdentity(r, b) {
		return G2{}
	}
	n := fp.Bytes
	if q.q.X.A1.SetBytesCanonical(b[:n]) != nil || q.q.X.A0.SetBytesCanonical(b[n:2*n]) != nil ||
		q.q.Y.A1.SetBytesCanonical(b[2*n:3*n]) != nil || q.q.Y.A0.SetBytesCanonical(b[3*n:]) != nil {
		r.Fail("coordinate not reduced")
		return G2{}
	}
	if q.q.IsInfinity() || !q.q.IsOnCurve() {
		r.Fail("point not on G2's curve")
		return G2{}
	}
	return q
}
