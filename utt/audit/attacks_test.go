package audit_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/audit"
	"github.com/utt-ecash/utt-go/utt/follow"
	"github.com/utt-ecash/utt-go/utt/local"
)

// madeUp is a node that serves the audit record of a payment which is decided under a name
// of its own making, as one that is held.
func madeUp(t testing.TB, net *local.Network, victim, id utt.ID) *node {
	return &node{net, func(r *utt.Record) *utt.Record {
		if r.ID() == victim && r.Status() == utt.Held {
			return renamed(t, r, id)
		}
		return r
	}}
}

// decided is a payment of alice's that auditors have decided.
func decided(t testing.TB) (*local.Network, *crew, utt.ID) {
	t.Helper()
	net, a, _ := newNetwork(t, utt.RevealAll, 5000)
	c := newCrew(t, net, approve)
	victim := hold(t, net, a, utt.Audited, 4000)
	require.NoError(t, net.Audit(context.Background(), c.all...))
	require.Empty(t, c.all[0].Held())
	return net, c, victim
}

// [ENC-FROM] A record that no certificate covers is opened by nobody: with a victim's audit
// record in it, it would have the victim read.
func TestRejectsMadeUpRecord(t *testing.T) {
	net, c, victim := decided(t)
	forged := utt.ID{1, 2, 3}
	for j := range c.all {
		c.all[j] = c.make(j)
		err := c.all[j].Sync(context.Background(), madeUp(t, net, victim, forged))
		require.True(t, follow.Broken.Is(err), err)
		require.ErrorContains(t, err, "[LOG-1]")
		require.Empty(t, c.all[j].Held())
	}
	messages, decisions := c.work(1, 2, 3, 4)
	require.Empty(t, messages)
	require.Empty(t, decisions)
	require.ErrorContains(t, c.all[0].Permit(audit.ToDecide, 0, forged, utt.RevealAll.Components()), "[ENC-FROM]")
}

// Of what shares are given: of what is held, the components that its row reveals, to decide.
func TestRejectsOtherShares(t *testing.T) {
	ctx := context.Background()
	net, a, _ := newNetwork(t, utt.RevealAmount, 5000, 900)
	c := newCrew(t, net, approve)
	id := hold(t, net, a, utt.Audited, 4000)
	h, err := a.Pay(ctx, net, bob, cash, 800, "")
	require.NoError(t, err)
	require.NoError(t, a.Await(ctx, net, h))
	c.sync()
	u := c.all[0]
	const revealed = utt.ComponentAmount
	require.NoError(t, u.Permit(audit.ToDecide, 0, id, revealed))
	require.ErrorContains(t, u.Permit(audit.ToDecide, 0, utt.ID{7}, revealed), "[ENC-FROM]", "of what the ledger has not accepted")
	require.ErrorContains(t, u.Permit(audit.ToDecide, 0, h.ID, revealed), "[ENC-FROM]", "an anonymous payment has no audit record")
	require.ErrorContains(t, u.Permit(audit.ByWarrant, 0, id, revealed), "[ENC-FROM]", "there are no warrants")
	require.ErrorContains(t, u.Permit(audit.ForSum, 0, id, revealed), "[ENC-FROM]")
	require.ErrorIs(t, u.Permit("any", 0, id, revealed), utt.ErrPolicy)
	for _, more := range []utt.Components{utt.RevealAll.Components(), utt.RevealAmountAndPayee.Components(), utt.ComponentPayer} {
		require.ErrorContains(t, u.Permit(audit.ToDecide, 0, id, more), "[ASK-DECIDE]", "%v", more)
	}
	require.NoError(t, net.Audit(ctx, c.all...))
	require.ErrorContains(t, u.Permit(audit.ToDecide, 0, id, revealed), "[ENC-FROM]", "decided")

	// what is not revealed, no question of another auditor's brings out
	require.NoError(t, c.give(c.letter(2, 1).Ask(id)))
	messages, _ := c.work(1)
	require.Empty(t, messages)
}

// [AUD-FROM] Nothing counts that is not signed by its sender, to its reader, in his network,
// and his own.
func TestRejectsMessagesInAnothersName(t *testing.T) {
	ctx := context.Background()
	net, a, _ := newNetwork(t, utt.RevealAmount, 5000)
	c := newCrew(t, net, approve)
	id := hold(t, net, a, utt.Audited, 4000)
	c.sync()
	shareOf := func(j threshold.Index) *threshold.DecryptionShare {
		s, err := net.Auditors().OpeningShares[j-1].Decrypt(nil, c.all[0].Request(id))
		require.NoError(t, err)
		return s
	}
	stranger, err := audit.DeriveKeys(seedOf("stranger"))
	require.NoError(t, err)
	elsewhere := c.letter(2, 1).Share(id, shareOf(2))
	elsewhere.Network[0]++
	for name, message := range map[string][]byte{
		"signed by a stranger":      c.letter(2, 1).Share(id, shareOf(2)).Seal(stranger, c.peers[0]),
		"signed by another":         c.letter(2, 1).Share(id, shareOf(2)).Seal(c.keys[2], c.peers[0]),
		"another's share":           c.letter(3, 1).Share(id, shareOf(2)).Seal(c.keys[2], c.peers[0]),
		"from nobody":               c.letter(0, 1).Share(id, shareOf(2)).Seal(c.keys[1], c.peers[0]),
		"from one too many":         c.letter(5, 1).Share(id, shareOf(2)).Seal(c.keys[1], c.peers[0]),
		"from the reader himself":   c.letter(1, 1).Share(id, shareOf(1)).Seal(c.keys[0], c.peers[0]),
		"to another, and passed on": c.letter(2, 3).Share(id, shareOf(2)).Seal(c.keys[1], c.peers[0]),
		"to another, as he got it":  c.letter(2, 3).Share(id, shareOf(2)).Seal(c.keys[1], c.peers[2]),
		"of another network":        elsewhere.Seal(c.keys[1], c.peers[0]),
		"nothing":                   nil,
		"no message":                make([]byte, 2000),
	} {
		require.Error(t, c.all[0].Receive(message), name)
	}
	_, _, err = c.all[0].Work(ctx)
	require.NoError(t, err)
	_, err = c.all[0].Opened(id)
	require.ErrorIs(t, err, utt.ErrNotFound, "none counted")
	require.Empty(t, c.all[0].Blamed(), "anybody can send them")
	require.NoError(t, c.give(c.letter(2, 1).Share(id, shareOf(2))))
	c.work(1)
	_, err = c.all[0].Opened(id)
	require.NoError(t, err)
}

// False shares and votes are named, whatever they are, and the others suffice.
func TestFalseSharesAreNamed(t *testing.T) {
	net, a, _ := newNetwork(t, utt.RevealAmount, 5000, 6000)
	n := net.Parameters().Network()
	elsewhere, _, _ := newNetwork(t, utt.RevealAmount)
	k := net.Auditors()
	share := func(c *crew, j threshold.Index, r *threshold.Request) *threshold.DecryptionShare {
		s, err := k.OpeningShares[j-1].Decrypt(nil, r)
		require.NoError(t, err)
		return s
	}
	vote := func(j threshold.Index, n utt.NetworkID, v utt.Verb, id utt.ID) *threshold.SignatureShare {
		s, err := k.ApprovalShares[j-1].Sign(utt.DecisionCommitment(n, v, id))
		require.NoError(t, err)
		return s
	}
	id, other := hold(t, net, a, utt.Audited, 4000), hold(t, net, a, utt.Audited, 5900)
	for name, lie := range map[string]struct {
		label string
		say   func(c *crew, l *audit.Letter) *audit.Letter
	}{
		"a share of another record": {"ENC-SHARE", func(c *crew, l *audit.Letter) *audit.Letter {
			return l.Share(id, share(c, 2, c.all[0].Request(other)))
		}},
		"a share of all components": {"ENC-SHARE", func(c *crew, l *audit.Letter) *audit.Letter {
			s, err := threshold.NewSubject(n, "decide", id[:])
			require.NoError(t, err)
			r, err := threshold.NewRequest(s, c.all[0].Request(id).Ciphertext(), utt.RevealAll.Components().Indices()...)
			require.NoError(t, err)
			return l.Share(id, share(c, 2, r))
		}},
		"a share for another purpose": {"ENC-SHARE", func(c *crew, l *audit.Letter) *audit.Letter {
			s, err := threshold.NewSubject(n, "warrant", id[:])
			require.NoError(t, err)
			r, err := threshold.NewRequest(s, c.all[0].Request(id).Ciphertext(), utt.RevealAmount.Components().Indices()...)
			require.NoError(t, err)
			return l.Share(id, share(c, 2, r))
		}},
		"an approval of another payment": {"THR-1", func(c *crew, l *audit.Letter) *audit.Letter {
			return l.Vote(id, utt.Approve, vote(2, n, utt.Approve, other))
		}},
		"an approval of another network": {"THR-1", func(c *crew, l *audit.Letter) *audit.Letter {
			return l.Vote(id, utt.Approve, vote(2, elsewhere.Parameters().Network(), utt.Approve, id))
		}},
		"a veto as an approval": {"THR-1", func(c *crew, l *audit.Letter) *audit.Letter {
			return l.Vote(id, utt.Approve, vote(2, n, utt.Veto, id))
		}},
	} {
		c := newCrew(t, net, approve)
		c.sync()
		require.NoError(t, c.give(lie.say(c, c.letter(2, 1))), name)
		var decisions []*utt.Decision
		for range 3 {
			messages, made := c.work(1, 3, 4)
			for _, m := range messages {
				if m.To != 2 {
					require.NoError(t, c.all[m.To-1].Receive(m.Bytes))
				}
			}
			decisions = append(decisions, made...)
		}
		require.Equal(t, []audit.Blame{{Auditor: 2, Purpose: audit.ToDecide, Transfer: id, Label: lie.label}}, c.all[0].Blamed(), name)
		require.Empty(t, c.all[2].Blamed(), name)
		require.Len(t, decisions, 6, "%s: two payments, by three", name)
		require.NoError(t, c.give(lie.say(c, c.letter(2, 1))), "again")
		c.work(1)
		require.Len(t, c.all[0].Blamed(), 1, "once")
	}
	// shares of who holds others of the same key blame nobody
	c := newCrew(t, net, approve)
	c.sync()
	theirs, err := elsewhere.Auditors().OpeningShares[1].Decrypt(nil, c.all[0].Request(id))
	require.NoError(t, err)
	require.NoError(t, c.give(c.letter(2, 1).Share(id, theirs)))
	require.NoError(t, net.Audit(context.Background(), c.all...))
	require.Empty(t, c.all[0].Blamed())
	require.Empty(t, c.all[0].Held())
}
