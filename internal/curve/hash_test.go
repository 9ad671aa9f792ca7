package curve

import (
	"testing"

	bls12381 "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fp"
	hash "github.com/consensys/gnark-crypto/ecc/bls12-381/hash_to_curve"
	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/dst"
	"github.com/utt-ecash/utt-go/internal/testrand"
)

func TestHashManyToG1AgreesWithGnark(t *testing.T) {
	const tag dst.Tag = "UTT-V1/test/many"
	require.Empty(t, HashManyToG1(tag, nil))
	var msgs [][]byte
	for n := range 40 {
		msgs = append(msgs, make([]byte, n))
	}
	for i, p := range HashManyToG1(tag, msgs) {
		want, err := bls12381.HashToG1(msgs[i], []byte(tag))
		require.NoError(t, err)
		require.Equal(t, want, p.p)
		require.Equal(t, p, HashToG1(tag, msgs[i]))
	}
}

// TestMapToCurve includes u = 0 and u² = −1/Z, the exceptions of the map.
func TestMapToCurve(t *testing.T) {
	u := make([]fp.Element, 40)
	u[1].SetOne()
	u[2].SetOne()
	u[2].Neg(&u[2])
	z := hash.G1SSWUIsogenyZ()
	u[3].Inverse(&z)
	u[3].Neg(&u[3])
	if u[3].Sqrt(&u[3]) == nil {
		u[3].SetZero() // −1/Z is no square: there is one exception only
	}
	for i := 4; i < len(u); i++ {
		u[i].SetUint64(uint64(i) * 0x9e3779b97f4a7c15)
	}
	for i := range u {
		p, d := sswu(&u[i])
		p.X.Div(&p.X, &d)
		require.Equal(t, bls12381.MapToCurve1(&u[i]), p)

		q := isogeny(&p)
		hash.G1Isogeny(&p.X, &p.Y)
		var got bls12381.G1Affine
		require.Equal(t, p, *got.FromJacobian(&q))
	}
}

func TestImagesOfSums(t *testing.T) {
	point := func(v uint64) (p bls12381.G1Affine) {
		var u fp.Element
		u.SetUint64(v)
		return bls12381.MapToCurve1(&u)
	}
	image := func(p bls12381.G1Affine) G1 {
		hash.G1Isogeny(&p.X, &p.Y)
		return G1{p}
	}
	p, q, minus := point(7), point(8), point(7)
	minus.Y.Neg(&minus.Y)
	points := []bls12381.G1Affine{p, q, p, p, p, minus, q, p}
	want := []G1{image(p).Add(image(q)), image(p).Add(image(p)), {}, image(q).Add(image(p))}
	exceptions := sumsOfPairs(points)
	require.Equal(t, []bool{false, true, true, false}, exceptions)
	for i := range want {
		sum := imageOfSum(&points[2*i], &points[2*i+1], exceptions[i])
		var got G1
		got.p.FromJacobian(&sum)
		require.Equal(t, want[i], got)
	}
}

func TestSubgroupArithmeticAgreesWithGnark(t *testing.T) {
	points := []G1{{}, Generator()}
	for _, q := range testrand.SmallOrders {
		points = append(points, smallOrder(q), smallOrder(q).Add(Generator()))
	}
	for _, p := range points {
		var j bls12381.G1Jac
		j.FromAffine(&p.p)
		clearCofactor(&j)
		var got G1
		got.p.FromJacobian(&j)
		require.Equal(t, *new(bls12381.G1Affine).ClearCofactor(&p.p), got.p)
		require.Equal(t, p.p.IsInSubGroup(), p.InSubgroup())
	}
}
