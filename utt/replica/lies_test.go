package replica_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/replica"
	"github.com/utt-ecash/utt-go/utt/store"
)

// A replica that lies in one kind of message, or in all, to all others stops nothing; it
// is blamed for exactly that, and nobody else is.
func TestLiar(t *testing.T) {
	for _, kind := range []string{"shares", "signatures", "certificate share", "certified records", "everything"} {
		t.Run(kind, func(t *testing.T) {
			c := newCluster(t, 21)
			const liar = 2
			var earlier *utt.CertificateShare
			lied, alone := false, false
			c.forge = func(from, _ int, m *replica.Message) *replica.Message {
				if from != liar {
					if alone && m.Kind() == replica.KindCertified {
						return nil
					}
					return m
				}
				lie, what := m.Lie(earlier)
				if s := m.CertificateShare(); s != nil && earlier == nil {
					earlier = s
				}
				if what == kind || kind == "everything" {
					lied = lied || what != ""
					return lie
				}
				return m
			}
			for range 3 * n { // each has the turn, and joins the shares of any t, now and then
				c.decide(c.register()...)
				c.settle()
			}
			c.replicas[1], c.inboxes[1] = nil, nil
			c.decide(c.register()...)
			c.settle()
			c.overdue()
			c.settle()
			c.open(1)
			alone = true // the liar answers first
			c.overdue()
			c.settle()
			alone = false
			c.overdue()
			c.settle()
			c.requireAllPublished()
			require.True(t, lied)
			blamed := 0
			for i, r := range c.replicas {
				for _, b := range r.Blamed() {
					require.Equal(t, threshold.Index(liar+1), b.Index, "replica %d blames %+v", i, b)
					require.True(t, kind == "everything" || b.What == kind, "%+v", b)
					blamed++
				}
			}
			require.Positive(t, blamed)
		})
	}
}

// Signatures that are wrong are taken by nobody, also where the liar vouches for them
// twice, or in another's name.
func TestVouchersAreCounted(t *testing.T) {
	c := newCluster(t, 22)
	const liar = 2 // has the turn for block 1
	c.forge = func(from, to int, m *replica.Message) *replica.Message {
		if from != liar || m.Kind() != replica.KindSignatures {
			return m
		}
		lie, _ := m.Lie(nil)
		c.inboxes[to] = append(c.inboxes[to], delivery{c.replicas[liar].Party(), lie.Endorsing()},
			delivery{c.replicas[liar].Party(), lie.Endorsing()}, delivery{replica.Party{Coin: 4}, lie.Endorsing()})
		return lie
	}
	c.decide(c.register()...)
	c.settle()
	c.overdue()
	c.settle()
	c.requireAllPublished()
}

// Messages that a party cannot have sent are refused, and blame nobody.
func TestReceivesOnlyWhatIsTheSenders(t *testing.T) {
	c := newCluster(t, 23)
	c.decide(c.register()...)
	out, err := c.replicas[0].Work(ctx)
	require.NoError(t, err)
	require.NotEmpty(t, out)
	for _, m := range out {
		err := c.replicas[1].Receive(replica.Party{}, m)
		require.ErrorIs(t, err, utt.ErrInvalid)
	}
	c.send(0, out)
	c.settle()
	c.requireAllPublished()
	require.ErrorIs(t, c.replicas[0].Receive(replica.Party{Ledger: 1}, nil), utt.ErrInvalid)
	require.ErrorIs(t, c.replicas[0].Receive(replica.Party{Ledger: 1}, new(replica.Message)), utt.ErrInvalid)
	for _, r := range c.replicas {
		require.Empty(t, r.Blamed())
	}
}

// Who was caught once is used last: blocks after it take no search for culprits.
func TestSuspectsComeLast(t *testing.T) {
	c := newCluster(t, 24)
	const liar = 0
	c.forge = func(from, _ int, m *replica.Message) *replica.Message {
		if from == liar {
			if lie, what := m.Lie(nil); what == "shares" {
				return lie
			}
		}
		return m
	}
	for range 12 {
		c.decide(c.register()...)
		c.settle()
	}
	c.requireAllPublished()
	for i, r := range c.replicas {
		if i != liar {
			require.LessOrEqual(t, len(r.Blamed()), 2, "once for each key")
		}
	}
}

// Nothing that is far ahead is kept, whoever sends it.
func TestFarAhead(t *testing.T) {
	c := newCluster(t, 25)
	var kept []*replica.Message
	c.forge = func(from, to int, m *replica.Message) *replica.Message {
		if to == 3 {
			kept = append(kept, m)
			return nil
		}
		return m
	}
	c.replicas[3].Overdue(ever)
	for range 40 {
		c.decide(c.register()...)
		c.settle()
	}
	fresh := newCluster(t, 25)
	for _, m := range kept {
		for range 3 {
			_ = fresh.replicas[3].Receive(c.replicas[0].Party(), m)
		}
	}
	out, err := fresh.replicas[3].Work(ctx)
	require.NoError(t, err)
	require.Len(t, out, 2, "it asks on both lines: %s", fmt.Sprint(len(kept)))
	c.forge = nil
	c.overdue()
	c.settle()
	c.requireAllPublished()
}

// Whoever is flooded with what is far ahead asks for what it lacks once, and again when it
// has got on or waited in vain.
func TestAsksOnce(t *testing.T) {
	c := newCluster(t, 26)
	var far []*replica.Message
	c.forge = func(_, to int, m *replica.Message) *replica.Message {
		if to != 3 {
			return m
		}
		far = append(far, m)
		return nil
	}
	for range 40 {
		c.decide(c.register()...)
		c.settle()
	}
	asks := func() (asks int) {
		for _, m := range far[len(far)-8:] {
			_ = c.replicas[3].Receive(c.replicas[0].Party(), m)
			out, err := c.replicas[3].Work(ctx)
			require.NoError(t, err)
			for _, m := range out {
				if m.Kind() == replica.KindAsk && m.Key() == replica.CoinKey {
					require.EqualValues(t, c.replicas[3].Published()+1, m.Height())
					asks++
				}
			}
		}
		return asks
	}
	c.replicas[3] = nil
	c.stores[3] = new(store.Memory)
	blocks := c.blocks
	c.blocks = nil
	c.open(3) // and nothing is executed yet
	c.blocks = blocks
	require.Equal(t, 1, asks())
	require.Zero(t, asks())
	c.catchUp(3)
	c.replicas[3].Overdue(ever)
	require.Equal(t, 1, asks())
	c.forge = nil
	for range 2 {
		c.overdue()
		c.settle()
	}
	c.requireAllPublished()
}

// Hosts read kind and height of a message off it.
func TestKinds(t *testing.T) {
	c := newCluster(t, 27)
	kinds := make(map[string]int)
	c.forge = func(_, _ int, m *replica.Message) *replica.Message {
		kinds[m.Kind().String()]++
		require.EqualValues(t, 1, m.Height())
		return m
	}
	c.replicas[1] = nil // which has no turn for block 1
	c.decide(c.register()...)
	c.settle()
	c.open(1)
	c.replicas[1].Overdue(ever)
	c.settle()
	require.Len(t, kinds, 6)
	for _, kind := range []string{"shares", "signatures", "endorsement", "certificate share", "ask", "certified records"} {
		require.Positive(t, kinds[kind], kind)
	}
	require.Zero(t, new(replica.Message).Kind())
	require.Zero(t, new(replica.Message).Height())
}

// Where the time goes is told by stages.
func TestObserve(t *testing.T) {
	c := newCluster(t, 28)
	var begun, ended []replica.Stage
	for i := range n {
		config := c.config(i)
		config.Observe = func(s replica.Stage) func() {
			begun = append(begun, s)
			return func() { ended = append(ended, s) }
		}
		var err error
		c.replicas[i], err = replica.Open(config)
		require.NoError(t, err)
	}
	c.decide(c.register()...)
	c.settle()
	require.Equal(t, begun, ended)
	count := make(map[replica.Stage]int)
	for _, s := range begun {
		count[s]++
	}
	// under each of two keys one combines, and t − 1 verify for all
	require.Equal(t, map[replica.Stage]int{replica.StageSign: 2 * n, replica.StageCombine: 2, replica.StageAttach: 2 * (quorum - 1)}, count)
}

// One that floods another with what it says is certified drives out nobody's answer.
func TestFloodOfCertified(t *testing.T) {
	c := newCluster(t, 29)
	const liar = 1
	c.replicas[3] = nil
	for range 20 {
		c.decide(c.register()...)
		c.settle()
		c.overdue()
		c.settle()
	}
	c.open(3)
	c.replicas[3].Overdue(ever)
	var answer, flood []*replica.Message
	c.forge = func(from, to int, m *replica.Message) *replica.Message {
		if to == 3 && m.Kind() == replica.KindCertified {
			switch from {
			case 0:
				answer = append(answer, m)
			case liar:
				flood = append(flood, m) // genuine, and not what comes next
			}
			return nil
		}
		return m
	}
	c.settle()
	require.GreaterOrEqual(t, len(answer), 16) // some asks come twice
	require.GreaterOrEqual(t, len(flood), 16)
	for _, m := range answer[:16] {
		require.NoError(t, c.replicas[3].Receive(c.replicas[0].Party(), m))
	}
	for range 20 {
		for _, m := range flood[8:16] {
			lie, _ := m.Lie(nil)
			require.NoError(t, c.replicas[3].Receive(c.replicas[liar].Party(), m))
			require.NoError(t, c.replicas[3].Receive(c.replicas[liar].Party(), lie))
		}
	}
	_, err := c.replicas[3].Work(ctx)
	require.NoError(t, err)
	require.GreaterOrEqual(t, c.replicas[3].Published(), uint64(16))
	for _, b := range c.replicas[3].Blamed() {
		require.EqualValues(t, liar+1, b.Index)
	}
}
