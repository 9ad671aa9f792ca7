package utt

import (
	"encoding/binary"

	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/dst"
	"github.com/utt-ecash/utt-go/sig"
)

// LikeAudited are transfers like an audited one, each with a nullifier of its own, whose
// proofs are wrong: for ledgers that are told to trust them.
func (w *World) LikeAudited(honest *Transfer, from uint64, n int) []Operation {
	ops := make([]Operation, n)
	for i := range ops {
		t := *honest
		t.inputs = []input{t.inputs[0]}
		t.inputs[0].nullifier = w.nullifierAt(curve.HashToG1(dst.Base, binary.BigEndian.AppendUint64(nil, from+uint64(i))))
		t.finish()
		ops[i] = &t
	}
	return ops
}

// Undecided is a decision that nobody signed.
func Undecided(verb Verb, id ID) *Decision {
	return must(NewDecision(verb, id, sig.SignatureOf(curve.Generator())))
}

// SettledOutputs are the outputs, by index in the transfer, that a record has signed.
func SettledOutputs(r *Record) (indices []int) {
	if e, ok := r.entry.(*settlement); ok {
		for _, o := range e.outputs {
			indices = append(indices, o.index)
		}
	}
	return indices
}
