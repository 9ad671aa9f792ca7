package utt

import (
	"crypto"
	"crypto/ed25519"
	"fmt"
	"io"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/dst"
)

// Endorser vouches for identities: a provider that knows its customers. Its key is
// one of those in the parameters, and may be kept in hardware.
type Endorser struct {
	p      *Parameters
	public ed25519.PublicKey
	sign   func(message []byte) ([]byte, error)
}

// NewEndorser makes an endorser, whose Ed25519 key the parameters must list. It goes by the
// version that they speak for: make it again once another is in effect.
func NewEndorser(p *Parameters, key crypto.Signer) (*Endorser, error) {
	if err := p.Usable(); err != nil {
		return nil, err
	}
	public, sign, err := signer(key)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrPolicy, err)
	}
	if !p.endorses(public) {
		return nil, fmt.Errorf("%w: the key is not of one of the parameters' Endorsers", ErrPolicy)
	}
	return &Endorser{p, public, sign}, nil
}

// Format prints "redacted".
func (e Endorser) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "redacted") }

// MarshalJSON refuses to leak: it encodes "redacted".
func (e Endorser) MarshalJSON() ([]byte, error) { return []byte(`"redacted"`), nil }

// Endorse vouches that the registration is that of an identity, which the caller
// has made sure of, and that its class is due to it. It checks everything else, such as
// that the endorser may vouch for it (MayEndorse), and the identity by CheckIdentity.
func (e *Endorser) Endorse(identity string, r *Registration) (*Registration, error) {
	if r == nil || r.raw == nil {
		return nil, fmt.Errorf("%w: no registration", ErrInvalid)
	}
	if err := e.mayVouch(identity, r.member.pid); err != nil {
		return nil, err
	}
	d := *r
	d.endorser = e.public
	var err error
	if d.endorsement, err = e.sign(signedMessage(dst.Endorsement, r.member.body(e.p.network))); err != nil {
		return nil, err
	}
	d.sealed = seal(d.encode())
	return &d, e.verify(&d)
}

// EndorseReaddress vouches that a new address is that of an identity: the caller has made
// sure, as for Endorse, that the user asks for it himself. Whoever has stolen his account key
// needs the endorser who registered him as well to be paid in his place: ledgers take no other's
// word while he is there (Parameters.MayReaddress). It is not to be handed in after a time, in
// seconds since 1970: ErrPolicy refuses one that would be good for longer [ADDR-EXPIRY].
func (e *Endorser) EndorseReaddress(identity string, r *Readdress, latest uint64) (*Readdress, error) {
	if r == nil || r.raw == nil {
		return nil, fmt.Errorf("%w: no readdress", ErrInvalid)
	}
	if err := e.mayVouch(identity, r.pid); err != nil {
		return nil, err
	}
	if r.expires > latest {
		return nil, fmt.Errorf("%w: a readdress that expires at %d, of at most %d: have the user ask for one that expires sooner", ErrPolicy, r.expires, latest)
	}
	d := *r
	d.endorser = e.public
	var err error
	if d.endorsement, err = e.sign(r.message(dst.NewAddress, e.p.network)); err != nil {
		return nil, err
	}
	d.sealed = seal(d.encode())
	return &d, e.verify(&d)
}

// mayVouch reports why the endorser may not vouch that a pid is of an identity.
func (e *Endorser) mayVouch(identity string, pid PID) error {
	if e == nil || e.p == nil {
		return fmt.Errorf("%w: an empty endorser: make it with NewEndorser", ErrInvalid)
	}
	if err := CheckIdentity(identity); err != nil {
		return err
	}
	if of := PIDOf(identity); pid != of {
		return fmt.Errorf("%w: what is to be endorsed is of %v, while %q is %v: was the wallet made with this identity?",
			ErrInvalid, pid, shorten(identity), of)
	}
	return e.p.MayEndorse(e.public, identity)
}

// verify reports why what was endorsed is invalid.
func (e *Endorser) verify(op Operation) error {
	var claims batch.Claims
	op.claims(e.p, 0, &claims, nil)
	if err := batch.One(&claims); err != nil {
		return rejectionOf(op.Digest(), err)
	}
	return nil
}
