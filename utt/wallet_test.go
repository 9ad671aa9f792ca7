package utt_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/local"
)

const month = 30 * 24 * time.Hour

// node is another's node with faults of its own.
type node struct {
	utt.Node
	submit  func(context.Context, utt.Operation) error
	head    func(utt.Head, error) (utt.Head, error)
	records func([]*utt.Record) []*utt.Record
	fails   error // after the records
}

func (n *node) Submit(ctx context.Context, op utt.Operation) error {
	if n.submit != nil {
		return n.submit(ctx, op)
	}
	return n.Node.Submit(ctx, op)
}

func (n *node) Head(ctx context.Context) (utt.Head, error) {
	h, err := n.Node.Head(ctx)
	if n.head != nil {
		return n.head(h, err)
	}
	return h, err
}

func (n *node) Records(ctx context.Context, from utt.Cursor) iter.Seq2[*utt.Record, error] {
	var all []*utt.Record
	for r, err := range n.Node.Records(ctx, from) {
		if err != nil {
			panic(err)
		}
		all = append(all, r)
	}
	if n.records != nil {
		all = n.records(all)
	}
	return func(yield func(*utt.Record, error) bool) {
		for _, r := range all {
			if !yield(r, nil) {
				return
			}
		}
		if n.fails != nil {
			yield(nil, n.fails)
		}
	}
}

var (
	errDropped = errors.New("connection refused")
	errTimeout = errors.New("timeout")
)

// dropping loses what is submitted and says so, or not.
func dropping(n utt.Node, err error) *node {
	return &node{Node: n, submit: func(context.Context, utt.Operation) error { return err }}
}

// hiccup hands operations on and says that it failed.
func hiccup(n utt.Node) *node {
	return &node{Node: n, submit: func(ctx context.Context, op utt.Operation) error {
		return errors.Join(errTimeout, n.Submit(ctx, op))
	}}
}

// done awaits an operation that was just handed in.
func done(t testing.TB, w *utt.Wallet, n utt.Node) func(utt.ID, error) {
	t.Helper()
	return func(id utt.ID, err error) {
		t.Helper()
		require.NoError(t, err)
		require.NoError(t, w.Await(context.Background(), n, id))
	}
}

func sync1(t testing.TB, n utt.Node, wallets ...*utt.Wallet) {
	t.Helper()
	for _, w := range wallets {
		require.NoError(t, w.Sync(context.Background(), n))
	}
}

// restore makes a user's wallet again from its seed.
func restore(t testing.TB, net *local.Network, identity string) *utt.Wallet {
	t.Helper()
	seed := utt.PIDOf("seed of " + identity)
	w, err := net.Wallet(identity, seed[:])
	require.NoError(t, err)
	return w
}

// state is what a wallet says of itself.
type state struct {
	Balance    utt.Balance
	Gold       utt.Balance
	Coins      []utt.Amount
	Received   []utt.Payment
	Pending    []utt.ID
	Registered bool
	Cursor     utt.Cursor
}

func stateOf(w *utt.Wallet) state {
	return state{w.Balance(cash), w.Balance(gold), w.Coins(cash), w.Received(), w.Pending(), w.Registered(), w.Cursor()}
}

// Every way that money takes, with balances exact after each step.
func TestWalletFlow(t *testing.T) {
	ctx := context.Background()
	net := newNetwork(t)
	a, b := join(t, net, alice, 500, 200), join(t, net, bob)
	require.Equal(t, utt.Balance{Spendable: 700, Account: 100, Budget: 1000}, a.Balance(cash))
	require.Equal(t, utt.Balance{Budget: 1000}, a.Balance(gold))
	require.Equal(t, utt.Balance{}, a.Balance("no asset"))
	sync1(t, net, a)

	id, err := a.Pay(ctx, net, bob, cash, 120, "for lunch")
	require.NoError(t, err)
	require.Equal(t, utt.Balance{Spendable: 500, Pending: 200, Account: 100, BudgetPending: 1000}, a.Balance(cash),
		"until the wallet has seen it executed")
	require.Equal(t, []utt.ID{id}, a.Pending())
	require.NoError(t, a.Await(ctx, net, id))
	require.Empty(t, a.Pending())
	require.Equal(t, utt.Balance{Spendable: 580, Account: 100, Budget: 880}, a.Balance(cash))
	require.Equal(t, []utt.Amount{500, 80}, a.Coins(cash))
	head, err := net.Head(ctx)
	require.NoError(t, err)
	sync1(t, net, b)
	require.Equal(t, utt.Balance{Spendable: 120, Account: 100, Budget: 1000}, b.Balance(cash))
	require.Equal(t, []utt.Payment{{ID: id, Asset: cash, Amount: 120, Memo: "for lunch", Time: head.Time}}, b.Received())

	done(t, a, net)(a.Pay(ctx, net, bob, cash, 80, ""))
	require.Equal(t, []utt.Amount{500}, a.Coins(cash), "the coin that fits")
	done(t, a, net)(a.Split(ctx, net, cash, 150))
	require.Equal(t, []utt.Amount{350, 150}, a.Coins(cash))
	done(t, a, net)(a.Merge(ctx, net, cash))
	require.Equal(t, []utt.Amount{500}, a.Coins(cash))
	done(t, a, net)(a.Burn(ctx, net, cash, 60))
	require.Equal(t, utt.Balance{Spendable: 440, Account: 160, Budget: 800}, a.Balance(cash))
	done(t, a, net)(a.PayPublicly(ctx, net, bob, cash, 10))
	done(t, a, net)(a.PayPublicly(ctx, net, alice, cash, 5))
	done(t, a, net)(a.Mint(ctx, net, cash, 150))
	require.Equal(t, utt.Balance{Spendable: 590, Budget: 800}, a.Balance(cash))

	// the payee spends what he received
	sync1(t, net, b)
	require.Equal(t, []utt.Amount{120, 80}, b.Coins(cash))
	done(t, b, net)(b.Pay(ctx, net, alice, cash, 190, ""))
	sync1(t, net, a, b)
	require.Equal(t, utt.Balance{Spendable: 780, Budget: 800}, a.Balance(cash))
	require.Equal(t, utt.Balance{Spendable: 10, Account: 110, Budget: 810}, b.Balance(cash))

	// seed and ledger restore everything
	for identity, w := range map[string]*utt.Wallet{alice: a, bob: b} {
		again := restore(t, net, identity)
		require.False(t, again.Registered())
		sync1(t, net, again)
		require.Equal(t, stateOf(w), stateOf(again))
	}
	supply, err := net.Ledger().Supply(cash)
	require.NoError(t, err)
	require.Equal(t, supply, a.Balance(cash).Spendable+b.Balance(cash).Spendable+b.Balance(cash).Account)
	require.NoError(t, net.Agree())
}

// One coin that fits, else as few as possible, the last the smallest that does.
func TestCoinSelection(t *testing.T) {
	ctx := context.Background()
	net := newNetwork(t)
	a := join(t, net, alice, 50, 20, 20, 10, 5)
	for _, s := range []struct {
		split utt.Amount
		coins []utt.Amount
	}{
		{20, []utt.Amount{50, 20, 20, 10, 5}},
		{60, []utt.Amount{60, 20, 20, 5}},
		{61, []utt.Amount{61, 20, 20, 4}},
		{3, []utt.Amount{61, 20, 20, 3, 1}},
		{100, []utt.Amount{100, 3, 1, 1}},
		{105, []utt.Amount{105}},
		{105, []utt.Amount{105}},
	} {
		done(t, a, net)(a.Split(ctx, net, cash, s.split))
		require.Equal(t, s.coins, a.Coins(cash), "split of %d", s.split)
		require.Equal(t, utt.Amount(105), a.Balance(cash).Spendable)
	}
}

// A payment that needs more coins than a transfer has inputs is preceded by as few
// merges as will do.
func TestPayWithManyCoins(t *testing.T) {
	ctx := context.Background()
	net := newNetwork(t)
	a, b := join(t, net, alice, slices.Repeat([]utt.Amount{5}, 20)...), join(t, net, bob)
	sync1(t, net, a)
	for amount, merges := range map[utt.Amount]int{1: 0, 40: 0, 41: 1, 75: 1, 76: 2, 100: 2} {
		plan, err := a.Plan(bob, cash, amount, "")
		require.NoError(t, err)
		require.Equal(t, merges, plan.Merges, "%d", amount)
		require.Equal(t, &utt.Plan{Case: utt.Anonymous, Asset: cash, Amount: amount, Total: amount, Merges: merges, Learns: plan.Learns}, plan)
		require.Len(t, plan.Learns, 2)
	}
	done(t, a, net)(a.Pay(ctx, net, bob, cash, 98, "all but two"))
	sync1(t, net, b)
	require.Equal(t, []utt.Amount{98}, b.Coins(cash))
	require.Equal(t, []utt.Amount{2}, a.Coins(cash))
	require.Equal(t, utt.Balance{Spendable: 2, Account: 100, Budget: 902}, a.Balance(cash))
}

// Where a merge cannot be handed in, all of them wait, and the payment goes on
// once they are through.
func TestMergesWaitForANode(t *testing.T) {
	ctx := context.Background()
	net := newNetwork(t)
	a, b := join(t, net, alice, slices.Repeat([]utt.Amount{5}, 17)...), join(t, net, bob)
	sync1(t, net, a)
	_, err := a.Pay(ctx, dropping(net, errDropped), bob, cash, 85, "")
	require.ErrorIs(t, err, errDropped)
	require.Len(t, a.Pending(), 2)
	require.Equal(t, utt.Balance{Spendable: 30, Pending: 55, Account: 100, Budget: 1000}, a.Balance(cash))
	for _, id := range a.Pending() {
		require.NoError(t, a.Resubmit(ctx, net, id))
		require.NoError(t, a.Await(ctx, net, id))
	}
	done(t, a, net)(a.Pay(ctx, net, bob, cash, 85, ""))
	sync1(t, net, b)
	require.Equal(t, []utt.Amount{85}, b.Coins(cash))
	require.Empty(t, a.Coins(cash))
}

// requireFunds demands a FundsError.
func requireFunds(t testing.TB, err error, want utt.FundsError) {
	t.Helper()
	var got *utt.FundsError
	require.ErrorAs(t, err, &got)
	require.Equal(t, want, *got)
	require.ErrorIs(t, err, utt.ErrInsufficient)
}

func TestInsufficientOrPending(t *testing.T) {
	ctx := context.Background()
	net := newNetwork(t)
	a, _ := join(t, net, alice, 500, 30), join(t, net, bob)
	sync1(t, net, a)

	_, err := a.Pay(ctx, net, bob, cash, 531, "")
	requireFunds(t, err, utt.FundsError{What: "money", Need: 531, Spendable: 530})
	require.Contains(t, err.Error(), "only 530 owned")
	_, err = a.Burn(ctx, net, cash, math.MaxUint64)
	requireFunds(t, err, utt.FundsError{What: "money", Need: math.MaxUint64, Spendable: 530})
	_, err = a.Pay(ctx, net, bob, cash, 1001, "")
	requireFunds(t, err, utt.FundsError{What: "budget", Need: 1001, Spendable: 1000})
	_, err = a.Pay(ctx, net, bob, gold, 1, "")
	requireFunds(t, err, utt.FundsError{What: "money", Need: 1})
	_, err = a.Mint(ctx, net, cash, 101)
	requireFunds(t, err, utt.FundsError{What: "the account's cash", Need: 101, Spendable: 100})
	require.Empty(t, a.Pending())

	id, err := a.Split(ctx, dropping(net, nil), cash, 400)
	require.NoError(t, err)
	before := stateOf(a)
	require.Equal(t, utt.Balance{Spendable: 30, Pending: 500, Account: 100, Budget: 1000}, before.Balance)
	_, err = a.Pay(ctx, net, bob, cash, 100, "")
	requireFunds(t, err, utt.FundsError{What: "money", Need: 100, Spendable: 30, Pending: 500})
	require.Contains(t, err.Error(), "wait and retry")
	_, err = a.Burn(ctx, net, cash, 531)
	requireFunds(t, err, utt.FundsError{What: "money", Need: 531, Spendable: 30, Pending: 500})
	require.Contains(t, err.Error(), "only 530 owned, 500 of it pending")
	require.Equal(t, before, stateOf(a), "failed attempts change nothing")

	paid, err := a.Pay(ctx, dropping(net, nil), bob, cash, 20, "")
	require.NoError(t, err)
	_, err = a.Pay(ctx, net, bob, cash, 10, "")
	requireFunds(t, err, utt.FundsError{What: "budget", Need: 10, Pending: 1000})
	for _, id := range []utt.ID{id, paid} {
		require.NoError(t, a.Resubmit(ctx, net, id))
	}
	done(t, a, net)(id, nil)
	require.Equal(t, []utt.Amount{400, 100, 10}, a.Coins(cash))
}

// A budget ends with its epoch; the next is asked for in the epoch before or in it.
func TestBudgetOfAnotherEpoch(t *testing.T) {
	ctx := context.Background()
	net := newNetwork(t)
	a, _ := join(t, net, alice, 500), join(t, net, bob)
	sync1(t, net, a)
	_, err := a.RequestBudget(ctx, net, cash, 1)
	require.ErrorIs(t, err, utt.ErrConflict)
	for _, e := range []utt.Epoch{0, 3, math.MaxUint64} {
		_, err = a.RequestBudget(ctx, net, cash, e)
		require.ErrorIs(t, err, utt.ErrPolicy, "%d", e)
	}
	done(t, a, net)(a.Pay(ctx, net, bob, cash, 50, ""))

	net.Advance(month)
	sync1(t, net, a)
	require.Equal(t, utt.Balance{Spendable: 450, Account: 100}, a.Balance(cash))
	_, err = a.Pay(ctx, net, bob, cash, 50, "")
	requireFunds(t, err, utt.FundsError{What: "budget", Need: 50})
	_, err = a.RequestBudget(ctx, net, cash, 1)
	require.ErrorIs(t, err, utt.ErrConflict)
	_, err = a.RequestBudget(ctx, net, gold, 1)
	require.ErrorIs(t, err, utt.ErrConflict, "join asked for it")

	done(t, a, net)(a.RequestBudget(ctx, net, cash, 2))
	done(t, a, net)(a.RequestBudget(ctx, net, cash, 3))
	require.Equal(t, utt.Amount(1000), a.Balance(cash).Budget, "of this epoch only")
	done(t, a, net)(a.Pay(ctx, net, bob, cash, 60, ""))
	net.Advance(month)
	sync1(t, net, a)
	require.Equal(t, utt.Amount(1000), a.Balance(cash).Budget)
	done(t, a, net)(a.Pay(ctx, net, bob, cash, 70, ""))
	require.Equal(t, utt.Balance{Spendable: 320, Account: 100, Budget: 930}, a.Balance(cash))
	require.Equal(t, utt.Balance{}, a.Balance(gold), "nobody asked")

	again := restore(t, net, alice)
	sync1(t, net, again)
	require.Equal(t, stateOf(a), stateOf(again))
}

// Whatever becomes of Submit, a payment is made once.
func TestSubmitFails(t *testing.T) {
	ctx := context.Background()
	for name, faulty := range map[string]func(utt.Node) *node{
		"before it arrives": func(n utt.Node) *node { return dropping(n, errTimeout) },
		"after it arrived":  hiccup,
	} {
		t.Run(name, func(t *testing.T) {
			net := newNetwork(t)
			a, b := join(t, net, alice, 500), join(t, net, bob)
			sync1(t, net, a)
			bad := faulty(net)

			id, err := a.Pay(ctx, bad, bob, cash, 120, "")
			require.ErrorIs(t, err, errTimeout)
			require.Contains(t, err.Error(), "Resubmit")
			require.Equal(t, []utt.ID{id}, a.Pending())
			_, err = a.Pay(ctx, net, bob, cash, 120, "")
			require.ErrorIs(t, err, utt.ErrInsufficient, "its coin is locked")

			minted, err := a.Mint(ctx, bad, cash, 30)
			require.ErrorIs(t, err, errTimeout)
			_, err = a.Mint(ctx, net, cash, 30)
			require.ErrorIs(t, err, utt.ErrConflict, "its nonce is taken")
			granted, err := a.RequestBudget(ctx, bad, cash, 2)
			require.ErrorIs(t, err, errTimeout)

			for _, id := range []utt.ID{id, minted, granted, id} {
				// the ledger refuses the second time, which decides nothing
				if err := a.Resubmit(ctx, net, id); err != nil {
					require.ErrorIs(t, err, utt.ErrConflict)
				}
			}
			for _, id := range []utt.ID{id, minted, granted} {
				require.NoError(t, a.Await(ctx, net, id))
				require.ErrorIs(t, a.Resubmit(ctx, net, id), utt.ErrNotFound)
			}
			sync1(t, net, b)
			require.Len(t, b.Received(), 1)
			require.Equal(t, utt.Balance{Spendable: 410, Account: 70, Budget: 880}, a.Balance(cash))
		})
	}
}

// A wallet concludes that a payment failed only when one of its coins is gone.
func TestACloneIsFaster(t *testing.T) {
	ctx := context.Background()
	net := newNetwork(t)
	a, _ := join(t, net, alice, 300, 200), join(t, net, bob)
	sync1(t, net, a)
	clone := restore(t, net, alice)
	sync1(t, net, clone)

	lost, err := a.Burn(ctx, dropping(net, nil), cash, 450) // with both coins
	require.NoError(t, err)
	minted, err := a.Mint(ctx, dropping(net, nil), cash, 30)
	require.NoError(t, err)
	sync1(t, net, a)
	require.Equal(t, utt.Balance{Pending: 500, Account: 100, Budget: 1000}, a.Balance(cash))

	done(t, clone, net)(clone.Pay(ctx, net, bob, cash, 120, "")) // with one of them
	require.ErrorIs(t, a.Await(ctx, net, lost), utt.ErrConflict)
	require.ErrorIs(t, a.Await(ctx, net, lost), utt.ErrConflict, "and stays so")
	require.ErrorIs(t, a.Resubmit(ctx, net, lost), utt.ErrNotFound)
	require.Equal(t, []utt.Amount{300, 80}, a.Coins(cash))
	require.Equal(t, utt.Balance{Spendable: 380, Account: 100, Budget: 880}, a.Balance(cash), "the other coin is free")
	require.Equal(t, []utt.ID{minted}, a.Pending())

	done(t, clone, net)(clone.PayPublicly(ctx, net, bob, cash, 1)) // with the nonce
	require.ErrorIs(t, a.Await(ctx, net, minted), utt.ErrConflict)
	done(t, a, net)(a.Mint(ctx, net, cash, 40))

	// the same order by both is one order
	sync1(t, net, clone)
	same, err := a.Mint(ctx, dropping(net, nil), cash, 7)
	require.NoError(t, err)
	done(t, clone, net)(clone.Mint(ctx, net, cash, 7))
	require.NoError(t, a.Await(ctx, net, same))
	sync1(t, net, clone)
	require.Equal(t, stateOf(clone), stateOf(a))
}

// Await knows only what its wallet handed in.
func TestAwaitUnknown(t *testing.T) {
	ctx := context.Background()
	w := sharedWorld()
	m := restore(t, w.net, mallory)
	require.ErrorIs(t, m.Await(ctx, w.net, utt.ID{1}), utt.ErrNotFound)
	require.ErrorIs(t, m.Await(ctx, w.net, w.Records[0].ID()), utt.ErrNotFound)
	require.ErrorIs(t, m.Resubmit(ctx, w.net, utt.ID{}), utt.ErrNotFound)
	id, err := m.Split(ctx, dropping(w.net, nil), cash, 1)
	require.NoError(t, err)
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	require.ErrorIs(t, m.Await(cancelled, w.net, id), context.Canceled)
}

// A payment not executed in its epoch has failed, once the wallet has all of it.
func TestAnEpochPasses(t *testing.T) {
	ctx := context.Background()
	net := newNetwork(t)
	a, _ := join(t, net, alice, 300, 200), join(t, net, bob)
	sync1(t, net, a)
	lost, err := a.Pay(ctx, dropping(net, nil), bob, cash, 120, "")
	require.NoError(t, err)
	kept, err := a.Split(ctx, dropping(net, nil), cash, 250)
	require.NoError(t, err)

	ahead := &node{Node: net, head: func(h utt.Head, err error) (utt.Head, error) {
		return utt.Head{Height: h.Height + 1, Time: h.Time, Epoch: 2}, err
	}}
	sync1(t, ahead, a)
	require.Len(t, a.Pending(), 2, "a block of the epoch may be on its way")

	_, err = net.Execute(ctx) // an empty block, the last of the epoch
	require.NoError(t, err)
	net.Advance(month)
	sync1(t, net, a)
	require.Len(t, a.Pending(), 2, "the records of that block may be on their way")

	require.NoError(t, net.Issue(ctx, bob, cash, 1))
	_, err = net.Execute(ctx) // another empty block
	require.NoError(t, err)
	sync1(t, net, a)
	require.Equal(t, []utt.ID{kept}, a.Pending(), "no epoch limits a transfer to oneself")
	require.ErrorIs(t, a.Await(ctx, net, lost), utt.ErrConflict)
	require.Equal(t, utt.Balance{Spendable: 200, Pending: 300, Account: 100}, a.Balance(cash))
	require.NoError(t, a.Resubmit(ctx, net, kept))
	done(t, a, net)(kept, nil)
	require.Equal(t, []utt.Amount{250, 200, 50}, a.Coins(cash))
}

// A node that lags behind takes nothing back, and one that runs ahead does not keep
// a wallet from the next one.
func TestHeads(t *testing.T) {
	ctx := context.Background()
	net := newNetwork(t)
	a := join(t, net, alice, 10)
	as := func(height uint64, epoch utt.Epoch) utt.Node {
		return &node{Node: net, head: func(utt.Head, error) (utt.Head, error) { return utt.Head{Height: height, Epoch: epoch}, nil }}
	}
	sync1(t, as(0, 9), a)
	require.Equal(t, utt.Amount(1000), a.Balance(cash).Budget, "behind what the wallet knows")
	sync1(t, as(math.MaxUint64, 9), a)
	require.Equal(t, utt.Amount(0), a.Balance(cash).Budget)
	sync1(t, net, a)
	require.Equal(t, utt.Amount(1000), a.Balance(cash).Budget)

	failing := &node{Node: net, head: func(utt.Head, error) (utt.Head, error) { return utt.Head{}, errTimeout }}
	require.ErrorIs(t, a.Sync(ctx, failing), errTimeout)
}

// story is a network on which everything that has records has happened.
type story struct {
	net     *local.Network
	records []*utt.Record
	alice   state
	bob     state
}

var newStory = sync.OnceValue(func() *story {
	var t fatal
	ctx := context.Background()
	s := &story{net: newNetwork(t)}
	a, b := join(t, s.net, alice, 500, 200), join(t, s.net, bob, 60)
	sync1(t, s.net, a)
	done(t, a, s.net)(a.Pay(ctx, s.net, bob, cash, 120, "memo"))
	done(t, a, s.net)(a.PayPublicly(ctx, s.net, bob, cash, 10))
	done(t, a, s.net)(a.Split(ctx, s.net, cash, 100))
	sync1(t, s.net, b)
	done(t, b, s.net)(b.Pay(ctx, s.net, alice, cash, 20, "back"))
	sync1(t, s.net, a, b)
	s.alice, s.bob = stateOf(a), stateOf(b)
	for r, err := range s.net.Records(ctx, utt.Cursor{}) {
		require.NoError(t, err)
		s.records = append(s.records, r)
	}
	return s
})

// Kinds of records.
const (
	aRegistration, anIssue, aPublicTransfer, aMint, aGrant, aTransfer = 1, 2, 3, 4, 5, 6
)

// nth is the place of a kind's n-th record.
func nth(all []*utt.Record, kind byte, n int) int {
	for i, r := range all {
		if r.Kind() == kind {
			if n--; n < 0 {
				return i
			}
		}
	}
	panic("no such record")
}

// replace is a node that serves another record instead of a kind's n-th.
func replace(kind byte, n int, with func(r *utt.Record, all []*utt.Record) *utt.Record) func([]*utt.Record) []*utt.Record {
	return func(all []*utt.Record) []*utt.Record {
		all = slices.Clone(all)
		i := nth(all, kind, n)
		all[i] = with(all[i], all)
		return all
	}
}

// Whatever a node garbles of what concerns the wallet, Sync fails, the wallet is as
// it was, and an honest node goes on from there.
func TestNodeGarblesRecords(t *testing.T) {
	ctx := context.Background()
	s := newStory()
	foreign := sharedWorld().Records
	unsigned := func(r *utt.Record, _ []*utt.Record) *utt.Record { return r.Unsigned() }
	signedLike := func(kind byte, n int) func(*utt.Record, []*utt.Record) *utt.Record {
		return func(r *utt.Record, all []*utt.Record) *utt.Record { return r.SignedLike(all[nth(all, kind, n)]) }
	}
	last := func(all []*utt.Record) utt.Cursor { return utt.Cursor{Height: all[len(all)-1].Cursor().Height + 1} }
	swap := func(i, j int) func([]*utt.Record) []*utt.Record {
		return func(all []*utt.Record) []*utt.Record {
			all = slices.Clone(all)
			all[i], all[j] = all[j], all[i]
			return all
		}
	}
	drop := func(kind byte, n int) func([]*utt.Record) []*utt.Record {
		return func(all []*utt.Record) []*utt.Record {
			i := nth(all, kind, n)
			return slices.Delete(slices.Clone(all), i, i+1)
		}
	}

	for name, c := range map[string]struct {
		records func([]*utt.Record) []*utt.Record
		cause   error // ErrInvalid if nil
		hint    string
	}{
		"two swapped":            {records: swap(3, 4), hint: "is next"},
		"first and last swapped": {records: swap(0, len(s.records)-1)},
		"one twice":              {records: func(all []*utt.Record) []*utt.Record { return slices.Insert(slices.Clone(all), 5, all[4]) }, hint: "is next"},
		"all twice":              {records: func(all []*utt.Record) []*utt.Record { return slices.Concat(all, all) }, hint: "is next"},
		"a gap in a block": {records: replace(aGrant, 1, func(r *utt.Record, _ []*utt.Record) *utt.Record {
			return r.At(utt.Cursor{Height: r.Cursor().Height, Index: 1})
		}), hint: "is next"},
		"nil":                     {records: replace(anIssue, 0, func(*utt.Record, []*utt.Record) *utt.Record { return nil }), hint: "empty record"},
		"an empty record":         {records: replace(anIssue, 0, func(*utt.Record, []*utt.Record) *utt.Record { return new(utt.Record) }), hint: "empty record"},
		"another network's":       {records: func([]*utt.Record) []*utt.Record { return foreign }, hint: "no endorser"},
		"registration unsigned":   {records: replace(aRegistration, 0, unsigned), hint: "no signature on output 0"},
		"registration of another": {records: replace(aRegistration, 0, signedLike(aRegistration, 1)), hint: "SIG-1"},
		"mint unsigned":           {records: replace(aMint, 0, unsigned), hint: "no signature on output 0"},
		"mint signed wrongly":     {records: replace(aMint, 0, signedLike(aMint, 1)), hint: "SIG-1"},
		"grant signed wrongly":    {records: replace(aGrant, 0, signedLike(aGrant, 1)), hint: "SIG-1"},
		"mint signed too often":   {records: replace(aMint, 0, signedLike(aTransfer, 0)), hint: "SIG-1"},
		"payment unsigned":        {records: replace(aTransfer, 0, unsigned), hint: "no signature on output 0"},
		"payment signed wrongly":  {records: replace(aTransfer, 0, signedLike(aTransfer, 2)), hint: "SIG-1"},
		"payment signed shortly":  {records: replace(aTransfer, 0, signedLike(aMint, 0)), hint: "no signature on output 1"},
		"change signed wrongly":   {records: replace(aTransfer, 1, func(r *utt.Record, all []*utt.Record) *utt.Record { return r.Noted(1) }), hint: "altered"},
		"budget change's note":    {records: replace(aTransfer, 0, func(r *utt.Record, all []*utt.Record) *utt.Record { return r.Noted(2) }), hint: "altered"},
		"a substituted address": {records: replace(aRegistration, 1, func(r *utt.Record, all []*utt.Record) *utt.Record {
			return r.Addressed(all[nth(all, aRegistration, 0)])
		}), hint: "no endorser"},
		"registered twice": {records: func(all []*utt.Record) []*utt.Record {
			return append(slices.Clone(all), all[nth(all, aRegistration, 1)].At(last(all)))
		}, hint: "second registration"},
		"itself registered twice": {records: func(all []*utt.Record) []*utt.Record {
			return append(slices.Clone(all), all[nth(all, aRegistration, 0)].At(last(all)))
		}, hint: "second registration"},
		"a coin before the user": {records: drop(aRegistration, 0), hint: "before its registration"},
		"an issue left out":      {records: drop(anIssue, 0), hint: "left something out"},
		"an order left out":      {records: drop(aMint, 0), hint: "left something out"},
		"an order made up": {records: func(all []*utt.Record) []*utt.Record {
			return append(slices.Clone(all), sharedWorld().Alice.Debited(last(all), 99, bob, cash, 1))
		}, hint: "left something out"},
		"too much money": {records: func(all []*utt.Record) []*utt.Record {
			return append(slices.Clone(all), utt.Issued(last(all), 9, alice, cash, math.MaxUint64))
		}, hint: "2^64"},
	} {
		t.Run(name, func(t *testing.T) {
			w := restore(t, s.net, alice)
			err := w.Sync(ctx, &node{Node: s.net, records: c.records})
			require.ErrorIs(t, err, utt.ErrInvalid)
			require.ErrorContains(t, err, c.hint)
			require.Equal(t, stateOf(restore(t, s.net, alice)), stateOf(w), "as it was")
			sync1(t, s.net, w)
			require.Equal(t, s.alice, stateOf(w), "an honest node goes on")
		})
	}
}

// Half of the records first, then a fault: what was known before stays.
func TestNodeBreaksOff(t *testing.T) {
	ctx := context.Background()
	s := newStory()
	half := len(s.records) / 2
	w := restore(t, s.net, alice)
	sync1(t, &node{Node: s.net, records: func(all []*utt.Record) []*utt.Record { return all[:half] }}, w)
	before := stateOf(w)
	require.True(t, before.Registered)

	require.ErrorIs(t, w.Sync(ctx, &node{Node: s.net, fails: errTimeout}), errTimeout)
	require.Equal(t, before, stateOf(w))
	require.ErrorIs(t, w.Sync(ctx, &node{Node: s.net, records: replace(aTransfer, 0, func(r *utt.Record, _ []*utt.Record) *utt.Record { return r.Unsigned() })}), utt.ErrInvalid)
	require.Equal(t, before, stateOf(w))
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	require.Error(t, w.Sync(cancelled, s.net))
	require.Equal(t, before, stateOf(w))
	sync1(t, s.net, w)
	require.Equal(t, s.alice, stateOf(w))
}

// What a node says of a pending payment is not believed, but what the ledger signed.
func TestNodeLiesAboutAPayment(t *testing.T) {
	ctx := context.Background()
	net := newNetwork(t)
	a, b := join(t, net, alice, 300), join(t, net, bob, 50, 40)
	sync1(t, net, a, b)
	var op *utt.Transfer
	id, err := a.Pay(ctx, &node{Node: net, submit: func(_ context.Context, o utt.Operation) error {
		op = o.(*utt.Transfer)
		return nil
	}}, bob, cash, 120, "")
	require.NoError(t, err)
	last := func(change func(*utt.Record) *utt.Record) utt.Node {
		return &node{Node: net, records: func(all []*utt.Record) []*utt.Record {
			all = slices.Clone(all)
			all[len(all)-1] = change(all[len(all)-1])
			return all
		}}
	}

	// another's transfer under the payment's ID
	done(t, b, net)(b.Split(ctx, net, cash, 45))
	sync1(t, last(func(r *utt.Record) *utt.Record { return r.Under(id) }), a)
	require.Equal(t, []utt.ID{id}, a.Pending())

	pending := stateOf(a)
	done(t, b, net)(b.Split(ctx, net, cash, 44))
	for name, lie := range map[string]func(*utt.Record) *utt.Record{
		"its coins were spent by another":    func(r *utt.Record) *utt.Record { return r.Spending(op) },
		"it was executed":                    func(r *utt.Record) *utt.Record { return r.Executing(op) },
		"it was executed under another name": func(r *utt.Record) *utt.Record { return r.Executing(op).Under(utt.ID{1}) },
	} {
		require.ErrorIs(t, a.Sync(ctx, last(lie)), utt.ErrInvalid, name)
		require.Equal(t, pending, stateOf(a), name)
	}
	sync1(t, net, a)

	// the payment itself, under another ID
	require.NoError(t, a.Resubmit(ctx, net, id))
	require.NoError(t, a.Await(ctx, last(func(r *utt.Record) *utt.Record { return r.Under(utt.ID{1}) }), id))
	require.Equal(t, utt.Balance{Spendable: 180, Account: 100, Budget: 880}, a.Balance(cash))
}

// A second registration that an endorser was fooled into is refused, as is a seed
// that is not the one registered.
func TestWrongSeed(t *testing.T) {
	ctx := context.Background()
	s := newStory()
	w, err := s.net.Wallet(alice, nil)
	require.NoError(t, err)
	err = w.Sync(ctx, s.net)
	require.ErrorIs(t, err, utt.ErrConflict)
	require.ErrorContains(t, err, "wrong seed")
	require.False(t, w.Registered())
	require.Equal(t, utt.Balance{}, w.Balance(cash))
}

// Payments that the payee cannot open are not counted.
func TestNoteThatDoesNotOpen(t *testing.T) {
	ctx := context.Background()
	net := newNetwork(t)
	m, b := join(t, net, mallory, 300), join(t, net, bob)
	sync1(t, net, m, b)
	w := &utt.World{Parameters: net.Parameters(), Key: net.ProvingKey(), Mallory: m, Bob: b}
	before := stateOf(b)
	require.NoError(t, net.Submit(ctx, w.PayOff()))
	sync1(t, net, b, m)
	after := stateOf(b)
	require.Equal(t, before.Balance, after.Balance)
	require.Empty(t, after.Received)
	require.Equal(t, utt.Balance{Spendable: 180, Account: 100, Budget: 880}, m.Balance(cash), "the sender's money is gone")
	done(t, m, net)(m.Pay(ctx, net, bob, cash, 5, ""))
	sync1(t, net, b)
	require.Equal(t, utt.Amount(5), b.Balance(cash).Spendable, "it stops nothing")
}

func TestPayOneself(t *testing.T) {
	ctx := context.Background()
	net := newNetwork(t)
	a := join(t, net, alice, 100)
	done(t, a, net)(a.Pay(ctx, net, alice, cash, 30, "to me"))
	require.Equal(t, utt.Balance{Spendable: 100, Account: 100, Budget: 970}, a.Balance(cash))
	require.Equal(t, []utt.Amount{70, 30}, a.Coins(cash))
	require.Len(t, a.Received(), 1)
	require.Equal(t, "to me", a.Received()[0].Memo)
}

func TestMemo(t *testing.T) {
	ctx := context.Background()
	net := newNetwork(t)
	a, b := join(t, net, alice, 100), join(t, net, bob)
	sync1(t, net, a)
	_, err := a.Pay(ctx, net, bob, cash, 1, strings.Repeat("x", utt.MaxMemo+1))
	require.ErrorIs(t, err, utt.ErrPolicy)
	_, err = a.Pay(ctx, net, bob, cash, 1, strings.Repeat("ü", 33))
	require.ErrorIs(t, err, utt.ErrPolicy, "bytes, not letters")
	memos := []string{"", "\x00", strings.Repeat("ü", 32)}
	for _, memo := range memos {
		done(t, a, net)(a.Pay(ctx, net, bob, cash, 1, memo))
	}
	sync1(t, net, b)
	for i, p := range b.Received() {
		require.Equal(t, memos[i], p.Memo)
	}
}

// What a wallet refuses, it refuses at once, by name, and changes nothing.
func TestWalletRefuses(t *testing.T) {
	ctx := context.Background()
	w := sharedWorld()
	m := restore(t, w.net, mallory)
	sync1(t, w.net, m)
	before := stateOf(m)
	stranger, err := w.net.Wallet("stranger", nil)
	require.NoError(t, err)
	sync1(t, w.net, stranger)
	seed := utt.PIDOf("seed of " + mallory)
	viewer, err := utt.NewWallet(w.Parameters, mallory, seed[:])
	require.NoError(t, err)
	sync1(t, w.net, viewer)
	require.Equal(t, before, stateOf(viewer), "it receives without proving keys")

	id := func(_ utt.ID, err error) error { return err }
	long := strings.Repeat("a", 1<<20)
	for name, c := range map[string]struct{ err, want error }{
		"pay nothing":              {id(m.Pay(ctx, w.net, bob, cash, 0, "")), utt.ErrInvalid},
		"split nothing":            {id(m.Split(ctx, w.net, cash, 0)), utt.ErrInvalid},
		"burn nothing":             {id(m.Burn(ctx, w.net, cash, 0)), utt.ErrInvalid},
		"mint nothing":             {id(m.Mint(ctx, w.net, cash, 0)), utt.ErrInvalid},
		"pay nothing publicly":     {id(m.PayPublicly(ctx, w.net, bob, cash, 0)), utt.ErrInvalid},
		"plan nothing":             {second(m.Plan(bob, cash, 0, "")), utt.ErrInvalid},
		"pay in tulips":            {id(m.Pay(ctx, w.net, bob, "tulips", 1, "")), utt.ErrPolicy},
		"split tulips":             {id(m.Split(ctx, w.net, long, 1)), utt.ErrPolicy},
		"merge tulips":             {id(m.Merge(ctx, w.net, "tulips")), utt.ErrPolicy},
		"mint tulips":              {id(m.Mint(ctx, w.net, "", 1)), utt.ErrPolicy},
		"budget for tulips":        {id(m.RequestBudget(ctx, w.net, "tulips", 1)), utt.ErrPolicy},
		"merge nothing":            {id(m.Merge(ctx, w.net, gold)), utt.ErrConflict},
		"pay nobody":               {id(m.Pay(ctx, w.net, "nobody", cash, 1, "")), utt.ErrNotFound},
		"pay a long name":          {id(m.Pay(ctx, w.net, long, cash, 1, "")), utt.ErrNotFound},
		"pay nobody publicly":      {id(m.PayPublicly(ctx, w.net, "nobody", cash, 1)), utt.ErrNotFound},
		"plan to pay nobody":       {second(m.Plan("", cash, 1, "")), utt.ErrNotFound},
		"a long memo":              {id(m.Pay(ctx, w.net, bob, cash, 1, long)), utt.ErrPolicy},
		"a class that is none":     {second(m.Registration(math.MaxUint16)), utt.ErrPolicy},
		"pay without a node":       {id(m.Pay(ctx, nil, bob, cash, 1, "")), utt.ErrInvalid},
		"split without a node":     {id(m.Split(ctx, nil, cash, 1)), utt.ErrInvalid},
		"merge without a node":     {id(m.Merge(ctx, nil, cash)), utt.ErrInvalid},
		"burn without a node":      {id(m.Burn(ctx, nil, cash, 1)), utt.ErrInvalid},
		"mint without a node":      {id(m.Mint(ctx, nil, cash, 1)), utt.ErrInvalid},
		"pay publicly without one": {id(m.PayPublicly(ctx, nil, bob, cash, 1)), utt.ErrInvalid},
		"budget without a node":    {id(m.RequestBudget(ctx, nil, cash, 2)), utt.ErrInvalid},
		"sync without a node":      {m.Sync(ctx, nil), utt.ErrInvalid},
		"await without a node":     {m.Await(ctx, nil, utt.ID{}), utt.ErrInvalid},
		"resubmit without a node":  {m.Resubmit(ctx, nil, utt.ID{}), utt.ErrInvalid},

		"stranger pays":         {id(stranger.Pay(ctx, w.net, bob, cash, 1, "")), utt.ErrNotFound},
		"stranger plans":        {second(stranger.Plan(bob, cash, 1, "")), utt.ErrNotFound},
		"stranger splits":       {id(stranger.Split(ctx, w.net, cash, 1)), utt.ErrNotFound},
		"stranger merges":       {id(stranger.Merge(ctx, w.net, cash)), utt.ErrNotFound},
		"stranger burns":        {id(stranger.Burn(ctx, w.net, cash, 1)), utt.ErrNotFound},
		"stranger mints":        {id(stranger.Mint(ctx, w.net, cash, 1)), utt.ErrNotFound},
		"stranger pays so":      {id(stranger.PayPublicly(ctx, w.net, bob, cash, 1)), utt.ErrNotFound},
		"stranger has a budget": {id(stranger.RequestBudget(ctx, w.net, cash, 1)), utt.ErrNotFound},
		"pay a stranger":        {id(m.Pay(ctx, w.net, "stranger", cash, 1, "")), utt.ErrNotFound},
		"no proving key":        {id(viewer.Pay(ctx, w.net, bob, cash, 1, "")), utt.ErrNotFound},
		"no key to split":       {id(viewer.Split(ctx, w.net, cash, 1)), utt.ErrNotFound},
	} {
		require.ErrorIs(t, c.err, c.want, name)
		require.Less(t, len(c.err.Error()), 1<<10, "%s: no essay", name)
	}
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	_, err = m.Pay(cancelled, w.net, bob, cash, 1, "")
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, before, stateOf(m))
	require.Empty(t, stranger.Pending())
}

func TestNewWalletArguments(t *testing.T) {
	p, key := sharedWorld().Parameters, sharedWorld().Key
	seed := make([]byte, utt.SeedSize)
	for name, c := range map[string]struct{ err, want error }{
		"no parameters":    {second(utt.NewWallet(nil, alice, seed)), utt.ErrInvalid},
		"empty parameters": {second(utt.NewWallet(new(utt.Parameters), alice, seed)), utt.ErrInvalid},
		"no seed":          {second(utt.NewWallet(p, alice, nil)), utt.ErrMalformed},
		"a short seed":     {second(utt.NewWallet(p, alice, seed[1:])), utt.ErrMalformed},
		"a long seed":      {second(utt.NewWallet(p, alice, make([]byte, 1<<16))), utt.ErrMalformed},
		"a nil key":        {second(utt.NewWallet(p, alice, seed, key, nil)), utt.ErrInvalid},
		"another's key":    {second(utt.NewWallet(p, alice, seed, utt.TaxKey())), utt.ErrPolicy},
	} {
		require.ErrorIs(t, c.err, c.want, name)
	}
	w, err := utt.NewWallet(p, alice, seed)
	require.NoError(t, err)
	seed[0] ^= 1 // the caller's to wipe
	again, err := utt.NewWallet(p, alice, make([]byte, utt.SeedSize))
	require.NoError(t, err)
	require.Equal(t, again.Public(0, bob, cash, 1), w.Public(0, bob, cash, 1))
}

func TestWalletIsRedacted(t *testing.T) {
	w := sharedWorld().Alice
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t"} {
		require.Equal(t, "redacted", fmt.Sprintf(verb, w), verb)
	}
	require.Equal(t, "redacted", fmt.Sprint(w))
	b, err := json.Marshal(map[string]any{"wallet": w})
	require.NoError(t, err)
	require.Equal(t, `{"wallet":"redacted"}`, string(b))
}

// What a wallet returns is the caller's.
func TestWalletReturnsCopies(t *testing.T) {
	s := newStory()
	w := restore(t, s.net, bob)
	sync1(t, s.net, w)
	w.Received()[0].Amount = 1
	w.Coins(cash)[0] = 1
	require.Equal(t, s.bob, stateOf(w))
}

// A node that never answers keeps nobody from the wallet.
func TestSyncThatHangs(t *testing.T) {
	s := newStory()
	w := restore(t, s.net, bob)
	called, answer := make(chan struct{}), make(chan struct{})
	hanging := &node{Node: s.net, head: func(h utt.Head, err error) (utt.Head, error) {
		close(called)
		<-answer
		return h, err
	}}
	var wg sync.WaitGroup
	var err error
	wg.Go(func() { err = w.Sync(context.Background(), hanging) })
	<-called
	require.Equal(t, utt.Balance{}, w.Balance(cash))
	require.False(t, w.Registered())
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	require.ErrorIs(t, w.Sync(cancelled, s.net), context.Canceled, "while another runs")
	close(answer)
	wg.Wait()
	require.NoError(t, err)
	require.Equal(t, s.bob, stateOf(w))
}

// One wallet used by many at once pays everything exactly once.
func TestConcurrentPayments(t *testing.T) {
	ctx := context.Background()
	net := newNetwork(t)
	a, b := join(t, net, alice, 100, 100, 100, 100), join(t, net, bob)
	sync1(t, net, a)
	const users, each = 3, 2
	errs := make([]error, users)
	var wg sync.WaitGroup
	for i := range users {
		wg.Go(func() {
			for k := 0; k < each && errs[i] == nil; {
				id, err := a.Pay(ctx, net, bob, cash, utt.Amount(10+i), "")
				if errors.Is(err, utt.ErrInsufficient) { // budget or coins of others are pending
					errs[i] = a.Sync(ctx, net)
					continue
				}
				k++
				if err == nil {
					err = a.Await(ctx, net, id)
				}
				errs[i] = err
			}
		})
	}
	wg.Go(func() {
		for range 50 {
			_, _, _, _ = a.Balance(cash), a.Coins(cash), a.Pending(), a.Received()
		}
	})
	wg.Wait()
	require.Equal(t, make([]error, users), errs)
	sync1(t, net, a, b)
	const paid = each * (10 + 11 + 12)
	require.Len(t, b.Received(), users*each)
	require.Equal(t, utt.Balance{Spendable: paid, Account: 100, Budget: 1000}, b.Balance(cash))
	require.Equal(t, utt.Balance{Spendable: 400 - paid, Account: 100, Budget: 1000 - paid}, a.Balance(cash))
	require.Empty(t, a.Pending())
}

// Wallets sync from one network at once.
func TestConcurrentSync(t *testing.T) {
	s := newStory()
	w := restore(t, s.net, alice)
	var wg sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		at := w
		if i%2 == 1 {
			at = restore(t, s.net, bob)
		}
		wg.Go(func() { errs[i] = at.Sync(context.Background(), s.net) })
	}
	wg.Wait()
	require.Equal(t, make([]error, len(errs)), errs)
	require.Equal(t, s.alice, stateOf(w))
}
