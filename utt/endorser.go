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
	if e == nil || e.p == nil {
		return nil, fmt.Errorf("%w: an empty endorser: make it with NewEndorser", ErrInvalid)
	}
	if r == nil || r.raw == nil {
		return nil, fmt.Errorf("%w: no registration", ErrInvalid)
	}
	if err := CheckIdentity(identity); err != nil {
		return nil, err
	}
	if pid := PIDOf(identity); r.member.pid != pid {
		return nil, fmt.Errorf("%w: the registration is of %v, while %q is %v: was the wallet made with this identity?",
			ErrInvalid, r.member.pid, shorten(identity), pid)
	}
	if err := e.p.MayEndorse(e.public, identity); err != nil {
		return nil, err
	}
	d := *r
	d.endorser = e.public
	var err error
	if d.endorsement, err = e.sign(signedMessage(dst.Endorsement, r.member.body(e.p.network))); err != nil {
		return nil, err
	}
	d.sealed = seal(d.encode())
	var claims batch.Claims
	d.claims(e.p, 0, &claims, nil)
	if err := batch.One(&claims); err != nil {
		return nil, rejectionOf(d.digest, err)
	}
	return &d, nil
}
