package dkg

import (
	"crypto/ed25519"
	"fmt"
	"slices"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/dst"
	"github.com/utt-ecash/utt-go/internal/transcript"
	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/threshold"
)

// Outline is what an encoded setup says, read without a computation on points: for whoever
// orders and keeps the messages of a session and does not take part in it, as a ledger
// does. That the points are points, and the enrolments proven, NewSession finds.
type Outline struct {
	ID        SessionID
	Network   [32]byte
	Purpose   string
	Number    uint64
	Threshold int
	Faults    int
	Parties   []ed25519.PublicKey
	Schedule  []byte
	Old       *OldOutline // of a resharing

	authorisations []Authorisation
}

// OldOutline is what a setup says of the committee that is replaced.
type OldOutline struct {
	Generation threshold.Generation
	Faults     int
	Parties    []ed25519.PublicKey
}

// ReadOutline reads an encoded setup. The error is ErrMalformed for one that is no
// setup's, and that of the terms for terms that no session can have.
func ReadOutline(setup []byte) (*Outline, error) {
	r := wire.NewReader(setup)
	r.Version(version)
	body := setup[min(1, len(setup)):]
	o, err := readOutlineOfTerms(r.Bytes(maxTerms))
	if err := r.Err(); err != nil {
		return nil, fmt.Errorf("%w: setup: %w", ErrMalformed, err)
	}
	if err != nil {
		return nil, err
	}
	for range o.Parties {
		skipEnrolment(r)
	}
	o.ID = transcript.Hash(dst.DKGSession, body[:len(body)-r.Len()])
	o.authorisations = readAuthorisations(r)
	if err := r.Close(); err != nil {
		return nil, fmt.Errorf("%w: setup: %w", ErrMalformed, err)
	}
	return o, nil
}

func readOutlineOfTerms(b []byte) (*Outline, error) {
	r := wire.NewReader(b)
	o := new(Outline)
	r.Version(version)
	r.Fill(o.Network[:])
	o.Purpose, o.Number = string(r.Bytes(MaxPurpose)), r.Uint64()
	kind := r.Byte()
	if kind != keySigning && kind != keyEncryption {
		r.Fail("key of kind %d", kind)
	}
	r.Uint16() // components
	o.Threshold = int(r.Uint16())
	o.Faults, o.Parties = readParties(r)
	o.Schedule = r.Bytes(MaxPurpose)
	if r.Bool() {
		o.Old = new(OldOutline)
		committee := r.Bytes(maxCommittee)
		o.Old.Faults, o.Old.Parties = readParties(r)
		if len(committee) == 0 {
			r.Fail("no old committee")
		} else if kind == keySigning {
			o.Old.Generation = threshold.GenerationOf(committee)
		} else {
			o.Old.Generation = threshold.EncryptionGenerationOf(committee)
		}
	}
	if err := r.Close(); err != nil {
		return nil, fmt.Errorf("%w: terms: %w", ErrMalformed, err)
	}
	if err := checkSize(o.Threshold, o.Faults, o.Parties); err != nil {
		return nil, err
	}
	if o.Old != nil { // its t is not looked at
		return o, checkSize(o.Old.Faults+1, o.Old.Faults, o.Old.Parties)
	}
	return o, nil
}

// skipEnrolment reads over an enrolment, which has one length.
func skipEnrolment(r *wire.Reader) {
	r.Version(version)
	r.Take(curve.G1Size)
	for _, size := range []int{curve.G1Size, curve.ScalarSize} { // of the proof
		if n := r.Uint16(); n != 1 {
			r.Fail("enrolment with a proof of %d parts", n)
		}
		r.Take(size)
	}
	r.Take(ed25519.SignatureSize)
}

// VerifyAuthorisations demands [RES-AUTH] of a resharing: that n − f of those whom the
// setup calls the old parties have signed it, and that the new threshold is 2 at least.
// That these are the old parties is for whoever knows them.
func (o *Outline) VerifyAuthorisations() error {
	if o == nil || len(o.Parties) == 0 {
		return fmt.Errorf("%w: no outline", ErrArgument)
	}
	if o.Old == nil {
		return verifyAuthorisations(o.ID, o.Threshold, 0, nil, o.authorisations)
	}
	return verifyAuthorisations(o.ID, o.Threshold, o.Old.Faults, o.Old.Parties, o.authorisations)
}

// Rounds are those that a session begun so may have, in order. Reconstruct is passed over
// if nothing is to be reconstructed.
func (o *Outline) Rounds() []Round {
	if o == nil {
		return nil
	}
	if o.Old != nil {
		return []Round{Deal, Complain, Confirm}
	}
	return []Round{Deal, Complain, Open, Expose, Reconstruct, Confirm}
}

// Author is the identity key of who speaks under an index in a round, nil if nobody does.
func (o *Outline) Author(r Round, index uint16) ed25519.PublicKey {
	if o == nil || !slices.Contains(o.Rounds(), r) {
		return nil
	}
	who := o.Parties
	if r.byDealers() && o.Old != nil {
		who = o.Old.Parties
	}
	if index < 1 || int(index) > len(who) {
		return nil
	}
	return slices.Clone(who[index-1])
}

// Envelope is what is outside on a message: of which session and round, by whom.
type Envelope struct {
	Session SessionID
	Round   Round
	Author  uint16 // an OldIndex in Deal and Open, a NewIndex in the other rounds

	message *message
}

// ReadEnvelope reads the outside of an encoded message. The error is ErrMalformed.
func ReadEnvelope(encoded []byte) (*Envelope, error) {
	m, err := parseMessage(encoded)
	if err != nil {
		return nil, err
	}
	return &Envelope{m.session, m.round, m.author, m}, nil
}

// SignedBy reports [DKG-AUTH]: that the holder of an identity key signed the message.
func (e *Envelope) SignedBy(identity ed25519.PublicKey) bool {
	if e == nil || e.message == nil || len(identity) != ed25519.PublicKeySize {
		return false
	}
	return e.message.authentic(identity) || !batch.Enforced("DKG-AUTH")
}
