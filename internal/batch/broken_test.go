//go:build uttbroken

package batch_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/batch"
)

// TestBrokenChecksAcceptForgeries: with the checks of a label taken out, what the
// label stops is accepted, so that the negative tests do test it.
func TestBrokenChecksAcceptForgeries(t *testing.T) {
	for _, label := range labels {
		requireLabel(t, batch.One(item(5, label)), label)
		restore := batch.Break(label)
		require.False(t, batch.Enforced(label))
		require.NoError(t, batch.One(item(5, label)), label)
		for _, other := range labels {
			if other != label {
				requireLabel(t, batch.One(item(5, other)), other)
			}
		}
		restore()
		require.True(t, batch.Enforced(label))
		requireLabel(t, batch.One(item(5, label)), label)
	}
}
