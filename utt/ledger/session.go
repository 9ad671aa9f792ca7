package ledger

import (
	"bytes"
	"crypto/ed25519"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/threshold/dkg"
	"github.com/utt-ecash/utt-go/utt"
)

// What the state has of sessions. Nothing here takes a computation on points: a ledger
// keeps in order what authors have signed, and counts who says that it was of use.

func sessionKey(id dkg.SessionID) []byte         { return append([]byte("ds"), id[:]...) }
func lastSessionKey(purpose string) []byte       { return append([]byte("dl"), purpose...) }
func holdersKey(purpose string) []byte           { return append([]byte("dh"), purpose...) }
func adoptionKey(id dkg.SessionID, j int) []byte { return append16(append([]byte("da"), id[:]...), j) }

func sessionMessageKey(e *dkg.Envelope) []byte {
	return append16(append(append([]byte("dm"), e.Session[:]...), byte(e.Round)), int(e.Author))
}

func append16(b []byte, v int) []byte { return binary.BigEndian.AppendUint16(b, uint16(v)) }

// groupKeys are in the parameters: whoever holds them, no other key takes their place.
var groupKeys = []string{utt.PurposeCoin, utt.PurposeCredential, utt.PurposeLedger}

// Session is what a ledger knows of one.
type Session struct {
	Opened   uint64 // height of the block that opened it, from which on its records are
	Purpose  string
	Schedule utt.Schedule
	Faults   int
	Parties  []ed25519.PublicKey
	Old      *dkg.OldOutline // of a resharing
}

func (s *Session) encode() ([]byte, error) {
	schedule, err := s.Schedule.MarshalBinary()
	if err != nil {
		return nil, err
	}
	parties := utt.Holders{Purpose: s.Purpose, Faults: s.Faults, Parties: s.Parties}
	b, err := parties.AppendBinary(nil)
	if err != nil {
		return nil, err
	}
	b = wire.Frame(be64(s.Opened), schedule, b)
	if s.Old == nil {
		return b, nil
	}
	old := utt.Holders{Purpose: s.Purpose, Generation: s.Old.Generation, Faults: s.Old.Faults, Parties: s.Old.Parties}
	encoded, err := old.AppendBinary(nil)
	return wire.AppendBytes(b, encoded), err
}

func readSession(b []byte) (*Session, error) {
	r := wire.NewReader(b)
	opened, schedule, encoded := r.Bytes(8), r.Bytes(dkg.MaxPurpose), r.Bytes(maxStateValue)
	s := new(Session)
	var parties, old utt.Holders
	var err error
	if r.Len() > 0 {
		if err = old.UnmarshalBinary(r.Bytes(maxStateValue)); err == nil {
			s.Old = &dkg.OldOutline{Generation: old.Generation, Faults: old.Faults, Parties: old.Parties}
		}
	}
	if end := r.Close(); end != nil {
		return nil, fmt.Errorf("%w: session: %w", utt.ErrMalformed, end)
	}
	if err == nil {
		err = parties.UnmarshalBinary(encoded)
	}
	if err == nil {
		err = s.Schedule.UnmarshalBinary(schedule)
	}
	if err == nil {
		s.Opened, err = stored(opened)
	}
	s.Purpose, s.Faults, s.Parties = parties.Purpose, parties.Faults, parties.Parties
	return s, err
}

// outline is the session's, as far as who speaks when is concerned.
func (s *Session) outline() *dkg.Outline { return &dkg.Outline{Parties: s.Parties, Old: s.Old} }

// ended is how many of the session's rounds have ended before a block, and of how many.
func (s *Session) ended(height, time uint64) (k int, rounds []dkg.Round) {
	if s != nil {
		rounds = s.outline().Rounds()
		k = s.Schedule.Ended(len(rounds), height, time)
	}
	return k, rounds
}

// Held is who holds a key, and since when.
type Held struct {
	utt.Holders
	Since   uint64 // the height from which on they do; 0 from the beginning
	Session dkg.SessionID
}

func (h *Held) encode() ([]byte, error) {
	b, err := h.AppendBinary(nil)
	return wire.Frame(be64(h.Since), h.Session[:], b), err
}

func readHeld(b []byte) (h Held, err error) {
	r := wire.NewReader(b)
	since, session, holders := r.Bytes(8), r.Bytes(len(h.Session)), r.Bytes(maxStateValue)
	if err := r.Close(); err != nil {
		return h, fmt.Errorf("%w: holders: %w", utt.ErrMalformed, err)
	}
	copy(h.Session[:], session)
	if h.Since, err = stored(since); err != nil {
		return h, err
	}
	return h, h.UnmarshalBinary(holders)
}

// session is one that was opened, nil if it was not.
func (x *execution) session(id dkg.SessionID) *Session {
	b := x.get(sessionKey(id))
	if b == nil {
		return nil
	}
	s, err := readSession(b)
	if err != nil {
		x.fail(err)
		return nil
	}
	return s
}

// holders is who holds the key for a purpose, nil if nobody does.
func (x *execution) holders(purpose string) *Held {
	if b := x.get(holdersKey(purpose)); b != nil {
		h, err := readHeld(b)
		if err != nil {
			x.fail(err)
			return nil
		}
		return &h
	}
	if first, ok := x.p.HoldersOf(purpose); ok {
		return &Held{Holders: first}
	}
	return nil
}

// open begins a session.
func (x *execution) open(o *utt.SessionOpening) *utt.Rejection {
	out := o.Outline()
	held := x.holders(out.Purpose)
	switch {
	case out.Old != nil:
		if (held == nil || !held.Same(out.Old)) && batch.Enforced("SES-HOLDERS") {
			return x.reject(utt.CodeSession, "SES-HOLDERS", "the %s key is held by others than those whom it replaces", out.Purpose)
		}
	case held != nil || out.Purpose == "" || slices.Contains(groupKeys, out.Purpose):
		if batch.Enforced("SES-HOLDERS") {
			return x.reject(utt.CodeSession, "SES-HOLDERS", "the %s key has holders, who reshare it, or is in the parameters for ever", out.Purpose)
		}
	}
	if out.Old == nil {
		if by := x.holders(utt.PurposeLedger); (by == nil || !by.Authorised(o.Signers())) && batch.Enforced("SES-AUTH") {
			return x.reject(utt.CodePolicy, "SES-AUTH", "not signed by enough holders of the ledger key")
		}
	}
	s := &Session{Opened: x.height, Purpose: out.Purpose, Faults: out.Faults, Parties: out.Parties, Old: out.Old}
	var err error
	if s.Schedule, err = o.Schedule(); err != nil {
		return x.reject(utt.CodeInvalid, "SES-SCHEDULE", "%v", err)
	}
	if k, _ := s.ended(x.height, x.time); k > 0 && batch.Enforced("SES-SCHEDULE") {
		return x.reject(utt.CodeSession, "SES-SCHEDULE", "its first round has ended")
	}
	if x.running(out.Purpose) && batch.Enforced("SES-ONE") {
		return x.reject(utt.CodeSession, "SES-ONE", "a session for the %s key has not ended", out.Purpose)
	}
	encoded, err := s.encode()
	if err != nil {
		return x.reject(utt.CodeInvalid, "SES-HOLDERS", "%v", err)
	}
	x.put(sessionKey(out.ID), encoded)
	x.put(lastSessionKey(out.Purpose), out.ID[:])
	x.record()
	return nil
}

// running reports whether the last session for a purpose still has a round.
func (x *execution) running(purpose string) bool {
	last := x.get(lastSessionKey(purpose))
	if len(last) != len(dkg.SessionID{}) {
		return false
	}
	k, rounds := x.session(dkg.SessionID(last)).ended(x.height, x.time)
	return k < len(rounds)
}

// broadcast takes a message of a session.
func (x *execution) broadcast(m *utt.SessionMessage) *utt.Rejection {
	e := m.Envelope()
	s := x.session(e.Session)
	if s == nil {
		return x.reject(utt.CodeSession, "SES-OPEN", "no session %x", e.Session[:4])
	}
	if author := s.outline().Author(e.Round, e.Author); !bytes.Equal(author, m.Key()) && batch.Enforced("SES-AUTHOR") {
		return x.reject(utt.CodeSession, "SES-AUTHOR", "not the key of author %d in round %v", e.Author, e.Round)
	}
	k, rounds := s.ended(x.height, x.time)
	if at := slices.Index(rounds, e.Round); at != k {
		x.early = at > k // which a stranger's never is
		if batch.Enforced("SES-ROUND") {
			return x.reject(utt.CodeSession, "SES-ROUND", "a message of round %v, and %d rounds have ended", e.Round, k)
		}
	}
	key := sessionMessageKey(e)
	if x.has(key) && batch.Enforced("SES-TWICE") {
		return x.reject(utt.CodeSession, "SES-TWICE", "a second message of author %d in round %v", e.Author, e.Round)
	}
	x.putNumber(key, x.height)
	x.record()
	return nil
}

// adopt takes the word of a party that it holds its share of what a session made. The
// generation holds the key from the block on in which n − f have said so [RES-HEIGHT]. Where
// another session was opened since, those who authorised it have given this one up.
func (x *execution) adopt(a *utt.SessionAdoption) *utt.Rejection {
	s := x.session(a.Session())
	if s == nil {
		return x.reject(utt.CodeSession, "SES-OPEN", "no session %x", a.Session())
	}
	j := 1 + slices.IndexFunc(s.Parties, func(p ed25519.PublicKey) bool { return bytes.Equal(p, a.Key()) })
	if j == 0 && batch.Enforced("SES-AUTHOR") {
		return x.reject(utt.CodeSession, "SES-AUTHOR", "not the key of a party")
	}
	if k, rounds := s.ended(x.height, x.time); k < len(rounds) && batch.Enforced("SES-ROUND") {
		x.early = true
		return x.reject(utt.CodeSession, "SES-ROUND", "an adoption, and %d rounds of %d have ended", k, len(rounds))
	}
	if x.has(adoptionKey(a.Session(), j)) && batch.Enforced("SES-TWICE") {
		return x.reject(utt.CodeSession, "SES-TWICE", "party %d has adopted a generation", j)
	}
	held := x.holders(s.Purpose)
	late := held != nil && held.Session == a.Session() && held.Generation == a.Generation()
	before := s.Old == nil && held == nil || s.Old != nil && held != nil && held.Same(s.Old)
	if !late && !before && batch.Enforced("SES-HOLDERS") {
		return x.reject(utt.CodeSession, "SES-HOLDERS", "the %s key is held by another generation", s.Purpose)
	}
	if last := a.Session(); !late && !bytes.Equal(x.get(lastSessionKey(s.Purpose)), last[:]) && batch.Enforced("SES-ONE") {
		return x.reject(utt.CodeSession, "SES-ONE", "another session for the %s key was opened since", s.Purpose)
	}
	g := a.Generation()
	x.put(adoptionKey(a.Session(), j), g[:])
	x.record()
	next := Held{utt.Holders{Purpose: s.Purpose, Generation: g, Faults: s.Faults, Parties: s.Parties}, x.height, a.Session()}
	if late || x.adoptions(a.Session(), len(s.Parties), g) < next.Quorum() && batch.Enforced("RES-HEIGHT") {
		return nil
	}
	encoded, err := next.encode()
	if err != nil {
		x.fail(err)
	}
	x.put(holdersKey(s.Purpose), encoded)
	return nil
}

// adoptions is how many parties have adopted a generation.
func (x *execution) adoptions(id dkg.SessionID, n int, g threshold.Generation) (count int) {
	for j := range n {
		if bytes.Equal(x.get(adoptionKey(id, j+1)), g[:]) {
			count++
		}
	}
	return count
}

// Holders are those who hold the key for a purpose as of the head. The error is
// ErrNotFound if neither the parameters nor a session have any.
func (l *Ledger) Holders(purpose string) (Held, error) {
	b, ok, err := l.get(holdersKey(purpose))
	if err != nil {
		return Held{}, err
	}
	if ok {
		h, err := readHeld(b)
		if err != nil {
			return Held{}, fmt.Errorf("%w: %w", utt.ErrStore, err)
		}
		return h, nil
	}
	if first, ok := l.Parameters().HoldersOf(purpose); ok {
		return Held{Holders: first}, nil
	}
	return Held{}, fmt.Errorf("%w: nobody holds a key for the purpose %.64q", utt.ErrNotFound, purpose)
}

// Session is one that was opened; the error is ErrNotFound of another.
func (l *Ledger) Session(id dkg.SessionID) (*Session, error) {
	b, ok, err := l.get(sessionKey(id))
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, fmt.Errorf("%w: no session %x", utt.ErrNotFound, id)
	}
	s, err := readSession(b)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", utt.ErrStore, err)
	}
	return s, nil
}
