package home

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/threshold/dkg"
	"github.com/utt-ecash/utt-go/utt"
)

// Purposes are those of the group keys, in the order in which they are reshared: the ledger
// key, which makes validators, comes last.
var Purposes = []string{utt.PurposeCoin, utt.PurposeCredential, utt.PurposeLedger}

// Session is a resharing that the validator takes part in, as it has agreed to.
type Session struct {
	Purpose string
	Setup   *dkg.Setup
	ID      dkg.SessionID
	Secret  *dkg.Secret // that it enrolled with, or any
}

// session is one on disk.
type session struct {
	Setup     []byte `json:"setup,omitempty"`
	Secret    []byte `json:"secret,omitempty"` // sealed
	Committee []byte `json:"committee,omitempty"`
	Share     []byte `json:"share,omitempty"` // sealed; none of one that leaves
}

// of reports whether it is one of encoded terms.
func (s *session) of(terms []byte) bool {
	setup := new(dkg.Setup)
	if setup.UnmarshalBinary(s.Setup) != nil {
		return false
	}
	b, err := setup.Terms.MarshalBinary()
	return err == nil && bytes.Equal(b, terms)
}

// sessions are where one keeps what is his of the sessions that he takes part in, the secrets
// under a passphrase.
type sessions struct {
	folder string
	phrase func() ([]byte, error)
}

func (h *Home) sessions() sessions { return sessions{h.Path("sessions"), h.passphrase} }

func (s sessions) path(purpose string) string { return filepath.Join(s.folder, purpose+".json") }

func (s sessions) read(purpose string) (kept session, ok bool, err error) {
	err = readJSON(s.path(purpose), &kept)
	if errors.Is(err, fs.ErrNotExist) {
		return kept, false, nil
	}
	return kept, err == nil, err
}

func (s sessions) write(purpose string, kept session) error {
	if err := os.MkdirAll(s.folder, 0o700); err != nil {
		return err
	}
	return writeJSON(s.path(purpose), kept, 0o600)
}

// lock keeps others out of the sessions: two processes of one party might sign two transcripts of a
// round.
func (s sessions) lock() (io.Closer, error) {
	if err := os.MkdirAll(s.folder, 0o700); err != nil {
		return nil, err
	}
	lock, err := vfs.Default.Lock(filepath.Join(s.folder, "lock"))
	if err != nil {
		return nil, fmt.Errorf("another process takes part for this party: stop it first: %w", err)
	}
	return lock, nil
}

// Clean removes what a founding has left, once the home is founded: with a secret of a session its share
// is opened from the board.
func (h *Home) Clean() error {
	left, err := filepath.Glob(h.Path("sessions", "founding-*"))
	for _, folder := range left {
		err = errors.Join(err, os.RemoveAll(folder))
	}
	return err
}

const secretUse = "secret of a session"

// secret is that which was made for a session before, or a new one.
func (s sessions) secret(purpose string) (*dkg.Secret, error) {
	kept, ok, err := s.read(purpose)
	if err != nil {
		return nil, err
	}
	if ok {
		return s.unseal(kept)
	}
	return s.newSecret(purpose)
}

func (s sessions) newSecret(purpose string) (*dkg.Secret, error) {
	phrase, err := s.phrase()
	if err != nil {
		return nil, err
	}
	secret, err := dkg.NewSecret(nil)
	if err != nil {
		return nil, err
	}
	b, err := secret.MarshalBinary()
	if err != nil {
		return nil, err
	}
	var kept session
	if kept.Secret, err = Seal(b, string(phrase), secretUse); err != nil {
		return nil, err
	}
	return secret, s.write(purpose, kept)
}

// unseal is the secret of a session.
func (s sessions) unseal(kept session) (*dkg.Secret, error) {
	phrase, err := s.phrase()
	if err != nil {
		return nil, err
	}
	b, err := Unseal(kept.Secret, string(phrase), secretUse)
	if err != nil {
		return nil, err
	}
	secret := new(dkg.Secret)
	return secret, secret.UnmarshalBinary(b)
}

// Prepare makes the secret of a session that is to be, which takes long, since it is sealed, and so
// is done before the terms say when the session begins.
func (h *Home) Prepare(purpose string) (*dkg.Secret, error) { return h.sessions().newSecret(purpose) }

// Agree has the validator take part in a session, whose terms the caller has looked at, with
// the secret that Prepare made: that which it enrolled with, or any of one that deals and gets no share.
func (h *Home) Agree(setup *dkg.Setup) error {
	purpose := setup.Terms.Purpose
	s, ok, err := h.sessions().read(purpose)
	if err != nil || !ok {
		return errors.Join(fmt.Errorf("no secret for a session of the %s key: Prepare makes it", purpose), err)
	}
	if s.Setup, err = setup.MarshalBinary(); err != nil {
		return err
	}
	return h.sessions().write(purpose, s)
}

// Agreed reports whether there is a session for a purpose that the validator has agreed to.
func (h *Home) Agreed(purpose string) (bool, error) {
	s, ok, err := h.sessions().read(purpose)
	return ok && s.Setup != nil, err
}

// Session is the one for a purpose that the validator has agreed to, nil if there is none.
func (h *Home) Session(purpose string) (*Session, error) {
	s, ok, err := h.sessions().read(purpose)
	if err != nil || !ok || s.Setup == nil {
		return nil, err
	}
	d := &Session{Purpose: purpose, Setup: new(dkg.Setup)}
	if err := d.Setup.UnmarshalBinary(s.Setup); err != nil {
		return nil, err
	}
	if d.ID, err = d.Setup.ID(); err != nil {
		return nil, err
	}
	d.Secret, err = h.sessions().unseal(s)
	return d, err
}

// KeepNext keeps what a session has made, until the generation holds the key; the share is
// nil of a validator that leaves.
func (h *Home) KeepNext(purpose string, c *threshold.Committee, share *threshold.KeyShare) error {
	s, ok, err := h.sessions().read(purpose)
	if err != nil || !ok {
		return errors.Join(fmt.Errorf("no session for the %s key", purpose), err)
	}
	if s.Committee, err = c.MarshalBinary(); err != nil {
		return err
	}
	if s.Share = nil; share != nil {
		phrase, err := h.passphrase()
		if err != nil {
			return err
		}
		if s.Share, err = share.Seal(nil, phrase); err != nil {
			return err
		}
	}
	return h.sessions().write(purpose, s)
}

// Next puts what a session has made in place of the committee and share there are, if it is
// of a generation. It reports whether it did.
func (h *Home) Next(purpose string, g threshold.Generation) (bool, error) {
	s, ok, err := h.sessions().read(purpose)
	if err != nil || !ok || s.Committee == nil {
		return false, err
	}
	c := new(threshold.Committee)
	if err := c.UnmarshalBinary(s.Committee); err != nil || c.Generation() != g {
		return false, err
	}
	var share *threshold.KeyShare
	if s.Share != nil {
		phrase, err := h.passphrase()
		if err != nil {
			return false, err
		}
		if share, err = threshold.OpenKeyShare(s.Share, phrase); err != nil {
			return false, err
		}
	}
	*h.shares()[purpose] = share
	switch purpose {
	case utt.PurposeCoin:
		h.Committees.Coin = c
	case utt.PurposeCredential:
		h.Committees.Credential = c
	default:
		h.Committees.Ledger = c
	}
	return true, nil
}

// EndSession forgets a session.
func (h *Home) EndSession(purpose string) error { return os.Remove(h.sessions().path(purpose)) }
