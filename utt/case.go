package utt

import (
	"math"

	"github.com/utt-ecash/utt-go/budget"
	"github.com/utt-ecash/utt-go/internal/attr"
	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/rangeproof"
)

// Case is how a private transfer stands to the policy. The sender names it; what
// follows from it, the verifier derives.
type Case uint8

// The cases of a private transfer.
const (
	// Self moves money between coins of one owner (split, merge) or out to his
	// account (burn, which others call to unshield). It costs no budget and reveals nothing
	// but a burn.
	Self Case = 1
	// Anonymous pays somebody within the budget, and reveals nothing.
	Anonymous Case = 2
	// Audited pays beyond the budget, with the auditors' approval in real time.
	// Reserved: this version rejects it.
	Audited Case = 3
	// Delayed pays beyond the audited tier: approval, then a delay. Reserved: this
	// version rejects it.
	Delayed Case = 4
)

var caseNames = func() map[Case]string {
	names := make(map[Case]string, len(cases))
	for c, r := range cases {
		names[c] = r.name
	}
	return names
}()

func (c Case) String() string { return nameIn(caseNames, c, "case") }

// cases is the policy table: what every case demands of a transfer. A sender who
// could choose any of these would choose no budget and no tax.
var cases = map[Case]struct {
	name      string
	payee     bool                        // output 0 belongs to somebody else
	budget    bool                        // a budget coin is spent and its change returned
	audit     bool                        // the auditors can read sender, payee and amount
	refund    bool                        // an output of the whole input, signed if the payment is refused
	publicOut bool                        // money may leave for the sender's account
	limit     func(*budget.Policy) Amount // on output 0, where the budget does not limit it
}{
	Self:      {name: "self", publicOut: true, limit: func(*budget.Policy) Amount { return math.MaxUint64 }},
	Anonymous: {name: "anonymous", payee: true, budget: true, limit: func(*budget.Policy) Amount { return 0 }},
	Audited:   {name: "audited", payee: true, audit: true, refund: true, limit: func(p *budget.Policy) Amount { return p.Audited.Limit }},
	Delayed:   {name: "delayed", payee: true, audit: true, refund: true, limit: func(p *budget.Policy) Amount { return p.Delayed.Limit }},
}

type role struct {
	kind Role
	pid  PID // of a fixed output
}

// shape is what a transfer's header makes of it: computed, never read.
type shape struct {
	use         Case
	circuit     *Circuit
	roles       []role // of all outputs; those of the circuit come first
	money       attr.Attribute
	budget      attr.Attribute
	hasBudget   bool
	mayBurn     bool
	limit       Amount
	circuitOuts int
}

// kindOf is the kind of output j.
func (s *shape) kindOf(j int) attr.Attribute {
	if s.roles[j].kind == BudgetChange {
		return s.budget
	}
	return s.money
}

// public is the public input of the circuit.
func (s *shape) public(out Amount) rangeproof.Public {
	return rangeproof.Public{PublicOut: out, Budgeted: s.hasBudget, Limit: s.limit}
}

// shape derives what the header demands and claims that the header is right for
// these parameters at an epoch. It returns nil once a claim has failed.
func (p *Parameters) shape(h *header, now Epoch, claims *batch.Claims) *shape {
	c := cases[h.use]
	circuit := p.circuits[circuitUse{h.asset, h.use}]
	epoch := Epoch(0)
	if c.budget {
		epoch = now
	}
	ok := claims.Require("TX-NETWORK", h.network == p.network, "made for another network") &&
		claims.Require("TX-PARAMETERS", h.parameters == p.digest, "made for other parameters") &&
		claims.Require("POLICY-CASE", circuit != nil && !c.audit, "no %v transfers of %q here", h.use, h.asset) &&
		claims.Require("POLICY-CIRCUIT", circuit != nil && h.circuit == circuit.Key.CircuitID(), "another circuit than the case's") &&
		claims.Require(labelEpoch, h.epoch == epoch, "made for epoch %d, not %d", h.epoch, epoch)
	if !ok || circuit == nil {
		return nil
	}
	return p.derive(h, circuit)
}

// derive is the shape of a header that is right, as on record.
func (p *Parameters) derive(h *header, circuit *Circuit) *shape {
	c := cases[h.use]
	s := &shape{
		use:         h.use,
		circuit:     circuit,
		money:       budget.MoneyKind(h.asset),
		hasBudget:   c.budget,
		mayBurn:     c.publicOut,
		limit:       c.limit(&p.config.Policy),
		circuitOuts: circuit.Key.Outputs(),
	}
	for j := range s.circuitOuts {
		r := role{kind: Own}
		if pid, ok := circuit.Fixed[j]; ok {
			r = role{Fixed, pid}
		} else if j == 0 && c.payee {
			r.kind = Payee
		}
		s.roles = append(s.roles, r)
	}
	if c.budget {
		s.budget = budget.Kind(h.asset, h.epoch)
		s.roles = append(s.roles, role{kind: BudgetChange})
	}
	if c.refund {
		s.roles = append(s.roles, role{kind: Refund})
	}
	return s
}
