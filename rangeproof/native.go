package rangeproof

import (
	"fmt"

	"github.com/utt-ecash/utt-go/internal/curve"
)

// Holds reports whether the values satisfy the circuit, as the circuit itself
// does. The error is ErrUnsatisfied with the label of the first equation or the
// name of the first rule that is violated, or ErrArgument for a wrong number of
// inputs or outputs.
func (c *Circuit) Holds(v Values, pub Public) error {
	if n := c.Outputs(); n == 0 || len(v.In) > MaxInputs || len(v.Out) != n {
		return fmt.Errorf("%w: %d inputs and %d outputs in a circuit for at most %d and %d",
			ErrArgument, len(v.In), len(v.Out), MaxInputs, n)
	}
	if err := balanced(assign(v, pub, curve.Scalar{}), c.outputs); err != nil {
		return err
	}
	for _, r := range c.rules {
		if err := r.Holds(v, pub); err != nil {
			return fmt.Errorf("%w: rule %s: %w", ErrUnsatisfied, r.Name(), err)
		}
	}
	return nil
}

// balanced is BAL-1 to BAL-5 on a vector of any scalars.
func balanced(x []curve.Scalar, outputs int) error {
	s := slotsOf(outputs)
	out := x[s.out : s.out+outputs]
	violated := func(format string, args ...any) error {
		return fmt.Errorf("%w: %s", ErrUnsatisfied, fmt.Sprintf(format, args...))
	}

	sum := x[s.publicOut]
	for _, v := range out {
		sum = sum.Add(v)
	}
	if !sum.Equal(x[s.inSum]) {
		return violated("[BAL-1] the inputs are not what the outputs add up to")
	}
	for j := 1; j < outputs; j++ {
		if !below(out[j], 64) {
			return violated("[BAL-2] output %d is out of range", j)
		}
	}
	budgeted := x[s.budgeted].IsOne()
	if budgeted && !x[s.budgetIn].Equal(x[s.budgetOut].Add(out[0])) {
		return violated("[BAL-3] output 0 is not what the budget lost")
	}
	switch {
	case !budgeted && !x[s.budgeted].IsZero():
		return violated("[BAL-4] budgeted is neither 0 nor 1")
	case budgeted && !below(x[s.budgetOut], 64):
		return violated("[BAL-4] output 0 exceeds the budget")
	case !budgeted && !below(x[s.limit].Sub(out[0]), 64):
		return violated("[BAL-4] output 0 exceeds the limit")
	}
	if lo, hi := x[s.lo], x[s.hi]; !below(lo, 32) || !below(hi, 32) || !out[0].Equal(lo.Add(hi.Mul(curve.Uint64(1<<32)))) {
		return violated("[BAL-5] output 0 is out of range or not lo + 2^32·hi")
	}
	return nil
}

// below reports 0 ≤ s < 2^bits for at most 64 bits.
func below(s curve.Scalar, bits int) bool {
	v, ok := s.Uint64()
	return ok && v>>(bits-1)>>1 == 0
}
