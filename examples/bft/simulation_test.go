package bft

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// workload is the pool that all tests of the process share.
var workload = sync.OnceValues(func() (*Workload, error) {
	ctx := context.Background()
	w, err := NewWorkload(ctx)
	if err != nil {
		return nil, err
	}
	if err := w.Grow(ctx, 12); err != nil {
		return nil, err
	}
	return w, errors.Join(w.Cheat(ctx, 2), w.Hold(ctx))
})

func pool(t testing.TB) *Workload {
	w, err := workload()
	require.NoError(t, err)
	return w
}

// replicas configures n = 3f+1 of them, with blocks of four.
func replicas(t testing.TB, w *Workload, faults int) []Config {
	return replicasOf(t, w, usual(faults))
}

func replicasOf(t testing.TB, w *Workload, z size) []Config {
	configs, err := w.Founding.ReplicasOf(z.faults, z.threshold)
	require.NoError(t, err)
	for i := range configs {
		configs[i].Block = 4
	}
	w.Share(configs)
	return configs
}

// items are 20 transfers, of which two are double-spent, the double spends, a forgery, and
// three payments that auditors decide on.
func items(w *Workload) []*Item {
	items := append([]*Item(nil), w.Payments[:10]...)
	items = append(items, w.Splits[:10]...)
	items = append(items, w.Doubles[0], w.Doubles[1], w.Invalid[0])
	return append(items, w.Held[:3]...)
}

func submitAll(items []*Item) []Action {
	actions := make([]Action, len(items))
	for i := range actions {
		actions[i] = Action{Kind: ActionSubmit, Item: i}
	}
	return actions
}

func TestHonestReplicasAgree(t *testing.T) {
	w := pool(t)
	s := Schedule{Seed: 1, Items: items(w), Limit: 100_000}
	s.Actions = submitAll(s.Items)
	m, err := NewSimulation(replicas(t, w, 1), s)
	require.NoError(t, err)
	require.NoError(t, m.Run(), strings.Join(m.Trace(), "\n"))
	for i, e := range m.endpoints {
		require.Equal(t, m.endpoints[0].node.Ledger().Digest(), e.node.Ledger().Digest(), "replica %d", i)
	}
}
