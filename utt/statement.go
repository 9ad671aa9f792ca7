package utt

import (
	"fmt"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/dst"
	"github.com/utt-ecash/utt-go/internal/sigma"
	"github.com/utt-ecash/utt-go/internal/transcript"
	"github.com/utt-ecash/utt-go/nullifier"
	"github.com/utt-ecash/utt-go/rangeproof"
	"github.com/utt-ecash/utt-go/sig"
	"github.com/utt-ecash/utt-go/threshold"
)

// This file is the only place that says what a private transfer proves. Sender
// and verifier build the statement with the same function.
//
// Variables: pid, s of the sender; sn and val of every input; pid of the payee
// (to); out of every output of the circuit, change of the budget; lo and hi, the
// 32-bit limbs of output 0; rho, the blinding of D; k, the nonce of the audit record; kt, that
// of the tax; and a blinding r for every hidden attribute of a commitment.

// Names of the variables of input i, "b" for the budget coin, and of output j.
func varSerial(i string) string                   { return "sn/" + i }
func varValue(i string) string                    { return "val/" + i }
func varOut(j int) string                         { return fmt.Sprint("out/", j) }
func varBlinding(of string, attribute int) string { return fmt.Sprint("r/", of, "/", attribute) }
func nameInput(i int) string                      { return fmt.Sprint(i) }
func nameOutput(j int) string                     { return fmt.Sprint("o", j) }

const (
	varPID, varSecret, varPayee     = "pid", "s", "to"
	varLo, varHi, varRho, varChange = "lo", "hi", "rho", "change"
	varNonce                        = "k"  // of the audit record
	varTaxNonce                     = "kt" // of the tax
	nameCredential, nameBudget      = "c", "b"
)

// coinLabels name the relations of a coin that is spent.
type coinLabels struct{ pid, serial, value string }

var (
	moneyLabels  = coinLabels{"TX-IN-PID", "TX-IN-SN", "TX-IN-VAL"}
	budgetLabels = coinLabels{"TX-B-PID", "TX-B-SN", "TX-B-VAL"}
)

// relations is what the transfer's Σ proof shows, given its shape and the
// commitments of its parts.
func (t *Transfer) relations(sh *shape, credential *sig.Commitment, inputs []*sig.Commitment, budget *sig.Commitment, outputs []*sig.Commitment) *sigma.Statement {
	st := new(sigma.Statement)
	pid, s := st.Var(varPID), st.Var(varSecret)

	credential.Relate(st, "TX-CRED-PID", credentialPID, st.Var(varBlinding(nameCredential, credentialPID)), pid)
	credential.Relate(st, "TX-CRED-S", credentialSecret, st.Var(varBlinding(nameCredential, credentialSecret)), s)

	coin := func(l coinLabels, name string, c *sig.Commitment, n nullifier.Nullifier) sigma.Var {
		sn, val := st.Var(varSerial(name)), st.Var(varValue(name))
		c.Relate(st, l.pid, coinPID, st.Var(varBlinding(name, coinPID)), pid)
		c.Relate(st, l.serial, coinSerial, st.Var(varBlinding(name, coinSerial)), sn)
		c.Relate(st, l.value, coinValue, st.Var(varBlinding(name, coinValue)), val)
		n.Relate(st, "TX-NF", s, sn) // [NF-1]
		return val
	}
	in := make([]sigma.Var, len(inputs))
	for i, c := range inputs {
		in[i] = coin(moneyLabels, nameInput(i), c, t.inputs[i].nullifier)
	}
	var link *rangeproof.BudgetVars
	if sh.hasBudget {
		link = &rangeproof.BudgetVars{In: coin(budgetLabels, nameBudget, budget, t.budget.nullifier), Out: st.Var(varChange)}
	}

	out := make([]sigma.Var, sh.circuitOuts)
	for j := range out {
		out[j] = st.Var(varOut(j))
	}
	for j, c := range outputs {
		rPID, rVal := st.Var(varBlinding(nameOutput(j), coinPID)), st.Var(varBlinding(nameOutput(j), coinValue))
		switch r := sh.roles[j]; r.kind {
		case Payee:
			c.Relate(st, "TX-OUT-PID", coinPID, rPID, st.Var(varPayee))
		case Fixed:
			c.RelateConstant(st, "TX-OUT-PID", coinPID, rPID, r.pid.attribute())
		case Own, BudgetChange, Refund, BudgetRefund:
			c.Relate(st, "TX-OUT-PID", coinPID, rPID, pid)
		}
		switch sh.roles[j].kind {
		case BudgetChange:
			c.Relate(st, "TX-OUT-VAL", coinValue, rVal, link.Out)
		case Refund:
			c.Relate(st, "TX-OUT-VAL", coinValue, rVal, in...)
		case BudgetRefund:
			c.Relate(st, "TX-OUT-VAL", coinValue, rVal, link.In)
		case Payee, Own, Fixed:
			c.Relate(st, "TX-OUT-VAL", coinValue, rVal, out[j])
		}
	}
	if t.burn.amount > 0 {
		// else anybody burns into any account
		st.Relation("TX-PUB", []curve.Term{{Scalar: t.burn.account.attribute().Scalar(), Point: curve.Generator()}},
			sigma.Secret{Var: pid, Base: curve.Generator()})
	}
	if sh.audited {
		key, k := sh.auditors.Opening, st.Var(varNonce)
		t.audit.RelateNonce(st, "AUD-0", k)
		t.audit.Relate(st, "AUD-1", key, AuditPayer, k, pid)
		t.audit.Relate(st, "AUD-2", key, AuditPayee, k, st.Var(varPayee))
		t.audit.Relate(st, "AUD-3", key, AuditLow, k, st.Var(varLo))
		t.audit.Relate(st, "AUD-4", key, AuditHigh, k, st.Var(varHi))
	}
	if sh.taxed {
		key, k := sh.tax.Decryptors.Key(), st.Var(varTaxNonce)
		public, _ := t.publicOut(sh.row)
		due := threshold.Sum{Plus: in, Minus: out, Public: curve.Uint64(uint64(public)).Neg()} // [TAX-1]
		t.tax.RelateNonce(st, "TAX-3", k)
		t.tax.RelateSum(st, "TAX-3", key, TaxDue, k, due)
		t.tax.Relate(st, "TAX-3", key, TaxLow, k, st.Var(varLo))
		t.tax.Relate(st, "TAX-3", key, TaxHigh, k, st.Var(varHi))
	}
	sh.circuit.Key.Link(st, t.groth16.Commitment(), in, out, link,
		st.Var(varLo), st.Var(varHi), st.Var(varRho)) // [TX-D]
	return st
}

// challengeTranscript holds all that the Σ proof is bound to: everything.
func (t *Transfer) challengeTranscript(body []byte) *transcript.Transcript {
	tr := transcript.New(dst.TransferProof)
	tr.Append("body", body)
	tr.Append("groth16", t.groth16.Append(nil))
	return tr
}

func (t *Transfer) claims(p *Parameters, now Epoch, c *batch.Claims, hashed bases) entry {
	sh := p.shape(&t.header, now, c)
	if sh == nil {
		return nil
	}
	nullifiers := t.nullifiers()
	out, fits := t.publicOut(sh.row)
	ok := c.Require("TX-INPUTS", len(t.inputs) > 0, "no inputs") &&
		c.Require("TX-BUDGET", (t.budget != nil) == sh.hasBudget, "budget coin: the case is %v", sh.use) &&
		c.Require("TX-OUTPUTS", len(t.outputs) == len(sh.roles), "%d outputs where the case has %d", len(t.outputs), len(sh.roles)) &&
		c.Require("TX-BURN", t.burn.amount == 0 || sh.mayBurn, "money out in case %v", sh.use) &&
		c.Require("TX-TAX", (t.tax != nil) == sh.taxed, "an encrypted tax: the row taxes by total or not") &&
		requireClues(c, t.clues, sh) &&
		c.Require("FEE-SUM", fits, "burn and fee of 2^64 or more") &&
		c.Require("TX-NF-DISTINCT", distinct(nullifiers), "a nullifier twice")
	// with a check taken out for a test, the shape may not fit
	if !ok || (t.budget != nil) != sh.hasBudget || len(t.outputs) != len(sh.roles) || sh.taxed && t.tax == nil {
		return nil
	}
	e := t.entry(p, sh, hashed)
	credential := t.credential.signed()
	credential.ClaimShown(c, "TX-SIG-CRED", p.config.CredentialKey)
	inputs, moneyKey := make([]*sig.Commitment, len(t.inputs)), p.coinKeyFor(sh.money)
	for i := range t.inputs {
		s := t.inputs[i].signed(sh.money)
		s.ClaimShown(c, "TX-SIG-IN", moneyKey)
		inputs[i] = s.Commitment
	}
	var budget *sig.Commitment
	if sh.hasBudget {
		s := t.budget.signed(sh.budget)
		s.ClaimShown(c, "TX-SIG-B", p.coinKeyFor(sh.budget))
		budget = s.Commitment
	}
	for _, n := range nullifiers {
		n.Claim(c, "TX-NF")
	}
	for _, o := range e.coins {
		o.ClaimPoints(c, "TX-OUT")
	}
	if sh.audited {
		t.audit.Claim(c) // [ENC-SUB]
	}
	if sh.taxed {
		t.tax.Claim(c) // [ENC-SUB]
	}
	t.relations(sh, credential.Commitment, inputs, budget, e.coins).Verify(c, t.challengeTranscript(t.body()), t.sigma)
	sh.circuit.Key.Claim(c, t.groth16, sh.public(out)) // [TX-G16]
	return e
}

func distinct(n []nullifier.Nullifier) bool {
	for i := range n {
		for j := range i {
			if n[i] == n[j] {
				return false
			}
		}
	}
	return true
}
