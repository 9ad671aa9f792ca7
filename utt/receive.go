package utt

import (
	"fmt"
	"io"
	"slices"

	"github.com/utt-ecash/utt-go/internal/attr"
	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/nullifier"
	"github.com/utt-ecash/utt-go/sig"
)

// Sighting is what a user's keys make of a record, without knowing his coins. It prints as
// "redacted".
type Sighting struct {
	keys   *Keys
	record *Record
	shape  *shape // of a transfer
	seed   seed
	notes  map[int]note // from others, by output, decrypted
	held   *Record      // with the notes of what the record settles
}

// Format prints "redacted".
func (s Sighting) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "redacted") }

// MarshalJSON refuses to leak: it encodes "redacted".
func (s Sighting) MarshalJSON() ([]byte, error) { return []byte(`"redacted"`), nil }

// Look decrypts the notes of a record's outputs that may be the user's: a millisecond or
// so for a payment to him, and a tenth of it for one to somebody else.
func (k *Keys) Look(r *Record) *Sighting {
	s := &Sighting{keys: k, record: r}
	if k.usable() != nil || r == nil {
		return s
	}
	e, ok := r.entry.(*transferEntry)
	if !ok {
		return s
	}
	if s.shape = e.shape(k.p); s.shape == nil {
		return s // of no ledger with these parameters
	}
	s.seed = e.seed()
	for j, ro := range s.shape.roles {
		if ro.kind != Payee && (ro.kind != Fixed || ro.pid != k.pid) {
			continue
		}
		if n, ok := k.openNote(r.time, e.outputs[j].note, noteContext(&e.header, s.seed, j)); ok {
			if s.notes == nil {
				s.notes = make(map[int]note)
			}
			s.notes[j] = n
		}
	}
	return s
}

// Settled is what the keys make of the record that settles a held one, given what they
// made of that. It is empty for a record that does not.
func (s *Sighting) Settled(r *Record) *Sighting {
	if s == nil || s.record == nil || r == nil || s.record.status != Held || s.record.id != r.id {
		return new(Sighting)
	}
	if _, ok := r.entry.(*settlement); !ok {
		return new(Sighting)
	}
	d := *s
	d.held, d.record = s.record, r
	return &d
}

// Received is an output that a user's keys open, if its maker did not lie in the note.
type Received struct {
	Output  int // of the record
	Role    Role
	Asset   string // none of a credential
	Counter string // of budget, "" for money
	Epoch   Epoch  // of budget, 0 for money
	Amount  Amount
	Memo    string // of a payment
	Held    bool   // waits for the auditors: it may never be

	sighting *Sighting
	place    int // of the signature in the record
	opening  func() (*sig.Commitment, *sig.Opening)
}

// Received are the outputs for the user: his credential, coins that he minted or was
// granted, payments to him, and, if the transfer is his own, what is his of it. Those of
// nothing are left out. Of a transfer that is held they are all that may come of it.
func (s *Sighting) Received(own bool) []*Received {
	if s == nil || s.keys.usable() != nil || s.record == nil {
		return nil
	}
	k := s.keys
	switch e := s.record.entry.(type) {
	case *registrationEntry:
		if e.member.pid == k.pid {
			return []*Received{{Role: Credential, sighting: s, opening: func() (*sig.Commitment, *sig.Opening) {
				return e.member.credential(k.p.network), k.credentialOpening()
			}}}
		}
	case *mintOrder:
		if e.account == k.pid {
			return []*Received{s.public(Minted, e.asset, "", 0, e.amount, e.seed(k.p.network), moneyKind(e.asset))}
		}
	case *grantOrder:
		if e.pid == k.pid {
			return []*Received{s.public(Granted, e.asset, e.counter, e.epoch, e.amount, e.seed(k.p.network), e.attributeKind())}
		}
	case *transferEntry:
		return s.transfer(e, own)
	case *settlement:
		if held, ok := s.heldEntry(); ok {
			return slices.DeleteFunc(s.transfer(held, own), func(r *Received) bool {
				r.Held, r.place = false, slices.IndexFunc(e.outputs, func(o settled) bool { return o.index == r.Output })
				return r.place < 0
			})
		}
	}
	return nil
}

// heldEntry is the transfer that the record settles.
func (s *Sighting) heldEntry() (*transferEntry, bool) {
	if s.held == nil {
		return nil, false
	}
	e, ok := s.held.entry.(*transferEntry)
	return e, ok
}

// public is output 0 of a mint or a grant, all of whose attributes are public.
func (s *Sighting) public(role Role, asset, counter string, e Epoch, v Amount, sd seed, kind attr.Attribute) *Received {
	k := s.keys
	return &Received{Role: role, Asset: asset, Counter: counter, Epoch: e, Amount: v, sighting: s, opening: func() (*sig.Commitment, *sig.Opening) {
		o := sig.NewOpening([]attr.Attribute{k.pid.attribute(), sd.serial(0), attr.Uint64(uint64(v)), kind}, make([]curve.Scalar, CoinAttributes))
		return s.record.entry.commitments(k.p)[0], o
	}}
}

func (s *Sighting) transfer(e *transferEntry, mine bool) (received []*Received) {
	if s.shape == nil {
		return nil
	}
	k := s.keys
	for j, ro := range s.shape.roles {
		n, ok := s.notes[j]
		counter, epoch := "", Epoch(0)
		switch ro.kind {
		case Own, BudgetChange, Refund, BudgetRefund:
			if mine {
				n, ok = openOwnNote(k.note, e.outputs[j].note, noteContext(&e.header, s.seed, j))
			}
			if ro.kind == BudgetChange || ro.kind == BudgetRefund {
				counter, epoch = s.shape.row.Counter, e.header.epoch
			}
		case Payee, Fixed:
		}
		if !ok || n.value == 0 {
			continue
		}
		received = append(received, &Received{
			Output: j, Role: ro.kind, Asset: e.header.asset, Counter: counter, Epoch: epoch, Amount: n.value, Memo: n.memo, Held: s.record.status == Held, sighting: s, place: j,
			opening: func() (*sig.Commitment, *sig.Opening) {
				o := n.seed.opening(k.p.network, s.seed, j, k.pid.attribute(), n.value, s.shape.kindOf(j))
				return e.outputs[j].commitment(s.seed.base(j), s.seed, s.shape, j), o
			},
		})
	}
	return received
}

// Holding is the output with what its owner needs to show it, not verified. The error
// says that nobody can ever spend it.
func (r *Received) Holding() (*Holding, error) {
	if r == nil || r.opening == nil {
		return nil, fmt.Errorf("%w: nothing received", ErrInvalid)
	}
	c, o := r.opening()
	on := r.sighting.record
	h := &Holding{signed: &sig.Signed{Commitment: c}, opening: o, cursor: on.Cursor(), held: on.status == Held}
	if r.place < len(on.signatures) {
		h.signed.Signature = on.signatures[r.place]
	}
	if r.Role == Credential {
		return h, nil
	}
	var err error
	if h.nullifier, err = nullifier.Derive(r.sighting.keys.secret, h.attribute(coinSerial)); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalid, err) // s + sn = 0
	}
	return h, nil
}
