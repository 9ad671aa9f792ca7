package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/utt-ecash/utt-go/examples/comet/cli"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/follow"
	"github.com/utt-ecash/utt-go/utt/wallet"
)

func exportCommand() *cobra.Command {
	o := new(operator)
	var from uint64
	var receipts []string
	c := &cobra.Command{
		Use: "export", Short: "Certified records as lines of JSON, for an explorer",
		Long: "Certified records as lines of JSON, for an explorer: each with its place, kind and status, and\n" +
			"all that everybody can read in it, amounts in the smallest unit, of which network.json says the\n" +
			"decimals. They are verified first. With --receipt DIGEST, what became of an\n" +
			"operation that was in a block, of rejected ones too, which leave no record.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := o.open(c.Context()); err != nil {
				return err
			}
			p, err := o.parameters(c.Context())
			if err != nil {
				return err
			}
			if len(receipts) > 0 {
				return o.receipts(c.Context(), receipts)
			}
			return o.export(c.Context(), p, from)
		},
	}
	o.flags(c)
	c.Flags().Uint64Var(&from, "from", 0, "the first block")
	c.Flags().StringSliceVar(&receipts, "receipt", nil, "digests of operations")
	return c
}

// line is a record of an export.
type line struct {
	*utt.Record
	Entry utt.Entry
}

// MarshalJSON has the record's place, and what it says.
func (l line) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Record *utt.Record `json:"record"`
		Entry  utt.Entry   `json:"entry"`
	}{l.Record, l.Entry})
}

// export prints all certified records from a block on. It reads from the first, since a
// certificate is over all of them.
func (o *operator) export(ctx context.Context, p *utt.Parameters, from uint64) error {
	out := json.NewEncoder(os.Stdout)
	rules := p
	err := follow.Records(ctx, p, utt.Frontier{}, o.client, func(_ context.Context, records []*utt.Record, _ utt.Frontier) error {
		for _, r := range records {
			var err error
			if rules, err = rules.Follow(r); err != nil {
				return err
			}
			if r.Cursor().Height < from {
				continue
			}
			e, err := r.Entry(rules)
			if err != nil {
				return err
			}
			if err := out.Encode(line{r, e}); err != nil {
				return err
			}
		}
		return nil
	})
	if wallet.Behind.Is(err) { // of several validators, one lags
		err = nil
	}
	return err
}

// receipts prints what became of operations.
func (o *operator) receipts(ctx context.Context, digests []string) error {
	out := json.NewEncoder(os.Stdout)
	for _, text := range digests {
		d, err := cli.Digest(text)
		if err != nil {
			return fmt.Errorf("--receipt: %w", err)
		}
		r, err := o.client.Receipt(ctx, d)
		if err != nil {
			return err
		}
		row := map[string]any{"operation": r.Op, "id": r.ID, "status": r.Status}
		if no := r.Rejection; no != nil {
			row["code"], row["label"], row["detail"] = no.Code, no.Label, no.Detail
		}
		if err := out.Encode(row); err != nil {
			return err
		}
	}
	return nil
}
