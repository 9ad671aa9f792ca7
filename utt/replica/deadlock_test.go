package replica_test

import (
	"bytes"
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/replica"
	"github.com/utt-ecash/utt-go/utt/store"
)

// slow is a store that tells a test that a tile of a tree is read for the first time, as before
// publication, and waits.
type slow struct {
	store.Store
	armed atomic.Bool // once, or it is as others
	begun chan struct{}
	wait  time.Duration
}

func (s *slow) Get(key []byte) ([]byte, bool, error) {
	if bytes.HasPrefix(key, []byte("~t")) && s.armed.CompareAndSwap(true, false) {
		close(s.begun)
		time.Sleep(s.wait)
	}
	return s.Store.Get(key)
}

// One goroutine commits a block while another publishes the one before: neither waits for the other
// for ever.
func TestCommitsWhilePublishing(t *testing.T) {
	c := newCluster(t, 92)
	s := &slow{Store: new(store.Memory), begun: make(chan struct{}), wait: 500 * time.Millisecond}
	c.stores[3] = s
	c.open(3)
	c.forge = func(_, to int, m *replica.Message) *replica.Message {
		if to == 3 && m.Kind() == replica.KindCertified {
			return nil
		}
		return m
	}
	c.decide(c.register()...)
	for range 20 { // all but the last work until they have published, and it has what they said
		for i := range 3 {
			c.work(i)
			for len(c.inboxes[i]) > 0 {
				c.deliver(i)
			}
		}
	}
	for len(c.inboxes[3]) > 0 {
		c.deliver(3)
	}
	b := &utt.Block{Height: 2, Time: c.blocks[0].Time, Ops: c.register()}
	v, err := c.replicas[3].Check(ctx, b.Time, b.Ops)
	require.NoError(t, err)
	s.armed.Store(true)
	done := make(chan error, 2)
	go func() { _, err := c.replicas[3].Work(context.Background()); done <- err }()
	<-s.begun
	go func() { _, err := c.replicas[3].Execute(b, v); done <- err }()
	for range 2 {
		select {
		case err := <-done:
			require.NoError(t, err)
		case <-time.After(10 * time.Second):
			t.Fatal("they wait for each other")
		}
	}
	require.EqualValues(t, 1, c.publishedAt(3))
}
