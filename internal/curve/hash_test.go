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

func TestAddImages(t *testing.T) {
	var u fp.Element
	u.SetUint64(7)
	p := bls12381.MapToCurve1(&u)
	minus := p
	minus.Y.Neg(&minus.Y)
	image := p
	hash.G1Isogeny(&image.X, &image.Y)
	var got G1
	twice, none := addImages(&p, &p), addImages(&p, &minus)
	got.p.FromJacobian(&twice)
	require.Equal(t, G1{image}.Add(G1{image}), got)
	got.p.FromJacobian(&none)
	require.True(t, got.IsIdentity())
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
