// Package cli is what the commands of this module have in common: how they end, how they say what
// is wrong, and how they name operations.
package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/utt-ecash/utt-go/utt"
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

// unanswered is an error that no validator answered.
type unanswered struct{ cause error }

func (e unanswered) Error() string { return e.cause.Error() }

// Unwrap is the cause.
func (e unanswered) Unwrap() error { return e.cause }

// Unanswered says that an error is that no validator answered.
func Unanswered(err error) error { return unanswered{err} }

// IsUnanswered reports that no validator answered.
func IsUnanswered(err error) bool {
	var network net.Error
	return errors.As(err, new(unanswered)) || errors.As(err, &network)
}

// said is an error that was printed already.
type said struct{ cause error }

func (e said) Error() string { return e.cause.Error() }

// Unwrap is the cause.
func (e said) Unwrap() error { return e.cause }

// Said says that an error was printed already, with the answer.
func Said(err error) error { return said{err} }

// Run runs a command, until it is done or interrupted, and returns what the process exits with.
// What is wrong it says on standard error, or as JSON on standard output where the command has
// a flag for that.
func Run(root *cobra.Command) (code int) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	c, err := execute(ctx, root)
	if err == nil {
		return 0
	}
	code = exitCode(err)
	if errors.As(err, new(said)) {
		return code
	}
	if asJSON, _ := c.Flags().GetBool("json"); asJSON {
		_ = json.NewEncoder(os.Stdout).Encode(map[string]any{"error": err.Error(), "exit": code})
	} else {
		fmt.Fprintf(os.Stderr, "%s: %v\n", root.Name(), err)
	}
	return code
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
	case IsUnanswered(err):
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

// watch has a command, and those below it, say that they begin.
func watch(c *cobra.Command, called *bool) {
	if run := c.RunE; run != nil {
		c.RunE = func(c *cobra.Command, args []string) error {
			*called = true
			return run(c, args)
		}
	}
	for _, sub := range c.Commands() {
		watch(sub, called)
	}
}
