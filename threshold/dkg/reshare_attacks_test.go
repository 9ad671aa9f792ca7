package dkg

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/threshold/dkg/internal/secret"
)

// oldCommittee is a key for one attribute of 3 of 4.
func oldCommittee(t testing.TB) (*Outcome, []*threshold.KeyShare) {
	t.Helper()
	w := generate(t, 1, Signing(1), 3, 1, 4).run(nil)
	return w.outcome(), w.shares(1, 2, 3, 4)
}

// withReshared changes a deal of a resharing.
func withReshared(f func(w *world, p *Participant, d *deal)) cheat {
	return in(Deal, func(w *world, p *Participant, m []byte) []byte {
		r := wire.NewReader(bodyOf(w, m))
		d := readDeal(r, w.setup.Terms.Key.k, len(w.parties), false)
		require.NoError(w.t, r.Close())
		f(w, p, d)
		return w.signed(p, d.append(nil))
	})
}

// redeal deals other polynomials in a resharing: with the constant terms of a key, and so
// many coefficients.
func redeal(coefficients func(w *world) int, key func(p *Participant) *secret.Share) cheat {
	return withReshared(func(w *world, p *Participant, d *deal) {
		n := uint32(0)
		f := secret.Reshare(key(p), coefficients(w), func() curve.Scalar {
			n++
			return p.secret.scalar([32]byte{1}, "redeal", n)
		})
		d.feldman = f.Feldman()
		rho := p.rho()
		for j := range d.boxes {
			pk := w.setup.Enrolments[j].key
			d.boxes[j] = pad(d.r, pk, mulSecret(rho, pk), w.session.id, p.dealer, NewIndex(j+1), f.At(uint64(j+1)).Append(nil))
		}
	})
}

func sameDegree(w *world) int { return w.setup.Terms.Threshold }

func ownShare(p *Participant) *secret.Share { return p.old }

// reshareAttacks are those of a dealer, and what it is blamed for.
func reshareAttacks(other []*threshold.KeyShare) map[string]struct {
	label string
	cheat cheat
} {
	return map[string]struct {
		label string
		cheat cheat
	}{
		"a share of another generation": {"RES-CONST", redeal(sameDegree, func(p *Participant) *secret.Share { return secret.OfSigningKey(other[p.dealer-1].Key()) })},
		"another party's share":         {"RES-CONST", redeal(sameDegree, func(*Participant) *secret.Share { return secret.OfSigningKey(other[0].Key()) })},
		"the constant term off": {"RES-CONST", withReshared(func(_ *world, _ *Participant, d *deal) {
			d.feldman.X[0] = d.feldman.X[0].Add(curve.Generator2())
		})},
		"the constant term of y off, in both groups": {"RES-CONST", withReshared(func(_ *world, _ *Participant, d *deal) {
			d.feldman.G1[0][0], d.feldman.Y2[0][0] = d.feldman.G1[0][0].Add(curve.Generator()), d.feldman.Y2[0][0].Add(curve.Generator2())
		})},
		"y in G1 off": {"DKG-PAIR", withReshared(func(_ *world, _ *Participant, d *deal) {
			d.feldman.G1[0][1] = d.feldman.G1[0][1].Add(curve.Generator())
		})},
		"a degree more":     {"DKG-DEG", redeal(func(w *world) int { return sameDegree(w) + 1 }, ownShare)},
		"a degree less":     {"DKG-DEG", redeal(func(w *world) int { return sameDegree(w) - 1 }, ownShare)},
		"a wrong share":     {"DKG-SHARE", withReshared(func(_ *world, _ *Participant, d *deal) { wrong(d.boxes[2]) })},
		"a share no scalar": {"DKG-SHARE", withReshared(func(_ *world, _ *Participant, d *deal) { notCanonical(d.boxes[2]) })},
		"R off the subgroup": {"DKG-SUB", withReshared(func(w *world, p *Participant, d *deal) {
			d.r = d.r.Add(lowOrder)
			proveDeal(w, p, d, p.rho())
		})},
		"silent": {"", silent(Deal)(nil)},
	}
}

// Dealers that cheat, up to f, are blamed, the others deal, and the key stays.
func TestReshareAttacks(t *testing.T) {
	for _, size := range sizes {
		first := generate(t, 1, Signing(1), size.t, size.f, size.n).run(nil)
		o, old := first.outcome(), first.shares(upTo(size.n)...)
		another := reshare(t, o, names(size.n), old, size.t, size.f, names(size.n)).run(nil).shares(upTo(size.n)...)
		for name, a := range reshareAttacks(another) {
			t.Run(fmt.Sprint("n=", size.n, "/", name), func(t *testing.T) {
				t.Parallel()
				w := reshare(t, o, names(size.n), old, size.t, size.f, append(names(size.n-1), "new"))
				cheats, want := map[int]cheat{}, []Blame{}
				for k := range size.f {
					cheats[2+2*k] = func(w *world, p *Participant, m []byte) ([]byte, bool) {
						if w.session.Round() != Deal {
							return nil, false // of a party
						}
						return a.cheat(w, p, m)
					}
					want = append(want, Blame{Dealer: OldIndex(2 + 2*k), Label: a.label})
				}
				n := w.run(cheats).outcome()
				got := slices.Clone(n.Blames)
				for k := range got {
					got[k].Detail = ""
				}
				require.ElementsMatch(t, want, got)
				require.Len(t, n.Members, size.n)
				require.True(t, n.Committee.Group().Equal(o.Committee.Group()))
				requireSigns(t, n.Committee, w.shares(upTo(size.n)...))
				if size.n == 4 {
					requireReplay(t, w)
				}
			})
		}
	}
}

// Parties cheat in a resharing as in a key generation, with a dealer that does and
// without.
func TestReshareAttacksByParties(t *testing.T) {
	first := generate(t, 1, Signing(1), 3, 2, 7).run(nil)
	o, old := first.outcome(), first.shares(upTo(7)...)
	for _, name := range []string{"silent at complain", "a false complaint", "a complaint with a forged K", "a complaint with K off the subgroup",
		"a complaint of nobody", "complaints cut short", "silent at confirm", "a vote without a share", "another's vote"} {
		for label, dealing := range map[string]cheat{"none": nil, "DKG-SHARE": reshareAttacks(old)["a wrong share"].cheat, "RES-CONST": reshareAttacks(old)["another party's share"].cheat} {
			a := attackNamed(name)
			w := reshare(t, o, names(7), old, 3, 2, names(7))
			w.run(map[int]cheat{
				2: func(w *world, p *Participant, m []byte) ([]byte, bool) {
					if dealing == nil || w.session.Round() != Deal {
						return nil, false
					}
					return dealing(w, p, m)
				},
				5: a.cheat([]int{4}),
			})
			n := w.outcome()
			var want []string
			if dealing != nil {
				want = append(want, "dealer 2: ["+label+"] ")
			}
			if !a.noBlame {
				want = append(want, "party 5: ["+a.label+"] ")
			}
			require.ElementsMatch(t, want, cut(n.Blames), name)
			require.Equal(t, !a.absent, slices.Contains(n.Members, 5))
			require.True(t, n.Committee.Group().Equal(o.Committee.Group()))
			requireSigns(t, n.Committee, w.shares(1, 2, 3, 4, 6, 7))
			requireReplay(t, w)
		}
	}
}

// With f + 1 bad dealers of which fewer than t are left, the old generation stays.
func TestReshareFails(t *testing.T) {
	o, old := oldCommittee(t)
	w := reshare(t, o, names(4), old, 3, 1, names(4)).run(map[int]cheat{1: silent(Deal)(nil), 2: silent(Deal)(nil)})
	_, err := w.session.Outcome()
	require.ErrorContains(t, err, "2 valid deals where 3 are needed; dealer 1: deal: silent; dealer 2: deal: silent")
	requireSigns(t, o.Committee, old)
}

// [RES-AUTH]: n − f old parties have signed this very session, and t ≥ 2.
func TestRejectsRESAUTH(t *testing.T) {
	o, _ := oldCommittee(t)
	for name, forge := range unauthorised {
		_, err := NewSession(forge(t, o))
		require.ErrorIs(t, err, ErrInvalid, name)
		require.ErrorContains(t, err, "[RES-AUTH]", name)
	}
	setup := authorised3(t, o, 3, names(4))
	setup.Authorisations = setup.Authorisations[:3]
	_, err := NewSession(setup)
	require.NoError(t, err, "n − f suffice")
}

// authorised3 is a setup of a resharing, authorised by all.
func authorised3(t testing.TB, o *Outcome, threshold int, parties []string) *Setup {
	t.Helper()
	terms := terms(3, Signing(1), threshold, 1, parties)
	if threshold == 1 {
		terms.Faults = 0
	}
	terms.Old = o.Old()
	setup := enrolled(t, terms, parties)
	for _, name := range names(4) {
		a, err := setup.Authorise(identity(name))
		require.NoError(t, err)
		setup.Authorisations = append(setup.Authorisations, a)
	}
	return setup
}

var unauthorised = map[string]func(t testing.TB, o *Outcome) *Setup{
	"by nobody": func(t testing.TB, o *Outcome) *Setup {
		s := authorised3(t, o, 3, names(4))
		s.Authorisations = nil
		return s
	},
	"by n − f − 1": func(t testing.TB, o *Outcome) *Setup {
		s := authorised3(t, o, 3, names(4))
		s.Authorisations = s.Authorisations[1:3]
		return s
	},
	"by one, twice": func(t testing.TB, o *Outcome) *Setup {
		s := authorised3(t, o, 3, names(4))
		s.Authorisations = []Authorisation{s.Authorisations[0], s.Authorisations[1], s.Authorisations[1]}
		return s
	},
	"by old party 5": func(t testing.TB, o *Outcome) *Setup {
		s := authorised3(t, o, 3, names(4))
		s.Authorisations[3].Dealer = 5
		return s
	},
	"of another session": func(t testing.TB, o *Outcome) *Setup {
		s := authorised3(t, o, 3, names(4))
		s.Authorisations = authorised3(t, o, 3, []string{"thief", "b", "c", "d"}).Authorisations
		return s
	},
	"to t' = 1": func(t testing.TB, o *Outcome) *Setup { return authorised3(t, o, 1, []string{"thief"}) },
}

// Thieves who call themselves the old parties, all but one, authorise a session: the one
// does not deal its share to them.
func TestThievesAreNotTheOldParties(t *testing.T) {
	o, old := oldCommittee(t)
	w := thievesSession(t, o)
	err := w.dealers[0].Deals(o.Old(), old[0])
	require.ErrorIs(t, err, ErrInvalid)
	require.ErrorContains(t, err, "[RES-AUTH]")
	m, err := w.dealers[0].Message()
	require.NoError(t, err)
	require.Nil(t, m)
}

func thievesSession(t *testing.T, o *Outcome) *world {
	t.Helper()
	thieves := []string{"party 1", "thief 2", "thief 3", "thief 4"}
	terms := terms(3, Signing(1), 2, 1, []string{"thief 2", "thief 3", "thief 4"})
	terms.Old = o.Old()
	terms.Old.Parties = identitiesOf(thieves)
	return begin(t, terms, thieves[1:], thieves, nil)
}

// A thief who claims the place of a party that lost its share has no signature of that
// party for its encryption key.
func TestRecoveryIsNotForThieves(t *testing.T) {
	o, _ := oldCommittee(t)
	setup := authorised3(t, o, 3, names(4))
	h, err := setup.Terms.hash()
	require.NoError(t, err)
	thief, err := NewSecret(nil)
	require.NoError(t, err)
	_, err = thief.Enrol(setup.Terms, identity("thief"))
	require.ErrorIs(t, err, ErrArgument)
	sk := thief.decryptionKey(h, 2)
	e := &Enrolment{key: mulSecret(sk, curve.Generator())}
	e.proof, err = e.statement().Prove(nil, e.transcript(h, 2), map[string]curve.Scalar{"sk": sk})
	require.NoError(t, err)
	digest := e.digest(h, 2)
	require.NoError(t, sign(identity("thief"), digest[:], &e.signature))
	setup.Enrolments[1] = e
	_, err = NewSession(setup)
	require.ErrorContains(t, err, "[DKG-AUTH]")
}

// A dealer is named by its place in the old committee, a party by its place in the new:
// taken for each other, the interpolation would be another key.
func TestIndicesOfOldAndNew(t *testing.T) {
	o, old := oldCommittee(t)
	parties := []string{"party 4", "party 1", "party 2", "party 3"}
	w := reshare(t, o, names(4), old, 3, 1, parties)
	require.Equal(t, []OldIndex{4, 1, 2, 3}, []OldIndex{w.parties[0].dealer, w.parties[1].dealer, w.parties[2].dealer, w.parties[3].dealer})
	require.ErrorContains(t, w.parties[0].Deals(o.Old(), old[0]), "the share of party 1, and the participant is 4")
	n := w.run(map[int]cheat{1: func(w *world, p *Participant, m []byte) ([]byte, bool) { return nil, w.session.Round() == Deal }}).outcome()
	require.Equal(t, []OldIndex{2, 3, 4}, w.session.qualified)
	require.True(t, n.Committee.Group().Equal(o.Committee.Group()))
}

// [RES-SET]: the first t deals in the order of the broadcast, none that comes after the
// round.
func TestRejectsRESSET(t *testing.T) {
	o, old := oldCommittee(t)
	w := reshare(t, o, names(4), old, 3, 1, names(4))
	late, err := w.dealers[0].Message()
	require.NoError(t, err)
	deals := map[int][]byte{}
	for i := 2; i <= 4; i++ {
		deals[i], err = w.dealers[i-1].Message()
		require.NoError(t, err)
	}
	for _, i := range []int{4, 2, 3} {
		require.NoError(t, w.session.Step(deals[i]))
	}
	w.session.EndRound()
	unchanged(t, w.session, late, ErrRound, "")
	w.session.EndRound()
	require.Equal(t, []OldIndex{4, 2, 3}, w.session.qualified)

	// with all four in time, the one that came last deals nothing
	w = reshare(t, o, names(4), old, 3, 1, names(4))
	for _, m := range [][]byte{deals[3], deals[4], late, deals[2]} {
		require.NoError(t, w.session.Step(m))
	}
	w.session.EndRound()
	w.session.EndRound()
	require.Equal(t, []OldIndex{3, 4, 1}, w.session.qualified)
}

// [RES-SAME]: no other key comes of a resharing, whatever was dealt.
func TestRejectsRESSAME(t *testing.T) {
	o, old := oldCommittee(t)
	for name, change := range map[string]func(f *secret.Feldman){
		"x":       func(f *secret.Feldman) { f.X[0] = f.X[0].Add(curve.Generator2()) },
		"y in G1": func(f *secret.Feldman) { f.G1[0][0] = f.G1[0][0].Add(curve.Generator()) },
		"y in G2": func(f *secret.Feldman) { f.Y2[0][0] = f.Y2[0][0].Add(curve.Generator2()) },
	} {
		w := reshare(t, o, names(4), old, 3, 1, names(4))
		w.round(nil)
		f := w.session.dealers[0].deal.feldman
		change(f) // as if its check had been forgotten
		w.session.EndRound()
		_, err := w.session.Outcome()
		require.ErrorContains(t, err, "[RES-SAME]", name)
	}
}

// Two parties who saw other sets of dealers are of other generations: neither takes the
// other's confirmation.
func TestAnotherSetIsAnotherGeneration(t *testing.T) {
	o, old := oldCommittee(t)
	w := reshare(t, o, names(4), old, 3, 1, names(4))
	other, err := NewSession(w.setup)
	require.NoError(t, err)
	var deals [][]byte
	for _, p := range w.dealers {
		m, err := p.Message()
		require.NoError(t, err)
		deals = append(deals, m)
		require.NoError(t, w.session.Step(m))
	}
	slices.Reverse(deals)
	for _, m := range deals {
		require.NoError(t, other.Step(m))
	}
	for range 2 {
		w.session.EndRound()
		other.EndRound()
	}
	require.NotEqual(t, w.session.outcome.generation(), other.outcome.generation())
	require.True(t, w.session.outcome.Committee.Group().Equal(other.outcome.Committee.Group()))
	m, err := w.parties[0].Message()
	require.NoError(t, err)
	require.NoError(t, other.Step(m))
	require.Equal(t, []string{"party 1: [DKG-CONFIRM] "}, cut(other.Blames()))
}

// What was signed under one generation is signed alike under the next: the base bears one
// message. An evicted party's share is of no use any more, with t − 1 new ones neither.
func TestSignaturesOutliveAGeneration(t *testing.T) {
	o, old := oldCommittee(t)
	w := reshare(t, o, names(4), old, 3, 1, append(names(3), "new")).run(nil)
	n, fresh := w.outcome(), w.shares(1, 2, 3, 4)
	m := newMessage(t, 1)
	combine := func(c *threshold.Committee, keys ...*threshold.KeyShare) []byte {
		var shares []*threshold.SignatureShare
		for _, k := range keys {
			s, err := k.Sign(m)
			require.NoError(t, err)
			shares = append(shares, s)
		}
		s, err := c.Combine(m, shares)
		require.NoError(t, err)
		b, err := s.MarshalBinary()
		require.NoError(t, err)
		return b
	}
	require.Equal(t, combine(o.Committee, old[1:]...), combine(n.Committee, fresh[:3]...))

	evicted, err := old[3].Sign(m)
	require.NoError(t, err)
	require.ErrorIs(t, n.Committee.VerifyShare(m, evicted), threshold.ErrGeneration)
	forged := threshold.ShareOf(n.Committee.Generation(), 4, evicted.Point())
	require.ErrorIs(t, n.Committee.VerifyShare(m, forged), threshold.ErrInvalid)
	requireNoMix(t, o.Committee, n.Committee, old, fresh)
}
