package rangeproof

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/consensys/gnark-crypto/ecc"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"
	"github.com/consensys/gnark/constraint"
	cs "github.com/consensys/gnark/constraint/bls12-381"
	"github.com/consensys/gnark/frontend"
	"github.com/consensys/gnark/frontend/cs/r1cs"
	"github.com/consensys/gnark/logger"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/dst"
	"github.com/utt-ecash/utt-go/internal/transcript"
	"github.com/utt-ecash/utt-go/internal/wire"
)

// gnark logs to standard output, and its solver logs the values of a constraint
// that fails. No option of a call turns that off, only this for the whole program;
// done here, before main, it races with nothing. A program that wants gnark's log
// for circuits of its own calls logger.Set after it.
func init() { logger.Disable() }

const maxConstraints = 1 << 14

// Circuit is a compiled balance circuit. It is immutable. The zero value is of no
// use: no values satisfy it, and it has no keys.
type Circuit struct {
	description description
	rules       []Rule
	r1cs        *cs.R1CS
	relation    [32]byte // hash of the constraints
	id          [32]byte
}

// Compile makes the circuit for a number of outputs, 1 to MaxOutputs, and rules. A
// ledger's usual circuit has two, for payee and change, and one more for each output
// that the parameters fix, such as tax; budget change is not counted. The same
// arguments give the same circuit.
//
// The error is ErrArgument, with a *RuleError for a rule that the circuit cannot have and
// a *SlotError for a slot that nothing constrains.
func Compile(outputs int, rules ...Rule) (*Circuit, error) {
	rules = slices.Clone(rules)
	names := make([]string, len(rules))
	for i, r := range rules {
		if r == nil {
			return nil, fmt.Errorf("%w: nil rule", ErrArgument)
		}
		names[i] = r.Name()
	}
	d, err := describe(outputs, names)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrArgument, err)
	}
	bounder, bounded, err := d.admit(rules)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrArgument, err)
	}
	definition := &balance{
		Slots:       make([]frontend.Variable, slotsOf(outputs).count()),
		description: d,
		rules:       rules,
		bounded:     bounded,
	}
	compiled, err := frontend.Compile(ecc.BLS12_381.ScalarField(), r1cs.NewBuilder, definition)
	if err != nil {
		return nil, fmt.Errorf("%w: compile: %w", ErrArgument, err)
	}
	c := &Circuit{description: d, rules: rules, r1cs: compiled.(*cs.R1CS)}
	if err := c.check(); err != nil {
		return nil, err
	}
	if err := c.constrained(bounder, bounded); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrArgument, err)
	}
	c.relation = c.hash()
	c.id = d.id(c.relation)
	return c, nil
}

// check demands what the link to D relies on: that all inputs are public to
// gnark, and that no part of the proof is outside (A, B, C).
func (c *Circuit) check() error {
	_, secret, public := c.r1cs.GetNbVariables()
	switch {
	case secret != 0 || public != 1+slotsOf(c.description.outputs).count():
		return fmt.Errorf("%w: %d public and %d secret inputs", ErrArgument, public, secret)
	case len(c.r1cs.CommitmentInfo.(constraint.Groth16Commitments)) != 0:
		return fmt.Errorf("%w: a rule uses commitments", ErrArgument)
	case c.r1cs.GetNbConstraints() > maxConstraints:
		return fmt.Errorf("%w: %d constraints", ErrArgument, c.r1cs.GetNbConstraints())
	}
	return nil
}

// constrained demands that every slot is in a constraint, else K = 0 in every key; and
// that the outputs that a Bounder is to bound are in one more than BAL-1 [RULE-SLOT].
func (c *Circuit) constrained(bounder string, bounded []int) error {
	if !batch.Enforced("RULE-SLOT") {
		return nil
	}
	s := slotsOf(c.description.outputs)
	for slot, n := range c.occurrences()[1:] {
		if n == 0 {
			return &SlotError{Slot: s.name(slot)}
		}
		if n == 1 && slices.Contains(bounded, slot-s.out) {
			return &SlotError{Slot: s.name(slot), Rule: bounder}
		}
	}
	return nil
}

// occurrences counts, for the constant 1 and every slot, the constraints that have it.
func (c *Circuit) occurrences() []int {
	count := make([]int, c.r1cs.GetNbPublicVariables())
	it := c.r1cs.GetR1CIterator()
	for k := it.Next(); k != nil; k = it.Next() {
		var here []int
		for _, t := range slices.Concat(k.L, k.R, k.O) {
			if w := t.WireID(); w < len(count) && !c.coefficient(t).IsZero() && !slices.Contains(here, w) {
				here = append(here, w)
				count[w]++
			}
		}
	}
	return count
}

// noCircuit stands in for a nil one.
var noCircuit Circuit

func (c *Circuit) empty() bool { return c == nil || c.r1cs == nil }

// ID names the circuit: a hash of the outputs, the rules' names and every
// constraint. Two circuits of one ID say the same of themselves.
func (c *Circuit) ID() [32]byte { return cmp.Or(c, &noCircuit).id }

// Outputs is the number of outputs.
func (c *Circuit) Outputs() int { return cmp.Or(c, &noCircuit).description.outputs }

// Rules are the names of the circuit's rules, in order. With the number of outputs they
// say all that Compile needs, of rules that ParseRule knows.
func (c *Circuit) Rules() []string { return slices.Clone(cmp.Or(c, &noCircuit).description.rules) }

// Pays reports whether output 0 cannot be nothing, as is needed of payments and
// precluded of transfers to oneself: see the rule Pays.
func (c *Circuit) Pays() bool { return cmp.Or(c, &noCircuit).description.has(Pays()) }

// Limited reports whether the limit binds budgeted proofs too: see the rule Limited.
func (c *Circuit) Limited() bool { return cmp.Or(c, &noCircuit).description.has(Limited()) }

// TaxByTotal is the rate of the rule TaxByTotal, not ok if the circuit has none.
func (c *Circuit) TaxByTotal() (basisPoints uint16, ok bool) {
	return cmp.Or(c, &noCircuit).description.taxByTotal()
}

// TaxOutput is the output that the rule Tax determines, and its rate; not ok if the
// circuit has none.
func (c *Circuit) TaxOutput() (output int, basisPoints uint16, ok bool) {
	return cmp.Or(c, &noCircuit).description.taxOutput()
}

// Constraints is the number of constraints.
func (c *Circuit) Constraints() int {
	if c.empty() {
		return 0
	}
	return c.r1cs.GetNbConstraints()
}

// Complete sets the outputs, and what is Due, that the circuit's rules determine from
// Out[0]. Of a wrong number of outputs it sets none.
func (c *Circuit) Complete(v *Values) {
	if v == nil || len(v.Out) != c.Outputs() || len(v.Out) == 0 {
		return
	}
	for _, r := range c.rules {
		if r, ok := r.(Completer); ok {
			r.Complete(v)
		}
	}
}

// hash covers the relation, not gnark's encoding of it, which has file names and
// line numbers.
func (c *Circuit) hash() [32]byte {
	internal, secret, public := c.r1cs.GetNbVariables()
	var head, body []byte
	for _, n := range []int{public, secret, internal, c.r1cs.GetNbConstraints()} {
		head = wire.AppendUint32(head, uint32(n))
	}
	it := c.r1cs.GetR1CIterator()
	for k := it.Next(); k != nil; k = it.Next() {
		for _, l := range []constraint.LinearExpression{k.L, k.R, k.O} {
			body = wire.AppendUint32(body, uint32(len(l)))
			for _, t := range l {
				e := c.coefficient(t).Bytes()
				body = append(wire.AppendUint32(body, uint32(t.WireID())), e[:]...)
			}
		}
	}
	return transcript.Hash(dst.RelationDigest, head, body)
}

func (c *Circuit) coefficient(t constraint.Term) *fr.Element {
	return &c.r1cs.Coefficients[t.CoeffID()]
}

// balance is the circuit as gnark compiles it. All slots are public inputs to
// gnark: "gnark:public" without the comma would be a name, and nothing public.
type balance struct {
	Slots       []frontend.Variable `gnark:",public"`
	description description
	rules       []Rule
	bounded     []int // outputs whose range a rule sees to
}

// wires are new at every call: what a rule does to its own, no other sees.
func (b *balance) wires() Wires {
	s := slotsOf(b.description.outputs)
	return Wires{
		In: b.Slots[s.inSum], Out: slices.Clone(b.Slots[s.out:s.budgetIn]),
		BudgetIn: b.Slots[s.budgetIn], BudgetOut: b.Slots[s.budgetOut],
		Lo: b.Slots[s.lo], Hi: b.Slots[s.hi],
		PublicOut: b.Slots[s.publicOut], Budgeted: b.Slots[s.budgeted], Limit: b.Slots[s.limit],
		Due: 0,
	}
}

// Define adds the constraints.
func (b *balance) Define(api frontend.API) error {
	w := b.wires()
	due := w.Due
	type equation struct {
		label string
		add   func()
	}
	sums := equation{"BAL-1", func() { conserve(api, w) }}
	if _, ok := b.description.taxByTotal(); ok {
		sums = equation{"TAX-1", func() { due = rest(api, w) }}
	}
	for _, c := range []equation{
		sums,
		{"BAL-2", func() { ranges(api, w, b.bounded) }},
		{"BAL-3", func() { spendBudget(api, w) }},
		{"BAL-4", func() { bound(api, w) }},
		{"BAL-5", func() { halves(api, w) }},
		{"BAL-RHO", func() { keep(api, b.Slots[slotsOf(b.description.outputs).rho]) }},
	} {
		if batch.Enforced(c.label) { // always, but in builds for tests of the tests
			c.add()
		}
	}
	for i, r := range b.rules {
		w := b.wires()
		w.Due = due
		if err := r.Constrain(api, w); err != nil {
			return fmt.Errorf("rule %s: %w", b.description.rules[i], err)
		}
	}
	return nil
}

// conserve: in_sum = Σ v_out + public_out [BAL-1]
func conserve(api frontend.API, w Wires) {
	sum := w.PublicOut
	for _, v := range w.Out {
		sum = api.Add(sum, v)
	}
	api.AssertIsEqual(w.In, sum)
}

// rest: t = in_sum − Σ v_out − public_out [TAX-1]
func rest(api frontend.API, w Wires) frontend.Variable {
	return api.Sub(w.In, w.PublicOut, w.Out...)
}

// ranges: v_out[j] ∈ [0, 2^64) for j > 0, but for the one a rule bounds [BAL-2]
func ranges(api frontend.API, w Wires, bounded []int) {
	for j := 1; j < len(w.Out); j++ {
		if !slices.Contains(bounded, j) {
			api.ToBinary(w.Out[j], 64)
		}
	}
}

// spendBudget: budgeted·(b_in − b_out − v_out[0]) = 0 [BAL-3]
func spendBudget(api frontend.API, w Wires) {
	rest := api.Sub(w.BudgetIn, w.BudgetOut, w.Out[0])
	api.AssertIsEqual(api.Mul(w.Budgeted, rest), 0)
}

// bound: (budgeted ? b_out : limit − v_out[0]) ∈ [0, 2^64) [BAL-4]
//
// Select also keeps budgeted, which the verifier makes of a bool, in {0, 1}.
func bound(api frontend.API, w Wires) {
	api.ToBinary(api.Select(w.Budgeted, w.BudgetOut, api.Sub(w.Limit, w.Out[0])), 64)
}

// halves: v_out[0] = lo + 2^32·hi, lo, hi ∈ [0, 2^32) [BAL-5]
func halves(api frontend.API, w Wires) {
	api.ToBinary(w.Lo, 32)
	api.ToBinary(w.Hi, 32)
	api.AssertIsEqual(w.Out[0], api.Add(w.Lo, api.Mul(w.Hi, uint64(1<<32))))
}

// keep makes ρ occur in a constraint: without it K_ρ = 0, and D hides nothing.
func keep(api frontend.API, rho frontend.Variable) { api.Mul(rho, rho) }
