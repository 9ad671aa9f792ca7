package curve

import bls12381 "github.com/consensys/gnark-crypto/ecc/bls12-381"

// FixedSum is C + Σ s_i·P_i + Σ b_j·Q_j for points of the subgroup that never change,
// secret scalars s_i and secret bits b_j. Its tables have about 170 kilobytes for each
// P_i and 600 bytes for each Q_j.
//
// Scalars are blinded as in FixedG1. Of bits, bitGroup at a time select one of all sums of
// their points; every entry is read, and none is the identity, since G is added to all and
// subtracted from C. So neither the operations nor, for the bits, the memory read show
// anything.
type FixedSum struct {
	constant bls12381.G1Affine
	combs    []*comb
	bits     int
	subsets  []bls12381.G1Affine // 2^bitGroup for each group
}

const (
	sumWindow = 6
	bitGroup  = 5
)

// NewFixedSum prepares the sum of a constant and multiples of points.
func NewFixedSum(constant G1, scalars, bits []G1) *FixedSum {
	f := &FixedSum{bits: len(bits)}
	for _, p := range scalars {
		f.combs = append(f.combs, newComb(p.p, sumWindow))
	}
	var sum bls12381.G1Jac
	sum.FromAffine(&constant.p)
	minus := Generator().Neg()
	var jac []bls12381.G1Jac
	for len(bits) > 0 {
		n := min(bitGroup, len(bits))
		own := make([]bls12381.G1Jac, 1, 1<<bitGroup)
		own[0].FromAffine(&g1Generator)
		for _, p := range bits[:n] {
			for _, q := range own {
				q.AddMixed(&p.p)
				own = append(own, q)
			}
		}
		jac, bits = append(jac, append(own, make([]bls12381.G1Jac, 1<<bitGroup-len(own))...)...), bits[n:]
		sum.AddMixed(&minus.p)
	}
	f.constant.FromJacobian(&sum)
	f.subsets = bls12381.BatchJacobianToAffineG1(jac)
	return f
}

// FixedValue is a FixedSum with its scalars, as many as it has points for, and its bits,
// which are 0 or 1.
type FixedValue struct {
	Sum     *FixedSum
	Scalars []Scalar
	Bits    []byte
}

// SumsFixed computes sums together.
func SumsFixed(values ...FixedValue) []G1 {
	buckets := make([][]bls12381.G1Affine, len(values))
	room := 0
	for _, v := range values {
		room += v.Sum.points()
	}
	space := borrow(room)
	defer space.giveBackSecret()
	free := space.points
	for i, v := range values {
		n := v.Sum.points()
		buckets[i], free = v.Sum.selected(free[:0:n], v.Scalars, v.Bits), free[n:]
	}
	var a additions
	a.addBuckets(buckets)
	out := make([]G1, len(values))
	for i := range out {
		out[i].p = buckets[i][0]
	}
	return out
}

// points is how many points are added up.
func (f *FixedSum) points() int {
	return 1 + len(f.combs)*combDigits(sumWindow) + len(f.subsets)>>bitGroup
}

func (f *FixedSum) selected(points []bls12381.G1Affine, scalars []Scalar, bits []byte) []bls12381.G1Affine {
	requireLengths(len(scalars), len(f.combs), len(bits), f.bits)
	points = append(points, f.constant)
	for i, c := range f.combs {
		points = c.append(points, scalars[i])
	}
	for g := 0; g<<bitGroup < len(f.subsets); g++ {
		points = append(points, choose(f.subsets[g<<bitGroup:(g+1)<<bitGroup], group(bits, g)))
	}
	return points
}

// requireLengths panics for a caller that assigns other scalars than there are points.
func requireLengths(scalars, points, bits, bitPoints int) {
	if scalars != points || bits != bitPoints {
		panic("curve: a fixed sum with another number of scalars or bits")
	}
}

// group is the number that a group of bits makes.
func group(bits []byte, g int) (n int32) {
	bits = bits[g*bitGroup:]
	for i, b := range bits[:min(bitGroup, len(bits))] {
		n |= int32(b&1) << i
	}
	return n
}

// same is 1 if x = y, else 0, for numbers below 2^31, without a branch.
func same(x, y int32) int { return int(uint32((x^y)-1) >> 31) }

// choose is the entry with a secret index. It reads all.
func choose(entries []bls12381.G1Affine, index int32) (p bls12381.G1Affine) {
	for i := range entries {
		e, is := &entries[i], same(int32(i), index)
		p.X.Select(is, &p.X, &e.X)
		p.Y.Select(is, &p.Y, &e.Y)
	}
	return p
}
