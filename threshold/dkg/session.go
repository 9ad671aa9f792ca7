package dkg

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"slices"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/threshold/dkg/internal/secret"
)

// Session is what everybody can see of a key generation or resharing: a state machine that
// is stepped with the messages that were broadcast, in their order, and with the ends of
// the rounds. It knows no secret, no network and no clock; two that are stepped alike are
// in the same state. It is not safe for concurrent use.
type Session struct {
	setup     *Setup
	log       [][]byte // messages that were taken; nil is the end of a round
	terms     *Terms
	id        SessionID
	termsHash [32]byte
	round     Round
	dealers   []dealer // dealer i is at i − 1
	parties   []party  // party j is at j − 1
	deals     int      // valid ones so far
	qualified []OldIndex
	blames    []Blame
	outcome   *Outcome
	failure   *FailureError
}

// dealer is what is known of one.
type dealer struct {
	identity ed25519.PublicKey
	sent     [Done]bool // by round
	deal     *deal      // a valid one, or nil
	order    int        // of its deal among the valid ones
	out      bool       // by a justified complaint
	opening  *secret.Feldman
	exposed  bool                       // opened something else than it dealt
	shares   map[NewIndex]*secret.Share // of it, published to reconstruct
	final    *secret.Feldman            // what it contributes to the key
}

// party is what is known of one.
type party struct {
	identity  ed25519.PublicKey
	enrolment *Enrolment
	sent      [Done]bool
	confirmed bool
}

// NewSession begins a session. It checks the terms, that every enrolment is its party's
// [DKG-AUTH] [DKG-POK] [DKG-SUB] [DKG-INDEX], and of a resharing that enough old parties
// have authorised it [RES-AUTH]. Who takes part checks besides that these are the terms
// that were agreed on.
func NewSession(setup *Setup) (*Session, error) {
	id, err := setup.ID()
	if err != nil {
		return nil, err
	}
	if err := setup.verify(id); err != nil {
		return nil, err
	}
	own := &Setup{setup.Terms.clone(), slices.Clone(setup.Enrolments), slices.Clone(setup.Authorisations)}
	s := &Session{setup: own, terms: own.Terms, id: id, round: Deal}
	if s.termsHash, err = s.terms.hash(); err != nil {
		return nil, err
	}
	for _, identity := range s.terms.dealers() {
		s.dealers = append(s.dealers, dealer{identity: identity})
	}
	for j, identity := range s.terms.Parties {
		s.parties = append(s.parties, party{identity: identity, enrolment: setup.Enrolments[j]})
	}
	return s, nil
}

// clone copies what callers could change.
func (t *Terms) clone() *Terms {
	c := *t
	c.Parties, c.Schedule = slices.Clone(t.Parties), slices.Clone(t.Schedule)
	if t.Old != nil {
		old := *t.Old
		old.Parties = slices.Clone(old.Parties)
		c.Old = &old
	}
	return &c
}

// ID names the session.
func (s *Session) ID() SessionID {
	if s == nil {
		return SessionID{}
	}
	return s.id
}

// Round is the round that messages are of now, or Done or Failed; 0 of no session.
func (s *Session) Round() Round {
	if s == nil {
		return 0
	}
	return s.round
}

// Blames are what dealers and parties were found to have done so far, in the order in
// which it was found.
func (s *Session) Blames() []Blame {
	if s == nil {
		return nil
	}
	return slices.Clone(s.blames)
}

// Complete reports whether all who speak in this round have, so that it can end early.
func (s *Session) Complete() bool {
	if s == nil || s.round < Deal || s.round > Confirm {
		return false
	}
	if s.round.byDealers() {
		for i := range s.dealers {
			d := &s.dealers[i]
			if !d.sent[s.round] && (s.round == Deal || slices.Contains(s.qualified, OldIndex(i+1))) {
				return false
			}
		}
		return true
	}
	return !slices.ContainsFunc(s.parties, func(p party) bool { return !p.sent[s.round] })
}

// Step takes one message that was broadcast. An error means that it is no message of the
// session in this round, the author's first and signed by it; nothing has changed then,
// and nobody is to blame but who broadcast it. A message that is the author's and false is
// no error: the author is blamed.
func (s *Session) Step(encoded []byte) error {
	m, err := parseMessage(encoded)
	if err != nil {
		return err
	}
	if s == nil || m.session != s.id {
		return ErrSession
	}
	if !s.takes(m.round) {
		return fmt.Errorf("%w: a message of round %v in round %v", ErrRound, m.round, s.round)
	}
	identity, sent, err := s.author(m)
	if err != nil {
		return err
	}
	if *sent {
		return fmt.Errorf("%w: a second message of its author", ErrRound)
	}
	if !m.authentic(identity) && batch.Enforced("DKG-AUTH") {
		return fmt.Errorf("%w: [DKG-AUTH] not signed by the author", ErrInvalid)
	}
	*sent = true
	s.log = append(s.log, slices.Clone(encoded))
	s.handle(m)
	return nil
}

// takes reports whether messages of a round are taken now. [RES-SET]: deals that come when
// others have been complained of would change who deals.
func (s *Session) takes(r Round) bool {
	return r == s.round || r == Deal && s.round == Complain && s.terms.Old != nil && !batch.Enforced("RES-SET")
}

// author is who a message says that it is from.
func (s *Session) author(m *message) (identity ed25519.PublicKey, sent *bool, err error) {
	n := len(s.parties)
	if m.round.byDealers() {
		n = len(s.dealers)
	}
	if m.author < 1 || int(m.author) > n {
		return nil, nil, fmt.Errorf("%w: [DKG-INDEX] author %d of %d", ErrInvalid, m.author, n)
	}
	if m.round.byDealers() {
		d := &s.dealers[m.author-1]
		return d.identity, &d.sent[m.round], nil
	}
	p := &s.parties[m.author-1]
	return p.identity, &p.sent[m.round], nil
}

// handle takes a message that is its author's.
func (s *Session) handle(m *message) {
	r := wire.NewReader(m.body)
	var err error
	switch m.round {
	case Deal:
		err = s.takeDeal(OldIndex(m.author), r)
	case Complain:
		err = s.takeComplaints(NewIndex(m.author), r)
	case Open:
		err = s.takeOpening(OldIndex(m.author), r)
	case Expose:
		err = s.takeExposures(NewIndex(m.author), r)
	case Reconstruct:
		err = s.takeReconstruction(NewIndex(m.author), r)
	case Confirm:
		err = s.takeConfirmation(NewIndex(m.author), r)
	}
	if err == nil {
		return
	}
	label, detail := "DKG-FORM", err.Error() // a *batch.Error says which other
	if e := new(batch.Error); errors.As(err, &e) {
		label, detail = e.Label, e.Detail
	}
	if m.round.byDealers() {
		s.blameDealer(OldIndex(m.author), label, m.round.String()+": "+detail)
	} else {
		s.blameParty(NewIndex(m.author), label, m.round.String()+": "+detail)
	}
}

// finish demands [DKG-FORM]: that a body is the encoding of what was read, and nothing
// follows it.
func finish(r *wire.Reader) error {
	if err := r.Err(); err != nil {
		return err
	}
	if err := r.Close(); err != nil && batch.Enforced("DKG-FORM") {
		return err
	}
	return nil
}

// blameDealer says what a dealer did.
func (s *Session) blameDealer(i OldIndex, label, detail string) {
	if s.terms.Old == nil {
		s.blameParty(NewIndex(i), label, detail)
		return
	}
	s.blames = append(s.blames, Blame{Dealer: i, Label: label, Detail: detail})
}

func (s *Session) blameParty(j NewIndex, label, detail string) {
	s.blames = append(s.blames, Blame{Party: j, Label: label, Detail: detail})
}

// silent blames dealers for what they did not say in a round that ends.
func (s *Session) silent(r Round, who []OldIndex) {
	for _, i := range who {
		if !s.dealers[i-1].sent[r] {
			s.blameDealer(i, "", r.String()+": silent")
		}
	}
}

// EndRound ends the round and returns the next one, or how the session ended. It is
// called where everybody agrees on what has been broadcast.
func (s *Session) EndRound() Round {
	if r := s.Round(); r >= Deal && r <= Confirm {
		s.log = append(s.log, nil)
	}
	switch s.Round() {
	case Deal:
		s.endDeal()
	case Complain:
		s.endComplain()
	case Open:
		s.endOpen()
	case Expose:
		s.endExpose()
	case Reconstruct:
		s.endReconstruct()
	case Confirm:
		s.endConfirm()
	}
	return s.Round()
}

func (s *Session) fail(format string, args ...any) {
	s.round = Failed
	s.failure = &FailureError{fmt.Sprintf(format, args...), slices.Clone(s.blames)}
}

// Outcome is what a session that is Done has made; else the error matches ErrFailed, and
// is a *FailureError if it has failed.
func (s *Session) Outcome() (*Outcome, error) {
	switch {
	case s.Round() == Done:
		return s.outcome.clone(), nil
	case s.Round() == Failed:
		return nil, s.failure.clone()
	}
	return nil, fmt.Errorf("%w: the session is in round %v", ErrFailed, s.Round())
}

// Outcome is a committee that came about, from what was broadcast alone.
type Outcome struct {
	// One of these is set, by the kind of key.
	Committee  *threshold.Committee
	Encryption *threshold.EncryptionCommittee
	Faults     int
	// Parties are the identity keys of all n, and Members those who proved that they hold
	// their shares, n − f at least. The others are absent until the next resharing.
	Parties []ed25519.PublicKey
	Members []NewIndex
	Blames  []Blame
}

func (o *Outcome) clone() *Outcome {
	c := *o
	c.Parties, c.Members, c.Blames = slices.Clone(o.Parties), slices.Clone(o.Members), slices.Clone(o.Blames)
	return &c
}

// Old is the committee as the terms of its replacement have it.
func (o *Outcome) Old() *Old {
	if o == nil {
		return nil
	}
	return &Old{o.Committee, o.Encryption, o.Faults, slices.Clone(o.Parties)}
}
