package replica_test

import (
	"bytes"
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/replica"
	"github.com/utt-ecash/utt-go/utt/store"
	"github.com/utt-ecash/utt-go/utt/wallet"
)

// handing takes operations, and serves what a replica publishes.
type handing struct {
	*replica.Replica
	ops []utt.Operation
}

func (h *handing) Submit(_ context.Context, op utt.Operation) error {
	h.ops = append(h.ops, op)
	return nil
}

// split is a transfer to himself of a user of the cluster, who has a coin and his credential.
func (c *cluster) split(user int) utt.Operation {
	c.t.Helper()
	identity := fmt.Sprint("user ", user)
	seed := utt.PIDOf("seed of " + identity)
	now := time.Unix(int64(c.blocks[len(c.blocks)-1].Time), 0)
	w := must(wallet.New(c.f.p, identity, seed[:], wallet.Config{ProvingKeys: provingKeys, Now: func() time.Time { return now }}))
	h := &handing{Replica: c.replicas[0]}
	require.NoError(c.t, w.Sync(ctx, h))
	must(w.Split(ctx, h, asset, 5))
	return h.ops[0]
}

// What registrars owe is not lost where the details of payments in its block are dropped
// meanwhile: they, and replicas, sign it by the registration alone.
func TestCredentialsAreOwedBeyondDetails(t *testing.T) {
	for _, restored := range []bool{false, true} {
		t.Run(fmt.Sprint("restored=", restored), func(t *testing.T) {
			c := newClusterOf(t, apart(), 91)
			for i := range c.replicas {
				if !restored || i == 3 {
					c.keep(i, c.stores[i])
				}
			}
			c.decide(c.register()...)
			c.publish()
			c.requireAllPublished()

			c.down(n, n+1) // two of three registrars
			receipts := c.decide(append(c.register(), c.split(0))...)
			for _, r := range receipts {
				require.NoError(t, r.Err())
			}
			c.publish()
			c.later = 150
			c.decide()
			c.publish()
			c.later = 300
			c.decide()
			c.publish()
			for i := range n {
				require.EqualValues(t, len(c.blocks), c.publishedAt(i))
				require.EqualValues(t, 1, c.replicas[i].Settled())
			}
			if restored { // a replica begins from one that keeps less
				snap := must(c.replicas[3].Ledger().Snapshot())
				var b bytes.Buffer
				must(snap.WriteTo(&b))
				require.NoError(t, snap.Close())
				at := must(c.replicas[3].Where())
				c.stores[2] = new(store.Memory)
				c.replicas[2] = must(replica.Restore(c.config(2), &b, c.replicas[0].Ledger().Digest(), at))
			}
			for i := range n { // all are opened again, and know what is on disk
				if i != 2 || !restored {
					c.down(i)
					c.keep(i, c.stores[i])
				}
			}
			c.open(n)
			c.open(n + 1)
			for range 4 {
				c.publish()
			}
			for i := range n { // registrars who were away for longer follow an archive, or begin anew
				require.EqualValues(t, len(c.blocks), c.replicas[i].Settled(), "replica %d", i)
			}
		})
	}
}
