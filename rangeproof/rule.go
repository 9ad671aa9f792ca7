package rangeproof

import (
	"fmt"
	"math/bits"

	"github.com/consensys/gnark/frontend"
)

// Rule is a policy that a circuit enforces beyond the balance: constraints and the
// same condition natively. The two must agree on all values that satisfy BAL-1 to
// BAL-5. A rule is immutable; its name says all that its constraints depend on.
type Rule interface {
	// Name is unique in a circuit and at most 64 bytes.
	Name() string
	// Constrain adds the constraints. It must not use commitments or lookups.
	Constrain(api frontend.API, w Wires) error
	// Holds returns an error, without the values in its text, if the rule is broken.
	Holds(v Values, pub Public) error
}

// Bounder is a Rule that by itself, given the balance and the range of all other
// amounts, keeps one output in [0, 2^64). The circuit then leaves the range check
// of that output to the rule, for 65 constraints less. It does so for one rule
// only, the first: of two outputs without a check of their own one could be huge
// and the other as far below zero, and BAL-1 would hold.
type Bounder interface {
	Rule
	// Bounds is the index of the output, not 0.
	Bounds() int
}

// Wires are the values of a circuit as rules see them. In holds the sum of the
// inputs, Lo and Hi the halves of Out[0], Budgeted 0 or 1.
type Wires struct {
	In                         frontend.Variable
	Out                        []frontend.Variable
	BudgetIn, BudgetOut        frontend.Variable
	Lo, Hi                     frontend.Variable
	PublicOut, Budgeted, Limit frontend.Variable
}

// wholeRate is a rate of one, in basis points.
const wholeRate = 10000

// Tax is the rule that an output is the tax on Out[0], rounded down:
//
//	Out[output] = ⌊basisPoints·Out[0] / 10000⌋,  basisPoints ≤ 10000
//
// To whom the output belongs, the caller sees to. Tax is a Bounder: with
//
//	R = basisPoints·Out[0] − 10000·Out[output]  (mod r),  0 ≤ R < 10000
//
// and Out[output] = Σ In − Σ others − PublicOut (mod r), whose integer value is
// below 2^68 in magnitude, the first equation holds over the integers. So
// Out[output] = (basisPoints·Out[0] − R)/10000 is above −1, at most Out[0], and
// the quotient rounded down.
func Tax(output int, basisPoints uint16) Rule { return tax{output, basisPoints} }

type tax struct {
	output int
	rate   uint16
}

func (t tax) Name() string { return fmt.Sprintf("tax/%d/%d", t.output, t.rate) }
func (t tax) Bounds() int  { return t.output }

// applies reports why the rule cannot hold for a number of outputs.
func (t tax) applies(outputs int) error {
	if t.output < 1 || t.output >= outputs {
		return fmt.Errorf("output %d of %d cannot be a tax on output 0", t.output, outputs)
	}
	if t.rate > wholeRate {
		return fmt.Errorf("tax of %d basis points", t.rate)
	}
	return nil
}

func (t tax) Constrain(api frontend.API, w Wires) error {
	if err := t.applies(len(w.Out)); err != nil {
		return err
	}
	remainder := api.Sub(api.Mul(w.Out[0], t.rate), api.Mul(w.Out[t.output], wholeRate))
	width := bits.Len(wholeRate - 1)
	api.ToBinary(remainder, width)
	api.ToBinary(api.Sub(wholeRate-1, remainder), width)
	return nil
}

func (t tax) Holds(v Values, _ Public) error {
	if err := t.applies(len(v.Out)); err != nil {
		return err
	}
	if v.Out[t.output] != t.due(v.Out[0]) {
		return fmt.Errorf("output %d is not the tax due", t.output)
	}
	return nil
}

// Completer is a Rule that determines outputs from others. Wallets use it.
type Completer interface {
	Rule
	// Complete sets the outputs that the rule determines.
	Complete(v *Values)
}

// Complete implements Completer.
func (t tax) Complete(v *Values) {
	if v != nil && t.applies(len(v.Out)) == nil {
		v.Out[t.output] = t.due(v.Out[0])
	}
}

func (t tax) due(v Amount) Amount {
	hi, lo := bits.Mul64(uint64(v), uint64(t.rate))
	due, _ := bits.Div64(hi, lo, wholeRate)
	return Amount(due)
}
