package bft

import (
	"context"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/store"
	"github.com/utt-ecash/utt-go/utt/wallet"
)

// Approved, vetoed, both, and none of it: through false shares, a loss and a bad network every
// payment is settled once, and those who paid and were to be paid have what that means.
func TestHeldPaymentsAreSettledOnce(t *testing.T) {
	w := pool(t)
	for seed := range uint64(3) {
		s := Schedule{Seed: seed, Boot: 60, Items: w.Held, Limit: 120_000, Byzantine: make(map[NodeID]Behaviour)}
		s.Conditions = Conditions{Heal: 3_000, Delay: 600, Drop: 0.2, Duplicate: 0.2}
		s.Actions = submitAll(s.Items)
		if seed < 2 {
			s.Actions = append(s.Actions, Action{At: 200 + 700*seed, Kind: ActionLose, Node: 3}, Action{At: 2_500, Kind: ActionRestart, Node: 3})
		} else {
			s.Byzantine[3] = BadShares
		}
		sortActions(s.Actions)
		m, err := NewSimulation(replicas(t, w, 1), s)
		require.NoError(t, err)
		require.NoError(t, m.Run(), m.Trace())
		require.Len(t, m.harness.became, maxHeld)
		executed := make(map[int]bool)
		for k, item := range w.Held {
			op, err := utt.ParseOperation(item.Raw)
			require.NoError(t, err)
			executed[k] = m.harness.became[op.ID()] == utt.Executed
		}
		require.True(t, executed[0])
		require.False(t, executed[1])
		require.False(t, executed[3], "nobody decided")
		requireBalances(t, w, m, executed)
	}
}

// requireBalances demands that wallets find what became of held payments, with any honest
// replica.
func requireBalances(t *testing.T, w *Workload, m *Simulation, executed map[int]bool) {
	t.Helper()
	ctx := context.Background()
	c := NewClient(m, w.Founding)
	require.NoError(t, c.read())
	for k := range w.Held {
		payer, payee := w.heldBy(k)
		for _, u := range []*workUser{payer, payee} {
			own, err := wallet.New(w.Founding.Parameters, u.name, u.seed, w.Founding.WalletConfig())
			require.NoError(t, err)
			require.NoError(t, own.Sync(ctx, c))
			want := 2 * coinValue
			for i := range w.Held {
				if from, to := w.heldBy(i); !executed[i] {
					continue
				} else if from == u {
					want -= heldValue
				} else if to == u {
					want += heldValue
				}
			}
			require.Equal(t, want, own.Balance(Asset).Spendable, u.name)
			require.Empty(t, own.Incoming())
			require.Empty(t, own.Outgoing())
		}
	}
}

// undecided is a store that keeps of what is held the first that was written: it forgets
// every decision.
type undecided struct{ store.Store }

func (u undecided) Apply(writes []store.Write) error {
	return u.Store.Apply(slices.DeleteFunc(slices.Clone(writes), func(w store.Write) bool {
		if len(w.Key) == 0 || w.Key[0] != 'x' && w.Key[0] != 'y' {
			return false
		}
		_, known, err := u.Get(w.Key)
		return err == nil && known
	}))
}

// A ledger that forgets a decision takes the other one too: both sets would be signed.
func TestForgottenDecisionIsCaught(t *testing.T) {
	w := pool(t)
	contradicted := *w.Held[2]
	first, second := *contradicted.Decisions[0], *contradicted.Decisions[1]
	run := func(store func(store.Store) store.Store) error {
		held := contradicted
		held.Decisions = []*Item{&first}
		return inTurn(t, w, store, &held, &second)
	}
	var v *Violation
	require.ErrorAs(t, run(func(s store.Store) store.Store { return undecided{s} }), &v)
	require.Equal(t, OneSet, v.Invariant, v)
	require.NoError(t, run(sound))
}
