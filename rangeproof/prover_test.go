package rangeproof

import (
	"math/big"
	"sync"
	"testing"

	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"
	groth16 "github.com/consensys/gnark/backend/groth16/bls12-381"
	cs "github.com/consensys/gnark/constraint/bls12-381"
	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/curve"
)

// solve is the wires of a circuit for some values and ρ.
func solve(t *testing.T, p payment, rho uint64) *cs.R1CSSolution {
	w, err := newWitness(assign(p.v, p.pub, curve.Uint64(rho)))
	require.NoError(t, err)
	s, err := p.key.circuit.r1cs.Solve(w)
	require.NoError(t, err)
	return s.(*cs.R1CSSolution)
}

// TestProofsVerifyUnderGnark: the proofs are Groth16 proofs, to gnark's own verifier, of
// these public inputs and no others.
func TestProofsVerifyUnderGnark(t *testing.T) {
	for name, p := range payments() {
		t.Run(name, func(t *testing.T) {
			c := p.key.circuit
			var pk groth16.ProvingKey
			var vk groth16.VerifyingKey
			require.NoError(t, groth16.Setup(c.r1cs, &pk, &vk))
			key, _, err := newKeys(c, &pk, &vk, SingleParty)
			require.NoError(t, err)
			for range 3 {
				proof, o, err := key.Prove(nil, p.v, p.pub)
				require.NoError(t, err)
				require.Equal(t, key.verifier.commit(o), proof.d)
				g := &groth16.Proof{Ar: proof.a.Affine(), Bs: proof.b.Affine(), Krs: proof.c.Affine()}
				x := assign(p.v, p.pub, o.Rho())
				require.NoError(t, groth16.Verify(g, &vk, vector(t, x)))
				for i := range x {
					x[i] = x[i].Add(curve.Uint64(1))
					require.Error(t, groth16.Verify(g, &vk, vector(t, x)), "slot %d", i)
					x[i] = x[i].Sub(curve.Uint64(1))
				}
			}
		})
	}
}

func vector(t *testing.T, x []curve.Scalar) fr.Vector {
	w, err := newWitness(x)
	require.NoError(t, err)
	return w.Vector().(fr.Vector)
}

// TestRefusalsComeBeforeTables: what is refused costs nothing that lasts.
func TestRefusalsComeBeforeTables(t *testing.T) {
	k, _, err := SetupSingleParty(t.Context(), pay())
	require.NoError(t, err)
	for _, e := range []struct {
		v   Values
		pub Public
	}{
		{Values{In: []Amount{1}, Out: []Amount{1, 1}}, Public{Limit: 9}},
		{Values{In: []Amount{2}, Out: []Amount{1, 1}, BudgetIn: 1}, Public{Limit: 9}},
	} {
		_, _, err = k.Prove(nil, e.v, e.pub)
		require.Error(t, err)
		require.Nil(t, k.prover)
	}
	// two first proofs at once
	var wg sync.WaitGroup
	v, pub := Values{In: []Amount{2}, Out: []Amount{1, 1}}, Public{Limit: 9}
	for range 2 {
		wg.Go(func() {
			p, o, err := k.Prove(nil, v, pub)
			if err == nil {
				err = k.verifier.VerifyOpened(p, o, pub)
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

// TestBitsAreThoseOfTheRanges: the wires that are summed as bits are bits in every
// solution, and all of the ranges' are among them.
func TestBitsAreThoseOfTheRanges(t *testing.T) {
	for name, p := range payments() {
		bits := p.key.circuit.bits()
		require.GreaterOrEqual(t, len(bits), 64*3, name)
		require.False(t, bits[0])
		s := solve(t, p, 7)
		ones := 0
		for w, v := range s.W {
			if bits[w] {
				require.True(t, v.IsZero() || v.IsOne(), "%s: wire %d", name, w)
				if v.IsOne() {
					ones++
				}
			}
		}
		require.Positive(t, ones)
		// what is left is a few values, not bits
		wires := p.key.newProver().wires
		for _, w := range []wiresOf[int]{wires.a, wires.b, wires.k} {
			require.LessOrEqual(t, len(w.scalars), 8, name)
		}
	}
}

// TestQuotient: A·B − C = h·(X^n − 1), at a point.
func TestQuotient(t *testing.T) {
	for name, p := range payments() {
		s := solve(t, p, 12345)
		prover := p.key.newProver()
		h := prover.quotient(s)
		domain := prover.domain
		n := int(domain.Cardinality)
		var at, zero fr.Element
		at.SetUint64(987654321)
		zero.Exp(at, big.NewInt(int64(n)))
		one := fr.One()
		zero.Sub(&zero, &one)
		a, b, c := evaluate(s.A, domain.Generator, n, at), evaluate(s.B, domain.Generator, n, at), evaluate(s.C, domain.Generator, n, at)
		// h is in the order of reversed bits, as the points of Z are
		var value fr.Element
		for i := n - 2; i >= 0; i-- {
			e := h[reversed(i, n)].Element()
			value.Mul(&value, &at).Add(&value, &e)
		}
		value.Mul(&value, &zero)
		a.Mul(&a, &b).Sub(&a, &c)
		require.Equal(t, a, value, name)
	}
}

// evaluate is the polynomial with some values on the domain of order n, elsewhere.
func evaluate(values []fr.Element, generator fr.Element, n int, at fr.Element) (sum fr.Element) {
	// Σ v_i·ω^i/(x − ω^i)·(x^n − 1)/n
	var power, size, factor fr.Element
	power.SetOne()
	for _, v := range values {
		var term, d fr.Element
		d.Sub(&at, &power)
		term.Mul(&v, &power).Div(&term, &d)
		sum.Add(&sum, &term)
		power.Mul(&power, &generator)
	}
	size.SetInt64(int64(n))
	one := fr.One()
	factor.Exp(at, big.NewInt(int64(n)))
	factor.Sub(&factor, &one).Div(&factor, &size)
	sum.Mul(&sum, &factor)
	return sum
}

func reversed(i, n int) (r int) {
	for bit := 1; bit < n; bit *= 2 {
		r *= 2
		if i&bit != 0 {
			r++
		}
	}
	return r
}

// TestQuotientIsRandomised: every coefficient of h is a polynomial of degree two in ρ, with
// a leading coefficient that is not 0 and does not depend on the values. So the digits of
// each are distributed alike whatever is proven.
func TestQuotientIsRandomised(t *testing.T) {
	leading := func(p payment) []curve.Scalar {
		prover := p.key.newProver()
		var at [4][]curve.Scalar
		for rho := range at {
			at[rho] = prover.quotient(solve(t, p, uint64(rho)))
		}
		second := func(k, i int) curve.Scalar { return at[k][i].Sub(at[k+1][i].Add(at[k+1][i])).Add(at[k+2][i]) }
		out := make([]curve.Scalar, len(at[0]))
		for i := range out {
			out[i] = second(0, i)
			require.True(t, out[i].Equal(second(1, i)), "of degree two")
			require.False(t, out[i].IsZero(), "coefficient %d", i)
		}
		return out
	}
	require.Equal(t, leading(limitedPayment()), leading(budgetedPayment()))
	leading(taxedPayment())
}
