package dkg

import (
	"fmt"
	"slices"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/dst"
	"github.com/utt-ecash/utt-go/internal/sigma"
	"github.com/utt-ecash/utt-go/internal/transcript"
	"github.com/utt-ecash/utt-go/internal/wire"
)

// complaint lets everybody decrypt what dealer i dealt to party j, and so decide who of
// them is to blame: K = sk_j·R_i with a proof that this is so.
type complaint struct {
	dealer OldIndex
	k      curve.G1
	proof  *sigma.Proof
}

func appendComplaints(b []byte, all []complaint) []byte {
	b = wire.AppendUint16(b, uint16(len(all)))
	for _, c := range all {
		b = c.proof.Append(c.k.Append(wire.AppendUint16(b, uint16(c.dealer))))
	}
	return b
}

// readComplaints decodes complaints in ascending order of dealers.
func readComplaints(r *wire.Reader) []complaint {
	var all []complaint
	last := OldIndex(0)
	for range r.Count(MaxParties, 2+curve.G1Size) {
		c := complaint{OldIndex(r.Uint16()), curve.ReadG1(r), sigma.Read(r, 2)}
		if c.dealer <= last {
			r.Fail("dealers out of order")
		}
		last = c.dealer
		all = append(all, c)
	}
	return all
}

// complaintStatement is PK_j = sk·G and K = sk·R_i.
func (s *Session) complaintStatement(c *complaint, j NewIndex) *sigma.Statement {
	st := new(sigma.Statement)
	sk := st.Var("sk")
	st.Relation("DKG-COMPLAINT", sigma.Point(s.parties[j-1].enrolment.key), sigma.Secret{Var: sk, Base: curve.Generator()})
	st.Relation("DKG-COMPLAINT", sigma.Point(c.k), sigma.Secret{Var: sk, Base: s.dealers[c.dealer-1].deal.r})
	return st
}

func (s *Session) complaintTranscript(i OldIndex, j NewIndex) *transcript.Transcript {
	t := transcript.New(dst.DKGComplaint)
	t.Append("session", s.id[:])
	t.Append("dealer and party", wire.AppendUint16(wire.AppendUint16(nil, uint16(i)), uint16(j)))
	return t
}

// dealt reports a dealer that has a valid deal.
func (s *Session) dealt(i OldIndex) bool {
	return i >= 1 && int(i) <= len(s.dealers) && s.dealers[i-1].deal != nil
}

// takeComplaints decides complaints of party j, or none of them if one is not provably of
// a share that j was dealt.
func (s *Session) takeComplaints(j NewIndex, r *wire.Reader) error {
	all := readComplaints(r)
	if err := finish(r); err != nil {
		return err
	}
	var c batch.Claims
	for k := range all {
		i := all[k].dealer
		if !s.dealt(i) {
			return &batch.Error{Label: "DKG-INDEX", Detail: fmt.Sprintf("dealer %d dealt nothing to complain of", i)}
		}
		c.InG1("DKG-SUB", all[k].k)
		s.complaintStatement(&all[k], j).Verify(&c, s.complaintTranscript(i, j), all[k].proof)
	}
	if err := batch.One(&c); err != nil {
		return err
	}
	for _, complaint := range all {
		s.decide(complaint, j)
	}
	return nil
}

// decide blames the dealer if the share is bad, and else who complained of it.
func (s *Session) decide(complaint complaint, j NewIndex) {
	i := complaint.dealer
	var c batch.Claims
	s.claimShare(&c, i, j, s.open(i, j, complaint.k))
	d := &s.dealers[i-1]
	switch err := batch.One(&c); {
	case err == nil:
		s.blameParty(j, "DKG-COMPLAINT", fmt.Sprintf("complain: the share by dealer %d is good", i))
	case !d.out:
		d.out = true
		s.blameDealer(i, "DKG-SHARE", fmt.Sprintf("deal: the share of party %d is bad", j))
	}
}

func (s *Session) endComplain() {
	for i := range s.dealers {
		if d := &s.dealers[i]; d.deal != nil && !d.out {
			s.qualified = append(s.qualified, OldIndex(i+1))
		}
	}
	if len(s.qualified) < s.need() {
		s.fail("%d dealers are qualified where %d are needed", len(s.qualified), s.need())
		return
	}
	if s.terms.Old == nil {
		s.round = Open
		return
	}
	// [RES-SET]: the first of those that were broadcast, as many as the old threshold
	slices.SortFunc(s.qualified, func(a, b OldIndex) int { return s.dealers[a-1].order - s.dealers[b-1].order })
	s.qualified = s.qualified[:s.need()]
	for _, i := range s.qualified {
		d := &s.dealers[i-1]
		d.final = d.deal.feldman
	}
	s.beginConfirm()
}
