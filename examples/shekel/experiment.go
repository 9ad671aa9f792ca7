package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/utt-ecash/utt-go/examples/bft"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/wallet"
)

const (
	asset               = "shekel"
	privacy  utt.Amount = 1000 // budget per month
	ordinary utt.Amount = 2000 // issued to everyone at first
	private  utt.Amount = 1200 // of that, turned into private shekels

	providers = 3
)

// experiment is the network and all who take part in it.
type experiment struct {
	settings
	founding  *bft.Founding
	sim       *bft.Simulation
	client    *bft.Client
	providers []*provider
	customers []*customer
	random    *rand.Rand
	issued    utt.Amount
}

// provider hosts the wallets of its customers and endorses their registrations.
type provider struct {
	name     string
	endorser *utt.Endorser
	wallets  map[*customer]*wallet.Wallet
}

// customer holds his seed, and what is his as the experiment keeps the books.
type customer struct {
	name string
	seed []byte
	host *provider
	owns books
}

type books struct{ ordinary, private, budget utt.Amount }

func (c *customer) wallet() *wallet.Wallet { return c.host.wallets[c] }

// balances are the books that a wallet has of its own.
func balances(w *wallet.Wallet) books {
	b := w.Balance(asset)
	return books{b.Account, b.Spendable + b.Pending, b.Budget + b.BudgetPending}
}

func found(ctx context.Context, s settings) (*experiment, error) {
	if s.nodes < 4 || s.nodes%3 != 1 {
		return nil, fmt.Errorf("%d nodes, not 3f+1", s.nodes)
	}
	if s.customers < 2 || s.payments < 1 {
		return nil, errors.New("fewer than 2 customers, or no payments")
	}
	e := &experiment{settings: s, random: rand.New(rand.NewPCG(s.seed, 1))}
	var err error
	if e.founding, err = bft.NewFounding(ctx, "shekel", privacy, providers, asset); err != nil {
		return nil, err
	}
	configs, err := e.founding.Replicas((s.nodes - 1) / 3)
	if err != nil {
		return nil, err
	}
	e.sim, err = bft.NewSimulation(configs, bft.Schedule{Seed: s.seed, Limit: 1 << 40})
	if err != nil {
		return nil, err
	}
	e.client = bft.NewClient(e.sim, e.founding)
	for i := range providers {
		e.providers = append(e.providers, &provider{
			name: fmt.Sprintf("provider %d", i), endorser: e.founding.Endorsers[i], wallets: make(map[*customer]*wallet.Wallet),
		})
	}
	for i := range s.customers {
		seed := sha256.Sum256(fmt.Appendf(nil, "shekel %d %d", s.seed, i))
		c := &customer{name: fmt.Sprintf("customer %d", i), seed: seed[:]}
		e.customers = append(e.customers, c)
		if err := e.host(c, e.providers[i%providers]); err != nil {
			return nil, err
		}
	}
	return e, nil
}

// host opens the wallet of a customer, who brings his seed, at a provider.
func (e *experiment) host(c *customer, p *provider) error {
	w, err := wallet.New(e.founding.Parameters, c.name, c.seed, e.founding.WalletConfig())
	if err != nil {
		return err
	}
	c.host, p.wallets[c] = p, w
	return nil
}

// settle waits until all nodes have executed and signed everything, and syncs the
// wallets.
func (e *experiment) settle(ctx context.Context) error {
	if err := e.client.Settle(ctx); err != nil {
		return err
	}
	for _, c := range e.customers {
		if err := c.wallet().Sync(ctx, e.client); err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
	}
	return nil
}

// compare reports the first wallet whose balances are not those of the books, and
// money that is not there.
func (e *experiment) compare() error {
	var sum utt.Amount
	for _, c := range e.customers {
		got := balances(c.wallet())
		if got != c.owns {
			return fmt.Errorf("%s has %+v, not %+v", c.name, got, c.owns)
		}
		sum += got.ordinary + got.private
	}
	supply, err := e.sim.Replica(e.honest()).Ledger().Supply(asset)
	if err != nil {
		return err
	}
	if sum != e.issued || supply != e.issued {
		return fmt.Errorf("%d issued, supply %d, %d in wallets", e.issued, supply, sum)
	}
	return nil
}

// honest is a node that never fails here.
func (e *experiment) honest() bft.NodeID { return 0 }

// agree reports whether the nodes that are honest have one digest, and how many
// they are.
func (e *experiment) agree(except ...bft.NodeID) (int, error) {
	want := e.sim.Replica(e.honest()).Ledger()
	same := 0
	for i := range bft.NodeID(e.nodes) {
		l := e.sim.Replica(i).Ledger()
		if len(except) > 0 && except[0] == i {
			continue
		}
		if l == nil || l.Head().Height != want.Head().Height || l.Digest() != want.Digest() {
			return same, fmt.Errorf("node %d is in another state than node %d", i, e.honest())
		}
		same++
	}
	return same, nil
}

// do runs an action and makes a row of what it observed. An observation that is
// wrong does not stop the experiment; a network that does is an error.
func (e *experiment) do(ctx context.Context, name string, action func(context.Context) (string, error)) (result, error) {
	e.sim.Note("action: " + name)
	start := time.Now()
	observed, err := action(ctx)
	r := result{Action: name, Observed: observed, Holds: err == nil, Seconds: time.Since(start).Seconds()}
	if err == nil {
		return r, nil
	}
	r.Observed = err.Error()
	var violation *bft.Violation
	if errors.As(err, &violation) || ctx.Err() != nil {
		return r, err
	}
	return r, nil
}
