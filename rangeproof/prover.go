package rangeproof

import (
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr/fft"
	"github.com/consensys/gnark/constraint"
	cs "github.com/consensys/gnark/constraint/bls12-381"

	"github.com/utt-ecash/utt-go/internal/curve"
)

// prover is what a proving key is made into at first use: tables of its points, some 7
// megabytes in 0.1 s. With w the values of the wires, h the coefficients of
// (A·B − C)/(X^n − 1), and uniform r and s,
//
//	A  = α + Σ w_i·A_i + r·δ
//	B  = β + Σ w_i·B_i + s·δ                        in G2; B' the same without s·δ in G1
//	C  = Σ w_i·K_i + Σ h_j·Z_j + s·A + r·B'
//
// Groth16, ePrint 2016/260, section 3.2. C is that of the paper, since
// s·A + r·B' = s·A + r·(B' + s·δ) − r·s·δ.
type prover struct {
	wires      split
	a, b, k, d *curve.FixedSum
	b2         *curve.FixedSum2
	z          *curve.FixedMSM
	domain     *fft.Domain
	// 1/(g^n − 1) for the coset's generator g
	denominator fr.Element
}

// split says how the wires of a circuit enter the sums. Wire 0 is the constant 1.
type split struct {
	public  int          // wires without a K
	a, b, k wiresOf[int] // wires that have a point
}

// wiresOf are the wires of a sum: those that are 0 or 1, and the others.
type wiresOf[T any] struct{ scalars, bits []T }

// zWindow makes few additions of some hundred points.
const zWindow = 10

// bits are the wires that a constraint keeps in {0, 1}: c·w·(b·w − b) = 0.
func (c *Circuit) bits() map[int]bool {
	bits := make(map[int]bool)
	single := func(l constraint.LinearExpression) (int, bool) {
		return first(l), len(l) == 1 && first(l) != 0 && !c.coefficient(l[0]).IsZero()
	}
	// b·w − b
	factor := func(l constraint.LinearExpression, w int) bool {
		if len(l) != 2 {
			return false
		}
		one, other := l[0], l[1]
		if one.WireID() != 0 {
			one, other = other, one
		}
		var sum fr.Element
		sum.Add(c.coefficient(one), c.coefficient(other))
		return one.WireID() == 0 && other.WireID() == w && sum.IsZero() && !c.coefficient(one).IsZero()
	}
	zero := func(l constraint.LinearExpression) bool {
		for _, t := range l {
			if !c.coefficient(t).IsZero() {
				return false
			}
		}
		return true
	}
	it := c.r1cs.GetR1CIterator()
	for k := it.Next(); k != nil; k = it.Next() {
		for _, sides := range [][2]constraint.LinearExpression{{k.L, k.R}, {k.R, k.L}} {
			if w, ok := single(sides[0]); ok && factor(sides[1], w) && zero(k.O) {
				bits[w] = true
			}
		}
	}
	return bits
}

// first is the wire of an expression's first term, 0 for none.
func first(l constraint.LinearExpression) int {
	if len(l) == 0 {
		return 0
	}
	return l[0].WireID()
}

// prove makes the points of a proof from the values of the wires, r and s, and D from the
// committed slots.
func (p *prover) prove(solution *cs.R1CSSolution, slots []curve.Scalar, r, s curve.Scalar) *Proof {
	a, aBits := pick(solution.W, p.wires.a)
	b, bBits := pick(solution.W, p.wires.b)
	k, kBits := pick(solution.W, p.wires.k)
	sums := curve.SumsFixed(
		curve.FixedValue{Sum: p.a, Scalars: append(a, r), Bits: aBits},
		curve.FixedValue{Sum: p.b, Scalars: b, Bits: bBits},
		curve.FixedValue{Sum: p.k, Scalars: k, Bits: kBits},
		curve.FixedValue{Sum: p.d, Scalars: slots})
	proof := &Proof{a: sums[0], d: sums[3], b: p.b2.Value(append(b, s), bBits)}
	z := p.z.Sum(p.quotient(solution))
	proof.c = sums[2].Add(z).Add(curve.SumSecret(
		curve.Term{Scalar: s, Point: proof.a}, curve.Term{Scalar: r, Point: sums[1]}))
	return proof
}

// pick takes the values of a sum's wires.
func pick(values []fr.Element, of wiresOf[int]) (scalars []curve.Scalar, bits []byte) {
	scalars = make([]curve.Scalar, 0, len(of.scalars)+1)
	for _, w := range of.scalars {
		scalars = append(scalars, curve.FromElement(values[w]))
	}
	bits = make([]byte, len(of.bits))
	for i, w := range of.bits {
		bits[i] = byte(values[w].Bits()[0])
	}
	return scalars, bits
}

// quotient is the coefficients of h = (A·B − C)/(X^n − 1), in the order of the points of Z.
// On the domain, A·B − C is 0, so that C has the coefficients of A·B modulo X^n − 1, which
// are low + high for A·B = low + X^n·high. On the coset of g they are low + g^n·high. The
// difference is (g^n − 1)·high, and h is high.
func (p *prover) quotient(solution *cs.R1CSSolution) []curve.Scalar {
	n := int(p.domain.Cardinality)
	padded := func(v []fr.Element) []fr.Element { return append(make([]fr.Element, 0, n), v...)[:n] }
	a, b, c := padded(solution.A), padded(solution.B), padded(solution.C)
	serial := fft.WithNbTasks(1)
	for _, v := range [][]fr.Element{a, b} {
		p.domain.FFTInverse(v, fft.DIF, serial)
		p.domain.FFT(v, fft.DIT, fft.OnCoset(), serial)
	}
	for i := range a {
		a[i].Mul(&a[i], &b[i])
	}
	p.domain.FFTInverse(a, fft.DIF, fft.OnCoset(), serial)
	p.domain.FFTInverse(c, fft.DIF, serial)
	h := make([]curve.Scalar, n-1) // the last, of degree n − 1, is 0
	for i := range h {
		a[i].Sub(&a[i], &c[i]).Mul(&a[i], &p.denominator)
		h[i] = curve.FromElement(a[i])
	}
	return h
}
