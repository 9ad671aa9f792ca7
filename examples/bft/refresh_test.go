package bft

import (
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

var heldWorkload = sync.OnceValues(func() (*Workload, error) {
	ctx := context.Background()
	w, err := NewHeldWorkload(ctx, 1)
	if err != nil {
		return nil, err
	}
	return w, w.Grow(ctx, 24)
})

// underLoad runs four replicas with a payment or split every 300 ms, and refreshes their
// shares if it is asked to.
func underLoad(t *testing.T, refresh bool, more ...Action) (*Simulation, *Refresh) {
	t.Helper()
	return underAttack(t, refresh, nil, more...)
}

func underAttack(t *testing.T, refresh bool, byzantine map[NodeID]Behaviour, more ...Action) (*Simulation, *Refresh) {
	t.Helper()
	w, err := heldWorkload()
	require.NoError(t, err)
	return refreshedBy(t, w, 1, refresh, byzantine, more...)
}

func refreshedBy(t *testing.T, w *Workload, faults int, refresh bool, byzantine map[NodeID]Behaviour, more ...Action) (*Simulation, *Refresh) {
	t.Helper()
	configs, err := w.Founding.Replicas(faults)
	require.NoError(t, err)
	for i := range configs {
		configs[i].Block = 64
	}
	w.Share(configs)
	s := Schedule{Seed: 7, Boot: 60, Limit: 400_000, Byzantine: byzantine}
	s.Items = append(append(s.Items, w.Payments...), w.Splits...)
	for i := range s.Items {
		s.Actions = append(s.Actions, Action{At: 500 + uint64(i)*300, Kind: ActionSubmit, Item: i})
	}
	s.Actions = append(s.Actions, more...)
	sortActions(s.Actions)
	r, openings := newRefresh(), []string{}
	if refresh {
		rr, ops, err := NewRefresh(w.Founding, configs, 6, 6)
		require.NoError(t, err)
		r = rr
		for _, op := range ops {
			raw, err := op.AppendBinary(nil)
			require.NoError(t, err)
			openings = append(openings, string(raw))
		}
	}
	m, err := NewSimulation(configs, s)
	require.NoError(t, err)
	m.Refresh = r
	for _, raw := range openings {
		m.Submit([]byte(raw))
	}
	require.NoError(t, m.Run(), strings.Join(m.Trace(), "\n"))
	return m, r
}

// most is the longest time that a payment took from when it was handed in until the block
// that has it was published, and the most blocks that were decided while one was waiting to be
// published.
func (r *Refresh) most(m *Simulation) (wait, lag uint64) {
	for i, item := range m.s.Items {
		at := m.harness.executedAt[item.Digest]
		wait = max(wait, r.published[at]-(500+uint64(i)*300))
	}
	for _, n := range r.lag {
		lag = max(lag, n)
	}
	return wait, lag
}

// All shares of a ledger are dealt anew while it works, whoever is down meanwhile: every
// payment is executed, and published by all with one signature; none is published more than
// one block later than without.
func TestRefreshUnderLoad(t *testing.T) {
	for name, more := range map[string][]Action{
		"all up": nil,
		// down before the first deal, and back when the others sign with new shares
		"one down": {{At: 40, Kind: ActionCrash, Node: 2}, {At: 30_000, Kind: ActionRestart, Node: 2}},
		// between two rounds, and back within the next
		"one crashes between rounds": {{At: 1400, Kind: ActionCrash, Node: 1}, {At: 2500, Kind: ActionRestart, Node: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			before, without := underLoad(t, false, more...)
			m, r := underLoad(t, true, more...)
			trace := strings.Join(m.Trace(), "\n")
			for i, e := range m.endpoints {
				require.True(t, r.holders[i].renewed, trace)
				require.Nil(t, r.holders[i].secrets[0])
				for k, purpose := range purposes {
					held, err := e.node.Ledger().Holders(purpose)
					require.NoError(t, err)
					require.NotEqual(t, r.old[k].Generation(), held.Generation)
				}
				keys, err := e.node.replica.Replaced()
				require.NoError(t, err)
				require.Empty(t, keys)
			}
			for _, item := range m.s.Items {
				require.NotZero(t, m.harness.executedAt[item.Digest], item.Name)
			}
			wait, lag := r.most(m)
			waitBefore, lagBefore := without.most(before)
			t.Logf("payments wait %d ms at most, %d without; blocks are published after %d others at most, %d without", wait, waitBefore, lag, lagBefore)
			require.LessOrEqual(t, lag, lagBefore+1, trace)
			require.LessOrEqual(t, wait, waitBefore+DefaultTiming.Timeout, trace)
		})
	}
}

// Whatever one replica does, and be it that it takes no part in the sessions and goes on
// with the shares of before, the others refresh theirs, and blame nobody who is honest.
func TestRefreshUnderAttack(t *testing.T) {
	for _, kind := range Behaviours {
		t.Run(string(kind), func(t *testing.T) {
			m, r := underAttack(t, true, map[NodeID]Behaviour{3: kind})
			for i := range 3 {
				require.True(t, r.holders[i].renewed, strings.Join(m.Trace(), "\n"))
			}
			require.False(t, r.holders[3].renewed)
		})
	}
}

// Of seven, one does as it likes and one is down until the others have new shares.
func TestRefreshOfSeven(t *testing.T) {
	ctx := context.Background()
	w, err := NewHeldWorkload(ctx, 2)
	require.NoError(t, err)
	require.NoError(t, w.Grow(ctx, 6))
	for _, kind := range []Behaviour{Tongues, TwoFaced} {
		m, r := refreshedBy(t, w, 2, true, map[NodeID]Behaviour{6: kind},
			Action{At: 40, Kind: ActionCrash, Node: 3}, Action{At: 20_000, Kind: ActionRestart, Node: 3})
		for i := range 6 {
			require.True(t, r.holders[i].renewed, strings.Join(m.Trace(), "\n"))
		}
	}
}

// Nobody goes back to shares that were replaced.
func TestNoWayBackToReplacedShares(t *testing.T) {
	w, err := heldWorkload()
	require.NoError(t, err)
	m, r := underLoad(t, true)
	k, err := w.Founding.deal(usual(1))
	require.NoError(t, err)
	e := m.endpoints[0]
	c := k.committees()
	err = e.node.replica.Renew(&c, k.coin.shares[0], k.credential.shares[0], k.ledger.shares[0])
	require.ErrorContains(t, err, "[RES-HEIGHT]")
	require.Equal(t, r.holders[0].fresh[0].Generation(), e.node.c.Coin.Generation())
}
