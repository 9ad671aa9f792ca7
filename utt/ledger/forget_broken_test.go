//go:build uttbroken

package ledger_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/utt"
)

// Without [NF-EPOCH] a budget coin is spent again in its epoch, and a budget granted again.
func TestBrokenForgetting(t *testing.T) {
	m := newTwice(t)
	require.Equal(t, utt.Executed, m.grant(t, 2).Status)
	require.Equal(t, utt.Executed, m.one(t, m.first).Status)
	refused(t, m.one(t, m.then), "NF-ONCE")
	t.Cleanup(batch.Break("NF-EPOCH"))
	require.Equal(t, utt.Executed, m.one(t, m.then).Status, "the same budget, twice")
	require.Equal(t, utt.Executed, m.grant(t, 2).Status, "two budgets of one epoch")
	require.NoError(t, m.net.Advance(context.Background(), epoch))
	require.Equal(t, utt.Executed, m.grant(t, 2).Status)
}
