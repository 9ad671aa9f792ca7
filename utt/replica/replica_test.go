package replica_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/ledger"
	"github.com/utt-ecash/utt-go/utt/replica"
	"github.com/utt-ecash/utt-go/utt/store"
)

var ctx = context.Background()

// Blocks are published by all, whatever order messages come in, some of them twice.
func TestPublishes(t *testing.T) {
	for seed := range uint64(4) {
		c := newCluster(t, seed)
		for range 3 {
			c.decide(c.register()...)
			c.decide() // an empty one
		}
		c.settle()
		c.requireAllPublished()
		for _, r := range c.replicas {
			require.Empty(t, r.Blamed())
		}
	}
}

// A replica checks the next block while it executes, signs and publishes the present one,
// and what it has checked holds once that block is decided.
func TestChecksAhead(t *testing.T) {
	c := newCluster(t, 3)
	r := c.replicas[0]
	at := uint64(c.f.p.Policy().Start.Unix())
	next := c.register()
	for range 4 {
		block := next
		next = c.register()
		checked := make(chan error)
		go func() {
			_, err := r.Check(ctx, at, next)
			checked <- err
		}()
		c.decide(block...)
		c.settle()
		require.NoError(t, <-checked)
		v, err := r.Check(ctx, at, next)
		require.NoError(t, err)
		for _, op := range next {
			require.NoError(t, v.Err(op))
		}
	}
	c.decide(next...)
	c.settle()
	c.requireAllPublished()
}

// What one replica sends at each point of a block, all of the others lack: they wait for
// it in vain, and do without.
func TestSilentReplica(t *testing.T) {
	for silent := range n {
		t.Run(fmt.Sprint(silent), func(t *testing.T) {
			c := newCluster(t, 7)
			c.forge = func(from, _ int, m *replica.Message) *replica.Message {
				if from == silent {
					return nil
				}
				return m
			}
			for range n { // each has the turn once
				c.decide(c.register()...)
			}
			c.settle()
			c.overdue()
			c.settle()
			c.requireAllPublished() // the silent one hears the others
			for _, r := range c.replicas {
				require.Empty(t, r.Blamed())
			}
		})
	}
}

// The turns go round, and not with those of who proposes, party h mod n for block h: one
// that is down does not stop a block twice.
func TestCombinerIsNotTheProposer(t *testing.T) {
	c := newCluster(t, 13)
	combiner := make(map[uint64]int)
	c.forge = func(from, _ int, m *replica.Message) *replica.Message {
		if m.Kind() == replica.KindSignatures {
			combiner[m.Height()] = from
		}
		return m
	}
	for h := range uint64(2 * n) {
		c.decide(c.register()...)
		c.settle()
		require.Equal(t, int(h+2)%n, combiner[h+1])
	}
}

// A replica that is stopped at any point and opened again goes on by itself, and so do
// the others.
func TestStoppedAnywhere(t *testing.T) {
	for seed := range uint64(12) {
		c := newCluster(t, 100+seed)
		for b := range 4 {
			c.decide(c.register()...)
			for step := range 40 {
				i := c.rng.IntN(n)
				switch {
				case c.rng.IntN(12) == 0: // stopped, messages to it are lost
					c.replicas[i], c.inboxes[i] = nil, nil
					c.open(i)
				case step%2 == 0:
					c.work(i)
				default:
					c.deliver(i)
				}
			}
			if b == 2 { // all at once, with what was decided not signed by anybody
				c.decide(c.register()...)
				for i := range n {
					c.replicas[i], c.inboxes[i] = nil, nil
				}
				for i := range n {
					c.open(i)
				}
			}
		}
		c.settle()
		c.overdue()
		c.settle()
		c.requireAllPublished()
		for _, r := range c.replicas {
			require.Empty(t, r.Blamed())
		}
	}
}

// One that was down while blocks were published follows by what others have certified.
func TestFollows(t *testing.T) {
	c := newCluster(t, 3)
	c.replicas[2] = nil
	for range 40 {
		c.decide(c.register()...)
		c.settle()
	}
	c.overdue()
	c.settle()
	require.EqualValues(t, 40, c.publishedAt(0))
	c.open(2)
	require.Zero(t, c.publishedAt(2))
	c.replicas[2].Overdue(ever)
	c.settle()
	c.requireAllPublished()
}

// snapshot is that of the first replica.
func (c *cluster) snapshot() ([]byte, [32]byte) {
	s, err := c.replicas[0].Ledger().Snapshot()
	require.NoError(c.t, err)
	defer func() { require.NoError(c.t, s.Close()) }()
	var b bytes.Buffer
	_, err = s.WriteTo(&b)
	require.NoError(c.t, err)
	return b.Bytes(), s.Digest()
}

// Restored from a snapshot, a replica publishes from its certificate on, and says of what
// is below that others have it.
func TestRestored(t *testing.T) {
	c := newCluster(t, 5)
	for range 3 {
		c.decide(c.register()...)
		c.settle()
	}
	snapshot, digest := c.snapshot()
	published := must(c.replicas[0].Certificate(ctx, 2))
	require.EqualValues(t, 2, published.Height)

	wrong := digest
	wrong[0] ^= 1
	c.stores[3], c.inboxes[3] = new(store.Memory), nil
	_, err := replica.Restore(c.config(3), bytes.NewReader(snapshot), wrong, c.at(published))
	require.ErrorIs(t, err, utt.ErrInvalid)
	for what, change := range map[string]func(at *replica.Published){
		"a certificate that is forged": func(at *replica.Published) { at.Certificate = changed(at.Certificate) },
		"and of the credentials":       func(at *replica.Published) { at.Credentials = changed(at.Credentials) },
		"[LOG-EXT]":                    func(at *replica.Published) { at.Frontier = c.at(must(c.replicas[0].Certificate(ctx, 1))).Frontier },
		"edges of the credentials":     func(at *replica.Published) { at.CredentialFrontier = at.Frontier },
		"[CERT-KIND]":                  func(at *replica.Published) { at.Credentials, at.CredentialFrontier = at.Certificate, at.Frontier },
		"credentials of a later block": func(at *replica.Published) {
			*at = must(c.replicas[0].Where())
			at.Certificate, at.Frontier = published, c.at(published).Frontier
		},
		"credentials and no ledger before": func(at *replica.Published) { at.Certificate = nil },
	} {
		at := c.at(published)
		change(&at)
		_, err = replica.Restore(c.config(3), bytes.NewReader(snapshot), digest, at)
		require.ErrorIs(t, err, utt.ErrInvalid, what)
		if strings.HasPrefix(what, "[") {
			require.ErrorContains(t, err, what)
		}
	}
	c.replicas[3], err = replica.Restore(c.config(3), bytes.NewReader(snapshot), digest, c.at(published))
	require.NoError(t, err)
	require.Equal(t, c.replicas[0].Ledger().Digest(), c.replicas[3].Ledger().Digest())
	c.decide(c.register()...)
	c.settle()
	c.overdue()
	c.settle()
	require.EqualValues(t, 4, c.publishedAt(3))
	for _, err := range c.replicas[3].Records(ctx, utt.Cursor{Height: 2}) {
		require.ErrorIs(t, err, utt.ErrNotFound)
		require.ErrorContains(t, err, "from block 3 on")
	}
	count := 0
	for r, err := range c.replicas[3].Records(ctx, utt.Cursor{Height: 3}) {
		require.NoError(t, err)
		require.Equal(t, !r.Owes(), r.Signed())
		count++
	}
	require.Equal(t, 8, count)
	c.replicas[3] = nil
	c.open(3) // and once more from its store
	require.EqualValues(t, 4, c.publishedAt(3))
}

// The bytes of an executed operation handed in again do not turn "executed" into
// "rejected" for whoever asks last.
func TestReceiptsStay(t *testing.T) {
	c := newCluster(t, 9)
	ops := c.register()
	issue := ops[1]
	ahead := must(utt.NewIssue(c.f.p, c.f.issuer, 2, c.users[0].PID(), asset, 7))
	for _, r := range c.decide(append(ops, issue, ahead)...)[:4] {
		require.NoError(t, r.Err())
	}
	again := c.decide(issue)[0]
	require.Equal(t, utt.Rejected, again.Status)
	require.Equal(t, utt.CodeRepeated, again.Rejection.Code)
	require.ErrorIs(t, again.Err(), utt.ErrConflict)
	require.ErrorContains(t, again.Err(), "block 1")
	for i := range n {
		for _, op := range ops {
			got, err := c.replicas[i].Receipt(ctx, op.Digest())
			require.NoError(t, err)
			require.Equal(t, utt.Receipt{Op: op.Digest(), ID: op.ID(), Status: utt.Executed}, got)
		}
		got, err := c.replicas[i].Receipt(ctx, ahead.Digest())
		require.NoError(t, err)
		require.Equal(t, utt.CodeNonce, got.Rejection.Code)
		_, err = c.replicas[i].Receipt(ctx, utt.Digest{})
		require.ErrorIs(t, err, utt.ErrNotFound)
	}
	outlook, no, err := c.replicas[0].Preview(issue, 0)
	require.NoError(t, err)
	require.Equal(t, ledger.Never, outlook)
	require.Equal(t, utt.CodeRepeated, no.Code)
	outlook, no, err = c.replicas[0].Preview(ahead, 0)
	require.NoError(t, err)
	require.Equal(t, ledger.Later, outlook)
	require.Equal(t, utt.CodeNonce, no.Code)

	next := must(utt.NewIssue(c.f.p, c.f.issuer, 1, c.users[0].PID(), asset, 7))
	c.issued = 3
	for _, r := range c.decide(next, ahead) { // a rejection gives way
		require.NoError(t, r.Err())
	}
	got, err := c.replicas[0].Receipt(ctx, ahead.Digest())
	require.NoError(t, err)
	require.NoError(t, got.Err())
	balance, err := c.replicas[0].Ledger().Balance(c.users[0].PID(), asset)
	require.NoError(t, err)
	require.EqualValues(t, 100-10+7+7, balance)
}

// In one block, the second of two equal operations has the code too, and the receipt that
// is kept is the first one's.
func TestReceiptOfTwiceInABlock(t *testing.T) {
	c := newCluster(t, 10)
	ops := c.register()
	receipts := c.decide(append(ops, ops[1], ops[3])...)
	require.Equal(t, utt.CodeRepeated, receipts[4].Rejection.Code)
	require.Equal(t, utt.CodeRepeated, receipts[5].Rejection.Code)
	got, err := c.replicas[0].Receipt(ctx, ops[1].Digest())
	require.NoError(t, err)
	require.NoError(t, got.Err())
}

// So has the second of two that were rejected in an earlier block.
func TestReceiptOfTwiceAfterARejection(t *testing.T) {
	c := newCluster(t, 14)
	c.decide(c.register()...)
	next := must(utt.NewIssue(c.f.p, c.f.issuer, 1, c.users[0].PID(), asset, 7))
	ahead := must(utt.NewIssue(c.f.p, c.f.issuer, 2, c.users[0].PID(), asset, 7))
	require.Equal(t, utt.CodeNonce, c.decide(ahead)[0].Rejection.Code)
	receipts := c.decide(next, ahead, ahead)
	require.NoError(t, receipts[1].Err())
	require.Equal(t, utt.CodeRepeated, receipts[2].Rejection.Code)
	require.ErrorContains(t, receipts[2].Err(), "block 3")
	got, err := c.replicas[0].Receipt(ctx, ahead.Digest())
	require.NoError(t, err)
	require.NoError(t, got.Err())
}

// A block that is prepared leaves no trace, and is committed with what the host keeps, or
// not at all.
func TestPrepareAndCommit(t *testing.T) {
	c := newCluster(t, 11)
	c.decide(c.register()...)
	r := c.replicas[0]
	head, digest := r.Ledger().Head(), r.Ledger().Digest()
	b := &utt.Block{Height: 2, Time: head.Time, Ops: c.register()}
	v, err := c.f.p.Check(ctx, b.Time, b.Ops)
	require.NoError(t, err)
	one, err := r.Prepare(b, v)
	require.NoError(t, err)
	other, err := r.Prepare(&utt.Block{Height: 2, Time: head.Time + 5}, must(c.f.p.Check(ctx, head.Time+5, nil)))
	require.NoError(t, err)
	require.Equal(t, head, r.Ledger().Head())
	require.Equal(t, digest, r.Ledger().Digest())
	_, err = r.Receipt(ctx, b.Ops[0].Digest())
	require.ErrorIs(t, err, utt.ErrNotFound)

	mine := store.Write{Key: []byte(replica.Beside + "height"), Value: []byte("2")}
	require.ErrorIs(t, r.Commit(one, store.Write{Key: []byte("a"), Value: []byte("x")}), utt.ErrInvalid)
	require.ErrorIs(t, r.Commit(one, store.Write{Key: []byte(ledger.Beside + "r"), Value: []byte("x")}), utt.ErrInvalid)
	require.ErrorIs(t, r.Commit(nil), utt.ErrInvalid)
	require.NoError(t, r.Commit(one, mine))
	require.Equal(t, one.Digest(), r.Ledger().Digest())
	got, ok, err := c.stores[0].Get(mine.Key)
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, mine.Value, got)
	require.ErrorIs(t, r.Commit(other), utt.ErrConflict)
	require.ErrorIs(t, r.Commit(one), utt.ErrConflict)
	require.ErrorIs(t, c.replicas[1].Commit(one), utt.ErrInvalid, "another's")
	require.Equal(t, one.Digest(), r.Ledger().Digest())
}

// Wait returns when something is published, and ends with its context.
func TestWait(t *testing.T) {
	c := newCluster(t, 12)
	c.decide(c.register()...)
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	require.ErrorIs(t, c.replicas[0].Wait(cancelled, utt.Cursor{}), context.Canceled)
	done := make(chan error)
	go func() { done <- c.replicas[0].Wait(ctx, utt.Cursor{}) }()
	c.settle()
	require.NoError(t, <-done)
}

// changed is a certificate that says something else.
func changed(c *utt.Certificate) *utt.Certificate {
	d := *c
	d.Time++
	return &d
}
