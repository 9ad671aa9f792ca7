package main

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/utt-ecash/utt-go/examples/comet/cli"
	"github.com/utt-ecash/utt-go/examples/comet/home"
	"github.com/utt-ecash/utt-go/examples/comet/node"
	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/threshold/dkg"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/httpnode"
)

func joinCommand() *cobra.Command {
	o := new(operator)
	var like, name, host, invitation, folder, board string
	var port int
	c := &cobra.Command{
		Use: "join", Short: "Make the home of one that is to become a validator",
		Long: "Make the home of one that is to become a validator, after the home of another. Start it: it\n" +
			"follows the ledger, and has no key shares until uttd replace gives it some. Where the first blocks\n" +
			"are gone it takes the state from a snapshot, as with uttd sync.\n\n" +
			"On a machine of its own: --invitation, as uttd invite made it at another validator, --home, and --dir\n" +
			"with network.json; --board puts what others need to know of it there, for uttd replace propose.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			from, open := filepath.Join(o.folder, like), home.Open
			if invitation != "" {
				from, open = invitation, home.OpenInvitation
			}
			h, err := open(from)
			if err != nil {
				return err
			}
			made, err := home.Join(h, or(folder, filepath.Join(o.folder, name)), name, host, port)
			if err != nil {
				return err
			}
			if board != "" {
				v := home.NewValidator(name, made.Identity.Public().(ed25519.PublicKey), host, port)
				if err := v.Show(home.Board(board)); err != nil {
					return err
				}
			}
			if err := o.open(c.Context()); err != nil {
				return err
			}
			how := "all blocks"
			if pruned(c.Context(), o.network.RPC) {
				if made.Settings.Sync, err = agreed(c.Context(), o.network.RPC); err != nil {
					return err
				}
				if err := made.Keep(); err != nil {
					return err
				}
				how = fmt.Sprintf("a snapshot, by block %d with hash %s, which is to be compared", made.Settings.Sync.Height, made.Settings.Sync.Hash)
			}
			id := home.ID(made.Identity.Public().(ed25519.PublicKey))
			return cli.Print(c, map[string]any{"home": made.Folder, "id": id, "sync": made.Settings.Sync}, func() {
				fmt.Printf("%s is %s, and begins with %s; start it:\n  uttd start --home %s\n", name, id, how, cli.Quote(made.Folder))
			})
		},
	}
	o.flags(c)
	c.Flags().StringVar(&like, "like", "node1", "the validator whose home it is made after")
	c.Flags().StringVar(&name, "name", "", "of the home, in the network's folder")
	c.Flags().StringVar(&host, "host", "127.0.0.1", "where it listens")
	c.Flags().IntVar(&port, "port", 26700, "the first of its four ports")
	c.Flags().StringVar(&invitation, "invitation", "", "a folder as uttd invite makes it, in place of another's home")
	c.Flags().StringVar(&folder, "home", "", "the folder to make; of its name, in the network's folder, by default")
	c.Flags().StringVar(&board, "board", "", "the folder that those share who are to agree on it")
	_ = c.MarkFlagRequired("name")
	return c
}

func replaceCommand() *cobra.Command {
	o := new(operator)
	var out, in string
	var blocks uint32
	c := &cobra.Command{
		Use: "replace", Short: "Put one validator in place of another, by resharing the keys",
		Long: "Put one validator in place of another: the keys stay what they are, and their shares are dealt\n" +
			"anew, in sessions on the ledger. The one that leaves must run until then, if it can.\n" +
			"The homes of all are in the folder of the network, as uttd testnet made them. Where each has a\n" +
			"machine of its own, one says uttd replace propose, and each uttd replace agree.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := o.open(c.Context()); err != nil {
				return err
			}
			r := &replacement{o: o, blocks: blocks}
			if err := r.open(c.Context(), out, in); err != nil {
				return err
			}
			for _, purpose := range home.Purposes {
				if err := r.session(c.Context(), purpose); err != nil {
					return fmt.Errorf("the %s key: %w", purpose, err)
				}
			}
			if err := r.wait(c.Context()); err != nil {
				return err
			}
			if err := r.publish(); err != nil {
				return err
			}
			return cli.Print(c, map[string]any{"out": out, "in": in, "done": true}, func() {
				fmt.Printf("%s holds shares of all keys in place of %s, which can be stopped; its old shares are of no use alone\n", in, out)
			})
		},
	}
	o.flags(c)
	c.Flags().StringVar(&out, "out", "", "the home of the one that leaves, such as node3")
	c.Flags().StringVar(&in, "in", "", "the home of the one that comes, such as node5")
	c.Flags().Uint32Var(&blocks, "blocks", 12, "how many blocks a round of a session has")
	_, _ = c.MarkFlagRequired("out"), c.MarkFlagRequired("in")
	c.AddCommand(proposeCommand(), agreeCommand())
	return c
}

// replacement is what is done for each key.
type replacement struct {
	o       *operator
	blocks  uint32
	p       *utt.Parameters
	out, in *home.Home
	homes   map[string]*home.Home // by identity, as bytes
}

func (r *replacement) open(ctx context.Context, out, in string) (err error) {
	if r.p, err = r.o.parameters(ctx); err != nil {
		return err
	}
	r.homes = make(map[string]*home.Home)
	folders, err := filepath.Glob(filepath.Join(r.o.folder, "*", "settings.json"))
	if err != nil {
		return err
	}
	for _, f := range folders {
		h, err := home.Open(filepath.Dir(f))
		if err != nil {
			return err
		}
		r.homes[string(h.Identity.Public().(ed25519.PublicKey))] = h
		switch filepath.Base(h.Folder) {
		case out:
			r.out = h
		case in:
			r.in = h
		}
	}
	if r.out == nil || r.in == nil {
		return cli.Usage(fmt.Errorf("no home %s or %s in %s", out, in, r.o.folder))
	}
	return nil
}

// held is who holds a key now, by those who answer.
func (o *operator) held(ctx context.Context, purpose string) (h utt.Holders, head uint64, err error) {
	err = httpnode.ErrUnanswered
	for _, url := range o.network.Nodes {
		s, failed := ask(ctx, url)
		if failed != nil || s.Height <= head {
			continue
		}
		i := slices.IndexFunc(s.Holders, func(h node.Holders) bool { return h.Purpose == purpose })
		if i < 0 {
			continue
		}
		head, err = s.Height, h.UnmarshalBinary(s.Holders[i].Encoded)
	}
	return h, head, err
}

// committee is that of a generation, as a holder has it on disk.
func (r *replacement) committee(purpose string, held utt.Holders) (*threshold.Committee, error) {
	for _, p := range held.Parties {
		h := r.homes[string(p)]
		if h == nil {
			continue
		}
		c := map[string]*threshold.Committee{
			utt.PurposeCoin: h.Committees.Coin, utt.PurposeCredential: h.Committees.Credential, utt.PurposeLedger: h.Committees.Ledger,
		}[purpose]
		if c.Generation() == held.Generation {
			return c, nil
		}
	}
	return nil, fmt.Errorf("no home has the committee that holds the key")
}

// session has everybody agree on a session, and opens it.
func (r *replacement) session(ctx context.Context, purpose string) error {
	held, _, err := r.o.held(ctx, purpose)
	if err != nil {
		return err
	}
	c, err := r.committee(purpose, held)
	if err != nil {
		return err
	}
	leaving, coming := r.out.Identity.Public().(ed25519.PublicKey), r.in.Identity.Public().(ed25519.PublicKey)
	secrets := make(map[string]*dkg.Secret)
	for _, p := range append(slices.Clone(held.Parties), coming) {
		h := r.homes[string(p)]
		if h == nil {
			return fmt.Errorf("no home of party %s", home.ID(p))
		}
		if secrets[string(p)], err = h.Prepare(purpose); err != nil {
			return err
		}
		defer secrets[string(p)].Erase()
	}
	_, head, err := r.o.held(ctx, purpose) // from here on it is not to take long
	if err != nil {
		return err
	}
	schedule, err := (utt.Schedule{Height: head + 2*uint64(r.blocks), Blocks: r.blocks}).MarshalBinary()
	if err != nil {
		return err
	}
	terms, err := home.TermsOf(r.p, c, held, leaving, coming, head, schedule)
	if err != nil {
		return err
	}
	setup := &dkg.Setup{Terms: terms}
	for _, p := range terms.Parties {
		e, err := secrets[string(p)].Enrol(terms, r.homes[string(p)].Identity)
		if err != nil {
			return err
		}
		setup.Enrolments = append(setup.Enrolments, e)
	}
	for _, p := range held.Parties {
		a, err := setup.Authorise(r.homes[string(p)].Identity)
		if err != nil {
			return err
		}
		setup.Authorisations = append(setup.Authorisations, a)
	}
	for _, p := range append(slices.Clone(terms.Parties), leaving) {
		if err := r.homes[string(p)].Agree(setup); err != nil {
			return err
		}
	}
	opening, err := utt.NewSessionOpening(r.p, setup)
	if err != nil {
		return err
	}
	return r.o.handIn(ctx, opening)
}

// attempts is how often a session is opened for a key: one whose rounds were too short for
// validators that were busy fails, and shows nothing.
const attempts = 3

// wait waits until the one that comes holds shares of all keys, and opens another session where
// one has failed.
func (r *replacement) wait(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
	defer cancel()
	coming := r.in.Identity.Public().(ed25519.PublicKey)
	opened, gone := make(map[string]int), make(map[string]int)
	for left := slices.Clone(home.Purposes); len(left) > 0; {
		for _, purpose := range slices.Clone(left) {
			held, _, err := r.o.held(ctx, purpose)
			if err != nil {
				continue
			}
			if slices.ContainsFunc(held.Parties, func(p ed25519.PublicKey) bool { return p.Equal(coming) }) {
				left = slices.DeleteFunc(left, func(p string) bool { return p == purpose })
				continue
			}
			// the validator forgets one that has failed, or is over: others may know of that a block later
			if agreed, err := r.in.Agreed(purpose); err != nil || agreed {
				gone[purpose] = 0
				continue
			}
			if gone[purpose]++; gone[purpose] < 5 {
				continue
			}
			gone[purpose] = 0
			if opened[purpose]++; opened[purpose] == attempts {
				return fmt.Errorf("%d sessions for the %s key have failed: see the logs of the validators, and say --blocks for longer rounds", attempts, purpose)
			}
			if err := r.session(ctx, purpose); err != nil {
				return fmt.Errorf("the %s key: %w", purpose, err)
			}
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the sessions are open, and not done: see the logs of the validators: %w", ctx.Err())
		case <-time.After(time.Second):
		}
	}
	return nil
}

// publish names the one that comes in network.json in place of the one that leaves.
func (r *replacement) publish() error {
	change := func(urls []string, out, in string) {
		for i, u := range urls {
			if u == "http://"+out {
				urls[i] = "http://" + in
			}
		}
	}
	out, in := r.out.Settings, r.in.Settings
	change(r.o.network.Nodes, out.HTTP, in.HTTP)
	change(r.o.network.RPC, strings.TrimPrefix(out.RPC, "tcp://"), strings.TrimPrefix(in.RPC, "tcp://"))
	return r.o.network.Write(filepath.Join(r.o.folder, home.NetworkFile))
}
