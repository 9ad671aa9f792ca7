package rangeproof_test

import (
	"context"
	"errors"
	"fmt"

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

// A tax of 2.5 % on the payment, which goes to output 2.
func ExampleTax() {
	circuit, err := rangeproof.Compile(3, rangeproof.Tax(2, 250))
	if err != nil {
		panic(err)
	}
	limit := rangeproof.Public{Limit: 1000}
	for _, tax := range []rangeproof.Amount{25, 0} {
		err := circuit.Holds(rangeproof.Values{
			In:  []rangeproof.Amount{1000 + tax},
			Out: []rangeproof.Amount{1000, 0, tax},
		}, limit)
		fmt.Println(tax, errors.Is(err, rangeproof.ErrUnsatisfied), err)
	}
	// Output:
	// 25 false <nil>
	// 0 true rangeproof: values violate the circuit: rule tax/2/250: output 2 is not the tax due
}
