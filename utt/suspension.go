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

// Suspension suspends a user, or lifts that: from its block on he is granted nothing, and
// no order takes money out of his account. The authority signs it, as it does an Amendment
// [AMD-SIGNED].
//
// It does not touch his private coins: nobody knows which they are. With the budgets that
// he was granted he pays on within the epoch and the next; after that only in cases without
// a counter, which auditors see and can veto. What others pay him he still receives.
type Suspension struct {
	sealed
	suspensionOrder
	signatures signatures
}

// suspensionOrder is what the authority signs.
type suspensionOrder struct {
	number uint64
	pid    PID
	on     bool
}

// NewSuspension drafts an order to suspend a user, or, if on is false, to lift that. Sign
// signs it. The number is the ledger's SuspensionNumber.
func NewSuspension(p *Parameters, number uint64, pid PID, on bool) (*Suspension, error) {
	if err := p.Usable(); err != nil {
		return nil, err
	}
	if p.config.Authority.empty() {
		return nil, fmt.Errorf("%w: parameters without an Authority suspend nobody", ErrPolicy)
	}
	if !pid.canonical() {
		return nil, fmt.Errorf("%w: identifier not canonical; make it with PIDOf", ErrMalformed)
	}
	s := &Suspension{suspensionOrder: suspensionOrder{number, pid, on}}
	s.sealed = seal(s.encode())
	return s, nil
}

// Sign is the suspension with the signature of one more holder of a key of the parameters'
// Authority; ErrPolicy says that the key is another.
func (s *Suspension) Sign(p *Parameters, key crypto.Signer) (*Suspension, error) {
	if err := p.Usable(); err != nil {
		return nil, err
	}
	if s == nil || s.raw == nil {
		return nil, fmt.Errorf("%w: no suspension to sign", ErrInvalid)
	}
	with, err := s.signatures.with(p, key, s.message(p.network))
	if err != nil {
		return nil, err
	}
	d := &Suspension{suspensionOrder: s.suspensionOrder, signatures: with}
	d.sealed = seal(d.encode())
	return d, nil
}

// noSuspension stands in for a nil one.
var noSuspension Suspension

// Number is the order's among the suspensions of the ledger, from 0.
func (s *Suspension) Number() uint64 { return cmp.Or(s, &noSuspension).number }

// PID is the user whom it is about.
func (s *Suspension) PID() PID { return cmp.Or(s, &noSuspension).pid }

// On reports whether the user is suspended by it, or no longer.
func (s *Suspension) On() bool { return cmp.Or(s, &noSuspension).on }

// Signatures is how many holders of keys have signed.
func (s *Suspension) Signatures() int { return len(cmp.Or(s, &noSuspension).signatures) }

func (s *suspensionOrder) append(b []byte) []byte {
	b = append(wire.AppendUint64(b, s.number), s.pid[:]...)
	if s.on {
		return append(b, 1)
	}
	return append(b, 0)
}

func readSuspensionOrder(r *wire.Reader) suspensionOrder {
	return suspensionOrder{r.Uint64(), readPID(r), r.Bool()}
}

func (s *suspensionOrder) message(n NetworkID) []byte {
	return wire.Frame([]byte(dst.Suspension), n[:], s.append(nil))
}

func (s *Suspension) encode() []byte {
	return s.signatures.append(s.suspensionOrder.append(opening(KindSuspension)))
}

func readSuspension(r *wire.Reader, raw []byte) *Suspension {
	return &Suspension{seal(raw), readSuspensionOrder(r), readSignatures(r)}
}

func (s *Suspension) claims(p *Parameters, _ Epoch, c *batch.Claims, _ bases) entry {
	s.signatures.claim(p, c, s.message(p.network))
	return &suspensionEntry{s.suspensionOrder, s.signatures}
}

// suspensionEntry is a suspension on record, with the signatures.
type suspensionEntry struct {
	suspensionOrder
	signatures signatures
}

func (e *suspensionEntry) kind() Kind                                { return KindSuspension }
func (e *suspensionEntry) commitments(*Parameters) []*sig.Commitment { return nil }

func (e *suspensionEntry) append(b []byte) []byte {
	return e.signatures.append(e.suspensionOrder.append(b))
}

func readSuspensionEntry(r *wire.Reader) *suspensionEntry {
	return &suspensionEntry{readSuspensionOrder(r), readSignatures(r)}
}

func (e *suspensionEntry) read(*Parameters) (Entry, error) {
	return Entry{PID: e.pid, Nonce: e.number, Suspended: e.on}, nil
}
