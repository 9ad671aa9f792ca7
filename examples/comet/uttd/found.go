package main

import (
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
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
			"  each validator     uttd found card --board B --home H --name N --host ADDRESS\n" +
			"  each auditor       uttd found auditor --board B --file A/auditor.json --name N\n" +
			"  issuer, endorser,  uttd found key FILE, and tell the public key\n" +
			"  warrant authority\n" +
			"  all                a ceremony for each circuit, with examples/ceremony\n" +
			"  one                uttd found terms --board B …, and tell the digest\n" +
			"  each               uttd found read --board B; compare the digest by telephone\n" +
			"  each validator     uttd found run --board B --home H --terms DIGEST, one of them with --lead\n" +
			"  each auditor       uttd found run --board B --auditor A/auditor.json --terms DIGEST, one of them\n" +
			"                     with --lead\n" +
			"  each               compare the digest of the parameters; validators uttd start --home H\n\n" +
			"Auditors and their authority only where the terms say --audited.",
	}
	c.AddCommand(cardCommand(), readCommand(), auditorCommand(), keyCommand(), termsCommand(), runCommand())
	return c
}

func cardCommand() *cobra.Command {
	var board, folder, name, host string
	var port int
	c := &cobra.Command{
		Use: "card", Short: "Make a home, and put on the board what others need to know of it", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			v, err := home.NewCard(home.Board(board), folder, name, host, port)
			if err != nil {
				return err
			}
			return cli.Print(c, map[string]any{"name": v.Name, "id": home.ID(v.Identity), "p2p": v.P2P, "rpc": v.RPC, "http": v.HTTP}, func() {
				fmt.Printf("%s is %s, at %s for validators, %s for state sync and %s for wallets\n", v.Name, home.ID(v.Identity), v.P2P, v.RPC, v.HTTP)
			})
		},
	}
	boardFlags(c, &board, &folder)
	c.Flags().StringVar(&name, "name", "", "of the validator")
	c.Flags().StringVar(&host, "host", "", "where others reach it")
	c.Flags().IntVar(&port, "port", 26600, "the first of its four ports")
	_, _ = c.MarkFlagRequired("name"), c.MarkFlagRequired("host")
	return c
}

func auditorCommand() *cobra.Command {
	var board, file, name string
	c := &cobra.Command{
		Use: "auditor", Short: "Make an auditor's file, and put on the board what others need to know of him", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			a, err := home.NewAuditor(home.Board(board), file, name)
			if err != nil {
				return err
			}
			identity := fmt.Sprintf("%x", a.Identity)
			return cli.Print(c, map[string]any{"name": a.Name, "identity": identity}, func() { fmt.Printf("%s makes keys as %s\n", a.Name, identity) })
		},
	}
	boardFlags(c, &board, nil)
	c.Flags().StringVar(&file, "file", "", "the auditor's file, nobody else's to read, in a folder of its own")
	c.Flags().StringVar(&name, "name", "", "of the auditor")
	_, _ = c.MarkFlagRequired("file"), c.MarkFlagRequired("name")
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
		Use: "key FILE", Short: "Make the key of an issuer, an endorser or a warrant authority", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
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
			text := fmt.Sprintf("%x", public)
			return cli.Print(c, map[string]any{"public": text}, func() { fmt.Println(text) })
		},
	}
}

func termsCommand() *cobra.Command {
	t, a := home.Terms{Name: "network"}, home.Auditing{}
	var board, budget, issuer, approved, delayed, authority string
	var endorsers, transcripts []string
	var audited bool
	c := &cobra.Command{
		Use: "terms", Short: "Put the terms on the board, for the validators and auditors whose cards are there", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) (err error) {
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
			if audited {
				if a.Approved, err = home.ParseAmount(approved, t.Decimals); err != nil {
					return cli.Usage(fmt.Errorf("--approved: %w", err))
				}
				if a.Delayed, err = home.ParseAmount(delayed, t.Decimals); err != nil {
					return cli.Usage(fmt.Errorf("--delayed: %w", err))
				}
				if a.Authority, err = publicKey(authority); err != nil {
					return cli.Usage(fmt.Errorf("--authority: %w", err))
				}
				t.Auditing = &a
			}
			t.Start = time.Now().UTC().Truncate(time.Second)
			digest, err := t.Propose(c.Context(), home.Board(board), transcripts)
			if err != nil {
				return err
			}
			fmt.Fprint(os.Stderr, t.String())
			return cli.Print(c, map[string]any{"digest": digest}, func() { fmt.Println(digest) })
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
	f.BoolVar(&audited, "audited", false, "payments beyond the budget, which auditors decide on; what follows is for these")
	f.StringVar(&approved, "approved", "10000", "the most that auditors approve at once")
	f.StringVar(&delayed, "delayed", "100000", "the most that they approve with a delay of a day")
	f.IntVar(&a.Threshold, "threshold", 0, "how many auditors open and decide: of 3f + 1, f + 1 by default, and up to 2f + 1")
	f.StringVar(&authority, "authority", "", "the public key of the warrant authority, as uttd found key has it")
	f.DurationVar(&a.MaxSeal, "max-seal", home.MaxSeal, "how long a warrant may stay sealed")
	f.IntVar(&a.MinSum, "min-sum", home.MinSum, "of how many payments auditors open a sum, at least; 0 for no sums")
	c.MarkFlagsRequiredTogether("audited", "authority")
	_, _, _ = c.MarkFlagRequired("issuer"), c.MarkFlagRequired("endorser"), c.MarkFlagRequired("ceremony")
	return c
}

func readCommand() *cobra.Command {
	var board string
	c := &cobra.Command{
		Use: "read", Short: "Print the terms of a board in words, and their digest", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			t, err := home.ReadTerms(home.Board(board), "")
			if err != nil {
				return err
			}
			return cli.Print(c, map[string]any{"digest": t.Digest(), "terms": t}, func() {
				fmt.Print(t.String())
				fmt.Println(t.Digest())
			})
		},
	}
	boardFlags(c, &board, nil)
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
		Use: "run", Short: "Make the keys with the others, and the home or file of one's own",
		Long: "Make the keys with the others, and the home or file of one's own: validators theirs, auditors theirs,\n" +
			"and each sees by what the others have signed which keys those made. It waits for what others have\n" +
			"to say; stopped, it goes on where it was once it is said again.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) (err error) {
			p.Board = home.Board(board)
			if p.Terms, err = home.ReadTerms(p.Board, digest); err != nil {
				return err
			}
			fmt.Fprint(os.Stderr, p.Terms.String())
			parameters, err := p.Found(c.Context())
			if err != nil {
				return err
			}
			folder, next := p.Folder, "uttd start --home "+cli.Quote(p.Folder)
			if p.File != "" {
				folder = filepath.Dir(p.File)
				next = fmt.Sprintf("uttd audit pending --as %s --dir %s", cli.Quote(p.File), cli.Quote(folder))
			}
			if err := cli.Print(c, map[string]any{"parameters": parameters, "folder": folder}, func() { fmt.Println(parameters) }); err != nil {
				return err
			}
			fmt.Fprintf(os.Stderr, "This is the digest of the parameters, the same at all: compare it. %s/%s is for wallets.\n  %s\n", folder, home.NetworkFile, next)
			return nil
		},
	}
	boardFlags(c, &board, nil)
	c.Flags().StringVar(&p.Folder, "home", "", "folder of a validator, as uttd found card made it")
	c.Flags().StringVar(&p.File, "auditor", "", "file of an auditor, as uttd found auditor made it")
	c.Flags().StringVar(&digest, "terms", "", "the digest of the terms that were agreed on")
	c.Flags().BoolVar(&p.Lead, "lead", false, "end the rounds: one of all validators does, and one of all auditors")
	c.Flags().DurationVar(&p.Patience, "patience", 10*time.Minute, "how long the lead waits in a round for those who say nothing")
	c.MarkFlagsOneRequired("home", "auditor")
	c.MarkFlagsMutuallyExclusive("home", "auditor")
	_ = c.MarkFlagRequired("terms")
	return c
}
