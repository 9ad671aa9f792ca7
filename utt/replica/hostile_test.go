package replica_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/replica"
	"github.com/utt-ecash/utt-go/utt/store"
)

// A valid certificate of a block that the snapshot does not have yet is refused before
// anything is written: else the store is neither empty nor of use.
func TestRestoreWithALaterCertificate(t *testing.T) {
	c := newCluster(t, 31)
	c.decide(c.register()...)
	c.settle()
	snapshot, digest := c.snapshot()
	c.decide(c.register()...)
	c.settle()
	later := must(c.replicas[0].Certificate(ctx, 2))
	require.EqualValues(t, 2, later.Height)
	first := must(c.replicas[0].Certificate(ctx, 1))
	for _, signs := range []bool{true, false} {
		config := c.config(3)
		config.Store = new(store.Memory)
		if !signs {
			config.Ledger = nil
		}
		_, err := replica.Restore(config, bytes.NewReader(snapshot), digest, c.at(later))
		require.ErrorIs(t, err, utt.ErrInvalid)
		_, err = replica.Restore(config, bytes.NewReader(snapshot), digest, c.at(first))
		require.NoError(t, err, "the store is as it was")
	}
}

// A prepared block that the replica's Prepare did not make is not committed: its height
// would be lost, and with it what was signed last.
func TestCommitOfAForeignPrepared(t *testing.T) {
	c := newCluster(t, 32)
	c.decide(c.register()...)
	c.settle()
	r := c.replicas[0]
	b := &utt.Block{Height: 2, Time: c.blocks[0].Time}
	v := must(c.f.p.Check(ctx, b.Time, nil))
	bare := must(r.Ledger().Prepare(b, v))
	require.ErrorIs(t, r.Commit(&replica.Prepared{Prepared: bare}), utt.ErrInvalid)
	require.ErrorIs(t, c.replicas[1].Commit(must(r.Prepare(b, v))), utt.ErrInvalid)
	require.NoError(t, r.Commit(must(r.Prepare(b, v))))
}

// Records that begin below the last certificate never fit: beside a certificate of
// others' making they are not kept, nor taken in again by every Work.
func TestFollowKeepsOnlyWhatMayFit(t *testing.T) {
	c := newCluster(t, 33)
	var junk *replica.Message
	c.forge = func(_, to int, m *replica.Message) *replica.Message {
		if to == 3 && m.Kind() == replica.KindCertified && m.Key() == replica.CoinKey && junk == nil {
			junk = m.Doubled()
		}
		if to == 3 {
			return nil
		}
		return m
	}
	for range 3 {
		c.decide(c.register()...)
		c.settle()
		c.overdue() // where the turn to combine is with the one who hears nothing
		c.settle()
	}
	c.replicas[3].Overdue(ever)
	c.settle()
	require.NotNil(t, junk)
	for range 64 {
		require.NoError(t, c.replicas[3].Receive(c.replicas[0].Party(), junk))
	}
	for range 2 {
		_, err := c.replicas[3].Work(ctx)
		require.NoError(t, err)
	}
	require.Zero(t, c.replicas[3].Following())
}
