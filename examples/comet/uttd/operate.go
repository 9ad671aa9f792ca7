package main

import (
	"cmp"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/utt-ecash/utt-go/examples/comet/cli"
	"github.com/utt-ecash/utt-go/examples/comet/home"
	"github.com/utt-ecash/utt-go/examples/comet/node"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/httpnode"
)

// operator is who works with a network that runs.
type operator struct {
	folder  string
	network home.Network
	client  *httpnode.Client
	digest  [32]byte
}

func (o *operator) flags(c *cobra.Command) {
	c.Flags().StringVar(&o.folder, "dir", here, "folder of the network, with network.json")
}

func (o *operator) open(ctx context.Context) (err error) {
	if o.network, err = home.ReadNetwork(filepath.Join(o.folder, home.NetworkFile)); err != nil {
		return err
	}
	return o.dial(o.furthest(ctx)...)
}

// furthest are the network's nodes, those first that have executed most: one that was just
// started does not know yet what others do.
func (o *operator) furthest(ctx context.Context) []string {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	of, nodes := o.statuses(ctx), slices.Clone(o.network.Nodes)
	slices.SortStableFunc(nodes, func(a, b string) int { return cmp.Compare(of[b].Published, of[a].Published) })
	return nodes
}

// statuses are those of the validators that answer, by their addresses, asked all at once.
func (o *operator) statuses(ctx context.Context) map[string]node.Status {
	all := make(map[string]node.Status)
	var mu sync.Mutex
	var group sync.WaitGroup
	for _, url := range o.network.Nodes {
		group.Go(func() {
			if s, err := ask(ctx, url); err == nil {
				mu.Lock()
				defer mu.Unlock()
				all[url] = s
			}
		})
	}
	group.Wait()
	return all
}

// call is how a command of this network is called.
func (o *operator) call(command string) string {
	if o.folder != here {
		command += " --dir " + cli.Quote(o.folder)
	}
	return "uttd " + command
}

// here is the folder of a network, if none is given.
const here = "net"

// dial makes the client of the network's nodes, in this order.
func (o *operator) dial(nodes ...string) (err error) {
	b, err := hex.DecodeString(o.network.Parameters)
	if err != nil || len(b) != len(o.digest) {
		return fmt.Errorf("%s: the digest of the parameters is none", home.NetworkFile)
	}
	copy(o.digest[:], b)
	soon := http.DefaultTransport.(*http.Transport).Clone()
	soon.ResponseHeaderTimeout = 5 * time.Second // one that hangs: another is asked
	o.client, err = httpnode.NewClient(&http.Client{Timeout: time.Minute, Transport: soon}, nodes...)
	return err
}

// parameters are those whose digest the operator has.
func (o *operator) parameters(ctx context.Context) (*utt.Parameters, error) {
	return o.client.Parameters(ctx, o.digest)
}

// ask is the status of a validator.
func ask(ctx context.Context, url string) (s node.Status, err error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/status", nil)
	if err != nil {
		return s, err
	}
	got, err := http.DefaultClient.Do(r)
	if err != nil {
		return s, err
	}
	defer func() { _ = got.Body.Close() }()
	if got.StatusCode != http.StatusOK {
		return s, errors.New(got.Status)
	}
	return s, json.NewDecoder(got.Body).Decode(&s)
}

// begun waits until all validators have certified a block.
func (o *operator) begun(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for _, url := range o.network.Nodes {
		for {
			s, err := ask(ctx, url)
			if err == nil && s.Published > 0 {
				break
			}
			select {
			case <-ctx.Done():
				if err != nil && len(o.statuses(context.WithoutCancel(ctx))) == 0 {
					return fmt.Errorf("%w: %w", httpnode.ErrUnanswered, err)
				}
				if err != nil {
					return fmt.Errorf("%s does not answer: %w", url, err)
				}
				return fmt.Errorf("%s has certified nothing within a minute: are enough others started?", url)
			case <-time.After(200 * time.Millisecond):
			}
		}
	}
	return nil
}

func statusCommand() *cobra.Command {
	o := new(operator)
	var wait bool
	c := &cobra.Command{
		Use: "status", Short: "How the validators are doing", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := o.open(c.Context()); err != nil {
				return err
			}
			if wait {
				if err := o.begun(c.Context()); err != nil {
					return err
				}
			}
			type row struct {
				URL    string       `json:"url"`
				Status *node.Status `json:"status,omitempty"`
				Error  string       `json:"error,omitempty"`
			}
			var rows []row
			down := 0
			for _, url := range o.network.Nodes {
				s, err := ask(c.Context(), url)
				if err != nil {
					down++
					rows = append(rows, row{URL: url, Error: err.Error()})
					continue
				}
				rows = append(rows, row{URL: url, Status: &s})
			}
			err := cli.Print(c, rows, func() {
				if down == len(rows) {
					fmt.Println("no validator answers: are they started?")
				}
				for _, r := range rows {
					if r.Status == nil {
						fmt.Printf("%-28s down: %s\n", r.URL, r.Error)
						continue
					}
					s := r.Status
					fmt.Printf("%-28s %-8s block %d, certified up to %d; digest %.16s…; %d peers, %d wait\n", r.URL, s.Name, s.Height, s.Published, s.Digest, s.Peers, s.Waiting)
					for _, b := range s.Blamed {
						fmt.Printf("%30sblames %s\n", "", b)
					}
				}
			})
			if err == nil && down == len(rows) {
				err = cli.Said(httpnode.ErrUnanswered)
			}
			return err
		},
	}
	o.flags(c)
	c.Flags().BoolVar(&wait, "wait", false, "wait, up to a minute, until all have begun")
	return c
}

func issueCommand() *cobra.Command {
	o := new(operator)
	var to, asset, amount, key string
	c := &cobra.Command{
		Use: "issue", Short: "Create ordinary money in a user's account", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := o.open(c.Context()); err != nil {
				return err
			}
			if !slices.Contains(assets(o.network), asset) {
				return cli.Usage(fmt.Errorf("asset %q is none of %v", asset, assets(o.network)))
			}
			v, err := home.ParsePositive(amount, o.network.Decimals[asset])
			if err != nil {
				return cli.Usage(err)
			}
			issuer, err := home.ReadKey(or(key, filepath.Join(o.folder, home.IssuerFile)))
			if err != nil {
				return err
			}
			p, err := o.parameters(c.Context())
			if err != nil {
				return err
			}
			nonce, err := o.nonce(c.Context())
			if err != nil {
				return err
			}
			op, err := utt.NewIssue(p, issuer, nonce, utt.PIDOf(to), asset, v)
			if err != nil {
				return err
			}
			if err := o.handIn(c.Context(), op); err != nil {
				return err
			}
			return cli.Print(c, map[string]any{"to": to, "asset": asset, "amount": home.FormatAmount(v, o.network.Decimals[asset]), "nonce": nonce}, func() {
				fmt.Printf("issued %s %s to %s\n", home.FormatAmount(v, o.network.Decimals[asset]), asset, to)
			})
		},
	}
	o.flags(c)
	c.Flags().StringVar(&to, "to", "", "who gets it, an identity that is registered")
	c.Flags().StringVar(&asset, "asset", "cash", "of what")
	c.Flags().StringVar(&amount, "amount", "", "how much, such as 12.50")
	c.Flags().StringVar(&key, "key", "", "file of the issuer's key; issuer.key of the network by default")
	_, _ = c.MarkFlagRequired("to"), c.MarkFlagRequired("amount")
	return c
}

// nonce is the next number of an issue, of the validator that is furthest.
func (o *operator) nonce(ctx context.Context) (nonce uint64, err error) {
	err = httpnode.ErrUnanswered
	for _, s := range o.statuses(ctx) {
		nonce, err = max(nonce, s.IssueNonce), nil
	}
	return nonce, err
}

// handIn hands an operation in, and waits for what becomes of it, and until it is certified:
// whoever reads then finds it.
func (o *operator) handIn(ctx context.Context, op utt.Operation) error {
	if err := o.client.Submit(ctx, op); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		r, err := o.client.Receipt(ctx, op.Digest())
		switch {
		case err == nil && r.Err() != nil:
			return r.Err()
		case err == nil:
			return o.certified(ctx)
		case !errors.Is(err, utt.ErrNotFound):
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("handed in, and in no block yet: see %s: %w", o.call("status"), ctx.Err())
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// certified waits until what is executed now is certified.
func (o *operator) certified(ctx context.Context) error {
	var heads []uint64
	for _, s := range o.statuses(ctx) {
		heads = append(heads, s.Height)
	}
	slices.Sort(heads)
	head, faults := uint64(0), (len(o.network.Nodes)-1)/3
	if k := len(heads) - 1 - faults; k >= 0 { // so many may say that they are further than anybody is
		head = heads[k]
	}
	for {
		if c, err := o.client.Certificate(ctx, math.MaxUint64); err == nil && c.Height >= head {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("executed, and not certified yet: see %s: %w", o.call("status"), ctx.Err())
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func endorseCommand() *cobra.Command {
	o := new(operator)
	var identity, key string
	c := &cobra.Command{
		Use: "endorse FILE", Short: "Vouch for a user's registration, and hand it in",
		Long: "Vouch for a user's registration, which uttw register wrote, and hand it in. Whoever vouches\n" +
			"has made sure that the user is who he says, and that he has no other identity.",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := o.open(c.Context()); err != nil {
				return err
			}
			b, err := os.ReadFile(args[0])
			if err != nil {
				return err
			}
			op, err := utt.ParseOperation(b)
			if err != nil {
				return fmt.Errorf("%s: %w", args[0], err)
			}
			r, ok := op.(*utt.Registration)
			if !ok {
				return fmt.Errorf("%s holds no registration", args[0])
			}
			p, err := o.parameters(c.Context())
			if err != nil {
				return err
			}
			signer, err := home.ReadKey(or(key, filepath.Join(o.folder, home.EndorserFile)))
			if err != nil {
				return err
			}
			e, err := utt.NewEndorser(p, signer)
			if err != nil {
				return err
			}
			if r, err = e.Endorse(identity, r); err != nil {
				return err
			}
			if err := o.handIn(c.Context(), r); err != nil {
				return err
			}
			return cli.Print(c, map[string]any{"identity": identity, "registered": true}, func() { fmt.Printf("registered %s\n", identity) })
		},
	}
	o.flags(c)
	c.Flags().StringVar(&identity, "identity", "", "whose registration it is")
	c.Flags().StringVar(&key, "key", "", "file of the endorser's key; endorser.key of the network by default")
	_ = c.MarkFlagRequired("identity")
	return c
}

func assets(n home.Network) (names []string) {
	for a := range n.Decimals {
		names = append(names, a)
	}
	slices.Sort(names)
	return names
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
