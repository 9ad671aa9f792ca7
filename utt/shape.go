package utt

import (
	"cmp"

	"github.com/utt-ecash/utt-go/budget"
	"github.com/utt-ecash/utt-go/internal/attr"
	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/rangeproof"
)

// header says which rules a transfer is made for.
type header struct {
	network    NetworkID
	parameters [32]byte
	circuit    [32]byte
	use        Case
	asset      string
	epoch      Epoch // 0 without budget
}

func (h *header) append(b []byte) []byte {
	b = append(b, h.network[:]...)
	b = append(b, h.parameters[:]...)
	b = append(b, h.circuit[:]...)
	b = append(b, byte(h.use))
	b = wire.AppendBytes(b, []byte(h.asset))
	return wire.AppendUint64(b, uint64(h.epoch))
}

func readHeader(r *wire.Reader) (h header) {
	r.Fill(h.network[:])
	r.Fill(h.parameters[:])
	r.Fill(h.circuit[:])
	h.use, h.asset, h.epoch = Case(r.Byte()), readAsset(r), Epoch(r.Uint64())
	return h
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

// OutputsFor are the outputs of transfers of an asset in a case, in order, nil where there
// are no such transfers. The owners of fixed ones are public.
func (p *Parameters) OutputsFor(asset string, use Case) []Output {
	at := cmp.Or(p, &noParameters).circuits[circuitUse{asset, use}]
	if at == nil {
		return nil
	}
	var outputs []Output
	for _, r := range p.derive(&header{use: use, asset: asset}, at).roles {
		outputs = append(outputs, Output{r.kind, r.pid})
	}
	return outputs
}
