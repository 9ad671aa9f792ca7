// Package cli is what the commands of this module have in common: they tell errors of who calls
// from all others.
package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/utt-ecash/utt-go/utt"
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

// Execute runs a command. Whatever is wrong before one begins is of who calls.
func Execute(ctx context.Context, root *cobra.Command) error {
	called := false
	watch(root, &called)
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error { return fmt.Errorf("%w\n\n%s", err, c.UsageString()) })
	err := root.ExecuteContext(ctx)
	if err != nil && !called {
		return Usage(err)
	}
	return err
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
