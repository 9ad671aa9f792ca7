package bft

import (
	"crypto/sha256"
	"slices"

	"github.com/utt-ecash/utt-go/utt"
)

// mempool holds the operations that are submitted and not executed, decoded and not
// verified, in order of arrival. Who may submit how much is for others to say.
//
// One coin yields any number of encodings of one ID, of which one at most is executed.
// They share one slot, and a block gets one of them, the first that is valid. Which that
// is only a proof says, so that a forgery that comes first keeps nobody out.
type mempool struct {
	queue  []*slot
	later  []*slot // what had to wait when the node proposed last
	slots  map[utt.ID]*slot
	known  map[[32]byte]utt.Operation // by the SHA-256 of their bytes
	digest map[utt.Digest]bool        // of those known, and of those refused

	refused []utt.Digest // invalid ones of late, so that they are not verified again
}

// slot is where the encodings of an ID wait, in order of arrival.
type slot struct{ ops []*pooled }

type pooled struct {
	key [32]byte
	raw []byte
	op  utt.Operation
}

// Bounds on a mempool. Clients submit others again.
const (
	maxPool    = 1 << 15 // encodings
	maxWaiting = 1 << 12 // of these for an epoch or round to come, which nobody has verified
	maxRefused = 1 << 12
)

// add reports whether the operation is new, and there is room.
func (p *mempool) add(raw []byte, op utt.Operation) bool {
	o := &pooled{sha256.Sum256(raw), raw, op}
	if p.known[o.key] != nil || len(p.known) >= maxPool {
		return false
	}
	if p.known == nil {
		p.slots, p.known, p.digest = make(map[utt.ID]*slot), make(map[[32]byte]utt.Operation), make(map[utt.Digest]bool)
	}
	at := p.slots[op.ID()]
	if at == nil {
		at = new(slot)
		p.slots[op.ID()] = at
		p.queue = append(p.queue, at)
	}
	at.ops = append(at.ops, o)
	p.known[o.key], p.digest[op.Digest()] = op, true
	return true
}

// find is the operation with these bytes, nil if it is not there.
func (p *mempool) find(raw []byte) utt.Operation {
	if len(p.known) == 0 {
		return nil
	}
	return p.known[sha256.Sum256(raw)]
}

// remembers reports whether an operation is there, or was invalid of late.
func (p *mempool) remembers(d utt.Digest) bool { return p.digest[d] }

// take takes all slots out.
func (p *mempool) take() []*slot {
	all := append(p.later, p.queue...)
	p.later, p.queue = nil, nil
	return all
}

// A wait is why an operation is put aside.
type wait uint8

const (
	noWait    wait = iota
	nonceWait      // for the nonce before it: it is verified
	aheadWait      // for an epoch or round: it may be anybody's
)

// put puts slots back that are not empty, in order, those that have to wait aside. Of those
// that nobody has verified there is room for some, or they would take all of it for as long
// as an epoch lasts.
func (p *mempool) put(those []*slot, later map[*slot]wait) {
	waiting := 0
	for _, at := range those {
		if later[at] == aheadWait {
			waiting += len(at.ops)
		}
		switch {
		case len(at.ops) == 0:
		case later[at] == aheadWait && waiting > maxWaiting:
			waiting -= len(at.ops)
			p.dropSlot(at)
		case later[at] != noWait:
			p.later = append(p.later, at)
		default:
			p.queue = append(p.queue, at)
		}
	}
}

// drop forgets an operation; the next encoding of its ID moves up.
func (p *mempool) drop(op utt.Operation) {
	at := p.slots[op.ID()]
	if at == nil {
		return
	}
	at.ops = slices.DeleteFunc(at.ops, func(o *pooled) bool {
		is := o.op.Digest() == op.Digest()
		if is {
			p.forget(o)
		}
		return is
	})
	if len(at.ops) == 0 {
		delete(p.slots, op.ID())
	}
}

// refuse drops an operation that is invalid, and remembers it.
func (p *mempool) refuse(op utt.Operation) {
	p.drop(op)
	if p.refused = append(p.refused, op.Digest()); len(p.refused) > maxRefused {
		delete(p.digest, p.refused[0])
		p.refused = slices.Clone(p.refused[1:])
	}
	p.digest[op.Digest()] = true
}

// settle drops the operations of a block, and all encodings of those that were executed.
func (p *mempool) settle(ops []utt.Operation, receipts []utt.Receipt) {
	for i, op := range ops {
		p.drop(op)
		if at := p.slots[op.ID()]; at != nil && receipts[i].Status == utt.Executed {
			p.dropSlot(at)
		}
	}
	empty := func(at *slot) bool { return len(at.ops) == 0 }
	p.queue, p.later = slices.DeleteFunc(p.queue, empty), slices.DeleteFunc(p.later, empty)
}

// dropSlot forgets all encodings of an ID.
func (p *mempool) dropSlot(at *slot) {
	delete(p.slots, at.ops[0].op.ID())
	for _, o := range at.ops {
		p.forget(o)
	}
	at.ops = nil
}

func (p *mempool) forget(o *pooled) {
	delete(p.known, o.key)
	delete(p.digest, o.op.Digest())
}
