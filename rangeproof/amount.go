package rangeproof

import (
	"fmt"
	"io"

	"github.com/utt-ecash/utt-go/internal/curve"
)

// Amount is a number of an asset's minor units.
type Amount uint64

// MaxInputs bounds the inputs whose sum a circuit balances. The derivation in the
// package comment needs it to be far below r/2^64.
const MaxInputs = 8

// MaxOutputs bounds the outputs of a circuit.
const MaxOutputs = 8

// Values are what a proof hides. The zero budget goes with an unbudgeted proof.
type Values struct {
	In                  []Amount // at most MaxInputs; only their sum enters the circuit
	Out                 []Amount // one for each output of the circuit; Out[0] is what the limit and the budget bound
	BudgetIn, BudgetOut Amount   // budget before and after
	Due                 Amount   // what the inputs hold beyond Out and PublicOut: 0 but for TaxByTotal
}

// Format prints "redacted": the values are secret.
func (v Values) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "redacted") }

// MarshalJSON refuses to leak: it encodes "redacted".
func (v Values) MarshalJSON() ([]byte, error) { return []byte(`"redacted"`), nil }

// Public is what a proof shows. The verifier computes it from the policy and
// never takes it from the prover.
type Public struct {
	PublicOut Amount // leaves the hidden outputs
	Budgeted  bool   // Out[0] is taken from the budget; else it is at most Limit
	Limit     Amount
}

// sum is the inputs' sum; in the field, since it may exceed 64 bits.
func (v Values) sum() curve.Scalar {
	var s curve.Scalar
	for _, a := range v.In {
		s = s.Add(curve.Uint64(uint64(a)))
	}
	return s
}

// slots says where in a circuit's input vector each value stands. The committed
// slots come first, up to and including ρ; the public ones follow. Point K_i of a
// verifying key belongs to slot i−1, K_0 to the constant 1.
type slots struct {
	inSum, out, budgetIn, budgetOut, lo, hi, rho int
	publicOut, budgeted, limit                   int
}

func slotsOf(outputs int) slots {
	b := 1 + outputs
	return slots{
		inSum: 0, out: 1, budgetIn: b, budgetOut: b + 1, lo: b + 2, hi: b + 3, rho: b + 4,
		publicOut: b + 5, budgeted: b + 6, limit: b + 7,
	}
}

// name is that of a slot.
func (s slots) name(slot int) string {
	if slot > s.inSum && slot < s.budgetIn {
		return fmt.Sprintf("v_out[%d]", slot-s.out)
	}
	return map[int]string{
		s.inSum: "in_sum", s.budgetIn: "b_in", s.budgetOut: "b_out", s.lo: "lo", s.hi: "hi", s.rho: "ρ",
		s.publicOut: "public_out", s.budgeted: "budgeted", s.limit: "limit",
	}[slot]
}

// count is the number of slots; committed, of the committed ones.
func (s slots) count() int     { return s.limit + 1 }
func (s slots) committed() int { return s.rho + 1 }

// assign lays out the circuit's input vector.
func assign(v Values, pub Public, rho curve.Scalar) []curve.Scalar {
	s := slotsOf(len(v.Out))
	x := make([]curve.Scalar, s.count())
	x[s.inSum] = v.sum()
	for j, a := range v.Out {
		x[s.out+j] = curve.Uint64(uint64(a))
	}
	x[s.budgetIn] = curve.Uint64(uint64(v.BudgetIn))
	x[s.budgetOut] = curve.Uint64(uint64(v.BudgetOut))
	x[s.lo] = curve.Uint64(uint64(v.Out[0]) & (1<<32 - 1))
	x[s.hi] = curve.Uint64(uint64(v.Out[0]) >> 32)
	x[s.rho] = rho
	for i, p := range pub.scalars() {
		x[s.publicOut+i] = p
	}
	return x
}

// unspent is in_sum − Σ v_out − public_out.
func unspent(x []curve.Scalar, s slots) curve.Scalar {
	rest := x[s.inSum].Sub(x[s.publicOut])
	for _, v := range x[s.out:s.budgetIn] {
		rest = rest.Sub(v)
	}
	return rest
}

// below reports 0 ≤ s < 2^bits for at most 64 bits.
func below(s curve.Scalar, bits int) bool {
	v, ok := s.Uint64()
	return ok && v>>(bits-1)>>1 == 0
}

// scalars are the public slots, in order.
func (p Public) scalars() [3]curve.Scalar {
	var budgeted uint64
	if p.Budgeted {
		budgeted = 1
	}
	return [3]curve.Scalar{curve.Uint64(uint64(p.PublicOut)), curve.Uint64(budgeted), curve.Uint64(uint64(p.Limit))}
}
