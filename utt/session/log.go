package session

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"fmt"
	"slices"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/threshold/dkg"
	"github.com/utt-ecash/utt-go/utt"
)

// Log is the sessions of a ledger as its records have them. Two that were given the same
// records are in the same state. It is not safe for concurrent use.
type Log struct {
	p        *utt.Parameters
	next     utt.Cursor // no record before it is to come
	height   uint64     // of the last block of which something is known, and its time
	time     uint64
	at       utt.Frontier // of the last certificate, where the log follows by these
	sessions map[dkg.SessionID]*run
	order    []dkg.SessionID // in which they were opened
}

// run is one session.
type run struct {
	outline  *dkg.Outline
	schedule utt.Schedule
	session  *dkg.Session
	void     error // why the setup is no session's, whoever authorised it
	ended    int   // rounds
	spoken   map[spoken]bool
	adopted  map[dkg.NewIndex]threshold.Generation
	since    uint64 // the height with which n − f had adopted the outcome
}

type spoken struct {
	round  dkg.Round
	author uint16
}

// NewLog makes a Log that knows of no session.
func NewLog(p *utt.Parameters) (*Log, error) {
	if err := p.Usable(); err != nil {
		return nil, err
	}
	return &Log{p: p, sessions: make(map[dkg.SessionID]*run)}, nil
}

var errNoLog = fmt.Errorf("%w: no log: make it with NewLog", utt.ErrInvalid)

// Take takes in a record of the ledger, and with it that there was none of a session
// between it and the one before. Records of other kinds are passed over, and so are those
// of sessions that were opened before the first one given. The error is ErrInvalid for a
// record that comes after a later one; nothing is changed then.
func (l *Log) Take(r *utt.Record) error {
	if l == nil || l.p == nil {
		return errNoLog
	}
	at := r.Cursor()
	if r.Kind() == 0 || at.Compare(l.next) < 0 || r.Time() < l.time {
		return fmt.Errorf("%w: a record that is empty, or out of order", utt.ErrInvalid)
	}
	l.advance(at.Height, r.Time())
	l.next = utt.Cursor{Height: at.Height, Index: at.Index + 1}
	e, ok := r.SessionEvent()
	if !ok {
		return nil
	}
	switch s := l.sessions[e.Session]; {
	case e.Setup != nil && s == nil:
		return l.begin(e)
	case s == nil:
	case e.Message != nil:
		s.step(e.Message)
	case e.Key != nil:
		s.adopt(e, at.Height)
	}
	return nil
}

// Advance says that the ledger has come to a block, and that all records below it were
// taken: rounds end by that.
func (l *Log) Advance(height, time uint64) error {
	if l == nil || l.p == nil {
		return errNoLog
	}
	if height < l.height || time < l.time {
		return fmt.Errorf("%w: block %d at time %d after block %d at time %d", utt.ErrInvalid, height, time, l.height, l.time)
	}
	l.advance(height, time)
	if at := (utt.Cursor{Height: height}); at.Compare(l.next) > 0 {
		l.next = at
	}
	return nil
}

func (l *Log) advance(height, time uint64) {
	l.height, l.time = height, time
	for _, s := range l.sessions {
		s.advance(height, time)
	}
}

// begin begins a session. One whose setup does not hold is void for everybody.
func (l *Log) begin(e utt.SessionEvent) error {
	s := &run{spoken: make(map[spoken]bool), adopted: make(map[dkg.NewIndex]threshold.Generation)}
	var err error
	if s.outline, err = dkg.ReadOutline(e.Setup); err != nil {
		return fmt.Errorf("%w: %w", utt.ErrInvalid, err)
	}
	if err := s.schedule.UnmarshalBinary(s.outline.Schedule); err != nil {
		return err
	}
	setup := new(dkg.Setup)
	if s.void = setup.UnmarshalBinary(e.Setup); s.void == nil {
		s.session, s.void = dkg.NewSession(setup)
	}
	l.sessions[e.Session], l.order = s, append(l.order, e.Session)
	return nil
}

// advance ends the rounds that have ended before a block, which is the first of the next one.
func (s *run) advance(height, time uint64) {
	rounds := s.outline.Rounds()
	for now := s.schedule.Ended(len(rounds), height, time); s.ended < now; s.ended++ {
		if s.session.Round() == rounds[s.ended] { // not if there is nothing to reconstruct
			s.session.EndRound()
		}
	}
}

// step takes a message. What is none of the session's changes nothing; the ledger has seen
// to signature, author and round.
func (s *run) step(message []byte) {
	e, err := dkg.ReadEnvelope(message)
	if err == nil && s.session.Step(message) == nil {
		s.spoken[spoken{e.Round, e.Author}] = true
	}
}

// adopt counts a party's word [RES-HEIGHT].
func (s *run) adopt(e utt.SessionEvent, height uint64) {
	j := dkg.NewIndex(1 + slices.IndexFunc(s.outline.Parties, func(p ed25519.PublicKey) bool { return bytes.Equal(p, e.Key) }))
	o, err := s.session.Outcome()
	if _, twice := s.adopted[j]; j == 0 || twice || err != nil {
		return
	}
	s.adopted[j] = e.Generation
	count, need := 0, len(s.outline.Parties)-s.outline.Faults
	for _, g := range s.adopted {
		if g == o.Old().Generation() {
			count++
		}
	}
	if s.since == 0 && (count >= need || !batch.Enforced("RES-HEIGHT")) {
		s.since = height
	}
}

// Sessions are those that were opened, in order.
func (l *Log) Sessions() []dkg.SessionID {
	if l == nil {
		return nil
	}
	return slices.Clone(l.order)
}

func (l *Log) find(id dkg.SessionID) (*run, error) {
	if l == nil || l.p == nil {
		return nil, errNoLog
	}
	s := l.sessions[id]
	if s == nil {
		return nil, fmt.Errorf("%w: no session %x was opened in the records given", utt.ErrNotFound, id[:4])
	}
	return s, nil
}

// Outline is what the setup of a session says. It is not to be changed.
func (l *Log) Outline(id dkg.SessionID) (*dkg.Outline, error) {
	s, err := l.find(id)
	if err != nil {
		return nil, err
	}
	return s.outline, nil
}

// Outcome is what a session has made. The error matches dkg.ErrFailed for one that has not
// ended, or ended without a key: then it is a *dkg.FailureError. For a setup
// that dkg.NewSession refuses, it is that of NewSession.
func (l *Log) Outcome(id dkg.SessionID) (*dkg.Outcome, error) {
	s, err := l.find(id)
	if err != nil {
		return nil, err
	}
	if s.void != nil {
		return nil, errors.Join(dkg.ErrFailed, s.void)
	}
	return s.session.Outcome()
}

// Round is the round of a session that the last block known is of; dkg.Done or dkg.Failed at
// the end. The block after it, in which what is due now is heard at the earliest, is of the
// same round or a later one.
func (l *Log) Round(id dkg.SessionID) (dkg.Round, error) {
	s, err := l.find(id)
	if err != nil {
		return 0, err
	}
	return s.round(), nil
}

func (s *run) round() dkg.Round {
	rounds := s.outline.Rounds()
	switch r := s.session.Round(); {
	case s.void != nil, r == dkg.Failed:
		return dkg.Failed
	case s.ended < len(rounds):
		return rounds[s.ended]
	default:
		return r
	}
}

// Adopted is the height from which on the outcome of a session holds the key [RES-HEIGHT]:
// that of the block with which n − f parties have adopted it.
func (l *Log) Adopted(id dkg.SessionID) (since uint64, ok bool) {
	s, err := l.find(id)
	if err != nil || s.since == 0 {
		return 0, false
	}
	return s.since, true
}

// givenUp reports whether another session was opened for the key that a session is for,
// before its outcome held this.
func (l *Log) givenUp(id dkg.SessionID) bool {
	s := l.sessions[id]
	if s == nil || s.since > 0 {
		return false
	}
	for _, other := range l.order[slices.Index(l.order, id)+1:] {
		if l.sessions[other].outline.Purpose == s.outline.Purpose {
			return true
		}
	}
	return false
}

// Forget drops what is known of a session, its participants aside.
func (l *Log) Forget(id dkg.SessionID) {
	if l == nil {
		return
	}
	delete(l.sessions, id)
	l.order = slices.DeleteFunc(l.order, func(o dkg.SessionID) bool { return o == id })
}
