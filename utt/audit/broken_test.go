//go:build uttbroken

package audit_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/audit"
	"github.com/utt-ecash/utt-go/utt/wallet"
)

// [ENC-FROM] Auditors who believe a node open a victim's payment again, under any name.
func TestBrokenAuditorsBelieveANode(t *testing.T) {
	net, c, victim := decided(t)
	t.Cleanup(batch.Break("LOG-1"))
	forged := utt.ID{1, 2, 3}
	for j := range c.all {
		c.all[j] = c.make(j)
		require.NoError(t, c.all[j].Sync(context.Background(), madeUp(t, net, victim, forged)))
	}
	messages, _ := c.work(1, 2, 3, 4)
	for _, m := range messages {
		require.NoError(t, c.all[m.To-1].Receive(m.Bytes))
	}
	c.work(1)
	o, err := c.all[0].Opened(forged)
	require.NoError(t, err)
	require.Equal(t, utt.Amount(4000), o.Amount)
	require.Equal(t, utt.PIDOf(alice), o.Payer)
}

// Without [ASK-DECIDE] shares are given of all.
func TestBrokenReveals(t *testing.T) {
	net, a, _ := newNetwork(t, utt.RevealAmount, 5000)
	c := newCrew(t, net, approve)
	id := hold(t, net, a, utt.Audited, 4000)
	c.sync()
	t.Cleanup(batch.Break("ASK-DECIDE"))
	require.NoError(t, c.all[0].Permit(audit.ToDecide, 0, id, utt.RevealAll.Components()))
}

// Without [AUD-FROM] a stranger has an auditor blamed.
func TestBrokenMessagesInAnothersName(t *testing.T) {
	net, a, _ := newNetwork(t, utt.RevealAmount, 5000)
	c := newCrew(t, net, approve)
	id := hold(t, net, a, utt.Audited, 4000)
	c.sync()
	t.Cleanup(batch.Break("AUD-FROM"))
	stranger, err := audit.DeriveKeys(seedOf("stranger"))
	require.NoError(t, err)
	vote, err := net.Auditors().ApprovalShares[1].Sign(utt.DecisionCommitment(net.Parameters().Network(), utt.Veto, id))
	require.NoError(t, err)
	require.NoError(t, c.all[0].Receive(c.letter(2, 1).Vote(id, utt.Approve, vote).Seal(stranger, c.peers[0])))
	for range 3 {
		messages, _ := c.work(1, 3)
		for _, m := range messages {
			require.NoError(t, c.all[m.To-1].Receive(m.Bytes))
		}
	}
	require.Equal(t, []audit.Blame{{Auditor: threshold.Index(2), Purpose: audit.ToDecide, Transfer: id, Label: "THR-1"}}, c.all[0].Blamed())
}

// Without [AUD-PAYEE] what is for nobody is approved like all else.
func TestBrokenUnknownPayee(t *testing.T) {
	ctx := context.Background()
	net, a, _ := newNetwork(t, utt.RevealAmountAndPayee, 2000)
	c := newCrew(t, net, approve)
	op := payNobody(t, net)
	require.NoError(t, net.Submit(ctx, op))
	t.Cleanup(batch.Break("AUD-PAYEE"))
	require.NoError(t, net.Audit(ctx, c.all...))
	require.NoError(t, a.Sync(ctx, net))
	s, err := a.Status(ctx, net, wallet.HandleOf(op))
	require.NoError(t, err)
	require.Equal(t, wallet.Executed, s.State)
}

// Without [ASK-NAMED] a warrant for one component opens all, without [ASK-WARRANT] one that
// is overdue is answered, and without [WAR-OPEN] whoever makes an opening up has a sealed
// warrant say what he likes.
func TestBrokenWarrants(t *testing.T) {
	ctx := context.Background()
	net, a, _ := newNetwork(t, utt.RevealAmount, 5000)
	c := newCrew(t, net, approve)
	ids := c.settled(a, 4000)
	opening := c.warrant(true, utt.ComponentAmount, ids[0])
	require.NoError(t, c.all[0].OpenUnder(0, opening))
	t.Run("ASK-NAMED", func(t *testing.T) {
		require.ErrorContains(t, c.all[0].Permit(audit.ByWarrant, 0, ids[0], utt.ComponentPayer), "[ASK-NAMED]")
		t.Cleanup(batch.Break("ASK-NAMED"))
		require.NoError(t, c.all[0].Permit(audit.ByWarrant, 0, ids[0], utt.ComponentPayer))
	})
	t.Run("WAR-OPEN", func(t *testing.T) {
		_, made, err := utt.NewWarrant(nil, net.Parameters(), net.Auditors().Warrant, 0,
			utt.WarrantTerms{Transfers: ids, Components: utt.ComponentPayer}, 1, true)
		require.NoError(t, err)
		require.ErrorContains(t, c.all[1].OpenUnder(0, made), "[ASK-WARRANT]")
		t.Cleanup(batch.Break("WAR-OPEN"))
		for _, u := range c.all[1:3] {
			require.NoError(t, u.OpenUnder(0, made))
		}
		c.exchange(2, 3)
		got, err := c.all[1].Disclosed(0)
		require.NoError(t, err)
		require.Equal(t, utt.PIDOf(alice), got[0].Payer)
	})
	t.Run("AUD-SEALED", func(t *testing.T) {
		t.Cleanup(batch.Break("AUD-SEALED"))
		require.NoError(t, c.give(c.letter(4, 1).AskUnder(0, ids[0])))
		c.exchange(1, 4)
		require.True(t, c.all[3].Overheard(0, ids[0]))
	})
	t.Run("ASK-WARRANT", func(t *testing.T) {
		require.NoError(t, net.Advance(ctx, 2*time.Hour))
		require.ErrorContains(t, c.all[3].OpenUnder(0, opening), "[ASK-WARRANT]")
		t.Cleanup(batch.Break("ASK-WARRANT"))
		require.NoError(t, c.all[3].OpenUnder(0, opening))
	})
}
