package utt

import (
	"cmp"

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
	epoch      Epoch // the only one in which it can execute
}

func (h *header) append(b []byte) []byte { return h.appendRules(h.appendDigests(b)) }

func readHeader(r *wire.Reader) (h header) {
	h.readDigests(r)
	rules := readRules(r)
	h.use, h.asset, h.epoch = rules.use, rules.asset, rules.epoch
	return h
}

// appendDigests appends the ledger and the version of its rules.
func (h *header) appendDigests(b []byte) []byte {
	b = append(b, h.network[:]...)
	b = append(b, h.parameters[:]...)
	return append(b, h.circuit[:]...)
}

func (h *header) readDigests(r *wire.Reader) {
	r.Fill(h.network[:])
	r.Fill(h.parameters[:])
	r.Fill(h.circuit[:])
}

// appendRules appends which of the rules it is for.
func (h *header) appendRules(b []byte) []byte {
	b = wire.AppendBytes(append(b, byte(h.use)), []byte(h.asset))
	return wire.AppendUint64(b, uint64(h.epoch))
}

func readRules(r *wire.Reader) header {
	return header{use: Case(r.Byte()), asset: readAsset(r), epoch: Epoch(r.Uint64())}
}

type role struct {
	kind Role
	pid  PID // of a fixed output
}

// shape is what a transfer's header makes of it: computed, never read.
type shape struct {
	use         Case
	row         *Row
	circuit     *Circuit
	roles       []role // of all outputs; those of the circuit come first
	money       attr.Attribute
	budget      attr.Attribute
	hasBudget   bool
	audited     bool // held, with an audit record and refunds
	auditors    *Auditors
	taxed       bool // by total: what is due is in an encryption, for a batch
	tax         *TaxOffice
	mayBurn     bool
	limit       Amount
	circuitOuts int
}

// kindOf is the kind of output j.
func (s *shape) kindOf(j int) attr.Attribute {
	if k := s.roles[j].kind; k == BudgetChange || k == BudgetRefund {
		return s.budget
	}
	return s.money
}

// others are the outputs to somebody else.
func (s *shape) others() (n int) {
	for _, r := range s.roles {
		if r.toOther() {
			n++
		}
	}
	return n
}

// toOther reports an output whose note and clue are for somebody else than the sender.
func (r role) toOther() bool { return r.kind == Payee || r.kind == Fixed }

// public is the public input of the circuit.
func (s *shape) public(out Amount) rangeproof.Public {
	return rangeproof.Public{PublicOut: out, Budgeted: s.hasBudget, Limit: s.limit}
}

// shape derives what the header demands and claims that the header is right for
// the version of these parameters at an epoch. It returns nil once a claim has failed.
func (p *Parameters) shape(h *header, now Epoch, claims *batch.Claims) *shape {
	p = p.At(now)
	row := p.rows[rowUse{h.asset, h.use}]
	ok := claims.Require("TX-NETWORK", h.network == p.network, "made for another network") &&
		claims.Require(labelEpoch, h.epoch == now, "made for epoch %d, not %d", h.epoch, now) && // [TX-EPOCH]
		claims.Require("TX-PARAMETERS", h.parameters == p.digest, "made for another version of the parameters than that of epoch %d", now) &&
		claims.Require("POLICY-CASE", row != nil, "no %v transfers of %q here", h.use, h.asset) &&
		claims.Require("POLICY-CIRCUIT", row != nil && h.circuit == p.config.Circuits[row.Circuit].Key.CircuitID(), "another circuit than the case's")
	if !ok || row == nil {
		return nil
	}
	return p.derive(h, row)
}

// derive is the shape of a header that is right, as on record.
func (p *Parameters) derive(h *header, row *Row) *shape {
	c, circuit := cases[row.Case], &p.config.Circuits[row.Circuit]
	s := &shape{
		use:         row.Case,
		row:         row,
		circuit:     circuit,
		money:       p.kinds.get(kindOf{asset: h.asset}),
		hasBudget:   row.Counter != "",
		audited:     c.audit,
		auditors:    p.config.Auditors,
		mayBurn:     c.publicOut,
		tax:         p.config.Tax,
		limit:       row.limit(),
		circuitOuts: circuit.Key.Outputs(),
	}
	_, s.taxed = circuit.Key.TaxByTotal()
	for j := range s.circuitOuts {
		r := role{kind: Own}
		if pid, ok := row.Fixed[j]; ok {
			r = role{Fixed, pid}
		} else if j == 0 && c.payee {
			r.kind = Payee
		}
		s.roles = append(s.roles, r)
	}
	if s.hasBudget {
		s.budget = p.kinds.get(kindOf{row.Counter, h.asset, h.epoch})
		s.roles = append(s.roles, role{kind: BudgetChange})
	}
	if s.audited {
		s.roles = append(s.roles, role{kind: Refund})
	}
	if s.audited && s.hasBudget {
		s.roles = append(s.roles, role{kind: BudgetRefund})
	}
	return s
}

// OutputsFor are the outputs of transfers of an asset in a case, in order, nil where there
// are no such transfers. The owners of fixed ones are public.
func (p *Parameters) OutputsFor(asset string, use Case) []Output {
	at := cmp.Or(p, &noParameters).rows[rowUse{asset, use}]
	if at == nil {
		return nil
	}
	var outputs []Output
	for _, r := range p.derive(&header{use: use, asset: asset}, at).roles {
		outputs = append(outputs, Output{r.kind, r.pid})
	}
	return outputs
}
