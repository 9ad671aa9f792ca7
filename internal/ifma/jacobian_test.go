package ifma

import (
	"testing"

	bls12381 "github.com/consensys/gnark-crypto/ecc/bls12-381"
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
