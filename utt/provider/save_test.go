package provider_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/provider"
)

// again is a scanner of the same secret.
func again(t testing.TB, n *town, state []byte) *provider.Scanner {
	t.Helper()
	s, err := provider.New(n.Parameters(), provider.SecretOf(n.scanner))
	require.NoError(t, err)
	require.NoError(t, s.Load(state))
	return s
}

// A scanner that is made again knows its customers, and whom to show what becomes of what was held.
func TestScannerIsMadeAgain(t *testing.T) {
	n := newTown(t)
	a := n.join(t, alice, utt.ScanKey{}, 100, 100)
	n.join(t, bob, n.scanner.ScanKey())
	n.join(t, carol, n.scanner.ScanKey())
	n.admit(t, bob)
	n.admit(t, carol)
	n.look(t)
	require.NoError(t, a.Sync(t.Context(), n))
	h, err := a.PayAs(t.Context(), n, utt.Audited, bob, cash, 60, "")
	require.NoError(t, err)
	_, err = a.AwaitHeld(t.Context(), n, h)
	require.NoError(t, err)
	require.Equal(t, []utt.PID{utt.PIDOf(bob)}, n.look(t))

	state, err := n.scanner.Save()
	require.NoError(t, err)
	s := again(t, n, state)
	require.Equal(t, n.scanner.Customers(), s.Customers())
	same, err := s.Save()
	require.NoError(t, err)
	require.Equal(t, state, same)
	n.scanner = s
	require.NoError(t, n.Decide(t.Context(), utt.Approve, h.ID))
	require.Equal(t, []utt.PID{utt.PIDOf(bob)}, n.look(t), "the settlement has no clue")

	for i := range state {
		require.ErrorIs(t, s.Load(state[:i]), utt.ErrMalformed)
	}
	require.ErrorIs(t, s.Load(append(state, 0)), utt.ErrMalformed)
	require.ErrorIs(t, newScanner(t, n.Network).Load(state), utt.ErrConflict)
	require.Len(t, s.Customers(), 2, "as before")
}

// [CLUE-MANDATE]: a mandate holds for the records up to its expiry, and what is held then is shown
// no more either.
func TestMandatesExpire(t *testing.T) {
	n := newTown(t)
	a := n.join(t, alice, utt.ScanKey{}, 100, 100, 100)
	b := n.join(t, bob, n.scanner.ScanKey())
	m, err := n.Ledger().Registered(b.PID())
	require.NoError(t, err)
	short, err := b.Mandate(n.scanner.ScanKey(), n.Now().Add(30*time.Minute))
	require.NoError(t, err)
	require.Equal(t, uint64(n.Now().Add(30*time.Minute).Unix()), short.Expires())
	d := n.scanner.ScanKey()
	require.NoError(t, short.Verify(n.Parameters(), m, d, short.Expires()))
	require.ErrorIs(t, short.Verify(n.Parameters(), m, d, short.Expires()+1), utt.ErrInvalid)
	require.NoError(t, n.scanner.Admit(m, short))
	n.look(t)
	paid(t, a, n, bob, 10)
	require.Equal(t, []utt.PID{b.PID()}, n.look(t))
	require.NoError(t, a.Sync(t.Context(), n))
	h, err := a.PayAs(t.Context(), n, utt.Audited, bob, cash, 60, "")
	require.NoError(t, err)
	_, err = a.AwaitHeld(t.Context(), n, h)
	require.NoError(t, err)
	require.Equal(t, []utt.PID{b.PID()}, n.look(t))
	state, err := n.scanner.Save()
	require.NoError(t, err)
	kept := again(t, n, state)

	require.NoError(t, n.Advance(t.Context(), 31*time.Minute))
	require.NoError(t, n.Decide(t.Context(), utt.Approve, h.ID))
	records := n.news(t)
	for _, s := range []*provider.Scanner{n.scanner, kept} {
		found, err := s.Look(t.Context(), records)
		require.NoError(t, err)
		for _, f := range found {
			require.Empty(t, f)
		}
		require.Empty(t, s.Customers())
		require.ErrorContains(t, s.Admit(m, short), "[CLUE-MANDATE] expired")
	}
	paid(t, a, n, bob, 10)
	require.Empty(t, n.look(t))
	_, err = b.Mandate(d, time.Unix(-1, 0))
	require.ErrorIs(t, err, utt.ErrInvalid)
	n.admit(t, bob)
	paid(t, a, n, bob, 5)
	require.Equal(t, []utt.PID{b.PID()}, n.look(t))
}

// FuzzLoad reads states: what is read is written again as it was.
func FuzzLoad(f *testing.F) {
	n := newTown(f)
	n.join(f, bob, n.scanner.ScanKey())
	n.admit(f, bob)
	provider.Hold(n.scanner, utt.ID{1}, utt.PIDOf(bob))
	state, err := n.scanner.Save()
	require.NoError(f, err)
	f.Add(state)
	f.Fuzz(func(t *testing.T, b []byte) {
		if n.scanner.Load(b) != nil {
			return
		}
		same, err := n.scanner.Save()
		require.NoError(t, err)
		require.Equal(t, b, same)
	})
}
