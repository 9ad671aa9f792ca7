package utt_test

import (
	"context"
	"iter"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/local"
	"github.com/utt-ecash/utt-go/utt/provider"
	"github.com/utt-ecash/utt-go/utt/store"
	"github.com/utt-ecash/utt-go/utt/wallet"
)

const carol = "carol@example.org"

// watcher is a provider that looks at all there is before it answers, and may lie.
type watcher struct {
	*provider.Service
	net   *local.Network
	asked int
	lags  bool
	lie   func(q *utt.WatchQuestion, a *utt.WatchAnswer)
}

func newWatcher(t testing.TB, net *local.Network) *watcher {
	t.Helper()
	secret, err := utt.GenerateScanSecret(nil)
	require.NoError(t, err)
	s, err := provider.OpenService(net.Parameters(), secret, new(store.Memory), provider.ServiceConfig{Now: net.Now})
	require.NoError(t, err)
	return &watcher{Service: s, net: net}
}

func (w *watcher) Watch(ctx context.Context, q *utt.WatchQuestion) (*utt.WatchAnswer, error) {
	w.asked++
	if !w.lags {
		if err := w.Follow(ctx, w.net); err != nil {
			return nil, err
		}
	}
	a, err := w.Service.Watch(ctx, q)
	if err == nil && w.lie != nil {
		w.lie(q, a)
	}
	return a, err
}

// watched opens the wallet of a user who is watched.
func (w *watcher) watched(t testing.TB, identity string, s store.Store, fresh bool) *wallet.Wallet {
	t.Helper()
	d, err := wallet.Open(w.net.Parameters(), identity, seedOf(identity), s, wallet.Config{
		ProvingKeys: w.net.ProvingKeys(), Now: w.net.Now, ScanKey: w.ScanKey(), Way: wallet.Watched, Watcher: w, Fresh: fresh,
	})
	require.NoError(t, err)
	return d
}

// join enrolls a user whom it watches from the first on.
func (w *watcher) join(t testing.TB, identity string, s store.Store, coins ...utt.Amount) *wallet.Wallet {
	t.Helper()
	ctx := context.Background()
	d := w.watched(t, identity, s, true)
	m, err := d.Mandate(w.ScanKey())
	require.NoError(t, err)
	require.NoError(t, w.Expect(m))
	n := unread(t, w.net)
	require.NoError(t, w.net.Enroll(ctx, d, identity, 0))
	for _, v := range coins {
		require.NoError(t, w.net.Issue(ctx, identity, cash, v))
		sync1(t, n, d)
		done(t, d, n)(d.Mint(ctx, n, cash, v))
	}
	return d
}

// single is a network that serves single records only.
type single struct {
	*local.Network
	t         testing.TB
	inclusion func(at utt.Cursor) (*utt.Inclusion, error)
	places    func(id utt.ID) ([]utt.Cursor, error)
}

func unread(t testing.TB, net *local.Network) *single { return &single{Network: net, t: t} }

func (n *single) Records(context.Context, utt.Cursor) iter.Seq2[*utt.Record, error] {
	n.t.Error("asked for records by range")
	return nil
}

func (n *single) Inclusion(ctx context.Context, at utt.Cursor) (*utt.Inclusion, error) {
	if n.inclusion != nil {
		return n.inclusion(at)
	}
	return n.Network.Inclusion(ctx, at)
}

func (n *single) Places(ctx context.Context, id utt.ID) ([]utt.Cursor, error) {
	if n.places != nil {
		return n.places(id)
	}
	return n.Network.Places(ctx, id)
}

// meet has wallets know each other by their cards.
func meet(t testing.TB, n wallet.Node, users ...*wallet.Wallet) {
	t.Helper()
	for _, w := range users {
		for _, other := range users {
			if w == other {
				continue
			}
			card, err := other.Card(context.Background(), n)
			require.NoError(t, err)
			shown, err := wallet.ParseCard(card)
			require.NoError(t, err)
			require.NoError(t, w.Meet(shown...))
		}
	}
}

// heldBy makes a payment to audit and follows it.
func heldBy(t testing.TB, n wallet.Node, w *wallet.Wallet, use utt.Case, to string, amount utt.Amount) wallet.Handle {
	t.Helper()
	h, err := w.PayAs(context.Background(), n, use, to, cash, amount, "held")
	require.NoError(t, err)
	s, err := w.AwaitHeld(context.Background(), n, h)
	require.NoError(t, err)
	require.Equal(t, wallet.Held, s.State)
	return h
}

// A watched wallet comes to know what one that reads all does, and asks for nothing by range.
func TestWatchedAgreesWithFull(t *testing.T) {
	ctx := context.Background()
	net := newNetwork(t)
	w := newWatcher(t, net)
	disk := new(store.Memory)
	b, c := w.join(t, bob, disk, 500, 2000, 60), w.join(t, carol, new(store.Memory), 300)
	a := join(t, net, alice, 500, 3000)
	n := unread(t, net)
	agree := func() {
		t.Helper()
		for _, u := range []*wallet.Wallet{b, c} {
			sync1(t, n, u)
			again := restore(t, net, u.Identity())
			sync1(t, net, again)
			require.Equal(t, stateOf(again), stateOf(u))
			require.Equal(t, again.Incoming(), u.Incoming())
			require.Equal(t, again.Outgoing(), u.Outgoing())
		}
	}
	agree()
	sync1(t, net, a)
	done(t, a, net)(a.Pay(ctx, net, bob, cash, 120, "lunch"))
	done(t, a, net)(a.PayPublicly(ctx, net, bob, cash, 7))
	agree()

	_, err := b.Pay(ctx, n, carol, cash, 10, "")
	require.ErrorIs(t, err, utt.ErrNotFound)
	require.ErrorContains(t, err, "Meet")
	meet(t, n, a, b, c)
	done(t, b, n)(b.Pay(ctx, n, carol, cash, 30, "for carol"))
	done(t, c, n)(c.Burn(ctx, n, cash, 20))
	done(t, b, n)(b.Split(ctx, n, cash, 20))
	done(t, c, n)(c.PayPublicly(ctx, n, bob, cash, 5))
	agree()

	// held: to bob, and by him, decided in all ways
	in := hold(t, net, a, utt.Audited, bob, 1500, "a car")
	out := heldBy(t, n, b, utt.Delayed, carol, 1100)
	agree()
	require.Len(t, b.Incoming(), 1)
	require.Len(t, b.Outgoing(), 1)
	require.Len(t, c.Incoming(), 1)
	require.NoError(t, net.Decide(ctx, utt.Veto, in.ID))
	require.NoError(t, net.Decide(ctx, utt.Approve, out.ID))
	agree()
	require.NoError(t, net.Advance(ctx, 2*time.Hour))
	agree()
	require.Equal(t, wallet.Executed, statusOf(t, b, n, out).State)
	sync1(t, net, a)
	in = hold(t, net, a, utt.Audited, bob, 1100, "a car")
	out = heldBy(t, n, b, utt.Audited, alice, 1010)
	require.NoError(t, net.Decide(ctx, utt.Approve, in.ID))
	require.NoError(t, net.Advance(ctx, 2*time.Hour))
	agree()
	require.Equal(t, wallet.Refunded, statusOf(t, b, n, out).State)

	// rules that change, and budgets under them
	require.NoError(t, net.Submit(ctx, drafted(t, net.Parameters(), 3, budgetOf(4000))))
	for range 2 {
		require.NoError(t, net.Advance(ctx, month))
	}
	agree()
	require.Equal(t, net.Parameters().Digest(), b.Parameters().Digest())
	require.EqualValues(t, 1, b.Parameters().Amendments())
	done(t, b, n)(b.RequestBudget(ctx, n, cash, 3))
	agree()
	require.Equal(t, utt.Amount(4000), b.Balance(cash).Budget)
	_, err = b.Pay(ctx, n, carol, cash, 10, "")
	require.ErrorIs(t, err, utt.ErrConflict)
	require.ErrorContains(t, err, "new card")
	meet(t, n, a, b, c)
	done(t, b, n)(b.Pay(ctx, n, carol, cash, 10, ""))
	agree()

	before := stateOf(b)
	b = w.watched(t, bob, disk, false)
	require.Equal(t, before, stateOf(b))
	agree()
	require.NoError(t, b.Rescan(ctx, time.Time{}))
	require.Zero(t, b.Checkpoint())
	sync1(t, net, b) // by range, once
	agree()
	full := onDisk(t, net, bob, disk)
	require.Zero(t, full.Checkpoint(), "it reads all that it did not read")
	sync1(t, net, full)
	require.Equal(t, stateOf(b), stateOf(full))
	b = w.watched(t, bob, disk, false)
	require.Equal(t, stateOf(full), stateOf(b), "and what it has read it keeps")
	sync1(t, net, b)
	agree()
}
