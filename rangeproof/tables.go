package rangeproof

import (
	"math/big"

	bls12381 "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"

	"github.com/utt-ecash/utt-go/internal/curve"
)

// newProver makes the tables.
func (k *ProvingKey) newProver() *prover {
	g := &k.groth16
	p := &prover{wires: split{public: k.circuit.r1cs.GetNbPublicVariables()}, domain: &g.Domain}
	bits := k.circuit.bits()
	// points are those of the wires that are not absent; wire 0 goes into the constant
	sort1 := func(constant curve.G1, points []bls12381.G1Affine, absent func(int) bool, at *wiresOf[int]) (curve.G1, wiresOf[curve.G1]) {
		var sorted wiresOf[curve.G1]
		for w := range g.InfinityA {
			if absent(w) {
				continue
			}
			q := curve.FromG1Affine(points[0])
			points = points[1:]
			switch {
			case w == 0:
				constant = constant.Add(q)
			case bits[w]:
				at.bits, sorted.bits = append(at.bits, w), append(sorted.bits, q)
			default:
				at.scalars, sorted.scalars = append(at.scalars, w), append(sorted.scalars, q)
			}
		}
		return constant, sorted
	}
	sum := func(constant curve.G1, w wiresOf[curve.G1]) *curve.FixedSum {
		return curve.NewFixedSum(constant, w.scalars, w.bits)
	}

	alpha, a := sort1(curve.FromG1Affine(g.G1.Alpha), g.G1.A, func(w int) bool { return g.InfinityA[w] }, &p.wires.a)
	a.scalars = append(a.scalars, curve.FromG1Affine(g.G1.Delta)) // for r
	p.a = sum(alpha, a)
	p.b = sum(sort1(curve.FromG1Affine(g.G1.Beta), g.G1.B, func(w int) bool { return g.InfinityB[w] }, &p.wires.b))
	p.k = sum(sort1(curve.G1{}, g.G1.K, func(w int) bool { return w < p.wires.public }, &p.wires.k))
	slots := k.verifier.k[1 : 1+slotsOf(k.circuit.Outputs()).committed()]
	p.d = curve.NewFixedSum(curve.G1{}, slots, nil)

	p.b2 = k.newB2(bits)
	z := make([]curve.G1, len(g.G1.Z))
	for i := range z {
		z[i] = curve.FromG1Affine(g.G1.Z[i])
	}
	p.z = curve.NewFixedMSM(z, zWindow)
	p.denominator.Exp(p.domain.FrMultiplicativeGen, new(big.Int).SetUint64(p.domain.Cardinality))
	one := fr.One()
	p.denominator.Sub(&p.denominator, &one).Inverse(&p.denominator)
	return p
}

// newB2 is B in G2, with the wires in the order of those of B in G1, and then s.
func (k *ProvingKey) newB2(bits map[int]bool) *curve.FixedSum2 {
	g := &k.groth16
	constant, points := curve.FromG2Affine(g.G2.Beta), g.G2.B
	var sorted wiresOf[curve.G2]
	for w, absent := range g.InfinityB {
		if absent {
			continue
		}
		q := curve.FromG2Affine(points[0])
		points = points[1:]
		switch {
		case w == 0:
			constant = constant.Add(q)
		case bits[w]:
			sorted.bits = append(sorted.bits, q)
		default:
			sorted.scalars = append(sorted.scalars, q)
		}
	}
	return curve.NewFixedSum2(constant, append(sorted.scalars, curve.FromG2Affine(g.G2.Delta)), sorted.bits)
}
