package curve

import (
	"runtime"
	"slices"

	bls12381 "github.com/consensys/gnark-crypto/ecc/bls12-381"

	"github.com/utt-ecash/utt-go/internal/ifma"
	"github.com/utt-ecash/utt-go/internal/parallel"
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

// Loop is the product of some pairings before the final exponentiation.
type Loop struct{ f bls12381.GT }

// NewLoop is Π e(P_i, Q_i), to be used in PairingCheck.
func NewLoop(pairs []Pair) Loop { return Loop{millerLoop(pairs)} }

// PairingCheck reports Π e(P_i, Q_i) = 1 over both lists and what loops hold, on all cores.
// Points must be in their subgroups.
func PairingCheck(fixed []PairFixed, pairs []Pair, loops ...Loop) bool {
	products := make([]bls12381.GT, 1, 1+len(loops))
	products[0].SetOne()
	for i := range loops {
		products[0].Mul(&products[0], &loops[i].f)
	}
	if lanes && len(fixed)*2/3+len(pairs) >= fewPairs {
		products = append(products, loopsInLanes(fixed, pairs)...)
	} else {
		products = append(products, loopsScalar(fixed, pairs)...)
	}
	f := bls12381.FinalExponentiation(&products[0], pointers(products[1:])...)
	return f.IsOne()
}

// loopsScalar are Miller loops that share squarings: one for each core, and not less than
// some pairs. Who is first through, with the fixed ones at two thirds of the time, takes the
// last.
func loopsScalar(fixed []PairFixed, pairs []Pair) []bls12381.GT {
	n := max(1, min(runtime.GOMAXPROCS(0), len(pairs)/pairsAtOnce))
	last := max(0, len(pairs)-(n-1)*len(fixed)*2/3) / n
	most := len(pairs) - last
	products := make([]bls12381.GT, n+1)
	parallel.For(len(products), func(k int) {
		switch k {
		case 0:
			products[k] = millerLoopFixed(fixed)
		case n:
			products[k] = millerLoop(pairs[most:])
		default:
			products[k] = millerLoop(pairs[(k-1)*most/(n-1) : k*most/(n-1)])
		}
	})
	return products
}

// loopsInLanes are as many loops as there are cores, of full vectors but for the last. In
// lanes, a point that is not prepared costs less than one that is.
func loopsInLanes(fixed []PairFixed, pairs []Pair) []bls12381.GT {
	pairs = slices.Clip(pairs)
	for _, p := range fixed {
		pairs = append(pairs, Pair{p.P, p.Q.q})
	}
	vectors := (len(pairs) + ifma.Lanes - 1) / ifma.Lanes
	n := max(1, min(runtime.GOMAXPROCS(0), len(pairs)/pairsAtOnce))
	products := make([]bls12381.GT, n)
	parallel.For(n, func(k int) {
		from, to := k*vectors/n*ifma.Lanes, (k+1)*vectors/n*ifma.Lanes
		products[k] = millerLoop(pairs[from:min(to, len(pairs))])
	})
	return products
}

// pairsAtOnce is for how many pairs a Miller loop of their own is worth it.
const pairsAtOnce = 16

func millerLoopFixed(pairs []PairFixed) (f bls12381.GT) {
	if len(pairs) == 0 {
		return *f.SetOne()
	}
	p := make([]bls12381.G1Affine, len(pairs))
	l := make([]lines, len(pairs))
	for i := range pairs {
		p[i], l[i] = pairs[i].P.p, pairs[i].Q.lines // a copy: gnark-crypto's loop writes to it
	}
	f, err := bls12381.MillerLoopFixedQ(p, l)
	if err != nil {
		panic("curve: Miller loop: " + err.Error()) // only for unequal lengths
	}
	return f
}

func millerLoop(pairs []Pair) (f bls12381.GT) {
	p := make([]bls12381.G1Affine, 0, len(pairs))
	q := make([]bls12381.G2Affine, 0, len(pairs))
	for i := range pairs {
		if !pairs[i].P.IsIdentity() && !pairs[i].Q.IsIdentity() {
			p, q = append(p, pairs[i].P.p), append(q, pairs[i].Q.q)
		}
	}
	if lanes && len(p) >= fewPairs {
		return millerInLanes(p, q)
	}
	if len(p) == 0 {
		return *f.SetOne()
	}
	f, err := bls12381.MillerLoop(p, q)
	if err != nil {
		panic("curve: Miller loop: " + err.Error()) // only for unequal lengths
	}
	return f
}

// fewPairs is from how many on Miller loops take less time in lanes.
const fewPairs = 3

func pointers[T any](s []T) []*T {
	p := make([]*T, len(s))
	for i := range s {
		p[i] = &s[i]
	}
	return p
}
