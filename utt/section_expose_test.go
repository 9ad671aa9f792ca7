package utt

import (
	"slices"

	"github.com/utt-ecash/utt-go/internal/merkle"
)

// ReencodeEntry decodes an entry, and encodes what was decoded of it.
func ReencodeEntry(b []byte) ([]byte, error) {
	s, err := ParseEntry(b)
	if err != nil {
		return nil, err
	}
	return append(s.record.appendSummary(nil), s.hash()...), nil
}

// OnRecord is the record of an operation of a kind of which no vectors have records, nil of
// another.
func OnRecord(op Operation) *Record {
	r := &Record{height: 9, index: 3, time: 7, id: op.ID(), status: Executed}
	switch o := op.(type) {
	case *Collection:
		r.entry = &o.collectionOrder
	case *SessionOpening:
		r.entry = &o.sessionOpening
	default:
		return nil
	}
	return r
}

func (s Section) change(f func(s *Section)) *Section {
	s.parts, s.path = slices.Clone(s.parts), slices.Clone(s.path)
	f(&s)
	return &s
}

// WithDetail is the section with another detail of a record.
func (s Section) WithDetail(i int, detail []byte) *Section {
	return s.change(func(s *Section) { s.parts[i].detail = detail })
}

// DetailsSwapped is the section with two records' details exchanged.
func (s Section) DetailsSwapped(i, j int) *Section {
	return s.change(func(s *Section) { s.parts[i].detail, s.parts[j].detail = s.parts[j].detail, s.parts[i].detail })
}

// SignaturesSwapped is the section with two records' signatures exchanged.
func (s Section) SignaturesSwapped(i, j int) *Section {
	return s.change(func(s *Section) {
		s.parts[i].signatures, s.parts[j].signatures = s.parts[j].signatures, s.parts[i].signatures
	})
}

// WithSignatures is the section with the signatures of another record on one.
func (s Section) WithSignatures(i int, of *Record) *Section {
	return s.change(func(s *Section) { s.parts[i].signatures = of.signatures })
}

// Cut is the section without its last record.
func (s Section) Cut() *Section {
	return s.change(func(s *Section) { s.parts = s.parts[:len(s.parts)-1] })
}

// Path is that of its signatures.
func (s *Section) Path() []merkle.Hash { return slices.Clone(s.path) }

// WithPath is the section with another path.
func (s Section) WithPath(p []merkle.Hash) *Section {
	return s.change(func(s *Section) { s.path = p })
}
