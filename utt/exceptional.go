package utt

import (
	"fmt"

	"github.com/utt-ecash/utt-go/internal/batch"
)

// This file is what records hold for auditors, and what ledgers and auditors make of it.

// Record puts the sum on record, in a block with the given time, at a place. It is for
// ledgers.
func (s *Sum) Record(p *Parameters, at Cursor, time uint64) (*Record, error) {
	if err := p.Usable(); err != nil {
		return nil, err
	}
	if s.Count() == 0 {
		return nil, fmt.Errorf("%w: the sum of nothing", ErrInvalid)
	}
	return &Record{height: at.Height, index: at.Index, time: time, id: s.set.id(p.network), status: Executed, entry: &sumEntry{*s}}, nil
}

// Warrant is the number of a warrant on record, and when it must have been opened; ok is
// false for any other record.
func (r *Record) Warrant() (number, until uint64, ok bool) {
	if r == nil {
		return 0, 0, false
	}
	e, ok := r.entry.(*warrantEntry)
	if !ok {
		return 0, 0, false
	}
	return e.number, e.until, true
}

// Open is what the opening of a warrant on record shows to be wrong with it, 0 for nothing.
// It fails with ErrInvalid, [WAR-OPEN], if it is not the opening of this warrant. Whether
// the payments have audit records, the ledger knows.
func (r *Record) Open(o *WarrantOpening) (Violation, error) {
	if r == nil || o == nil || o.raw == nil {
		return 0, fmt.Errorf("%w: no warrant, or no opening", ErrInvalid)
	}
	w, ok := r.entry.(*warrantEntry)
	if !ok {
		return 0, fmt.Errorf("%w: an opening of a record that is no warrant", ErrInvalid)
	}
	var c batch.Claims
	if !c.Require("WAR-OPEN", o.opens(&w.warrantOrder), "not the opening of warrant %d", w.number) {
		return 0, fmt.Errorf("%w: %w", ErrInvalid, c.Err())
	}
	if len(o.transfers) != int(w.count) && batch.Enforced("WAR-COUNT") {
		return ViolationCount, nil
	}
	return 0, nil
}

// Violating is the record of an opening with what the ledger finds wrong: it is for
// ledgers. Any other record it returns as it is.
func (r *Record) Violating(v Violation) *Record {
	if r == nil {
		return nil
	}
	e, ok := r.entry.(*warrantOpeningEntry)
	if !ok {
		return r
	}
	d := *r
	d.entry = &warrantOpeningEntry{e.warrantOpening, v}
	return &d
}

// Sum is the sum that the record is of, nil for any other.
func (r *Record) Sum() *Sum {
	if r == nil {
		return nil
	}
	e, ok := r.entry.(*sumEntry)
	if !ok {
		return nil
	}
	return &e.Sum
}
