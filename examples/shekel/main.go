// Shekel repeats the Bank of Israel's experiment with UTT ("Digital Shekel: DLT
// Technology Experiment", 2022) against this library: four nodes, three payment
// providers that host the wallets of ten customers and endorse their
// registrations, ordinary and private shekels, and a monthly privacy budget of
// 1000. It goes through the experiment's five actions, among them a node and a
// provider that lose everything, then has a provider lost who only looks out for payments, and a
// node turn Byzantine, and prints what was observed. It exits with status 0 only if everything holds.
//
//	go run ./examples/shekel
//	go run ./examples/shekel -payments 667     restores 10 wallets over 2226 outputs, in about half a minute
//	go run ./examples/shekel -seed 7 -trace    prints the events, the same every time
//
// The nodes run in one process, in the simulated network of package bft, whose
// documentation says what that leaves out.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"text/tabwriter"
	"time"
)

func main() {
	var s settings
	flag.IntVar(&s.customers, "customers", 10, "customers")
	flag.IntVar(&s.nodes, "nodes", 4, "nodes, 3f+1 for some f of 1 or more")
	flag.IntVar(&s.payments, "payments", 30, "private payments of action 1")
	flag.Uint64Var(&s.seed, "seed", 1, "of payments and network")
	asJSON := flag.Bool("json", false, "print JSON")
	trace := flag.Bool("trace", false, "print only the events, which depend on nothing but the flags")
	flag.Parse()
	ok, err := run(context.Background(), os.Stdout, s, *asJSON, *trace)
	if err != nil {
		fmt.Fprintln(os.Stderr, "shekel:", err)
	}
	if !ok || err != nil {
		os.Exit(1)
	}
}

type settings struct {
	customers, nodes, payments int
	seed                       uint64
}

// result is a row of the table.
type result struct {
	Action   string  `json:"action"`
	Observed string  `json:"observed"`
	Holds    bool    `json:"holds"`
	Seconds  float64 `json:"seconds"`
}

// run goes through all actions and reports whether all hold.
func run(ctx context.Context, out io.Writer, s settings, asJSON, trace bool) (bool, error) {
	e, err := found(ctx, s)
	if err != nil {
		return false, err
	}
	results, err := e.actions(ctx)
	if trace {
		for _, line := range e.sim.Trace() {
			fmt.Fprintln(out, line)
		}
	} else if printErr := report(out, results, asJSON); printErr != nil {
		return false, printErr
	}
	ok := err == nil
	for _, r := range results {
		ok = ok && r.Holds
	}
	return ok, err
}

func report(out io.Writer, results []result, asJSON bool) error {
	if asJSON {
		e := json.NewEncoder(out)
		e.SetIndent("", "  ")
		return e.Encode(results)
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "action\tobserved\tholds\ttime")
	for _, r := range results {
		holds := "yes"
		if !r.Holds {
			holds = "NO"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%v\n", r.Action, r.Observed, holds, time.Duration(r.Seconds*float64(time.Second)).Round(time.Millisecond))
	}
	return w.Flush()
}
