package testrand_test

import (
	"errors"
	"io"
	"math/big"
	"testing"

	bls12381 "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/testrand"
)

func TestNewIsDeterministic(t *testing.T) {
	read := func(seed string) []byte {
		b := make([]byte, 100)
		_, err := io.ReadFull(testrand.New(seed), b)
		require.NoError(t, err)
		return b
	}
	require.Equal(t, read("a"), read("a"))
	require.NotEqual(t, read("a"), read("b"))
}

func TestFailing(t *testing.T) {
	stop := errors.New("stop")
	b, err := io.ReadAll(testrand.Failing(5, stop))
	require.ErrorIs(t, err, stop)
	require.Len(t, b, 5)
}

func TestSmallOrder(t *testing.T) {
	for _, q := range testrand.SmallOrders {
		p := testrand.SmallOrder(q)
		require.True(t, p.IsOnCurve())
		require.False(t, p.IsInfinity())
		require.False(t, p.IsInSubGroup(), "order %d", q)
		var z bls12381.G1Jac
		for i := big.NewInt(q).BitLen() - 1; i >= 0; i-- {
			z.DoubleAssign()
			if big.NewInt(q).Bit(i) == 1 {
				z.AddMixed(&p)
			}
		}
		require.True(t, z.Z.IsZero(), "order %d", q)
		off := testrand.OffSubgroup(q)
		require.True(t, off.IsOnCurve())
		require.False(t, off.IsInSubGroup())
	}
}

func TestSmallOrder2(t *testing.T) {
	for _, q := range testrand.SmallOrders2 {
		p := testrand.SmallOrder2(q)
		require.True(t, p.IsOnCurve())
		require.False(t, p.IsInfinity())
		require.False(t, p.IsInSubGroup(), "order %d", q)
		var z bls12381.G2Jac
		for i := big.NewInt(q).BitLen() - 1; i >= 0; i-- {
			z.DoubleAssign()
			if big.NewInt(q).Bit(i) == 1 {
				z.AddMixed(&p)
			}
		}
		require.True(t, z.Z.IsZero(), "order %d", q)
	}
}

func TestOffSubgroup2(t *testing.T) {
	q := testrand.OffSubgroup2()
	require.True(t, q.IsOnCurve())
	require.False(t, q.IsInfinity())
	require.False(t, q.IsInSubGroup())
}
