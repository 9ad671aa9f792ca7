package dkg

import (
	"crypto"
	"crypto/ed25519"
	"fmt"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/dst"
	"github.com/utt-ecash/utt-go/internal/transcript"
	"github.com/utt-ecash/utt-go/internal/wire"
)

// Endorsement is a party's word that a bulletin has what it has seen, up to the end of a
// round.
type Endorsement struct {
	Party     NewIndex
	Signature [ed25519.SignatureSize]byte
}

// A bulletin is the broadcast of parties that have no ledger yet: somebody, whom nobody
// trusts, orders what is said and ends the rounds, and at the end of each every party signs
// all that was broadcast so far. Of two bulletins that differ at most one has signatures of
// more than (n + f)/2 parties, as long as no more than f sign both; and who speaks in no
// round before its bulletin has them is not led to open what it would not have. It needs all
// n parties where n ≤ 3f.

// bulletin is what is signed of what was broadcast so far.
func (s *Session) bulletin() (digest [32]byte, err error) {
	switch {
	case s == nil || s.setup == nil:
		return digest, fmt.Errorf("%w: no session", ErrArgument)
	case s.terms.Old != nil:
		return digest, fmt.Errorf("%w: a resharing is broadcast on the ledger of those who hold the key", ErrArgument)
	case len(s.log) == 0 || s.log[len(s.log)-1] != nil:
		return digest, fmt.Errorf("%w: a bulletin is signed at the end of a round", ErrRound)
	}
	b := wire.AppendUint16(nil, uint16(len(s.log)))
	for _, m := range s.log {
		b = wire.AppendBytes(b, m)
	}
	return transcript.Hash(dst.DKGBulletin, s.id[:], b), nil
}

// Endorse is the word of the party with the identity of a signer that this was broadcast,
// given after EndRound and before anything of the next round. Whoever gives it twice for one
// round, for other broadcasts, is one of the f.
func (s *Session) Endorse(signer crypto.Signer) (Endorsement, error) {
	digest, err := s.bulletin()
	if err != nil {
		return Endorsement{}, err
	}
	identity, err := identityOf(signer)
	if err != nil {
		return Endorsement{}, err
	}
	e := Endorsement{Party: NewIndex(indexOf(s.terms.Parties, identity))}
	if e.Party == 0 {
		return Endorsement{}, fmt.Errorf("%w: the signer is no party of this session", ErrArgument)
	}
	return e, sign(signer, digest[:], &e.Signature)
}

// Endorsed demands [DKG-BULLETIN]: that more than (n + f)/2 parties have signed what was
// broadcast up to the end of the last round. Only then does a party speak in the next, or
// take its share.
func (s *Session) Endorsed(all []Endorsement) error {
	digest, err := s.bulletin()
	if err != nil {
		return err
	}
	n, f := len(s.terms.Parties), s.terms.Faults
	signed := make(map[NewIndex]bool)
	for _, e := range all {
		if e.Party < 1 || int(e.Party) > n {
			continue
		}
		if ed25519.Verify(s.terms.Parties[e.Party-1], digest[:], e.Signature[:]) {
			signed[e.Party] = true
		}
	}
	if need := (n+f)/2 + 1; len(signed) < need && batch.Enforced("DKG-BULLETIN") {
		return fmt.Errorf("%w: [DKG-BULLETIN] %d parties have signed what was broadcast where %d must: stop, and begin another session", ErrInvalid, len(signed), need)
	}
	return nil
}
