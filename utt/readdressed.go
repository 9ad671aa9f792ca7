package utt

import (
	"bytes"
	"fmt"

	"github.com/utt-ecash/utt-go/internal/batch"
)

// Readdressed is a registered user with the address that the record gives him, if his account
// key signed it and an endorser of the parameters at its time vouches for it, so that a payer
// takes it on no node's word. The error is ErrInvalid if not, and for another user's, and
// ErrNotFound for a record of something else.
func (r *Record) Readdressed(p *Parameters, m *Member) (*Member, error) {
	if err := p.Usable(); err != nil {
		return nil, err
	}
	if r == nil {
		r = &noRecord
	}
	e, ok := r.entry.(*addressEntry)
	switch {
	case !ok:
		return nil, fmt.Errorf("%w: the record gives nobody an address", ErrNotFound)
	case m == nil || m.pid != e.pid:
		return nil, fmt.Errorf("%w: the address of %v, not of %v", ErrInvalid, e.pid, m.PID())
	case !bytes.Equal(m.account, e.account):
		return nil, fmt.Errorf("%w: [ACCOUNT-KEY] an address of %v by another account key", ErrInvalid, e.pid)
	}
	var claims batch.Claims
	at := p.at(r.time)
	if !claims.Require("POLICY-ENDORSER", at.endorses(e.endorser), "the endorser is not one of the parameters'") ||
		!claims.Require("ADDR-FIXED", !at.config.fixes(e.pid), "the rules give an output to %v", e.pid) ||
		!claims.Require("ADDR-EXPIRY", r.time <= e.expires, "expired at %d, in a block of %d", e.expires, r.time) ||
		!e.claimSignatures(at, &claims) {
		return nil, fmt.Errorf("%w: the address of %v: %w", ErrInvalid, e.pid, claims.Err())
	}
	d := *m
	d.address, d.scan = e.address, e.scan
	return &d, nil
}

// ReaddressedNamed is Readdressed for a payer, who knows the identity: the endorser must be
// one who might vouch for it at the record's time [POLICY-PREFIX].
func (r *Record) ReaddressedNamed(p *Parameters, m *Member, identity string) (*Member, error) {
	d, err := r.Readdressed(p, m)
	if err != nil {
		return nil, err
	}
	if pid := PIDOf(identity); d.pid != pid {
		return nil, fmt.Errorf("%w: the record is of %v, while %q is %v", ErrInvalid, d.pid, shorten(identity), pid)
	}
	if err := p.at(r.time).MayEndorse(r.entry.(*addressEntry).endorser, identity); err != nil {
		return nil, err
	}
	return d, nil
}
