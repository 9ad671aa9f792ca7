package utt

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/rangeproof"
)

// Row is a line of the policy table: what a transfer of some assets in a case must be. The
// sender names asset and case, and nothing else.
type Row struct {
	Case    Case
	Assets  []string // none for all
	Circuit int      // of Config.Circuits
	// Fixed are outputs owned by a public identifier, such as a tax office, by
	// index; the others, but for the payee's output 0, are the sender's own.
	Fixed map[int]PID
	// Counter is the budget that the payment is taken from, budget.Privacy or another of
	// the policy's; "" for none.
	Counter string
	Limit   Amount // on the payment; of an anonymous row, 0 for none but the counter's
	Audit   Audit  // of an audited row
	// Fee is what every transfer pays besides, to Config.FeeAccount.
	Fee Fee
}

// Audit is how auditors deal with the payments of a row: they approve or veto. What is not
// decided in time is refunded.
type Audit struct {
	Reveals Reveals       // what auditors open to decide; 0 for a row without audit
	Delay   time.Duration // between approval and execution, in which a veto is still possible
	Expire  time.Duration // after which a payment still held is refunded
}

// Fee is what a transfer pays: Base + inputs·PerInput. It is equal for transfers that look
// alike, so that it tells nothing.
type Fee struct {
	Base     Amount
	PerInput Amount
}

// of is the fee of a number of inputs; ok is false if it does not fit.
func (f Fee) of(inputs int) (fee Amount, ok bool) {
	if n := Amount(inputs); n != 0 && f.PerInput > (math.MaxUint64-f.Base)/n {
		return 0, false
	}
	return f.Base + Amount(inputs)*f.PerInput, true
}

// Reveals is what the auditors open of a payment to decide on it. The rest of its audit
// record stays sealed unless a warrant names it.
type Reveals uint8

// What auditors open.
const (
	RevealAmount         Reveals = 1
	RevealAmountAndPayee Reveals = 2
	RevealAll            Reveals = 3 // payer, payee, amount
)

var reveals = map[Reveals]string{RevealAmount: "amount", RevealAmountAndPayee: "amount and payee", RevealAll: "all"}

func (r Reveals) String() string { return nameIn(reveals, r, "reveals") }

// MarshalText is the name.
func (r Reveals) MarshalText() ([]byte, error) { return marshalName(reveals, r, "reveals") }

// UnmarshalText parses a name.
func (r *Reveals) UnmarshalText(text []byte) error { return unmarshalName(reveals, r, text, "reveals") }

// rowUse is what the sender of a transfer names.
type rowUse struct {
	asset string
	use   Case
}

// check reports a row that cannot be enforced, or that lets money reach somebody with
// neither counter nor audit.
func (r *Row) check(c *Config) error {
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

func wholeSeconds(d time.Duration) bool { return d >= 0 && d%time.Second == 0 }

func (r Row) clone() Row {
	r.Assets = slices.Clone(r.Assets)
	r.Fixed = maps.Clone(r.Fixed)
	return r
}

func (r *Row) append(b []byte) []byte {
	b = append(b, byte(r.Case))
	b = appendNames(b, r.Assets)
	b = append(b, byte(r.Circuit))
	b = wire.AppendUint16(b, uint16(len(r.Fixed)))
	for j := range maxOutputs {
		if pid, ok := r.Fixed[j]; ok {
			b = append(append(b, byte(j)), pid[:]...)
		}
	}
	b = wire.AppendBytes(b, []byte(r.Counter))
	b = wire.AppendUint64(b, uint64(r.Limit))
	b = append(b, byte(r.Audit.Reveals))
	b = wire.AppendUint64(b, uint64(r.Audit.Delay/time.Second))
	b = wire.AppendUint64(b, uint64(r.Audit.Expire/time.Second))
	b = wire.AppendUint64(b, uint64(r.Fee.Base))
	return wire.AppendUint64(b, uint64(r.Fee.PerInput))
}

func readRow(r *wire.Reader) Row {
	o := Row{Case: Case(r.Byte())}
	if o.Assets = readAssets(r); len(o.Assets) == 0 {
		o.Assets = nil
	}
	o.Circuit = int(r.Byte())
	last := -1
	for range r.Count(maxOutputs, 1+len(PID{})) {
		j := int(r.Byte())
		if j <= last {
			r.Fail("fixed outputs out of order")
		}
		if last = j; o.Fixed == nil {
			o.Fixed = make(map[int]PID)
		}
		o.Fixed[j] = readPID(r)
	}
	o.Counter = string(r.Bytes(maxName))
	o.Limit = Amount(r.Uint64())
	o.Audit = Audit{Reveals(r.Byte()), readSeconds(r), readSeconds(r)}
	o.Fee = Fee{Amount(r.Uint64()), Amount(r.Uint64())}
	return o
}

func readSeconds(r *wire.Reader) time.Duration {
	s := r.Uint64()
	if s > math.MaxInt64/uint64(time.Second) {
		r.Fail("%d seconds", s)
		return 0
	}
	return time.Duration(s) * time.Second
}

// limit is the bound on output 0 that the circuit checks where no counter does.
func (r *Row) limit() Amount {
	switch {
	case cases[r.Case].audit:
		return r.Limit
	case cases[r.Case].payee:
		return r.Limit
	}
	return math.MaxUint64
}
