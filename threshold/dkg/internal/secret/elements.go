package secret

import (
	"sync"

	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/dst"
)

// H1 and H2 are the bases of blindings in G1 and G2, whose logarithms nobody knows.
var (
	H1 = sync.OnceValue(func() curve.G1 { return curve.HashToG1(dst.DKGBlinding1, nil) })
	H2 = sync.OnceValue(func() curve.G2 { return curve.HashToG2(dst.DKGBlinding2, nil) })
)

// multiples of G2g and H2 by secrets
var (
	timesG2 = sync.OnceValue(func() *curve.FixedSum2 {
		return curve.NewFixedSum2(curve.G2{}, []curve.G2{curve.Generator2()}, nil)
	})
	timesH2 = sync.OnceValue(func() *curve.FixedSum2 { return curve.NewFixedSum2(curve.G2{}, []curve.G2{H2()}, nil) })
)

func multiple2(of *curve.FixedSum2, s curve.Scalar) curve.G2 { return of.Value([]curve.Scalar{s}, nil) }

// element is what polynomials and Lagrange sums need.
type element[E any] interface {
	plus(E) E
	times(curve.Scalar) E
}

// evaluate is the value at x of the polynomial with the coefficients f.
func evaluate[E element[E]](f []E, x curve.Scalar) (y E) {
	for k := len(f) - 1; k >= 0; k-- {
		y = y.times(x).plus(f[k])
	}
	return y
}

// sum is Σ w_i·e_i.
func sum[E element[E]](w []curve.Scalar, e func(i int) E) (y E) {
	for i := range w {
		y = y.plus(e(i).times(w[i]))
	}
	return y
}

// g2Secret has no method that returns a point of G1. [DKG-NOX]
type g2Secret struct{ s curve.Scalar }

func (e g2Secret) plus(o g2Secret) g2Secret        { return g2Secret{e.s.Add(o.s)} }
func (e g2Secret) times(k curve.Scalar) g2Secret   { return g2Secret{e.s.Mul(k)} }
func (e g2Secret) term(z curve.Scalar) curve.Term2 { return inG2(e.s.Mul(z)) }
func (e g2Secret) point() curve.G2                 { return multiple2(timesG2(), e.s) }
func (e g2Secret) blinded(b blinding) curve.G2     { return e.point().Add(multiple2(timesH2(), b.s)) }

type dualSecret struct{ s curve.Scalar }

func (e dualSecret) plus(o dualSecret) dualSecret    { return dualSecret{e.s.Add(o.s)} }
func (e dualSecret) times(k curve.Scalar) dualSecret { return dualSecret{e.s.Mul(k)} }
func (e dualSecret) term1(z curve.Scalar) curve.Term { return inG1(e.s.Mul(z)) }
func (e dualSecret) point2() curve.G2                { return multiple2(timesG2(), e.s) }

type g1Secret struct{ s curve.Scalar }

func (e g1Secret) plus(o g1Secret) g1Secret        { return g1Secret{e.s.Add(o.s)} }
func (e g1Secret) times(k curve.Scalar) g1Secret   { return g1Secret{e.s.Mul(k)} }
func (e g1Secret) term1(z curve.Scalar) curve.Term { return inG1(e.s.Mul(z)) }

// blinding is a coefficient or value of f′, or 0.
type blinding struct{ s curve.Scalar }

func (e blinding) plus(o blinding) blinding      { return blinding{e.s.Add(o.s)} }
func (e blinding) times(k curve.Scalar) blinding { return blinding{e.s.Mul(k)} }
func (e blinding) term1() curve.Term             { return curve.Term{Scalar: e.s, Point: H1()} }
func (e blinding) term2() curve.Term2            { return curve.Term2{Scalar: e.s, Point: H2()} }

func inG1(s curve.Scalar) curve.Term  { return curve.Term{Scalar: s, Point: curve.Generator()} }
func inG2(s curve.Scalar) curve.Term2 { return curve.Term2{Scalar: s, Point: curve.Generator2()} }

// inFirst is a component that is public in G1.
type inFirst[E any] interface {
	element[E]
	term1(z curve.Scalar) curve.Term
}
