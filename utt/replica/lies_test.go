package replica_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/replica"
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
					if alone && m.Certified() {
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
			for range n { // each has the turn once
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
	const liar = 1 // has the turn for block 1
	c.forge = func(from, to int, m *replica.Message) *replica.Message {
		if from != liar || !m.Signatures() {
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
	c.replicas[3].Overdue()
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
	require.Len(t, out, 1, "it asks: %s", fmt.Sprint(len(kept)))
	c.forge = nil
	c.overdue()
	c.settle()
	c.requireAllPublished()
}
