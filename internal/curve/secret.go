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
//	k2 = ⌊s/λ⌋ (roughly) − a + b·(λ + 1)        for fresh a, b of 40 random bits
//
// (λ, −1) and (1, λ+1) span the lattice of pairs with k1 + k2·λ = 0, so that every
// a and b give the same product and other digits. Adding multiples of r to s
// would not do: that leaves k1 and k2 as they are. The lowest bits of a and b make
// k1 and k2 odd; odd numbers are recoded to a fixed number of odd digits, none of
// which is 0.
//
// The points that the digits of one position select are added first, in affine
// coordinates with one field inversion for all positions of all sums; one doubling
// chain per sum does the rest.
const (
	window     = 4
	tableSize  = 1 << (window - 1) // multiples 1, 3 … 15 of a point
	halfDigits = 43                // k1, k2 < 2^170
	blindBits  = 40                // with 32, some bits of k1 and k2 would be blinded by carries only

	combDigits = 40           // bytes of a blinded scalar
	combRow    = 1 << (8 - 1) // multiples 1, 3 … 255
)

// lambda is λ, little-endian.
var lambda = [2]uint64{0x00000000ffffffff, 0xac45a4010001a402}

// inverseLambda is ⌊2^256/λ⌋.
var inverseLambda = [3]uint64{0x63f6e522f6cfee30, 0x7c6becf1e01faadd, 0x1}

var glvBeta fp.Element

func init() {
	if _, err := glvBeta.SetString("4002409555221667392624310435006688643935503118305586438271171395842971157480381377015405980053539358417135540939436"); err != nil {
		panic(err)
	}
}

// split is (k1, k2), both odd, blinded by a and b > 1 but for their lowest bits.
func split(s Scalar, a, b uint64) (k1, k2 [3]uint64) {
	v := s.e.Bits() // little-endian, not Montgomery
	// q = ⌊s·⌊2^256/λ⌋/2^256⌋ is ⌊s/λ⌋ or one less: no secret division
	var prod [7]uint64
	for i, x := range v {
		prod[i+3] = mulAdd(prod[i:i+3], inverseLambda[:], x)
	}
	q := [3]uint64{prod[4], prod[5], prod[6]}
	// λ is odd and λ + 1 even: k2 = q − a, k1 = s − q + a + b (mod 2)
	a = a&^1 | q[0]&1 ^ 1
	b = b&^1 | (v[0]^q[0]^a)&1 ^ 1
	k1 = sub3([3]uint64{v[0], v[1], v[2]}, mulLambda(q[0], q[1]))
	k1 = add3(k1, add3(mulLambda(a, 0), [3]uint64{b}))
	k2 = add3(q, add3(mulLambda(b, 0), [3]uint64{b}))
	return k1, sub3(k2, [3]uint64{a})
}

// mulLambda is (hi·2^64 + lo)·λ modulo 2^192.
func mulLambda(lo, hi uint64) (z [3]uint64) {
	z[2] = mulAdd(z[:2], lambda[:], lo)
	mulAdd(z[1:], lambda[:], hi)
	return z
}

// mulAdd adds x·y to z, which has as many words, and returns the word that does not
// fit.
func mulAdd(z, y []uint64, x uint64) (carry uint64) {
	for i := range y {
		hi, lo := bits.Mul64(x, y[i])
		var c uint64
		lo, c = bits.Add64(lo, carry, 0)
		hi += c
		z[i], c = bits.Add64(z[i], lo, 0)
		carry = hi + c
	}
	return carry
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

// digits recodes an odd k = Σ d_i·2^(4i) with odd −15 ≤ d_i ≤ 15.
func digits(k [3]uint64) (d [halfDigits]int8) {
	for i := range d {
		v := k[i/16] >> (4 * (i % 16))
		if i%16 == 15 && i/16 < 2 {
			v |= k[i/16+1] << 4
		}
		if d[i] = int8(v&31|1) - 16; i == halfDigits-1 {
			d[i] = int8(v | 1)
		}
	}
	return d
}

// table holds the multiples 1, 3 … 15 of a point of the subgroup and of its image
// under φ.
type table struct {
	direct, image [tableSize]bls12381.G1Affine
}

// newTables prepares points.
func newTables(points []G1) []table {
	aff := oddMultiples(points)
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

// oddMultiples are 1·P, 3·P, …, 15·P for every point, sharing two field inversions.
func oddMultiples(points []G1) []bls12381.G1Affine {
	if len(points) == 0 {
		return nil
	}
	twice := make([]bls12381.G1Jac, len(points))
	for i := range points {
		twice[i].FromAffine(&points[i].p)
		twice[i].DoubleAssign()
	}
	doubles := bls12381.BatchJacobianToAffineG1(twice)
	jac := make([]bls12381.G1Jac, 0, len(points)*tableSize)
	for i := range points {
		var p bls12381.G1Jac
		p.FromAffine(&points[i].p)
		for range tableSize {
			jac = append(jac, p)
			p.AddMixed(&doubles[i])
		}
	}
	return bls12381.BatchJacobianToAffineG1(jac)
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
	out := make([]G1, 0, len(sums))
	for len(sums) > 0 {
		n := min(len(sums), sumsAtOnce)
		out = append(out, sumChunk(sums[:n], index, tables)...)
		sums = sums[n:]
	}
	return out
}

// sumsAtOnce bounds what is in work at a time, so that it stays in the cache.
const sumsAtOnce = 16

func sumChunk(sums [][]Term, index map[G1]int, tables []table) []G1 {
	// per sum a bucket for every position, then one for the generator
	const perSum = halfDigits + 1
	buckets := make([][]bls12381.G1Affine, perSum*len(sums))
	room := 0
	for _, terms := range sums {
		room += 2 * halfDigits * len(terms)
	}
	space := make([]bls12381.G1Affine, room)
	for k, terms := range sums {
		own := buckets[k*perSum : (k+1)*perSum]
		for i := range halfDigits {
			n := 2 * len(terms)
			own[i], space = space[:0:n], space[n:]
		}
		var base Scalar
		var withBase bool
		for i, t := range terms {
			j, ok := index[t.Point]
			switch {
			case !ok:
				base, withBase = base.Add(t.Scalar), true
			case !slices.ContainsFunc(terms[:i], func(o Term) bool { return o.Point == t.Point }):
				selectPoints(own, &tables[j], sumOver(terms[i:], t.Point))
			}
		}
		if withBase {
			own[halfDigits] = combPoints(comb(), base)
		}
	}
	addBuckets(buckets)
	jac := make([]bls12381.G1Jac, len(sums))
	for k := range sums {
		own := buckets[k*perSum : (k+1)*perSum]
		sum := &jac[k]
		if len(own[0]) > 0 {
			for i := halfDigits - 1; i >= 0; i-- {
				for range window {
					sum.DoubleAssign()
				}
				sum.AddMixed(&own[i][0])
			}
		}
		if len(own[halfDigits]) > 0 {
			sum.AddMixed(&own[halfDigits][0])
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

// selectPoints adds to every position's bucket the points that the digits of s
// select.
func selectPoints(buckets [][]bls12381.G1Affine, t *table, s Scalar) {
	var random [16]byte
	_, _ = rand.Read(random[:]) // never fails
	a, b := binary.LittleEndian.Uint64(random[:8])>>(64-blindBits), binary.LittleEndian.Uint64(random[8:])>>(64-blindBits)
	k1, k2 := split(s, a, b|2)
	d1, d2 := digits(k1), digits(k2)
	for i := range halfDigits {
		buckets[i] = append(buckets[i], signed(t.direct[:], int(d1[i])), signed(t.image[:], int(d2[i])))
	}
}

// signed is d times the point of a table of odd multiples, for an odd d.
func signed(table []bls12381.G1Affine, d int) bls12381.G1Affine {
	sign := d >> 31 // 0 or −1
	p := table[((d^sign)-sign)>>1]
	var minus fp.Element
	minus.Neg(&p.Y)
	p.Y.Select(sign, &p.Y, &minus)
	return p
}

// addBuckets sums every bucket into its first point, pair by pair, with one field
// inversion a round.
func addBuckets(buckets [][]bls12381.G1Affine) {
	var slopes []fp.Element
	for {
		slopes = slopes[:0]
		for _, b := range buckets {
			for i := range len(b) / 2 {
				var dx fp.Element
				dx.Sub(&b[len(b)-1-i].X, &b[i].X)
				slopes = append(slopes, dx)
			}
		}
		if len(slopes) == 0 {
			return
		}
		inverse := fp.BatchInvert(slopes)
		for k, b := range buckets {
			half := len(b) / 2
			for i := range half {
				addAffine(&b[i], &b[len(b)-1-i], &inverse[i])
			}
			buckets[k], inverse = b[:len(b)-half], inverse[half:]
		}
	}
}

// addAffine is p += q, given 1/(x_q − x_p), 0 if that is not defined.
func addAffine(p, q *bls12381.G1Affine, inverse *fp.Element) {
	if inverse.IsZero() || p.IsInfinity() || q.IsInfinity() {
		p.Add(p, q)
		return
	}
	var slope, x, y fp.Element
	slope.Sub(&q.Y, &p.Y)
	slope.Mul(&slope, inverse)
	x.Square(&slope)
	x.Sub(&x, &p.X)
	x.Sub(&x, &q.X)
	y.Sub(&p.X, &x)
	y.Mul(&y, &slope)
	p.Y.Sub(&y, &p.Y)
	p.X = x
}

// comb holds d·2^(8i)·G for odd 1 ≤ d < 256 and every i.
var comb = sync.OnceValue(func() []bls12381.G1Affine { return newComb(g1Generator) })

// FixedG1 is a point of the subgroup that many secrets multiply. At first use it
// makes a table of half a megabyte, by which it is thrice as fast as SumSecret.
type FixedG1 struct{ comb func() []bls12381.G1Affine }

// NewFixedG1 prepares a point.
func NewFixedG1(p G1) *FixedG1 {
	return &FixedG1{sync.OnceValue(func() []bls12381.G1Affine { return newComb(p.p) })}
}

// MulSecret is s·P.
func (f *FixedG1) MulSecret(s Scalar) G1 {
	buckets := [][]bls12381.G1Affine{combPoints(f.comb(), s)}
	addBuckets(buckets)
	return G1{buckets[0][0]}
}

func newComb(p bls12381.G1Affine) []bls12381.G1Affine {
	jac := make([]bls12381.G1Jac, 0, combDigits*combRow)
	var base bls12381.G1Jac
	base.FromAffine(&p)
	for range combDigits {
		p, twice := base, base
		twice.DoubleAssign()
		for range combRow {
			jac = append(jac, p)
			p.AddAssign(&twice)
		}
		for range 8 {
			base.DoubleAssign()
		}
	}
	return bls12381.BatchJacobianToAffineG1(jac)
}

// combPoints are points whose sum is s·P, from the odd digits of s + k·r for a
// random k of 63 bits: without the endomorphism, multiples of r do blind. The
// lowest bit of k makes the sum odd.
func combPoints(table []bls12381.G1Affine, s Scalar) []bls12381.G1Affine {
	var random [8]byte
	_, _ = rand.Read(random[:]) // never fails
	v := s.e.Bits()
	k := binary.LittleEndian.Uint64(random[:])>>1&^1 | v[0]&1 ^ 1
	z := addMultiple(v, k)
	points := make([]bls12381.G1Affine, combDigits)
	for i := range points {
		d := z[i/8] >> (8 * (i % 8))
		if i%8 == 7 && i/8 < len(z)-1 {
			d |= z[i/8+1] << 8
		}
		digit := int(d&511|1) - 256
		if i == combDigits-1 {
			digit = int(d | 1)
		}
		points[i] = signed(table[i*combRow:(i+1)*combRow], digit)
	}
	return points
}

// addMultiple is s + k·r.
func addMultiple(s [4]uint64, k uint64) (z [5]uint64) {
	copy(z[:], s[:])
	z[4] = mulAdd(z[:4], order[:], k)
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
