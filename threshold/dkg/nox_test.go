package dkg

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/threshold"
)

// The forgery key x·G is nowhere: [DKG-NOX]. It is no check of the code but what the types
// of package secret are for, and is looked for here in all that a session shows.

// pointsIn are all points of G1 that some bytes hold, at any place.
func pointsIn(b []byte) []curve.G1 {
	var points []curve.G1
	for i := 0; i+curve.G1Size <= len(b); i++ {
		if b[i] >= 0x20 { // no coordinate, and no identity
			continue
		}
		r := wire.NewReader(b[i : i+curve.G1Size])
		if p := curve.ReadG1(r); r.Close() == nil {
			points = append(points, p)
		}
	}
	return points
}

// forbidden are the encodings of scalars, and the points, that forge.
type forbidden struct {
	scalars [][]byte
	points  map[curve.G1]string
}

func (f *forbidden) add(x []byte, what string) {
	p := curve.Generator().Mul(curve.ReadScalar(wire.NewReader(x)))
	f.scalars = append(f.scalars, x)
	f.points[p], f.points[p.Neg()] = what, "−"+what
}

// forgeries are x, every x_j, and what every honest dealer has in those of the honest: a
// cheat may show what it was dealt itself.
func forgeries(t *testing.T, w *world, shares []*threshold.KeyShare, honest []int) *forbidden {
	f := &forbidden{points: map[curve.G1]string{}}
	var at []threshold.Index
	var values []curve.Scalar
	for _, k := range shares {
		x := k.Key().Scalars()[0]
		at, values = append(at, k.Index()), append(values, x)
		f.add(x.Append(nil), fmt.Sprint("x_", k.Index()))
	}
	var x curve.Scalar
	n := w.setup.Terms.Threshold
	for k, l := range threshold.Lagrange(at[:n]) {
		x = x.Add(l.Mul(values[k]))
	}
	require.True(t, curve.MulSecret2(x) == w.outcome().Committee.Points(0).X2)
	f.add(x.Append(nil), "x")
	for _, i := range honest {
		if w.setup.Terms.Old != nil {
			continue
		}
		for _, j := range append([]int{0}, honest...) {
			f.add(w.parties[i-1].polynomials().At(uint64(j)).Append(nil)[:curve.ScalarSize], fmt.Sprint("f_", i, "(", j, ")"))
		}
	}
	return f
}

// requireNoX looks for forgeries in all that a session has shown, and in the sums and
// interpolations of points that stand at one place in the messages of a round.
func requireNoX(t *testing.T, w *world, f *forbidden) {
	t.Helper()
	type place struct{ round, n int }
	at := map[place]map[threshold.Index]curve.G1{}
	points := 0
	for _, m := range w.log {
		parsed, err := parseMessage(m)
		require.NoError(t, err)
		for _, x := range f.scalars {
			require.False(t, bytes.Contains(m, x), "a scalar in the open")
		}
		for n, p := range pointsIn(m) {
			points++
			require.Empty(t, f.points[p])
			k := place{int(parsed.round), n}
			if at[k] == nil {
				at[k] = map[threshold.Index]curve.G1{}
			}
			at[k][threshold.Index(parsed.author)] = p
		}
	}
	require.Greater(t, points, 10, "the search must find them")
	for _, by := range at {
		var terms []curve.Term
		var authors []threshold.Index
		for j := range threshold.Index(len(w.dealers) + 1) {
			if p, ok := by[j]; ok {
				authors, terms = append(authors, j), append(terms, curve.Term{Scalar: curve.Uint64(1), Point: p})
			}
		}
		require.Empty(t, f.points[curve.MSM(terms)], "a sum")
		n := min(len(authors), w.setup.Terms.Threshold)
		for from := 0; from+n <= len(authors); from++ {
			for k, l := range threshold.Lagrange(authors[from : from+n]) {
				terms[from+k].Scalar = l
			}
			require.Empty(t, f.points[curve.MSM(terms[from:from+n])], "an interpolation")
		}
	}
	texts := fmt.Sprintf("%v %+v", w.session.Blames(), w.errs)
	if _, err := w.session.Outcome(); err != nil {
		texts += err.Error()
	}
	require.NotRegexp(t, "[0-9a-fA-F]{12}|[0-9]{15}", texts, "no point and no scalar in words")
}

func TestNoForgeryKeyIsShown(t *testing.T) {
	requireNoXOf := func(t *testing.T, cheats map[int]cheat, honest []int) {
		w := generate(t, 1, Signing(1), 3, 1, 4).run(cheats)
		requireNoX(t, w, forgeries(t, w, w.shares(honest...), honest))
	}
	t.Run("nobody cheats", func(t *testing.T) { requireNoXOf(t, nil, upTo(4)) })
	for _, a := range attacks {
		t.Run(a.name, func(t *testing.T) {
			t.Parallel()
			requireNoXOf(t, map[int]cheat{2: a.cheat([]int{3, 4, 1})}, []int{1, 3, 4})
		})
	}
}

func TestNoForgeryKeyIsShownInResharing(t *testing.T) {
	o, old := oldCommittee(t)
	another := reshare(t, o, names(4), old, 3, 1, names(4)).run(nil).shares(1, 2, 3, 4)
	for name, a := range reshareAttacks(another) {
		w := reshare(t, o, names(4), old, 3, 1, []string{"a", "b", "c", "d"}).run(map[int]cheat{2: func(w *world, p *Participant, m []byte) ([]byte, bool) {
			if w.session.Round() != Deal {
				return nil, false
			}
			return a.cheat(w, p, m)
		}})
		f := forgeries(t, w, w.shares(1, 2, 3, 4), nil)
		for _, k := range old {
			f.add(k.Key().Scalars()[0].Append(nil), fmt.Sprint(name, ": old x_", k.Index()))
		}
		requireNoX(t, w, f)
	}
}

// The search finds what it looks for.
func TestSearchForForgeryKeys(t *testing.T) {
	w := generate(t, 1, Signing(1), 3, 1, 4).run(nil)
	f := forgeries(t, w, w.shares(1, 2, 3, 4), upTo(4))
	var found []string
	for p, what := range f.points {
		if what == "x" || what == "−x_2" {
			for _, q := range pointsIn(append([]byte("somewhere"), p.Append(nil)...)) {
				if name := f.points[q]; name != "" {
					found = append(found, name)
				}
			}
		}
	}
	require.ElementsMatch(t, []string{"x", "−x_2"}, found)
}
