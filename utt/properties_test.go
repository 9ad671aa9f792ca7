package utt_test

import (
	"context"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/local"
	"github.com/utt-ecash/utt-go/utt/store"
	"github.com/utt-ecash/utt-go/utt/wallet"
)

// walker is a user in a random walk, with what he should own of each asset.
type walker struct {
	identity string
	wallet   *wallet.Wallet
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
	way   wallet.Way // of all wallets
}

const classAmount = 1000

func newWalk(t *testing.T, seed uint64, way wallet.Way) *walk {
	w := &walk{t: t, net: newNetwork(t), rand: rand.New(rand.NewPCG(seed, 0)), done: make(map[string]int), way: way}
	looksOut := newWatcher(t, w.net)
	for _, identity := range []string{alice, bob, mallory} {
		u := &walker{identity: identity, purses: make(map[string]*purse)}
		switch way {
		case wallet.Light:
			u.wallet = light(t, w.net, identity, new(store.Memory))
		case wallet.Watched:
			u.wallet = looksOut.watched(t, identity, new(store.Memory), true)
			m, err := u.wallet.Mandate(looksOut.ScanKey(), w.net.Now().Add(100*month))
			require.NoError(t, err)
			require.NoError(t, looksOut.Expect(m))
		default:
			u.wallet = restore(t, w.net, identity)
		}
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
	w.acquaint()
}

// acquaint has those who do not read who is registered know each other's newest addresses.
func (w *walk) acquaint() {
	if w.way == wallet.Full {
		return
	}
	var joined []*wallet.Wallet
	for _, u := range w.users {
		if u.joined {
			sync1(w.t, w.net, u.wallet)
			joined = append(joined, u.wallet)
		}
	}
	meet(w.t, w.net, joined...)
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
		if v == 0 || to == u {
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
		if mine.next {
			return ""
		}
		await(u.wallet.RequestBudget(ctx, net, asset, net.Ledger().Head().Epoch+1))
		mine.next = true
		return "grant"
	default:
		if w.rand.IntN(2) > 0 {
			return ""
		}
		require.NoError(t, net.Advance(ctx, month))
		for _, u := range w.users {
			for _, p := range u.purses {
				p.budget = 0
				if p.next {
					p.budget, p.next = classAmount, false
				}
			}
		}
		w.acquaint() // cards are good through the epoch after
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
			if u.joined || w.way != wallet.Watched { // who is no customer is told nothing
				sync1(t, w.net, u.wallet)
			}
			unspent, err := partyOf(t, w.net, u.identity).Unspent(ctx, asset)
			require.NoError(t, err, after)
			sum += unspent
			p := u.purses[asset]
			require.Equal(t, wallet.Balance{Spendable: p.private, Account: p.account, Budget: p.budget}, u.wallet.Balance(asset),
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

// Value is conserved, whatever users do, and in whatever way their wallets keep up: after every step of a
// random walk, all that was issued is in accounts and unspent coins, everybody has what a simple
// model says, and the replicas agree; and in the end wallets that are restored know the same.
func TestRandomWalk(t *testing.T) {
	sequential(t)
	for seed, way := range []wallet.Way{wallet.Full, wallet.Light, wallet.Watched} {
		t.Run(way.String(), func(t *testing.T) {
			w := newWalk(t, uint64(1+seed%2), way)
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
				if !u.joined {
					continue
				}
				again := restore(t, w.net, u.identity)
				requireAgrees(t, w.net, again, u.wallet) // restored from seed and ledger
				if way == wallet.Light {
					requireAgrees(t, w.net, again, light(t, w.net, u.identity, new(store.Memory)))
				}
			}
		})
	}
}
