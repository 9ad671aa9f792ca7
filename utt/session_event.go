package utt

import (
	"crypto/ed25519"
	"slices"

	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/threshold/dkg"
)

// SessionEvent is what a record says of a session. One of Setup, Message and Key is set.
type SessionEvent struct {
	Session dkg.SessionID
	Setup   []byte // of an opening: an encoded dkg.Setup, for dkg.NewSession to verify
	Message []byte // of a message, for dkg.Session.Step
	// Key is the identity key of a party that has adopted a generation.
	Key        ed25519.PublicKey
	Generation threshold.Generation
}

// SessionEvent is what the record says of a session; ok is false of a record of another
// kind.
func (r *Record) SessionEvent() (e SessionEvent, ok bool) {
	if r == nil {
		return e, false
	}
	switch o := r.entry.(type) {
	case *sessionOpening:
		return SessionEvent{Session: o.outline.ID, Setup: slices.Clone(o.setup)}, true
	case *sessionMessage:
		return SessionEvent{Session: o.envelope.Session, Message: slices.Clone(o.message)}, true
	case *sessionAdoption:
		return SessionEvent{Session: o.session, Key: slices.Clone(o.key), Generation: o.generation}, true
	}
	return e, false
}
