package threshold

import "github.com/utt-ecash/utt-go/internal/curve"

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
