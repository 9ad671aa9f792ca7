package utt

import (
	"crypto/ed25519"
	"fmt"
	"slices"
	"time"

	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/sig"
	"github.com/utt-ecash/utt-go/threshold"
)

// Auditors are the group keys of the auditors: t of them together open what a payment is,
// and approve or veto it. One auditor alone learns nothing, and decides nothing.
type Auditors struct {
	Opening  *threshold.EncryptionKey // of AuditComponents: payer, payee, and the limbs of the amount
	Approval *sig.PublicKey           // of no attributes, for decisions and nothing else
}

// AuditComponents is how many values an audit record holds, each under a key of its own, so
// that each can be opened without the others.
const AuditComponents = 4

// Components of an audit record.
const (
	AuditPayer = 0
	AuditPayee = 1
	AuditLow   = 2 // of the amount, the lower 32 bits
	AuditHigh  = 3 // the upper ones
)

func (a *Auditors) empty() bool { return a == nil }

// check reports keys that are not there, or for something else.
func (a *Auditors) check() error {
	switch {
	case a.Opening.Components() != AuditComponents:
		return fmt.Errorf("auditors who open %d components, of %d", a.Opening.Components(), AuditComponents)
	case a.Approval == nil:
		return fmt.Errorf("auditors without a key to approve with")
	}
	return nil
}

// append appends a flag and, behind their lengths, the keys, if there are any.
func (a *Auditors) append(b []byte) ([]byte, error) {
	if a.empty() {
		return append(b, 0), nil
	}
	opening, err := a.Opening.MarshalBinary()
	if err != nil {
		return nil, err
	}
	approval, err := a.Approval.MarshalBinary()
	if err != nil {
		return nil, err
	}
	return wire.AppendBytes(wire.AppendBytes(append(b, 1), opening), approval), nil
}

// auditorBytes are encoded keys.
type auditorBytes struct{ opening, approval []byte }

func readAuditors(r *wire.Reader) (a *auditorBytes) {
	if !r.Bool() {
		return nil
	}
	return &auditorBytes{r.Bytes(maxKeyBytes), r.Bytes(maxKeyBytes)}
}

// keys decodes them.
func (a *auditorBytes) keys() (*Auditors, error) {
	if a == nil {
		return nil, nil
	}
	k := &Auditors{new(threshold.EncryptionKey), new(sig.PublicKey)}
	if err := k.Opening.UnmarshalBinary(a.opening); err != nil {
		return nil, fmt.Errorf("auditors: %w", err)
	}
	if err := k.Approval.UnmarshalBinary(a.approval); err != nil {
		return nil, fmt.Errorf("auditors: %w", err)
	}
	return k, nil
}

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
