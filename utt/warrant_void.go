package utt

import (
	"cmp"
	"crypto"
	"fmt"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/dst"
	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/sig"
)

// WarrantVoid ends what an overdue warrant keeps from being taken, where its salt is lost.
// Those sign it who amend the parameters [AMD-SIGNED], and everybody sees it. Auditors give
// nothing on a warrant that is void; it may still be opened.
//
//	[WAR-VOID]  the warrant is overdue
type WarrantVoid struct {
	sealed
	warrantVoid
	signatures signatures
}

// warrantVoid is what the authority signs.
type warrantVoid struct{ number uint64 }

// NewWarrantVoid drafts an order to void a warrant. Sign signs it.
func NewWarrantVoid(p *Parameters, number uint64) (*WarrantVoid, error) {
	if err := p.Usable(); err != nil {
		return nil, err
	}
	if p.config.Authority.empty() {
		return nil, fmt.Errorf("%w: parameters without an Authority void nothing", ErrPolicy)
	}
	v := &WarrantVoid{warrantVoid: warrantVoid{number}}
	v.sealed = seal(v.encode())
	return v, nil
}

// Sign is the order with the signature of one more holder of a key of the parameters'
// Authority; ErrPolicy says that the key is another.
func (v *WarrantVoid) Sign(p *Parameters, key crypto.Signer) (*WarrantVoid, error) {
	if err := p.Usable(); err != nil {
		return nil, err
	}
	if v == nil || v.raw == nil {
		return nil, fmt.Errorf("%w: no order to sign", ErrInvalid)
	}
	with, err := v.signatures.with(p, key, v.message(p.network))
	if err != nil {
		return nil, err
	}
	d := &WarrantVoid{warrantVoid: v.warrantVoid, signatures: with}
	d.sealed = seal(d.encode())
	return d, nil
}

// noWarrantVoid stands in for a nil one.
var noWarrantVoid WarrantVoid

// Number is that of the warrant.
func (v *WarrantVoid) Number() uint64 { return cmp.Or(v, &noWarrantVoid).number }

// Signatures is how many holders of keys have signed.
func (v *WarrantVoid) Signatures() int { return len(cmp.Or(v, &noWarrantVoid).signatures) }

func (v *warrantVoid) append(b []byte) []byte { return wire.AppendUint64(b, v.number) }

func (v *warrantVoid) message(n NetworkID) []byte {
	return wire.Frame([]byte(dst.WarrantVoid), n[:], v.append(nil))
}

func (v *WarrantVoid) encode() []byte {
	return v.signatures.append(v.warrantVoid.append(opening(KindWarrantVoid)))
}

func readWarrantVoid(r *wire.Reader, raw []byte) *WarrantVoid {
	return &WarrantVoid{seal(raw), warrantVoid{r.Uint64()}, readSignatures(r)}
}

func (v *WarrantVoid) claims(p *Parameters, _ Epoch, c *batch.Claims, _ bases) entry {
	v.signatures.claim(p, c, v.message(p.network))
	return &warrantVoidEntry{v.warrantVoid, v.signatures}
}

// warrantVoidEntry is an order on record, with the signatures.
type warrantVoidEntry struct {
	warrantVoid
	signatures signatures
}

func (e *warrantVoidEntry) kind() Kind                                { return KindWarrantVoid }
func (e *warrantVoidEntry) commitments(*Parameters) []*sig.Commitment { return nil }

func (e *warrantVoidEntry) append(b []byte) []byte {
	return e.signatures.append(e.warrantVoid.append(b))
}

func readWarrantVoidEntry(r *wire.Reader) *warrantVoidEntry {
	return &warrantVoidEntry{warrantVoid{r.Uint64()}, readSignatures(r)}
}

func (e *warrantVoidEntry) read(*Parameters) (Entry, error) { return Entry{Nonce: e.number}, nil }
