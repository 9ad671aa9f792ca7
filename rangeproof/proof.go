package rangeproof

import (
	"fmt"
	"io"

	"github.com/utt-ecash/utt-go/internal/curve"
)

// Proof is a Groth16 proof (A, B, C) with the commitment D to its hidden inputs.
// It is malleable, as all Groth16 proofs: its bytes identify nothing.
type Proof struct {
	a, c, d curve.G1
	b       curve.G2
}

// noProof stands in for a nil one.
var noProof Proof

// Opening is what D commits to: the hidden inputs and ρ. It is secret.
type Opening struct {
	outputs int
	x       []curve.Scalar // the committed slots
}

// Format prints "redacted".
func (o Opening) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "redacted") }

// MarshalJSON refuses to leak: it encodes "redacted".
func (o Opening) MarshalJSON() ([]byte, error) { return []byte(`"redacted"`), nil }
