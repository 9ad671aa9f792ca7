package bft

import (
	"crypto/sha256"
	"slices"

	"github.com/utt-ecash/utt-go/utt"
)

// mempool holds the operations that are submitted and not executed, decoded and not
// verified, in order of arrival. Who may submit how much is for others to say: an
// operation that was executed can be submitted again, and is then rejected in a block.
type mempool struct {
	queue []pooled
	known map[[32]byte]utt.Operation // by the SHA-256 of their bytes
}

type pooled struct {
	key [32]byte
	raw []byte
	op  utt.Operation
}

// maxPool bounds the operations of a mempool. Clients submit others again.
const maxPool = 1 << 15

// add reports whether the operation is new, and well formed, and there is room.
func (p *mempool) add(raw []byte) bool {
	key := sha256.Sum256(raw)
	if p.known[key] != nil || len(p.queue) >= maxPool {
		return false
	}
	op, err := utt.ParseOperation(raw)
	if err != nil {
		return false
	}
	if p.known == nil {
		p.known = make(map[[32]byte]utt.Operation)
	}
	p.known[key] = op
	p.queue = append(p.queue, pooled{key, raw, op})
	return true
}

// find is the operation with these bytes, nil if it is not there.
func (p *mempool) find(raw []byte) utt.Operation {
	if len(p.known) == 0 {
		return nil
	}
	return p.known[sha256.Sum256(raw)]
}

// first are the first operations, at most so many.
func (p *mempool) first(many int) []pooled {
	return slices.Clone(p.queue[:min(len(p.queue), many)])
}

// drop forgets operations.
func (p *mempool) drop(raw ...[]byte) {
	before := len(p.known)
	for _, r := range raw {
		delete(p.known, sha256.Sum256(r))
	}
	if len(p.known) < before {
		p.queue = slices.DeleteFunc(p.queue, func(o pooled) bool { return p.known[o.key] == nil })
	}
}
