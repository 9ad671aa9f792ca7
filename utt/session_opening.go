package utt

import (
	"cmp"
	"crypto"
	"crypto/ed25519"
	"errors"
	"fmt"
	"slices"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/dst"
	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/sig"
	"github.com/utt-ecash/utt-go/threshold/dkg"
)

// SessionOpening begins a session on the ledger, whose records are its broadcast: a
// resharing that n − f of those who hold the key have authorised [RES-AUTH], or the
// generation of a key for a purpose that has none, which n − f of the holders of the ledger
// key have [SES-AUTH].
//
// A ledger looks at nothing in a session that takes a computation on points: it keeps in
// order what authors have signed. What came of it, everybody derives from the records, by
// package dkg.
type SessionOpening struct {
	sealed
	sessionOpening
}

// sessionOpening is what goes on record.
type sessionOpening struct {
	setup    []byte
	approved []SessionAuthorisation
	outline  *dkg.Outline
}

// SessionAuthorisation is the word of a holder of the ledger key that a new key is made.
type SessionAuthorisation struct {
	Key       ed25519.PublicKey
	Signature []byte
}

// Bounds on what a session's operations hold, in bytes: with what records add they stay
// below maxOperation.
const (
	maxSetup          = maxOperation - 1<<12
	maxSessionMessage = maxOperation - 1<<10
)

// AuthoriseSession is the word of a holder of the ledger key, by his identity key, that a
// new key is made so. It is given by whoever verified terms and enrolments, with
// dkg.NewSession. Of a resharing it is dkg.Setup.Authorise.
func AuthoriseSession(p *Parameters, setup *dkg.Setup, holder crypto.Signer) (SessionAuthorisation, error) {
	if err := p.Usable(); err != nil {
		return SessionAuthorisation{}, err
	}
	id, err := setup.ID()
	if err != nil {
		return SessionAuthorisation{}, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	key, sign, err := signer(holder)
	if err != nil {
		return SessionAuthorisation{}, err
	}
	s, err := sign(sessionApproval(p.network, id))
	return SessionAuthorisation{key, s}, err
}

func sessionApproval(n NetworkID, id dkg.SessionID) []byte {
	return wire.Frame([]byte(dst.SessionOpening), n[:], id[:])
}

// NewSessionOpening asks for a session. Of a resharing the setup has the authorisations,
// of a new key they are given.
func NewSessionOpening(p *Parameters, setup *dkg.Setup, approved ...SessionAuthorisation) (*SessionOpening, error) {
	if err := p.Usable(); err != nil {
		return nil, err
	}
	b, err := setup.MarshalBinary()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	if len(b) > maxSetup {
		return nil, fmt.Errorf("%w: a setup of %d bytes, of at most %d: of fewer parties", ErrInvalid, len(b), maxSetup)
	}
	o := &SessionOpening{sessionOpening: sessionOpening{setup: b}}
	if o.outline, err = dkg.ReadOutline(b); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	if len(approved) > dkg.MaxParties {
		return nil, fmt.Errorf("%w: %d authorisations, of at most %d", ErrInvalid, len(approved), dkg.MaxParties)
	}
	for _, a := range approved {
		if len(a.Key) != ed25519.PublicKeySize || len(a.Signature) != ed25519.SignatureSize {
			return nil, fmt.Errorf("%w: an authorisation without key or signature", ErrInvalid)
		}
		o.approved = append(o.approved, SessionAuthorisation{slices.Clone(a.Key), slices.Clone(a.Signature)})
	}
	o.sealed = seal(o.detail(opening(KindSessionOpening)))
	return o, nil
}

// noSessionOpening stands in for a nil one.
var noSessionOpening SessionOpening

// Outline is what the setup says. It is not to be changed.
func (o *SessionOpening) Outline() *dkg.Outline {
	if out := cmp.Or(o, &noSessionOpening).outline; out != nil {
		return out
	}
	return new(dkg.Outline)
}

// Signers are the keys that have signed for a new key.
func (o *SessionOpening) Signers() (keys []ed25519.PublicKey) {
	for _, a := range cmp.Or(o, &noSessionOpening).approved {
		keys = append(keys, slices.Clone(a.Key))
	}
	return keys
}

// Schedule is when the rounds end.
func (o *SessionOpening) Schedule() (s Schedule, err error) {
	return s, s.UnmarshalBinary(o.Outline().Schedule)
}

func (o *sessionOpening) append(b []byte) []byte { return b }

// detail is all of it, being long.
func (o *sessionOpening) detail(b []byte) []byte {
	b = wire.AppendUint16(wire.AppendBytes(b, o.setup), uint16(len(o.approved)))
	for _, a := range o.approved {
		b = append(append(b, a.Key...), a.Signature...)
	}
	return b
}

func readOpeningOfSession(r *wire.Reader) sessionOpening {
	o := sessionOpening{setup: r.Bytes(maxSetup)}
	for range r.Count(dkg.MaxParties, ed25519.PublicKeySize+ed25519.SignatureSize) {
		o.approved = append(o.approved, SessionAuthorisation{slices.Clone(r.Take(ed25519.PublicKeySize)), slices.Clone(r.Take(ed25519.SignatureSize))})
	}
	if r.Err() != nil {
		return o
	}
	var err error
	if o.outline, err = dkg.ReadOutline(o.setup); err != nil {
		r.Fail("%v", err)
	}
	return o
}

func readSessionOpening(r *wire.Reader, raw []byte) *SessionOpening {
	return &SessionOpening{seal(raw), readOpeningOfSession(r)}
}

func (o *sessionOpening) readDetail(r *wire.Reader) { *o = readOpeningOfSession(r) }

func (o *SessionOpening) claims(p *Parameters, _ Epoch, c *batch.Claims, _ bases) entry {
	var s Schedule
	errSchedule := s.UnmarshalBinary(o.outline.Schedule)
	c.Require("SES-NETWORK", o.outline.Network == p.network, "of another network")
	c.Require("SES-SCHEDULE", errSchedule == nil, "%v", errSchedule)
	if err := o.outline.VerifyAuthorisations(); err != nil {
		e := new(batch.Error)
		if !errors.As(err, &e) { // authorisations, and nobody to give them
			e = &batch.Error{Label: "RES-AUTH", Detail: err.Error()}
		}
		c.Require("RES-AUTH", false, "%s", e.Detail)
	}
	for _, a := range o.approved {
		c.Require("SES-SIGNATURE", verifyEd25519(a.Key, sessionApproval(p.network, o.outline.ID), a.Signature), "not signed with the key that authorises")
	}
	return &o.sessionOpening
}

func (o *sessionOpening) kind() Kind                                { return KindSessionOpening }
func (o *sessionOpening) commitments(*Parameters) []*sig.Commitment { return nil }

func (o *sessionOpening) read(*Parameters) (Entry, error) {
	return Entry{Session: ID(o.outline.ID)}, nil
}
