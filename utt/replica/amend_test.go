package replica_test

import (
	"bytes"
	"crypto/ed25519"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/budget"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/replica"
	"github.com/utt-ecash/utt-go/utt/store"
)

// Replicas go by the amendments that their ledgers have: one that was down while the policy
// was amended and executes it later, one that is opened again, and one that is restored from
// a snapshot, all founded on the same parameters.
func TestAmended(t *testing.T) {
	f := *founded()
	authority, key, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	config := f.p.Config()
	config.Authority = utt.Authority{Threshold: 1, Keys: []ed25519.PublicKey{authority}}
	f.p = must(utt.NewParameters(config))
	c := &cluster{t: t, f: &f, rng: rand.New(rand.NewPCG(18, 1)), inboxes: make([][]delivery, n), replicas: make([]*replica.Replica, n)}
	for i := range n {
		c.stores = append(c.stores, new(store.Memory))
		c.open(i)
	}
	month := uint64(f.p.Policy().EpochLength.Seconds())
	p := func() *utt.Parameters { return c.replicas[0].Ledger().Parameters() }
	grant := func(user int, e utt.Epoch) utt.Operation {
		return must(utt.NewGrant(p(), c.users[user].PID(), budget.Privacy, asset, e, 0))
	}
	executed := func(receipts []utt.Receipt) {
		t.Helper()
		for _, r := range receipts {
			require.NoError(t, r.Err())
		}
	}
	executed(c.decide(c.register()...))
	executed(c.decide(c.register()...))
	c.settle()
	c.replicas[2] = nil
	change := p().Newest().Config()
	change.Policy.Classes[0] = 77
	change.Assets = append(change.Assets, "silver")
	a := must(must(utt.NewAmendment(p(), 3, change)).Sign(p(), key))
	executed(c.decide(a))
	receipts := c.decide(a)
	require.Equal(t, utt.CodeRepeated, receipts[0].Rejection.Code)
	c.later = month
	executed(c.decide(grant(0, 2), grant(0, 3)))
	c.settle()
	snapshot, digest := c.snapshot()
	published := must(c.replicas[0].Certificate(ctx, 4))
	c.stores[3], c.inboxes[3] = new(store.Memory), nil
	c.replicas[3] = must(replica.Restore(c.config(3), bytes.NewReader(snapshot), digest, c.at(published)))
	c.replicas[1] = nil
	c.open(1)
	c.later = 2 * month
	g := must(utt.NewGrant(p(), c.users[1].PID(), budget.Privacy, "silver", 3, 0))
	require.Equal(t, utt.Amount(77), g.Amount())
	executed(c.decide(grant(1, 3), g))
	require.EqualValues(t, 1, p().Version())
	c.open(2)
	c.settle()
	c.overdue()
	c.settle()
	for i, r := range c.replicas {
		require.EqualValues(t, len(c.blocks), c.publishedAt(i), "replica %d", i)
		require.Equal(t, c.replicas[0].Ledger().Digest(), r.Ledger().Digest())
		require.Equal(t, p().Digest(), r.Ledger().Parameters().Digest())
		require.Empty(t, r.Blamed())
	}
}
