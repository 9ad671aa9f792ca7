package dkg

import (
	"fmt"

	"github.com/utt-ecash/utt-go/internal/wire"
)

const (
	// maxMessage bounds a message, and maxLog what a session takes: one of each author in
	// each round, and the ends of the rounds.
	maxMessage = maxBody + 256
	maxLog     = int(Confirm) * (MaxParties + 1)
	// maxSetup bounds an encoded setup.
	maxSetup = 1 << 20
)

// AppendBinary appends version, the setup behind its length, the number of messages and
// ends of rounds, and each: a message behind its length, or length 0. So sessions that
// were stepped alike have one encoding, which is as much as was broadcast.
func (s *Session) AppendBinary(b []byte) ([]byte, error) {
	if s == nil || s.setup == nil {
		return nil, fmt.Errorf("%w: no session", ErrArgument)
	}
	setup, err := s.setup.MarshalBinary()
	if err != nil {
		return nil, err
	}
	b = wire.AppendBytes(append(b, version), setup)
	b = wire.AppendUint16(b, uint16(len(s.log)))
	for _, m := range s.log {
		b = wire.AppendBytes(b, m)
	}
	return b, nil
}

// MarshalBinary encodes the session.
func (s *Session) MarshalBinary() ([]byte, error) { return s.AppendBinary(nil) }

// UnmarshalBinary makes the session anew: it verifies setup and messages as NewSession and
// Step do, and takes as long.
func (s *Session) UnmarshalBinary(b []byte) error {
	if s == nil {
		return fmt.Errorf("%w: nil to decode into", ErrArgument)
	}
	r := wire.NewReader(b)
	r.Version(version)
	encoded := r.Bytes(maxSetup)
	var log [][]byte
	for range r.Count(maxLog, 4) {
		log = append(log, r.Bytes(maxMessage))
	}
	if err := r.Close(); err != nil {
		return fmt.Errorf("%w: session: %w", ErrMalformed, err)
	}
	setup := new(Setup)
	if err := setup.UnmarshalBinary(encoded); err != nil {
		return err
	}
	d, err := NewSession(setup)
	if err != nil {
		return err
	}
	for k, m := range log {
		if len(m) > 0 {
			err = d.Step(m)
		} else if d.round > Confirm {
			err = ErrRound
		} else {
			d.EndRound()
		}
		if err != nil {
			return fmt.Errorf("%w: session: event %d: %w", ErrMalformed, k, err)
		}
	}
	*s = *d
	return nil
}
