package utt

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/dst"
	"github.com/utt-ecash/utt-go/internal/transcript"
)

// The versions of the parameters are a chain, which only grows. An epoch has one version:
// of those that take effect by then, the last. Since an amendment takes effect two epochs
// ahead at least, that of an epoch is final when the epoch before begins.

// At is the parameters as they speak for the version of an epoch.
func (p *Parameters) At(e Epoch) *Parameters {
	if p.Usable() != nil {
		return p
	}
	for _, v := range slices.Backward(p.versions) {
		if v.from <= e {
			return p.speaking(v)
		}
	}
	return p.speaking(p.versions[0])
}

// Founding is the parameters as they were founded, without any amendment.
func (p *Parameters) Founding() *Parameters {
	if p.Usable() != nil {
		return p
	}
	return p.versions[0]
}

// Version is the number of the version that the parameters speak for: that of the amendment
// that made it, from 1, or 0 for the founding one.
func (p *Parameters) Version() uint64 { return cmp.Or(p, &noParameters).number }

// Amendments is how many there were: the number of the next is one more.
func (p *Parameters) Amendments() uint64 {
	if p.Usable() != nil {
		return 0
	}
	return uint64(len(p.versions)) - 1
}

// speaking has the parameters speak for one of their versions.
func (p *Parameters) speaking(v *Parameters) *Parameters {
	if v.number == p.number {
		return p
	}
	d := *v
	d.versions = p.versions
	return &d
}

// Newest is the parameters as they speak for the version that was made last, whether it has
// taken effect or not: the next amendment begins with its Config.
func (p *Parameters) Newest() *Parameters {
	if p.Usable() != nil {
		return p
	}
	return p.speaking(p.versions[len(p.versions)-1])
}

// at speaks for the version at a time, of a record for instance.
func (p *Parameters) at(time uint64) *Parameters {
	now, err := p.config.Policy.EpochAt(time)
	if err != nil {
		return p.Founding() // before the start; no later version has other times
	}
	return p.At(now)
}

// Amend is the parameters with one version more, for which they speak. It is for ledgers,
// which find that the authority signed the amendment and when: others Follow what a ledger
// has taken. The error is ErrPolicy, and p stays as it is.
//
//	[AMD-NUMBER]  it is the next amendment
//	[AMD-SOUND]   the new version passes all checks of parameters, its policy has the times of
//	              the old one, and nothing that users hold loses what it needs: no class goes,
//	              and no asset, of which each has rows in the cases self and anonymous
func (p *Parameters) Amend(a *Amendment) (*Parameters, error) {
	if err := p.Usable(); err != nil {
		return nil, err
	}
	if a == nil || a.raw == nil {
		return nil, fmt.Errorf("%w: no amendment", ErrInvalid)
	}
	return p.amend(&a.amendmentOrder)
}

func (p *Parameters) amend(a *amendmentOrder) (*Parameters, error) {
	var claims batch.Claims
	if !claims.Require("AMD-NUMBER", a.number == p.Amendments()+1, "amendment %d after %d", a.number, p.Amendments()) {
		return nil, fmt.Errorf("%w: %w", ErrPolicy, claims.Err())
	}
	last := p.Newest()
	d := &Parameters{rows: make(map[rowUse]*Row), folded: p.folded, seen: p.seen}
	var err error
	if d.config, err = a.config(p); err == nil {
		err = d.validate()
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrPolicy, &batch.Error{Label: labelSound, Detail: brief(err)})
	}
	err = d.config.keeps(&last.config)
	if !claims.Require(labelSound, err == nil, "%v", err) {
		return nil, fmt.Errorf("%w: %w", ErrPolicy, claims.Err())
	}
	d.network, d.encoding = p.network, p.encoding
	d.number, d.from = p.Amendments()+1, a.from
	d.digest = transcript.Hash(dst.AmendedVersion, last.digest[:], a.message(p.network))
	d.versions = append(slices.Clip(p.versions), d)
	return d, nil
}

// brief is the text of an error, as short as a rejection has to be.
func brief(err error) string {
	text := err.Error()
	return text[:min(len(text), maxDetail/2)]
}

// labelSound is [AMD-SOUND].
const labelSound = "AMD-SOUND"

// keeps reports a configuration that takes away what users hold under the one before.
func (c *Config) keeps(before *Config) error {
	b := before.Policy
	switch {
	case !c.Policy.Start.Equal(b.Start) || !c.Policy.End.Equal(b.End) || c.Policy.EpochLength != b.EpochLength:
		return fmt.Errorf("the times of the policy are others")
	case len(c.Policy.Classes) < len(b.Classes):
		return fmt.Errorf("%d classes, where there were %d", len(c.Policy.Classes), len(b.Classes))
	case len(c.Assets) < len(before.Assets) || !slices.Equal(c.Assets[:len(before.Assets)], before.Assets):
		return fmt.Errorf("assets that do not begin with the %d that there were, in their order", len(before.Assets))
	}
	return nil
}

// Follow is the parameters with the amendment of a record, if it is of one, and else p
// itself. What p has already changes nothing. The record must be certified, or one's own
// ledger's: that the amendment was taken is what its place among the records says.
// ErrInvalid says that no ledger with these parameters has the record.
func (p *Parameters) Follow(r *Record) (*Parameters, error) {
	if err := p.Usable(); err != nil {
		return nil, err
	}
	if r == nil {
		return p, nil
	}
	e, ok := r.entry.(*amendmentEntry)
	if !ok {
		return p, nil
	}
	before := *p
	if had := p.Amendments(); e.number >= 1 && e.number <= had {
		before.versions = p.versions[:e.number]
	}
	d, err := before.amend(&e.amendmentOrder)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	if int(d.number) < len(p.versions) {
		if p.versions[d.number].digest != d.digest {
			return nil, fmt.Errorf("%w: another amendment %d than that of before", ErrInvalid, d.number)
		}
		return p, nil
	}
	return d.speaking(d.versions[p.number]), nil
}

// HasCircuit reports whether a circuit of any version has the verifying key of a digest.
func (p *Parameters) HasCircuit(key [32]byte) bool {
	if p.Usable() != nil {
		return false
	}
	for _, v := range p.versions {
		if slices.ContainsFunc(v.config.Circuits, func(c Circuit) bool { return c.Key.Digest() == key }) {
			return true
		}
	}
	return false
}
