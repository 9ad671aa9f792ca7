package curve

import (
	"math/big"
	"sync"

	bls12381 "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fp"

	"github.com/utt-ecash/utt-go/internal/ifma"
)

// untwist are ξ^(−(p−1)/3) and ξ^(−(p−1)/2), by which the endomorphism of the twist
// ψ(x, y) = (x̄·ξ^(−(p−1)/3), ȳ·ξ^(−(p−1)/2)) multiplies.
var untwist = sync.OnceValue(func() (c [2]ifma.E2) {
	n := new(big.Int).Sub(fp.Modulus(), big.NewInt(1))
	for i, k := range []int64{3, 2} {
		var xi bls12381.E2
		xi.A0.SetOne()
		xi.A1.SetOne()
		xi.Exp(xi, new(big.Int).Div(n, big.NewInt(k)))
		xi.Inverse(&xi)
		c[i].Set(&xi)
	}
	return c
})

// pointsOfTwist are eight points (x/z², y/z³).
type pointsOfTwist struct {
	x, y, z ifma.E2
	work    [6]ifma.E2
}

// double is p = 2p, by the formula of the function double.
func (p *pointsOfTwist) double() {
	m, s, t := &p.work[0], &p.work[1], &p.work[2]
	t.Square(&p.x)
	m.Triple(t)
	m.Halve(m)
	t.Square(&p.y)
	s.Mul(&p.x, t)
	p.z.Mul(&p.y, &p.z)
	p.x.Square(m)
	p.x.Sub(&p.x, s)
	p.x.Sub(&p.x, s)
	s.Sub(s, &p.x)
	s.Mul(s, m)
	t.Square(t)
	p.y.Sub(s, t)
}

// add is p += (x, y), for points that are not equal or opposite; else z = 0, for good.
func (p *pointsOfTwist) add(x, y *ifma.E2) {
	h, s, v, t := &p.work[0], &p.work[1], &p.work[2], &p.work[3]
	t.Square(&p.z)
	h.Mul(x, t)
	h.Sub(h, &p.x)
	s.Mul(y, t)
	s.Mul(s, &p.z)
	s.Sub(s, &p.y)
	p.z.Mul(&p.z, h)
	t.Square(h)
	v.Mul(&p.x, t)
	h.Mul(h, t)
	p.x.Square(s)
	p.x.Sub(&p.x, h)
	p.x.Sub(&p.x, v)
	p.x.Sub(&p.x, v)
	h.Mul(h, &p.y)
	v.Sub(v, &p.x)
	v.Mul(v, s)
	p.y.Sub(v, h)
}

// subgroup2InLanes reports which of at most eight points of the twist are in the subgroup:
// those with ψ(Q) = −x0·Q. Those for which that is not decided, for an addition that the
// formulas do not make, are left to the scalar code.
func subgroup2InLanes(points []G2) (in uint8) {
	var x, y [ifma.Lanes]*bls12381.E2
	var undecided uint8
	for l := range x {
		q := &points[l%len(points)].q
		if q.IsInfinity() {
			q, undecided = &g2Generator, undecided|1<<l
		}
		x[l], y[l] = &q.X, &q.Y
	}
	work := new(struct {
		p        pointsOfTwist
		x, y, zz ifma.E2
	})
	p, qx, qy, zz := &work.p, &work.x, &work.y, &work.zz
	qx.Load(&x)
	qy.Load(&y)
	p.x, p.y, p.z.A0 = *qx, *qy, ifma.One
	for i := 62; i >= 0; i-- {
		p.double()
		if x0>>i&1 != 0 {
			p.add(qx, qy)
		}
	}
	// ψ(Q) = (x, y) is −(X/Z², Y/Z³)
	c := untwist()
	qx.Conjugate(qx)
	qy.Conjugate(qy)
	qx.Mul(qx, &c[0])
	qy.Mul(qy, &c[1])
	zz.Square(&p.z)
	qx.Mul(qx, zz)
	qx.Sub(qx, &p.x)
	zz.Mul(zz, &p.z)
	qy.Mul(qy, zz)
	qy.Add(qy, &p.y)
	qy.Mul(qy, zz) // no sum; zz is not zero where it counts
	in = qx.Zeros() & qy.Zeros()
	undecided |= p.z.Zeros()
	for l := range points {
		if bit := uint8(1) << l; undecided&bit != 0 {
			if in &^= bit; points[l].InSubgroup() {
				in |= bit
			}
		}
	}
	return in
}
