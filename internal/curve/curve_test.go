package curve

import (
	"fmt"
	"math/big"
	"testing"

	bls12381 "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"
	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/testrand"
)

func scalarOf(n *big.Int) Scalar {
	var e fr.Element
	e.SetBigInt(n)
	return Scalar{e}
}

func (s Scalar) big() *big.Int { return s.e.BigInt(new(big.Int)) }

func pow2(n uint) *big.Int { return new(big.Int).Lsh(big.NewInt(1), n) }

// edgeScalars are those at which a recoding could go wrong.
func edgeScalars() []Scalar {
	r, one := fr.Modulus(), big.NewInt(1)
	var list []Scalar
	for _, n := range []*big.Int{
		big.NewInt(0), one, big.NewInt(2), big.NewInt(15), big.NewInt(16), big.NewInt(17), big.NewInt(31), big.NewInt(32),
		big.NewInt(255), big.NewInt(256), pow2(63), pow2(64), pow2(127), pow2(128), pow2(254),
		glvLambda, new(big.Int).Mul(glvLambda, glvLambda), new(big.Int).Rsh(r, 1),
	} {
		for _, d := range []int64{-1, 0, 1} {
			list = append(list, scalarOf(new(big.Int).Add(n, big.NewInt(d))))
		}
	}
	return list
}

func random(t testing.TB, seed string, n int) []Scalar {
	rand := testrand.New(seed)
	s := make([]Scalar, n)
	for i := range s {
		var err error
		s[i], err = RandomScalar(rand)
		require.NoError(t, err)
	}
	return s
}

// naive is s·p by double and add, right on and off the subgroup.
func naive(s *big.Int, p G1) G1 {
	var z bls12381.G1Jac
	for i := s.BitLen() - 1; i >= 0; i-- {
		z.DoubleAssign()
		if s.Bit(i) == 1 {
			z.AddMixed(&p.p)
		}
	}
	var out G1
	out.p.FromJacobian(&z)
	return out
}

func smallOrder(q int64) G1 { return FromG1Affine(testrand.SmallOrder(q)) }

func TestGroupLaws(t *testing.T) {
	g, h := Generator(), HashToG1("UTT-V1/test/point", []byte("h"))
	for _, p := range []G1{{}, g, h, g.Neg(), smallOrder(3), smallOrder(11)} {
		for _, q := range []G1{{}, g, h, p, p.Neg()} {
			require.Equal(t, p.Add(q), q.Add(p))
			require.True(t, p.Add(q).Sub(q).Equal(p))
		}
		require.True(t, p.Sub(p).IsIdentity())
		require.Equal(t, p, p.Neg().Neg())
		require.Equal(t, p.Add(p), naive(big.NewInt(2), p))
	}
	require.False(t, g.Equal(h))
	require.False(t, g.IsIdentity())
	require.Equal(t, G1{}, g.Mul(scalarOf(fr.Modulus())))
	require.Equal(t, Generator2().Add(Generator2()), Generator2().Mul(Uint64(2)))
	require.True(t, Generator2().Mul(Scalar{}).IsIdentity())
	require.False(t, Generator2().Equal(G2{}))
	two := Generator2().Add(Generator2())
	require.True(t, two.EqualOrOpposite(two))
	require.True(t, two.EqualOrOpposite(two.Mul(Uint64(1).Neg())))
	require.True(t, G2{}.EqualOrOpposite(G2{}))
	require.False(t, two.EqualOrOpposite(Generator2()))
	require.False(t, two.EqualOrOpposite(G2{}))
	for _, s := range edgeScalars() {
		require.Equal(t, naive(s.big(), h), h.Mul(s))
		require.Equal(t, Generator2().Mul(s), MulSecret2(s))
	}
}

func TestClearCofactor(t *testing.T) {
	effective := new(big.Int)
	effective.SetString("d201000000010001", 16) // RFC 9380, section 8.8.1
	h := HashToG1("UTT-V1/test/point", []byte("h"))
	require.Equal(t, naive(effective, h), h.ClearCofactor())
	require.Equal(t, G1{}, G1{}.ClearCofactor())
	for _, q := range testrand.SmallOrders {
		require.True(t, smallOrder(q).ClearCofactor().IsIdentity(), "order %d", q)
		require.Equal(t, h.ClearCofactor(), h.Add(smallOrder(q)).ClearCofactor(), "order %d", q)
	}
}

func TestCompressedNamesThePoint(t *testing.T) {
	g := Generator()
	require.Equal(t, "97f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb",
		fmt.Sprintf("%x", g.Compressed()))
	require.NotEqual(t, g.Compressed(), g.Neg().Compressed())
	require.Equal(t, "G1(97f1d3a73197…)", fmt.Sprint(g))
	require.Equal(t, "G2(93e02b605271…)", fmt.Sprint(Generator2()))
}

func TestWrappers(t *testing.T) {
	g := Generator()
	require.Equal(t, g, FromG1Affine(g.Affine()))
	q := Generator2()
	require.Equal(t, q, FromG2Affine(q.Affine()))
	s := Uint64(7)
	require.Equal(t, s, FromElement(s.Element()))
	require.Equal(t, q, NewFixed(q).G2())
}
