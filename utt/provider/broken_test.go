//go:build uttbroken

package provider_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/store"
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

// Without [WATCH-SIGNED] whoever knows a pid is told when its user is paid.
func TestBrokenWatchSigned(t *testing.T) {
	n := newTown(t)
	s := newService(t, n, new(store.Memory))
	expect(t, n, s, bob)
	n.join(t, bob, s.ScanKey())
	n.join(t, carol, utt.ScanKey{})
	require.NoError(t, s.Follow(t.Context(), n))
	forged := question(t, n, carol, s.ScanKey(), utt.Cursor{}, n.Now())
	b, err := forged.MarshalBinary()
	require.NoError(t, err)
	pid := utt.PIDOf(bob)
	copy(b[1:], pid[:])
	require.NoError(t, forged.UnmarshalBinary(b))
	_, err = s.Watch(t.Context(), forged)
	require.ErrorContains(t, err, "[WATCH-SIGNED]")
	t.Cleanup(batch.Break("WATCH-SIGNED"))
	a, err := s.Watch(t.Context(), forged)
	require.NoError(t, err)
	require.Len(t, a.Places, 2, "carol is told of bob's registration and budget")
}
