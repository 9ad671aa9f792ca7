package utt

import (
	"fmt"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/merkle"
	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/sig"
)

// SectionSize is how many records a section has, but for the last of a ledger.
const SectionSize = 1 << sectionLevel

const sectionLevel = 4

// SectionBounds are the numbers of the records of a section on a ledger of a size: those from
// the first on and before the other. They are equal if the ledger does not reach so far.
func SectionBounds(number, size uint64) (from, to uint64) {
	if number > size>>sectionLevel {
		return size, size
	}
	from = number << sectionLevel
	return from, from + min(SectionSize, size-from)
}

// Section is what the entries of some records that follow each other leave out: details, and
// signatures on outputs, with the path from these to the root of their tree [LOG-SIG]. Those
// who read summaries ask for sections whole, so that whom a record concerns is hidden among
// its neighbours.
type Section struct {
	parts []part
	path  []merkle.Hash
}

// part is what an entry leaves out of its record.
type part struct {
	detail     []byte
	signatures []*sig.Signature // on coins
}

// NewSection is a section of a ledger of a size, made of its records with their signatures.
// nodes yields the roots of complete subtrees, as Completed was told them, and its error is
// returned. It is for those who keep the trees: readers get sections from a node, and open
// them.
func NewSection(number, size uint64, records []*Record, nodes func(t Tree, level int, index uint64) ([32]byte, error)) (*Section, error) {
	from, to := SectionBounds(number, size)
	if from == to || uint64(len(records)) != to-from || nodes == nil {
		return nil, fmt.Errorf("%w: %d records for section %d of a ledger of %d, which has %d, or no trees", ErrInvalid, len(records), number, size, to-from)
	}
	s := new(Section)
	for i, r := range records {
		if r == nil || r.entry == nil {
			return nil, fmt.Errorf("%w: record %d of those given is nil or empty", ErrInvalid, i)
		}
		left := part{detail: r.Detail()}
		if r.tree() == CoinTree {
			left.signatures = r.signatures
		}
		s.parts = append(s.parts, left)
	}
	var err error
	s.path, err = merkle.Block(sectionLevel, number, size, func(level int, index uint64) (merkle.Hash, error) { return nodes(CoinTree, level, index) })
	if err != nil {
		return nil, err
	}
	return s, nil
}

// Open is the records of a section, in order, with the signatures that the certificate has: of
// all but registrations, whose signatures are in another tree. The certificate has been verified,
// the section is of a ledger of its size, and the summaries are those of the section's records, taken
// from entries that lead to a certificate [LOG-1]; of those that are nil the records are nil too. The error is ErrInvalid if the
// section is not what those entries and the certificate say.
func (s *Section) Open(c *Certificate, number uint64, summaries []*Summary) ([]*Record, error) {
	if s == nil || len(s.parts) == 0 || c == nil {
		return nil, fmt.Errorf("%w: an empty section, or no certificate", ErrInvalid)
	}
	if err := LedgerCheckpoint.expects(c.Checkpoint); err != nil {
		return nil, err
	}
	from, to := SectionBounds(number, c.Records)
	if n := uint64(len(s.parts)); n != to-from || n != uint64(len(summaries)) {
		return nil, fmt.Errorf("%w: section %d of a ledger of %d has %d records; these are %d, and %d summaries", ErrInvalid, number, c.Records, to-from, n, len(summaries))
	}
	records, leaves := make([]*Record, len(summaries)), make([]merkle.Hash, len(summaries))
	for i, summary := range summaries {
		if summary == nil {
			leaves[i] = merkle.Leaf(signatureLeaf(s.parts[i].signatures))
			continue
		}
		r, err := s.parts[i].record(summary)
		if err != nil {
			return nil, fmt.Errorf("%w: record %d of section %d: %w", ErrInvalid, i, number, err)
		}
		records[i], leaves[i] = r, merkle.Leaf(r.LogLeaf(CoinTree))
	}
	if err := merkle.VerifyBlock(leaves, sectionLevel, number, c.Records, s.path, c.Coins); err != nil && batch.Enforced("LOG-SIG") {
		return nil, fmt.Errorf("%w: [LOG-SIG] the signatures on the records of section %d are not those certified up to block %d: %w", ErrInvalid, number, c.Height, err)
	}
	return records, nil
}

// record is that of a summary, with the signatures that the part says.
func (left *part) record(s *Summary) (*Record, error) {
	r, err := s.Record(left.detail)
	if err != nil {
		return nil, err
	}
	if r.tree() == CoinTree {
		r.signatures = append(make([]*sig.Signature, 0, len(left.signatures)), left.signatures...)
	} else if len(left.signatures) > 0 {
		return nil, fmt.Errorf("signatures on coins of a %v, which has none", r.Kind())
	}
	return r, nil
}

const sectionVersion = 1

// AppendBinary appends version, the number of records, of each the detail behind its length, the
// number of signatures and these; then the path. Numbers have one byte.
func (s *Section) AppendBinary(b []byte) ([]byte, error) {
	if s == nil || len(s.parts) == 0 {
		return nil, fmt.Errorf("%w: an empty section has no encoding", ErrInvalid)
	}
	b = append(b, sectionVersion, byte(len(s.parts)))
	for _, left := range s.parts {
		b = append(wire.AppendBytes(b, left.detail), byte(len(left.signatures)))
		for _, s := range left.signatures {
			b = s.Point().Append(b)
		}
	}
	return appendPath(b, s.path), nil
}

// MarshalBinary encodes the section.
func (s *Section) MarshalBinary() ([]byte, error) { return s.AppendBinary(nil) }

// UnmarshalBinary decodes a section, of which Open says whether it is a ledger's.
func (s *Section) UnmarshalBinary(b []byte) error {
	if s == nil {
		return errInto
	}
	r := wire.NewReader(b)
	r.Version(sectionVersion)
	n := int(r.Byte())
	if n < 1 || n > SectionSize {
		r.Fail("section of %d records, where one has 1 to %d", n, SectionSize)
	}
	var d Section
	for i := 0; i < n && r.Err() == nil; i++ {
		left := part{detail: r.Bytes(maxOperation)}
		k := r.Byte()
		if k > maxOutputs {
			r.Fail("%d signatures on a record, of at most %d", k, maxOutputs)
		}
		for range k {
			left.signatures = append(left.signatures, sig.SignatureOf(curve.ReadG1(r)))
		}
		d.parts = append(d.parts, left)
	}
	d.path = readPath(r)
	if err := r.Close(); err != nil {
		return fmt.Errorf("%w: section: %w", ErrMalformed, err)
	}
	*s = d
	return nil
}
