package utt_test

import (
	"context"
	"iter"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/conformance"
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
	m, err := d.Mandate(w.ScanKey(), w.net.Now().Add(100*month))
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

// What a provider invents, repeats, reorders or leaves out costs its customer no money.
func TestWatcherLies(t *testing.T) {
	ctx := context.Background()
	net := newNetwork(t)
	w := newWatcher(t, net)
	b := w.join(t, bob, new(store.Memory), 50)
	a := join(t, net, alice, 500)
	n := unread(t, net)
	sync1(t, n, b)
	sync1(t, net, a)
	require.NoError(t, net.Issue(ctx, bob, cash, 30))
	require.NoError(t, net.Issue(ctx, bob, cash, 4))
	issued := net.Ledger().Head().Height
	before := stateOf(b)
	place := func(height uint64, index uint32) utt.Cursor { return utt.Cursor{Height: height, Index: index} }
	refuse := map[string]func(q *utt.WatchQuestion, a *utt.WatchAnswer){
		"a place twice": func(_ *utt.WatchQuestion, a *utt.WatchAnswer) {
			a.Places = []utt.Cursor{place(issued, 0), place(issued, 0)}
		},
		"not in order": func(_ *utt.WatchQuestion, a *utt.WatchAnswer) {
			a.Places = []utt.Cursor{place(issued, 0), place(issued-1, 0)}
		},
		"one from before": func(_ *utt.WatchQuestion, a *utt.WatchAnswer) {
			a.Places = []utt.Cursor{place(before.Checkpoint.Height, 0)}
		},
		"one from after": func(_ *utt.WatchQuestion, a *utt.WatchAnswer) { a.Places = []utt.Cursor{a.Next} },
		"too many": func(q *utt.WatchQuestion, a *utt.WatchAnswer) {
			for i := range uint32(utt.MaxWatchPlaces + 1) {
				a.Places = append(a.Places[:i], place(q.From().Height, i))
			}
		},
		"one that there is not": func(_ *utt.WatchQuestion, a *utt.WatchAnswer) { a.Places = []utt.Cursor{place(issued, 1)} },
		"too late":              func(q *utt.WatchQuestion, a *utt.WatchAnswer) { a.Since = place(q.From().Height, 1) },
	}
	for name, lie := range refuse {
		w.lie = lie
		err := b.Sync(ctx, n)
		require.Error(t, err, name)
		var of *wallet.WatcherError
		require.ErrorAs(t, err, &of, name)
		require.Equal(t, before, stateOf(b), name)
	}
	w.lie = func(_ *utt.WatchQuestion, a *utt.WatchAnswer) { a.Next, a.Places = place(0, 0), nil }
	sync1(t, n, b)
	require.Equal(t, before, stateOf(b), "it lags")

	// what is another's is nothing to him
	w.lie = func(_ *utt.WatchQuestion, a *utt.WatchAnswer) {
		var all []utt.Cursor
		for r, err := range net.Records(ctx, place(before.Checkpoint.Height+1, 0)) {
			require.NoError(t, err)
			all = append(all, r.Cursor())
		}
		a.Places = all
	}
	done(t, a, net)(a.Pay(ctx, net, bob, cash, 20, ""))
	done(t, a, net)(a.Burn(ctx, net, cash, 5))
	sync1(t, n, b)
	again := restore(t, net, bob)
	sync1(t, net, again)
	require.Equal(t, stateOf(again), stateOf(b))

	// what is left out is missing, until all is read
	w.lie = func(_ *utt.WatchQuestion, a *utt.WatchAnswer) { a.Places = nil }
	done(t, a, net)(a.Pay(ctx, net, bob, cash, 40, ""))
	require.NoError(t, net.Issue(ctx, bob, cash, 9))
	require.NoError(t, net.Submit(ctx, drafted(t, net.Parameters(), 3, budgetOf(4))))
	sync1(t, n, b)
	require.Equal(t, utt.Amount(70), b.Balance(cash).Spendable)
	w.lie = nil
	require.NoError(t, net.Submit(ctx, drafted(t, net.Parameters(), 3, budgetOf(5))))
	var of *wallet.WatcherError
	require.ErrorAs(t, b.Sync(ctx, n), &of)
	require.ErrorContains(t, b.Sync(ctx, n), "leaves out")
	done(t, a, net)(a.PayPublicly(ctx, net, bob, cash, 1))
	require.NoError(t, b.Rescan(ctx, time.Time{}))
	sync1(t, net, b)
	again = restore(t, net, bob)
	sync1(t, net, again)
	require.Equal(t, stateOf(again), stateOf(b))
}

// A node that shows other records than were asked for, or hides what a wallet did, neither makes
// money nor has any paid twice.
func TestNodeLiesToWatched(t *testing.T) {
	ctx := context.Background()
	net, other := newNetwork(t), newNetwork(t)
	w := newWatcher(t, net)
	b := w.join(t, bob, new(store.Memory), 50, 60, 70)
	a, foreign := join(t, net, alice, 500), newWatcher(t, other)
	foreign.join(t, bob, new(store.Memory), 50)
	n := unread(t, net)
	sync1(t, n, b)
	sync1(t, net, a)
	meet(t, n, a, b)
	before := stateOf(b)
	done(t, a, net)(a.Pay(ctx, net, bob, cash, 20, ""))
	at := utt.Cursor{Height: net.Ledger().Head().Height}
	for name, inclusion := range map[string]func(utt.Cursor) (*utt.Inclusion, error){
		"of another record": func(utt.Cursor) (*utt.Inclusion, error) { return net.Inclusion(ctx, utt.Cursor{Height: at.Height - 1}) },
		"of another ledger": func(utt.Cursor) (*utt.Inclusion, error) { return other.Inclusion(ctx, utt.Cursor{Height: 3}) },
		"an empty one":      func(utt.Cursor) (*utt.Inclusion, error) { return new(utt.Inclusion), nil },
		"none":              func(utt.Cursor) (*utt.Inclusion, error) { return nil, nil },
		"without the signatures": func(c utt.Cursor) (*utt.Inclusion, error) {
			i, err := net.Inclusion(ctx, c)
			require.NoError(t, err)
			r, err := utt.ParseUnsigned(i.Record().AppendUnsigned(nil))
			require.NoError(t, err)
			return i.WithRecord(r), nil
		},
	} {
		n.inclusion = inclusion
		var of *wallet.NodeError
		require.ErrorAs(t, b.Sync(ctx, n), &of, name)
		require.Equal(t, wallet.Broken, of.Fault, name)
		require.Equal(t, before, stateOf(b), name)
	}
	n.inclusion = nil
	sync1(t, n, b)
	require.Equal(t, utt.Amount(200), b.Balance(cash).Spendable)

	// what was executed is hidden until its epoch is over: it frees nothing
	hidden := func(utt.ID) ([]utt.Cursor, error) { return nil, nil }
	n.places = hidden
	paid, err := b.Pay(ctx, n, alice, cash, 60, "sixty")
	require.NoError(t, err)
	lost, err := b.Burn(ctx, &droppingSingle{n}, cash, 70)
	require.NoError(t, err)
	asked, err := b.RequestBudget(ctx, &droppingSingle{n}, cash, 2)
	require.NoError(t, err)
	require.NoError(t, net.Advance(ctx, 2*month))
	require.NoError(t, net.Advance(ctx, month))
	sync1(t, n, b)
	for _, h := range []wallet.Handle{paid, lost, asked} {
		require.Equal(t, wallet.Lapsed, statusOf(t, b, n, h).State)
		err = b.Await(ctx, n, h)
		var of *wallet.OperationError
		require.ErrorAs(t, err, &of)
		require.ErrorIs(t, err, utt.ErrNotFound)
		require.Equal(t, wallet.Lapsed, of.State)
	}
	require.Equal(t, utt.Amount(130), b.Balance(cash).Pending)
	_, err = b.Burn(ctx, n, cash, 80)
	require.ErrorIs(t, err, utt.ErrInsufficient)

	// a new operation on an input decides: of two that spend a coin one executes
	gaveUp, err := b.Abandon(ctx, n, lost)
	require.NoError(t, err)
	n.places = func(id utt.ID) ([]utt.Cursor, error) {
		if id == paid.ID {
			return nil, nil
		}
		return net.Places(ctx, id)
	}
	require.NoError(t, b.Await(ctx, n, gaveUp))
	require.Equal(t, wallet.Failed, statusOf(t, b, n, lost).State)
	require.Equal(t, utt.Amount(60), b.Balance(cash).Pending)
	_, err = b.Abandon(ctx, n, paid)
	require.ErrorIs(t, err, utt.ErrConflict, "the ledger has the coin's nullifier")
	n.places = nil // another node, later
	sync1(t, n, b)
	require.Equal(t, wallet.Executed, statusOf(t, b, n, paid).State)
	require.Equal(t, utt.Amount(140), b.Balance(cash).Spendable)
	require.NoError(t, b.Rescan(ctx, time.Time{}))
	sync1(t, net, b)
	require.Equal(t, wallet.Failed, statusOf(t, b, net, asked).State, "all is read: it can no longer execute")
	again := restore(t, net, bob)
	sync1(t, net, again)
	require.Equal(t, stateOf(again), stateOf(b))
}

// namesTheOld is a watched wallet with a burn pending, and a node that says that it is on record where
// the wallet was issued 30 before.
func namesTheOld(t testing.TB) (*wallet.Wallet, *single) {
	t.Helper()
	net := newNetwork(t)
	w := newWatcher(t, net)
	b := w.join(t, bob, new(store.Memory), 50)
	n := unread(t, net)
	require.NoError(t, net.Issue(t.Context(), bob, cash, 30))
	issued := utt.Cursor{Height: net.Ledger().Head().Height}
	sync1(t, n, b)
	require.Equal(t, utt.Amount(30), b.Balance(cash).Account)
	_, err := b.Burn(t.Context(), &droppingSingle{n}, cash, 50)
	require.NoError(t, err)
	n.places = func(utt.ID) ([]utt.Cursor, error) { return []utt.Cursor{issued, issued}, nil }
	return b, n
}

// [WATCH-OWN]: what was taken in long ago is not once more, as a record of what is pending.
func TestNodeNamesWhatWasTakenIn(t *testing.T) {
	b, n := namesTheOld(t)
	var of *wallet.NodeError
	require.ErrorAs(t, b.Sync(t.Context(), n), &of)
	require.ErrorContains(t, of, "[WATCH-OWN]")
	require.Equal(t, wallet.Broken, of.Fault)
	require.Equal(t, utt.Amount(30), b.Balance(cash).Account)
	n.places = nil
	sync1(t, n, b)
	for _, h := range b.Pending() {
		done(t, b, n)(h, b.Resubmit(t.Context(), n, h))
	}
	require.Equal(t, utt.Amount(80), b.Balance(cash).Account)
}

// droppingSingle takes operations and hands in none.
type droppingSingle struct{ *single }

func (n *droppingSingle) Submit(context.Context, utt.Operation) error { return nil }

// Who was looked out for from later on than he knows reads in full what is between.
func TestWatchedSinceLater(t *testing.T) {
	ctx := context.Background()
	net := newNetwork(t)
	w := newWatcher(t, net)
	before, err := wallet.New(net.Parameters(), bob, seedOf(bob), wallet.Config{ProvingKeys: net.ProvingKeys(), Now: net.Now, ScanKey: w.ScanKey()})
	require.NoError(t, err)
	joined(t, net, bob, before, 50)
	require.NoError(t, w.Follow(ctx, net))
	b := w.watched(t, bob, new(store.Memory), true)
	_, err = wallet.Open(net.Parameters(), bob, seedOf(bob), new(store.Memory), wallet.Config{Way: wallet.Watched})
	require.ErrorIs(t, err, utt.ErrInvalid)
	_, err = wallet.Open(net.Parameters(), bob, seedOf(bob), new(store.Memory), wallet.Config{Way: 7})
	require.ErrorIs(t, err, utt.ErrInvalid)
	require.ErrorIs(t, b.Sync(ctx, net), utt.ErrInvalid, "he is no customer")
	m, err := b.Mandate(w.ScanKey(), net.Now().Add(100*month))
	require.NoError(t, err)
	user, err := net.Ledger().Registered(b.PID())
	require.NoError(t, err)
	require.NoError(t, w.Admit(user, m))
	err = b.Sync(ctx, net)
	var of *wallet.WatcherError
	require.ErrorAs(t, err, &of)
	require.ErrorIs(t, err, utt.ErrNotFound)
	require.Equal(t, utt.Cursor{Height: net.Ledger().Head().Height + 1}, of.Since)
	require.Zero(t, b.Checkpoint())
	require.NoError(t, b.Rescan(ctx, time.Time{}))
	sync1(t, net, b)
	require.NoError(t, net.Issue(ctx, bob, cash, 7))
	n := unread(t, net)
	sync1(t, n, b)
	again := restore(t, net, bob)
	sync1(t, net, again)
	require.Equal(t, stateOf(again), stateOf(b))

	w.lags = true
	done(t, again, net)(again.Mint(ctx, net, cash, 3))
	sync1(t, n, b)
	require.Less(t, b.Checkpoint().Height, again.Checkpoint().Height)
	w.lags = false
	sync1(t, n, b)
	require.Equal(t, stateOf(again), stateOf(b))
	require.ErrorIs(t, b.Sync(ctx, dropping(net, nil)), utt.ErrInvalid, "a node that shows no single records")
}

// A watched wallet that is opened again, whatever write failed, has lost nothing and pays
// nothing twice.
func TestWatchedCrashAtEveryWrite(t *testing.T) {
	sequential(t)
	ctx := context.Background()
	for k, ended := 0, false; !ended; k++ {
		for _, written := range []bool{false, true} {
			net := newNetwork(t)
			w := newWatcher(t, net)
			disk := new(store.Memory)
			w.join(t, bob, disk, 50, 60)
			a := join(t, net, alice, 30)
			sync1(t, net, a)
			done(t, a, net)(a.Pay(ctx, net, bob, cash, 7, ""))
			card, err := a.Card(ctx, net)
			require.NoError(t, err)
			failing := &conformance.Failing{Store: disk, K: k, Written: written}
			n := unread(t, net)
			var handles []wallet.Handle
			err = func() error {
				b, err := wallet.Open(net.Parameters(), bob, seedOf(bob), failing, wallet.Config{
					ProvingKeys: net.ProvingKeys(), Now: net.Now, ScanKey: w.ScanKey(), Way: wallet.Watched, Watcher: w,
				})
				if err != nil {
					return err
				}
				shown, err := wallet.ParseCard(card)
				require.NoError(t, err)
				if err := b.Meet(shown...); err != nil {
					return err
				}
				if err := b.Sync(ctx, n); err != nil {
					return err
				}
				h, err := b.Pay(ctx, n, alice, cash, 20, "")
				if err != nil {
					return err
				}
				handles = append(handles, h)
				return b.Await(ctx, n, h)
			}()
			if !failing.Failed() {
				require.NoError(t, err)
				ended = true
				continue
			}
			require.ErrorIs(t, err, conformance.ErrInjected)
			b := w.watched(t, bob, disk, false)
			sync1(t, n, b)
			for _, h := range b.Pending() { // written, and it did not leave
				done(t, b, n)(h, b.Resubmit(ctx, n, h))
			}
			for _, h := range handles {
				require.Equal(t, wallet.Executed, statusOf(t, b, n, h).State, "write %d", k)
			}
			again := restore(t, net, bob)
			sync1(t, net, again)
			require.Equal(t, stateOf(again), stateOf(b), "write %d", k)
		}
		require.Less(t, k, 20)
	}
}

// Who is met is who the ledger registers, at the latest of the addresses that were shown.
func TestMeet(t *testing.T) {
	ctx := context.Background()
	net, other := newNetwork(t), newNetwork(t)
	w := newWatcher(t, net)
	b := w.join(t, bob, new(store.Memory), 50, 60)
	n := unread(t, net)
	a, foreign := join(t, net, alice, 30), join(t, other, alice)
	card := func(u *wallet.Wallet, n wallet.Node) []*utt.Inclusion {
		text, err := u.Card(ctx, n)
		require.NoError(t, err)
		shown, err := wallet.ParseCard(text)
		require.NoError(t, err)
		_, err = wallet.ParseCard(text[:len(text)-1])
		require.ErrorIs(t, err, utt.ErrMalformed)
		return shown
	}
	first := card(a, net)
	require.Len(t, first, 1)
	readdressed(t, net, a, utt.ScanKey{})
	second := card(a, net)
	require.Len(t, second, 2)
	issue, err := net.Inclusion(ctx, utt.Cursor{Height: net.Ledger().Head().Height - 2})
	require.NoError(t, err)
	for name, shown := range map[string][]*utt.Inclusion{
		"of another ledger":            card(foreign, other),
		"of one's own":                 card(b, n),
		"of another kind of record":    {first[0], issue},
		"none":                         {nil},
		"an empty one":                 {new(utt.Inclusion)},
		"with one of another, at last": {first[0], card(foreign, other)[0]},
	} {
		require.ErrorIs(t, b.Meet(shown...), utt.ErrInvalid, name)
		_, err := b.Pay(ctx, n, alice, cash, 1, "")
		require.ErrorIs(t, err, utt.ErrNotFound, name)
	}
	require.ErrorIs(t, b.Meet(second[1]), utt.ErrNotFound, "an address of whom nothing is known")
	require.NoError(t, b.Meet(second[1], second[0]))
	require.NoError(t, b.Meet(first...), "the later address stays")
	request, err := a.RequestPayment(cash, 20, "for it", net.Now().Add(time.Hour))
	require.NoError(t, err)
	r, err := b.Requested(request)
	require.NoError(t, err)
	sync1(t, n, b)
	done(t, b, n)(b.Pay(ctx, n, r.Identity, r.Asset, r.Amount, r.Memo))
	sync1(t, net, a)
	require.Len(t, a.Received(), 1)
	require.NoError(t, net.Advance(ctx, month))
	require.NoError(t, net.Advance(ctx, month))
	sync1(t, n, b)
	done(t, b, n)(b.RequestBudget(ctx, n, cash, 3))
	_, err = b.Pay(ctx, n, alice, cash, 1, "")
	require.ErrorIs(t, err, utt.ErrConflict, "he may have moved since")
	require.NoError(t, b.Meet(first...))
	_, err = b.Pay(ctx, n, alice, cash, 1, "")
	require.ErrorIs(t, err, utt.ErrConflict, "an old card says nothing new")
	require.NoError(t, b.Meet(card(a, net)...))
	done(t, b, n)(b.Pay(ctx, n, alice, cash, 1, ""))
	sync1(t, net, a)
	require.Len(t, a.Received(), 2)
}

// Who gets the fees sees them by his provider as by reading all.
func TestWatchedFees(t *testing.T) {
	ctx := context.Background()
	net, err := local.New(ctx, local.Config{
		Policy: testPolicy, Dealt: true, Fee: utt.Fee{Base: 2}, FeeAccount: bob,
		Held: []utt.Row{{Case: utt.Audited, Limit: 500, Audit: utt.Audit{Reveals: utt.RevealAmount, Expire: time.Hour}}},
	})
	require.NoError(t, err)
	w := newWatcher(t, net)
	b := w.join(t, bob, new(store.Memory))
	a := join(t, net, alice, 100, 200)
	join(t, net, carol)
	sync1(t, net, a)
	n := unread(t, net)
	done(t, a, net)(a.Pay(ctx, net, carol, cash, 20, ""))
	h := heldBy(t, net, a, utt.Audited, carol, 30)
	sync1(t, n, b)
	require.Equal(t, utt.Amount(2), b.Balance(cash).Account)
	require.NoError(t, net.Decide(ctx, utt.Approve, h.ID))
	sync1(t, n, b)
	require.Equal(t, utt.Amount(4), b.Balance(cash).Account)
	again := restore(t, net, bob)
	sync1(t, net, again)
	require.Equal(t, stateOf(again), stateOf(b))
}

// A user changes provider by another address: what is paid to that only the new one sees, and
// what was paid to the one before, the one before.
func TestWatchedChangesProvider(t *testing.T) {
	ctx := context.Background()
	net := newNetwork(t)
	one, other := newWatcher(t, net), newWatcher(t, net)
	disk := new(store.Memory)
	b := one.join(t, bob, disk, 50)
	a := join(t, net, alice, 500, 400)
	n := unread(t, net)
	require.NoError(t, other.Follow(ctx, net))
	m, err := b.Mandate(other.ScanKey(), net.Now().Add(100*month))
	require.NoError(t, err)
	user, err := b.Member()
	require.NoError(t, err)
	require.NoError(t, other.Admit(user, m))
	sync1(t, net, a)
	done(t, a, net)(a.Pay(ctx, net, bob, cash, 20, "by the one"))
	sync1(t, n, b)
	r, err := b.Readdress(other.ScanKey(), net.Now().Add(time.Hour))
	require.NoError(t, err)
	r, err = net.Endorser().EndorseReaddress(bob, r, uint64(net.Now().Add(time.Hour).Unix()))
	require.NoError(t, err)
	require.NoError(t, net.Submit(ctx, r))
	var lost *wallet.WatcherError
	require.ErrorAs(t, b.Sync(ctx, n), &lost, "the one is told of nothing from now on")
	require.ErrorIs(t, lost, utt.ErrConflict)
	moved, err := b.Member()
	require.NoError(t, err)
	require.Equal(t, other.ScanKey(), moved.ScanKey())
	require.NoError(t, one.Drop(b.PID()))

	sync1(t, net, a)
	done(t, a, net)(a.Pay(ctx, net, bob, cash, 40, "by the other"))
	b = other.watched(t, bob, disk, false)
	sync1(t, n, b)
	again := restore(t, net, bob)
	sync1(t, net, again)
	require.Equal(t, stateOf(again), stateOf(b))
	require.Len(t, b.Received(), 2)

	seed := other.watched(t, bob, new(store.Memory), false) // from the seed: it reads all by range, once
	sync1(t, net, seed)
	require.NoError(t, net.Issue(ctx, bob, cash, 1))
	sync1(t, n, seed, b)
	require.Equal(t, stateOf(b), stateOf(seed))
}
