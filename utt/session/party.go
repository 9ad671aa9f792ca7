package session

import (
	"crypto"
	"crypto/ed25519"
	"fmt"
	"io"

	"github.com/utt-ecash/utt-go/threshold/dkg"
	"github.com/utt-ecash/utt-go/utt"
)

// Party is a dealer or party of a session on a ledger. It prints as "redacted".
type Party struct {
	log         *Log
	id          dkg.SessionID
	run         *run
	identity    crypto.Signer
	participant *dkg.Participant
}

// Join takes part in a session that is on record, under an identity key. A party needs the
// secret that it enrolled with, an old party any fresh one. What the terms say, and whether
// these are the terms that were agreed on, is for the caller to have looked at.
func (l *Log) Join(id dkg.SessionID, identity crypto.Signer, secret *dkg.Secret) (*Party, error) {
	s, err := l.find(id)
	if err != nil {
		return nil, err
	}
	if s.void != nil {
		return nil, fmt.Errorf("%w: %w", utt.ErrInvalid, s.void)
	}
	p, err := s.session.Join(identity, secret)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", utt.ErrInvalid, err)
	}
	return &Party{l, id, s, identity, p}, nil
}

// Format prints "redacted".
func (p *Party) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "redacted") }

// Participant deals, and yields the share at the end. The session is the Log's to step.
func (p *Party) Participant() *dkg.Participant {
	if p == nil {
		return nil
	}
	return p.participant
}

var errNoParty = fmt.Errorf("%w: no party: make it with Log.Join", utt.ErrInvalid)

// Due is what the party has to hand in now, nil if nothing: its message of the round, until
// it is on record. It is the same at every call, and to be handed in again where the ledger
// may have lost it.
func (p *Party) Due() (utt.Operation, error) {
	if p == nil || p.run == nil {
		return nil, errNoParty
	}
	s := p.run
	if r := s.session.Round(); r != s.round() || r > dkg.Confirm {
		return nil, nil
	}
	message, err := p.participant.Message()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", utt.ErrInvalid, err)
	}
	if message == nil {
		return nil, nil
	}
	e, err := dkg.ReadEnvelope(message)
	if err != nil || s.spoken[spoken{e.Round, e.Author}] {
		return nil, err
	}
	m, err := utt.NewSessionMessage(p.key(), message)
	if err != nil {
		return nil, err
	}
	return m, nil
}

func (p *Party) key() ed25519.PublicKey { k, _ := p.identity.Public().(ed25519.PublicKey); return k }

// Adopt is the party's word that it holds its share, to be handed in once that is on disk,
// and again until it is on record; nil then. The error matches dkg.ErrAbsent if it has none,
// dkg.ErrFailed if there is no outcome, and ErrConflict if the session was given up: another
// one was opened for the key before this one held it [SES-ONE].
func (p *Party) Adopt() (utt.Operation, error) {
	if p == nil || p.run == nil {
		return nil, errNoParty
	}
	o, err := p.run.session.Outcome()
	if err != nil {
		return nil, err
	}
	j := p.participant.Index()
	if j == 0 {
		return nil, fmt.Errorf("%w: it is no party of the committee", dkg.ErrAbsent)
	}
	if _, done := p.run.adopted[j]; done {
		return nil, nil
	}
	if p.log.givenUp(p.id) {
		return nil, fmt.Errorf("%w: another session was opened for the %s key", utt.ErrConflict, p.run.outline.Purpose)
	}
	if err := p.holds(o); err != nil {
		return nil, err
	}
	a, err := utt.NewSessionAdoption(p.log.p, p.identity, p.id, o.Old().Generation())
	if err != nil {
		return nil, err
	}
	return a, nil
}

// holds reports why the party has no share of an outcome.
func (p *Party) holds(o *dkg.Outcome) error {
	if o.Committee != nil {
		share, err := p.participant.KeyShare()
		share.Erase()
		return err
	}
	share, err := p.participant.EncryptionKeyShare()
	share.Erase()
	return err
}

// Erase overwrites the party's secret and what it was dealt: call it when the share is on
// disk and adopted, or the session has failed.
func (p *Party) Erase() {
	if p != nil {
		p.participant.Erase()
	}
}
