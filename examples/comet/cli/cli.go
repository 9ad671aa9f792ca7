// Package cli is what the commands of this module have in common: how they end, how they say what
// is wrong, and how they name operations.
package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/httpnode"
	"github.com/utt-ecash/utt-go/utt/wallet"
)

// usage is an error of who calls.
type usage struct{ cause error }

func (e usage) Error() string { return e.cause.Error() }

// Unwrap is the cause.
func (e usage) Unwrap() error { return e.cause }

// Usage says that an error is of who calls, not of what is done.
func Usage(err error) error { return usage{err} }

// IsUsage reports an error of who calls.
func IsUsage(err error) bool {
	var u usage
	return errors.As(err, &u)
}

// ID is what names a payment on record: by its identifier, or by all of an operation's name,
// ID-DIGEST, as wallets print it.
func ID(text string) (id utt.ID, err error) {
	text, _, _ = strings.Cut(text, "-")
	if err := id.UnmarshalText([]byte(text)); err != nil {
		return id, Usage(err)
	}
	return id, nil
}

// Digest is what names an operation as it was handed in, likewise.
func Digest(text string) (d utt.Digest, err error) {
	if _, digest, ok := strings.Cut(text, "-"); ok {
		text = digest
	}
	if err := d.UnmarshalText([]byte(text)); err != nil {
		return d, Usage(err)
	}
	return d, nil
}

// said is an error that was printed already.
type said struct{ cause error }

func (e said) Error() string { return e.cause.Error() }

// Unwrap is the cause.
func (e said) Unwrap() error { return e.cause }

// Said says that an error was printed already, with the answer.
func Said(err error) error { return said{err} }

// Run runs a command, until it is done or interrupted, and returns what the process exits with.
// What is wrong it says on standard error, or with --json, which all commands have, as JSON on
// standard output.
func Run(root *cobra.Command, args []string) (code int) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	root.SetArgs(args)
	c, err := execute(ctx, root)
	if err == nil {
		return 0
	}
	code = exitCode(err)
	switch {
	case errors.As(err, new(said)):
	case asJSON(c), slices.Contains(args, "--"+flagJSON), slices.Contains(args, "--"+flagJSON+"=true"): // of which nobody knows where flags are wrong
		_ = Encode(map[string]any{"error": err.Error(), "exit": code})
	default:
		fmt.Fprintf(os.Stderr, "%s: %v\n", root.Name(), err)
		if errors.Is(err, httpnode.ErrUnanswered) {
			fmt.Fprintln(os.Stderr, "No validator answers: are they started, and are these the network's addresses?")
		}
	}
	return code
}

// flagJSON is the flag for JSON, which a root has for all its commands.
const flagJSON = "json"

func asJSON(c *cobra.Command) bool {
	set, _ := c.Flags().GetBool(flagJSON)
	return set
}

// Encode prints an answer as JSON.
func Encode(v any) error {
	e := json.NewEncoder(os.Stdout)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// Print prints a command's answer: as JSON, or as text does.
func Print(c *cobra.Command, v any, text func()) error {
	if asJSON(c) {
		return Encode(v)
	}
	text()
	return nil
}

// Quote is an argument as a shell takes it.
func Quote(arg string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./@:,+=", r)
	}
	if arg != "" && strings.IndexFunc(arg, func(r rune) bool { return !plain(r) }) < 0 {
		return arg
	}
	return "'" + strings.ReplaceAll(arg, "'", `'\''`) + "'"
}

// exitCode says what kind of error it is: 2 if the command was called wrongly, 3 if money or
// budget is missing, 4 if the ledger refused, 5 if no validator answered, and 1 for all others.
func exitCode(err error) int {
	var operation *wallet.OperationError
	var no *utt.Rejection
	switch {
	case IsUsage(err):
		return 2
	case errors.Is(err, utt.ErrInsufficient):
		return 3
	case errors.As(err, &operation), errors.As(err, &no):
		return 4
	case errors.Is(err, httpnode.ErrUnanswered):
		return 5
	}
	return 1
}

// execute runs a command, and returns which it was. Whatever is wrong before one begins is of
// who calls.
func execute(ctx context.Context, root *cobra.Command) (*cobra.Command, error) {
	called := false
	watch(root, &called)
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error { return fmt.Errorf("%w\n\n%s", err, c.UsageString()) })
	c, err := root.ExecuteContextC(ctx)
	if err != nil && !called {
		err = Usage(err)
	}
	return c, err
}

// watch has a command, and those below it, say that they begin. One that only has others below
// it is called wrongly if none of these is named.
func watch(c *cobra.Command, called *bool) {
	if run := c.RunE; run != nil {
		c.RunE = func(c *cobra.Command, args []string) error {
			*called = true
			return run(c, args)
		}
	} else {
		c.RunE = func(c *cobra.Command, args []string) error {
			what := "which command?"
			if len(args) > 0 {
				what = fmt.Sprintf("%q is no command of it", args[0])
			}
			return Usage(fmt.Errorf("%s: %s\n\n%s", c.CommandPath(), what, c.UsageString()))
		}
	}
	for _, sub := range c.Commands() {
		watch(sub, called)
	}
}
