package rangeproof

import (
	"fmt"
	"math/bits"

	"github.com/consensys/gnark/frontend"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/curve"
)

// wholeRate is a rate of one, in basis points.
const wholeRate = 10000

// Tax is the rule that an output is the tax on Out[0], rounded up:
//
//	[TAX-OUT]  R = 10000·Out[output] − basisPoints·Out[0],  0 ≤ R < 10000
//
// for basisPoints ≤ 10000, so that Out[output] = ⌈basisPoints·Out[0] / 10000⌉. Rounded
// down, a payment below 10000/basisPoints units would be free of it. To whom the output
// belongs, the caller sees to; its owner learns what is paid each time. TaxByTotal shows
// nobody more than totals.
//
// Tax is a Bounder. R is kept in its range modulo r. Out[output] is
// Σ In − Σ others − PublicOut, whose integer value is below 2^68 in magnitude, so that R
// is below 2^83, and the equation holds over the integers. So Out[output] =
// (basisPoints·Out[0] + R)/10000 is not below 0, at most Out[0], and the quotient
// rounded up.
func Tax(output int, basisPoints uint16) Rule { return tax{output, rate(basisPoints)} }

// TaxByTotal is the rule that the tax on Out[0] stays with nobody: it is what the inputs
// hold beyond the outputs, hidden, and has no output.
//
//	[TAX-1]  t = Σ In − Σ Out − PublicOut
//	[TAX-2]  R = 10000·t − basisPoints·Out[0],  0 ≤ R < 10000
//
// for basisPoints ≤ 10000, so that t = ⌈basisPoints·Out[0] / 10000⌉. TAX-1 stands in
// place of BAL-1. Values.Due is t. The proof leaves t nowhere: whoever verifies it has to
// demand that something holds t, such as an encryption of it to be collected in total, or
// the tax is lost.
//
// With at most MaxInputs inputs, MaxOutputs outputs, and all amounts but t below 2^64,
// t is above −9·2^64 and below 8·2^64 as an integer, and
//
//	|R| ≤ 10000·9·2^64 + 10000·2^64 = 10^5·2^64 < 2^81 < r/2
//
// R and 9999 − R in [0, 2^14) modulo r are so over the integers, hence
// 0 ≤ R ≤ 9999, t ≥ basisPoints·Out[0]/10000 > t − 1, and 0 ≤ t ≤ Out[0] < 2^64. It needs
// the range of all outputs: no Bounder may stand beside it.
func TaxByTotal(basisPoints uint16) Rule { return taxByTotal{rate(basisPoints)} }

// rate is a tax in basis points.
type rate uint16

func (r rate) check() error {
	if r > wholeRate {
		return fmt.Errorf("tax of %d basis points, of at most %d", r, wholeRate)
	}
	return nil
}

// on is the tax on an amount, for a rate of at most wholeRate.
func (r rate) on(paid Amount) Amount {
	hi, lo := bits.Mul64(uint64(paid), uint64(r))
	due, rest := bits.Div64(hi, lo, wholeRate)
	if rest > 0 {
		due++
	}
	return Amount(due)
}

// constrain keeps 10000·due − rate·paid in [0, 10000).
func (r rate) constrain(api frontend.API, due, paid frontend.Variable) {
	excess := api.Sub(api.Mul(due, wholeRate), api.Mul(paid, uint16(r)))
	width := bits.Len(wholeRate - 1)
	api.ToBinary(excess, width)
	api.ToBinary(api.Sub(wholeRate-1, excess), width)
}

// holds is constrain natively.
func (r rate) holds(due, paid curve.Scalar) bool {
	excess, ok := due.Mul(curve.Uint64(wholeRate)).Sub(paid.Mul(curve.Uint64(uint64(r)))).Uint64()
	return ok && excess < wholeRate
}

type tax struct {
	output int
	rate   rate
}

func (t tax) Name() string { return fmt.Sprintf("tax/%d/%d", t.output, t.rate) }
func (t tax) Bounds() int  { return t.output }

func (t tax) applies(outputs int) error {
	if t.output < 1 || t.output >= outputs {
		return fmt.Errorf("output %d of %d cannot be a tax on output 0", t.output, outputs)
	}
	return t.rate.check()
}

func (t tax) Constrain(api frontend.API, w Wires) error {
	if err := t.applies(len(w.Out)); err != nil {
		return err
	}
	if batch.Enforced("TAX-OUT") {
		t.rate.constrain(api, w.Out[t.output], w.Out[0]) // [TAX-OUT]
	}
	return nil
}

func (t tax) Holds(v Values, pub Public) error { return twin(t, v, pub) }

func (t tax) violated(x []curve.Scalar, s slots) error {
	if !t.rate.holds(x[s.out+t.output], x[s.out]) {
		return fmt.Errorf("[TAX-OUT] output %d is not the tax due", t.output)
	}
	return nil
}

// Complete implements Completer.
func (t tax) Complete(v *Values) {
	if v != nil && t.applies(len(v.Out)) == nil {
		v.Out[t.output] = t.rate.on(v.Out[0])
	}
}

type taxByTotal struct{ rate rate }

func (t taxByTotal) Name() string { return fmt.Sprintf("tax-by-total/%d", t.rate) }

func (t taxByTotal) applies(outputs int) error {
	if err := payable(outputs); err != nil {
		return err
	}
	return t.rate.check()
}

func (t taxByTotal) Constrain(api frontend.API, w Wires) error {
	if err := t.applies(len(w.Out)); err != nil {
		return err
	}
	if batch.Enforced("TAX-2") {
		t.rate.constrain(api, w.Due, w.Out[0]) // [TAX-2]
	}
	return nil
}

func (t taxByTotal) Holds(v Values, pub Public) error { return twin(t, v, pub) }

func (t taxByTotal) violated(x []curve.Scalar, s slots) error {
	if !t.rate.holds(unspent(x, s), x[s.out]) {
		return fmt.Errorf("[TAX-2] the inputs do not hold the tax due beyond the outputs")
	}
	return nil
}

// Complete implements Completer.
func (t taxByTotal) Complete(v *Values) {
	if v != nil && t.applies(len(v.Out)) == nil {
		v.Due = t.rate.on(v.Out[0])
	}
}
