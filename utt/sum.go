package utt

import (
	"cmp"
	"fmt"

	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/sig"
	"github.com/utt-ecash/utt-go/threshold"
)

// Sum is what the ledger has added up of a set. It is immutable.
type Sum struct {
	set   SumSet
	count uint64
	total *threshold.Ciphertext // 0 in the components that are not added up
}

// noSum stands in for a nil one.
var noSum Sum

// NewSum is the sum of nothing.
func NewSum(set SumSet) *Sum { return &Sum{set: set} }

// Set is what is added up.
func (s *Sum) Set() SumSet { return cmp.Or(s, &noSum).set }

// Count is how many records are in the sum.
func (s *Sum) Count() uint64 { return cmp.Or(s, &noSum).count }

// Ciphertext encrypts the sum. Components that are not added up are 0 in it.
func (s *Sum) Ciphertext() *threshold.Ciphertext { return cmp.Or(s, &noSum).total }

// Add is the sum with what a record encrypts, which was verified when it was taken in. It
// is for ledgers.
//
// Who encrypts with k and then with −k makes E_0 vanish, and everybody could read the sum of
// these two, which are his own. The ledger adds all the same: were the second left out, the
// sum would be what he chooses. Nobody gives a share on a sum with E_0 = 0 [ENC-SUB].
func (s *Sum) Add(e *threshold.Ciphertext) (*Sum, error) {
	kind, ok := sumKinds[s.Set().Kind]
	if !ok || e.Components() != kind.components {
		return nil, fmt.Errorf("%w: a ciphertext that is not added up in a sum of %v", ErrInvalid, s.Set().Kind)
	}
	return &Sum{s.set, s.count + 1, s.total.Plus(e.Only(kind.added...))}, nil
}

// sumEntry is a sum on record.
type sumEntry struct{ Sum }

func (e *sumEntry) kind() Kind                                { return KindSum }
func (e *sumEntry) commitments(*Parameters) []*sig.Commitment { return nil }
func (e *sumEntry) append(b []byte) []byte                    { return e.Sum.append(b) }

func (e *sumEntry) read(*Parameters) (Entry, error) {
	return Entry{Asset: e.set.Asset, Epoch: e.set.Epoch, Count: e.count, Sum: e.set.Kind}, nil
}

func (s *Sum) append(b []byte) []byte {
	return s.total.AppendOnly(wire.AppendUint64(s.set.append(b), s.count), sumKinds[s.set.Kind].added...)
}

func readSum(r *wire.Reader) (s Sum) {
	s.set, s.count = readSumSet(r), r.Uint64()
	if s.count == 0 {
		r.Fail("the sum of nothing")
	}
	kind := sumKinds[s.set.Kind]
	s.total = threshold.ReadSum(r, kind.components, kind.added...)
	return s
}

const sumVersion = 1

// AppendBinary appends version, set, number and points.
func (s *Sum) AppendBinary(b []byte) ([]byte, error) {
	if s.Count() == 0 {
		return nil, fmt.Errorf("%w: the sum of nothing has no encoding", ErrInvalid)
	}
	return s.append(append(b, sumVersion)), nil
}

// MarshalBinary encodes the sum.
func (s *Sum) MarshalBinary() ([]byte, error) { return s.AppendBinary(nil) }

// UnmarshalBinary decodes a sum.
func (s *Sum) UnmarshalBinary(b []byte) error {
	if s == nil {
		return errInto
	}
	r := wire.NewReader(b)
	r.Version(sumVersion)
	d := readSum(r)
	if err := r.Close(); err != nil {
		return fmt.Errorf("%w: sum: %w", ErrMalformed, err)
	}
	*s = d
	return nil
}
