package main

import (
	"context"
	"crypto/ed25519"
	"encoding/hex"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/utt-ecash/utt-go/examples/comet/cli"
	"github.com/utt-ecash/utt-go/examples/comet/home"
	"github.com/utt-ecash/utt-go/utt"
)

// operatorAt is the home in a folder, and its operator, who asks his own validator.
func operatorAt(folder string) (*home.Home, *operator, error) {
	h, err := home.Open(folder)
	if err != nil {
		return nil, nil, err
	}
	digest := h.Parameters.Digest()
	o := &operator{network: home.Network{Parameters: hex.EncodeToString(digest[:]), Nodes: []string{"http://" + h.Settings.HTTP}}}
	return h, o, o.dial(o.network.Nodes...)
}

// holders are those of each key, as of the validator's own ledger.
func (o *operator) holders(ctx context.Context) func(purpose string) (utt.Holders, error) {
	return func(purpose string) (utt.Holders, error) {
		held, _, err := o.held(ctx, purpose)
		return held, err
	}
}

func inviteCommand() *cobra.Command {
	var folder, out string
	c := &cobra.Command{
		Use: "invite", Short: "Write what one who is to become a validator needs: nothing secret", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			h, err := home.Open(folder)
			if err != nil {
				return err
			}
			if err := h.Invite(out); err != nil {
				return err
			}
			digest := utt.Digest(h.Parameters.Digest())
			return cli.Print(c, map[string]any{"invitation": out, "parameters": digest}, func() {
				fmt.Printf("%s is for who is to become a validator, with network.json: uttd join --invitation; he compares the digest of the parameters, %v\n", out, digest)
			})
		},
	}
	c.Flags().StringVar(&folder, "home", "", "folder of the validator")
	c.Flags().StringVar(&out, "out", "", "the folder to make")
	_, _ = c.MarkFlagRequired("home"), c.MarkFlagRequired("out")
	return c
}

func proposeCommand() *cobra.Command {
	var board, folder, out, in string
	var begin, blocks uint32
	c := &cobra.Command{
		Use: "propose", Short: "Put on a board, for others to agree on, that one validator takes another's place",
		Long: "Put on a board, for others to agree on, that one validator takes another's place. What leaves is\n" +
			"named as on the page; what comes has put its card on the board, by uttd join --board.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			h, o, err := operatorAt(folder)
			if err != nil {
				return err
			}
			coming, err := home.Shown(home.Board(board), in)
			if err != nil {
				return err
			}
			held, head, err := o.held(c.Context(), utt.PurposeLedger)
			if err != nil {
				return err
			}
			leaving := slices.IndexFunc(held.Parties, func(p ed25519.PublicKey) bool {
				return slices.ContainsFunc(h.Settings.Names, func(n string) bool {
					id, name, _ := strings.Cut(n, "=")
					return id == string(home.ID(p)) && name == out
				})
			})
			if leaving < 0 {
				return cli.Usage(fmt.Errorf("no validator that holds a share is called %q", out))
			}
			r, err := home.NewReplacement(h, o.holders(c.Context()), held.Parties[leaving], coming, utt.Schedule{Height: head + uint64(begin), Blocks: blocks})
			if err != nil {
				return err
			}
			digest, err := r.Propose(home.Board(board))
			if err != nil {
				return err
			}
			return cli.Print(c, map[string]any{"digest": digest}, func() { fmt.Println(digest) })
		},
	}
	boardFlags(c, &board, &folder)
	c.Flags().StringVar(&out, "out", "", "the name of the one that leaves")
	c.Flags().StringVar(&in, "in", "", "the name of the one that comes")
	c.Flags().Uint32Var(&begin, "begin", 4000, "in how many blocks all must have agreed, and dealt")
	c.Flags().Uint32Var(&blocks, "blocks", 50, "how many blocks a round of a session has")
	_, _ = c.MarkFlagRequired("out"), c.MarkFlagRequired("in")
	return c
}

func agreeCommand() *cobra.Command {
	var board, folder, digest string
	var lead bool
	var patience time.Duration
	c := &cobra.Command{
		Use: "agree", Short: "Agree that one validator takes another's place: each of the holders, and the one that comes",
		Long: "Agree that one validator takes another's place: each of the holders, and the one that comes, whose\n" +
			"validators run. It waits for the others; stopped, it goes on where it was once it is said again. One\n" +
			"of all says --lead, and opens the sessions on the ledger. The one that leaves must run until then,\n" +
			"if it can.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			h, o, err := operatorAt(folder)
			if err != nil {
				return err
			}
			r, err := home.ReadReplacement(home.Board(board), digest)
			if err != nil {
				return err
			}
			a := &home.Agreement{
				Home: h, Board: home.Board(board), Of: r, Holders: o.holders(c.Context()), Patience: patience,
				Say: func(what string) { fmt.Fprintln(os.Stderr, what) },
			}
			setups, err := a.Agree(c.Context())
			if err != nil {
				return err
			}
			if lead {
				for _, s := range setups {
					opening, err := utt.NewSessionOpening(h.Parameters, s)
					if err != nil {
						return err
					}
					if err := o.handIn(c.Context(), opening); err != nil {
						return fmt.Errorf("the %s key: %w", s.Terms.Purpose, err)
					}
				}
			}
			in, out := home.ID(r.In.Identity), home.ID(r.Out)
			return cli.Print(c, map[string]any{"in": in, "name": r.In.Name, "out": out}, func() {
				fmt.Printf("agreed that %s, which is %s, comes in place of %s\n", r.In.Name, in, out)
			})
		},
	}
	boardFlags(c, &board, &folder)
	c.Flags().StringVar(&digest, "digest", "", "of what was proposed, as all have compared it")
	c.Flags().BoolVar(&lead, "lead", false, "open the sessions once enough have agreed: one of all does")
	c.Flags().DurationVar(&patience, "patience", 5*time.Minute, "how long holders are waited for whose word it does not take")
	_ = c.MarkFlagRequired("digest")
	return c
}
