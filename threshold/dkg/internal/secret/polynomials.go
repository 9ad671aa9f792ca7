package secret

import (
	"fmt"
	"io"

	"github.com/utt-ecash/utt-go/internal/curve"
)

// Polynomials are a dealer's: f of every component and, in a key generation, f′ that
// blinds it. They print as "redacted".
type Polynomials struct {
	x []g2Secret // nil of encryption keys
	y [][]dualSecret
	a [][]g1Secret
	b [][]blinding // of every component, x first; nil when resharing
}

// Draw makes polynomials with t coefficients from a source of scalars.
func Draw(k Kind, t int, next func() curve.Scalar) *Polynomials {
	p := new(Polynomials)
	if k.signing {
		p.x = coefficients(t, func() g2Secret { return g2Secret{next()} })
	}
	for range k.n {
		if k.signing {
			p.y = append(p.y, coefficients(t, func() dualSecret { return dualSecret{next()} }))
		} else {
			p.a = append(p.a, coefficients(t, func() g1Secret { return g1Secret{next()} }))
		}
	}
	for range k.Components() {
		p.b = append(p.b, coefficients(t, func() blinding { return blinding{next()} }))
	}
	return p
}

func coefficients[E any](t int, next func() E) []E {
	f := make([]E, t)
	for k := range f {
		f[k] = next()
	}
	return f
}

// Reshare makes polynomials with t coefficients whose values at 0 are a share. They are not
// blinded: the key is public.
func Reshare(s *Share, t int, next func() curve.Scalar) *Polynomials {
	p := Draw(s.kind(), t, next)
	copy(p.x, s.x)
	for i := range p.y {
		p.y[i][0] = s.y[i]
	}
	for i := range p.a {
		p.a[i][0] = s.a[i]
	}
	p.b = nil
	return p
}

// Pedersen commits to the polynomials.
func (p *Polynomials) Pedersen() *Pedersen {
	c, b := new(Pedersen), p.b
	if p.x != nil {
		for k := range p.x {
			c.X = append(c.X, p.x[k].blinded(b[0][k]))
		}
		b = b[1:]
	}
	c.G1 = append(commit(p.y, b), commit(p.a, b)...)
	return c
}

// Feldman is the polynomials in the exponent.
func (p *Polynomials) Feldman() *Feldman {
	f := new(Feldman)
	for k := range p.x {
		f.X = append(f.X, p.x[k].point())
	}
	f.G1 = append(commit(p.y, nil), commit(p.a, nil)...)
	for _, y := range p.y {
		c := make([]curve.G2, len(y))
		for k := range y {
			c[k] = y[k].point2()
		}
		f.Y2 = append(f.Y2, c)
	}
	return f
}

// commit is f_k·G of every component, plus f′_k·H1 if it is blinded.
func commit[E inFirst[E]](f [][]E, b [][]blinding) [][]curve.G1 {
	var sums [][]curve.Term
	for c := range f {
		for k := range f[c] {
			terms := []curve.Term{f[c][k].term1(curve.Uint64(1))}
			if b != nil {
				terms = append(terms, b[c][k].term1())
			}
			sums = append(sums, terms)
		}
	}
	points := curve.SumsSecret(sums)
	var out [][]curve.G1
	for c := range f {
		n := len(f[c])
		out, points = append(out, points[:n:n]), points[n:]
	}
	return out
}

// At is the share at j.
func (p *Polynomials) At(j uint64) *Share {
	at := curve.Uint64(j)
	s := new(Share)
	if p.x != nil {
		s.x = []g2Secret{evaluate(p.x, at)}
	}
	s.y, s.a, s.b = values(p.y, at), values(p.a, at), values(p.b, at)
	return s
}

func values[E element[E]](f [][]E, at curve.Scalar) []E {
	var v []E
	for c := range f {
		v = append(v, evaluate(f[c], at))
	}
	return v
}

// Interpolate is the polynomials of degree below the number of shares that have these
// values. They are public then, of a dealer who did not open his own.
func Interpolate(at []uint64, shares []*Share) *Polynomials {
	p := new(Polynomials)
	first := shares[0]
	basis := lagrangeBasis(at)
	if first.x != nil {
		p.x = interpolate(basis, func(i int) g2Secret { return shares[i].x[0] })
	}
	for c := range first.y {
		p.y = append(p.y, interpolate(basis, func(i int) dualSecret { return shares[i].y[c] }))
	}
	for c := range first.a {
		p.a = append(p.a, interpolate(basis, func(i int) g1Secret { return shares[i].a[c] }))
	}
	return p
}

// interpolate is Σ_i value_i·L_i, coefficient by coefficient.
func interpolate[E element[E]](basis [][]curve.Scalar, value func(i int) E) []E {
	f := make([]E, len(basis))
	for k := range f {
		for i := range basis {
			f[k] = f[k].plus(value(i).times(basis[i][k]))
		}
	}
	return f
}

// lagrangeBasis are the coefficients of the polynomials L_i with L_i(at_i) = 1 that are 0
// at the others: L_i = Π (X − at_m)/(at_i − at_m).
func lagrangeBasis(at []uint64) [][]curve.Scalar {
	basis := make([][]curve.Scalar, len(at))
	for i := range at {
		l, denominator := []curve.Scalar{curve.Uint64(1)}, curve.Uint64(1)
		for m := range at {
			if m == i {
				continue
			}
			root := curve.Uint64(at[m])
			next := make([]curve.Scalar, len(l)+1)
			for k := range l {
				next[k+1] = next[k+1].Add(l[k])
				next[k] = next[k].Sub(l[k].Mul(root))
			}
			l, denominator = next, denominator.Mul(curve.Uint64(at[i]).Sub(root))
		}
		inverse := denominator.Inverse()
		for k := range l {
			l[k] = l[k].Mul(inverse)
		}
		basis[i] = l
	}
	return basis
}

// Erase overwrites the coefficients.
func (p *Polynomials) Erase() {
	if p == nil {
		return
	}
	clear(p.x)
	erase(p.y)
	erase(p.a)
	erase(p.b)
}

func erase[E any](lists [][]E) {
	for _, l := range lists {
		clear(l)
	}
}

// Format prints "redacted".
func (p *Polynomials) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "redacted") }
