package curve

import (
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fp"

	"github.com/utt-ecash/utt-go/internal/wire"
)

// Flags of the compressed encoding, in its three highest bits.
const (
	flagCompressed = 0x80
	flagLargerY    = 0x20
	flags          = 0xe0
)

// AppendCompressed appends the 48-byte encoding: x, and which of its two y.
func (p G1) AppendCompressed(b []byte) []byte {
	e := p.Compressed()
	return append(b, e[:]...)
}

// ReadG1Compressed decodes a canonical compressed point on the curve that is not the
// identity, which takes a square root. It does not check the subgroup.
func ReadG1Compressed(r *wire.Reader) G1 {
	b := r.Take(G1CompressedSize)
	if b == nil {
		return G1{}
	}
	flag := b[0] & flags
	if flag != flagCompressed && flag != flagCompressed|flagLargerY {
		r.Fail("identity of G1, or point with unknown flags")
		return G1{}
	}
	var x [fp.Bytes]byte
	copy(x[:], b)
	x[0] &^= flags
	var p G1
	if p.p.X.SetBytesCanonical(x[:]) != nil {
		r.Fail("coordinate not reduced")
		return G1{}
	}
	var yy, four fp.Element
	four.SetUint64(4)
	yy.Square(&p.p.X).Mul(&yy, &p.p.X).Add(&yy, &four) // y² = x³ + 4
	if p.p.Y.Sqrt(&yy) == nil {
		r.Fail("point not on G1's curve")
		return G1{}
	}
	if p.p.Y.LexicographicallyLargest() != (flag&flagLargerY != 0) { // y ≠ 0: no point has order 2
		p.p.Y.Neg(&p.p.Y)
	}
	return p
}
