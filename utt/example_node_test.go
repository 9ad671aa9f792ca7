package utt_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/utt"
)

// The node that integrators copy waits: until there are certified records from a
// place on, or the context ends.
func TestServiceWaits(t *testing.T) {
	ctx := context.Background()
	key := setUp(t, 2)
	n := found(t, nil, utt.Circuit{Key: key.VerifyingKey(), Cases: []utt.Case{utt.Self, utt.Anonymous}})
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	require.ErrorIs(t, n.Wait(cancelled, utt.Cursor{}), context.Canceled, "no record yet")

	waited := make(chan error, 2)
	for range 2 {
		go func() { waited <- n.Wait(ctx, utt.Cursor{Height: 1}) }()
	}
	n.join(alice, cash)
	require.NoError(t, <-waited)
	require.NoError(t, <-waited)
	last := n.records[len(n.records)-1].Cursor()
	require.NoError(t, n.Wait(cancelled, last), "cursors are inclusive")
	last.Index++
	require.ErrorIs(t, n.Wait(cancelled, last), context.Canceled)
	for r, err := range n.Records(ctx, last) {
		require.NoError(t, err)
		t.Fatal("a record before the place asked for", r.Cursor())
	}
}
