package rangeproof_test

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/consensys/gnark/frontend"

	"github.com/utt-ecash/utt-go/rangeproof"
)

// A payment of 70 from coins of 60 and 50, with 30 back and 10 made public.
func Example() {
	circuit, err := rangeproof.Compile(2)
	if err != nil {
		panic(err)
	}
	prover, verifier, err := rangeproof.SetupSingleParty(context.Background(), circuit)
	if err != nil {
		panic(err)
	}
	public := rangeproof.Public{PublicOut: 10, Limit: 100}
	proof, opening, err := prover.Prove(nil, rangeproof.Values{
		In:  []rangeproof.Amount{60, 50},
		Out: []rangeproof.Amount{70, 30},
	}, public)
	if err != nil {
		panic(err)
	}
	fmt.Println(circuit.Constraints(), "constraints,", verifier.Origin())
	fmt.Println("opening:", opening)
	fmt.Println("valid:", verifier.VerifyOpened(proof, opening, public) == nil)
	public.PublicOut = 11
	fmt.Println("valid for another amount:", verifier.VerifyOpened(proof, opening, public) == nil)
	// Output:
	// 203 constraints, single-party
	// opening: redacted
	// valid: true
	// valid for another amount: false
}

// A tax of 2.5 % on the payment, rounded up, which goes to output 2.
func ExampleTax() {
	circuit, err := rangeproof.Compile(3, rangeproof.Tax(2, 250))
	if err != nil {
		panic(err)
	}
	limit := rangeproof.Public{Limit: 1001}
	for _, tax := range []rangeproof.Amount{26, 25} {
		err := circuit.Holds(rangeproof.Values{
			In:  []rangeproof.Amount{1001 + tax},
			Out: []rangeproof.Amount{1001, 0, tax},
		}, limit)
		fmt.Println(tax, errors.Is(err, rangeproof.ErrUnsatisfied), err)
	}
	// Output:
	// 26 false <nil>
	// 25 true rangeproof: values violate the circuit: rule tax/2/250: [TAX-OUT] output 2 is not the tax due
}

// A tax without an output: the inputs hold it beyond what the outputs do.
func ExampleTaxByTotal() {
	circuit, err := rangeproof.Compile(2, rangeproof.Pays(), rangeproof.TaxByTotal(250))
	if err != nil {
		panic(err)
	}
	v := rangeproof.Values{Out: []rangeproof.Amount{1001, 73}} // payment and change
	circuit.Complete(&v)
	fmt.Println("due:", v.Due)
	v.In = []rangeproof.Amount{1100}
	fmt.Println(circuit.Holds(v, rangeproof.Public{Limit: 5000}))
	rate, ok := circuit.TaxByTotal()
	fmt.Println(rate, ok, circuit.Pays(), circuit.Constraints(), "constraints")
	// Output:
	// due: 26
	// <nil>
	// 250 true true 233 constraints
}

// Notes is a rule of one's own: payments are in multiples of a note's value. If
// q = amount/note modulo r is below 2^64, then q·note is below 2^96, far below r, and so
// the amount over the integers as well.
type Notes struct{ note uint32 }

func (n Notes) Name() string { return fmt.Sprintf("example.org/notes/%d", n.note) }

func (n Notes) Constrain(api frontend.API, w rangeproof.Wires) error {
	if n.note == 0 {
		return errors.New("no note has the value 0")
	}
	api.ToBinary(api.Div(w.Out[0], n.note), 64)
	return nil
}

func (n Notes) Holds(v rangeproof.Values, _ rangeproof.Public) error {
	if v.Out[0]%rangeproof.Amount(n.note) != 0 {
		return errors.New("not a multiple of the note")
	}
	return nil
}

// A third party's rule, and its negative test: the circuit alone, too, refuses what the
// native twin refuses.
func ExampleRule() {
	circuit, err := rangeproof.Compile(2, rangeproof.Pays(), Notes{5})
	if err != nil {
		panic(err)
	}
	fmt.Println(circuit.Rules(), circuit.Constraints(), "constraints")
	limit := rangeproof.Public{Limit: math.MaxUint64}
	for _, paid := range []rangeproof.Amount{0, 1, 5, 1<<32 - 1, 1 << 32, math.MaxUint64 - 1, math.MaxUint64} {
		v := rangeproof.Values{In: []rangeproof.Amount{paid, 3}, Out: []rangeproof.Amount{paid, 3}}
		fmt.Println(paid, circuit.Holds(v, limit) == nil, circuit.Solves(v, limit))
	}
	_, err = rangeproof.Compile(2, Notes{0})
	fmt.Println(errors.Is(err, rangeproof.ErrArgument))
	// Output:
	// [pays example.org/notes/5] 269 constraints
	// 0 false false
	// 1 false false
	// 5 true true
	// 4294967295 true true
	// 4294967296 false false
	// 18446744073709551614 false false
	// 18446744073709551615 true true
	// true
}
