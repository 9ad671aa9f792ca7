package replica_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/replica"
	"github.com/utt-ecash/utt-go/utt/store"
)

// samples are a message of every kind, as they are sent among replicas.
func samples(t *testing.T) map[replica.Kind]*replica.Message {
	t.Helper()
	c := newCluster(t, 27)
	kinds := make(map[replica.Kind]*replica.Message)
	c.forge = func(_, _ int, m *replica.Message) *replica.Message {
		kinds[m.Kind()] = m
		return m
	}
	c.replicas[1] = nil // which has no turn for block 1
	c.decide(c.register()...)
	c.settle()
	c.open(1)
	c.replicas[1].Overdue(ever)
	c.settle()
	require.Len(t, kinds, 6)
	return kinds
}

// One that sends all it can about blocks to come, and of what it says is certified, has the
// others keep a few MiB beside what the next block takes, however many are in work; and they
// publish all.
func TestFloodOfOne(t *testing.T) {
	kinds := samples(t)
	for name, backlog := range map[string]int{"caught up": 0, "with a backlog": 256} {
		t.Run(name, func(t *testing.T) {
			c := newCluster(t, 61)
			liar := c.replicas[1].Party()
			for k := range backlog {
				if k < 3 {
					c.decide(c.register()...)
				} else {
					c.decide()
				}
			}
			most := 0
			flood := func() {
				r := c.replicas[3]
				published := r.Published()
				for height := published + 300; height > published; height-- {
					for _, m := range []*replica.Message{
						kinds[replica.KindShares].Junk(height, replica.LongestShares),
						kinds[replica.KindSignatures].Junk(height, replica.LongestSignatures),
						kinds[replica.KindCertified].Junk(height, 4<<20),
					} {
						if backlog > 0 && height > published+1 && height%16 != 0 {
							m = m.Junk(height, 1<<16) // for the test's own sake
						}
						require.NoError(t, r.Receive(liar, m))
						about, certified := r.Kept(liar)
						most = max(most, about)
						require.LessOrEqual(t, certified, replica.UsualKept())
					}
				}
				require.LessOrEqual(t, most, replica.UsualKept()+2*replica.LongestShares+replica.LongestSignatures+1<<10)
			}
			flood()
			require.Greater(t, most, replica.UsualKept(), "the next block's are kept")
			c.decide(c.register()...)
			flood()
			c.settle()
			c.overdue()
			c.settle()
			c.requireAllPublished()
			about, certified := c.replicas[3].Kept(liar)
			require.LessOrEqual(t, about, replica.UsualKept())
			require.Zero(t, certified)
			c.decide(c.register()...) // what was dropped is asked for
			c.settle()
			c.overdue()
			c.settle()
			c.requireAllPublished()
		})
	}
}

// Where next to nothing of a party is kept beside what the next block takes, what honest
// ones say of a backlog is asked for block by block, and all is published at once.
func TestDroppedIsAskedFor(t *testing.T) {
	c := newCluster(t, 62)
	for _, r := range c.replicas {
		r.Limit(500, 1<<20) // two blocks' or so
	}
	for range 40 {
		c.decide(c.register()...)
	}
	c.settle()
	for range 3 { // those that a block waits for for the first time may be all that are needed
		c.overdue()
		c.settle()
	}
	c.requireAllPublished()
	for _, r := range c.replicas {
		require.Empty(t, r.Blamed())
	}
}

// answers is how much a replica sends to a party, and how many messages.
func answers(t *testing.T, r *replica.Replica, to replica.Party) (size, count int) {
	t.Helper()
	out, err := r.Work(ctx)
	require.NoError(t, err)
	for _, m := range out {
		require.Equal(t, to, m.To())
		size, count = size+m.Size(), count+1
	}
	return size, count
}

// One that asks again and again, for everything or from ever another height, is sent what
// there is once, and once more as much as an honest one may need that lost some of it.
func TestAsksForEver(t *testing.T) {
	ask := samples(t)[replica.KindAsk]
	c := newCluster(t, 63)
	for range 40 {
		c.decide(c.register()...)
		c.settle()
		c.overdue()
		c.settle()
	}
	const kept, burst = 64 << 10, 128 << 10
	r, to := c.replicas[0], c.replicas[1].Party()
	r.Limit(kept, burst)
	history := 0
	for from := uint64(1); from <= 40; from += 16 {
		require.NoError(t, r.Receive(to, ask.About(from)))
		size, count := answers(t, r, to)
		require.LessOrEqual(t, count, 16)
		history += size
	}
	require.Greater(t, 3*history, burst)
	for name, next := range map[string]func(k uint64) uint64{
		"everything": func(uint64) uint64 { return 1 },
		"walking":    func(k uint64) uint64 { return 1 + k%41 },
		"backwards":  func(k uint64) uint64 { return 41 - k%41 },
		"none":       func(k uint64) uint64 { return k * k << 32 },
	} {
		sent := 0
		for k := range uint64(400) {
			require.NoError(t, r.Receive(to, ask.About(next(k))))
			size, _ := answers(t, r, to)
			sent += size
		}
		require.LessOrEqual(t, sent, burst+kept, name)
		for range burst / kept { // and more with time
			r.Overdue(0)
		}
		require.NoError(t, r.Receive(to, ask.About(1)))
		size, _ := answers(t, r, to)
		require.Positive(t, size, name)
		for range burst / kept {
			r.Overdue(0)
		}
	}
	// what a stranger has used up is not another's
	other := c.replicas[2].Party()
	require.NoError(t, r.Receive(other, ask.About(1)))
	size, count := answers(t, r, other)
	require.Positive(t, size)
	require.Positive(t, count)
}

// An ask that has to wait is answered when there is more to spare, without another.
func TestAskWaits(t *testing.T) {
	ask := samples(t)[replica.KindAsk]
	c := newCluster(t, 64)
	c.replicas[1] = nil
	for range 4 {
		c.decide(c.register()...)
		c.settle()
		c.overdue()
		c.settle()
	}
	r, to := c.replicas[0], replica.Party{Coin: 2, Credential: 2, Ledger: 2}
	r.Limit(1<<20, 1<<10)
	for k := 0; ; k++ {
		require.NoError(t, r.Receive(to, ask.About(1)))
		if size, _ := answers(t, r, to); size == 0 {
			break
		}
		require.Less(t, k, 3)
	}
	size, count := answers(t, r, to)
	require.Zero(t, size)
	for ticks := 0; size == 0; ticks++ {
		require.Less(t, ticks, 64)
		r.Overdue(0)
		size, count = answers(t, r, to)
	}
	require.Positive(t, count)
}

// A replica that has executed everything and published nothing is told all that others
// have certified by asking one of them three times, and so is one that loses it again.
func TestCatchUpSpeed(t *testing.T) {
	c := newCluster(t, 65)
	c.replicas[3] = nil
	for range 48 {
		c.decide(c.register()...)
		c.settle()
		c.overdue()
		c.settle()
	}
	for range 2 {
		c.stores[3] = new(store.Memory)
		c.open(3)
		asks, answers := 0, 0
		c.forge = func(from, to int, m *replica.Message) *replica.Message {
			switch {
			case from != 0 && to != 0:
				return nil
			case m.Key() == replica.CredentialKey:
			case m.Kind() == replica.KindAsk && from == 3:
				asks++
			case m.Kind() == replica.KindCertified:
				answers++
			}
			return m
		}
		c.replicas[3].Overdue(ever)
		for c.replicas[3].Published() < 48 {
			before := c.replicas[3].Published()
			for _, i := range []int{3, 0} {
				c.work(i)
				for _, j := range []int{0, 3} {
					for _, d := range c.inboxes[j] {
						require.NoError(t, c.replicas[j].Receive(d.from, d.m))
					}
					c.inboxes[j] = nil
				}
			}
			c.work(3)
			require.Equal(t, before+16, c.replicas[3].Published())
		}
		require.Equal(t, 48, answers)
		require.LessOrEqual(t, asks, 4)
		c.inboxes = make([][]delivery, n)
	}
}

// Blocks above those that the host has waited for are in flight: nobody does the
// combiner's work on them, nor says again what it has said.
func TestOverdueUpToAHeight(t *testing.T) {
	c := newCluster(t, 66)
	for range 3 {
		c.decide(c.register()...)
	}
	for i := range n {
		c.work(i)
		c.inboxes[i] = nil // all of it is lost
	}
	r := c.replicas[0]
	r.Overdue(1)
	require.True(t, r.Alone(1))
	require.False(t, r.Alone(2))
	out, err := r.Work(ctx)
	require.NoError(t, err)
	require.NotEmpty(t, out)
	for _, m := range out {
		require.EqualValues(t, 1, m.Height(), "%v", m.Kind())
	}
	r.Overdue(0)
	out, err = r.Work(ctx)
	require.NoError(t, err)
	require.Empty(t, out)
	for range 4 {
		c.overdue()
		c.settle()
	}
	c.requireAllPublished()
}

// More records than may be between two certificates are refused, before they are looked at:
// published, no wallet would take them in.
func TestFollowsNoMoreThanWalletsDo(t *testing.T) {
	c := newCluster(t, 67)
	c.replicas[3] = nil
	c.decide(c.register()...)
	c.settle()
	c.overdue()
	c.settle()
	c.open(3)
	var records []*utt.Record
	for r, err := range c.replicas[0].Records(ctx, utt.Cursor{}) {
		require.NoError(t, err)
		records = append(records, r)
	}
	certificate := must(c.replicas[0].Certificate(ctx, 1))
	many := slices.Repeat(records, utt.MaxBlock/len(records)+1)
	err := c.replicas[3].Follow(certificate, many)
	require.ErrorIs(t, err, utt.ErrInvalid)
	require.ErrorContains(t, err, "without a certificate in between")
	require.NoError(t, c.replicas[3].Follow(certificate, records))
}
