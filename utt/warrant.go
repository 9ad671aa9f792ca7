package utt

import (
	"bytes"
	"cmp"
	"crypto"
	"crypto/ed25519"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/dst"
	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/sig"
)

// Warrants is who may order that auditors open payments which are on record already, and
// for how long he may keep from the public why. The zero value is nobody.
type Warrants struct {
	Authority ed25519.PublicKey // who signs warrants
	MaxSeal   time.Duration     // within which every warrant must be opened, in whole seconds
}

func (w *Warrants) empty() bool { return len(w.Authority) == 0 && w.MaxSeal == 0 }

// check reports warrants that nobody can sign, that are never to be opened, or that no
// auditors could answer.
func (w *Warrants) check(auditors bool) error {
	switch {
	case w.empty():
		return nil
	case !auditors:
		return fmt.Errorf("warrants without auditors")
	case len(w.Authority) != ed25519.PublicKeySize:
		return fmt.Errorf("key to sign warrants with of %d bytes, of %d", len(w.Authority), ed25519.PublicKeySize)
	case !wholeSeconds(w.MaxSeal) || w.MaxSeal == 0:
		return fmt.Errorf("warrants that stay sealed for %v: whole seconds, and at least one", w.MaxSeal)
	}
	if err := checkEd25519(w.Authority); err != nil {
		return fmt.Errorf("key to sign warrants with: %w", err)
	}
	return nil
}

func (w Warrants) clone() Warrants {
	w.Authority = slices.Clone(w.Authority)
	return w
}

func (w *Warrants) append(b []byte) []byte {
	if w.empty() {
		return append(b, 0)
	}
	return wire.AppendUint64(append(append(b, 1), w.Authority...), uint64(w.MaxSeal/time.Second))
}

func readWarrants(r *wire.Reader) Warrants {
	if !r.Bool() {
		return Warrants{}
	}
	return Warrants{slices.Clone(r.Take(ed25519.PublicKeySize)), readSeconds(r)}
}

// Warrant orders that auditors open some components of some payments on record, whatever
// became of these. It is on record before an auditor answers it; a sealed one hides until
// it is opened which payments it names, and how many is seen at once.
//
//	[WAR-SIGNED]   the authority of the parameters signed it
//	[WAR-NUMBER]   it has the next number, so that one left out or replayed is seen
//	[WAR-TXID]     every payment has an audit record, whatever its status
//	[WAR-SEAL]     until ≤ time + MaxSeal
//	[WAR-OVERDUE]  while one is past its time and neither opened nor void, none is taken
//	[WAR-ROOM]     at most MaxSealed wait to be opened
type Warrant struct {
	sealed
	warrantOrder
	signature []byte
}

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

// NewWarrant signs a warrant with the key of the parameters' Warrants.Authority; ErrPolicy
// says that it is another. The number is the ledger's WarrantNumber. It must be opened by
// until, in seconds since 1970: with the second result, which is its author's to keep, since
// without the salt in it the warrant is never opened, and to hand to the auditors, if the
// warrant is sealed. Of one that is not, only the reason is hidden until then. A nil reader
// is crypto/rand.
func NewWarrant(rand io.Reader, p *Parameters, authority crypto.Signer, number uint64, t WarrantTerms, until uint64, sealed bool) (*Warrant, *WarrantOpening, error) {
	if err := p.Usable(); err != nil {
		return nil, nil, err
	}
	ids, err := t.check()
	if err != nil {
		return nil, nil, err
	}
	key, sign, err := signer(authority)
	if err != nil {
		return nil, nil, err
	}
	if !p.config.Warrants.Authority.Equal(key) {
		return nil, nil, fmt.Errorf("%w: the key is not of the parameters' Warrants", ErrPolicy)
	}
	o := &WarrantOpening{warrantOpening: warrantOpening{number: number, reason: t.Reason, transfers: ids, components: t.Components}}
	if err := curve.ReadRandom(rand, o.salt[:]); err != nil {
		return nil, nil, err
	}
	o.sealed = seal(o.encode())
	w := &Warrant{warrantOrder: warrantOrder{number: number, until: until, count: uint16(len(ids))}}
	w.commitment = o.commitment(sealed)
	if !sealed {
		w.transfers, w.components = ids, t.Components
	}
	if w.signature, err = sign(w.message(p.network)); err != nil {
		return nil, nil, err
	}
	w.sealed = seal(w.encode())
	return w, o, nil
}

// noWarrant stands in for a nil one.
var noWarrant Warrant

// Number is the warrant's among those of the ledger, from 0.
func (w *Warrant) Number() uint64 { return cmp.Or(w, &noWarrant).number }

// Until is when the warrant must have been opened, in seconds since 1970.
func (w *Warrant) Until() uint64 { return cmp.Or(w, &noWarrant).until }

// Transfers are the payments that the warrant names, nil of a sealed one.
func (w *Warrant) Transfers() []ID { return slices.Clone(cmp.Or(w, &noWarrant).transfers) }

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

func (w *Warrant) encode() []byte {
	return append(w.warrantOrder.append(opening(KindWarrant)), w.signature...)
}

func readWarrant(r *wire.Reader, raw []byte) *Warrant {
	return &Warrant{seal(raw), readWarrantOrder(r), slices.Clone(r.Take(ed25519.SignatureSize))}
}

// claim claims that the authority of the parameters signed the order, for their network.
func (o *warrantOrder) claim(p *Parameters, c *batch.Claims, signature []byte) bool {
	key := p.config.Warrants.Authority
	return c.Require("POLICY-WARRANT", key != nil, "no warrants here") &&
		c.Require("WAR-SIGNED", verifyEd25519(key, o.message(p.network), signature), "not signed by the authority for warrants")
}

func (w *Warrant) claims(p *Parameters, _ Epoch, c *batch.Claims) entry {
	w.claim(p, c, w.signature)
	return &warrantEntry{w.warrantOrder, w.signature}
}

// warrantEntry is a warrant on record, with its signature, so that auditors verify it
// themselves.
type warrantEntry struct {
	warrantOrder
	signature []byte
}

func (e *warrantEntry) kind() Kind                                { return KindWarrant }
func (e *warrantEntry) commitments(*Parameters) []*sig.Commitment { return nil }

func (e *warrantEntry) append(b []byte) []byte {
	return append(e.warrantOrder.append(b), e.signature...)
}

func readWarrantEntry(r *wire.Reader) *warrantEntry {
	return &warrantEntry{readWarrantOrder(r), slices.Clone(r.Take(ed25519.SignatureSize))}
}

func (e *warrantEntry) read(*Parameters) (Entry, error) {
	return Entry{Nonce: e.number, Count: uint64(e.count), Due: e.until, Transfers: slices.Clone(e.transfers), Components: e.components}, nil
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
