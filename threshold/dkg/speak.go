package dkg

import (
	"context"
	"fmt"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/sigma"
	"github.com/utt-ecash/utt-go/threshold/dkg/internal/secret"
)

// Message is what the participant broadcasts in the session's round, nil if nothing. It is
// the same at every call.
func (p *Participant) Message() ([]byte, error) {
	if p == nil || p.secret.empty() {
		return nil, fmt.Errorf("%w: no participant, or an erased one", ErrArgument)
	}
	s := p.session
	m := &message{session: s.id, round: s.round, author: uint16(p.index)}
	if s.round.byDealers() {
		m.author = uint16(p.dealer)
	}
	if m.author == 0 {
		return nil, nil
	}
	var err error
	switch s.round {
	case Deal:
		m.body, err = p.deal()
	case Complain:
		m.body, err = p.complain()
	case Open:
		m.body = p.open()
	case Expose:
		m.body = p.expose()
	case Reconstruct:
		m.body = p.reconstruct()
	case Confirm:
		m.body, err = p.confirm()
	}
	if err != nil || m.body == nil {
		return nil, err
	}
	if err := m.sign(p.signer); err != nil {
		return nil, err
	}
	return m.append(nil), nil
}

func (p *Participant) decryptionKey() curve.Scalar {
	return p.secret.decryptionKey(p.session.termsHash, p.index)
}

// polynomials are those that the participant deals, nil without a share to deal. They are
// the same at every call, and erased after each.
func (p *Participant) polynomials() *secret.Polynomials {
	s, n, use := p.session, uint32(0), fmt.Sprint("coefficient ", p.dealer)
	next := func() curve.Scalar {
		n++
		return p.secret.scalar(s.id, use, n)
	}
	switch {
	case s.terms.Old == nil:
		return secret.Draw(s.terms.Key.k, s.terms.Threshold, next)
	case p.old != nil:
		return secret.Reshare(p.old, s.terms.Threshold, next)
	}
	return nil
}

// rho is ρ of the participant's deal.
func (p *Participant) rho() curve.Scalar {
	return p.secret.scalar(p.session.id, fmt.Sprint("rho ", p.dealer), 0)
}

func (p *Participant) deal() ([]byte, error) {
	f := p.polynomials()
	if f == nil {
		return nil, nil
	}
	defer f.Erase()
	s := p.session
	rho := p.rho()
	d := &deal{r: mulSecret(rho, curve.Generator())}
	var err error
	if d.proof, err = d.statement().Prove(p.secret.nonces(s.id, "deal"), s.dealTranscript(p.dealer), sigma.Witness{"rho": rho}); err != nil {
		return nil, err
	}
	if s.blinded() {
		d.pedersen = f.Pedersen()
	} else {
		d.feldman = f.Feldman()
	}
	for j := range s.parties {
		share := f.At(uint64(j + 1))
		plain := share.Append(make([]byte, 0, s.terms.Key.k.Size(s.blinded()))) // which does not grow, and leave copies
		d.boxes = append(d.boxes, pad(d.r, s.parties[j].enrolment.key, mulSecret(rho, s.parties[j].enrolment.key),
			s.id, p.dealer, NewIndex(j+1), plain))
		clear(plain)
		share.Erase()
	}
	return d.append(nil), nil
}

// receive decrypts and verifies what the participant was dealt, once.
func (p *Participant) receive() {
	s := p.session
	if p.opened || p.index == 0 || s.round < Complain {
		return
	}
	sk := p.decryptionKey()
	p.shares = make([]*secret.Share, len(s.dealers))
	items := make([]*batch.Claims, len(s.dealers))
	for i := range s.dealers {
		items[i] = new(batch.Claims)
		if d := s.dealers[i].deal; d != nil {
			p.shares[i] = s.open(OldIndex(i+1), p.index, mulSecret(sk, d.r))
			s.claimShare(items[i], OldIndex(i+1), p.index, p.shares[i]) // [DKG-SHARE]
		}
	}
	for i, err := range batch.Verify(context.Background(), items) {
		if err != nil {
			p.shares[i] = nil
		}
	}
	p.opened = true
}

func (p *Participant) complain() ([]byte, error) {
	p.receive()
	s, sk := p.session, p.decryptionKey()
	var all []complaint
	for i := range s.dealers {
		d := s.dealers[i].deal
		if d == nil || p.shares[i] != nil {
			continue
		}
		c := complaint{dealer: OldIndex(i + 1), k: mulSecret(sk, d.r)}
		var err error
		c.proof, err = s.complaintStatement(&c, p.index).Prove(p.secret.nonces(s.id, fmt.Sprint("complaint ", i+1)),
			s.complaintTranscript(c.dealer, p.index), sigma.Witness{"sk": sk})
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return appendComplaints(nil, all), nil
}

func (p *Participant) open() []byte {
	if !p.session.isQualified(p.dealer) {
		return nil
	}
	f := p.polynomials()
	defer f.Erase()
	return f.Feldman().Append(nil)
}

func (p *Participant) expose() []byte {
	p.receive()
	s := p.session
	items := make([]*batch.Claims, len(s.qualified))
	for k, i := range s.qualified {
		items[k] = new(batch.Claims)
		if opening := s.dealers[i-1].opening; opening != nil && p.shares[i-1] != nil {
			p.shares[i-1].ClaimFeldman(items[k], "DKG-OPEN", opening, uint64(p.index))
		}
	}
	var all []exposure
	for k, err := range batch.Verify(context.Background(), items) {
		if i := s.qualified[k]; err != nil {
			all = append(all, exposure{i, p.shares[i-1]})
		}
	}
	return appendExposures(nil, all)
}

func (p *Participant) reconstruct() []byte {
	p.receive()
	s := p.session
	var all []exposure
	for i := range s.dealers {
		if s.dealers[i].shares != nil && p.shares[i] != nil {
			all = append(all, exposure{OldIndex(i + 1), p.shares[i]})
		}
	}
	return appendExposures(nil, all)
}

// share is the participant's of the key, nil if it lacks a part.
func (p *Participant) share() *secret.Share {
	p.receive()
	var all []*secret.Share
	for _, i := range p.session.qualified {
		if p.shares == nil || p.shares[i-1] == nil {
			return nil
		}
		all = append(all, p.shares[i-1])
	}
	return secret.CombineShares(p.session.weights(), all)
}

func (p *Participant) confirm() ([]byte, error) {
	share := p.share()
	if share == nil {
		return nil, nil
	}
	defer share.Erase()
	s := p.session
	c, err := share.Confirm(p.secret.nonces(s.id, "confirmation"), s.confirmTranscript(p.index), s.outcome.public(p.index))
	if err != nil {
		return nil, err
	}
	return c.Append(nil), nil
}
