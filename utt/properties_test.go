package utt_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/local"
)

// walker is a user in a random walk, with what he should own of each asset.
type walker struct {
	identity string
	wallet   *utt.Wallet
	joined   bool
	purses   map[string]*purse
	received int
}

type purse struct {
	account, private, budget utt.Amount
	next                     bool // the budget of the next epoch is granted
}

// walk is a network on which users do things at random, and a simple model of it.
type walk struct {
	t     *testing.T
	net   *local.Network
	rand  *rand.Rand
	users []*walker
	done  map[string]int
}

const classAmount = 1000

func newWalk(t *testing.T, seed uint64) *walk {
	w := &walk{t: t, net: newNetwork(t), rand: rand.New(rand.NewPCG(seed, 0)), done: make(map[string]int)}
	for _, identity := range []string{alice, bob, mallory} {
		u := &walker{identity: identity, wallet: restore(t, w.net, identity), purses: make(map[string]*purse)}
		for _, asset := range w.net.Parameters().Assets() {
			u.purses[asset] = new(purse)
		}
		w.users = append(w.users, u)
	}
	w.register(w.users[0])
	w.register(w.users[1])
	return w
}

func (w *walk) register(u *walker) {
	require.NoError(w.t, w.net.Enroll(context.Background(), u.wallet, u.identity, 0))
	u.joined = true
	for _, p := range u.purses {
		p.budget = classAmount
	}
}

// upTo is a random amount of 1 to n, or 0 if n is 0.
func (w *walk) upTo(n utt.Amount) utt.Amount {
	if n == 0 {
		return 0
	}
	return 1 + utt.Amount(w.rand.Uint64N(uint64(n)))
}

// step does something at random. It returns "" if chance chose what cannot be done.
func (w *walk) step() string {
	ctx, t, net := context.Background(), w.t, w.net
	u, to := w.users[w.rand.IntN(len(w.users))], w.users[w.rand.IntN(len(w.users))]
	asset := []string{cash, cash, gold}[w.rand.IntN(3)]
	mine, his := u.purses[asset], to.purses[asset]
	if !u.joined || !to.joined {
		if u.joined || w.rand.IntN(5) > 0 {
			return ""
		}
		w.register(u)
		return "register"
	}
	sync1(t, net, u.wallet)
	await := done(t, u.wallet, net)
	switch op := w.rand.IntN(12); op {
	case 0, 1:
		v := w.upTo(400)
		require.NoError(t, net.Issue(ctx, u.identity, asset, v))
		mine.account += v
		return "issue"
	case 2:
		v := w.upTo(mine.account)
		if v == 0 {
			return ""
		}
		await(u.wallet.PayPublicly(ctx, net, to.identity, asset, v))
		mine.account -= v
		his.account += v
		return "pay publicly"
	case 3, 4:
		v := w.upTo(mine.account)
		if v == 0 {
			return ""
		}
		await(u.wallet.Mint(ctx, net, asset, v))
		mine.account -= v
		mine.private += v
		return "mint"
	case 5, 6, 7, 8:
		v := w.upTo(min(mine.private, mine.budget))
		if v == 0 {
			return ""
		}
		await(u.wallet.Pay(ctx, net, to.identity, asset, v, "walk"))
		mine.private -= v
		his.private += v
		mine.budget -= v
		to.received++
		return "pay"
	case 9:
		v := w.upTo(mine.private)
		if v == 0 {
			return ""
		}
		if op := w.rand.IntN(3); op == 0 {
			await(u.wallet.Burn(ctx, net, asset, v))
			mine.private -= v
			mine.account += v
			return "burn"
		} else if op == 1 && len(u.wallet.Coins(asset)) > 1 {
			await(u.wallet.Merge(ctx, net, asset))
			return "merge"
		}
		await(u.wallet.Split(ctx, net, asset, v))
		return "split"
	case 10:
		head, err := net.Head(ctx)
		require.NoError(t, err)
		if mine.next {
			return ""
		}
		await(u.wallet.RequestBudget(ctx, net, asset, head.Epoch+1))
		mine.next = true
		return "grant"
	default:
		if w.rand.IntN(2) > 0 {
			return ""
		}
		net.Advance(month)
		for _, u := range w.users {
			for _, p := range u.purses {
				p.budget = 0
				if p.next {
					p.budget, p.next = classAmount, false
				}
			}
		}
		return "epoch"
	}
}

// require checks that nothing was lost or made.
func (w *walk) require(after string) {
	ctx, t, l := context.Background(), w.t, w.net.Ledger()
	require.NoError(t, w.net.Agree(), after)
	for _, asset := range w.net.Parameters().Assets() {
		supply, err := l.Supply(asset)
		require.NoError(t, err)
		sum, err := l.Accounts(asset)
		require.NoError(t, err)
		for _, u := range w.users {
			sync1(t, w.net, u.wallet)
			unspent, err := u.wallet.Unspent(ctx, asset)
			require.NoError(t, err, after)
			sum += unspent
			p := u.purses[asset]
			require.Equal(t, utt.Balance{Spendable: p.private, Account: p.account, Budget: p.budget}, u.wallet.Balance(asset),
				"%s of %s after %s", asset, u.identity, after)
			require.Equal(t, p.private, unspent)
			account, err := l.Balance(utt.PIDOf(u.identity), asset)
			require.NoError(t, err)
			require.Equal(t, p.account, account)
			require.Len(t, u.wallet.Received(), u.received)
		}
		require.Equal(t, supply, sum, "issued = Σ accounts + Σ coins, of %s after %s", asset, after)
	}
}

// Value is conserved, whatever users do: after every step of a random walk, all
// that was issued is in accounts and unspent coins, everybody has what a simple
// model says, and the replicas agree.
func TestRandomWalk(t *testing.T) {
	for _, seed := range []uint64{1, 2} {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			w := newWalk(t, seed)
			var path []string
			for len(path) < 30 {
				if s := w.step(); s != "" {
					path = append(path, s)
					w.done[s]++
					w.require(strings.Join(path, ", "))
				}
			}
			require.GreaterOrEqual(t, len(w.done), 8, "the walk went places: %v", w.done)
			for _, u := range w.users {
				again := restore(t, w.net, u.identity)
				sync1(t, w.net, again)
				require.Equal(t, stateOf(u.wallet), stateOf(again), "restored from seed and ledger")
			}
		})
	}
}

const taxOffice = "tax@example.org"

// newTaxed founds a network with a tax of 5 % on private payments.
func newTaxed(t testing.TB) *local.Network {
	t.Helper()
	net, err := local.New(context.Background(), local.Config{Policy: testPolicy, Tax: 500, TaxOffice: taxOffice})
	require.NoError(t, err)
	return net
}

// Whoever pays, pays the tax as well, and the office gets it; what stays with its
// owner is not taxed.
func TestTax(t *testing.T) {
	ctx := context.Background()
	net := newTaxed(t)
	a := join(t, net, alice, 500)
	_, err := a.Pay(ctx, net, alice, cash, 100, "")
	require.ErrorIs(t, err, utt.ErrNotFound, "nobody to pay the tax to")
	office, b := join(t, net, taxOffice, 50), join(t, net, bob)
	sync1(t, net, a)

	plan, err := a.Plan(bob, cash, 100, "")
	require.NoError(t, err)
	require.Equal(t, utt.Amount(105), plan.Total)
	require.Len(t, plan.Learns, 3)
	require.Contains(t, plan.Learns[2], utt.PIDOf(taxOffice).String())
	done(t, a, net)(a.Pay(ctx, net, bob, cash, 100, "taxed"))
	sync1(t, net, b, office)
	require.Equal(t, utt.Balance{Spendable: 395, Account: 100, Budget: 900}, a.Balance(cash), "tax costs no budget")
	require.Equal(t, utt.Balance{Spendable: 100, Account: 100, Budget: 1000}, b.Balance(cash))
	require.Equal(t, utt.Balance{Spendable: 55, Account: 100, Budget: 1000}, office.Balance(cash))
	require.Len(t, office.Received(), 1)
	require.Equal(t, utt.Amount(5), office.Received()[0].Amount)
	require.Empty(t, office.Received()[0].Memo, "the memo is the payee's")

	_, err = b.Pay(ctx, net, alice, cash, 97, "")
	requireFunds(t, err, utt.FundsError{What: "money", Need: 101, Spendable: 100})
	done(t, b, net)(b.Pay(ctx, net, alice, cash, 19, "")) // no whole unit of tax
	sync1(t, net, office)
	require.Len(t, office.Received(), 1)

	done(t, a, net)(a.Split(ctx, net, cash, 60))
	done(t, a, net)(a.Burn(ctx, net, cash, 60))
	require.Equal(t, utt.Balance{Spendable: 354, Account: 160, Budget: 900}, a.Balance(cash))

	// the office pays tax to itself, and is paid with tax
	done(t, office, net)(office.Pay(ctx, net, bob, cash, 40, ""))
	done(t, a, net)(a.Pay(ctx, net, taxOffice, cash, 200, "dues"))
	sync1(t, net, office)
	require.Equal(t, utt.Balance{Spendable: 55 - 40 + 200 + 10, Account: 100, Budget: 960}, office.Balance(cash))
	for identity, w := range map[string]*utt.Wallet{alice: a, taxOffice: office} {
		sync1(t, net, w)
		again := restore(t, net, identity)
		sync1(t, net, again)
		require.Equal(t, stateOf(w), stateOf(again))
	}
}

// The sum that merges must reach includes the tax.
func TestTaxOfManyCoins(t *testing.T) {
	ctx := context.Background()
	net := newTaxed(t)
	join(t, net, taxOffice)
	join(t, net, bob)
	a := join(t, net, alice, 10, 10, 10, 10, 10, 10, 10, 10, 10)
	plan, err := a.Plan(bob, cash, 76, "")
	require.NoError(t, err)
	require.Equal(t, 0, plan.Merges)
	plan, err = a.Plan(bob, cash, 80, "")
	require.NoError(t, err)
	require.Equal(t, utt.Plan{Case: utt.Anonymous, Asset: cash, Amount: 80, Total: 84, Merges: 1, Learns: plan.Learns}, *plan)
	done(t, a, net)(a.Pay(ctx, net, bob, cash, 80, ""))
	require.Equal(t, []utt.Amount{6}, a.Coins(cash))
}

// A payment by the circuit without tax, valid but for that, is refused, and a wallet
// without the taxed circuit's key makes none.
func TestTaxIsNotEvaded(t *testing.T) {
	ctx := context.Background()
	net := newTaxed(t)
	join(t, net, taxOffice)
	a, b := join(t, net, alice, 500), join(t, net, bob)
	sync1(t, net, a)

	plain := &utt.Circuit{Key: net.ProvingKey().VerifyingKey(), Cases: []utt.Case{utt.Self, utt.Anonymous}}
	var no *utt.Rejection
	require.ErrorAs(t, net.Submit(ctx, parse(t, a.Untaxed(plain, b, 100))[0]), &no)
	require.Equal(t, "POLICY-CIRCUIT", no.Label)
	require.Equal(t, utt.CodePolicy, no.Code)
	require.ErrorIs(t, no, utt.ErrPolicy)

	seed := utt.PIDOf("seed of " + alice)
	w, err := utt.NewWallet(net.Parameters(), alice, seed[:], net.ProvingKey())
	require.NoError(t, err)
	sync1(t, net, w)
	_, err = w.Pay(ctx, net, bob, cash, 100, "")
	require.ErrorIs(t, err, utt.ErrNotFound)
	done(t, w, net)(w.Split(ctx, net, cash, 100))
}
