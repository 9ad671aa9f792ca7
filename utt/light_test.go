package utt_test

import (
	"context"
	"fmt"
	"iter"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/conformance"
	"github.com/utt-ecash/utt-go/utt/local"
	"github.com/utt-ecash/utt-go/utt/store"
	"github.com/utt-ecash/utt-go/utt/wallet"
)

// light is the light wallet of an identity on a disk.
func light(t testing.TB, net *local.Network, identity string, s store.Store) *wallet.Wallet {
	t.Helper()
	w, err := wallet.Open(net.Parameters(), identity, seedOf(identity), s, wallet.Config{ProvingKeys: net.ProvingKeys(), Now: net.Now, Way: wallet.Light})
	require.NoError(t, err)
	return w
}

// joinLight is join of a user whose address has his own scan key, so that he can have a light
// wallet besides.
func joinLight(t testing.TB, net *local.Network, identity string, coins ...utt.Amount) *wallet.Wallet {
	t.Helper()
	w, err := wallet.New(net.Parameters(), identity, seedOf(identity), wallet.Config{
		ProvingKeys: net.ProvingKeys(), Now: net.Now, ScanKey: light(t, net, identity, new(store.Memory)).OwnScanKey(),
	})
	require.NoError(t, err)
	return joined(t, net, identity, w, coins...)
}

func caughtUp(t testing.TB, net *local.Network, w *wallet.Wallet) {
	t.Helper()
	require.NoError(t, w.CatchUp(context.Background(), net))
	require.Zero(t, w.Waiting())
}

// requireAgrees demands that a wallet knows what the full one knows of the same user.
func requireAgrees(t testing.TB, net *local.Network, full, w *wallet.Wallet) {
	t.Helper()
	sync1(t, net, full)
	caughtUp(t, net, w)
	require.Equal(t, stateOf(full), stateOf(w))
	require.Equal(t, full.Incoming(), w.Incoming())
	require.Equal(t, full.Outgoing(), w.Outgoing())
	require.Equal(t, full.Items(), w.Items())
	of := func(w *wallet.Wallet) (all []string) { // what others did, of which both know all
		for _, it := range collected(t, w.History(0)) {
			if it.Kind == wallet.ItemReceived || it.Kind == wallet.ItemIssued || it.Kind == wallet.ItemReceivedPublicly {
				all = append(all, fmt.Sprint(it.Kind, it.Role, it.Asset, it.Amount, it.Memo, it.State, it.Cause, it.Time))
			}
		}
		return all
	}
	require.Equal(t, of(full), of(w))
}

// A light wallet pays, is paid, held, refunded and amended as a full one.
func TestLightWallet(t *testing.T) {
	ctx := context.Background()
	net := newNetwork(t)
	joinLight(t, net, alice, 500, 300)
	b := joinLight(t, net, bob, 50)
	a := light(t, net, alice, new(store.Memory))
	l := light(t, net, bob, new(store.Memory))
	caughtUp(t, net, a)
	requireAgrees(t, net, restore(t, net, alice), a)
	meet(t, net, a, b)
	for _, v := range []utt.Amount{20, 30} {
		done(t, a, net)(a.Pay(ctx, net, bob, cash, v, "lunch"))
		requireAgrees(t, net, restore(t, net, alice), a)
		requireAgrees(t, net, b, l)
	}
	require.Equal(t, utt.Amount(100), l.Balance(cash).Spendable)
	done(t, a, net)(a.PayPublicly(ctx, net, bob, cash, 5))
	done(t, a, net)(a.Mint(ctx, net, cash, 10))
	done(t, a, net)(a.Burn(ctx, net, cash, 7))
	requireAgrees(t, net, restore(t, net, alice), a)
	requireAgrees(t, net, b, l)
	require.NoError(t, net.Advance(ctx, 31*24*time.Hour))
	requireAgrees(t, net, restore(t, net, alice), a)
	requireAgrees(t, net, b, l)
	requireAgrees(t, net, restore(t, net, alice), light(t, net, alice, new(store.Memory)))
}

// A coin that is got and spent between two Syncs, by another device, is neither there nor
// missed.
func TestLightWalletSpendsWhatItGotBetweenTwoSyncs(t *testing.T) {
	ctx := context.Background()
	net := newNetwork(t)
	a, b := joinLight(t, net, alice, 500), joinLight(t, net, bob, 1)
	l := light(t, net, bob, new(store.Memory))
	caughtUp(t, net, l)
	sync1(t, net, a)
	done(t, a, net)(a.Pay(ctx, net, bob, cash, 100, ""))
	sync1(t, net, b)
	done(t, b, net)(b.Burn(ctx, net, cash, 100))
	for range 40 { // far from the payment
		done(t, a, net)(a.PayPublicly(ctx, net, bob, cash, 1))
	}
	done(t, b, net)(b.Mint(ctx, net, cash, 11))
	require.NoError(t, l.Sync(ctx, net))
	requireAgrees(t, net, b, l)
	requireAgrees(t, net, b, light(t, net, bob, new(store.Memory)))
}

// asksLight is a node that counts what it is asked for, and can fail.
type asksLight struct {
	*local.Network
	summaries []string
	numbers   []uint64
	fail      int // so many more
}

func (n *asksLight) Certificate(ctx context.Context, height uint64) (*utt.Certificate, error) {
	n.summaries = append(n.summaries, fmt.Sprint("certificate ", height))
	return n.Network.Certificate(ctx, height)
}

func (n *asksLight) Entries(ctx context.Context, from uint64) iter.Seq2[[]byte, error] {
	n.summaries = append(n.summaries, fmt.Sprint("entries ", from))
	return n.Network.Entries(ctx, from)
}

func (n *asksLight) Section(ctx context.Context, number, size uint64) (*utt.Section, error) {
	n.numbers = append(n.numbers, number)
	if n.fail > 0 {
		n.fail--
		return nil, utt.ErrStore
	}
	return n.Network.Section(ctx, number, size)
}

// askedLight is what a light wallet asks in a Sync.
func askedLight(t testing.TB, net *local.Network, w *wallet.Wallet) *asksLight {
	t.Helper()
	n := &asksLight{Network: net}
	require.NoError(t, w.Sync(context.Background(), n))
	return n
}

// crowd executes public payments of 1, which fill sections.
func crowd(t testing.TB, net *local.Network, count int) {
	t.Helper()
	var ops []utt.Operation
	nonce, err := net.Ledger().IssueNonce()
	require.NoError(t, err)
	for i := range uint64(count) {
		o, err := utt.NewIssue(net.Parameters(), net.Issuer(), nonce+i, utt.PIDOf(bob), cash, 1)
		require.NoError(t, err)
		ops = append(ops, o)
	}
	receipts, err := net.Execute(context.Background(), ops...)
	require.NoError(t, err)
	for _, r := range receipts {
		require.NoError(t, r.Err())
	}
}

// Light wallets ask for the same summaries, and for as many sections, whether they are paid
// or not, and what waits for details shows in neither.
func TestLightWalletsAskTheSame(t *testing.T) {
	ctx := context.Background()
	net := newNetwork(t)
	a := joinLight(t, net, alice, 500, 300)
	joinLight(t, net, bob)
	joinLight(t, net, dora)
	crowd(t, net, 100)
	disks := map[string]*store.Memory{bob: new(store.Memory), dora: new(store.Memory)}
	b, d := light(t, net, bob, disks[bob]), light(t, net, dora, disks[dora])
	require.Equal(t, askedLight(t, net, b).summaries, askedLight(t, net, d).summaries)
	caughtUp(t, net, b)
	caughtUp(t, net, d)
	for range 3 {
		require.NoError(t, net.Advance(ctx, time.Minute))
		sync1(t, net, a)
		for range 4 {
			done(t, a, net)(a.Pay(ctx, net, bob, cash, 5, ""))
			crowd(t, net, 30)
		}
		x, y := askedLight(t, net, b), askedLight(t, net, d)
		require.Equal(t, x.summaries, y.summaries)
		require.Len(t, x.numbers, 2)
		require.Len(t, y.numbers, 2)
	}
	require.Positive(t, b.Waiting())
	require.Zero(t, d.Waiting())
	caughtUp(t, net, b)
	require.Equal(t, utt.Amount(60), b.Balance(cash).Spendable)
	// both return
	require.NoError(t, net.Advance(ctx, 2*time.Hour))
	crowd(t, net, 40)
	sync1(t, net, d)
	require.NoError(t, net.Advance(ctx, 2*time.Hour))
	crowd(t, net, 40)
	b, d = light(t, net, bob, disks[bob]), light(t, net, dora, disks[dora])
	require.Equal(t, askedLight(t, net, b).summaries, askedLight(t, net, d).summaries)
	// and who has read all asks for nothing
	caughtUp(t, net, b)
	require.Empty(t, askedLight(t, net, b).numbers)
}

// Where a node fails, a light wallet asks for the same sections again: what is asked for twice
// among others would be no decoy.
func TestLightWalletAsksForTheSameAgain(t *testing.T) {
	ctx := context.Background()
	net := newNetwork(t)
	a := joinLight(t, net, alice, 500)
	joinLight(t, net, bob)
	disk := new(store.Memory)
	b := light(t, net, bob, disk)
	caughtUp(t, net, b)
	crowd(t, net, 100)
	sync1(t, net, a)
	done(t, a, net)(a.Pay(ctx, net, bob, cash, 5, ""))
	crowd(t, net, 100)
	n := &asksLight{Network: net, fail: 1}
	require.ErrorIs(t, b.Sync(ctx, n), utt.ErrStore)
	crowd(t, net, 100)
	require.NoError(t, b.Sync(ctx, n))
	require.Equal(t, n.numbers[0], n.numbers[1], "the one that failed")
	require.Len(t, n.numbers, 3)
	require.Equal(t, utt.Amount(5), b.Balance(cash).Spendable)
	again := light(t, net, bob, disk)
	require.Equal(t, b.Checkpoint(), again.Checkpoint())
}

// Whoever readdresses to another scan key is told that a light wallet finds no payments.
func TestLightWalletSaysThatItIsBlind(t *testing.T) {
	ctx := context.Background()
	net := newNetwork(t)
	joinLight(t, net, bob)
	b := light(t, net, bob, new(store.Memory))
	caughtUp(t, net, b)
	secret, err := utt.GenerateScanSecret(nil)
	require.NoError(t, err)
	r, err := b.Readdress(secret.ScanKey(), net.Now().Add(time.Hour))
	require.NoError(t, err)
	r, err = net.Endorser().EndorseReaddress(bob, r, uint64(net.Now().Add(2*time.Hour).Unix()))
	require.NoError(t, err)
	require.NoError(t, net.Submit(ctx, r))
	require.ErrorIs(t, b.CatchUp(ctx, net), utt.ErrConflict)
	r, err = b.Readdress(b.OwnScanKey(), net.Now().Add(time.Hour))
	require.NoError(t, err)
	r, err = net.Endorser().EndorseReaddress(bob, r, uint64(net.Now().Add(2*time.Hour).Unix()))
	require.NoError(t, err)
	require.NoError(t, net.Submit(ctx, r))
	caughtUp(t, net, b)
}

// Whatever write fails, a light wallet that is opened again has lost nothing.
func TestLightCrashAtEveryWrite(t *testing.T) {
	sequential(t)
	ctx := context.Background()
	net := newNetwork(t)
	a := joinLight(t, net, alice, 500)
	b := joinLight(t, net, bob, 10, 20)
	sync1(t, net, a)
	for range 3 {
		done(t, a, net)(a.Pay(ctx, net, bob, cash, 5, ""))
		crowd(t, net, 30)
	}
	ended := false
	for k := 0; !ended; k++ {
		for _, written := range []bool{false, true} {
			disk := new(store.Memory)
			failing := &conformance.Failing{Store: disk, K: k, Written: written}
			w, err := wallet.Open(net.Parameters(), bob, seedOf(bob), failing, wallet.Config{Now: net.Now, Way: wallet.Light})
			if err == nil {
				err = w.CatchUp(ctx, net)
			}
			if !failing.Failed() {
				require.NoError(t, err)
				ended = true
				continue
			}
			require.ErrorIs(t, err, conformance.ErrInjected)
			requireAgrees(t, net, b, light(t, net, bob, disk))
		}
		require.Less(t, k, 40)
	}
}

// Where payments wait for their details, an amendment behind them, whose details are there, is not
// taken in before they are.
func TestLightWalletWaitsBeforeAnAmendment(t *testing.T) {
	net := newNetwork(t)
	a, b := joinLight(t, net, alice, 500), joinLight(t, net, bob)
	l := light(t, net, bob, new(store.Memory))
	caughtUp(t, net, l)
	sync1(t, net, a)
	for range 4 { // in sections of their own, more than a Sync asks for
		payTo(t, net, a, bob, 5)
		sync1(t, net, a)
		crowd(t, net, 30)
	}
	amend(t, net, 3, func(c *utt.Config) { c.Policy.Classes = []utt.Amount{2000, 3000} })
	crowd(t, net, 30)
	require.NoError(t, l.Sync(t.Context(), net))
	require.Positive(t, l.Waiting())
	require.Less(t, l.Balance(cash).Spendable, utt.Amount(20))
	_, err := l.Split(t.Context(), net, cash, 19)
	var missing *wallet.FundsError
	require.ErrorAs(t, err, &missing)
	require.Equal(t, l.Waiting(), missing.Waiting)
	require.ErrorContains(t, err, "CatchUp")
	requireAgrees(t, net, b, l)
	require.Equal(t, utt.Amount(20), l.Balance(cash).Spendable)
	require.Equal(t, uint64(1), l.Parameters().Amendments())
}

// A light wallet that is restored, and has not got to its registration, says what to do.
func TestLightWalletSaysThatItWaits(t *testing.T) {
	net := newNetwork(t)
	joinLight(t, net, alice)
	for range 4 { // before bob
		require.NoError(t, net.Issue(t.Context(), alice, cash, 1))
	}
	joinLight(t, net, bob, 10, 20, 30)
	for range 3 {
		crowd(t, net, 40)
		b := restore(t, net, bob)
		sync1(t, net, b)
		done(t, b, net)(b.Mint(t.Context(), net, cash, 1))
	}
	l := light(t, net, bob, new(store.Memory))
	require.NoError(t, l.Sync(t.Context(), net))
	if err := l.Credited(); err != nil && l.Registered() {
		require.ErrorContains(t, err, "CatchUp")
	}
	caughtUp(t, net, l)
	require.NoError(t, l.Credited())
}
