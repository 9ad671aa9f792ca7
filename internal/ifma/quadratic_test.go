package ifma

import (
	"math/rand/v2"
	"testing"

	bls12381 "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fp"
	"github.com/stretchr/testify/require"
)

func load2(e *[Lanes]bls12381.E2) (z E2) {
	var from [Lanes]*bls12381.E2
	for l := range e {
		from[l] = &e[l]
	}
	z.Load(&from)
	return z
}

func (x *E2) elements() (e [Lanes]bls12381.E2) {
	var to [Lanes]*bls12381.E2
	for l := range e {
		to[l] = &e[l]
	}
	x.Store(&to)
	return e
}

func TestQuadratic(t *testing.T) {
	all := edges()
	eachWay(t, func(t *testing.T) {
		source := rand.New(rand.NewPCG(7, 8))
		element := func() fp.Element {
			if source.IntN(2) == 0 {
				return all[source.IntN(len(all))]
			}
			return random(source)
		}
		for range 2000 {
			var x, y [Lanes]bls12381.E2
			var f [Lanes]fp.Element
			for l := range x {
				x[l], y[l], f[l] = bls12381.E2{A0: element(), A1: element()}, bls12381.E2{A0: element(), A1: element()}, element()
			}
			u, v, w := load2(&x), load2(&y), load(&f)
			require.Equal(t, x, u.elements())
			check := func(z *E2, want func(z, x, y *bls12381.E2)) {
				got := z.elements()
				for l := range got {
					var e bls12381.E2
					want(&e, &x[l], &y[l])
					require.Equal(t, e, got[l])
				}
			}
			for _, alias := range []bool{false, true} {
				a, b, z := u, v, new(E2)
				if alias {
					z = &a
				}
				z.Mul(&a, &b)
				check(z, func(z, x, y *bls12381.E2) { z.Mul(x, y) })
				if a, b = u, v; alias {
					z = &b
				}
				z.Mul(&a, &b)
				check(z, func(z, x, y *bls12381.E2) { z.Mul(x, y) })
				if a, b = u, v; alias {
					z = &a
				}
				z.Square(&a)
				check(z, func(z, x, _ *bls12381.E2) { z.Square(x) })
			}
			var z E2
			z.Add(&u, &v)
			z.Sub(&z, &u)
			check(&z, func(z, _, y *bls12381.E2) { *z = *y })
			z.Triple(&u)
			z.Halve(&z)
			z.Sub(&z, &v)
			check(&z, func(z, x, y *bls12381.E2) {
				z.Double(x)
				z.Add(z, x)
				z.Halve()
				z.Sub(z, y)
			})
			z.Conjugate(&u)
			z.Scale(&z, &w)
			for l, e := range z.elements() {
				var want bls12381.E2
				want.Conjugate(&x[l])
				want.MulByElement(&want, &f[l])
				require.Equal(t, want, e)
			}
			z.Sub(&u, &v)
			for l := range x {
				require.Equal(t, x[l] == y[l], z.Zeros()>>l&1 != 0)
			}
		}
	})
}

// Dots are right for factors at their bound, and for as many as there may be.
func TestDots(t *testing.T) {
	eachWay(t, func(t *testing.T) {
		source := rand.New(rand.NewPCG(9, 8))
		for n := 1; n <= 16; n++ {
			x, y := make([]Element, n), make([]Element, n)
			var most Element
			for l := range Lanes {
				for j := range most {
					most[j][l] = mask52
				}
				most[7][l] = 0x1a011<<12 - 1
			}
			var want, z, again Element
			dot, other := Dot{Z: &z}, Dot{Z: &again}
			for i := range x {
				x[i], y[i] = most, most
				if n%2 == 0 {
					for l := range Lanes {
						e, f := random(source), random(source)
						x[i].split(l, &e)
						y[i].split(l, &f)
					}
				}
				var p Element
				p.Mul(&x[i], &y[i])
				want.Add(&want, &p)
				dot.Products = append(dot.Products, Product{&x[i], &y[i]})
				other.Products = append(other.Products, Product{&y[i], &x[i]})
			}
			Dots([]Dot{dot, other})
			require.Equal(t, want.elements(), z.elements())
			require.Equal(t, z, again)
			for l := range Lanes {
				require.Negative(t, z.number(l).Cmp(fp.Modulus().Lsh(fp.Modulus(), 1)))
			}
		}
	})
}
