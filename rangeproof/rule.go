package rangeproof

import "github.com/consensys/gnark/frontend"

// Rule is a policy that a circuit enforces beyond the balance: constraints and the
// same condition natively. The two must agree on all values that satisfy BAL-1 to
// BAL-5: Circuit.Solves is for the test that they do. A rule is immutable; its name
// says all that its constraints depend on.
//
// A rule sees one payment. Whatever it makes of the amount of a payment, an exemption,
// a rate that rises, a sum from which on something is reported, is evaded by many
// smaller payments, which programs make at no trouble. What is to hold of amounts in
// total goes over the budget, which all payments of an epoch draw on. It is for the
// same reason that taxes are rounded up.
type Rule interface {
	// Name is unique in a circuit and at most 64 bytes. Names whose part before the
	// first / is pays, limited, tax or tax-by-total are those of this package.
	Name() string
	// Constrain adds the constraints. It must not use commitments or lookups.
	Constrain(api frontend.API, w Wires) error
	// Holds returns an error, without the values in its text, if the rule is broken.
	Holds(v Values, pub Public) error
}

// Bounder is a Rule that by itself, given the balance and the range of all other
// amounts, keeps one output in [0, 2^64). The circuit then leaves the range check
// of that output to the rule, for 65 constraints less. A circuit has one such rule at
// most [RULE-BOUNDER]: of two amounts without a check of their own one could be huge and
// the other as far below zero, and BAL-1 would hold. TaxByTotal counts as one.
type Bounder interface {
	Rule
	// Bounds is the index of the output, not 0.
	Bounds() int
}

// Wires are the values of a circuit as rules see them. In holds the sum of the
// inputs, Lo and Hi the halves of Out[0], Budgeted 0 or 1. Due is 0, and in a circuit
// that taxes by total what the inputs hold beyond Out and PublicOut.
type Wires struct {
	In                         frontend.Variable
	Out                        []frontend.Variable
	BudgetIn, BudgetOut        frontend.Variable
	Lo, Hi                     frontend.Variable
	PublicOut, Budgeted, Limit frontend.Variable
	Due                        frontend.Variable
}

// Completer is a Rule that determines values from others. Wallets use it.
type Completer interface {
	Rule
	// Complete sets the outputs, or what is Due, that the rule determines.
	Complete(v *Values)
}
