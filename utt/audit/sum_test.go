package audit_test

import (
	"context"
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/sig"
	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/audit"
)

// t auditors open the volume of an epoch that is over, and nothing else; one alone nothing.
func TestSum(t *testing.T) {
	ctx := context.Background()
	const large = 1<<34 + 1<<31 // of which two carry from the lower half
	net, a, _ := newNetwork(t, utt.RevealAmount, 2*large, 2*large, 900)
	c := newCrew(t, net, approve)
	c.settled(a, large, large+5, 800)
	first := utt.SumSet{Kind: utt.SumVolume, Asset: cash, Epoch: 1}
	second := utt.SumSet{Kind: utt.SumVolume, Asset: cash, Epoch: 2}
	require.Empty(t, c.all[0].Sums())
	require.ErrorIs(t, c.all[0].OpenSum(first), utt.ErrNotFound, "the epoch is not over")
	require.NoError(t, net.Advance(ctx, testPolicy.EpochLength))
	require.NoError(t, a.Sync(ctx, net))
	c.settled(a, 2000)
	require.NoError(t, net.Advance(ctx, testPolicy.EpochLength))
	c.sync()
	require.Equal(t, []audit.Sum{{Set: first, Count: 3}}, c.all[0].Sums())
	require.ErrorIs(t, c.all[0].OpenSum(second), utt.ErrNotFound, "too few")

	require.NoError(t, c.all[0].OpenSum(first))
	require.NoError(t, c.all[0].OpenSum(first), "again")
	c.exchange(1, 2, 3, 4)
	for _, u := range c.all {
		_, err := u.Sum(first)
		require.ErrorIs(t, err, utt.ErrNotFound)
	}
	require.NoError(t, c.all[2].OpenSum(first))
	c.exchange(1, 2, 3, 4)
	want := audit.Sum{Set: first, Count: 3, Total: big.NewInt(2*large + 5 + 800)}
	for _, j := range []int{0, 2} {
		got, err := c.all[j].Sum(first)
		require.NoError(t, err)
		require.Equal(t, want, got)
		require.Equal(t, []audit.Sum{want}, c.all[j].Sums())
		got.Total.SetInt64(7)
	}
	got, err := c.all[0].Sum(first)
	require.NoError(t, err)
	require.Equal(t, want, got, "a copy")
	_, err = c.all[1].Sum(first)
	require.ErrorIs(t, err, utt.ErrNotFound)
	_, err = c.all[0].Sum(second)
	require.ErrorIs(t, err, utt.ErrNotFound)
}

// Sums of limbs are found wherever they are, and no further than they can be.
func TestLimbs(t *testing.T) {
	ctx := context.Background()
	table, err := smallTable()
	require.NoError(t, err)
	of := func(m uint64) threshold.Plaintext { return threshold.NewPlaintext(sig.Uint64(m)) }
	for _, m := range []uint64{0, 1<<32 - 1, 1 << 32, 1<<33 - 1, 1 << 33, 5*(1<<32-1) - 1, 5 * (1<<32 - 1)} {
		got, err := audit.Limbs(ctx, table, of(m), 5)
		require.NoError(t, err)
		require.Equal(t, m, got)
	}
	_, err = audit.Limbs(ctx, table, of(5*(1<<32-1)+1), 5)
	require.ErrorIs(t, err, threshold.ErrRange)
	stopped, stop := context.WithCancel(ctx)
	stop()
	_, err = audit.Limbs(stopped, table, of(1<<50), 1<<63)
	require.ErrorIs(t, err, context.Canceled)
}
