package utt

import (
	"bytes"
	"crypto/ed25519"
	"fmt"
	"slices"
	"strings"

	"github.com/utt-ecash/utt-go/internal/batch"
)

// checkPrefixes reports prefixes that are not one for each endorser, or bind none.
func (c *Config) checkPrefixes() error {
	if len(c.Prefixes) == 0 {
		return nil
	}
	if len(c.Prefixes) != len(c.Endorsers) {
		return fmt.Errorf("%d prefixes for %d endorsers", len(c.Prefixes), len(c.Endorsers))
	}
	for i, p := range c.Prefixes {
		if len(p) > maxPrefix {
			return fmt.Errorf("prefix of endorser %d of %d bytes, of at most %d", i, len(p), maxPrefix)
		}
	}
	if !slices.ContainsFunc(c.Prefixes, func(p string) bool { return p != "" }) {
		return fmt.Errorf("prefixes that are all empty: leave them out")
	}
	return nil
}

// MayEndorse reports, by ErrPolicy, an endorser who may not vouch for an identity: one
// whose prefix the identity does not begin with, or where another's longer one fits it.
// Two endorsers with one prefix share its identities.
//
// Ledgers do not check this: they see pids, which hide identities, and take a
// registration by any endorser of the parameters. Endorsers check it of themselves, and
// payers of whoever vouches for a payee. So an endorser can keep an identity of another
// from being registered, with his signature on it for all to see, but cannot have himself
// paid in its place.
func (p *Parameters) MayEndorse(endorser ed25519.PublicKey, identity string) error {
	if err := p.Usable(); err != nil {
		return err
	}
	prefix, ok := p.config.prefixOf(endorser)
	if !ok {
		return fmt.Errorf("%w: a key of none of the parameters' Endorsers", ErrPolicy)
	}
	longest := p.config.longestOf(identity)
	var claims batch.Claims
	if !claims.Require("POLICY-PREFIX", prefix == longest, "endorser %x vouches for identities that begin with %q, and %q is one of those with %q",
		[]byte(endorser), prefix, shorten(identity), longest) {
		return fmt.Errorf("%w: %w", ErrPolicy, claims.Err())
	}
	return nil
}

// prefixOf is the prefix of an endorser, "" if there are none; false of a key that is no endorser's.
func (c *Config) prefixOf(endorser []byte) (string, bool) {
	at := slices.IndexFunc(c.Endorsers, func(e ed25519.PublicKey) bool { return bytes.Equal(e, endorser) })
	if at < 0 || len(c.Prefixes) == 0 {
		return "", at >= 0
	}
	return c.Prefixes[at], true
}

// longestOf is the longest prefix with which a text begins.
func (c *Config) longestOf(text string) (longest string) {
	for _, prefix := range c.Prefixes {
		if strings.HasPrefix(text, prefix) && len(prefix) > len(longest) {
			longest = prefix
		}
	}
	return longest
}

// MemberNamed is Member for a payer, who knows the identity: the record must register it,
// and by an endorser who might vouch for it at the record's time [POLICY-PREFIX].
func (r *Record) MemberNamed(p *Parameters, identity string) (*Member, error) {
	m, err := r.Member(p)
	if err != nil {
		return nil, err
	}
	if pid := PIDOf(identity); m.pid != pid {
		return nil, fmt.Errorf("%w: the record registers %v, while %q is %v", ErrInvalid, m.pid, shorten(identity), pid)
	}
	if err := p.at(r.time).MayEndorse(r.entry.(*registrationEntry).endorser, identity); err != nil {
		return nil, err
	}
	return m, nil
}
