package replica_test

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/conformance"
	"github.com/utt-ecash/utt-go/utt/ledger"
	"github.com/utt-ecash/utt-go/utt/replica"
	"github.com/utt-ecash/utt-go/utt/store"
)

// restore has a replica begin anew from the first one's snapshot.
func (c *cluster) restore(i int, s store.Store) error {
	c.t.Helper()
	snapshot, digest := c.snapshot()
	published := must(c.replicas[0].Certificate(ctx, ever))
	c.stores[i] = s
	r, err := replica.Restore(c.config(i), bytes.NewReader(snapshot), digest, c.at(published))
	if err == nil {
		c.replicas[i] = r
	}
	return err
}

// What was executed below a snapshot, and is handed in again, is told from what is
// rejected also by who was restored from it; of which it still says that it has no receipt.
func TestReceiptsAfterRestore(t *testing.T) {
	c := newCluster(t, 45)
	var ops []utt.Operation
	for range 3 {
		block := c.register()
		c.decide(block...)
		ops = append(ops, block[1:]...) // a registration is executed again, to no effect
		c.settle()
		c.overdue()
		c.settle()
	}
	require.NoError(t, c.restore(3, new(store.Memory)))
	again := func() {
		t.Helper()
		for _, op := range ops {
			outlook, no, err := c.replicas[3].Preview(op, c.blocks[0].Time)
			require.NoError(t, err)
			require.Equal(t, ledger.Never, outlook)
			require.Equal(t, utt.CodeRepeated, no.Code)
		}
		var first []utt.Receipt
		b := &utt.Block{Height: uint64(len(c.blocks) + 1), Time: c.blocks[0].Time + uint64(len(c.blocks)), Ops: ops}
		c.blocks = append(c.blocks, b)
		for i := range n {
			got := c.execute(i, b)
			if first == nil {
				first = got
			}
			require.Equal(t, first, got, "replica %d says the same, heights and all", i)
		}
		for k, op := range ops {
			require.Equal(t, utt.CodeRepeated, first[k].Rejection.Code)
			for i := range n {
				got, err := c.replicas[i].Receipt(ctx, op.Digest())
				if i == 3 && errors.Is(err, utt.ErrNotFound) {
					continue
				}
				require.NoError(t, err)
				require.NoError(t, got.Err(), "replica %d", i)
			}
		}
	}
	again()
	c.replicas[3] = nil
	c.open(3)
	again()
	c.settle()
	c.overdue()
	c.settle()
	for i := range n {
		require.EqualValues(t, len(c.blocks), c.publishedAt(i))
	}

	// what was never executed is rejected for what the state has against it
	issue := must(utt.NewIssue(c.f.p, c.f.issuer, 0, c.users[0].PID(), asset, 1))
	require.Equal(t, utt.CodeNonce, c.decide(issue)[0].Rejection.Code)
	got := must(c.replicas[3].Receipt(ctx, issue.Digest()))
	require.Equal(t, utt.CodeNonce, got.Rejection.Code)
}

// Stopped at any write of Restore, a replica knows all the same what was executed.
func TestRestoreStopsAnywhere(t *testing.T) {
	c := newCluster(t, 47)
	ops := c.register()
	c.decide(ops...)
	c.settle()
	ops = ops[1:] // a registration is executed again, to no effect
	for k := range 4 {
		for _, written := range []bool{false, true} {
			t.Run(fmt.Sprint(k, written), func(t *testing.T) {
				s := new(store.Memory)
				err := c.restore(3, &conformance.Failing{Store: s, K: k, Written: written})
				if err != nil {
					require.ErrorIs(t, err, utt.ErrStore)
				}
				c.stores[3] = s
				r, err := replica.Open(c.config(3))
				require.NoError(t, err)
				if r.Ledger().Head().Height == 0 {
					require.NoError(t, c.restore(3, s), "nothing was written")
					r = c.replicas[3]
				}
				for _, op := range ops {
					_, no, err := r.Preview(op, c.blocks[0].Time)
					require.NoError(t, err)
					require.Equal(t, utt.CodeRepeated, no.Code)
				}
			})
		}
	}
}
