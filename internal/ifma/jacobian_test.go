package ifma

import (
	"math/big"
	"math/rand/v2"
	"testing"

	bls12381 "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fp"
	"github.com/stretchr/testify/require"
)

type jacobians = [Lanes]bls12381.G1Jac

func lanesOf(points []bls12381.G1Affine) (p [Lanes]*bls12381.G1Affine) {
	for l := range p {
		p[l] = &points[l]
	}
	return p
}

func (p *Points) affine() (out [Lanes]bls12381.G1Affine) {
	var j jacobians
	var to [Lanes]*bls12381.G1Jac
	for l := range j {
		to[l] = &j[l]
	}
	p.Store(&to)
	for l := range j {
		out[l].FromJacobian(&j[l])
	}
	return out
}

func TestPoints(t *testing.T) {
	eachWay(t, func(t *testing.T) {
		first, second := points(Lanes, 5), points(Lanes, 6)
		from := lanesOf(second)
		var p, q Points
		var x, y Element
		LoadAffine(&x, &y, &from)
		q.Load(&from)
		from = lanesOf(first)
		p.Load(&from)
		for i := range 20 {
			n := 1 + i%3
			p.DoubleTimes(n)
			if i%2 == 0 {
				p.AddMixed(&x, &y)
			} else {
				q.DoubleTimes(1)
				p.Add(&q)
			}
			for l := range first {
				for range n {
					first[l].Double(&first[l])
				}
				if i%2 == 0 {
					at := points(Lanes, 6)[l]
					first[l].Add(&first[l], &at)
				} else {
					second[l].Double(&second[l])
					first[l].Add(&first[l], &second[l])
				}
			}
			require.Equal(t, [Lanes]bls12381.G1Affine(first), p.affine(), "step %d", i)
			require.Equal(t, [Lanes]bls12381.G1Affine(second), q.affine(), "step %d", i)
			require.Zero(t, p.Z.Zeros())
		}
	})
}

// What the formulas cannot add leaves Z = 0, there and in all that follows; other lanes
// are right.
func TestPointsExceptions(t *testing.T) {
	eachWay(t, func(t *testing.T) {
		first, second := points(Lanes, 5), points(Lanes, 6)
		second[1] = first[1]
		second[6].Neg(&first[6])
		first[3].X.SetZero() // of order 3: its double is its opposite
		first[3].Y.SetUint64(2)
		second[3].Double(&first[3])
		const wrong = 1<<1 | 1<<6 | 1<<3
		from := lanesOf(second)
		var q Points
		var x, y Element
		LoadAffine(&x, &y, &from)
		q.Load(&from)
		q.DoubleTimes(1)
		for _, mixed := range []bool{true, false} {
			var p Points
			from := lanesOf(first)
			p.Load(&from)
			if mixed {
				p.AddMixed(&x, &y)
			} else {
				p.DoubleTimes(1)
				p.Add(&q)
			}
			require.Equal(t, uint8(wrong), p.Z.Zeros())
			p.DoubleTimes(3)
			p.AddMixed(&x, &y)
			p.Add(&q)
			require.Equal(t, uint8(wrong), p.Z.Zeros())
			for l, got := range p.affine() {
				if wrong>>l&1 == 0 {
					var want, twice bls12381.G1Affine
					twice.Double(&second[l])
					if want = first[l]; mixed {
						want.Add(&want, &second[l])
					} else {
						want.Double(&want)
						want.Add(&want, &twice)
					}
					for range 3 {
						want.Double(&want)
					}
					want.Add(&want, &second[l])
					want.Add(&want, &twice)
					require.Equal(t, want, got)
				}
			}
		}
	})
}

func BenchmarkDoubleTimes(b *testing.B) {
	first := points(Lanes, 5)
	from := lanesOf(first)
	var p Points
	p.Load(&from)
	for b.Loop() {
		p.DoubleTimes(100)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/100, "ns/doubling")
}

func BenchmarkAddMixed(b *testing.B) {
	first, second := points(Lanes, 5), points(Lanes, 6)
	from, other := lanesOf(first), lanesOf(second)
	var p Points
	var x, y Element
	p.Load(&from)
	LoadAffine(&x, &y, &other)
	for b.Loop() {
		p.AddMixed(&x, &y)
	}
}

// At the bounds of coordinates, and whatever their limbs, the kernels compute the same
// elements as the formulas in Go; an addition has the other sign in Y and Z.
func TestPointsBounds(t *testing.T) {
	if !Enabled {
		require.NotPanics(t, func() { new(Points).DoubleTimes(1) })
		return
	}
	defer func() { Enabled = true }()
	p := fp.Modulus()
	values := []*big.Int{new(big.Int), big.NewInt(1), p, new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 364), big.NewInt(1))}
	for _, n := range []int64{1, 2, 3, 8, 16} {
		v := new(big.Int).Mul(p, big.NewInt(n))
		values = append(values, v.Sub(v, big.NewInt(1)))
	}
	for _, e := range edges() {
		v := new(big.Int)
		for i := len(e) - 1; i >= 0; i-- {
			v.Lsh(v, 64).Add(v, new(big.Int).SetUint64(e[i]))
		}
		values = append(values, v, new(big.Int).Add(v, new(big.Int).Mul(p, big.NewInt(15))))
	}
	elements := func(q *Points) (e [3][Lanes]fp.Element) {
		return [3][Lanes]fp.Element{q.X.elements(), q.Y.elements(), q.Z.elements()}
	}
	small := func(q *Points) {
		for _, c := range []*Element{&q.X, &q.Y, &q.Z} {
			for l := range Lanes {
				require.Negative(t, c.number(l).Cmp(new(big.Int).Mul(p, big.NewInt(16))))
				for j := range c {
					require.Less(t, c[j][l], uint64(1)<<52)
				}
			}
		}
	}
	source := rand.New(rand.NewPCG(9, 10))
	for range 1000 {
		var q, r Points
		var x, y Element
		for l := range Lanes {
			q.X.setNumber(l, values[source.IntN(len(values))])
			q.Y.setNumber(l, values[source.IntN(len(values))])
			q.Z.setNumber(l, new(big.Int).Mod(values[source.IntN(len(values))], p))
			x.setNumber(l, values[source.IntN(len(values))])
			y.setNumber(l, values[source.IntN(len(values))])
		}
		n := 1 + source.IntN(3)
		r = q
		q.DoubleTimes(n)
		Enabled = false
		r.DoubleTimes(n)
		Enabled = true
		require.Equal(t, elements(&r), elements(&q))
		require.Equal(t, r.Z.Zeros(), q.Z.Zeros())
		small(&q)
		r = q
		q.AddMixed(&x, &y)
		Enabled = false
		r.AddMixed(&x, &y)
		r.Y.Neg(&r.Y)
		r.Z.Neg(&r.Z)
		Enabled = true
		require.Equal(t, elements(&r), elements(&q))
		small(&q)
	}
}
