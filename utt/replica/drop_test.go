package replica_test

import (
	"bytes"
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/merkle"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/conformance"
	"github.com/utt-ecash/utt-go/utt/replica"
	"github.com/utt-ecash/utt-go/utt/store"
)

const keeps = 100 * time.Second

// keep opens a replica again, one that keeps details for a time.
func (c *cluster) keep(i int, s store.Store) {
	c.t.Helper()
	config := c.config(i)
	config.Store, config.Keep = s, keeps
	var err error
	c.stores[i] = s
	c.replicas[i], err = replica.Open(config)
	require.NoError(c.t, err)
	c.catchUp(i)
}

// publish has all that is decided published.
func (c *cluster) publish() {
	c.t.Helper()
	c.settle()
	c.overdue()
	c.settle()
}

// aged is a cluster of which the last replica keeps the last of five blocks of users, and
// the first all; with the operations of the blocks.
func aged(t *testing.T, seed uint64) (c *cluster, ops [][]utt.Operation) {
	t.Helper()
	c = newCluster(t, seed)
	c.keep(3, c.stores[3])
	for range 4 {
		ops = append(ops, c.register())
		c.decide(ops[len(ops)-1]...)
		c.publish()
	}
	c.later = 150
	ops = append(ops, c.register())
	c.decide(ops[4]...)
	c.publish()
	return c, ops
}

// A replica that keeps details for a time refuses what is older and says who has it; all else
// it serves as the others do.
func TestKeepsDetailsForATime(t *testing.T) {
	c, ops := aged(t, 60)
	all, some := c.replicas[0], c.replicas[3]
	require.Equal(t, all.Ledger().Digest(), some.Ledger().Digest())
	gone := func(err error) {
		t.Helper()
		require.ErrorIs(t, err, utt.ErrNotFound)
		require.ErrorContains(t, err, "this replica keeps those of blocks from 5 on; ask another, or an archive")
	}
	for h := uint64(0); h <= 4; h++ {
		for _, err := range some.Records(ctx, utt.Cursor{Height: h}) {
			gone(err)
		}
	}
	_, err := some.Inclusion(ctx, utt.Cursor{Height: 4})
	gone(err)
	size := must(all.Where()).Certificate.Records
	_, err = some.Section(ctx, 0, size)
	gone(err)
	_, err = some.Leaves(ctx, utt.CoinTree, 0, 4)
	gone(err)

	require.Equal(t, must(all.Inclusion(ctx, utt.Cursor{Height: 5, Index: 3})), must(some.Inclusion(ctx, utt.Cursor{Height: 5, Index: 3})))
	require.Equal(t, must(all.Leaves(ctx, utt.EntryTree, 0, int(size))), must(some.Leaves(ctx, utt.EntryTree, 0, int(size))))
	require.Equal(t, must(all.Leaves(ctx, utt.CredentialTree, 0, int(size))), must(some.Leaves(ctx, utt.CredentialTree, 0, int(size))))
	for _, tree := range []utt.Tree{utt.EntryTree, utt.CoinTree, utt.CredentialTree} {
		require.Equal(t, must(all.Tile(ctx, tree, 0, 0, min(int(size), merkle.TileWidth))), must(some.Tile(ctx, tree, 0, 0, min(int(size), merkle.TileWidth))))
	}
	for _, r := range []*replica.Replica{all, some} {
		records := 0
		for _, err := range r.Records(ctx, utt.Cursor{Height: 5}) {
			require.NoError(t, err)
			records++
		}
		require.Equal(t, 4, records)
	}
	for i, block := range ops {
		for _, op := range block {
			require.NoError(t, must(all.Receipt(ctx, op.Digest())).Err())
			_, err := some.Receipt(ctx, op.Digest())
			if i < 4 {
				require.ErrorIs(t, err, utt.ErrNotFound)
			} else {
				require.NoError(t, err)
			}
		}
		for _, op := range block[1:] { // of what was executed the record is there
			_, no, err := some.Preview(op, c.blocks[4].Time)
			require.NoError(t, err)
			require.Equal(t, utt.CodeRepeated, no.Code)
			_, want, err := all.Preview(op, c.blocks[4].Time)
			require.NoError(t, err)
			require.Equal(t, want, no)
		}
	}
}

// A receipt that a later block wrote again is that block's.
func TestReceiptOfALaterBlockIsKept(t *testing.T) {
	c := newCluster(t, 61)
	c.keep(3, c.stores[3])
	early := c.register()
	require.Equal(t, utt.Rejected, c.decide(early[1:2]...)[0].Status, "nobody is registered")
	c.publish()
	c.later = 150
	c.decide(early...)
	c.publish()
	c.later = 200
	c.decide()
	c.publish()
	got, err := c.replicas[3].Receipt(ctx, early[1].Digest())
	require.NoError(t, err)
	require.NoError(t, got.Err())
}

// Whoever is behind what one replica keeps catches up with others; from a replica that drops
// details another begins, with the certificate that goes with them and with no older one.
func TestBeginsFromOneThatKeepsLess(t *testing.T) {
	c, _ := aged(t, 62)
	snap, err := c.replicas[3].Ledger().Snapshot()
	require.NoError(t, err)
	var b bytes.Buffer
	_, err = snap.WriteTo(&b)
	require.NoError(t, err)
	require.NoError(t, snap.Close())
	config := c.config(2)
	config.Store = new(store.Memory)
	at := must(c.replicas[3].Where())
	r, err := replica.Restore(config, &b, c.replicas[0].Ledger().Digest(), at)
	require.NoError(t, err)
	c.replicas[2], c.stores[2] = r, config.Store
	c.replicas[3] = nil
	c.open(3)
	c.decide(c.register()...)
	c.publish()
	for i := range n {
		require.EqualValues(t, len(c.blocks), c.publishedAt(i))
	}
}

// Stopped at any write, a replica has details or says that it has not, and goes on.
func TestDropStopsAnywhere(t *testing.T) {
	for k := range 3 {
		for _, written := range []bool{false, true} {
			t.Run(fmt.Sprint(k, written), func(t *testing.T) {
				c := newCluster(t, 63)
				c.decide(c.register()...)
				c.publish()
				s := c.stores[3]
				c.keep(3, &conformance.Failing{Store: s, K: k, Written: written})
				c.later = 150
				b := &utt.Block{Height: 2, Time: uint64(c.f.p.Policy().Start.Unix()) + 151, Ops: c.register()}
				c.blocks = append(c.blocks, b)
				for i := range 3 {
					c.execute(i, b)
				}
				v, err := c.replicas[3].Check(ctx, b.Time, b.Ops)
				require.NoError(t, err)
				if _, err := c.replicas[3].Execute(b, v); err == nil {
					for range 20 {
						for i := range 3 {
							c.work(i)
						}
						if _, err := c.replicas[3].Work(context.Background()); err != nil {
							require.ErrorIs(t, err, utt.ErrStore)
							break
						}
						for len(c.inboxes[3]) > 0 {
							c.deliver(3)
						}
					}
				}
				c.keep(3, s)
				c.publish()
				require.EqualValues(t, 2, c.publishedAt(3))
				require.Equal(t, c.replicas[0].Ledger().Digest(), c.replicas[3].Ledger().Digest())
				_, err = c.replicas[3].Inclusion(ctx, utt.Cursor{Height: 1})
				require.ErrorIs(t, err, utt.ErrNotFound)
				_, err = c.replicas[3].Inclusion(ctx, utt.Cursor{Height: 2})
				require.NoError(t, err)
			})
		}
	}
}

func TestKeepIsASecondAtLeast(t *testing.T) {
	c := newCluster(t, 64)
	for _, keep := range []time.Duration{-1, 1, time.Second - 1} {
		config := c.config(0)
		config.Keep = keep
		_, err := replica.Open(config)
		require.ErrorIs(t, err, utt.ErrInvalid)
	}
}
