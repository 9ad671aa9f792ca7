package dkg

import (
	"bytes"
	"crypto/ed25519"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/testrand"
)

// unchanged demands that a message is refused and changes nothing.
func unchanged(t *testing.T, s *Session, m []byte, is error, says string) {
	t.Helper()
	before := fmt.Sprintf("%+v", *s)
	err := s.Step(m)
	require.ErrorIs(t, err, is)
	require.ErrorContains(t, err, says)
	require.Equal(t, before, fmt.Sprintf("%+v", *s))
}

// What is not the author's message of this round is refused, and nobody is blamed.
func TestRejectsMessages(t *testing.T) {
	w := generate(t, 1, Signing(1), 3, 1, 4)
	first := w.message(w.parties[0])
	other := generate(t, 2, Signing(1), 3, 1, 4)
	resigned := func(signer int, change func(m *message)) []byte {
		m, err := parseMessage(first)
		require.NoError(t, err)
		change(m)
		require.NoError(t, m.sign(w.parties[signer-1].signer))
		return m.append(nil)
	}
	nothing := func(*message) {}
	unchanged(t, w.session, nil, ErrMalformed, "message")
	unchanged(t, w.session, first[:len(first)-1], ErrMalformed, "message")
	unchanged(t, w.session, append(first[:len(first):len(first)], 0), ErrMalformed, "message")
	unchanged(t, w.session, resigned(1, func(m *message) { m.round = 0 }), ErrMalformed, "round 0")
	unchanged(t, w.session, resigned(1, func(m *message) { m.round = Done }), ErrMalformed, "round 7")
	unchanged(t, w.session, other.message(other.parties[0]), ErrSession, "")
	unchanged(t, w.session, resigned(2, nothing), ErrInvalid, "[DKG-AUTH]")
	for r := Complain; r <= Confirm; r++ {
		unchanged(t, w.session, resigned(1, func(m *message) { m.round = r }), ErrRound, "")
	}
	// [DKG-INDEX]: 0, above n, r modulo 2^16, and one's message under another's index
	for _, j := range []uint16{0, 5, 1, ^uint16(0)} {
		if j == 1 {
			unchanged(t, w.session, resigned(2, func(m *message) { m.author = j }), ErrInvalid, "[DKG-AUTH]")
			continue
		}
		unchanged(t, w.session, resigned(1, func(m *message) { m.author = j }), ErrInvalid, "[DKG-INDEX]")
	}
	require.NoError(t, w.session.Step(first))
	unchanged(t, w.session, first, ErrRound, "second")
	require.Empty(t, w.session.Blames())
	require.False(t, w.session.Complete())
	for _, p := range w.parties[1:] {
		require.NoError(t, w.session.Step(w.message(p)))
	}
	require.True(t, w.session.Complete())
}

// [DKG-INDEX]: a party twice, by identity or by encryption key.
func TestRejectsPartiesTwice(t *testing.T) {
	twice := terms(1, Signing(1), 3, 1, []string{"party 1", "party 2", "party 3", "party 1"})
	_, err := twice.MarshalBinary()
	require.ErrorIs(t, err, ErrInvalid)
	require.ErrorContains(t, err, "[DKG-INDEX]")

	setup := enrolled(t, terms(1, Signing(1), 3, 1, names(4)), names(4))
	setup.Enrolments[3] = setup.Enrolments[0]
	_, err = NewSession(setup)
	require.ErrorIs(t, err, ErrInvalid)
	require.ErrorContains(t, err, "[DKG-AUTH]")
}

// anybodys are identity keys under which others than their owner sign, or in which two
// parties could be one.
func anybodys() map[string]ed25519.PublicKey {
	mixed, _ := testrand.MixedKey(make([]byte, ed25519.SeedSize))
	return map[string]ed25519.PublicKey{
		"of small order":             testrand.EdwardsTorsion()[1].Encode(),
		"0":                          testrand.EdwardsTorsion()[0].Encode(),
		"with a part of small order": mixed,
		"no point":                   append([]byte{2}, make([]byte, ed25519.PublicKeySize-1)...),
		"in another encoding":        slices.Concat([]byte{0xee}, slices.Repeat([]byte{0xff}, 30), []byte{0x7f}),
	}
}

// [DKG-IDENTITY]: an identity key that is nobody's alone, of a new party or of an old one,
// also where the terms are decoded.
func TestRejectsAnybodysIdentity(t *testing.T) {
	o, _ := oldCommittee(t)
	for name, key := range anybodys() {
		setup := enrolled(t, terms(1, Signing(1), 3, 1, names(4)), names(4))
		encoded, err := setup.MarshalBinary()
		require.NoError(t, err)
		encoded = bytes.ReplaceAll(encoded, setup.Terms.Parties[2], key)
		require.ErrorContains(t, new(Setup).UnmarshalBinary(encoded), "[DKG-IDENTITY]", name)
		setup.Terms.Parties[2] = key
		_, err = NewSession(setup)
		require.ErrorIs(t, err, ErrInvalid, name)
		require.ErrorContains(t, err, "[DKG-IDENTITY] party 3", name)

		again := terms(1, Signing(1), 3, 1, names(4))
		again.Old = o.Old()
		again.Old.Parties[0] = key
		_, err = again.MarshalBinary()
		require.ErrorContains(t, err, "[DKG-IDENTITY] party 1", name)
	}
}

func TestRejectsTerms(t *testing.T) {
	for name, change := range map[string]func(*Terms){
		"t = 0":                    func(t *Terms) { t.Threshold = 0 },
		"t = f":                    func(t *Terms) { t.Threshold, t.Faults = 2, 2 },
		"t above n − f":            func(t *Terms) { t.Threshold = 4 },
		"f below 0":                func(t *Terms) { t.Faults = -1 },
		"nobody":                   func(t *Terms) { t.Parties = nil },
		"too many":                 func(t *Terms) { t.Parties = identitiesOf(names(MaxParties + 1)) },
		"an identity cut short":    func(t *Terms) { t.Parties[2] = t.Parties[2][:31] },
		"a long purpose":           func(t *Terms) { t.Purpose = fmt.Sprintf("%065d", 1) },
		"a long schedule":          func(t *Terms) { t.Schedule = make([]byte, 65) },
		"17 attributes":            func(t *Terms) { t.Key = Signing(17) },
		"attributes below 0":       func(t *Terms) { t.Key = Signing(-1) },
		"no encryption key":        func(t *Terms) { t.Key = Encryption(0) },
		"17 encryption keys":       func(t *Terms) { t.Key = Encryption(17) },
		"an old committee of none": func(t *Terms) { t.Old = &Old{} },
	} {
		terms := terms(1, Signing(1), 3, 1, names(4))
		change(terms)
		_, err := terms.MarshalBinary()
		require.ErrorIs(t, err, ErrArgument, name)
	}
}

// [DKG-POK], [DKG-SUB] and [DKG-AUTH] of enrolments.
func TestRejectsEnrolments(t *testing.T) {
	for name, c := range enrolmentForgeries {
		terms := terms(1, Signing(1), 3, 1, names(4))
		setup := enrolled(t, terms, names(4))
		setup.Enrolments[1] = c.forge(t, terms, setup)
		_, err := NewSession(setup)
		require.ErrorIs(t, err, ErrInvalid, name)
		require.ErrorContains(t, err, "party 2: ["+c.label+"]", name)
	}
}

var enrolmentForgeries = map[string]struct {
	label string
	forge func(t *testing.T, terms *Terms, setup *Setup) *Enrolment
}{
	"another's key": {"DKG-POK", func(t *testing.T, terms *Terms, setup *Setup) *Enrolment {
		return enrolledAs(t, terms, func(e *Enrolment) { e.key = setup.Enrolments[0].key.Add(curve.Generator()) })
	}},
	"a key off the subgroup": {"DKG-SUB", func(t *testing.T, terms *Terms, setup *Setup) *Enrolment {
		return enrolledAs(t, terms, func(e *Enrolment) {
			e.key = e.key.Add(curve.FromG1Affine(testrand.SmallOrder(3)))
			s := secretOf(t, terms, "party 2")
			h, err := terms.hash()
			require.NoError(t, err)
			e.proof, err = e.statement().Prove(nil, e.transcript(h, 2), map[string]curve.Scalar{"sk": s.decryptionKey(h, 2)})
			require.NoError(t, err)
		})
	}},
	"another's key, whose secret is known": {"DKG-INDEX", func(t *testing.T, terms *Terms, setup *Setup) *Enrolment {
		return enrolledAs(t, terms, func(e *Enrolment) {
			e.key = setup.Enrolments[0].key
			h, err := terms.hash()
			require.NoError(t, err)
			sk := secretOf(t, terms, "party 1").decryptionKey(h, 1)
			e.proof, err = e.statement().Prove(nil, e.transcript(h, 2), map[string]curve.Scalar{"sk": sk})
			require.NoError(t, err)
		})
	}},
	"of other terms": {"DKG-AUTH", func(t *testing.T, terms *Terms, _ *Setup) *Enrolment {
		other := *terms
		other.Number++
		return enrolledAs(t, &other, func(*Enrolment) {})
	}},
	"a thief's key": {"DKG-AUTH", func(t *testing.T, terms *Terms, _ *Setup) *Enrolment {
		e := enrolledAs(t, terms, func(*Enrolment) {})
		digest := e.digest([32]byte{}, 2)
		copy(e.signature[:], ed25519.Sign(identity("thief"), digest[:]))
		return e
	}},
}

// enrolledAs is party 2's enrolment with a change, signed by it.
func enrolledAs(t *testing.T, terms *Terms, change func(e *Enrolment)) *Enrolment {
	t.Helper()
	e, err := secretOf(t, terms, "party 2").Enrol(terms, identity("party 2"))
	require.NoError(t, err)
	change(e)
	h, err := terms.hash()
	require.NoError(t, err)
	digest := e.digest(h, 2)
	require.NoError(t, sign(identity("party 2"), digest[:], &e.signature))
	return e
}

// A complaint is of one session, dealer and party: replayed by another party, of another
// dealer or in another session it blames who replays it.
func TestRejectsReplayedComplaints(t *testing.T) {
	var stolen []complaint
	record := in(Complain, func(w *world, p *Participant, _ []byte) []byte {
		stolen = append(stolen, complaintOf(w, p, 2, trueK(w, p, 2)))
		return w.signed(p, appendComplaints(nil, stolen[len(stolen)-1:]))
	})
	replay := func(i OldIndex) cheat {
		return in(Complain, func(w *world, p *Participant, _ []byte) []byte {
			c := stolen[0]
			c.dealer = i
			return w.signed(p, appendComplaints(nil, []complaint{c}))
		})
	}
	w := generate(t, 1, Signing(1), 3, 2, 7).run(map[int]cheat{1: record, 3: replay(2)})
	require.Equal(t, []string{"party 1: [DKG-COMPLAINT] ", "party 3: [DKG-COMPLAINT] "}, cut(w.outcome().Blames), "by another party")
	for name, next := range map[string]struct {
		number uint64
		dealer OldIndex
	}{"of another dealer": {1, 4}, "in another session": {2, 2}} {
		w = generate(t, next.number, Signing(1), 3, 1, 4).run(map[int]cheat{1: replay(next.dealer)})
		require.Equal(t, []string{"party 1: [DKG-COMPLAINT] "}, cut(w.outcome().Blames), name)
	}
}

// A label that is used again is another session to every key and proof, if anything else
// differs, and if nothing does, the secret is the same and so are the messages.
func TestSessionsAreApart(t *testing.T) {
	a := generate(t, 1, Signing(1), 3, 1, 4)
	again := generate(t, 1, Signing(1), 3, 1, 4)
	require.Equal(t, a.session.ID(), again.session.ID())
	m, err := again.parties[2].Message()
	require.NoError(t, err)
	require.Equal(t, a.message(a.parties[2]), m)

	// the same secret under other terms
	other := terms(2, Signing(1), 3, 1, names(4))
	other.Number = 1
	other.Purpose = "other"
	b := begin(t, other, names(4), nil, nil)
	require.NotEqual(t, a.session.ID(), b.session.ID())
	require.NotEqual(t, a.parties[0].decryptionKey(), b.parties[0].decryptionKey())
	require.NotEqual(t, a.parties[0].polynomials().Feldman(), b.parties[0].polynomials().Feldman())
	unchanged(t, a.session, b.message(b.parties[0]), ErrSession, "")
}

// A party that saw the messages in another order is in the same state, within a round.
func TestOrderWithinARound(t *testing.T) {
	w := generate(t, 1, Signing(1), 3, 1, 4).run(map[int]cheat{3: attackNamed("a wrong share to one").cheat([]int{1})})
	s, err := NewSession(w.setup)
	require.NoError(t, err)
	from := 0
	for _, end := range w.ends {
		for k := end - 1; k >= from; k-- {
			require.NoError(t, s.Step(w.log[k]))
		}
		from = end
		s.EndRound()
	}
	o, err := s.Outcome()
	require.NoError(t, err)
	require.Equal(t, w.outcome().Committee.Generation(), o.Committee.Generation())
	require.Equal(t, w.outcome().Members, o.Members)
}

// A party that was down while others complained, and was dealt rubbish, is absent: it has
// no share, says so, and is no member.
func TestMemberWithoutAShareIsAbsent(t *testing.T) {
	w := generate(t, 1, Signing(1), 3, 2, 7)
	w.run(map[int]cheat{2: attackNamed("a wrong share to one").cheat([]int{5}), 5: silent(Complain)(nil)})
	o := w.outcome()
	require.Empty(t, o.Blames, "nobody can know")
	require.Equal(t, []NewIndex{1, 2, 3, 4, 6, 7}, o.Members)
	_, err := w.parties[4].KeyShare()
	require.ErrorIs(t, err, ErrAbsent)
	requireSigns(t, o.Committee, w.shares(1, 2, 3, 4, 6, 7))
}

// One that was down for the whole session makes its share of the messages later.
func TestPartyThatComesLater(t *testing.T) {
	w := generate(t, 1, Signing(1), 3, 1, 4)
	away := func(*world, *Participant, []byte) ([]byte, bool) { return nil, true }
	o := w.run(map[int]cheat{4: away}).outcome()
	require.Equal(t, []Blame{{Party: 4, Detail: "deal: silent"}}, o.Blames)
	require.Equal(t, []NewIndex{1, 2, 3}, o.Members)
	p, err := w.session.Join(identity("party 4"), secretOf(t, w.setup.Terms, "party 4"))
	require.NoError(t, err)
	k, err := p.KeyShare()
	require.NoError(t, err)
	require.NoError(t, o.Committee.VerifyKeyShare(k))
}

func TestJoinRefuses(t *testing.T) {
	w := generate(t, 1, Signing(1), 3, 1, 4)
	_, err := w.session.Join(identity("stranger"), secretOf(t, w.setup.Terms, "stranger"))
	require.ErrorIs(t, err, ErrArgument)
	_, err = w.session.Join(identity("party 1"), secretOf(t, w.setup.Terms, "party 2"))
	require.ErrorContains(t, err, "another secret")
	_, err = w.session.Join(nil, secretOf(t, w.setup.Terms, "party 1"))
	require.ErrorIs(t, err, ErrArgument)
	_, err = w.session.Join(identity("party 1"), nil)
	require.ErrorIs(t, err, ErrArgument)
	require.ErrorIs(t, w.parties[0].Deals(nil, nil), ErrArgument)
	_, err = secretOf(t, w.setup.Terms, "stranger").Enrol(w.setup.Terms, identity("stranger"))
	require.ErrorIs(t, err, ErrArgument)
	_, err = NewSecret(testrand.Constant(0))
	require.ErrorIs(t, err, ErrArgument)
}

// After Erase nothing is left to make a message or a share of.
func TestErase(t *testing.T) {
	w := generate(t, 1, Signing(1), 3, 1, 4).run(nil)
	p := w.parties[0]
	p.receive()
	held := p.shares
	zero := make([]byte, len(held[1].Append(nil)))
	require.NotEqual(t, zero, held[1].Append(nil))
	f := p.polynomials()
	f.Erase()
	require.Equal(t, zero, f.At(3).Append(nil))
	p.Erase()
	require.Equal(t, zero, held[1].Append(nil))
	require.Equal(t, [32]byte{}, p.secret.seed)
	_, err := p.KeyShare()
	require.ErrorIs(t, err, ErrArgument)
	_, err = p.Message()
	require.ErrorIs(t, err, ErrArgument)
	for _, v := range []any{p, p.secret, f, held[1]} {
		require.Equal(t, "redacted", fmt.Sprintf("%v", v))
		require.Equal(t, "redacted", fmt.Sprintf("%+v", v))
	}
}
