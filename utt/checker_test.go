package utt_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/utt"
)

// What a checker has verified it does not verify again: with a context that has ended,
// nothing new can be.
func TestCheckerRemembers(t *testing.T) {
	w := sharedWorld()
	c, p := new(utt.Checker), w.Parameters
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	bad := cheat(t, "a coin that nobody signed").Op
	ops := parse(t, w.honest, bad, w.HonestPayment())
	now := w.head.Time
	_, err := c.Check(ended, p, now, ops)
	require.ErrorIs(t, err, context.Canceled)

	for _, op := range ops {
		_, err := c.Check(context.Background(), p, now, []utt.Operation{op})
		require.NoError(t, err)
	}
	v, err := c.Check(ended, p, now, parse(t, ops...)) // the same bytes, parsed anew
	if err != nil {
		require.ErrorIs(t, err, context.Canceled)
		v, err = c.Check(context.Background(), p, now, ops)
		require.NoError(t, err)
	}
	require.NoError(t, v.Err(ops[0]))
	require.ErrorIs(t, v.Err(ops[1]), utt.ErrInvalid)
	require.NoError(t, v.Err(ops[2]))
	require.Zero(t, utt.VerifiedBy(c, p, now, ops), "nothing is left to verify")
	require.Equal(t, 1, utt.VerifiedBy(c, p, now, append(parse(t, w.HonestBurn()), ops...)))

	// in another epoch everything is verified anew
	policy := w.Parameters.Policy()
	later := policy.StartOf(2)
	v, err = c.Check(context.Background(), p, later, ops)
	require.NoError(t, err)
	require.Equal(t, utt.Epoch(2), v.Epoch())
	require.Error(t, v.Err(ops[2]), "the payment's epoch is over")
	require.Equal(t, 3, utt.VerifiedBy(c, p, now, ops))
	require.Zero(t, utt.VerifiedBy(c, p, later, ops))

	// what others vouch for is nothing that was verified
	trusted, err := w.Parameters.Trust(now, ops)
	require.NoError(t, err)
	require.NoError(t, trusted.Err(ops[1]))
	v, err = w.Parameters.Check(context.Background(), now, ops, trusted)
	require.NoError(t, err)
	require.ErrorIs(t, v.Err(ops[1]), utt.ErrInvalid)
}
