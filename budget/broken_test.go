//go:build uttbroken

package budget_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/budget"
	"github.com/utt-ecash/utt-go/internal/batch"
)

// Without [BLOCK-TIME] milliseconds are seconds of the year 57973.
func TestBrokenTimeOfAnotherUnit(t *testing.T) {
	const milliseconds = 1_767_225_600_000
	p := policy()
	_, err := p.EpochAt(milliseconds)
	require.ErrorIs(t, err, budget.ErrTime)
	t.Cleanup(batch.Break("BLOCK-TIME"))
	e, err := p.EpochAt(milliseconds)
	require.NoError(t, err)
	require.Greater(t, e, budget.Epoch(20_000_000))
}
