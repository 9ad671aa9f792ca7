package utt_test

import (
	"context"
	"crypto/ed25519"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/budget"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/local"
	"github.com/utt-ecash/utt-go/utt/wallet"
)

// amended is a network with a fee, an audited row, users with money, and an authority that
// has changed the rules from epoch 3 on, which has begun.
func amended(t *testing.T, coins int, change func(*utt.Config)) (net *local.Network, users map[string]*wallet.Wallet) {
	t.Helper()
	ctx := context.Background()
	public, private, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	net, err = local.New(ctx, local.Config{
		Fee: utt.Fee{Base: 2}, FeeAccount: "bank", Dealt: true,
		Authority: utt.Authority{Threshold: 1, Keys: []ed25519.PublicKey{public}},
		Held:      []utt.Row{{Case: utt.Audited, Limit: 500, Audit: utt.Audit{Reveals: utt.RevealAmount, Expire: time.Hour}}},
	})
	require.NoError(t, err)
	users = make(map[string]*wallet.Wallet)
	for _, name := range []string{"ann", "ben", "bank", "mint"} {
		users[name], err = net.Wallet(name, nil)
		require.NoError(t, err)
		require.NoError(t, net.Enroll(ctx, users[name], name, 0))
	}
	p := net.Parameters()
	c := p.Newest().Config()
	change(&c)
	a, err := utt.NewAmendment(p, 3, c)
	require.NoError(t, err)
	a, err = a.Sign(p, private)
	require.NoError(t, err)
	require.NoError(t, net.Submit(ctx, a))
	for range 2 {
		require.NoError(t, net.Advance(ctx, 30*24*time.Hour))
	}
	for _, asset := range net.Parameters().Assets() {
		require.NoError(t, net.Issue(ctx, "ann", asset, utt.Amount(1000*coins)))
	}
	for name, w := range users {
		require.NoError(t, w.Sync(ctx, net))
		require.NoError(t, net.Enroll(ctx, w, name, 0))
	}
	w := users["ann"]
	for _, asset := range net.Parameters().Assets() {
		for range coins {
			h, err := w.Mint(ctx, net, asset, 1000)
			require.NoError(t, err)
			require.NoError(t, w.Await(ctx, net, h))
		}
	}
	return net, users
}

// The owner of the account that an amendment has fees go to sees them, and whoever had it
// before sees none that are not his: he would order with money that he has not.
func TestFeesGoToTheAccountOfTheVersion(t *testing.T) {
	ctx := context.Background()
	net, users := amended(t, 2, func(c *utt.Config) { c.FeeAccount = utt.PIDOf("mint") })
	a := users["ann"]
	h, err := a.Pay(ctx, net, "ben", "cash", 100, "")
	require.NoError(t, err)
	require.NoError(t, a.Await(ctx, net, h))
	require.NoError(t, a.Sync(ctx, net))
	h, err = a.PayAs(ctx, net, utt.Audited, "ben", "cash", 100, "")
	require.NoError(t, err)
	_, err = a.AwaitHeld(ctx, net, h)
	require.NoError(t, err)
	require.NoError(t, net.Decide(ctx, utt.Approve, h.ID))
	for name, w := range users {
		require.NoError(t, w.Sync(ctx, net))
		onLedger, err := net.Ledger().Balance(w.PID(), "cash")
		require.NoError(t, err)
		require.Equal(t, onLedger, w.Balance("cash").Account, name)
	}
	require.EqualValues(t, 4, users["mint"].Balance("cash").Account)
}

// When what is held in a later version is due, its wallets know.
func TestHeldInALaterVersionIsDueByThat(t *testing.T) {
	ctx := context.Background()
	net, users := amended(t, 1, func(c *utt.Config) { c.Rows[2].Audit.Expire = 2 * time.Hour })
	a, b := users["ann"], users["ben"]
	h, err := a.PayAs(ctx, net, utt.Audited, "ben", "cash", 100, "")
	require.NoError(t, err)
	s, err := a.AwaitHeld(ctx, net, h)
	require.NoError(t, err)
	_, due, err := net.Ledger().Hold(h.ID)
	require.NoError(t, err)
	require.Equal(t, due, s.Due)
	require.NoError(t, b.Sync(ctx, net))
	require.Equal(t, due, b.Incoming()[0].Due)
	require.Equal(t, due, a.Outgoing()[0].Due)
}

// Wallets pay by the rows of the version: in an asset that an amendment brought, up to the
// limit that it set, by the counter that it names.
func TestPaymentsGoByTheRowsOfTheVersion(t *testing.T) {
	ctx := context.Background()
	net, users := amended(t, 1, func(c *utt.Config) {
		c.Assets = append(c.Assets, "gold")
		c.Rows[2].Limit = 800
	})
	a := users["ann"]
	h, err := a.Pay(ctx, net, "ben", "gold", 100, "")
	require.NoError(t, err)
	require.NoError(t, a.Await(ctx, net, h))
	h, err = a.PayAs(ctx, net, utt.Audited, "ben", "cash", 700, "")
	require.NoError(t, err)
	_, err = a.AwaitHeld(ctx, net, h)
	require.NoError(t, err)
}

// The counter of a row that an amendment changed.
func TestPaymentsTakeTheCounterOfTheVersion(t *testing.T) {
	ctx := context.Background()
	net, users := amended(t, 1, func(c *utt.Config) {
		c.Policy.Counters = append(c.Policy.Counters, budget.Counter{Name: "volume", Classes: []utt.Amount{600}})
		c.Rows[1].Counter = "volume"
	})
	a := users["ann"]
	g, err := a.RequestCounter(ctx, net, "volume", "cash", net.Ledger().Head().Epoch)
	require.NoError(t, err)
	require.NoError(t, a.Await(ctx, net, g))
	h, err := a.Pay(ctx, net, "ben", "cash", 100, "")
	require.NoError(t, err)
	require.NoError(t, a.Await(ctx, net, h))
	c, err := a.Counter("volume", "cash")
	require.NoError(t, err)
	require.EqualValues(t, 500, c.Amount)
}

// The merges before a payment cost what the version's row of self transfers says.
func TestMergesCostTheFeeOfTheVersion(t *testing.T) {
	net, users := amended(t, 9, func(c *utt.Config) { c.Rows[0].Fee = utt.Fee{Base: 400} })
	a := users["ann"]
	most, err := a.MaxPayment("cash")
	require.NoError(t, err)
	require.EqualValues(t, 1000, most)
	most, err = a.MaxPaymentAs(utt.Audited, "cash")
	require.NoError(t, err)
	require.EqualValues(t, 500, most)
	_, err = a.Burn(context.Background(), net, "cash", 9000-799)
	require.ErrorIs(t, err, utt.ErrInsufficient)
	require.Len(t, a.Coins("cash"), 9, "nothing was merged for nothing")
	h, err := a.Burn(context.Background(), net, "cash", 9000-800) // a merge and the burn
	require.NoError(t, err)
	require.NoError(t, a.Await(context.Background(), net, h))
}

// A counter that an amendment drops from the next epoch on is good for payments until then.
func TestPaymentsTakeACounterThatEndsWithTheEpoch(t *testing.T) {
	ctx := context.Background()
	public, private, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	net, err := local.New(ctx, local.Config{
		Dealt: true, Authority: utt.Authority{Threshold: 1, Keys: []ed25519.PublicKey{public}},
		Policy: budget.Policy{
			Start: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), EpochLength: 30 * 24 * time.Hour, Classes: []utt.Amount{1000},
			Counters: []budget.Counter{{Name: "volume", Classes: []utt.Amount{600}}},
		},
		Held: []utt.Row{{Case: utt.Audited, Counter: "volume", Limit: 500, Audit: utt.Audit{Reveals: utt.RevealAmount, Expire: time.Hour}}},
	})
	require.NoError(t, err)
	a, err := net.Wallet("ann", nil)
	require.NoError(t, err)
	b, err := net.Wallet("ben", nil)
	require.NoError(t, err)
	require.NoError(t, net.Enroll(ctx, a, "ann", 0))
	require.NoError(t, net.Enroll(ctx, b, "ben", 0))
	p := net.Parameters()
	c := p.Newest().Config()
	c.Policy.Counters = nil
	c.Rows = c.Rows[:2]
	c.Circuits = c.Circuits[:2]
	drop, err := utt.NewAmendment(p, 3, c)
	require.NoError(t, err)
	drop, err = drop.Sign(p, private)
	require.NoError(t, err)
	require.NoError(t, net.Submit(ctx, drop))
	require.NoError(t, net.Advance(ctx, 30*24*time.Hour))
	require.NoError(t, net.Issue(ctx, "ann", "cash", 1000))
	require.NoError(t, a.Sync(ctx, net))
	h, err := a.Mint(ctx, net, "cash", 1000)
	require.NoError(t, err)
	require.NoError(t, a.Await(ctx, net, h))
	h, err = a.RequestCounter(ctx, net, "volume", "cash", 2)
	require.NoError(t, err)
	require.NoError(t, a.Await(ctx, net, h))
	counter, err := a.Counter("volume", "cash")
	require.NoError(t, err)
	require.EqualValues(t, 600, counter.Amount)
	require.Zero(t, counter.Next)
	most, err := a.MaxPaymentAs(utt.Audited, "cash")
	require.NoError(t, err)
	require.EqualValues(t, 500, most)
	h, err = a.PayAs(ctx, net, utt.Audited, "ben", "cash", 100, "")
	require.NoError(t, err)
	_, err = a.AwaitHeld(ctx, net, h)
	require.NoError(t, err)
}
