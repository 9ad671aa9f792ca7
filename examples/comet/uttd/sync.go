package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/cometbft/cometbft/rpc/client/http"
	"github.com/spf13/cobra"

	"github.com/utt-ecash/utt-go/examples/comet/cli"
	"github.com/utt-ecash/utt-go/examples/comet/home"
)

func syncCommand() *cobra.Command {
	o := new(operator)
	var folder string
	c := &cobra.Command{
		Use: "sync", Short: "Have a validator without a state take it from a snapshot of the others",
		Long: "Have a validator without a state take it from a snapshot of the others. It asks their RPC for\n" +
			"a block that they agree on, and writes it to settings.json; start the validator then.\n" +
			"Compare the hash that it prints with one from a source that you trust.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := o.open(c.Context()); err != nil {
				return err
			}
			h, err := home.Open(folder)
			if err != nil {
				return err
			}
			if left, err := os.ReadDir(h.Data("ledger")); err == nil && len(left) > 0 {
				return fmt.Errorf("%s has a state: move it away first, and its data folder with it", folder)
			}
			s, err := agreed(c.Context(), o.network.RPC)
			if err != nil {
				return err
			}
			if int64(h.Settings.Every) > s.Height && !pruned(c.Context(), o.network.RPC) {
				return fmt.Errorf("there is no snapshot before block %d: start it as it is, it takes in the %d blocks so far", h.Settings.Every, s.Height)
			}
			h.Settings.Sync = s
			if err := h.Keep(); err != nil {
				return err
			}
			return cli.Print(c, s, func() {
				fmt.Printf("to be synced by block %d, hash %s, which %d validators have; start it now\n", s.Height, s.Hash, len(s.Servers))
			})
		},
	}
	o.flags(c)
	c.Flags().StringVar(&folder, "home", "", "folder of the validator")
	_ = c.MarkFlagRequired("home")
	return c
}

// pruned reports whether no validator that answers has the first block.
func pruned(ctx context.Context, servers []string) (gone bool) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	for _, url := range servers {
		c, err := http.New(url, "/websocket")
		if err != nil {
			continue
		}
		s, err := c.Status(ctx)
		if err != nil {
			continue
		}
		if gone = s.SyncInfo.EarliestBlockHeight > 1; !gone {
			return false
		}
	}
	return gone
}

// agreed is a block of late that all have who answer, two at least.
func agreed(ctx context.Context, servers []string) (*home.Sync, error) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	s := new(home.Sync)
	for _, url := range servers {
		c, err := http.New(url, "/websocket")
		if err != nil {
			return nil, err
		}
		if s.Height == 0 {
			status, err := c.Status(ctx)
			if err != nil {
				continue
			}
			s.Height = max(1, status.SyncInfo.LatestBlockHeight-2)
		}
		b, err := c.Commit(ctx, &s.Height)
		if err != nil {
			continue
		}
		hash := b.Commit.BlockID.Hash.String()
		if s.Hash != "" && s.Hash != hash {
			return nil, fmt.Errorf("validators have two blocks %d, %s and %s: the network has forked, or one lies", s.Height, s.Hash, hash)
		}
		s.Hash = hash
		s.Servers = append(s.Servers, url)
	}
	if len(s.Servers) < 2 {
		return nil, errors.New("fewer than two validators answer over RPC")
	}
	return s, nil
}
