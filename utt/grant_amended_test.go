package utt_test

import (
	"context"
	"errors"
	"testing"

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
