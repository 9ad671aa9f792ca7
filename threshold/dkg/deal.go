package dkg

import (
	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/dst"
	"github.com/utt-ecash/utt-go/internal/transcript"
	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/threshold/dkg/internal/secret"
)

// blinded reports whether shares are dealt with blindings: in a key generation.
func (s *Session) blinded() bool { return s.terms.Old == nil }

// dealTranscript binds the proof for R to session and dealer.
func (s *Session) dealTranscript(i OldIndex) *transcript.Transcript {
	t := transcript.New(dst.DKGDeal)
	t.Append("session", s.id[:])
	t.Append("dealer", wire.AppendUint16(nil, uint16(i)))
	return t
}

// takeDeal verifies what everybody can see of a deal.
func (s *Session) takeDeal(i OldIndex, r *wire.Reader) error {
	k := s.terms.Key.k
	d := readDeal(r, k, len(s.parties), s.blinded())
	if err := finish(r); err != nil {
		return err
	}
	var c batch.Claims
	c.InG1("DKG-SUB", d.r)
	d.statement().Verify(&c, s.dealTranscript(i), d.proof)
	if d.pedersen != nil {
		d.pedersen.ClaimDegree(&c, "DKG-DEG", k, s.terms.Threshold)
		d.pedersen.ClaimPoints(&c, "DKG-SUB")
	} else {
		d.feldman.ClaimDegree(&c, "DKG-DEG", k, s.terms.Threshold)
		d.feldman.ClaimPoints(&c, "DKG-SUB")
		s.claimConstant(&c, i, d.feldman)
		d.feldman.ClaimPairs(&c, "DKG-PAIR")
	}
	if err := batch.One(&c); err != nil {
		return err
	}
	own := &s.dealers[i-1]
	own.deal, own.order = d, s.deals
	s.deals++
	return nil
}

// need is how many dealers there must be.
func (s *Session) need() int {
	if s.terms.Old != nil {
		t, _ := s.terms.Old.size()
		return t
	}
	return len(s.parties) - s.terms.Faults
}

func (s *Session) endDeal() {
	var all []OldIndex
	for i := range s.dealers {
		all = append(all, OldIndex(i+1))
	}
	s.silent(Deal, all)
	if s.deals < s.need() {
		s.fail("%d valid deals where %d are needed", s.deals, s.need())
		return
	}
	s.round = Complain
}

// pad hides or shows dealer i's share to party j by the point K = ρ_i·PK_j = sk_j·R_i.
func pad(r, pk, k curve.G1, id SessionID, i OldIndex, j NewIndex, b []byte) []byte {
	context := wire.AppendUint16(wire.AppendUint16(nil, uint16(i)), uint16(j))
	points := pk.Append(r.Append(k.Append(nil)))
	out := make([]byte, 0, len(b)+32)
	for n := uint32(0); len(out) < len(b); n++ {
		block := transcript.Hash(dst.DKGPad, points, id[:], context, wire.AppendUint32(nil, n))
		out = append(out, block[:]...)
	}
	out = out[:len(b)]
	for n := range out {
		out[n] ^= b[n]
	}
	return out
}

// open decrypts dealer i's share to party j with K, nil if it is no share.
func (s *Session) open(i OldIndex, j NewIndex, k curve.G1) *secret.Share {
	d := s.dealers[i-1].deal
	plain := pad(d.r, s.parties[j-1].enrolment.key, k, s.id, i, j, d.boxes[j-1])
	defer clear(plain)
	r := wire.NewReader(plain)
	share := secret.ReadShare(r, s.terms.Key.k, s.blinded())
	if r.Close() != nil {
		return nil
	}
	return share
}

// claimShare claims [DKG-SHARE]: that a share is what its dealer committed to.
func (s *Session) claimShare(c *batch.Claims, i OldIndex, j NewIndex, share *secret.Share) {
	if !c.Require("DKG-SHARE", share != nil, "a scalar is not canonical") || share == nil {
		return
	}
	if d := s.dealers[i-1].deal; d.pedersen != nil {
		share.ClaimPedersen(c, "DKG-SHARE", d.pedersen, uint64(j))
	} else {
		share.ClaimFeldman(c, "DKG-SHARE", d.feldman, uint64(j))
	}
}
