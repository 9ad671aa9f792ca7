package replica_test

import (
	"bytes"
	"errors"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/replica"
	"github.com/utt-ecash/utt-go/utt/store"
)

// One that tells right signatures to the combiner alone, before it has made them, does not
// keep them from the others.
func TestCombinerTellsWhatItWasTold(t *testing.T) {
	c := newCluster(t, 41)
	var told *replica.Message
	combiner := 0
	c.forge = func(from, _ int, m *replica.Message) *replica.Message {
		if m.Kind() == replica.KindSignatures {
			told, combiner = m, from
		}
		return m
	}
	c.decide(c.register()...)
	c.settle()
	require.NotNil(t, told)

	again := newCluster(t, 42)
	again.decide(c.blocks[0].Ops...)
	liar := (combiner + 2) % n // neither combines nor endorses
	require.NoError(t, again.replicas[combiner].Receive(again.replicas[liar].Party(), told))
	again.settle() // and nobody is overdue
	again.requireAllPublished()
}

// flaky is a store in which what a test chooses fails once.
type flaky struct {
	store.Store
	apply func([]store.Write) bool
	get   func([]byte) bool
	armed atomic.Bool
}

var errFlaky = errors.New("once")

func (s *flaky) Apply(w []store.Write) error {
	if s.apply != nil && s.apply(w) && s.armed.CompareAndSwap(true, false) {
		return errFlaky
	}
	return s.Store.Apply(w)
}

func (s *flaky) Get(key []byte) ([]byte, bool, error) {
	if s.get != nil && s.get(key) && s.armed.CompareAndSwap(true, false) {
		return nil, false, errFlaky
	}
	return s.Store.Get(key)
}

// A network of one publishes, also where its store fails once while the certificate is
// written: nobody else has it.
func TestNetworkOfOne(t *testing.T) {
	f := found(1, 1)
	s := &flaky{Store: new(store.Memory), apply: func(w []store.Write) bool { return bytes.HasPrefix(w[0].Key, []byte("~c")) }}
	c := &cluster{t: t, f: f, stores: []store.Store{s}, replicas: make([]*replica.Replica, 1)}
	c.open(0)
	for range 2 {
		s.armed.Store(true)
		c.decide(c.register()...)
		_, err := c.replicas[0].Work(ctx)
		require.ErrorIs(t, err, errFlaky)
		c.work(0)
		c.requireAllPublished()
	}
}

// Having followed while its store failed once, a replica goes on certifying.
func TestCertifiesAfterAFailedAdvance(t *testing.T) {
	c := newCluster(t, 44)
	s := &flaky{Store: new(store.Memory)}
	c.stores[3] = s
	c.replicas[3] = nil
	c.decide(c.register()...)
	c.settle()
	c.overdue()
	c.settle()
	require.EqualValues(t, 1, c.publishedAt(0))
	c.open(3)
	var reads int
	s.get = func(key []byte) bool { // the second time that block 1 is read while following
		if bytes.Equal(key[:1], []byte("b")) {
			reads++
		}
		return reads == 2
	}
	certificate := must(c.replicas[0].Certificate(ctx, 1))
	var records []*utt.Record
	for r, err := range c.replicas[0].Records(ctx, utt.Cursor{}) {
		require.NoError(t, err)
		records = append(records, r)
	}
	s.armed.Store(true)
	require.Error(t, c.replicas[3].Follow(certificate, records))
	require.False(t, s.armed.Load())
	certified := false
	c.forge = func(from, _ int, m *replica.Message) *replica.Message {
		certified = certified || from == 3 && m.Kind() == replica.KindCertificateShare
		return m
	}
	c.decide(c.register()...)
	c.settle()
	c.overdue()
	c.settle()
	c.requireAllPublished()
	require.True(t, certified)
}

// The answer to nobody would go to all.
func TestNobodyAsks(t *testing.T) {
	c := newCluster(t, 46)
	var ask *replica.Message
	c.forge = func(_, _ int, m *replica.Message) *replica.Message {
		if m.Kind() == replica.KindAsk {
			ask = m
		}
		return m
	}
	c.decide(c.register()...)
	c.replicas[1].Overdue(ever)
	c.settle()
	c.overdue()
	c.settle()
	c.requireAllPublished()
	require.NotNil(t, ask)
	require.ErrorIs(t, c.replicas[0].Receive(replica.Party{}, ask), utt.ErrInvalid)
	out, err := c.replicas[0].Work(ctx)
	require.NoError(t, err)
	require.Empty(t, out)
}

// A store that holds something of a replica, and no ledger, is not restored into: what was
// signed last may be of a block that the snapshot has not, and nothing could be opened then.
func TestRestoreBesideAReplica(t *testing.T) {
	c := newCluster(t, 48)
	c.decide(c.register()...)
	c.settle()
	snapshot, digest := c.snapshot()
	c.decide(c.register()...)
	c.settle()
	signed, ok, err := c.stores[3].Get([]byte("~S"))
	require.NoError(t, err)
	require.True(t, ok)
	config := c.config(3)
	config.Store = new(store.Memory)
	require.NoError(t, config.Store.Apply([]store.Write{{Key: []byte("~S"), Value: signed}, {Key: []byte(replica.Beside + "mine"), Value: []byte("v")}}))
	_, err = replica.Restore(config, bytes.NewReader(snapshot), digest, replica.Published{})
	require.ErrorIs(t, err, utt.ErrConflict)
	require.NoError(t, config.Store.Apply([]store.Write{{Key: []byte("~S")}}))
	_, err = replica.Restore(config, bytes.NewReader(snapshot), digest, replica.Published{})
	require.NoError(t, err, "what is the host's does no harm, and nothing was written")
}
