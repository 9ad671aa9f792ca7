package curve

import (
	bls12381 "github.com/consensys/gnark-crypto/ecc/bls12-381"
)

// Fixed is a point of G2 with the line functions of its Miller loop, for points
// that recur: a pairing with it costs about two thirds. It is immutable.
type Fixed struct {
	q     G2
	lines lines
}

type lines = [2][len(bls12381.LoopCounter) - 1]bls12381.LineEvaluationAff

// NewFixed prepares a point of the subgroup of G2.
func NewFixed(q G2) *Fixed { return &Fixed{q, bls12381.PrecomputeLines(q.q)} }

// FixedGenerator2 is G2g, prepared.
var FixedGenerator2 = NewFixed(Generator2())

// G2 is the prepared point.
func (f *Fixed) G2() G2 { return f.q }

// PairFixed is the argument (P, Q) of a pairing with a prepared Q.
type PairFixed struct {
	P G1
	Q *Fixed
}

// Pair is the argument (P, Q) of a pairing.
type Pair struct {
	P G1
	Q G2
}

// PairingCheck reports Π e(P_i, Q_i) = 1 over both lists. Points must be in
// their subgroups.
func PairingCheck(fixed []PairFixed, pairs []Pair) bool {
	var f bls12381.GT
	f.SetOne()
	if len(fixed) > 0 {
		p := make([]bls12381.G1Affine, len(fixed))
		l := make([]lines, len(fixed))
		for i := range fixed {
			p[i], l[i] = fixed[i].P.p, fixed[i].Q.lines // a copy: gnark-crypto's loop writes to it
		}
		m, err := bls12381.MillerLoopFixedQ(p, l)
		if err != nil {
			return false
		}
		f.Mul(&f, &m)
	}
	if len(pairs) > 0 {
		p := make([]bls12381.G1Affine, len(pairs))
		q := make([]bls12381.G2Affine, len(pairs))
		for i := range pairs {
			p[i], q[i] = pairs[i].P.p, pairs[i].Q.q
		}
		m, err := bls12381.MillerLoop(p, q)
		if err != nil {
			return false
		}
		f.Mul(&f, &m)
	}
	f = bls12381.FinalExponentiation(&f)
	return f.IsOne()
}
