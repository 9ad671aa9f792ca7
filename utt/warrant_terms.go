package utt

import (
	"bytes"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/utt-ecash/utt-go/internal/dst"
	"github.com/utt-ecash/utt-go/internal/wire"
)

// warrantOrder is what the authority signs.
type warrantOrder struct {
	number     uint64
	until      uint64
	commitment [32]byte   // to the reason, and of a sealed one to all
	count      uint16     // of the payments
	transfers  []ID       // in ascending order; none of a sealed one
	components Components // of them that are opened; none of a sealed one
}

// WarrantTerms is what a warrant orders, and why.
type WarrantTerms struct {
	Transfers  []ID // of 1 to MaxWarranted payments
	Components Components
	Reason     string // of at most MaxReason bytes
}

// check reports terms that have no encoding, and returns the transfers in order.
func (t *WarrantTerms) check() ([]ID, error) {
	ids := slices.Clone(t.Transfers)
	slices.SortFunc(ids, compareIDs)
	switch {
	case len(ids) == 0 || len(ids) > MaxWarranted:
		return nil, fmt.Errorf("%w: a warrant for %d payments, of 1 to %d", ErrInvalid, len(ids), MaxWarranted)
	case len(slices.Compact(slices.Clone(ids))) != len(ids):
		return nil, fmt.Errorf("%w: a warrant for one payment twice", ErrInvalid)
	case !t.Components.Valid():
		return nil, fmt.Errorf("%w: a warrant for %v", ErrInvalid, t.Components)
	}
	return ids, checkReason(t.Reason)
}

func checkReason(reason string) error {
	if len(reason) > MaxReason || !utf8.ValidString(reason) {
		return fmt.Errorf("%w: a reason of %d bytes, of at most %d of UTF-8", ErrInvalid, len(reason), MaxReason)
	}
	return nil
}

func (o *warrantOrder) message(n NetworkID) []byte {
	return wire.Frame([]byte(dst.WarrantOrder), n[:], o.append(nil))
}

func (o *warrantOrder) append(b []byte) []byte {
	b = wire.AppendUint64(wire.AppendUint64(b, o.number), o.until)
	b = wire.AppendUint16(append(b, o.commitment[:]...), o.count)
	return append(appendIDs(b, o.transfers), byte(o.components))
}

func readWarrantOrder(r *wire.Reader) (o warrantOrder) {
	o.number, o.until = r.Uint64(), r.Uint64()
	r.Fill(o.commitment[:])
	o.count, o.transfers, o.components = r.Uint16(), readIDs(r), Components(r.Byte())
	switch {
	case o.count == 0 || o.count > MaxWarranted:
		r.Fail("warrant for %d payments", o.count)
	case o.isSealed() && o.components != 0, !o.isSealed() && (!o.components.Valid() || len(o.transfers) != int(o.count)):
		r.Fail("warrant for %v of %d payments of %d", o.components, len(o.transfers), o.count)
	}
	return o
}

// isSealed reports an order that does not say yet which payments it names.
func (o *warrantOrder) isSealed() bool { return len(o.transfers) == 0 }

func compareIDs(a, b ID) int { return bytes.Compare(a[:], b[:]) }

// appendIDs appends IDs, in ascending order, behind their number.
func appendIDs(b []byte, ids []ID) []byte {
	b = wire.AppendUint16(b, uint16(len(ids)))
	for _, id := range ids {
		b = append(b, id[:]...)
	}
	return b
}

func readIDs(r *wire.Reader) []ID {
	n := r.Count(MaxWarranted, len(ID{}))
	if n == 0 {
		return nil
	}
	ids := make([]ID, n)
	for i := range ids {
		r.Fill(ids[i][:])
		if i > 0 && compareIDs(ids[i], ids[i-1]) <= 0 {
			r.Fail("payments out of order, or one twice")
		}
	}
	return ids
}
