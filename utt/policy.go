package utt

import (
	"fmt"
	"slices"
	"strings"

	"github.com/utt-ecash/utt-go/rangeproof"
)

// This file says which rows of the policy table are sound.

// checkRow reports a row that cannot be enforced, or that lets money reach somebody with
// neither counter nor audit.
func (c *Config) checkRow(r *Row) error {
	at, ok := cases[r.Case]
	switch {
	case !ok:
		return fmt.Errorf("of the unknown %v", r.Case)
	case r.Circuit < 0 || r.Circuit >= len(c.Circuits):
		return fmt.Errorf("with circuit %d of %d", r.Circuit, len(c.Circuits))
	case at.audit && !slices.Contains([]Reveals{RevealAmount, RevealAmountAndPayee, RevealAll}, r.Audit.Reveals):
		return fmt.Errorf("in case %v that says not what auditors open", r.Case)
	case at.audit && c.Auditors.empty():
		return fmt.Errorf("in case %v without auditors", r.Case)
	case !at.audit && r.Audit != Audit{}:
		return fmt.Errorf("in case %v with an audit", r.Case)
	case !at.payee && r.Limit != 0:
		return fmt.Errorf("in case %v with a limit", r.Case)
	case at.audit && r.Limit == 0: // [POLICY-TIER]
		return fmt.Errorf("in case %v with limit 0: leave it out", r.Case)
	case at.audit && (!wholeSeconds(r.Audit.Expire) || r.Audit.Expire == 0 || !wholeSeconds(r.Audit.Delay)):
		return fmt.Errorf("in case %v that expires after %v and waits %v: whole seconds, and at least one to expire", r.Case, r.Audit.Expire, r.Audit.Delay)
	case at.audit && (r.Audit.Delay > 0) != at.delay:
		return fmt.Errorf("in case %v with a delay of %v", r.Case, r.Audit.Delay)
	case at.payee && r.Counter == "" && !at.audit: // [POLICY-SOUND]
		return fmt.Errorf("in case %v in which money reaches a payee with neither counter nor audit", r.Case)
	case !at.payee && r.Counter != "":
		return fmt.Errorf("in case %v with a counter of what is paid", r.Case)
	case r.Counter != "" && !c.Policy.Counts(r.Counter):
		return fmt.Errorf("with a counter %.*q that the policy does not have", maxName, r.Counter)
	case len(r.Assets) > MaxAssets:
		return fmt.Errorf("for %d assets", len(r.Assets))
	}
	if r.Fee != (Fee{}) {
		if _, ok := r.Fee.of(MaxInputs); !ok {
			return fmt.Errorf("with a fee that does not fit: %d and %d an input", r.Fee.Base, r.Fee.PerInput)
		}
		if c.FeeAccount == (PID{}) {
			return fmt.Errorf("with a fee for no account: set FeeAccount")
		}
	}
	key := c.Circuits[r.Circuit].Key
	if err := r.checkCircuit(c, key); err != nil {
		return err
	}
	for j, pid := range r.Fixed {
		if j < 1 || j >= key.Outputs() {
			return fmt.Errorf("that fixes output %d of %d; output 0 is the payee's", j, key.Outputs())
		}
		if !pid.canonical() {
			return fmt.Errorf("that pays an identifier that is not canonical")
		}
	}
	return nil
}

// checkCircuit reports a circuit that does not enforce what the row says.
func (r *Row) checkCircuit(c *Config, key *rangeproof.VerifyingKey) error {
	at := cases[r.Case]
	tax, _, taxed := key.TaxOutput()
	_, paid := r.Fixed[tax]
	_, byTotal := key.TaxByTotal()
	switch {
	case at.payee != key.Pays(): // [BAL-6]
		return fmt.Errorf("in case %v by a circuit whose payments may be of nothing, or of transfers to oneself by one whose may not: rangeproof.Pays is for payments", r.Case)
	case r.Counter != "" && (r.Limit != 0) != key.Limited():
		return fmt.Errorf("with a counter and a limit by a circuit that checks one of the two, or the other way: rangeproof.Limited is for both")
	case r.Counter == "" && key.Limited():
		return fmt.Errorf("without a counter by a circuit for both counter and limit")
	case taxed && !paid:
		return fmt.Errorf("whose tax in output %d would be the sender's own: fix its owner", tax)
	case len(r.Fixed) > bounded(key):
		return fmt.Errorf("that fixes %d outputs, of which the circuit's rules bound at most %d", len(r.Fixed), bounded(key))
	case byTotal && !at.payee:
		return fmt.Errorf("in case %v by a circuit that taxes by total what is paid to nobody", r.Case)
	case byTotal && c.Tax.empty():
		return fmt.Errorf("by a circuit that taxes by total, and nobody to decrypt it: set Tax")
	}
	return nil
}

// bounded is how many outputs the rules of a circuit may bound: the tax, and one for each
// rule of a third party's. Money in a fixed output that no rule bounds would reach its owner
// without budget and without limit.
func bounded(key *rangeproof.VerifyingKey) (n int) {
	for _, name := range key.Rules() {
		_, err := rangeproof.ParseRule(name)
		if _, _, taxed := key.TaxOutput(); err != nil || taxed && strings.HasPrefix(name, "tax/") {
			n++
		}
	}
	return n
}
