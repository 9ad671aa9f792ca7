package utt_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/budget"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/local"
	"github.com/utt-ecash/utt-go/utt/wallet"
)

const month = 30 * 24 * time.Hour

// restore makes a user's wallet again from its seed.
func restore(t testing.TB, net *local.Network, identity string) *wallet.Wallet {
	t.Helper()
	seed := utt.PIDOf("seed of " + identity)
	w, err := net.Wallet(identity, seed[:])
	require.NoError(t, err)
	return w
}

// state is what a wallet says of itself.
type state struct {
	Balance    wallet.Balance
	Gold       wallet.Balance
	Coins      []utt.Amount
	Received   []wallet.Payment
	Pending    []wallet.Handle
	Registered bool
	Checkpoint utt.Checkpoint
}

func stateOf(w *wallet.Wallet) state {
	return state{w.Balance(cash), w.Balance(gold), w.Coins(cash), w.Received(), w.Pending(), w.Registered(), w.Checkpoint()}
}

// Every way that money takes, with balances exact after each step.
func TestWalletFlow(t *testing.T) {
	ctx := context.Background()
	net := newNetwork(t)
	a, b := join(t, net, alice, 500, 200), join(t, net, bob)
	require.Equal(t, wallet.Balance{Spendable: 700, Account: 100, Budget: 1000}, a.Balance(cash))
	require.Equal(t, wallet.Balance{Budget: 1000}, a.Balance(gold))
	require.Equal(t, wallet.Balance{}, a.Balance("no asset"))
	sync1(t, net, a)

	id, err := a.Pay(ctx, net, bob, cash, 120, "for lunch")
	require.NoError(t, err)
	require.Equal(t, wallet.Balance{Spendable: 500, Pending: 200, Account: 100, BudgetPending: 1000}, a.Balance(cash),
		"until the wallet has seen it executed")
	require.Equal(t, []wallet.Handle{id}, a.Pending())
	require.NoError(t, a.Await(ctx, net, id))
	require.Empty(t, a.Pending())
	require.Equal(t, wallet.Balance{Spendable: 580, Account: 100, Budget: 880}, a.Balance(cash))
	require.Equal(t, []utt.Amount{500, 80}, a.Coins(cash))
	sync1(t, net, b)
	require.Equal(t, wallet.Balance{Spendable: 120, Account: 100, Budget: 1000}, b.Balance(cash))
	require.Equal(t, []wallet.Payment{{ID: id.ID, Role: utt.Payee, Asset: cash, Amount: 120, Memo: "for lunch", Time: net.Ledger().Head().Time}}, b.Received())

	done(t, a, net)(a.Pay(ctx, net, bob, cash, 80, ""))
	require.Equal(t, []utt.Amount{500}, a.Coins(cash), "the coin that fits")
	done(t, a, net)(a.Split(ctx, net, cash, 150))
	require.Equal(t, []utt.Amount{350, 150}, a.Coins(cash))
	done(t, a, net)(a.Merge(ctx, net, cash))
	require.Equal(t, []utt.Amount{500}, a.Coins(cash))
	done(t, a, net)(a.Burn(ctx, net, cash, 60))
	require.Equal(t, wallet.Balance{Spendable: 440, Account: 160, Budget: 800}, a.Balance(cash))
	done(t, a, net)(a.PayPublicly(ctx, net, bob, cash, 10))
	done(t, a, net)(a.PayPublicly(ctx, net, alice, cash, 5))
	done(t, a, net)(a.Mint(ctx, net, cash, 150))
	require.Equal(t, wallet.Balance{Spendable: 590, Budget: 800}, a.Balance(cash))

	// the payee spends what he received
	sync1(t, net, b)
	require.Equal(t, []utt.Amount{120, 80}, b.Coins(cash))
	done(t, b, net)(b.Pay(ctx, net, alice, cash, 190, ""))
	sync1(t, net, a, b)
	require.Equal(t, wallet.Balance{Spendable: 780, Budget: 800}, a.Balance(cash))
	require.Equal(t, wallet.Balance{Spendable: 10, Account: 110, Budget: 810}, b.Balance(cash))

	// seed and ledger restore everything
	for identity, w := range map[string]*wallet.Wallet{alice: a, bob: b} {
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
		require.Equal(t, &wallet.Plan{Case: utt.Anonymous, Asset: cash, Amount: amount, Total: amount, Merges: merges, Counter: budget.Privacy, Learns: plan.Learns}, plan)
		require.Len(t, plan.Learns, 2)
		require.Contains(t, plan.Learns[1], "with how many inputs")
		require.Equal(t, merges > 0, strings.Contains(plan.Learns[1], "transfers to himself before it"))
	}
	done(t, a, net)(a.Pay(ctx, net, bob, cash, 98, "all but two"))
	sync1(t, net, b)
	require.Equal(t, []utt.Amount{98}, b.Coins(cash))
	require.Equal(t, []utt.Amount{2}, a.Coins(cash))
	require.Equal(t, wallet.Balance{Spendable: 2, Account: 100, Budget: 902}, a.Balance(cash))
}

// Merge takes the smallest coins, as many as a transfer has inputs.
func TestMergeTakesTheSmallest(t *testing.T) {
	ctx := context.Background()
	net := newNetwork(t)
	a := join(t, net, alice, 9, 1, 1, 1, 1, 1, 1, 1, 1, 9)
	done(t, a, net)(a.Merge(ctx, net, cash))
	require.Equal(t, []utt.Amount{9, 9, 8}, a.Coins(cash))
	done(t, a, net)(a.Merge(ctx, net, cash))
	require.Equal(t, []utt.Amount{26}, a.Coins(cash))
	_, err := a.Merge(ctx, net, cash)
	require.ErrorIs(t, err, utt.ErrConflict, "one coin is left")
}

// requireFunds demands a FundsError.
func requireFunds(t testing.TB, err error, want wallet.FundsError) {
	t.Helper()
	var got *wallet.FundsError
	require.ErrorAs(t, err, &got)
	missing := *got
	if want.What == wallet.FundsBudget {
		require.NotZero(t, missing.Budget.Next, "it says which budget can be asked for")
		missing.Budget, missing.Beyond = wallet.Budget{}, nil
	}
	require.Equal(t, want, missing)
	require.ErrorIs(t, err, utt.ErrInsufficient)
}

func TestInsufficientOrPending(t *testing.T) {
	ctx := context.Background()
	net := newNetwork(t)
	a, _ := join(t, net, alice, 500, 30), join(t, net, bob)
	sync1(t, net, a)

	_, err := a.Pay(ctx, net, bob, cash, 531, "")
	requireFunds(t, err, wallet.FundsError{What: wallet.FundsMoney, Need: 531, Spendable: 530})
	require.Contains(t, err.Error(), "only 530 owned as of the last sync")
	require.NotContains(t, err.Error(), "pending")
	_, err = a.Burn(ctx, net, cash, math.MaxUint64)
	requireFunds(t, err, wallet.FundsError{What: wallet.FundsMoney, Need: math.MaxUint64, Spendable: 530})
	_, err = a.Pay(ctx, net, bob, cash, 1001, "")
	requireFunds(t, err, wallet.FundsError{What: wallet.FundsBudget, Need: 1001, Spendable: 1000})
	_, err = a.Pay(ctx, net, bob, gold, 1, "")
	requireFunds(t, err, wallet.FundsError{What: wallet.FundsMoney, Need: 1})
	_, err = a.Mint(ctx, net, cash, 101)
	requireFunds(t, err, wallet.FundsError{What: wallet.FundsAccount, Need: 101, Spendable: 100})
	require.Empty(t, a.Pending())

	id, err := a.Split(ctx, dropping(net, nil), cash, 400)
	require.NoError(t, err)
	before := stateOf(a)
	require.Equal(t, wallet.Balance{Spendable: 30, Pending: 500, Account: 100, Budget: 1000}, before.Balance)
	_, err = a.Pay(ctx, net, bob, cash, 100, "")
	requireFunds(t, err, wallet.FundsError{What: wallet.FundsMoney, Need: 100, Spendable: 30, Pending: 500})
	require.Contains(t, err.Error(), "wait and retry")
	_, err = a.Burn(ctx, net, cash, 531)
	requireFunds(t, err, wallet.FundsError{What: wallet.FundsMoney, Need: 531, Spendable: 30, Pending: 500})
	require.Contains(t, err.Error(), "only 530 owned as of the last sync, 500 of it pending")
	require.Equal(t, before, stateOf(a), "failed attempts change nothing")

	paid, err := a.Pay(ctx, dropping(net, nil), bob, cash, 20, "")
	require.NoError(t, err)
	_, err = a.Pay(ctx, net, bob, cash, 10, "")
	requireFunds(t, err, wallet.FundsError{What: wallet.FundsBudget, Need: 10, Pending: 1000})
	for _, id := range []wallet.Handle{id, paid} {
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

	require.NoError(t, net.Advance(ctx, month))
	sync1(t, net, a)
	require.Equal(t, wallet.Balance{Spendable: 450, Account: 100}, a.Balance(cash))
	_, err = a.Pay(ctx, net, bob, cash, 50, "")
	requireFunds(t, err, wallet.FundsError{What: wallet.FundsBudget, Need: 50})
	require.Contains(t, err.Error(), "only 0 owned in epoch 2: RequestBudget asks for it, once in every epoch")
	_, err = a.RequestBudget(ctx, net, cash, 1)
	require.ErrorIs(t, err, utt.ErrConflict)
	_, err = a.RequestBudget(ctx, net, gold, 1)
	require.ErrorIs(t, err, utt.ErrConflict, "join asked for it")

	done(t, a, net)(a.RequestBudget(ctx, net, cash, 2))
	done(t, a, net)(a.RequestBudget(ctx, net, cash, 3))
	require.Equal(t, utt.Amount(1000), a.Balance(cash).Budget, "of this epoch only")
	done(t, a, net)(a.Pay(ctx, net, bob, cash, 60, ""))
	require.NoError(t, net.Advance(ctx, month))
	sync1(t, net, a)
	require.Equal(t, utt.Amount(1000), a.Balance(cash).Budget)
	done(t, a, net)(a.Pay(ctx, net, bob, cash, 70, ""))
	require.Equal(t, wallet.Balance{Spendable: 320, Account: 100, Budget: 930}, a.Balance(cash))
	require.Equal(t, wallet.Balance{}, a.Balance(gold), "nobody asked")

	again := restore(t, net, alice)
	sync1(t, net, again)
	require.Equal(t, stateOf(a), stateOf(again))
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
	require.Equal(t, wallet.Balance{}, w.Balance(cash))
}

// Payments that the payee cannot open are not counted.
func TestNoteThatDoesNotOpen(t *testing.T) {
	ctx := context.Background()
	net := newNetwork(t)
	m, b := join(t, net, mallory, 300), join(t, net, bob)
	sync1(t, net, m, b)
	w := &utt.World{Parameters: net.Parameters(), Keys: net.ProvingKeys(), Mallory: partyOf(t, net, mallory), Bob: partyOf(t, net, bob)}
	before := stateOf(b)
	require.NoError(t, net.Submit(ctx, w.PayOff()))
	sync1(t, net, b, m)
	after := stateOf(b)
	require.Equal(t, before.Balance, after.Balance)
	require.Empty(t, after.Received)
	require.Equal(t, wallet.Balance{Spendable: 180, Account: 100, Budget: 880}, m.Balance(cash), "the sender's money is gone")
	done(t, m, net)(m.Pay(ctx, net, bob, cash, 5, ""))
	sync1(t, net, b)
	require.Equal(t, utt.Amount(5), b.Balance(cash).Spendable, "it stops nothing")
}

func TestPayOneself(t *testing.T) {
	ctx := context.Background()
	net := newNetwork(t)
	a := join(t, net, alice, 100)
	_, err := a.Pay(ctx, net, alice, cash, 30, "to me")
	require.ErrorIs(t, err, utt.ErrPolicy, "it would use up budget")
	require.Equal(t, wallet.Balance{Spendable: 100, Account: 100, Budget: 1000}, a.Balance(cash))
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
	require.Equal(t, wallet.Balance{Spendable: paid, Account: 100, Budget: 1000}, b.Balance(cash))
	require.Equal(t, wallet.Balance{Spendable: 400 - paid, Account: 100, Budget: 1000 - paid}, a.Balance(cash))
	require.Empty(t, a.Pending())
}
