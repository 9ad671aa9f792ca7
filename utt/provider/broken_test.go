//go:build uttbroken

package provider_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/utt"
)

// Without [CLUE-MANDATE] whoever knows a pid has its user looked out for.
func TestBrokenMandate(t *testing.T) {
	n := newTown(t)
	a := n.join(t, alice, utt.ScanKey{}, 100)
	n.join(t, bob, n.scanner.ScanKey())
	n.join(t, carol, utt.ScanKey{})
	b, err := n.Ledger().Registered(utt.PIDOf(bob))
	require.NoError(t, err)
	carols := n.mandate(t, carol, n.scanner.ScanKey())
	require.ErrorContains(t, n.scanner.Admit(b, carols), "[CLUE-MANDATE]")
	t.Cleanup(batch.Break("CLUE-MANDATE"))
	require.NoError(t, n.scanner.Admit(b, carols))
	n.look(t)
	paid(t, a, n, bob, 10)
	require.Equal(t, []utt.PID{b.PID()}, n.look(t), "carol is told when bob is paid")
}
