//go:build uttbroken

package dkg

import (
	"crypto/ed25519"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/testrand"
	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/threshold/dkg/internal/secret"
)

// With a check taken out, what it stops happens.

// without runs a key generation of 3 of 4 with a cheat at place 2 and a check taken out.
func without(t *testing.T, label string, c cheat) *world {
	t.Helper()
	defer batch.Break(label)()
	return generate(t, 1, Signing(1), 3, 1, 4).runBroken(map[int]cheat{2: c})
}

func TestBrokenAuthentication(t *testing.T) {
	w := generate(t, 1, Signing(1), 3, 1, 4)
	m, err := parseMessage(w.message(w.parties[0]))
	require.NoError(t, err)
	m.body = nil
	require.NoError(t, m.sign(identity("stranger")))
	require.ErrorContains(t, w.session.Step(m.append(nil)), "[DKG-AUTH]")
	defer batch.Break("DKG-AUTH")()
	require.NoError(t, w.session.Step(m.append(nil)))
	require.Equal(t, []string{"party 1: [DKG-FORM] "}, cut(w.session.Blames()), "for what a stranger said")
}

func TestBrokenEnrolments(t *testing.T) {
	for name, c := range enrolmentForgeries {
		terms := terms(1, Signing(1), 3, 1, names(4))
		setup := enrolled(t, terms, names(4))
		setup.Enrolments[1] = c.forge(t, terms, setup)
		restore := []func(){batch.Break(c.label)}
		if name == "of other terms" {
			restore = append(restore, batch.Break("DKG-POK")) // the proof is of those, too
		}
		_, err := NewSession(setup)
		require.NoError(t, err, name)
		for _, f := range restore {
			f()
		}
	}
}

func TestBrokenIndices(t *testing.T) {
	defer batch.Break("DKG-INDEX")()
	_, err := terms(1, Signing(1), 3, 1, []string{"party 1", "party 2", "party 3", "party 1"}).MarshalBinary()
	require.NoError(t, err, "one party with two shares")
}

// Under the party's key of small order a stranger enrols, and speaks as it.
func TestBrokenIdentity(t *testing.T) {
	defer batch.Break("DKG-IDENTITY")()
	setup := enrolled(t, terms(1, Signing(1), 3, 1, names(4)), names(4))
	zero := testrand.EdwardsTorsion()[0].Encode() // for which R = 0, S = 0 sign every message
	setup.Terms.Parties[1] = zero
	h, err := setup.Terms.hash()
	require.NoError(t, err)
	for j := range setup.Enrolments {
		if j == 1 {
			e := setup.Enrolments[j]
			sk := secretOf(t, setup.Terms, "stranger").decryptionKey(h, 2)
			e.key = curve.Generator().Mul(sk)
			e.proof, err = e.statement().Prove(nil, e.transcript(h, 2), map[string]curve.Scalar{"sk": sk})
			require.NoError(t, err)
			e.signature = [ed25519.SignatureSize]byte{1} // R = 0
			continue
		}
		name := names(4)[j]
		setup.Enrolments[j], err = secretOf(t, setup.Terms, name).Enrol(setup.Terms, identity(name))
		require.NoError(t, err)
	}
	s, err := NewSession(setup)
	require.NoError(t, err)
	m := &message{session: s.ID(), round: Deal, author: 2, signature: [ed25519.SignatureSize]byte{1}}
	require.NoError(t, s.Step(m.append(nil)))
	require.Equal(t, []string{"party 2: [DKG-FORM] "}, cut(s.Blames()), "for what a stranger said")
}

// A degree more: t shares make no signature, ever.
func TestBrokenDegreeRaisesTheThreshold(t *testing.T) {
	raised := func(w *world, p *Participant) *secret.Polynomials {
		n := uint32(0)
		return secret.Draw(w.setup.Terms.Key.k, w.setup.Terms.Threshold+1, func() curve.Scalar {
			n++
			return p.secret.scalar([32]byte{}, "another degree", n)
		})
	}
	w := without(t, "DKG-DEG", func(w *world, p *Participant, m []byte) ([]byte, bool) {
		switch w.session.Round() {
		case Deal:
			return withDegree(1)(nil)(w, p, m)
		case Open:
			return w.signed(p, raised(w, p).Feldman().Append(nil)), true
		}
		return nil, false
	})
	o := w.outcome()
	require.Empty(t, o.Blames)
	require.Len(t, o.Members, 4)
	m := newMessage(t, 1)
	var shares []*threshold.SignatureShare
	for _, k := range w.shares(1, 3, 4) {
		s, err := k.Sign(m)
		require.NoError(t, err)
		shares = append(shares, s)
	}
	_, err := o.Committee.Combine(m, shares)
	require.Error(t, err)
}

// An honest dealer is put out by a complaint with K off the subgroup, or another K.
func TestBrokenComplaints(t *testing.T) {
	for label, name := range map[string]string{"DKG-SUB": "a complaint with K off the subgroup", "DKG-COMPLAINT": "a complaint with a forged K"} {
		w := without(t, label, attackNamed(name).cheat([]int{3}))
		require.Equal(t, []string{"party 3: [DKG-SHARE] "}, cut(w.outcome().Blames), name)
	}
}

func TestBrokenSubgroups(t *testing.T) {
	w := without(t, "DKG-SUB", attackNamed("R of small order").cheat([]int{3}))
	for _, b := range w.session.Blames() {
		require.NotEqual(t, "DKG-SUB", b.Label)
	}
	require.NotNil(t, w.session.dealers[1].deal)
}

// With another's R and rubbish for party 4, the honest complaint decrypts what the other
// dealt to party 4.
func TestBrokenPossessionReadsShares(t *testing.T) {
	w := without(t, "DKG-POK", withDeal(func(w *world, p *Participant, d *deal, _ []int) {
		d.r = curve.Generator().Mul(w.parties[0].rho()) // as dealer 1 shows it
		notCanonical(d.boxes[3])
	})(nil))
	var k curve.G1
	for _, encoded := range w.log {
		m, err := parseMessage(encoded)
		require.NoError(t, err)
		if m.round == Complain && m.author == 4 {
			k = readComplaints(wire.NewReader(m.body))[0].k
		}
	}
	stolen := w.session.open(1, 4, k)
	require.NotNil(t, stolen)
	require.Equal(t, w.parties[3].shares[0].Append(nil), stolen.Append(nil))
}

// A bad share is taken, and an honest party ends without one.
func TestBrokenShares(t *testing.T) {
	w := without(t, "DKG-SHARE", attackNamed("a wrong share to one").cheat([]int{3}))
	for _, b := range w.session.Blames() {
		require.NotEqual(t, "DKG-SHARE", b.Label)
	}
	lost := 0
	for _, p := range w.parties {
		if _, err := p.KeyShare(); err != nil {
			lost++
		}
	}
	require.Positive(t, lost)
}

// Another polynomial is taken, and nobody has a share of the key.
func TestBrokenOpenings(t *testing.T) {
	defer batch.Break("DKG-OPEN")()
	w := generate(t, 1, Signing(1), 3, 1, 4)
	for w.session.Round() < Confirm {
		w.round(map[int]cheat{2: attackNamed("another polynomial opened").cheat([]int{3})})
	}
	require.Empty(t, w.session.Blames())
	w.run(nil)
	require.Equal(t, Failed, w.session.Round(), "nobody can confirm")
}

// The halves of the committee's keys differ.
func TestBrokenPairs(t *testing.T) {
	w := without(t, "DKG-PAIR", attackNamed("A right in G1 and wrong in G2").cheat([]int{3}))
	o := w.outcome()
	require.Empty(t, o.Blames)
	b, err := o.Committee.MarshalBinary()
	require.NoError(t, err)
	require.ErrorContains(t, new(threshold.Committee).UnmarshalBinary(b), "[THR-KEY]")
}

// A message may carry anything, the forgery key too.
func TestBrokenForm(t *testing.T) {
	w := without(t, "DKG-FORM", attackNamed("x opened in G1 as well").cheat([]int{3}))
	require.Empty(t, w.outcome().Blames)
}

// A member without a share.
func TestBrokenConfirmation(t *testing.T) {
	for _, name := range []string{"a vote without a share", "another's vote"} {
		w := without(t, "DKG-CONFIRM", attackNamed(name).cheat([]int{3}))
		require.Empty(t, w.outcome().Blames)
		require.Len(t, w.outcome().Members, 4)
	}
}

func TestBrokenAuthorisation(t *testing.T) {
	o, old := oldCommittee(t)
	w := thievesSession(t, o)
	require.Error(t, w.dealers[0].Deals(o.Old(), old[0]))
	defer batch.Break("RES-AUTH")()
	require.NoError(t, w.dealers[0].Deals(o.Old(), old[0]), "party 1 deals its share to thieves")
	for name, forge := range unauthorised {
		_, err := NewSession(forge(t, o))
		require.NoError(t, err, name)
	}
}

// Without [RES-CONST] the resharing fails by [RES-SAME], and without both there is
// another key.
func TestBrokenConstant(t *testing.T) {
	o, old := oldCommittee(t)
	another := reshare(t, o, names(4), old, 3, 1, names(4)).run(nil).shares(1, 2, 3, 4)
	attack := reshareAttacks(another)["a share of another generation"].cheat
	cheats := map[int]cheat{2: func(w *world, p *Participant, m []byte) ([]byte, bool) {
		if w.session.Round() != Deal {
			return nil, false
		}
		return attack(w, p, m)
	}}
	defer batch.Break("RES-CONST")()
	w := reshare(t, o, names(4), old, 3, 1, names(4)).run(cheats)
	_, err := w.session.Outcome()
	require.ErrorContains(t, err, "[RES-SAME]")
	defer batch.Break("RES-SAME")()
	w = reshare(t, o, names(4), old, 3, 1, names(4)).run(cheats)
	require.False(t, w.outcome().Committee.Group().Equal(o.Committee.Group()))
}

// A deal that comes late changes who deals.
func TestBrokenSet(t *testing.T) {
	o, old := oldCommittee(t)
	defer batch.Break("RES-SET")()
	w := reshare(t, o, names(4), old, 3, 1, names(4))
	for _, i := range []int{2, 3, 4} {
		m, err := w.dealers[i-1].Message()
		require.NoError(t, err)
		require.NoError(t, w.session.Step(m))
	}
	late, err := w.dealers[0].Message()
	require.NoError(t, err)
	w.session.EndRound()
	require.NoError(t, w.session.Step(late))
	require.Len(t, dealt(w.session), 4)
}

func dealt(s *Session) (all []OldIndex) {
	for i := range s.dealers {
		if s.dealt(OldIndex(i + 1)) {
			all = append(all, OldIndex(i+1))
		}
	}
	return all
}

// Without [DKG-BULLETIN] two parties go on from other broadcasts.
func TestBrokenBulletin(t *testing.T) {
	one, two := twoViews(t, 4, 1)
	defer batch.Break("DKG-BULLETIN")()
	require.NoError(t, one.Endorsed(nil))
	require.NoError(t, two.Endorsed(nil))
}
