// Ceremony makes the keys of a circuit with others, so that nobody can forge
// proofs as long as one of them was honest. The transcript is one file, which passes from
// hand to hand: a contributor needs one command, and anybody verifies all of it, at any time.
//
//	ceremony begin OUT [OUTPUTS [RULE…]]
//	                                   a new transcript: of a circuit with 2 outputs and no rules, as
//	                                   transfers to oneself have, unless others are asked for
//	ceremony contribute IN OUT         verify all so far, contribute from fresh randomness
//	ceremony seal IN OUT BEACON        end a phase with a public random value, in hexadecimal,
//	                                   that nobody could foresee when the last one contributed
//	ceremony verify IN                 verify all, and say what the keys are
//	ceremony keys IN PROVING VERIFYING write the keys, for a wallet and for the parameters
//
// A ledger needs a ceremony for each of its circuits, with the outputs and rules that
// Table.Circuits of package policies has: "begin OUT 2 pays" is that of payments there. OUT is
// never written over.
//
// There are two phases, each with contributions of its own. A contributor looks whether the
// circuit that he is told is the one that was agreed on, and compares the digest that he is
// told with those that verify lists of the final transcript. That a beacon is the value that was
// drawn in public no check shows: any other is one too, and makes other keys. Whoever verifies
// compares the beacons, and the digests of the keys, with what was published. A contributor's
// randomness is in memory only, and gone when the command ends.
package main

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/utt-ecash/utt-go/rangeproof"
)

const usage = "ceremony begin OUT [OUTPUTS [RULE…]] | contribute IN OUT | seal IN OUT BEACON | verify IN | keys IN PROVING VERIFYING"

func main() {
	if err := run(context.Background(), os.Stdout, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "ceremony:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer, args []string) error {
	is := func(name string, n int) bool { return len(args) == n+1 && args[0] == name }
	switch {
	case len(args) == 0:
		_, err := fmt.Fprintln(out, "usage:", usage)
		return err
	case len(args) >= 2 && args[0] == "begin":
		return begin(out, args[1], args[2:])
	case is("contribute", 2):
		return contribute(ctx, out, args[1], args[2])
	case is("seal", 3):
		return seal(ctx, out, args[1], args[2], args[3])
	case is("verify", 1):
		return verify(ctx, out, args[1])
	case is("keys", 3):
		return keys(ctx, args[1], args[2], args[3])
	}
	return fmt.Errorf("usage: %s", usage)
}

// begin writes a transcript without steps, of a circuit with two outputs or as many as are
// asked for, and with rules such as pays, or of three outputs tax/2/1600.
func begin(out io.Writer, path string, of []string) error {
	outputs := 2
	var rules []rangeproof.Rule
	for i, arg := range of {
		if i == 0 {
			var err error
			if outputs, err = strconv.Atoi(arg); err != nil {
				return fmt.Errorf("the number of outputs comes before the rules: %w", err)
			}
			continue
		}
		rule, err := rangeproof.ParseRule(arg)
		if err != nil {
			return err
		}
		rules = append(rules, rule)
	}
	circuit, err := rangeproof.Compile(outputs, rules...)
	if err != nil {
		return err
	}
	c := rangeproof.NewCeremony(circuit)
	if err := write(path, c); err != nil {
		return err
	}
	describe(out, c)
	return nil
}

func contribute(ctx context.Context, out io.Writer, in, to string) error {
	c, err := read(ctx, in)
	if err != nil {
		return err
	}
	b, err := c.Contribute()
	if err != nil {
		return err
	}
	if err := c.Accept(b); err != nil {
		return err
	}
	if err := write(to, c); err != nil {
		return err
	}
	describe(out, c)
	steps := c.Steps()
	fmt.Fprintf(out, "contributed to phase %d: keep this digest\n%x\n", steps[len(steps)-1].Phase, steps[len(steps)-1].Digest)
	return nil
}

func seal(ctx context.Context, out io.Writer, in, to, beacon string) error {
	c, err := read(ctx, in)
	if err != nil {
		return err
	}
	value, err := hex.DecodeString(beacon)
	if err != nil {
		return fmt.Errorf("beacon: %w", err)
	}
	if err := c.Seal(value); err != nil {
		return err
	}
	if err := write(to, c); err != nil {
		return err
	}
	if phase, _ := c.Phase(); phase < 3 {
		fmt.Fprintf(out, "phase %d begins\n", phase)
		return nil
	}
	fmt.Fprintln(out, "the keys are made")
	return nil
}

func verify(ctx context.Context, out io.Writer, in string) error {
	c, err := read(ctx, in)
	if err != nil {
		return err
	}
	describe(out, c)
	for _, s := range c.Steps() {
		if s.Beacon { // the value, which was published elsewhere
			fmt.Fprintf(out, "phase %d  beacon        %x\n", s.Phase, s.Bytes)
			continue
		}
		fmt.Fprintf(out, "phase %d  contribution  %x\n", s.Phase, s.Digest)
	}
	if phase, _ := c.Phase(); phase < 3 {
		fmt.Fprintf(out, "all of it holds; phase %d is open\n", phase)
		return nil
	}
	_, v, err := c.Keys()
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "all of it holds\ncircuit       %x\nverifying key %x\nproving key   %x\n", v.CircuitID(), v.Digest(), v.ProvingKeyDigest())
	return nil
}

// describe says for which circuit the keys are: what a contributor has agreed to.
func describe(out io.Writer, c *rangeproof.Ceremony) {
	rules := strings.Join(c.Circuit().Rules(), " ")
	if rules == "" {
		rules = "none"
	}
	fmt.Fprintf(out, "circuit %x, of %d outputs; rules: %s\n", c.Circuit().ID(), c.Circuit().Outputs(), rules)
}

func keys(ctx context.Context, in, proving, verifying string) error {
	c, err := read(ctx, in)
	if err != nil {
		return err
	}
	p, v, err := c.Keys()
	if err != nil {
		return err
	}
	if err := write(proving, p); err != nil {
		return err
	}
	return write(verifying, v)
}

// read verifies a transcript, all of it.
func read(ctx context.Context, path string) (*rangeproof.Ceremony, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	c, err := rangeproof.ParseCeremony(ctx, b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return c, nil
}

// write writes a file that does not exist, as a whole or not at all.
func write(path string, of interface{ MarshalBinary() ([]byte, error) }) error {
	if _, err := os.Stat(path); err == nil {
		return fmt.Errorf("%s is there already: name another file", path)
	}
	b, err := of.MarshalBinary()
	if err != nil {
		return err
	}
	if err := os.WriteFile(path+".new", b, 0o644); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}
