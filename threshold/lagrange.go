package threshold

import (
	"math/big"

	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/parallel"
	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/sig"
)

// Indices are public, and so is everything computed here.

// lagrange is the coefficients λ_j for which f(x) = Σ λ_j·f(at_j) for every f of
// degree below len(at). The indices must be distinct.
func lagrange(x Index, at []Index) []curve.Scalar {
	numerators, denominators := make([]curve.Scalar, len(at)), make([]curve.Scalar, len(at))
	for k, j := range at {
		numerators[k], denominators[k] = curve.Uint64(1), curve.Uint64(1)
		for m, i := range at {
			if m != k {
				numerators[k] = numerators[k].Mul(difference(x, i))
				denominators[k] = denominators[k].Mul(difference(j, i))
			}
		}
	}
	invert(denominators)
	for k := range numerators {
		numerators[k] = numerators[k].Mul(denominators[k])
	}
	return numerators
}

// interpolate is S = Σ λ_j·S_j of every set of shares, on all cores. With d the least
// number for which the d·λ_j are whole, and d = 1 for neighbours, it is
//
//	S = d⁻¹·Σ (d·λ_j)·S_j
//
// which takes small multiples of the shares and one long one, or none, in place of
// one of each share. Shares off the subgroup make an S of which no more is said than
// that it is the signature if it verifies.
func interpolate(sets [][]*SignatureShare) []*sig.Signature {
	coefficients := coefficientsOf(sets)
	sums := make([][]curve.Term, len(sets))
	for k, shares := range sets {
		sums[k] = make([]curve.Term, len(shares))
		for i, s := range shares {
			sums[k][i] = curve.Term{Scalar: coefficients[k].multiples[i], Point: s.s}.Shorten()
		}
	}
	points := curve.MSMs(sums)
	var long []int
	var scaled [][]curve.Term
	for k, p := range points {
		if inverse := coefficients[k].inverse; !inverse.IsOne() {
			a, b := curve.Term{Scalar: inverse, Point: p}.Split()
			long, scaled = append(long, k), append(scaled, []curve.Term{a, b})
		}
	}
	for i, p := range curve.MSMs(scaled) {
		points[long[i]] = p
	}
	signatures := make([]*sig.Signature, len(sets))
	for k, p := range points {
		signatures[k] = sig.SignatureOf(p)
	}
	return signatures
}

// coefficients are d·λ_j and 1/d for some parties.
type coefficients struct {
	at        []Index
	multiples []curve.Scalar
	inverse   curve.Scalar
}

// coefficientsOf are those of every set, made once for the same parties: in a block they
// are nearly always the same.
func coefficientsOf(sets [][]*SignatureShare) []*coefficients {
	of, distinct, known := make([]*coefficients, len(sets)), []*coefficients{}, make(map[string]*coefficients)
	for k, shares := range sets {
		var key []byte
		at := make([]Index, len(shares))
		for i, s := range shares {
			at[i], key = s.index, wire.AppendUint16(key, uint16(s.index))
		}
		if of[k] = known[string(key)]; of[k] == nil {
			of[k] = &coefficients{at: at}
			known[string(key)], distinct = of[k], append(distinct, of[k])
		}
	}
	parallel.For(len(distinct), func(i int) {
		c := distinct[i]
		c.multiples, c.inverse = lagrange(0, c.at), curve.Uint64(1)
		if len(c.at) > fewParties {
			return
		}
		d := denominator(c.at)
		c.inverse = d.Inverse()
		for j := range c.multiples {
			c.multiples[j] = c.multiples[j].Mul(d)
		}
	})
	return of
}

// fewParties is up to how many the multiples are small and d is quickly found.
const fewParties = 64

// denominator is the least d > 0 for which all d·λ_j with λ = lagrange(0, at) are
// integers: the least common multiple of their denominators in lowest terms.
func denominator(at []Index) (d curve.Scalar) {
	lcm := big.NewInt(1)
	for k, j := range at {
		above, below := big.NewInt(1), big.NewInt(1)
		for m, i := range at {
			if m != k {
				above.Mul(above, big.NewInt(int64(i)))
				below.Mul(below, big.NewInt(int64(max(i, j)-min(i, j))))
			}
		}
		below.Div(below, new(big.Int).GCD(nil, nil, above, below))
		lcm.Mul(lcm, below.Div(below, new(big.Int).GCD(nil, nil, lcm, below)))
	}
	for _, b := range lcm.Bytes() {
		d = d.Mul(curve.Uint64(1 << 8)).Add(curve.Uint64(uint64(b)))
	}
	return d
}

// dualWord is a random word w with Σ w_j·f(j) = 0 over j = 0 … n for every f of
// degree below t; for any other vector of n + 1 values the sum is 0 with
// probability 1/r. (SCRAPE, section 2.1)
func dualWord(t, n int) ([]curve.Scalar, error) {
	q := make([]curve.Scalar, n-t+1)
	for i := range q {
		var err error
		if q[i], err = curve.RandomScalar(nil); err != nil {
			return nil, err
		}
	}
	w := make([]curve.Scalar, n+1)
	for j := range w {
		w[j] = curve.Uint64(1)
		for i := range w {
			if i != j {
				w[j] = w[j].Mul(difference(Index(j), Index(i)))
			}
		}
	}
	invert(w)
	for j := range w {
		w[j] = w[j].Mul(evaluate(q, Index(j)))
	}
	return w, nil
}

// evaluate is the value at x of the polynomial with the given coefficients, that
// of degree 0 first.
func evaluate(coefficients []curve.Scalar, x Index) (y curve.Scalar) {
	at := curve.Uint64(uint64(x))
	for i := len(coefficients) - 1; i >= 0; i-- {
		y = y.Mul(at).Add(coefficients[i])
	}
	return y
}

func difference(a, b Index) curve.Scalar { return curve.Uint64(uint64(a)).Sub(curve.Uint64(uint64(b))) }

// invert inverts nonzero scalars in place with one inversion.
func invert(s []curve.Scalar) {
	before := make([]curve.Scalar, len(s)) // products of those before
	product := curve.Uint64(1)
	for i := range s {
		before[i] = product
		product = product.Mul(s[i])
	}
	inverse := product.Inverse()
	for i := len(s) - 1; i >= 0; i-- {
		s[i], inverse = inverse.Mul(before[i]), inverse.Mul(s[i])
	}
}
