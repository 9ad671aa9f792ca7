package utt

import (
	"cmp"
	"slices"
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
