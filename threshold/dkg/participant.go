package dkg

import (
	"context"
	"crypto"
	"fmt"
	"io"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/sigma"
	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/threshold/dkg/internal/secret"
)

// Participant is one who deals, or receives a share, or both. It follows a Session, which
// its owner steps, and says what to broadcast. All that is secret of it derives from its
// Secret, so that one that was stopped is made again from that and the messages so far. It
// prints as "redacted".
type Participant struct {
	session *Session
	signer  crypto.Signer
	secret  *Secret
	dealer  OldIndex // 0 for one who does not deal
	index   NewIndex // 0 for one who receives nothing
	old     *threshold.KeyShare
	oldKeys *threshold.EncryptionKeyShare
	shares  []*secret.Share // what dealer i dealt it, at i − 1; nil if nothing or bad
	opened  bool            // shares are there
}

// Join makes the participant with the identity of a signer. A party needs the secret that
// it enrolled with, an old party any fresh one.
func (s *Session) Join(signer crypto.Signer, own *Secret) (*Participant, error) {
	identity, err := identityOf(signer)
	if err != nil {
		return nil, err
	}
	if s == nil || own.empty() {
		return nil, fmt.Errorf("%w: no session, or no secret", ErrArgument)
	}
	p := &Participant{session: s, signer: signer, secret: own}
	p.dealer, p.index = OldIndex(indexOf(s.terms.dealers(), identity)), NewIndex(indexOf(s.terms.Parties, identity))
	if p.dealer == 0 && p.index == 0 {
		return nil, fmt.Errorf("%w: the signer takes no part in this session", ErrArgument)
	}
	if p.index != 0 && mulSecret(p.decryptionKey(), curve.Generator()) != s.parties[p.index-1].enrolment.key {
		return nil, fmt.Errorf("%w: party %d enrolled with another secret", ErrArgument, p.index)
	}
	return p, nil
}

// Format prints "redacted".
func (p *Participant) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "redacted") }

// Index is the participant's as a party, 0 if it is none.
func (p *Participant) Index() NewIndex {
	if p == nil {
		return 0
	}
	return p.index
}

// replaces is the committee whose share the participant deals, nil if it deals none.
func (p *Participant) replaces() *Old {
	if p == nil || p.session == nil || p.dealer == 0 {
		return nil
	}
	return p.session.terms.Old
}

// Deals gives an old party the share that it deals in a resharing. One without deals
// nothing. The participant does not keep it beyond Erase; its owner erases it when the new
// generation signs.
func (p *Participant) Deals(share *threshold.KeyShare) error {
	if o := p.replaces(); o == nil || o.Committee == nil {
		return fmt.Errorf("%w: the participant deals no share of a signing key", ErrArgument)
	}
	if err := p.session.terms.Old.Committee.VerifyKeyShare(share); err != nil {
		return fmt.Errorf("%w: %w", ErrArgument, err)
	}
	if share.Index() != threshold.Index(p.dealer) {
		return fmt.Errorf("%w: the share of party %d, and the participant is %d", ErrArgument, share.Index(), p.dealer)
	}
	p.old = share
	return nil
}

// DealsEncryption is Deals for encryption keys.
func (p *Participant) DealsEncryption(share *threshold.EncryptionKeyShare) error {
	if o := p.replaces(); o == nil || o.Encryption == nil {
		return fmt.Errorf("%w: the participant deals no share of encryption keys", ErrArgument)
	}
	if err := p.session.terms.Old.Encryption.VerifyKeyShare(share); err != nil {
		return fmt.Errorf("%w: %w", ErrArgument, err)
	}
	if share.Index() != threshold.Index(p.dealer) {
		return fmt.Errorf("%w: the share of party %d, and the participant is %d", ErrArgument, share.Index(), p.dealer)
	}
	p.oldKeys = share
	return nil
}

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
		return secret.Reshare(p.old.Key(), s.terms.Threshold, next)
	case p.oldKeys != nil:
		return secret.ReshareEncryption(p.oldKeys.Secrets(), s.terms.Threshold, next)
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
		d.boxes = append(d.boxes, pad(d.r, s.parties[j].enrolment.key, mulSecret(rho, s.parties[j].enrolment.key),
			s.id, p.dealer, NewIndex(j+1), share.Append(nil)))
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

// finished is the participant's share, and whose, once there is a committee.
func (p *Participant) finished() (*secret.Share, *Outcome, error) {
	if p == nil || p.secret.empty() {
		return nil, nil, fmt.Errorf("%w: no participant, or an erased one", ErrArgument)
	}
	o, err := p.session.Outcome()
	if err != nil {
		return nil, nil, err
	}
	if p.index == 0 {
		return nil, nil, fmt.Errorf("%w: it is no party of the committee", ErrAbsent)
	}
	share := p.share()
	if share == nil {
		return nil, nil, fmt.Errorf("%w: what it was dealt is bad, or it did not complain in time", ErrAbsent)
	}
	return share, o, nil
}

// KeyShare is the party's share of a signing key, once the session is Done. One that was
// not there, and was dealt rubbish, has none: ErrAbsent.
func (p *Participant) KeyShare() (*threshold.KeyShare, error) {
	share, o, err := p.finished()
	if err != nil {
		return nil, err
	}
	defer share.Erase()
	if o.Committee == nil {
		return nil, fmt.Errorf("%w: the session makes encryption keys", ErrArgument)
	}
	k := threshold.KeyShareOf(o.Committee.Generation(), threshold.Index(p.index), share.SigningKey())
	if err := o.Committee.VerifyKeyShare(k); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrAbsent, err)
	}
	return k, nil
}

// EncryptionKeyShare is KeyShare for encryption keys.
func (p *Participant) EncryptionKeyShare() (*threshold.EncryptionKeyShare, error) {
	share, o, err := p.finished()
	if err != nil {
		return nil, err
	}
	defer share.Erase()
	if o.Encryption == nil {
		return nil, fmt.Errorf("%w: the session makes a signing key", ErrArgument)
	}
	k := threshold.EncryptionKeyShareOf(o.Encryption.Generation(), threshold.Index(p.index), share.EncryptionKeys())
	if err := o.Encryption.VerifyKeyShare(k); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrAbsent, err)
	}
	return k, nil
}

// Erase overwrites the secret and all that was dealt. It is called when the share is on
// disk, or the session has failed: with the secret, whoever recorded the session has the
// share. Copies of the secret are erased by their owner.
func (p *Participant) Erase() {
	if p == nil {
		return
	}
	p.secret.Erase()
	for _, share := range p.shares {
		share.Erase()
	}
	p.shares, p.old, p.oldKeys = nil, nil, nil
}
