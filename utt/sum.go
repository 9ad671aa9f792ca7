package utt

import (
	"cmp"
	"fmt"

	"github.com/utt-ecash/utt-go/internal/dst"
	"github.com/utt-ecash/utt-go/internal/transcript"
	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/sig"
	"github.com/utt-ecash/utt-go/threshold"
)

// SumSet names a set of records of which the ledger adds up what is encrypted in them:
//
//	[AGG-SET]  one set for each asset and epoch that is over, of at least Config.MinSum
//	           records, and no other
//
// No record is in two sets, so that no two sums tell one record by their difference.
type SumSet struct {
	Kind  SumKind
	Asset string
	Epoch Epoch
}

// SumKind is what is added up.
type SumKind uint8

// What the ledger adds up.
const (
	// SumVolume is the amounts of payments with an audit record, in the epoch in which they
	// execute, whatever it was when they were held.
	SumVolume SumKind = 1
)

// sumKinds are the kinds of sums: what encrypts them, and which of its components are
// added up.
var sumKinds = map[SumKind]struct {
	name       string
	components int // of the ciphertexts
	added      []int
}{SumVolume: {"volume", AuditComponents, ComponentAmount.Indices()}}

var sumNames = func() map[SumKind]string {
	names := make(map[SumKind]string, len(sumKinds))
	for k, e := range sumKinds {
		names[k] = e.name
	}
	return names
}()

func (k SumKind) String() string { return nameIn(sumNames, k, "sum") }

// MarshalText is the name.
func (k SumKind) MarshalText() ([]byte, error) { return marshalName(sumNames, k, "sum") }

// UnmarshalText parses a name.
func (k *SumKind) UnmarshalText(text []byte) error { return unmarshalName(sumNames, k, text, "sum") }

func (s SumSet) append(b []byte) []byte {
	return wire.AppendUint64(wire.AppendBytes(append(b, byte(s.Kind)), []byte(s.Asset)), uint64(s.Epoch))
}

func readSumSet(r *wire.Reader) SumSet {
	s := SumSet{SumKind(r.Byte()), readAsset(r), Epoch(r.Uint64())}
	if _, ok := sumKinds[s.Kind]; !ok {
		r.Fail("a set of %v", s.Kind)
	}
	return s
}

// id names the sum of the set on record.
func (s SumSet) id(n NetworkID) ID { return transcript.Hash(dst.SumID, n[:], s.append(nil)) }

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
	e = e.Only(kind.added...)
	if s.count > 0 {
		e = s.total.Plus(e)
	}
	return &Sum{s.set, s.count + 1, e}, nil
}

// AuditRecord is what the record of a payment that was held encrypts for the auditors:
// payer, payee and amount. It is nil for any other record.
func (r *Record) AuditRecord() *threshold.Ciphertext {
	if r == nil || r.status != Held {
		return nil
	}
	e, ok := r.entry.(*transferEntry)
	if !ok {
		return nil
	}
	return e.audit
}

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

// sumEntry is a sum on record.
type sumEntry struct{ Sum }

func (e *sumEntry) kind() Kind                                { return KindSum }
func (e *sumEntry) commitments(*Parameters) []*sig.Commitment { return nil }
func (e *sumEntry) append(b []byte) []byte                    { return e.Sum.append(b) }

func (e *sumEntry) read(*Parameters) (Entry, error) {
	return Entry{Asset: e.set.Asset, Epoch: e.set.Epoch, Count: e.count, Sum: e.set.Kind}, nil
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

func (s *Sum) append(b []byte) []byte {
	return s.total.AppendOnly(wire.AppendUint64(s.set.append(b), s.count), sumKinds[s.set.Kind].added...)
}

func readSum(r *wire.Reader) (s Sum) {
	s.set, s.count = readSumSet(r), r.Uint64()
	if s.count == 0 {
		r.Fail("the sum of nothing")
	}
	kind := sumKinds[s.set.Kind]
	s.total = threshold.ReadCiphertextOnly(r, kind.components, kind.added...)
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
