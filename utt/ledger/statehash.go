package ledger

import (
	"crypto/sha3"
	"encoding/binary"

	"github.com/utt-ecash/utt-go/internal/dst"
	"github.com/utt-ecash/utt-go/internal/parallel"
	"github.com/utt-ecash/utt-go/internal/wire"
)

// stateHash is LtHash16 over the state's pairs (Bellare and Micciancio,
// EUROCRYPT 1997; Lewi et al., ePrint 2019/227): the sum modulo 2^16, lane by
// lane, of a 1024-lane hash of every pair. Its cost is that of the pairs that
// change, it does not depend on the order of changes, and a snapshot is checked
// against it.
type stateHash [1024]uint16

// change is a pair that the state gains, or loses.
type change struct {
	key, value []byte
	gone       bool
}

// apply is on all cores: the state's hash is most of what executing a block takes. What is
// to be done beside is, by one of them.
func (h *stateHash) apply(changes []change, beside ...func()) {
	const fewChanges = 16 // are worth a task
	tasks := parallel.Split(len(changes), fewChanges)
	var parts []*stateHash
	parallel.ForWith(len(beside)+len(tasks), func() func(int) {
		part := new(stateHash)
		parts = append(parts, part)
		return func(i int) {
			if i < len(beside) {
				beside[i]()
				return
			}
			task := tasks[i-len(beside)]
			for _, c := range changes[task.From:task.To] {
				part.mix(c)
			}
		}
	})
	for _, part := range parts {
		for i := range h {
			h[i] += part[i]
		}
	}
}

func (h *stateHash) mix(c change) {
	x := sha3.NewSHAKE128()
	_, _ = x.Write(wire.Frame([]byte(dst.LedgerState), c.key, c.value))
	var lanes [2 * len(h)]byte
	_, _ = x.Read(lanes[:])
	sign := uint16(1)
	if c.gone {
		sign = ^uint16(0) // −1
	}
	for i := range h {
		h[i] += sign * binary.LittleEndian.Uint16(lanes[2*i:])
	}
}

func (h *stateHash) bytes() []byte {
	b := make([]byte, 0, 2*len(h))
	for _, v := range h {
		b = binary.BigEndian.AppendUint16(b, v)
	}
	return b
}

func readStateHash(r *wire.Reader) (h stateHash) {
	for i := range h {
		h[i] = r.Uint16()
	}
	return h
}
