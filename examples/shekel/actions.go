package main

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"runtime"
	"time"

	"github.com/utt-ecash/utt-go/examples/bft"
	"github.com/utt-ecash/utt-go/utt"
)

// actions goes through the experiment.
func (e *experiment) actions(ctx context.Context) ([]result, error) {
	var results []result
	for _, a := range []struct {
		name string
		do   func(context.Context) (string, error)
	}{
		{"0 register, issue, grant", e.prepare},
		{"1 private payments", e.payPrivately},
		{"2 public payments", e.payPublicly},
		{"3 conversion both ways", e.convert},
		{"4 a node loses everything", e.loseNode},
		{"5 a provider loses everything", e.loseProvider},
		{"6 who looks out is lost", e.loseWatcher},
		{"7 a node turns Byzantine", e.turnByzantine},
		{"8 all wallets from seeds", e.restoreAll},
	} {
		r, err := e.do(ctx, a.name, a.do)
		results = append(results, r)
		if err != nil {
			return results, err
		}
	}
	return results, nil
}

// prepare registers the customers, each endorsed by his provider, issues ordinary
// shekels, grants the month's budgets and mints private shekels.
func (e *experiment) prepare(ctx context.Context) (string, error) {
	stages := []func(i int, c *customer) error{
		func(_ int, c *customer) error {
			r, err := c.wallet().Registration(0)
			if err != nil {
				return err
			}
			if r, err = c.host.endorser.Endorse(c.name, r); err != nil {
				return err
			}
			e.client.Name("registration of " + c.name)
			return e.client.Submit(ctx, r)
		},
		func(i int, c *customer) error {
			// the issuer's nonces count up, so its orders go one by one
			op, err := utt.NewIssue(e.founding.Parameters, e.founding.Issuer, uint64(i), utt.PIDOf(c.name), asset, ordinary)
			if err != nil {
				return err
			}
			e.client.Name("issue to " + c.name)
			if err := e.client.Submit(ctx, op); err != nil {
				return err
			}
			e.client.Name("budget of " + c.name)
			if _, err := c.wallet().RequestBudget(ctx, e.client, asset, 1); err != nil {
				return err
			}
			e.issued, c.owns = e.issued+ordinary, books{ordinary, 0, privacy}
			return e.client.Settle(ctx)
		},
		func(_ int, c *customer) error { return e.mint(ctx, c, private) },
	}
	for _, stage := range stages {
		for i, c := range e.customers {
			if err := stage(i, c); err != nil {
				return "", err
			}
		}
		if err := e.settle(ctx); err != nil {
			return "", err
		}
	}
	return fmt.Sprintf("%d customers of %d providers, %d ordinary and %d private shekels each, budgets of %d",
		len(e.customers), len(e.providers), ordinary-private, private, privacy), e.compare()
}

func (e *experiment) mint(ctx context.Context, c *customer, v utt.Amount) error {
	e.client.Name("mint of " + c.name)
	c.owns.ordinary -= v
	c.owns.private += v
	_, err := c.wallet().Mint(ctx, e.client, asset, v)
	return err
}

// payAround makes so many private payments, of at most one per customer at a
// time.
func (e *experiment) payAround(ctx context.Context, payments int) error {
	for done := 0; done < payments; {
		received := make(map[*customer]utt.Amount)
		for i := 0; i < len(e.customers) && done < payments; i, done = i+1, done+1 {
			payer := e.customers[i]
			payee := e.customers[(i+1+e.random.IntN(len(e.customers)-1))%len(e.customers)]
			amount := utt.Amount(1 + e.random.IntN(10))
			e.client.Name(fmt.Sprintf("payment by %s", payer.name))
			if _, err := payer.wallet().Pay(ctx, e.client, payee.name, asset, amount, "thanks"); err != nil {
				return fmt.Errorf("%s: %w", payer.name, err)
			}
			payer.owns.private -= amount
			payer.owns.budget -= amount
			received[payee] += amount
		}
		for c, v := range received {
			c.owns.private += v
		}
		if err := e.settle(ctx); err != nil {
			return err
		}
	}
	return nil
}

// payPrivately pays within the budgets; beyond one it is refused.
func (e *experiment) payPrivately(ctx context.Context) (string, error) {
	if err := e.payAround(ctx, e.payments); err != nil {
		return "", err
	}
	poor := e.customers[0]
	_, err := poor.wallet().Pay(ctx, e.client, e.customers[1].name, asset, poor.owns.budget+1, "")
	if !errors.Is(err, utt.ErrInsufficient) {
		return "", fmt.Errorf("a payment beyond the budget: %v", err)
	}
	return fmt.Sprintf("%d executed, each off money and budget; one beyond the budget refused", e.payments), e.compare()
}

// payPublicly moves ordinary shekels; the budgets stay.
func (e *experiment) payPublicly(ctx context.Context) (string, error) {
	for i, c := range e.customers {
		payee := e.customers[(i+1)%len(e.customers)]
		e.client.Name("public payment by " + c.name)
		if _, err := c.wallet().PayPublicly(ctx, e.client, payee.name, asset, utt.Amount(20+i)); err != nil {
			return "", err
		}
		c.owns.ordinary -= utt.Amount(20 + i)
		payee.owns.ordinary += utt.Amount(20 + i)
	}
	if err := e.settle(ctx); err != nil {
		return "", err
	}
	return fmt.Sprintf("%d executed for all to see; private shekels and budgets untouched", len(e.customers)), e.compare()
}

// convert turns ordinary shekels private and private ones ordinary.
func (e *experiment) convert(ctx context.Context) (string, error) {
	for _, c := range e.customers {
		if err := e.mint(ctx, c, 50); err != nil {
			return "", err
		}
	}
	if err := e.settle(ctx); err != nil {
		return "", err
	}
	for _, c := range e.customers {
		e.client.Name("burn by " + c.name)
		if _, err := c.wallet().Burn(ctx, e.client, asset, 30); err != nil {
			return "", err
		}
		c.owns.private -= 30
		c.owns.ordinary += 30
	}
	if err := e.settle(ctx); err != nil {
		return "", err
	}
	return fmt.Sprintf("%d times 50 to private and 30 back; budgets untouched", len(e.customers)), e.compare()
}

// loseNode has the last node lose all but its keys. The others go on, and it comes
// back with their digest.
func (e *experiment) loseNode(ctx context.Context) (string, error) {
	lost := bft.NodeID(e.nodes - 1)
	e.sim.Crash(lost, true)
	if err := e.payAround(ctx, len(e.customers)); err != nil {
		return "", err
	}
	e.sim.Restart(lost)
	start := time.Now()
	if err := e.client.RunUntil(ctx, func() bool { return e.sim.Replica(lost).Ledger() != nil }); err != nil {
		return "", err
	}
	back := time.Since(start)
	if err := e.payAround(ctx, len(e.customers)); err != nil {
		return "", err
	}
	if err := e.level(ctx); err != nil {
		return "", err
	}
	same, err := e.agree()
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%d payments without it; node %d restored in %v; %d nodes with one digest",
		len(e.customers), lost, back.Round(time.Millisecond), same), e.compare()
}

// level runs until all honest nodes are at one height.
func (e *experiment) level(ctx context.Context, except ...bft.NodeID) error {
	return e.client.RunUntil(ctx, func() bool {
		_, err := e.agree(except...)
		return err == nil
	})
}

// loseProvider has the first provider lose the wallets it hosts. Its customers take
// their seeds to the next, which finds everything on the ledger.
func (e *experiment) loseProvider(ctx context.Context) (string, error) {
	failed, other := e.providers[0], e.providers[1]
	moved := 0
	start := time.Now()
	failed.wallets = nil
	for _, c := range e.customers {
		if c.host != failed {
			continue
		}
		if err := e.host(c, other); err != nil {
			return "", err
		}
		if err := c.wallet().Sync(ctx, e.client); err != nil {
			return "", err
		}
		moved++
	}
	took := time.Since(start)
	if err := e.compare(); err != nil {
		return "", err
	}
	// the restored wallets work
	if err := e.payAround(ctx, len(e.customers)); err != nil {
		return "", err
	}
	return fmt.Sprintf("%d wallets of %s restored at %s in %v: ordinary, private and budget exact",
		moved, failed.name, other.name, took.Round(time.Millisecond)), e.compare()
}

// turnByzantine has a node write errors of all kinds, one after the other. The
// others find each, and go on.
func (e *experiment) turnByzantine(ctx context.Context) (string, error) {
	byzantine := bft.NodeID(1)
	forged, err := e.forgery(ctx)
	if err != nil {
		return "", err
	}
	kinds := []bft.Behaviour{bft.BadBlocks, bft.BadShares, bft.Liar, bft.TwoFaced}
	for _, kind := range kinds {
		if err := e.sim.Corrupt(byzantine, kind, forged); err != nil {
			return "", err
		}
		exposed := e.sim.Exposed(byzantine)
		for range 8 {
			if err := e.payAround(ctx, len(e.customers)/2); err != nil {
				return "", err
			}
			if e.sim.Exposed(byzantine) > exposed {
				break
			}
		}
		if e.sim.Exposed(byzantine) == exposed {
			return "", fmt.Errorf("nobody notices %s", kind)
		}
	}
	if err := e.level(ctx, byzantine); err != nil {
		return "", err
	}
	same, err := e.agree(byzantine)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("bad blocks refused, bad shares blamed, a false state and double votes seen; %d others go on with one digest", same), e.compare()
}

// forgery is an issue of money signed by the Byzantine node instead of the issuer.
func (e *experiment) forgery(context.Context) ([]byte, error) {
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		return nil, err
	}
	op, err := utt.NewIssue(e.founding.Parameters, e.founding.Issuer, uint64(len(e.customers)), utt.PIDOf(e.customers[1].name), asset, 1_000_000)
	if err != nil {
		return nil, err
	}
	b, err := op.AppendBinary(nil)
	if err != nil {
		return nil, err
	}
	// NewIssue takes no other key than the issuer's; the node puts its own signature last
	return append(b[:len(b)-ed25519.SignatureSize], ed25519.Sign(key, b[:len(b)-ed25519.SignatureSize])...), nil
}

// restoreAll makes every wallet again from its seed, on one core, and compares it
// with the books.
func (e *experiment) restoreAll(ctx context.Context) (string, error) {
	took, outputs, err := e.restore(ctx)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%d wallets restored over %d signed outputs in %v on one core, every balance exact",
		len(e.customers), outputs, took.Round(time.Millisecond)), e.compare()
}

func (e *experiment) restore(ctx context.Context) (took time.Duration, outputs int, err error) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	start := time.Now()
	for _, c := range e.customers {
		if err := e.host(c, c.host); err != nil {
			return 0, 0, err
		}
		if err := c.wallet().Sync(ctx, e.client); err != nil {
			return 0, 0, err
		}
	}
	took = time.Since(start)
	for r, err := range e.client.Records(ctx, utt.Cursor{}) {
		if err != nil {
			return 0, 0, err
		}
		outputs += r.Outputs(e.founding.Parameters)
	}
	return took, outputs, nil
}
