package curve

import (
	"crypto/rand"
	"encoding/binary"
	"math/bits"
	"slices"
	"sync"

	bls12381 "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fp"
)

// Secret scalars are multiplied with the endomorphism φ(x, y) = (β·x, y) =
// λ·(x, y), where λ = x₀² − 1 for the curve's parameter x₀ and r = λ² + λ + 1:
//
//	s = k1 + k2·λ (mod r)
//	k1 = (s mod λ, roughly) + a·λ + b
//	k2 = ⌊s/λ⌋ (roughly) − a + b·(λ + 1)        for fresh a, b of 32 random bits
//
// (λ, −1) and (1, λ+1) span the lattice of pairs with k1 + k2·λ = 0, so that every
// a and b give the same product and other digits. Adding multiples of r to s
// would not do: that leaves k1 and k2 as they are. The digits are recoded to a
// fixed number of signed 4-bit ones; a zero digit costs what another does.
const (
	lambdaHi, lambdaLo = 0xac45a4010001a402, 0x00000000ffffffff

	window     = 4
	tableSize  = 1 << (window - 1) // multiples 1 … 8 of a point
	halfDigits = 41                // k1, k2 < 2^161

	combDigits = 40  // bytes of a blinded scalar
	combRow    = 255 // nonzero values of a byte
)

// inverseLambda is ⌊2^256/λ⌋.
var inverseLambda = [3]uint64{0x63f6e522f6cfee30, 0x7c6becf1e01faadd, 0x1}

var glvBeta fp.Element

func init() {
	if _, err := glvBeta.SetString("4002409555221667392624310435006688643935503118305586438271171395842971157480381377015405980053539358417135540939436"); err != nil {
		panic(err)
	}
}

// split is (k1, k2), blinded by a and b > 0.
func split(s Scalar, a, b uint32) (k1, k2 [3]uint64) {
	v := s.e.Bits() // little-endian, not Montgomery
	// q = ⌊s·⌊2^256/λ⌋/2^256⌋ is ⌊s/λ⌋ or one less: no secret division
	var prod [7]uint64
	for i, x := range v {
		var carry uint64
		for j, y := range inverseLambda {
			hi, lo := bits.Mul64(x, y)
			var c uint64
			lo, c = bits.Add64(lo, carry, 0)
			hi += c
			prod[i+j], c = bits.Add64(prod[i+j], lo, 0)
			carry = hi + c
		}
		prod[i+3] += carry
	}
	q := [3]uint64{prod[4], prod[5], prod[6]}
	k1 = sub3([3]uint64{v[0], v[1], v[2]}, mulLambda(q[0], q[1]))
	k1 = add3(k1, add3(mulLambda(uint64(a), 0), [3]uint64{uint64(b)}))
	k2 = add3(q, add3(mulLambda(uint64(b), 0), [3]uint64{uint64(b)}))
	return k1, sub3(k2, [3]uint64{uint64(a)})
}

// mulLambda is (hi·2^64 + lo)·λ modulo 2^192.
func mulLambda(lo, hi uint64) (z [3]uint64) {
	var c, h uint64
	z[1], z[0] = bits.Mul64(lo, lambdaLo)
	h, l := bits.Mul64(lo, lambdaHi)
	z[1], c = bits.Add64(z[1], l, 0)
	z[2] = h + c
	h, l = bits.Mul64(hi, lambdaLo)
	z[1], c = bits.Add64(z[1], l, 0)
	z[2] += h + c + hi*lambdaHi
	return z
}

func add3(x, y [3]uint64) (z [3]uint64) {
	var c uint64
	for i := range z {
		z[i], c = bits.Add64(x[i], y[i], c)
	}
	return z
}

func sub3(x, y [3]uint64) (z [3]uint64) {
	var c uint64
	for i := range z {
		z[i], c = bits.Sub64(x[i], y[i], c)
	}
	return z
}

// digits recodes k = Σ d_i·2^(4i) with −8 ≤ d_i < 8.
func digits(k [3]uint64) (d [halfDigits]int8) {
	carry := uint64(0)
	for i := range d {
		v := k[i/16]>>(4*(i%16))&15 + carry
		carry = v >> 3 & 1 // v ≥ 8, or the 16 that a carry makes of 15
		carry |= v >> 4
		d[i] = int8(v) - int8(carry<<4)
	}
	return d
}

// table holds the multiples 1 … 8 of a point of the subgroup and of its image
// under φ.
type table struct {
	direct, image [tableSize]bls12381.G1Affine
}

// newTables prepares points.
func newTables(points []G1) []table {
	aff := multiples(points)
	tables := make([]table, len(points))
	for i := range tables {
		t := &tables[i]
		copy(t.direct[:], aff[i*tableSize:])
		t.image = t.direct
		for j := range t.image {
			t.image[j].X.Mul(&t.image[j].X, &glvBeta)
		}
	}
	return tables
}

// SumSecret is Σ s_i·P_i for secret scalars and points of the subgroup.
func SumSecret(terms ...Term) G1 { return SumsSecret([][]Term{terms})[0] }

// SumsSecret is SumSecret for many sums. Points that several have in common are
// prepared once; the generator has a table made once for all.
func SumsSecret(sums [][]Term) []G1 {
	index := make(map[G1]int)
	var points []G1
	for _, terms := range sums {
		for i := range terms {
			p := terms[i].Point
			if _, ok := index[p]; !ok && p != Generator() {
				index[p] = len(points)
				points = append(points, p)
			}
		}
	}
	tables := newTables(points)
	jac := make([]bls12381.G1Jac, len(sums))
	var streams []stream
	for k, terms := range sums {
		streams = streams[:0]
		var base Scalar
		var withBase bool
		for i, t := range terms {
			j, ok := index[t.Point]
			switch {
			case !ok:
				base, withBase = base.Add(t.Scalar), true
			case !slices.ContainsFunc(terms[:i], func(o Term) bool { return o.Point == t.Point }):
				streams = appendStreams(streams, &tables[j], sumOver(terms[i:], t.Point))
			}
		}
		sumStreams(&jac[k], streams)
		if withBase {
			addComb(&jac[k], base)
		}
	}
	out := make([]G1, len(sums))
	for k, p := range bls12381.BatchJacobianToAffineG1(jac) {
		out[k].p = p
	}
	return out
}

// sumOver is the sum of the scalars of a point.
func sumOver(terms []Term, p G1) (s Scalar) {
	for i := range terms {
		if terms[i].Point == p {
			s = s.Add(terms[i].Scalar)
		}
	}
	return s
}

// stream is one half scalar on its way through the doubling chain.
type stream struct {
	table *[tableSize]bls12381.G1Affine
	d     [halfDigits]int8
}

func appendStreams(streams []stream, t *table, s Scalar) []stream {
	var random [8]byte
	_, _ = rand.Read(random[:]) // never fails
	a, b := binary.LittleEndian.Uint32(random[:4]), binary.LittleEndian.Uint32(random[4:])
	k1, k2 := split(s, a, b|1)
	return append(streams, stream{&t.direct, digits(k1)}, stream{&t.image, digits(k2)})
}

// sumStreams runs one doubling chain for all streams.
func sumStreams(sum *bls12381.G1Jac, streams []stream) {
	if len(streams) == 0 {
		return
	}
	var spare bls12381.G1Jac
	spare.FromAffine(&g1Generator)
	for i := halfDigits - 1; i >= 0; i-- {
		for range window {
			sum.DoubleAssign()
		}
		for j := range streams {
			addDigit(sum, &spare, streams[j].table[:], int(streams[j].d[i]))
		}
	}
}

// addDigit adds d times the table's point, doing the same work for d = 0.
func addDigit(sum, spare *bls12381.G1Jac, table []bls12381.G1Affine, d int) {
	if d == 0 {
		spare.AddMixed(&table[0])
		return
	}
	if d > 0 {
		sum.AddMixed(&table[d-1])
		return
	}
	p := table[-d-1]
	p.Y.Neg(&p.Y)
	sum.AddMixed(&p)
}

// comb holds d·2^(8i)·G for 1 ≤ d < 256 and every i.
var comb = sync.OnceValue(func() []bls12381.G1Affine {
	jac := make([]bls12381.G1Jac, 0, combDigits*combRow)
	var base bls12381.G1Jac
	base.FromAffine(&g1Generator)
	for range combDigits {
		p := base
		for range combRow {
			jac = append(jac, p)
			p.AddAssign(&base)
		}
		base = p // 256 times the former base
	}
	return bls12381.BatchJacobianToAffineG1(jac)
})

// addComb adds s·G, from the bytes of s + k·r for a random k of 63 bits: without
// the endomorphism, multiples of r do blind.
func addComb(sum *bls12381.G1Jac, s Scalar) {
	var random [8]byte
	_, _ = rand.Read(random[:]) // never fails
	digits := addMultiple(s.e.Bits(), binary.LittleEndian.Uint64(random[:])>>1)
	table := comb()
	var spare bls12381.G1Jac
	spare.FromAffine(&g1Generator)
	for i := range combDigits {
		addDigit(sum, &spare, table[i*combRow:(i+1)*combRow], int(digits[i/8]>>(8*(i%8))&255))
	}
}

// addMultiple is s + k·r.
func addMultiple(s [4]uint64, k uint64) (z [5]uint64) {
	var carry uint64
	for i, m := range order {
		hi, lo := bits.Mul64(k, m)
		var c uint64
		lo, c = bits.Add64(lo, carry, 0)
		hi += c
		z[i], c = bits.Add64(s[i], lo, 0)
		carry = hi + c
	}
	z[4] = carry
	return z
}

// order is r, little-endian.
var order = [4]uint64{0xffffffff00000001, 0x53bda402fffe5bfe, 0x3339d80809a1d805, 0x73eda753299d7d48}

// splitRandom writes s as the sum of two uniform scalars.
func splitRandom(s Scalar) (Scalar, Scalar) {
	a, err := RandomScalar(nil)
	if err != nil {
		panic(err) // crypto/rand does not fail
	}
	return a, s.Sub(a)
}
