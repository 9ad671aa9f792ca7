package curve

import (
	"crypto/rand"
	"encoding/binary"
	"slices"

	bls12381 "github.com/consensys/gnark-crypto/ecc/bls12-381"
)

// table holds the multiples 1, 3 … 31 of a point of the subgroup and of its image
// under φ.
type table struct{ direct, image []bls12381.G1Affine }

// newTables prepares points, in a buffer that is to be given back.
func (a *additions) newTables(points []G1) ([]table, *buffer) {
	all := len(points) * secretTable
	space := borrow(2 * all)
	direct, image := space.points[:all], space.points[all:]
	a.putOddMultiples(direct, points, secretTable)
	copy(image, direct)
	timesBeta(image)
	tables := make([]table, len(points))
	for i := range tables {
		from, to := i*secretTable, (i+1)*secretTable
		tables[i] = table{direct[from:to], image[from:to]}
	}
	return tables, space
}

// SumSecret is Σ s_i·P_i for secret scalars and points of the subgroup.
func SumSecret(terms ...Term) G1 { return SumsSecret([][]Term{terms})[0] }

// SumsSecret is SumSecret for many sums. Points that several have in common are
// prepared once, and with more tables the more sums have no other; the generator has a
// table made once for all.
func SumsSecret(sums [][]Term) []G1 {
	a := additions{keep: true}
	defer a.release()
	points, space := a.prepare(sums)
	defer space.giveBackSecret()
	out := make([]G1, 0, len(sums))
	for len(sums) > 0 {
		n := min(len(sums), sumsAtOnce)
		out = append(out, points.sumChunk(&a, sums[:n])...)
		sums = sums[n:]
	}
	return out
}

// sumsAtOnce bounds what is in work at a time, so that it stays in the cache.
const sumsAtOnce = 16

// prepared are points with their tables.
type prepared map[G1][]table

// prepare makes tables of all points but the generator: of P, or of P and 2^(5n)·P,
// 2^(10n)·P … for every n digits, which share n positions and their doublings.
func (a *additions) prepare(sums [][]Term) (prepared, *buffer) {
	alone := make(map[G1]int) // how many sums have no other point
	var order []G1
	for _, terms := range sums {
		var first G1
		points := 0
		for i := range terms {
			p := terms[i].Point
			if p == Generator() || points > 0 && p == first {
				continue
			}
			if _, ok := alone[p]; !ok {
				alone[p], order = 0, append(order, p)
			}
			first, points = p, points+1
		}
		if points == 1 {
			alone[first]++
		}
	}
	shares, total := make([]int, len(order)), 0
	for i, p := range order {
		shares[i] = 1
		switch {
		case alone[p] >= 4:
			shares[i] = 4
		case alone[p] >= 2:
			shares[i] = 2
		}
		total += shares[i]
	}
	affine := order
	if total > len(order) {
		affine = shifted(order, shares, total)
	}
	tables, space := a.newTables(affine)
	all := make(prepared, len(order))
	for i, p := range order {
		all[p], tables = tables[:shares[i]], tables[shares[i]:]
	}
	return all, space
}

// shifted are P, 2^(5n)·P … for every point, as many as its share and total in all, where
// n is how many digits each has.
func shifted(points []G1, shares []int, total int) []G1 {
	jac := make([]bls12381.G1Jac, 0, total)
	for i := range points {
		var q bls12381.G1Jac
		q.FromAffine(&points[i].p)
		for k := range shares[i] {
			for range min(k, 1) * secretWindow * positions(shares[i]) {
				double(&q)
			}
			jac = append(jac, q)
		}
	}
	out := make([]G1, total)
	for i, p := range bls12381.BatchJacobianToAffineG1(jac) {
		out[i].p = p
	}
	return out
}

// positions is how many digits each of n tables has.
func positions(n int) int { return (halfDigits + n - 1) / n }

func (points prepared) sumChunk(a *additions, sums [][]Term) []G1 {
	// per sum a bucket for every position, then one for the generator
	const perSum = halfDigits + 1
	// the points of one position, and the positions
	shape := func(terms []Term) (n, long int) {
		for i := range terms {
			if t := points[terms[i].Point]; t != nil {
				n, long = n+2*len(t), max(long, positions(len(t)))
			}
		}
		return n, long
	}
	room := 0
	for _, terms := range sums {
		n, long := shape(terms)
		room += n * long
	}
	space := borrow(room)
	defer space.giveBackSecret()
	free := space.points
	buckets := make([][]bls12381.G1Affine, perSum*len(sums))
	for k, terms := range sums {
		own := buckets[k*perSum : (k+1)*perSum]
		n, long := shape(terms)
		for i := range long {
			own[i], free = free[:0:n], free[n:]
		}
		var base Scalar
		var withBase bool
		for i, t := range terms {
			switch tables := points[t.Point]; {
			case tables == nil:
				base, withBase = base.Add(t.Scalar), true
			case !slices.ContainsFunc(terms[:i], func(o Term) bool { return o.Point == t.Point }):
				selectPoints(own, tables, sumOver(terms[i:], t.Point))
			}
		}
		if withBase {
			own[halfDigits] = generatorComb().append(nil, base)
		}
	}
	a.addBuckets(buckets)
	jac := make([]bls12381.G1Jac, len(sums))
	rows := make([][][]bls12381.G1Affine, len(sums))
	for k, terms := range sums {
		_, long := shape(terms)
		rows[k] = buckets[k*perSum : k*perSum+long]
	}
	horner(jac, rows, secretWindow)
	for k := range sums {
		if b := buckets[k*perSum+halfDigits]; len(b) > 0 {
			jac[k].AddMixed(&b[0])
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
func selectPoints(buckets [][]bls12381.G1Affine, tables []table, s Scalar) {
	var random [16]byte
	_, _ = rand.Read(random[:]) // never fails
	a, b := binary.LittleEndian.Uint64(random[:8])>>(64-blindBits), binary.LittleEndian.Uint64(random[8:])>>(64-blindBits)
	k1, k2 := split(s, a, b|2)
	d1, d2 := digits(k1), digits(k2)
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
