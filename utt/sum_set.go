package utt

import (
	"github.com/utt-ecash/utt-go/internal/dst"
	"github.com/utt-ecash/utt-go/internal/transcript"
	"github.com/utt-ecash/utt-go/internal/wire"
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
