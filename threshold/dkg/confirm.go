package dkg

import (
	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/dst"
	"github.com/utt-ecash/utt-go/internal/transcript"
	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/threshold/dkg/internal/secret"
)

// weights are the factors of the dealers in the sum: λ over old indices when resharing,
// nil for 1 else.
func (s *Session) weights() []curve.Scalar {
	if s.terms.Old == nil {
		return nil
	}
	at := make([]threshold.Index, len(s.qualified))
	for k, i := range s.qualified {
		at[k] = threshold.Index(i)
	}
	return threshold.Lagrange(at)
}

// beginConfirm makes the committee, of what was broadcast alone.
func (s *Session) beginConfirm() {
	var final []*secret.Feldman
	for _, i := range s.qualified {
		final = append(final, s.dealers[i-1].final)
	}
	sum := secret.Combine(s.weights(), final)
	keys := make([]*secret.Public, len(s.parties)+1)
	for j := range keys {
		keys[j] = sum.At(uint64(j))
	}
	if !s.sameKey(keys[0]) {
		s.fail("[RES-SAME] the dealers have another key than the old committee")
		return
	}
	o, err := s.committee(keys)
	if err != nil {
		s.fail("the sum of the deals is no key: %v", err)
		return
	}
	s.outcome, s.round = o, Confirm
}

func (s *Session) committee(keys []*secret.Public) (o *Outcome, err error) {
	o = &Outcome{Faults: s.terms.Faults, Parties: s.terms.Parties}
	if s.terms.Key.k.IsSigning() {
		points := make([]threshold.Points, len(keys))
		for j, p := range keys {
			points[j] = threshold.Points{X2: p.X2, Y2: p.Y2, Y1: p.G1}
		}
		o.Committee, err = threshold.CommitteeOf(s.terms.Threshold, points)
		return o, err
	}
	points := make([][]curve.G1, len(keys))
	for j, p := range keys {
		points[j] = p.G1
	}
	o.Encryption, err = threshold.EncryptionCommitteeOf(s.terms.Threshold, points)
	return o, err
}

// public is what is public of party j's share.
func (o *Outcome) public(j NewIndex) *secret.Public {
	return publicOf(o.Committee, o.Encryption, threshold.Index(j))
}

func (o *Outcome) generation() threshold.Generation { return o.Old().Generation() }

func (s *Session) confirmTranscript(j NewIndex) *transcript.Transcript {
	g := s.outcome.generation()
	t := transcript.New(dst.DKGConfirmation)
	t.Append("session", s.id[:])
	t.Append("generation", g[:])
	t.Append("party", wire.AppendUint16(nil, uint16(j)))
	return t
}

// takeConfirmation takes [DKG-CONFIRM]: party j's proof that it holds its share.
func (s *Session) takeConfirmation(j NewIndex, r *wire.Reader) error {
	proof := secret.ReadConfirmation(r, s.terms.Key.k)
	if err := finish(r); err != nil {
		return err
	}
	var c batch.Claims
	s.outcome.public(j).ClaimConfirmation(&c, s.confirmTranscript(j), proof)
	if err := batch.One(&c); err != nil {
		return err
	}
	s.parties[j-1].confirmed = true
	return nil
}

// endConfirm founds the committee if n − f parties hold their shares. It is never made
// anew for a better key.
func (s *Session) endConfirm() {
	for j := range s.parties {
		if s.parties[j].confirmed {
			s.outcome.Members = append(s.outcome.Members, NewIndex(j+1))
		}
	}
	if need := len(s.parties) - s.terms.Faults; len(s.outcome.Members) < need {
		s.fail("%d parties hold their shares where %d are needed", len(s.outcome.Members), need)
		return
	}
	s.outcome.Blames, s.round = s.blames, Done
}
