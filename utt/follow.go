package utt

import "fmt"

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
