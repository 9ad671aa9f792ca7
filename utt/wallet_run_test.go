package utt_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/store"
	"github.com/utt-ecash/utt-go/utt/wallet"
)

// Run syncs when the clock shows whole days, and asks for budgets when they are due; what fails is
// reported, and it goes on. Nothing is handed in beside a Sync: what is late, in the second half of a
// day, at a time that is drawn.
func TestRun(t *testing.T) {
	const every, settled = 24 * time.Hour, 5 * time.Second
	for name, begun := range map[string]time.Duration{"from the start": 17 * time.Second, "late": 27*every + 17*time.Second} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			net := newNetwork(t)
			join(t, net, alice, 50)
			start := testPolicy.Start
			now := &clock{at: net.Now().Add(begun)}
			w, err := wallet.Open(net.Parameters(), alice, seedOf(alice), new(store.Memory), wallet.Config{ProvingKeys: net.ProvingKeys(), Now: now.now})
			require.NoError(t, err)
			keys, err := utt.DeriveKeys(net.Parameters(), utt.PIDOf(alice), seedOf(alice))
			require.NoError(t, err)
			planned := make(map[time.Time]bool)
			var onTime []time.Time // of epoch 2
			for _, asset := range []string{cash, gold} {
				var at [4]time.Time
				for e := 1; e < len(at); e++ {
					seconds, err := keys.GrantTime(asset, utt.Epoch(e))
					require.NoError(t, err)
					at[e] = time.Unix(int64(seconds), 0).UTC()
					planned[at[e]] = true
				}
				if at[2].After(now.at.Add(3*every)) && at[2].After(at[1].Add(3*every)) { // it has synced, and has the budget of epoch 1
					onTime = append(onTime, at[2])
				}
			}
			var failures []error
			asked := make(map[time.Time]bool)
			drawn, down := 0, true
			n := &node{Node: net,
				certificate: func(c *utt.Certificate, err error) (*utt.Certificate, error) {
					require.Zero(t, now.at.Add(-settled).Sub(start)%every, "after a whole day")
					if down {
						down = false
						return nil, errDropped
					}
					return c, err
				},
				submit: func(ctx context.Context, op utt.Operation) error {
					asked[now.at] = true
					if !planned[now.at] {
						since := now.at.Add(-settled).Sub(start) % every
						require.GreaterOrEqual(t, since, every/2, "not beside a Sync")
						require.NotZero(t, since%time.Minute)
						drawn++
					}
					return net.Submit(ctx, op)
				}}
			err = w.Run(ctx, n, wallet.Running{
				Every:  every,
				Failed: func(err error) { failures = append(failures, err) },
				Wait: func(ctx context.Context, until time.Time) error {
					require.True(t, until.After(now.at))
					require.False(t, until.After(now.at.Add(every)))
					require.NoError(t, net.Advance(ctx, max(0, until.Sub(net.Now()).Truncate(time.Second))))
					if now.at = until; !until.Before(start.Add(35 * every)) {
						cancel()
					}
					return ctx.Err()
				},
			})
			require.ErrorIs(t, err, context.Canceled)
			require.Len(t, failures, 1)
			require.ErrorIs(t, failures[0], errDropped)
			sync1(t, net, w)
			for _, asset := range []string{cash, gold} {
				b, err := w.Budget(asset)
				require.NoError(t, err)
				require.Greater(t, b.Next, utt.Epoch(2), asset)
			}
			for _, at := range onTime {
				require.True(t, asked[at], "on time, at %v", at)
			}
			if begun > every {
				require.Positive(t, drawn, "the budgets of the first epochs were late")
			}
		})
	}
}
