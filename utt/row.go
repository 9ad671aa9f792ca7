package utt

import (
	"maps"
	"math"
	"slices"
	"time"

	"github.com/utt-ecash/utt-go/internal/wire"
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

// Of is the fee of a transfer with a number of inputs. It saturates.
func (f Fee) Of(inputs int) Amount {
	if fee, ok := f.of(max(inputs, 0)); ok {
		return fee
	}
	return math.MaxUint64
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
