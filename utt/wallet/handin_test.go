package wallet

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/utt"
)

// counts is a node that counts what is handed in.
type counts struct {
	Node
	submitted int
}

func (n *counts) Submit(context.Context, utt.Operation) error {
	n.submitted++
	return nil
}

// Resubmit takes a pending operation up, and before it hands it in, whoever made the
// operation drops it, since his context ended: nothing may leave that locks nothing.
func TestDroppedIsNotHandedIn(t *testing.T) {
	w := newWallet(t)
	n := new(counts)
	inputs := newKeys(1)
	p := &spending{inputs: inputs}
	w.state.lock(p)
	w.state.add(p, new(utt.Transfer))
	taken, err := w.open(p.handle)
	require.NoError(t, err)

	ended, end := context.WithCancel(context.Background())
	end()
	_, err = w.handIn(ended, n, p)
	require.ErrorIs(t, err, context.Canceled)
	require.True(t, w.state.free(inputs[0]))

	h, err := w.handIn(context.Background(), n, taken)
	require.ErrorIs(t, err, utt.ErrNotFound)
	require.Zero(t, h)
	require.Zero(t, n.submitted)
}

// Two give one operation up at once: the second is told so, and of no operation that there
// is not yet.
func TestAbandonedWhileProven(t *testing.T) {
	w := newWallet(t)
	inputs := newKeys(1)
	p := &spending{op: new(utt.Transfer), handle: Handle{ID: utt.ID{1}, Digest: utt.Digest{2}}, inputs: inputs}
	w.state.lock(p)
	w.state.pending.m[p.handle.ID] = p
	w.state.lock(&spending{inputs: inputs})
	_, err := w.abandonable(p.handle)
	require.ErrorIs(t, err, utt.ErrConflict)
	require.NotContains(t, err.Error(), Handle{}.String())
}
