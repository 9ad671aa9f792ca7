package main

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/utt-ecash/utt-go/examples/comet/cli"
	"github.com/utt-ecash/utt-go/examples/comet/home"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/wallet"
)

func (c *command) historyCommand() *cobra.Command {
	var most int
	var before uint64
	d := &cobra.Command{
		Use: "history", Short: "What was paid and received, the newest first", Args: cobra.NoArgs,
		RunE: func(d *cobra.Command, _ []string) error {
			if most < 1 {
				return cli.Usage(fmt.Errorf("-n %d: one entry at least", most))
			}
			w, err := c.synced(d)
			if err != nil {
				return err
			}
			defer w.close()
			rows, text := []map[string]any{}, ""
			for it, err := range w.Latest(before) {
				if err != nil {
					return err
				}
				if len(rows) == most {
					break
				}
				row, line := w.show(it)
				rows, text = append(rows, row), text+line+"\n"
			}
			if text == "" {
				text = "nothing yet\n"
			}
			return c.print(rows, "%s", strings.TrimSuffix(text, "\n"))
		},
	}
	d.Flags().IntVarP(&most, "most", "n", 20, "how many entries")
	d.Flags().Uint64Var(&before, "before", math.MaxUint64, "the number of the entry before which to begin")
	return d
}

// show is an entry as JSON has it, and as a line.
func (w *purse) show(it wallet.Item) (row map[string]any, line string) {
	amount := home.FormatAmount(it.Amount, w.settings.Network.Decimals[it.Asset])
	at := it.Time
	if at == 0 {
		at = it.Made
	}
	when := time.Unix(int64(at), 0).UTC().Format(time.DateTime)
	row = map[string]any{"number": it.Number, "kind": it.Kind.String(), "state": it.State.String(), "asset": it.Asset, "amount": amount, "time": when, "operation": it.Handle.String()}
	line = fmt.Sprintf("%4d  %s  %-17s %12s %s", it.Number, when, it.Kind, amount, it.Asset)
	if it.State != wallet.Executed {
		line += fmt.Sprintf("  (%v)", it.State)
	}
	for _, more := range []struct{ name, text, value string }{{"party", "  to ", it.Party}, {"memo", "  ", it.Memo}, {"label", "  # ", it.Label}} {
		if more.value != "" {
			row[more.name] = more.value
			line += more.text + fmt.Sprintf("%q", more.value)
		}
	}
	return row, line
}

// handleOf is the operation that a command names: by its handle, or by its number in the
// history.
func (w *purse) handleOf(text string) (h wallet.Handle, err error) {
	if number, err := strconv.ParseUint(text, 10, 64); err == nil {
		it, err := w.Item(number)
		return it.Handle, err
	}
	if err := h.UnmarshalText([]byte(text)); err != nil {
		return h, cli.Usage(fmt.Errorf("which operation? its number in the history, or as it was printed: %w", err))
	}
	return h, nil
}

func (c *command) proveCommand() *cobra.Command {
	var context string
	d := &cobra.Command{
		Use: "prove OPERATION", Short: "Prove a payment to whom you show the text", Args: cobra.ExactArgs(1),
		RunE: func(d *cobra.Command, args []string) error {
			w, err := c.synced(d)
			if err != nil {
				return err
			}
			defer w.close()
			h, err := w.handleOf(args[0])
			if err != nil {
				return err
			}
			text, err := w.ProofOf(h, 0, context)
			if err != nil {
				return err
			}
			return c.print(map[string]any{"proof": text}, "%s", text)
		},
	}
	d.Flags().StringVar(&context, "context", "", "a word of the verifier's, which makes it a proof for him that you made the payment")
	return d
}

// pendingCommand says what is not decided, and does something about it.
func (c *command) pendingCommand() *cobra.Command {
	var again, abandon bool
	d := &cobra.Command{
		Use: "pending [OPERATION]", Short: "What was handed in and is not decided; hand it in again, or give it up", Args: cobra.MaximumNArgs(1),
		RunE: func(d *cobra.Command, args []string) error {
			w, err := c.synced(d)
			if err != nil {
				return err
			}
			defer w.close()
			if len(args) == 0 {
				open, text, holds := w.Pending(), "", make(map[string]string)
				for _, h := range open {
					text += h.String() + "\n"
				}
				for _, asset := range w.p.Assets() {
					if held := w.Balance(asset).Held; held > 0 {
						holds[asset] = home.FormatAmount(held, w.settings.Network.Decimals[asset])
						text += fmt.Sprintf("%s %s held, with its change, until auditors have decided or its time is over\n", holds[asset], asset)
					}
				}
				if text == "" {
					text = "nothing is pending\n"
				}
				return c.print(map[string]any{"pending": open, "held": holds}, "%s", strings.TrimSuffix(text, "\n"))
			}
			h, err := w.handleOf(args[0])
			switch {
			case err != nil:
				return err
			case again:
				if err = w.Resubmit(d.Context(), w.node, h); errors.Is(err, utt.ErrNotFound) {
					err = nil // decided meanwhile, or none: the wallet says which
				}
			case abandon:
				if err = w.provers(d.Context()); err == nil {
					h, err = w.Abandon(d.Context(), w.node, h)
				}
			default:
				return cli.Usage(errors.New("what about it? say --again or --abandon"))
			}
			state, err := w.finish(d.Context(), h, err)
			if err != nil {
				return err
			}
			return c.print(map[string]any{"operation": h, "state": state.String()}, "%v: %v", h, state)
		},
	}
	d.Flags().BoolVar(&again, "again", false, "hand it in again: it executes once at most")
	d.Flags().BoolVar(&abandon, "abandon", false, "give it up, by another operation that spends the same")
	d.MarkFlagsMutuallyExclusive("again", "abandon")
	return d
}
