package bft

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/wallet"
)

// busy is a workload whose ledger has executed so many public transfers.
func busy(t *testing.T, users, operations int) *Workload {
	ctx := context.Background()
	w, err := NewWorkload(ctx)
	require.NoError(t, err)
	require.NoError(t, w.fund(ctx, users))
	for done := 0; done < operations; done += users {
		for i, u := range w.users {
			_, err := u.wallet.PayPublicly(ctx, w.Founding, w.users[(i+1)%users].name, Asset, 1)
			require.NoError(t, err)
		}
		require.NoError(t, w.Founding.Seal(ctx))
		for _, u := range w.users {
			require.NoError(t, u.wallet.Sync(ctx, w.Founding))
		}
	}
	return w
}

// A replica that lost everything has the digest of the others again, with a ledger
// of 10,000 operations, and verifies none that f+1 replicas vouch for.
func TestSyncAfterTenThousandOperations(t *testing.T) {
	w := busy(t, 50, 10_000)
	require.NoError(t, w.Grow(context.Background(), 51)) // a payment by a newcomer
	configs := replicas(t, w, 1)
	lost := false
	verified := 0
	configs[3].Check = func(ctx context.Context, time uint64, ops []utt.Operation) (*utt.Verdicts, error) {
		if lost {
			verified += len(ops)
		}
		return w.Check(ctx, time, ops)
	}
	s := Schedule{Seed: 1, Boot: 60, Items: []*Item{w.Payments[0], w.Splits[0]}, Limit: 60_000}
	s.Actions = append(submitAll(s.Items), Action{At: 1000, Kind: ActionLose, Node: 3}, Action{At: 1100, Kind: ActionRestart, Node: 3})
	m, err := NewSimulation(configs, s)
	require.NoError(t, err)
	for m.now < 1000 {
		require.True(t, m.Next())
	}
	lost = true
	require.NoError(t, m.Run())
	require.True(t, slices.ContainsFunc(m.Trace(), func(l string) bool { return l[8:] == "node 3 restores the ledger after block 2" }), m.Trace())
	require.Zero(t, verified)
	want := m.endpoints[0].node.Ledger()
	got := m.endpoints[3].node.Ledger()
	require.Equal(t, want.Head(), got.Head())
	require.Equal(t, want.Digest(), got.Digest())
	records := 0
	for _, err := range got.Records(context.Background(), utt.Cursor{}) {
		require.NoError(t, err)
		records++
	}
	require.GreaterOrEqual(t, records, 10_000)
}

// The wallets find in what the replicas have signed exactly the money there is.
func TestWalletsFindTheMoney(t *testing.T) {
	ctx := context.Background()
	w := pool(t)
	s := Schedule{Seed: 3, Boot: 60, Limit: 1 << 40}
	m, err := NewSimulation(replicas(t, w, 1), s)
	require.NoError(t, err)
	c := NewClient(m, w.Founding)
	for i, item := range items(w)[:20] {
		op, err := utt.ParseOperation(item.Raw)
		require.NoError(t, err)
		c.Name(fmt.Sprint(i))
		require.NoError(t, c.Submit(ctx, op))
	}
	require.NoError(t, c.Settle(ctx))
	var sum, budget utt.Amount
	for _, u := range w.users {
		wallet, err := wallet.New(w.Founding.Parameters, u.name, u.seed, w.Founding.WalletConfig())
		require.NoError(t, err)
		require.NoError(t, wallet.Sync(ctx, c))
		b := wallet.Balance(Asset)
		sum += b.Spendable + b.Account
		budget += b.Budget
	}
	supply, err := m.endpoints[0].node.Ledger().Supply(Asset)
	require.NoError(t, err)
	require.Equal(t, supply, sum)
	spent := utt.Amount(0)
	for _, item := range items(w)[:10] {
		spent += item.Budget
	}
	require.Equal(t, Privacy*utt.Amount(len(w.users))-spent, budget)
}
