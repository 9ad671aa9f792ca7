package dkg

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// twoViews are two parties' sessions in which the first round ended with other messages:
// whoever orders them has kept party 3's deal from the second.
func twoViews(t *testing.T, n, f int) (one, two *Session) {
	w := generate(t, 1, Signing(1), f+1, f, n)
	other, err := NewSession(w.setup)
	require.NoError(t, err)
	for j, p := range w.parties {
		m, err := p.Message()
		require.NoError(t, err)
		require.NoError(t, w.session.Step(m))
		if j != 2 {
			require.NoError(t, other.Step(m))
		}
	}
	w.session.EndRound()
	other.EndRound()
	return w.session, other
}

// Two bulletins that differ do not both come to enough signatures, though f parties sign
// both.
func TestRejectsDKGBULLETIN(t *testing.T) {
	for _, size := range []struct{ n, f int }{{4, 1}, {7, 2}, {10, 3}, {3, 1}} {
		one, two := twoViews(t, size.n, size.f)
		endorse := func(s *Session, j int) Endorsement {
			e, err := s.Endorse(identity(fmt.Sprint("party ", j)))
			require.NoError(t, err)
			return e
		}
		var all []Endorsement
		for j := 1; j <= size.n; j++ {
			all = append(all, endorse(one, j))
		}
		require.NoError(t, one.Endorsed(all))
		require.ErrorContains(t, two.Endorsed(all), "[DKG-BULLETIN] 0 parties")
		need := (size.n+size.f)/2 + 1
		require.NoError(t, one.Endorsed(all[:need]))
		require.ErrorIs(t, one.Endorsed(all[1:need]), ErrInvalid)
		require.ErrorIs(t, one.Endorsed(append(all[1:need:need], all[1], Endorsement{Party: 99}, Endorsement{})), ErrInvalid, "one twice")

		// cheats 1 … f sign both, and the honest each what they saw
		for split := size.f; split <= size.n; split++ {
			var of [2][]Endorsement
			for j := 1; j <= size.n; j++ {
				if j <= split {
					of[0] = append(of[0], endorse(one, j))
				}
				if j <= size.f || j > split {
					of[1] = append(of[1], endorse(two, j))
				}
			}
			require.False(t, one.Endorsed(of[0]) == nil && two.Endorsed(of[1]) == nil, "n = %d, split at %d", size.n, split)
		}
	}
}

// Bulletins are signed at the ends of rounds, by parties, in key generations.
func TestEndorseRefuses(t *testing.T) {
	w := generate(t, 1, Signing(1), 2, 1, 4)
	_, err := w.session.Endorse(identity("party 1"))
	require.ErrorIs(t, err, ErrRound, "nothing was said")
	require.ErrorIs(t, w.session.Endorsed(nil), ErrRound)
	w.round(nil)
	_, err = w.session.Endorse(identity("stranger"))
	require.ErrorIs(t, err, ErrArgument)
	_, err = w.session.Endorse(nil)
	require.ErrorIs(t, err, ErrArgument)
	first, err := w.session.Endorse(identity("party 1"))
	require.NoError(t, err)
	m, err := w.parties[0].Message()
	require.NoError(t, err)
	require.NoError(t, w.session.Step(m))
	_, err = w.session.Endorse(identity("party 1"))
	require.ErrorIs(t, err, ErrRound, "in the midst of a round")
	w.session.EndRound()
	second, err := w.session.Endorse(identity("party 1"))
	require.NoError(t, err)
	require.NotEqual(t, first.Signature, second.Signature)
	require.ErrorIs(t, w.session.Endorsed([]Endorsement{first, first, first}), ErrInvalid, "of the round before")

	o, old := oldCommittee(t)
	r := reshare(t, o, names(4), old, 3, 1, names(4))
	r.round(nil)
	_, err = r.session.Endorse(identity("party 1"))
	require.ErrorIs(t, err, ErrArgument)
}
