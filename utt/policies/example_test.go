package policies_test

import (
	"fmt"
	"time"

	"github.com/utt-ecash/utt-go/utt/policies"
)

// What a founder does with rules that are ready-made: change them, and compile the circuits
// of their table, of which each is then set up in a ceremony.
func Example() {
	rules := policies.Audited(10_000, 1_000_000)
	rules.Held[0].Audit.Expire = 10 * time.Minute // to decide in
	table := rules.Table()
	for i, c := range table.Circuits {
		circuit, err := c.Compile()
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println("circuit", i, "of", circuit.Constraints(), "constraints")
	}
	for _, row := range table.Rows {
		fmt.Printf("%v: circuit %d, counter %q", row.Case, row.Circuit, row.Counter)
		if row.Audit.Reveals != 0 {
			fmt.Printf(", up to %d, auditors open %v, have %v, then a delay of %v", row.Limit, row.Audit.Reveals, row.Audit.Expire, row.Audit.Delay)
		}
		fmt.Println()
	}
	// Output:
	// circuit 0 of 203 constraints
	// circuit 1 of 204 constraints
	// self: circuit 0, counter ""
	// anonymous: circuit 1, counter "budget"
	// audited: circuit 1, counter "", up to 10000, auditors open amount and payee, have 10m0s, then a delay of 0s
	// delayed: circuit 1, counter "", up to 1000000, auditors open all, have 24h0m0s, then a delay of 24h0m0s
}
