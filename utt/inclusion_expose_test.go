package utt

import (
	"slices"
	"testing"

	"github.com/utt-ecash/utt-go/internal/merkle"
	"github.com/utt-ecash/utt-go/sig"
)

// Nodes are the subtrees of a ledger's first records.
func (i *Inclusion) Nodes(t testing.TB, records []*Record) func(t Tree, level int, index uint64) ([32]byte, error) {
	return func(t Tree, level int, index uint64) ([32]byte, error) {
		f := must(Frontier{}.Extend(records[index<<level : (index+1)<<level]))
		return *f.root(t), nil
	}
}

// Path is that of the entry.
func (i *Inclusion) Path() []merkle.Hash { return slices.Clone(i.path) }

func (i Inclusion) change(f func(i *Inclusion)) *Inclusion {
	f(&i)
	return &i
}

// Under is the proof with another certificate.
func (i Inclusion) Under(c *Certificate) *Inclusion {
	return i.change(func(i *Inclusion) { i.certificate = c })
}

// AtIndex is the proof with another index.
func (i Inclusion) AtIndex(n uint64) *Inclusion {
	return i.change(func(i *Inclusion) { i.index = n })
}

// WithPath is the proof with another path of the entry.
func (i Inclusion) WithPath(p []merkle.Hash) *Inclusion {
	return i.change(func(i *Inclusion) { i.path = p })
}

// WithPathOf is the proof with the paths of another.
func (i Inclusion) WithPathOf(o *Inclusion) *Inclusion {
	return i.change(func(i *Inclusion) { i.path, i.signatures = o.path, o.signatures })
}

// WithSignaturesOf is the proof with the signatures of another, and their path.
func (i Inclusion) WithSignaturesOf(o *Inclusion) *Inclusion {
	return i.change(func(i *Inclusion) {
		r := *i.record
		r.signatures = o.record.signatures
		i.record, i.signatures = &r, o.signatures
	})
}

// WithRecord is the proof of another record.
func (i Inclusion) WithRecord(r *Record) *Inclusion {
	return i.change(func(i *Inclusion) { i.record = r })
}

// Unsigned is the inclusion of the record with an empty list for its signatures.
func (i Inclusion) Unsigned() *Inclusion {
	return i.change(func(i *Inclusion) {
		r := *i.record
		r.signatures = []*sig.Signature{}
		i.record, i.signatures = &r, nil
	})
}
