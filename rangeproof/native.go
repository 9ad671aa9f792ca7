package rangeproof

import (
	"fmt"

	"github.com/utt-ecash/utt-go/internal/curve"
)

// Holds reports whether the values satisfy the circuit, as the circuit itself
// does. The error is ErrUnsatisfied with the label of the first equation or the
// name of the first rule that is violated, or ErrArgument for a wrong number of
// inputs or outputs, and for a tax due in a circuit without one by total.
func (c *Circuit) Holds(v Values, pub Public) error {
	if err := c.fits(v); err != nil {
		return err
	}
	x := assign(v, pub, curve.Scalar{})
	if err := c.balanced(x); err != nil {
		return err
	}
	if !c.due(v, x) {
		return fmt.Errorf("%w: [TAX-1] the inputs are not what the outputs and the tax due add up to: Complete sets it", ErrUnsatisfied)
	}
	for i, r := range c.rules {
		if err := r.Holds(v, pub); err != nil {
			return fmt.Errorf("%w: rule %s: %w", ErrUnsatisfied, c.description.rules[i], err)
		}
	}
	return nil
}

// fits reports values that are not of the circuit's form.
func (c *Circuit) fits(v Values) error {
	if n := c.Outputs(); n == 0 || len(v.In) > MaxInputs || len(v.Out) != n {
		return fmt.Errorf("%w: %d inputs and %d outputs in a circuit for at most %d and %d",
			ErrArgument, len(v.In), len(v.Out), MaxInputs, n)
	}
	if _, ok := c.TaxByTotal(); !ok && v.Due != 0 {
		return fmt.Errorf("%w: a tax due in a circuit that does not tax by total", ErrArgument)
	}
	return nil
}

// due reports whether t, which has no slot, is what the slots make it [TAX-1].
func (c *Circuit) due(v Values, x []curve.Scalar) bool {
	_, ok := c.TaxByTotal()
	return !ok || curve.Uint64(uint64(v.Due)).Equal(unspent(x, slotsOf(c.Outputs())))
}

// balanced is BAL-1 to BAL-5 on a vector of any scalars.
func (c *Circuit) balanced(x []curve.Scalar) error {
	s := slotsOf(c.Outputs())
	out := x[s.out:s.budgetIn]
	violated := func(format string, args ...any) error {
		return fmt.Errorf("%w: %s", ErrUnsatisfied, fmt.Sprintf(format, args...))
	}

	if _, ok := c.TaxByTotal(); !ok && !unspent(x, s).IsZero() {
		return violated("[BAL-1] the inputs are not what the outputs add up to")
	}
	for j := 1; j < len(out); j++ {
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
