//go:build uttbroken

package audit_test

import (
	"context"
	"testing"

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
	t.Cleanup(batch.Break("CERT-1"))
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

// Without [AUD-REVEALS] shares are given of all, for any purpose.
func TestBrokenReveals(t *testing.T) {
	net, a, _ := newNetwork(t, utt.RevealAmount, 5000)
	c := newCrew(t, net, approve)
	id := hold(t, net, a, utt.Audited, 4000)
	c.sync()
	t.Cleanup(batch.Break("AUD-REVEALS"))
	require.NoError(t, c.all[0].Permit("decide", id, utt.RevealAll.Components().Indices()...))
	require.NoError(t, c.all[0].Permit("any", id, utt.AuditPayer))
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
	require.Equal(t, []audit.Blame{{Auditor: threshold.Index(2), Transfer: id, Label: "THR-1"}}, c.all[0].Blamed())
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
