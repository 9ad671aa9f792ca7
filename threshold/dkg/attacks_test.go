package dkg

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/threshold/dkg/internal/secret"
)

// sizes are t, f and n.
var sizes = []struct{ t, f, n int }{{3, 1, 4}, {5, 2, 7}, {7, 3, 10}}

// cheated runs a key generation with attacks by the index of the cheat, and demands that
// the honest ones end with one key, that they are members, and that the right ones are to
// blame for the right thing.
func cheated(t *testing.T, needed, f, n int, by map[int]attack) *world {
	t.Helper()
	return cheatedOf(t, Signing(1), needed, f, n, by)
}

func cheatedOf(t *testing.T, kind Kind, needed, f, n int, by map[int]attack) *world {
	t.Helper()
	var honest []int
	for j := 1; j <= n; j++ {
		if _, ok := by[j]; !ok {
			honest = append(honest, j)
		}
	}
	cheats := make(map[int]cheat)
	for j, a := range by {
		k := j % len(honest)
		cheats[j] = a.cheat(append(slices.Clone(honest[k:]), honest[:k]...))
	}
	w := generate(t, 1, kind, needed, f, n).run(cheats)
	o := w.outcome()
	want := make(map[NewIndex]string)
	members := make([]NewIndex, 0, n)
	for j := 1; j <= n; j++ {
		a, bad := by[j]
		if bad && !a.noBlame {
			want[NewIndex(j)] = a.label
		}
		if !bad || !a.absent {
			members = append(members, NewIndex(j))
		}
	}
	got := make(map[NewIndex]string)
	for _, b := range o.Blames {
		_, twice := got[b.Party]
		require.False(t, twice, "%v: blamed twice", b)
		got[b.Party] = b.Label
	}
	require.Equal(t, want, got, "%v", o.Blames)
	require.Equal(t, members, o.Members)
	if o.Committee != nil {
		requireSigns(t, o.Committee, w.shares(honest...))
	} else {
		requireDecrypts(t, w, honest)
	}
	if n < 10 {
		requireReplay(t, w)
	}
	return w
}

// requireReplay demands that another who sees the same broadcast is in the same state.
func requireReplay(t *testing.T, w *world) {
	t.Helper()
	s, err := NewSession(w.setup)
	require.NoError(t, err)
	from := 0
	for _, end := range w.ends {
		for k, m := range w.log[from:end] {
			require.Equal(t, w.errs[from+k] == nil, s.Step(m) == nil)
		}
		from = end
		s.EndRound()
	}
	require.Equal(t, w.session.Round(), s.Round())
	require.Equal(t, w.session.Blames(), s.Blames())
	if w.session.Round() == Done {
		o, err := s.Outcome()
		require.NoError(t, err)
		require.Equal(t, w.outcome().generation(), o.generation())
		require.Equal(t, w.outcome().Members, o.Members)
	}
}

// requireDecrypts demands that any t shares of encryption keys are the keys, and t − 1 are
// not.
func requireDecrypts(t *testing.T, w *world, parties []int) {
	t.Helper()
	c := w.outcome().Encryption
	at := func(some []int) []curve.G1 {
		var indices []threshold.Index
		for _, j := range some {
			indices = append(indices, threshold.Index(j))
		}
		sums := make([]curve.G1, c.Components())
		for k, l := range threshold.Lagrange(indices) {
			share, err := w.parties[some[k]-1].EncryptionKeyShare()
			require.NoError(t, err)
			require.NoError(t, c.VerifyKeyShare(share))
			for i, a := range share.Secrets() {
				sums[i] = sums[i].Add(curve.Generator().Mul(l.Mul(a)))
			}
		}
		return sums
	}
	n := c.Threshold()
	require.Equal(t, c.Keys(0), at(parties[:n]))
	require.Equal(t, c.Keys(0), at(parties[len(parties)-n:]))
	require.NotEqual(t, c.Keys(0), at(parties[:n-1]))
}

// Attacks on keys of other kinds.
func TestAttacksOnOtherKinds(t *testing.T) {
	for _, kind := range []Kind{Signing(0), Signing(5), Encryption(2)} {
		for _, name := range []string{"silent at deal", "a degree more", "a wrong share to f", "a share that is no scalar",
			"R of small order", "another's R", "a false complaint", "a complaint with a forged K", "silent at open",
			"a right opening exposed", "an exposure of a wrong share", "silent at confirm", "a vote without a share", "another's vote"} {
			t.Run(kind.String()+"/"+name, func(t *testing.T) {
				t.Parallel()
				cheatedOf(t, kind, 3, 1, 4, map[int]attack{2: attackNamed(name)})
			})
		}
	}
	opened := attack{label: "DKG-OPEN", cheat: withOpening(func(f *secret.Feldman) { f.G1[1][2] = f.G1[1][2].Add(curve.Generator()) })}
	cheatedOf(t, Encryption(2), 3, 1, 4, map[int]attack{3: opened})
}

// Every attack, by one and by all f.
func TestAttacksAlone(t *testing.T) {
	for _, a := range attacks {
		t.Run(a.name, func(t *testing.T) {
			t.Parallel()
			cheated(t, 3, 1, 4, map[int]attack{2: a})
			for _, s := range sizes[1:] {
				by := make(map[int]attack)
				for k := range s.f {
					by[2+2*k] = a
				}
				cheated(t, s.t, s.f, s.n, by)
			}
		})
	}
}

// Attacks of which one prepares another's, in pairs.
func TestAttacksInPairs(t *testing.T) {
	some := []string{"silent at deal", "a degree more", "a wrong share to one", "another's R", "a false complaint",
		"silent at open", "another polynomial opened", "A right in G2 and wrong in G1", "a right opening exposed", "silent at reconstruct",
		"silent at confirm", "a vote without a share"}
	for k, first := range some {
		t.Run(first, func(t *testing.T) {
			t.Parallel()
			for l, second := range some[k+1:] {
				s := sizes[1]
				if (k+l)%4 == 0 {
					s = sizes[2]
				}
				cheated(t, s.t, s.f, s.n, map[int]attack{1: attackNamed(first), s.n: attackNamed(second)})
			}
		})
	}
}

// Shares published of one who did not open are checked.
func TestRejectsWrongReconstruction(t *testing.T) {
	wrong := in(Reconstruct, func(w *world, p *Participant, _ []byte) []byte {
		return w.signed(p, appendExposures(nil, []exposure{{1, another(w, p.shares[0])}}))
	})
	nobody := in(Reconstruct, func(w *world, p *Participant, _ []byte) []byte {
		return w.signed(p, appendExposures(nil, []exposure{{2, p.shares[1]}}))
	})
	for label, c := range map[string]cheat{"DKG-SHARE": wrong, "DKG-INDEX": nobody} {
		w := generate(t, 1, Signing(1), 3, 2, 7).run(map[int]cheat{1: silent(Open)(nil), 4: c})
		require.Equal(t, []string{"party 1: open: silent", "party 4: [" + label + "] "}, cut(w.outcome().Blames))
		requireSigns(t, w.outcome().Committee, w.shares(2, 3, 5, 6, 7))
		requireReplay(t, w)
	}
}

// cut are blames without what follows the label.
func cut(blames []Blame) []string {
	var all []string
	for _, b := range blames {
		if b.Label != "" {
			b.Detail = ""
		}
		all = append(all, b.String())
	}
	return all
}

// Who delays honest messages does not get the key reconstructed: of three, one of whom is
// corrupted, one comes too late to deal and another too late to open.
func TestDelaysDoNotReconstructTheKey(t *testing.T) {
	w := generate(t, 1, Signing(1), 2, 1, 3).run(map[int]cheat{1: silent(Deal)(nil), 2: silent(Open)(nil)})
	_, err := w.session.Outcome()
	require.ErrorContains(t, err, "opened by 1 dealers, fewer than t = 2")
	require.Len(t, w.ends, 3, "no share was published")
}

// More than f of any kind fail the session, and it says who.
func TestTooManyFail(t *testing.T) {
	for _, c := range []struct{ name, reason string }{
		{"silent at deal", "5 valid deals where 6 are needed"},
		{"a degree more", "5 valid deals where 6 are needed"},
		{"a wrong share to one", "5 dealers are qualified where 6 are needed"},
		{"silent at open", "not opened by 2 dealers, more than f = 1"},
		{"another polynomial opened", "not opened by 2 dealers, more than f = 1"},
		{"silent at confirm", "5 parties hold their shares where 6 are needed"},
	} {
		a := attackNamed(c.name)
		w := generate(t, 1, Signing(1), 3, 1, 7)
		w.run(map[int]cheat{2: a.cheat([]int{1}), 5: a.cheat([]int{1})})
		require.Equal(t, Failed, w.session.Round(), c.name)
		_, err := w.session.Outcome()
		require.ErrorIs(t, err, ErrFailed)
		var failure *FailureError
		require.ErrorAs(t, err, &failure)
		require.Equal(t, c.reason, failure.Reason)
		if a.noBlame {
			require.Empty(t, failure.Blames)
		} else {
			require.Equal(t, []NewIndex{2, 5}, []NewIndex{failure.Blames[0].Party, failure.Blames[1].Party})
			require.ErrorContains(t, err, "party 5: ")
		}
		requireReplay(t, w)
		_, err = w.parties[0].KeyShare()
		require.ErrorIs(t, err, ErrFailed)
		require.Equal(t, Failed, w.session.EndRound())
		for _, m := range w.log {
			require.ErrorIs(t, w.session.Step(m), ErrRound)
		}
		for _, m := range w.log {
			parsed, err := parseMessage(m)
			require.NoError(t, err)
			require.NotEqual(t, Reconstruct, parsed.round, "no share was published")
		}
	}
}
