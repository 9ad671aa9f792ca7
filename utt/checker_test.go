package utt_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

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
	for _, op := range ops {
		raw, err := op.AppendBinary(nil)
		require.NoError(t, err)
		require.Equal(t, op.Digest(), utt.DigestOf(raw))
	}
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

// What another goroutine is verifying is waited for, and its verdict taken: here a refusal of what
// is valid, which verification would not find. If it fails, or takes long, one verifies oneself.
func TestCheckerWaits(t *testing.T) {
	w := sharedWorld()
	p, now := w.Parameters, w.head.Time
	refused, rest := w.honest, w.HonestPayment()
	verdict := check(t, p, now, refused).Refusing(refused)
	for name, failed := range map[string]bool{"it decides": false, "it fails": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := new(utt.Checker)
				end := c.Verifying(p, now, refused)
				type answer struct {
					v   *utt.Verdicts
					err error
				}
				all, other := make(chan answer, 2), make(chan answer, 1)
				ask := func(to chan answer, ctx context.Context, ops ...utt.Operation) {
					v, err := c.Check(ctx, p, now, ops)
					to <- answer{v, err}
				}
				go ask(all, t.Context(), refused, rest)
				go ask(all, t.Context(), refused)
				bounded, cancel := context.WithCancel(t.Context())
				go ask(other, bounded, refused)
				synctest.Wait()
				require.Empty(t, all, "they wait")
				require.Zero(t, utt.VerifiedBy(c, p, now, []utt.Operation{rest}), "and what nobody verifies is verified meanwhile")
				cancel()
				require.ErrorIs(t, (<-other).err, context.Canceled)
				later, err := c.Check(t.Context(), p, p.Policy().StartOf(2), []utt.Operation{refused})
				require.NoError(t, err, "in another epoch there is nothing to wait for")
				require.NotErrorIs(t, later.Err(refused), utt.ErrConflict)

				if failed {
					end(nil)
				} else {
					end(verdict)
				}
				for range 2 {
					a := <-all
					require.NoError(t, a.err)
					if failed {
						require.NoError(t, a.v.Err(refused))
					} else {
						require.ErrorIs(t, a.v.Err(refused), utt.ErrConflict)
					}
				}
				require.Zero(t, c.InFlight())
			})
		})
	}
}

func TestCheckerDoesNotWaitLong(t *testing.T) {
	w := sharedWorld()
	p, now := w.Parameters, w.head.Time
	synctest.Test(t, func(t *testing.T) {
		c := new(utt.Checker)
		end := c.Verifying(p, now, w.honest, w.HonestPayment())
		begun := time.Now()
		v, err := c.Check(t.Context(), p, now, []utt.Operation{w.honest})
		require.NoError(t, err)
		require.NoError(t, v.Err(w.honest))
		require.Less(t, time.Since(begun), 20*time.Millisecond)
		require.Zero(t, utt.VerifiedBy(c, p, now, []utt.Operation{w.honest}))
		end(check(t, p, now, w.honest))
		require.Zero(t, c.InFlight())
	})
}
