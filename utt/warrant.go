package utt

import (
	"cmp"
	"crypto"
	"crypto/ed25519"
	"fmt"
	"io"
	"slices"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/sig"
)

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

func (w *Warrant) claims(p *Parameters, _ Epoch, c *batch.Claims, _ bases) entry {
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
