package utt

import (
	"bytes"
	"crypto/ed25519"
	"fmt"
	"strings"

	"github.com/utt-ecash/utt-go/internal/batch"
)

// MayReaddress reports, by ErrPolicy, an endorser who may not vouch for a new address of a user
// whom another registered under a version of the parameters. Ledgers demand it for the version
// of the block, for which p speaks; they see pids, and not which identity begins with which prefix.
//
//	[ADDR-FIXED]     the user owns no output of a row, by this version or a later one: who is
//	                 paid there is the authority's affair
//	[ADDR-ENDORSER]  the endorser registered the user; or he did not, and for some identity that the
//	                 one who did might register, he may vouch and that one may not any more
//
// The second half of the latter is for after an amendment: where the key of the one who registered
// him is gone, that is whoever has his prefix, or, where nobody has it, the longest that it begins with; and
// where there are longer ones that are new, whoever has one of them. Without prefixes it is anybody.
func (p *Parameters) MayReaddress(user PID, version uint64, registrar, endorser ed25519.PublicKey) error {
	if err := p.Usable(); err != nil {
		return err
	}
	if version > p.Amendments() {
		return fmt.Errorf("%w: registered under version %d of %d", ErrInvalid, version, p.Amendments())
	}
	var claims batch.Claims
	if claims.Require("ADDR-FIXED", !p.fixes(user), "the rules give an output to %v: the authority amends them to name another user, and readdresses him once none does", user) &&
		claims.Require("ADDR-ENDORSER", p.config.succeeds(&p.versions[version].config, registrar, endorser), "endorsed by %x, while %x registered %v", []byte(endorser), []byte(registrar), user) {
		return nil
	}
	return fmt.Errorf("%w: %w", ErrPolicy, claims.Err())
}

// fixes reports whether a row of the version that p speaks for, or of a later one, gives an
// output to a user.
func (p *Parameters) fixes(user PID) bool {
	for _, v := range p.versions[p.number:] {
		if v.config.fixes(user) {
			return true
		}
	}
	return false
}

func (c *Config) fixes(user PID) bool {
	for _, r := range c.Rows {
		for _, pid := range r.Fixed {
			if pid == user {
				return true
			}
		}
	}
	return false
}

// succeeds reports whether an endorser of this configuration may vouch for users whom a
// registrar registered under an earlier one.
func (c *Config) succeeds(before *Config, registrar, endorser []byte) bool {
	is, ok := c.prefixOf(endorser)
	was, _ := before.prefixOf(registrar)
	if !ok || !c.covers(before, was, is) {
		return false
	}
	still, there := c.prefixOf(registrar)
	return bytes.Equal(endorser, registrar) || !there || still != is
}

// covers reports whether some identity had one prefix for the longest in an earlier
// configuration, and has another in this one.
func (c *Config) covers(before *Config, was, is string) bool {
	if strings.HasPrefix(is, was) {
		return before.longestOf(is) == was // or it was another's even then
	}
	return c.longestOf(was) == is
}
