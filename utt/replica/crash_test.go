package replica_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/conformance"
	"github.com/utt-ecash/utt-go/utt/replica"
	"github.com/utt-ecash/utt-go/utt/store"
)

// A replica whose store fails at any one write, which is in it or not, is opened again and
// lacks nothing: blocks, receipts and certificates are those of the others.
func TestStoreFailsAnywhere(t *testing.T) {
	for k := range 9 {
		for _, written := range []bool{false, true} {
			t.Run(fmt.Sprint(k, written), func(t *testing.T) {
				c := newCluster(t, uint64(200+k))
				path := filepath.Join(t.TempDir(), "store")
				f, err := store.Open(path)
				require.NoError(t, err)
				failing := &conformance.Failing{Store: f, K: k, Written: written}
				c.stores[0] = failing
				c.open(0)
				reopen := func() {
					require.NoError(t, f.Close())
					f, err = store.Open(path)
					require.NoError(t, err)
					c.stores[0], c.inboxes[0] = f, nil
					c.open(0)
				}
				var done []utt.Operation
				for range 4 {
					ops := c.register()
					done = append(done, ops...)
					b := &utt.Block{Height: uint64(len(c.blocks) + 1), Time: uint64(c.f.p.Policy().Start.Unix()) + uint64(len(c.blocks)), Ops: append(ops, done[0])}
					c.blocks = append(c.blocks, b)
					v, err := c.f.p.Check(ctx, b.Time, b.Ops)
					require.NoError(t, err)
					for i, r := range c.replicas {
						if _, err := r.Execute(b, v); err != nil {
							require.Zero(t, i)
							require.ErrorIs(t, err, utt.ErrStore)
							_, err = r.Execute(b, v)
							require.ErrorIs(t, err, utt.ErrStore, "it must be opened again")
							reopen()
						}
					}
					for range 12 {
						for i := range n {
							out, err := c.replicas[i].Work(ctx)
							if err != nil {
								require.Zero(t, i)
								require.ErrorIs(t, err, utt.ErrStore)
								reopen()
								out = nil
							}
							c.send(i, out)
							for len(c.inboxes[i]) > 0 {
								c.deliver(i)
							}
						}
					}
				}
				require.True(t, failing.Failed() || k >= 8)
				c.overdue()
				c.settle()
				c.requireAllPublished()
				for i, r := range c.replicas {
					for _, op := range done {
						got, err := r.Receipt(ctx, op.Digest())
						require.NoError(t, err, "replica %d", i)
						require.NoError(t, got.Err(), "replica %d", i)
					}
					require.Empty(t, r.Blamed())
				}
				require.NoError(t, f.Close())
			})
		}
	}
}

// All that may be called from any goroutine is, while blocks come.
func TestManyAtOnce(t *testing.T) {
	c := newCluster(t, 220)
	bounded, cancel := context.WithCancel(ctx)
	defer cancel()
	inboxes := make([]chan delivery, n)
	for i := range n {
		inboxes[i] = make(chan delivery, 1<<12)
	}
	var group, readers sync.WaitGroup
	const blocks = 12
	var ops [][]utt.Operation
	for range blocks {
		ops = append(ops, c.register())
	}
	for i, r := range c.replicas {
		wake := make(chan struct{}, 1)
		nudge := func() {
			select {
			case wake <- struct{}{}:
			default:
			}
		}
		group.Go(func() { // commits
			for h := range uint64(blocks) {
				b := &utt.Block{Height: h + 1, Time: uint64(c.f.p.Policy().Start.Unix()), Ops: ops[h]}
				v, err := r.Check(ctx, b.Time, b.Ops)
				if err == nil {
					_, err = r.Execute(b, v)
				}
				if err != nil {
					panic(err)
				}
				nudge()
			}
		})
		for range 2 { // receives
			readers.Go(func() {
				for {
					select {
					case d := <-inboxes[i]:
						_ = r.Receive(d.from, d.m)
						nudge()
					case <-bounded.Done():
						return
					}
				}
			})
		}
		readers.Go(func() { // works
			for k := 0; ; k++ {
				select {
				case <-wake:
				case <-bounded.Done():
					return
				}
				if k%16 == 15 {
					r.Overdue(ever)
				}
				out, err := r.Work(ctx)
				if err != nil {
					panic(err)
				}
				for _, m := range out {
					for j, to := range c.replicas {
						if j != i && (m.To() == (replica.Party{}) || m.To() == to.Party()) {
							select {
							case inboxes[j] <- delivery{r.Party(), m}:
							default: // lost
							}
						}
					}
				}
			}
		})
		readers.Go(func() { // reads
			rng := rand.New(rand.NewPCG(uint64(i), 2))
			for bounded.Err() == nil {
				for _, err := range r.Records(bounded, utt.Cursor{}) {
					if err != nil && bounded.Err() == nil {
						panic(err)
					}
				}
				_, _ = r.Receipt(bounded, ops[rng.IntN(blocks)][0].Digest())
				_, _ = r.Certificate(bounded, 1<<62)
				_, _, _ = r.Preview(ops[rng.IntN(blocks)][1], 0)
				_, _ = r.Published(), r.Blamed()
				_ = r.Resend()
				if s, err := r.Ledger().Snapshot(); err == nil {
					_ = s.Close()
				}
			}
		})
	}
	group.Wait()
	for _, r := range c.replicas {
		require.NoError(t, r.Wait(ctx, utt.Cursor{}))
	}
	cancel()
	readers.Wait()
	for h := range blocks { // settle counts blocks
		c.blocks = append(c.blocks, &utt.Block{Height: uint64(h + 1)})
	}
	c.overdue()
	c.settle()
	c.requireAllPublished()
	for _, r := range c.replicas {
		require.Empty(t, r.Blamed())
	}
}

// A search among blocks without records ends with its context.
func TestRecordsOfEmptyBlocks(t *testing.T) {
	c := newCluster(t, 221)
	for range 3 {
		c.decide()
	}
	c.settle()
	ended, cancel := context.WithCancel(ctx)
	cancel()
	failed := 0
	for _, err := range c.replicas[0].Records(ended, utt.Cursor{}) {
		require.ErrorIs(t, err, context.Canceled)
		failed++
	}
	require.Equal(t, 1, failed)
}
