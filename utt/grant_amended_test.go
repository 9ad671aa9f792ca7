package utt_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/budget"
	"github.com/utt-ecash/utt-go/utt"
)

// Verdicts are bound to the versions of their epoch and the next, and so depend on no other:
// one that was found before an amendment is that which is found after it, or replicas that
// keep verdicts give other receipts than those that do not.
func TestVerdictsOnGrantsDependOnNoLaterVersion(t *testing.T) {
	w := sharedWorld()
	a := utt.ForgeAmendment(w.Parameters, 1, 9, func(c *utt.Config) { c.Assets = append(c.Assets, "tin") }, 0, 1)
	amended, err := w.Parameters.Amend(a)
	require.NoError(t, err)
	g, err := utt.NewGrant(amended, utt.PIDOf(alice), budget.Privacy, "tin", 9, 0)
	require.NoError(t, err)
	label := func(p *utt.Parameters) string {
		v, err := p.Check(context.Background(), w.head.Time, []utt.Operation{g})
		require.NoError(t, err)
		var no *utt.Rejection
		require.True(t, errors.As(v.Err(g), &no))
		return no.Label
	}
	require.Equal(t, label(w.Parameters), label(amended))
}

// A policy that says when it ends is that which says nothing, where that is when all end: who
// has founded the ledger takes the amendments that those take who have read its parameters.
func TestAmendmentsWhereThePolicyNamesTheDefaultEnd(t *testing.T) {
	c := sharedWorld().Parameters.Config()
	c.Policy.End = time.Unix(budget.DefaultEnd, 0)
	founder, err := utt.NewParameters(c)
	require.NoError(t, err)
	b, err := founder.MarshalBinary()
	require.NoError(t, err)
	reader, err := utt.ParseParameters(b)
	require.NoError(t, err)
	require.Equal(t, founder.Digest(), reader.Digest())
	a := utt.ForgeAmendment(founder, 1, 3, func(c *utt.Config) { c.Policy.Classes[0]++ }, 0, 1)
	_, err = reader.Amend(a)
	require.NoError(t, err)
	_, err = founder.Amend(a)
	require.NoError(t, err)
}
