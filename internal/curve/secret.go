package curve

import (
	bls12381 "github.com/consensys/gnark-crypto/ecc/bls12-381"
)

// SumSecret is Σ s_i·P_i for secret scalars and points of the subgroup.
func SumSecret(terms ...Term) G1 { return SumsSecret([][]Term{terms})[0] }

// SumsSecret is SumSecret for many sums. Points that several have in common are
// prepared once, and with more tables the more sums have no other; the generator has a
// table made once for all.
func SumsSecret(sums [][]Term) []G1 {
	a := additions{keep: true}
	defer a.release()
	prepared, space := a.prepare(sums)
	defer space.giveBackSecret()
	out := make([]G1, len(sums))
	for rest := out; len(rest) > 0; {
		n := min(len(rest), sumsAtOnce)
		if !fitsLanes(prepared[:n]) || !a.sumsInLanes(rest[:n], prepared[:n]) {
			a.sumsInBuckets(rest[:n], prepared[:n])
		}
		rest, prepared = rest[n:], prepared[n:]
	}
	return out
}

// sumsAtOnce bounds what is in work at a time, so that it stays in the cache.
const sumsAtOnce = 32

// sumsInBuckets puts the values of sums into out.
func (a *additions) sumsInBuckets(out []G1, sums []secretSum) {
	// per sum a bucket for every position, then one for the generator
	const perSum = halfDigits + 1
	room := 0
	for k := range sums {
		n, long := sums[k].shape()
		room += n * long
	}
	space := borrow(room)
	defer space.giveBackSecret()
	free := space.points
	buckets := space.lists(perSum * len(sums))
	rows := make([][][]bls12381.G1Affine, len(sums))
	for k := range sums {
		sum, own := &sums[k], buckets[k*perSum:(k+1)*perSum]
		n, long := sum.shape()
		for i := range long {
			own[i], free = free[:0:n], free[n:]
		}
		rows[k] = own[:long]
		for i := range sum.multiples {
			selectPoints(own, sum.multiples[i].tables, sum.multiples[i].scalar)
		}
		if sum.withBase {
			own[halfDigits] = generatorComb().append(nil, sum.generator)
		}
	}
	a.addBuckets(buckets)
	jac := make([]bls12381.G1Jac, len(sums))
	horner(jac, rows, secretWindow)
	for k := range sums {
		if b := buckets[k*perSum+halfDigits]; len(b) > 0 {
			jac[k].AddMixed(&b[0])
		}
	}
	for k, p := range bls12381.BatchJacobianToAffineG1(jac) {
		out[k].p = p
	}
}

// selectPoints adds to every position's bucket the points that the digits of s
// select.
func selectPoints(buckets [][]bls12381.G1Affine, tables []table, s Scalar) {
	d1, d2 := blindDigits(s)
	n := positions(len(tables))
	for i := range halfDigits {
		t, b := &tables[i/n], buckets[i%n]
		b = b[:len(b)+2]
		putSigned(&b[len(b)-2], t.direct, int(d1[i]))
		putSigned(&b[len(b)-1], t.image, int(d2[i]))
		buckets[i%n] = b
	}
}

// splitRandom writes s as the sum of two uniform scalars.
func splitRandom(s Scalar) (Scalar, Scalar) {
	a, err := RandomScalar(nil)
	if err != nil {
		panic(err) // crypto/rand does not fail
	}
	return a, s.Sub(a)
}

// MulSecret2 is s·G2g for a secret scalar, split into two random summands. It
// serves key generation only.
func MulSecret2(s Scalar) G2 {
	a, b := splitRandom(s)
	return Generator2().Mul(a).Add(Generator2().Mul(b))
}
