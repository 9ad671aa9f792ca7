package dkg

import (
	"crypto"
	"crypto/ed25519"
	"fmt"
	"io"
	"slices"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/curve"
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
	dealer  OldIndex        // 0 for one who does not deal
	index   NewIndex        // 0 for one who receives nothing
	old     *secret.Share   // that it deals, a copy; nil for one who deals none
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

// known demands [RES-AUTH] of the participant's own knowledge: that the session replaces the
// committee that it is of, with the parties that it knows it to have. Else strangers who
// call themselves the old parties would authorise a session, and it would deal to them.
func (p *Participant) known(own *Old) error {
	o := p.replaces()
	if o == nil || own == nil || (o.Committee == nil) != (own.Committee == nil) || p.secret.empty() {
		return fmt.Errorf("%w: the participant deals no such share", ErrArgument)
	}
	same := func(a, b ed25519.PublicKey) bool { return a.Equal(b) }
	if o.Generation() != own.Generation() || o.Faults != own.Faults || !slices.EqualFunc(o.Parties, own.Parties, same) {
		if batch.Enforced("RES-AUTH") {
			return fmt.Errorf("%w: [RES-AUTH] the session replaces another committee, or one with other parties", ErrInvalid)
		}
	}
	return nil
}

// Deals gives an old party the share that it deals in a resharing, and its committee as
// the party itself knows it, of Outcome.Old when it came about, and not of the setup. One
// without deals nothing; one that was erased is ErrArgument. The participant keeps a copy
// until Erase. The share itself its owner erases when the new generation signs.
func (p *Participant) Deals(own *Old, share *threshold.KeyShare) error {
	if err := p.known(own); err != nil {
		return err
	}
	if own.Committee == nil {
		return fmt.Errorf("%w: the participant deals no share of a signing key", ErrArgument)
	}
	if err := own.Committee.VerifyKeyShare(share); err != nil {
		return fmt.Errorf("%w: %w", ErrArgument, err)
	}
	if share.Index() != threshold.Index(p.dealer) {
		return fmt.Errorf("%w: the share of party %d, and the participant is %d", ErrArgument, share.Index(), p.dealer)
	}
	p.old.Erase()
	p.old = secret.OfSigningKey(share.Key())
	return nil
}

// DealsEncryption is Deals for encryption keys.
func (p *Participant) DealsEncryption(own *Old, share *threshold.EncryptionKeyShare) error {
	if err := p.known(own); err != nil {
		return err
	}
	if own.Encryption == nil {
		return fmt.Errorf("%w: the participant deals no share of encryption keys", ErrArgument)
	}
	if err := own.Encryption.VerifyKeyShare(share); err != nil {
		return fmt.Errorf("%w: %w", ErrArgument, err)
	}
	if share.Index() != threshold.Index(p.dealer) {
		return fmt.Errorf("%w: the share of party %d, and the participant is %d", ErrArgument, share.Index(), p.dealer)
	}
	secrets := share.Secrets()
	defer clear(secrets)
	p.old.Erase()
	p.old = secret.OfEncryptionKeys(secrets)
	return nil
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
	for _, share := range append(p.shares, p.old) {
		share.Erase()
	}
	p.shares, p.old = nil, nil
}
