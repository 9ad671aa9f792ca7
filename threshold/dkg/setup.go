package dkg

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"fmt"
	"slices"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/dst"
	"github.com/utt-ecash/utt-go/internal/transcript"
	"github.com/utt-ecash/utt-go/internal/wire"
)

// Setup is how a session begins: terms, the enrolment of every party, that of party j at
// j − 1, and, of a resharing, signatures by old parties that have it.
type Setup struct {
	Terms      *Terms
	Enrolments []*Enrolment
	// Authorisations are in ascending order, of n − f old parties at least, each of whom
	// signed ID. They are not part of it.
	Authorisations []Authorisation
}

// Authorisation is one old party's word that its committee is replaced so.
type Authorisation struct {
	Dealer    OldIndex
	Signature [ed25519.SignatureSize]byte
}

// SessionID names a session: the hash of its terms and enrolments.
type SessionID [32]byte

// ID names the session that begins so.
func (s *Setup) ID() (SessionID, error) {
	if s == nil {
		return SessionID{}, fmt.Errorf("%w: no setup", ErrArgument)
	}
	b, err := s.appendBody(nil)
	if err != nil {
		return SessionID{}, err
	}
	return transcript.Hash(dst.DKGSession, b), nil
}

// Authorise is the word of the old party with the identity of a signer that its committee
// is replaced so: that it deals its share of the key to the parties of the terms. It is
// given by whoever verified terms and enrolments, once for a generation.
func (s *Setup) Authorise(signer crypto.Signer) (Authorisation, error) {
	id, err := s.ID()
	if err != nil {
		return Authorisation{}, err
	}
	identity, err := identityOf(signer)
	if err != nil {
		return Authorisation{}, err
	}
	if s.Terms.Old == nil {
		return Authorisation{}, fmt.Errorf("%w: no committee is replaced", ErrArgument)
	}
	a := Authorisation{Dealer: OldIndex(indexOf(s.Terms.Old.Parties, identity))}
	if a.Dealer == 0 {
		return Authorisation{}, fmt.Errorf("%w: the signer is no party of the old committee", ErrArgument)
	}
	digest := authorised(id)
	return a, sign(signer, digest[:], &a.Signature)
}

func authorised(id SessionID) [32]byte { return transcript.Hash(dst.DKGAuthorisation, id[:]) }

// verify demands that a session can begin so.
func (s *Setup) verify(id SessionID) error {
	t := s.Terms
	h, err := t.hash()
	if err != nil {
		return err
	}
	items := make([]*batch.Claims, len(s.Enrolments))
	for j, e := range s.Enrolments {
		items[j] = e.claims(h, NewIndex(j+1), t.Parties[j])
		same := func(o *Enrolment) bool { return o.key == e.key }
		items[j].Require("DKG-INDEX", !slices.ContainsFunc(s.Enrolments[:j], same), "party %d has the encryption key of another", j+1)
	}
	for j, err := range batch.Verify(context.Background(), items) {
		if err != nil {
			return fmt.Errorf("%w: party %d: %w", ErrInvalid, j+1, err)
		}
	}
	return s.verifyAuthorisations(id)
}

// verifyAuthorisations demands [RES-AUTH]: n − f old parties have signed, and t ≥ 2.
func (s *Setup) verifyAuthorisations(id SessionID) error {
	t := s.Terms
	if t.Old == nil {
		return verifyAuthorisations(id, t.Threshold, 0, nil, s.Authorisations)
	}
	return verifyAuthorisations(id, t.Threshold, t.Old.Faults, t.Old.Parties, s.Authorisations)
}

// verifyAuthorisations demands [RES-AUTH] of the old parties, of whom there are none where
// no committee is replaced.
func verifyAuthorisations(id SessionID, threshold, faults int, old []ed25519.PublicKey, given []Authorisation) error {
	var c batch.Claims
	if len(old) == 0 {
		if len(given) > 0 {
			return fmt.Errorf("%w: authorisations, and no committee that is replaced", ErrArgument)
		}
		return nil
	}
	c.Require("RES-AUTH", threshold >= 2, "a threshold of %d gives every party the key", threshold)
	need := len(old) - faults
	c.Require("RES-AUTH", len(given) >= need, "%d old parties have signed where %d must", len(given), need)
	digest, last := authorised(id), OldIndex(0)
	for _, a := range given {
		inRange := a.Dealer > last && int(a.Dealer) <= len(old)
		if !c.Require("RES-AUTH", inRange, "old party %d is none, twice, or out of order", a.Dealer) || !inRange {
			break
		}
		c.Require("RES-AUTH", ed25519.Verify(old[a.Dealer-1], digest[:], a.Signature[:]), "not signed by old party %d", a.Dealer)
		last = a.Dealer
	}
	if err := c.Err(); err != nil {
		return fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	return nil
}

// appendBody appends what the session's ID is of: terms and enrolments.
func (s *Setup) appendBody(b []byte) ([]byte, error) {
	terms, err := s.Terms.MarshalBinary()
	if err != nil {
		return nil, err
	}
	if len(s.Enrolments) != len(s.Terms.Parties) {
		return nil, fmt.Errorf("%w: %d enrolments of %d parties", ErrArgument, len(s.Enrolments), len(s.Terms.Parties))
	}
	b = wire.AppendBytes(b, terms)
	for _, e := range s.Enrolments {
		if b, err = e.AppendBinary(b); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// AppendBinary appends version, the terms behind their length, the enrolments, and the
// number of authorisations and each: old index and signature.
func (s *Setup) AppendBinary(b []byte) ([]byte, error) {
	if s == nil {
		return nil, fmt.Errorf("%w: no setup", ErrArgument)
	}
	b, err := s.appendBody(append(b, version))
	if err != nil {
		return nil, err
	}
	b = wire.AppendUint16(b, uint16(len(s.Authorisations)))
	for _, a := range s.Authorisations {
		b = append(wire.AppendUint16(b, uint16(a.Dealer)), a.Signature[:]...)
	}
	return b, nil
}

// MarshalBinary encodes the setup.
func (s *Setup) MarshalBinary() ([]byte, error) { return s.AppendBinary(nil) }

// maxTerms bounds encoded terms.
const maxTerms = 2*maxCommittee - 1

// UnmarshalBinary decodes a setup, which NewSession verifies.
func (s *Setup) UnmarshalBinary(b []byte) error {
	if s == nil {
		return fmt.Errorf("%w: nil to decode into", ErrArgument)
	}
	r := wire.NewReader(b)
	r.Version(version)
	encoded := r.Bytes(maxTerms)
	if err := r.Err(); err != nil {
		return fmt.Errorf("%w: setup: %w", ErrMalformed, err)
	}
	d := Setup{Terms: new(Terms)}
	if err := d.Terms.UnmarshalBinary(encoded); err != nil {
		return err
	}
	for range d.Terms.Parties {
		d.Enrolments = append(d.Enrolments, readEnrolment(r))
	}
	d.Authorisations = readAuthorisations(r)
	if err := r.Close(); err != nil {
		return fmt.Errorf("%w: setup: %w", ErrMalformed, err)
	}
	*s = d
	return nil
}

func readAuthorisations(r *wire.Reader) (all []Authorisation) {
	for range r.Count(MaxParties, 2+ed25519.SignatureSize) {
		a := Authorisation{Dealer: OldIndex(r.Uint16())}
		r.Fill(a.Signature[:])
		all = append(all, a)
	}
	return all
}
