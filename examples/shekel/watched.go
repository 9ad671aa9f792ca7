package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"github.com/utt-ecash/utt-go/utt"
	lookout "github.com/utt-ecash/utt-go/utt/provider"
	"github.com/utt-ecash/utt-go/utt/store"
	"github.com/utt-ecash/utt-go/utt/wallet"
)

// watcher is a provider who looks out for payments to customers, and has looked at all there
// is when he is asked.
type watcher struct {
	*lookout.Service
	e *experiment
}

func (w watcher) Watch(ctx context.Context, q *utt.WatchQuestion) (*utt.WatchAnswer, error) {
	if err := w.Follow(ctx, w.e.client); err != nil {
		return nil, err
	}
	return w.Service.Watch(ctx, q)
}

// watcher begins to look out, for a customer from now on.
func (e *experiment) watcher(ctx context.Context, name string, c *customer) (w watcher, err error) {
	seed := sha256.Sum256(fmt.Appendf(nil, "shekel %d %s", e.seed, name))
	secret, err := utt.NewScanSecret(seed[:])
	if err != nil {
		return w, err
	}
	now := e.founding.WalletConfig().Now
	w.e = e
	if w.Service, err = lookout.OpenService(e.founding.Parameters, secret, new(store.Memory), lookout.ServiceConfig{Now: now}); err != nil {
		return w, err
	}
	if err := w.Follow(ctx, e.client); err != nil {
		return w, err
	}
	user, err := c.wallet().Member()
	if err != nil {
		return w, err
	}
	m, err := c.wallet().Mandate(secret.ScanKey(), now().AddDate(1, 0, 0))
	if err != nil {
		return w, err
	}
	return w, w.Admit(user, m)
}

// readdress has a customer paid so that a provider finds it. Who endorsed his registration endorses
// his new address, wherever his wallet is hosted by now.
func (e *experiment) readdress(ctx context.Context, c *customer, w watcher) error {
	until := time.Unix(int64(e.client.Last().Time), 0).Add(time.Hour)
	r, err := c.wallet().Readdress(w.ScanKey(), until)
	if err != nil {
		return err
	}
	if r, err = e.providers[0].endorser.EndorseReaddress(c.name, r, uint64(until.Unix())); err != nil {
		return err
	}
	e.client.Name("new address of " + c.name)
	if err := e.client.Submit(ctx, r); err != nil {
		return err
	}
	return e.settle(ctx)
}

// loseWatcher has a provider lost who looks out for a customer. The customer's own wallet, which he has
// besides the one that is hosted, reads nothing by range while it is told of payments. He takes
// another provider by a new address, and what he was paid in between his wallet finds by reading
// all once.
func (e *experiment) loseWatcher(ctx context.Context) (string, error) {
	c, payer := e.customers[0], e.customers[1]
	pay := func() error {
		e.client.Name("payment by " + payer.name)
		if _, err := payer.wallet().Pay(ctx, e.client, c.name, asset, 1, "thanks"); err != nil {
			return err
		}
		payer.owns.private, payer.owns.budget, c.owns.private = payer.owns.private-1, payer.owns.budget-1, c.owns.private+1
		return e.settle(ctx)
	}
	disk := new(store.Memory)
	look := func(w watcher) (*wallet.Wallet, error) {
		config := e.founding.WalletConfig()
		config.Way, config.Watcher, config.ScanKey = wallet.Watched, w, w.ScanKey()
		return wallet.Open(e.founding.Parameters, c.name, c.seed, disk, config)
	}
	told := func(w *wallet.Wallet) error {
		if err := w.Sync(ctx, e.client); err != nil {
			return err
		}
		if got := balances(w); got != c.owns {
			return fmt.Errorf("the wallet of %s that is watched has %+v, not %+v", c.name, got, c.owns)
		}
		return nil
	}
	one, err := e.watcher(ctx, "one who looks out", c)
	if err != nil {
		return "", err
	}
	own, err := look(one)
	if err != nil {
		return "", err
	}
	reads := func() error { return told(own) }
	// from his seed, by range; then by what he is told
	if err := inOrder(func() error { return e.readdress(ctx, c, one) }, reads, pay, reads); err != nil {
		return "", err
	}

	// one is lost, and a payment comes that nobody finds
	if err := pay(); err != nil {
		return "", err
	}
	other, err := e.watcher(ctx, "another who looks out", c)
	if err != nil {
		return "", err
	}
	if err := e.readdress(ctx, c, other); err != nil {
		return "", err
	}
	if own, err = look(other); err != nil {
		return "", err
	}
	var gap *wallet.WatcherError
	if err := own.Sync(ctx, e.client); !errors.As(err, &gap) {
		return "", fmt.Errorf("who has looked out for less than is missing is taken at his word: %w", err)
	}
	if err := inOrder(func() error { return own.Rescan(ctx, time.Time{}) }, reads, pay, reads); err != nil {
		return "", err
	}
	return fmt.Sprintf("%s is paid at another address, told of by another provider; the payment in between was found by reading all once", c.name), e.compare()
}

// inOrder takes steps until one fails.
func inOrder(steps ...func() error) error {
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}
