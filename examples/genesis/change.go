package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/utt-ecash/utt-go/sig"
	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/wallet"
)

func (g *genesis) pay(ctx context.Context) (string, error) {
	for _, w := range []*wallet.Wallet{g.alice, g.bob} {
		if err := g.enroll(ctx, w); err != nil {
			return "", err
		}
	}
	issue, err := utt.NewIssue(g.net.p, g.issuer, 0, g.alice.PID(), asset, 1000)
	if err != nil {
		return "", err
	}
	if err := errors.Join(g.net.Submit(ctx, issue), g.alice.Sync(ctx, g.net)); err != nil {
		return "", err
	}
	if err := g.done(ctx, g.alice)(g.alice.Mint(ctx, g.net, asset, 600)); err != nil {
		return "", err
	}
	if err := g.done(ctx, g.alice)(g.alice.Pay(ctx, g.net, "bob", asset, 250, "before")); err != nil {
		return "", err
	}
	return "bob received 250 in a private coin, alice has one of 350", g.expect(ctx, 350, 250)
}

// enroll registers a wallet, with its budget.
func (g *genesis) enroll(ctx context.Context, w *wallet.Wallet) error {
	r, err := w.Registration(0)
	if err != nil {
		return err
	}
	if r, err = g.endorser.Endorse(w.Identity(), r); err != nil {
		return err
	}
	if err := errors.Join(g.net.Submit(ctx, r), w.Sync(ctx, g.net)); err != nil {
		return err
	}
	if _, err := w.RequestBudget(ctx, g.net, asset, g.net.Ledger().Head().Epoch); err != nil {
		return err
	}
	return w.Sync(ctx, g.net)
}

// replace deals the coin key and the ledger key to replica 5 in place of replica 3, while
// a payment, and the blocks of the sessions, are executed and not signed yet.
func (g *genesis) replace(ctx context.Context) (string, error) {
	g.net.unsigned = true
	id, err := g.alice.Pay(ctx, g.net, "bob", asset, 50, "in flight")
	if err != nil {
		return "", err
	}
	newcomer, err := newParty("replica 5")
	if err != nil {
		return "", err
	}
	old := g.replicas[2]
	g.replicas = slices.Clone(g.replicas)
	g.replicas[2] = newcomer
	if err := g.change(ctx, &g.coin, &g.ledger); err != nil {
		return "", err
	}
	g.net.unsigned = false
	if err := g.start(newcomer); err != nil {
		return "", err
	}
	if err := g.net.stop(old); err != nil {
		return "", err
	}
	if err := os.RemoveAll(g.path(old.name)); err != nil {
		return "", err
	}
	if err := g.alice.Await(ctx, g.net, id); err != nil {
		return "", err
	}
	return "replica 5 began from a snapshot that the others vouch for; the payment, executed before, is signed by the new committee", g.expect(ctx, 300, 300)
}

// change deals keys anew to those who hold them now. At any time there are on disk the
// shares that hold each key, and the committees of some for which they are there: shares are
// written before they are adopted, then the committees, and then the old shares removed.
func (g *genesis) change(ctx context.Context, keys ...**key) error {
	var old []*key
	for _, k := range keys {
		parties := g.replicas
		if k == &g.credential {
			parties = g.registrars
		}
		g.sessions++
		next, err := (*k).reshare(ctx, g.net, g.sessions, slices.Clone(parties), g.writeShares)
		if err != nil {
			return fmt.Errorf("%s key: %w", (*k).terms.Purpose, err)
		}
		if next.committee().Generation() == (*k).committee().Generation() {
			return errors.New("the shares are the old ones")
		}
		old = append(old, *k)
		*k = next
	}
	if err := g.writeCommittees(); err != nil {
		return err
	}
	return g.removeShares(old...)
}

func (g *genesis) refresh(ctx context.Context) (string, error) {
	if err := g.change(ctx, &g.coin, &g.credential, &g.ledger); err != nil {
		return "", err
	}
	for _, k := range g.keys() {
		if b := k.outcome.Blames; len(b) > 0 {
			return "", fmt.Errorf("blamed: %v", b)
		}
	}
	if err := g.renew(ctx); err != nil {
		return "", err
	}
	if err := g.done(ctx, g.bob)(g.bob.Pay(ctx, g.net, "alice", asset, 20, "refreshed")); err != nil {
		return "", err
	}
	return "nobody stopped; the old shares are removed; bob paid alice 20 under the new ones", g.expect(ctx, 320, 280)
}

// recover deals the keys anew after replica 1 lost its shares, which therefore deals none.
func (g *genesis) recover(ctx context.Context) (string, error) {
	loser := g.replicas[0]
	for _, k := range []*key{g.coin, g.ledger} {
		if err := os.Remove(g.share(loser, k)); err != nil {
			return "", err
		}
		k.shares[0] = nil
	}
	if err := g.start(nil); !errors.Is(err, os.ErrNotExist) {
		return "", fmt.Errorf("replica 1 started without its shares, or failed otherwise: %v", err)
	}
	if err := g.start(nil, loser); err != nil {
		return "", err
	}
	if err := g.change(ctx, &g.coin, &g.ledger); err != nil {
		return "", err
	}
	for _, k := range []*key{g.coin, g.ledger} {
		if _, err := k.blames(1, ""); err != nil {
			return "", err
		}
		if !slices.Contains(k.outcome.Members, 1) {
			return "", errors.New("replica 1 is no member")
		}
	}
	if err := g.start(nil); err != nil {
		return "", err
	}
	return "replicas 2, 4 and 5 dealt, and replica 1, which could not, holds new shares", nil
}

// mix holds shares of the coin key as it was founded, as if they had not been erased,
// against those of today.
func (g *genesis) mix(context.Context) (string, error) {
	attributes := make([]sig.Attribute, utt.CoinAttributes)
	for i := range attributes {
		attributes[i] = sig.Uint64(uint64(i))
	}
	message, _, err := sig.Commit(nil, sig.NewBase("genesis", g.network[:]), attributes, 0)
	if err != nil {
		return "", err
	}
	old, err := g.first.shares[0].Sign(message)
	if err != nil {
		return "", err
	}
	var today []*threshold.SignatureShare
	for _, k := range g.coin.shares[:2] {
		s, err := k.Sign(message)
		if err != nil {
			return "", err
		}
		today = append(today, s)
	}
	committee := g.coin.committee()
	if _, err := committee.Combine(message, []*threshold.SignatureShare{old, today[1]}); !errors.Is(err, threshold.ErrGeneration) {
		return "", fmt.Errorf("shares of two generations were not refused as such: %v", err)
	}
	renamed := threshold.ShareOf(committee.Generation(), 1, old.Point())
	var blame *threshold.BlameError
	if _, err := committee.Combine(message, []*threshold.SignatureShare{renamed, today[1]}); !errors.As(err, &blame) || !slices.Equal(blame.Culprits, []threshold.Index{1}) {
		return "", fmt.Errorf("an old share under the name of a new one was not found: %v", err)
	}
	if _, err := committee.Combine(message, today); err != nil {
		return "", err
	}
	return "one old and one new share make no signature, under whatever name; two new ones do. Two old ones would, for ever, which is why they are erased", nil
}

// payOld pays with coins that were signed before all resharings.
func (g *genesis) payOld(ctx context.Context) (string, error) {
	b, err := os.ReadFile(g.path(parametersFile))
	if err != nil {
		return "", err
	}
	if p, err := utt.ParseParameters(b); err != nil || p.Digest() != g.net.p.Digest() || g.net.Ledger().Parameters().Founding().Digest() != p.Digest() {
		return "", errors.Join(errors.New("the parameters changed"), err)
	}
	held := slices.Clone(g.bob.Coins(asset))
	if !slices.Contains(held, 250) {
		return "", fmt.Errorf("bob's first coin is not among those of %v", held)
	}
	if err := g.done(ctx, g.bob)(g.bob.Pay(ctx, g.net, "alice", asset, g.bob.Balance(asset).Spendable, "after")); err != nil {
		return "", err
	}
	if err := g.expect(ctx, 600, 0); err != nil {
		return "", err
	}
	supply, err := g.net.Ledger().Supply(asset)
	if err != nil {
		return "", err
	}
	accounts, err := g.net.Ledger().Accounts(asset)
	if err != nil {
		return "", err
	}
	if supply != accounts+600 {
		return "", fmt.Errorf("issued %d, accounts %d, coins %d", supply, accounts, 600)
	}
	left, err := filepath.Glob(g.path("replica 3", "*"))
	if err != nil || len(left) > 0 {
		return "", errors.Join(fmt.Errorf("replica 3 has kept %v", left), err)
	}
	return fmt.Sprintf("bob paid with coins of %v, 250 of which the founders signed; the parameters' digest is what it was; %d issued = %d in accounts + 600 in coins", held, supply, accounts), nil
}

// done waits for what a wallet handed in.
func (g *genesis) done(ctx context.Context, w *wallet.Wallet) func(wallet.Handle, error) error {
	return func(id wallet.Handle, err error) error {
		if err != nil {
			return err
		}
		return w.Await(ctx, g.net, id)
	}
}

// expect compares what both have in coins.
func (g *genesis) expect(ctx context.Context, alice, bob utt.Amount) error {
	if err := errors.Join(g.alice.Sync(ctx, g.net), g.bob.Sync(ctx, g.net)); err != nil {
		return err
	}
	if a, b := g.alice.Balance(asset).Spendable, g.bob.Balance(asset).Spendable; a != alice || b != bob {
		return fmt.Errorf("alice has %d and bob %d, expected %d and %d", a, b, alice, bob)
	}
	return nil
}
