package utt

import (
	"cmp"
	"crypto/ed25519"
	"fmt"
	"slices"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/sig"
	"github.com/utt-ecash/utt-go/threshold/dkg"
)

// SessionMessage is what a dealer or a party broadcasts in a round of a session. The
// message bears its author's signature, which nothing needs besides; the key is beside it,
// so that the signature is verified without the ledger's state.
type SessionMessage struct {
	sealed
	sessionMessage
}

// sessionMessage is what goes on record.
type sessionMessage struct {
	key      []byte // Ed25519, of the author
	message  []byte
	envelope *dkg.Envelope
}

// NewSessionMessage broadcasts a message of dkg.Participant.Message, of the author with an
// identity key.
func NewSessionMessage(author ed25519.PublicKey, message []byte) (*SessionMessage, error) {
	if len(message) > maxSessionMessage || len(author) != ed25519.PublicKeySize {
		return nil, fmt.Errorf("%w: a session's message of %d bytes, of at most %d, of a key of %d", ErrInvalid, len(message), maxSessionMessage, len(author))
	}
	e, err := dkg.ReadEnvelope(message)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	if !e.SignedBy(author) {
		return nil, fmt.Errorf("%w: a session's message that its author has not signed", ErrInvalid)
	}
	m := &SessionMessage{sessionMessage: sessionMessage{slices.Clone(author), slices.Clone(message), e}}
	m.sealed = seal(m.detail(opening(KindSessionMessage)))
	return m, nil
}

// noSessionMessage stands in for a nil one.
var noSessionMessage SessionMessage

// Key is the identity key that has signed.
func (m *SessionMessage) Key() ed25519.PublicKey {
	return slices.Clone(cmp.Or(m, &noSessionMessage).key)
}

// Envelope says of which session and round the message is, and by whom. It is not to be
// changed.
func (m *SessionMessage) Envelope() *dkg.Envelope {
	if e := cmp.Or(m, &noSessionMessage).envelope; e != nil {
		return e
	}
	return new(dkg.Envelope)
}

func (m *sessionMessage) append(b []byte) []byte { return b }

// detail is all of it, being long.
func (m *sessionMessage) detail(b []byte) []byte {
	return wire.AppendBytes(append(b, m.key...), m.message)
}

func readMessageOfSession(r *wire.Reader) sessionMessage {
	m := sessionMessage{key: slices.Clone(r.Take(ed25519.PublicKeySize)), message: r.Bytes(maxSessionMessage)}
	if r.Err() != nil {
		return m
	}
	var err error
	if m.envelope, err = dkg.ReadEnvelope(m.message); err != nil {
		r.Fail("%v", err)
	}
	return m
}

func readSessionMessage(r *wire.Reader, raw []byte) *SessionMessage {
	return &SessionMessage{seal(raw), readMessageOfSession(r)}
}

func (m *sessionMessage) readDetail(r *wire.Reader) { *m = readMessageOfSession(r) }

func (m *SessionMessage) claims(_ *Parameters, _ Epoch, c *batch.Claims, _ bases) entry {
	c.Require("SES-SIGNATURE", m.envelope.SignedBy(m.key), "not signed with the author's key")
	return &m.sessionMessage
}

func (m *sessionMessage) kind() Kind                                { return KindSessionMessage }
func (m *sessionMessage) commitments(*Parameters) []*sig.Commitment { return nil }

func (m *sessionMessage) read(*Parameters) (Entry, error) {
	return Entry{Session: ID(m.envelope.Session)}, nil
}
