package main

import (
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/utt-ecash/utt-go/examples/comet/cli"
	"github.com/utt-ecash/utt-go/examples/comet/home"
)

// foundCommand is for those who found a network each on a machine of his own.
func foundCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "found", Short: "Found a network with others, each on a machine of his own",
		Long: "Found a network with others, each on a machine of his own, so that nobody ever has two shares\n" +
			"of a key. They share a folder, the board, on a drive or kept alike by any means: nobody trusts\n" +
			"whoever keeps it.\n\n" +
			"  each               uttd found card --board B --home H --name N --host ADDRESS\n" +
			"  issuer, endorser   uttd found key FILE, and tell the public key\n" +
			"  all                a ceremony for each circuit, with examples/ceremony\n" +
			"  one                uttd found terms --board B …, and tell the digest\n" +
			"  each               read B/terms.json, compare the digest by telephone\n" +
			"  each               uttd found run --board B --home H --terms DIGEST, and one of them with --lead\n" +
			"  each               compare the digest of the parameters; uttd start --home H",
	}
	c.AddCommand(cardCommand(), keyCommand(), termsCommand(), runCommand())
	return c
}

func cardCommand() *cobra.Command {
	var board, folder, name, host string
	var port int
	c := &cobra.Command{
		Use: "card", Short: "Make a home, and put on the board what others need to know of it", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			v, err := home.NewCard(home.Board(board), folder, name, host, port)
			if err != nil {
				return err
			}
			fmt.Printf("%s is %s, at %s for validators, %s for state sync and %s for wallets\n", v.Name, home.ID(v.Identity), v.P2P, v.RPC, v.HTTP)
			return nil
		},
	}
	boardFlags(c, &board, &folder)
	c.Flags().StringVar(&name, "name", "", "of the validator")
	c.Flags().StringVar(&host, "host", "", "where others reach it")
	c.Flags().IntVar(&port, "port", 26600, "the first of its four ports")
	_, _ = c.MarkFlagRequired("name"), c.MarkFlagRequired("host")
	return c
}

func boardFlags(c *cobra.Command, board, folder *string) {
	c.Flags().StringVar(board, "board", "", "the folder that all share")
	_ = c.MarkFlagRequired("board")
	if folder != nil {
		c.Flags().StringVar(folder, "home", "", "folder of the validator, nobody else's to read")
		_ = c.MarkFlagRequired("home")
	}
}

func keyCommand() *cobra.Command {
	return &cobra.Command{
		Use: "key FILE", Short: "Make the key of an issuer or endorser", Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if _, err := os.Stat(args[0]); err == nil {
				return fmt.Errorf("%s is there already", args[0])
			}
			public, key, err := ed25519.GenerateKey(nil)
			if err != nil {
				return err
			}
			if err := home.WriteKey(args[0], key); err != nil {
				return err
			}
			fmt.Printf("%x\n", public)
			return nil
		},
	}
}

func termsCommand() *cobra.Command {
	t := home.Terms{Name: "network"}
	var board, budget, issuer string
	var endorsers, transcripts []string
	c := &cobra.Command{
		Use: "terms", Short: "Put the terms on the board, for the validators whose cards are there", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) (err error) {
			if t.Budget, err = home.ParseAmount(budget, t.Decimals); err != nil {
				return cli.Usage(fmt.Errorf("--budget: %w", err))
			}
			if t.Issuer, err = publicKey(issuer); err != nil {
				return cli.Usage(fmt.Errorf("--issuer: %w", err))
			}
			for _, text := range endorsers {
				k, err := publicKey(text)
				if err != nil {
					return cli.Usage(fmt.Errorf("--endorser: %w", err))
				}
				t.Endorsers = append(t.Endorsers, k)
			}
			t.Start = time.Now().UTC().Truncate(time.Second)
			digest, err := t.Propose(home.Board(board), transcripts)
			if err != nil {
				return err
			}
			fmt.Println(digest)
			return nil
		},
	}
	boardFlags(c, &board, nil)
	f := c.Flags()
	f.StringVar(&t.Name, "name", t.Name, "of the network")
	f.StringVar(&t.Asset, "asset", "cash", "the asset's name")
	f.IntVar(&t.Decimals, "decimals", 2, "decimals of its amounts")
	f.StringVar(&budget, "budget", "1000", "what each user may pay in private in an epoch")
	f.DurationVar(&t.Epoch, "epoch", 30*24*time.Hour, "how long an epoch is")
	f.DurationVar(&t.Pause, "pause", 300*time.Millisecond, "between two blocks")
	f.Uint64Var(&t.Retain, "retain", 0, "blocks that are kept; 0 for all")
	f.Uint64Var(&t.Every, "every", 1000, "blocks between two snapshots; 0 for none")
	f.BoolVar(&t.Private, "private", false, "addresses are of one machine or network")
	f.StringVar(&issuer, "issuer", "", "the issuer's public key, as uttd found key has it")
	f.StringSliceVar(&endorsers, "endorser", nil, "the public key of an endorser; more than once for more")
	f.StringSliceVar(&transcripts, "ceremony", nil, "the transcript of the ceremony of a circuit; once for each, in order")
	_, _, _ = c.MarkFlagRequired("issuer"), c.MarkFlagRequired("endorser"), c.MarkFlagRequired("ceremony")
	return c
}

func publicKey(text string) (ed25519.PublicKey, error) {
	b, err := hex.DecodeString(text)
	if err != nil || len(b) != ed25519.PublicKeySize {
		return nil, errors.New("no public key: 64 hexadecimal digits")
	}
	return b, nil
}

func runCommand() *cobra.Command {
	var board, digest string
	p := &home.Party{Say: func(what string) { fmt.Fprintln(os.Stderr, what) }}
	c := &cobra.Command{
		Use: "run", Short: "Make the keys with the others, and the home of one's own",
		Long: "Make the keys with the others, and the home of one's own. It waits for what others have to say;\n" +
			"stopped, it goes on where it was once it is said again.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) (err error) {
			p.Board = home.Board(board)
			if p.Terms, err = home.ReadTerms(p.Board, digest); err != nil {
				return err
			}
			parameters, err := p.Found(c.Context())
			if err != nil {
				return err
			}
			fmt.Printf("%v\n", parameters)
			fmt.Fprintf(os.Stderr, "This is the digest of the parameters, the same at all; %s/%s is for wallets.\n  uttd start --home %s\n", p.Folder, home.NetworkFile, p.Folder)
			return nil
		},
	}
	boardFlags(c, &board, &p.Folder)
	c.Flags().StringVar(&digest, "terms", "", "the digest of the terms that were agreed on")
	c.Flags().BoolVar(&p.Lead, "lead", false, "end the rounds: one of all does")
	c.Flags().DurationVar(&p.Patience, "patience", 10*time.Minute, "how long the lead waits in a round for those who say nothing")
	_ = c.MarkFlagRequired("terms")
	return c
}
