package utt_test

import (
	"bytes"
	"context"
	"errors"
	"iter"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/budget"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/conformance"
	"github.com/utt-ecash/utt-go/utt/local"
	"github.com/utt-ecash/utt-go/utt/store"
	"github.com/utt-ecash/utt-go/utt/wallet"
)

// onDisk is the wallet of a user who joined, opened on a store.
func onDisk(t testing.TB, net *local.Network, identity string, s store.Store) *wallet.Wallet {
	t.Helper()
	w, err := wallet.Open(net.Parameters(), identity, seedOf(identity), s, wallet.Config{ProvingKeys: net.ProvingKeys(), Now: net.Now})
	require.NoError(t, err)
	return w
}

// copied is what a store holds, in another.
func copied(t testing.TB, s store.Store) *store.Memory {
	t.Helper()
	d := new(store.Memory)
	for p, err := range openedView(t, s).Ascend(nil, nil) {
		require.NoError(t, err)
		require.NoError(t, d.Apply([]store.Write{store.Write(p)}))
	}
	return d
}

func openedView(t testing.TB, s store.Store) store.View {
	t.Helper()
	v, err := s.View()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, v.Close()) })
	return v
}

func collected(t testing.TB, seq iter.Seq2[wallet.Item, error]) (all []wallet.Item) {
	t.Helper()
	for it, err := range seq {
		require.NoError(t, err)
		all = append(all, it)
	}
	return all
}

// What is pending outlives the process: what was handed in is not made again, and its coins stay
// locked until it is decided.
func TestPendingSurvivesARestart(t *testing.T) {
	ctx := context.Background()
	net := newNetwork(t)
	join(t, net, alice, 50, 60, 70)
	join(t, net, bob)
	disk := new(store.Memory)
	a := onDisk(t, net, alice, disk)
	sync1(t, net, a)
	var ops []utt.Operation
	burnt, err := a.Burn(ctx, keeping(net, &ops), cash, 50)
	require.NoError(t, err)
	paid, err := a.Pay(ctx, keeping(net, &ops), bob, cash, 60, "sixty")
	require.NoError(t, err)
	minted, err := a.Mint(ctx, keeping(net, &ops), cash, 5)
	require.NoError(t, err)
	asked, err := a.RequestBudget(ctx, keeping(net, &ops), cash, 2)
	require.NoError(t, err)
	before := stateOf(a)
	require.Equal(t, wallet.Balance{Spendable: 70, Pending: 110, Account: 100, BudgetPending: 1000}, before.Balance)

	a = onDisk(t, net, alice, disk) // the process was killed
	require.Equal(t, before, stateOf(a))
	sync1(t, net, a)
	require.Equal(t, before, stateOf(a))
	_, err = a.Burn(ctx, net, cash, 120)
	requireFunds(t, err, wallet.FundsError{What: wallet.FundsMoney, Need: 120, Spendable: 70, Pending: 110})
	_, err = a.Mint(ctx, net, cash, 5)
	require.ErrorIs(t, err, utt.ErrConflict, "its nonce is taken")

	// the node has got the burn; the rest the wallet hands in again
	require.NoError(t, net.Submit(ctx, ops[0]))
	a = onDisk(t, net, alice, disk)
	sync1(t, net, a)
	require.ElementsMatch(t, []wallet.Handle{paid, minted, asked}, a.Pending())
	require.Equal(t, wallet.Executed, statusOf(t, a, net, burnt).State)
	for _, h := range []wallet.Handle{paid, minted, asked} {
		require.NoError(t, a.Resubmit(ctx, net, h))
		require.NoError(t, a.Await(ctx, net, h))
	}
	want := wallet.Balance{Spendable: 75, Account: 145, Budget: 940}
	require.Equal(t, want, a.Balance(cash), "each once")
	require.Equal(t, want, onDisk(t, net, alice, disk).Balance(cash))
}

// What never left locks nothing after a restart, and nothing leaves that is not on disk.
func TestNothingLeavesThatIsNotOnDisk(t *testing.T) {
	ctx := context.Background()
	net := newNetwork(t)
	join(t, net, alice, 50)
	join(t, net, bob)
	disk := new(store.Memory)
	sync1(t, net, onDisk(t, net, alice, disk))
	leave := map[string]func(*wallet.Wallet, wallet.Node) (wallet.Handle, error){
		"a payment": func(w *wallet.Wallet, n wallet.Node) (wallet.Handle, error) { return w.Pay(ctx, n, bob, cash, 20, "") },
		"a burn":    func(w *wallet.Wallet, n wallet.Node) (wallet.Handle, error) { return w.Burn(ctx, n, cash, 20) },
		"a mint":    func(w *wallet.Wallet, n wallet.Node) (wallet.Handle, error) { return w.Mint(ctx, n, cash, 20) },
		"a request": func(w *wallet.Wallet, n wallet.Node) (wallet.Handle, error) { return w.RequestBudget(ctx, n, cash, 2) },
	}
	for name, operate := range leave {
		here := copied(t, disk)
		watched := &node{Node: net, submit: func(context.Context, utt.Operation) error {
			again := onDisk(t, net, alice, copied(t, here))
			require.Len(t, again.Pending(), 1, "%s is on disk when it leaves", name)
			return errDropped
		}}
		h, err := operate(onDisk(t, net, alice, here), watched)
		require.ErrorIs(t, err, errDropped, name)
		require.NotZero(t, h)

		here = copied(t, disk)
		w := onDisk(t, net, alice, &conformance.Failing{Store: here, K: 1}) // after that by which it is opened
		before := stateOf(w)
		h, err = operate(w, &node{Node: net, submit: func(context.Context, utt.Operation) error {
			require.Fail(t, "it left", name)
			return nil
		}})
		require.ErrorIs(t, err, utt.ErrStore, name)
		require.ErrorIs(t, err, conformance.ErrInjected, name)
		require.Zero(t, h)
		require.Equal(t, before, stateOf(w), name)
		_, err = operate(w, net)
		require.ErrorContains(t, err, "open the wallet again", name)
		require.Equal(t, before, stateOf(onDisk(t, net, alice, here)), name)
	}
}

// A copy of the disk beside a live one is a second device on one seed: nothing is paid twice,
// and what one has pending is free with the epoch by a certificate, and not before.
func TestOldCopyOfTheDisk(t *testing.T) {
	ctx := context.Background()
	net := newNetwork(t)
	join(t, net, alice, 50, 60)
	b := join(t, net, bob)
	disk := new(store.Memory)
	sync1(t, net, onDisk(t, net, alice, disk))
	one, other := onDisk(t, net, alice, copied(t, disk)), onDisk(t, net, alice, copied(t, disk))

	done(t, one, net)(one.Pay(ctx, net, bob, cash, 20, "")) // of the coin of 50
	lost, err := other.Pay(ctx, net, bob, cash, 20, "")
	require.Error(t, err, "the ledger has the coin's nullifier")
	sync1(t, net, one, other, b)
	require.ErrorIs(t, other.Await(ctx, net, lost), utt.ErrConflict)
	require.Equal(t, stateOf(one), stateOf(other))
	require.Equal(t, utt.Amount(20), b.Balance(cash).Spendable)

	kept, err := other.Burn(ctx, dropping(net, nil), cash, 90)
	require.NoError(t, err)
	sync1(t, net, one, other)
	require.Equal(t, utt.Amount(90), other.Balance(cash).Pending)
	done(t, one, net)(one.Split(ctx, net, cash, 10)) // of the coin of 30
	sync1(t, net, other)
	require.ErrorIs(t, other.Await(ctx, net, kept), utt.ErrConflict, "one of its coins is spent")
	require.Equal(t, stateOf(one), stateOf(other))

	kept, err = other.Burn(ctx, dropping(net, nil), cash, 60)
	require.NoError(t, err)
	sync1(t, net, other)
	require.Equal(t, utt.Amount(60), other.Balance(cash).Pending)
	require.NoError(t, net.Advance(ctx, month))
	require.ErrorIs(t, other.Await(ctx, net, kept), utt.ErrConflict)
	sync1(t, net, one)
	require.Equal(t, stateOf(one), stateOf(other))
	require.Equal(t, utt.Amount(90), other.Balance(cash).Spendable)
}

// Of two that are open on one store, the first writes no more.
func TestOneWalletAtATime(t *testing.T) {
	ctx := context.Background()
	net := newNetwork(t)
	join(t, net, alice, 50)
	disk := new(store.Memory)
	first := onDisk(t, net, alice, disk)
	sync1(t, net, first)
	second := onDisk(t, net, alice, disk)
	_, err := first.Burn(ctx, net, cash, 50)
	require.ErrorIs(t, err, utt.ErrConflict)
	require.ErrorContains(t, err, "one at a time")
	require.Empty(t, second.Pending())
	done(t, second, net)(second.Burn(ctx, net, cash, 50))
	require.ErrorIs(t, first.Sync(ctx, net), utt.ErrStore)
}

// steps is a life of alice's wallet on a disk that may fail at any write.
func steps(net *local.Network, disk store.Store, handles *[]wallet.Handle) error {
	ctx := context.Background()
	w, err := wallet.Open(net.Parameters(), alice, seedOf(alice), disk, wallet.Config{ProvingKeys: net.ProvingKeys(), Now: net.Now})
	if err != nil {
		return err
	}
	operate := func(h wallet.Handle, err error) error {
		if h != (wallet.Handle{}) {
			*handles = append(*handles, h)
		}
		if err != nil {
			return err
		}
		return w.Await(ctx, net, h)
	}
	if err := w.Sync(ctx, net); err != nil {
		return err
	}
	for _, step := range []func() (wallet.Handle, error){
		func() (wallet.Handle, error) { return w.Pay(ctx, net, bob, cash, 20, "twenty") },
		func() (wallet.Handle, error) { return w.Mint(ctx, net, cash, 3) },
	} {
		if err := operate(step()); err != nil {
			return err
		}
	}
	return w.Label(0, "the first")
}

// Whatever write fails, be it on disk all the same, the wallet that is opened again has lost
// nothing, pays nothing twice, and has nothing locked for good.
func TestCrashAtEveryWrite(t *testing.T) {
	sequential(t)
	ctx := context.Background()
	ended := false
	for k := 0; !ended; k++ {
		for _, written := range []bool{false, true} {
			net := newNetwork(t)
			join(t, net, alice, 50, 60)
			b := join(t, net, bob)
			disk := new(store.Memory)
			failing := &conformance.Failing{Store: disk, K: k, Written: written}
			var handles []wallet.Handle
			err := steps(net, failing, &handles)
			if !failing.Failed() {
				require.NoError(t, err)
				ended = true
				continue
			}
			require.ErrorIs(t, err, utt.ErrStore)
			require.ErrorIs(t, err, conformance.ErrInjected)

			a := onDisk(t, net, alice, disk)
			sync1(t, net, a, b)
			for _, h := range a.Pending() { // written, and it did not leave
				require.NoError(t, a.Resubmit(ctx, net, h), "write %d", k)
				require.NoError(t, a.Await(ctx, net, h))
			}
			for _, h := range handles { // that left
				require.Equal(t, wallet.Executed, statusOf(t, a, net, h).State, "write %d", k)
			}
			again := restore(t, net, alice)
			sync1(t, net, again, b)
			require.Equal(t, stateOf(again), stateOf(a), "write %d", k)
			all := a.Balance(cash)
			require.Zero(t, all.Pending+all.BudgetPending)
			paid := b.Balance(cash).Spendable + b.Balance(cash).Account - 100
			require.Equal(t, utt.Amount(210), all.Spendable+all.Account+paid, "write %d: no money is lost, or made", k)
			require.Contains(t, []utt.Amount{0, 20}, paid, "write %d: paid once", k)
			done(t, a, net)(a.Mint(ctx, net, cash, 1)) // and it goes on
		}
		require.Less(t, k, 40)
	}
}

// The history has what was paid and received, with what only the payer knows; a wallet from the seed
// alone has what is on record.
func TestHistory(t *testing.T) {
	ctx := context.Background()
	net := newNetwork(t)
	join(t, net, alice, 2000, 500)
	b := join(t, net, bob, 60)
	disk := new(store.Memory)
	a := onDisk(t, net, alice, disk)
	sync1(t, net, a)
	joined := a.Items()
	at := uint64(net.Now().Unix())

	paid, err := a.Pay(ctx, net, bob, cash, 120, "for lunch")
	require.NoError(t, err)
	pending, err := a.Item(joined)
	require.NoError(t, err)
	require.Equal(t, wallet.Item{
		Number: joined, Kind: wallet.ItemPaid, State: wallet.Pending, Handle: paid, Asset: cash, Amount: 120, Party: bob, PID: utt.PIDOf(bob), Memo: "for lunch", Made: at,
	}, pending)
	require.NoError(t, a.Await(ctx, net, paid))
	require.NoError(t, a.Label(joined, "with bob"))
	burnt, err := a.Burn(ctx, net, cash, 30)
	done(t, a, net)(burnt, err)
	minted, err := a.Mint(ctx, net, cash, 10)
	done(t, a, net)(minted, err)
	public, err := a.PayPublicly(ctx, net, bob, cash, 5)
	done(t, a, net)(public, err)
	split, err := a.Split(ctx, net, cash, 40)
	done(t, a, net)(split, err)
	asked, err := a.RequestBudget(ctx, net, gold, 2)
	done(t, a, net)(asked, err)
	held := hold(t, net, a, utt.Audited, bob, 1500, "a car")
	sync1(t, net, b)
	require.NoError(t, net.Decide(ctx, utt.Veto, held.ID))
	sync1(t, net, b)
	done(t, b, net)(b.Pay(ctx, net, alice, cash, 25, "back"))
	done(t, b, net)(b.PayPublicly(ctx, net, alice, cash, 1))
	sync1(t, net, a)
	lost, err := a.Burn(ctx, dropping(net, nil), cash, 3)
	require.NoError(t, err)
	require.NoError(t, net.Advance(ctx, month))
	sync1(t, net, a)

	got := collected(t, a.History(joined))
	for i := range got {
		require.Equal(t, joined+uint64(i), got[i].Number)
		if got[i].Handle != lost {
			require.NotZero(t, got[i].Time)
		}
		got[i].Number, got[i].Time, got[i].Due = 0, 0, 0
	}
	want := []wallet.Item{
		{Kind: wallet.ItemPaid, State: wallet.Executed, Handle: paid, Case: utt.Anonymous, Asset: cash, Amount: 120, Party: bob, PID: utt.PIDOf(bob), Memo: "for lunch", Made: at, Label: "with bob"},
		{Kind: wallet.ItemBurned, State: wallet.Executed, Handle: burnt, Case: utt.Self, Asset: cash, Amount: 30, Made: at},
		{Kind: wallet.ItemMinted, State: wallet.Executed, Handle: minted, Asset: cash, Amount: 10, Made: at},
		{Kind: wallet.ItemPaidPublicly, State: wallet.Executed, Handle: public, Asset: cash, Amount: 5, Party: bob, PID: utt.PIDOf(bob), Made: at},
		{Kind: wallet.ItemRearranged, State: wallet.Executed, Handle: split, Case: utt.Self, Asset: cash, Made: at},
		{Kind: wallet.ItemGranted, State: wallet.Executed, Handle: asked, Counter: budget.Privacy, Epoch: 2, Asset: gold, Amount: 1000, Made: at},
		{Kind: wallet.ItemPaid, State: wallet.Refunded, Cause: utt.ByVeto, Handle: held, Case: utt.Audited, Asset: cash, Amount: 1500, Party: bob, PID: utt.PIDOf(bob), Memo: "a car", Made: at},
		{Kind: wallet.ItemReceived, State: wallet.Executed, Role: utt.Payee, Case: utt.Anonymous, Asset: cash, Amount: 25, Memo: "back"},
		{Kind: wallet.ItemReceivedPublicly, State: wallet.Executed, Asset: cash, Amount: 1, PID: utt.PIDOf(bob)},
		{Kind: wallet.ItemBurned, State: wallet.Failed, Handle: lost, Asset: cash, Amount: 3, Made: got[len(got)-1].Made},
	}
	for i := range want {
		if want[i].Handle == (wallet.Handle{}) {
			want[i].Handle = got[i].Handle
		}
	}
	require.Equal(t, want, got)

	// the payee's, of what was held too
	var incoming []wallet.Item
	for it := range b.History(0) {
		if it.Kind == wallet.ItemReceived {
			incoming = append(incoming, it)
		}
	}
	require.Len(t, incoming, 2)
	require.Equal(t, wallet.Refunded, incoming[1].State)
	require.Equal(t, "a car", incoming[1].Memo)
	require.Len(t, b.Received(), 1)

	// in pages, either way, and after a restart
	all := collected(t, a.History(0))
	again := onDisk(t, net, alice, disk)
	require.Equal(t, all, collected(t, again.History(0)))
	newest := collected(t, again.Latest(math.MaxUint64))
	slices.Reverse(newest)
	require.Equal(t, all, newest)
	require.Equal(t, all[3:5], collected(t, again.History(3))[:2])
	require.Equal(t, all[4], collected(t, again.Latest(5))[0])
	require.Empty(t, collected(t, again.History(again.Items())))
	_, err = again.Item(again.Items())
	require.ErrorIs(t, err, utt.ErrNotFound)
	require.ErrorIs(t, again.Label(again.Items(), "none"), utt.ErrNotFound)
	require.ErrorIs(t, again.Label(0, string(make([]byte, 257))), utt.ErrInvalid)

	// from the seed alone: not whom it paid, nor what for, nor what never executed
	from := restore(t, net, alice)
	sync1(t, net, from)
	restored := collected(t, from.History(joined))
	require.Len(t, restored, len(want)-1)
	for i, it := range restored {
		w := want[i]
		w.Made, w.Label, w.Memo, w.Party, w.Handle.Digest = 0, "", it.Memo, "", utt.Digest{}
		if it.Kind == wallet.ItemPaid {
			require.Empty(t, it.Memo)
			w.PID = utt.PID{}
		}
		it.Number, it.Time, it.Due = 0, 0, 0
		require.Equal(t, w, it)
	}

	// read again, with another birthday, it has lost nothing
	labelled := func(items []wallet.Item) (l []string) {
		for _, it := range items {
			l = append(l, it.Kind.String()+" "+it.State.String()+" "+it.Party+" "+it.Memo+" "+it.Label)
		}
		return l
	}
	before := stateOf(a)
	require.NoError(t, again.Rescan(ctx, time.Time{}))
	again = onDisk(t, net, alice, disk)
	require.Zero(t, again.Balance(cash))
	sync1(t, net, again)
	require.Equal(t, before, stateOf(again))
	require.ElementsMatch(t, labelled(all), labelled(collected(t, again.History(0))))
	require.Equal(t, stateOf(again), stateOf(onDisk(t, net, alice, disk)))
}

// What is pending when records are read again stays pending, and its coins stay locked.
func TestRescanKeepsWhatIsPending(t *testing.T) {
	ctx := context.Background()
	net := newNetwork(t)
	join(t, net, alice, 50, 60)
	disk := new(store.Memory)
	a := onDisk(t, net, alice, disk)
	sync1(t, net, a)
	h, err := a.Burn(ctx, dropping(net, nil), cash, 50)
	require.NoError(t, err)
	before := stateOf(a)
	require.NoError(t, a.Rescan(ctx, time.Time{}))
	require.Equal(t, []wallet.Handle{h}, a.Pending())
	for range 2 {
		sync1(t, net, a)
		require.Equal(t, before, stateOf(a))
		a = onDisk(t, net, alice, disk)
	}
	require.NoError(t, a.Resubmit(ctx, net, h))
	require.NoError(t, a.Await(ctx, net, h))
	require.Equal(t, wallet.Balance{Spendable: 60, Account: 150, Budget: 1000}, a.Balance(cash))
}

// Payments can be proven after a restart.
func TestProofAfterARestart(t *testing.T) {
	ctx := context.Background()
	net := newNetwork(t)
	join(t, net, alice, 2000)
	join(t, net, bob)
	disk := new(store.Memory)
	a := onDisk(t, net, alice, disk)
	sync1(t, net, a)
	paid, err := a.Pay(ctx, net, bob, cash, 120, "")
	require.NoError(t, err)
	a = onDisk(t, net, alice, disk)
	_, err = a.ProofOf(paid, 0, "")
	var open *wallet.OperationError
	require.ErrorAs(t, err, &open)
	require.Equal(t, wallet.Pending, open.State)
	sync1(t, net, a)
	held := hold(t, net, a, utt.Audited, bob, 1500, "")
	a = onDisk(t, net, alice, disk)
	require.NoError(t, net.Decide(ctx, utt.Approve, held.ID))
	sync1(t, net, a)
	a = onDisk(t, net, alice, disk)
	for h, amount := range map[wallet.Handle]utt.Amount{paid: 120, held: 1500} {
		for _, context := range []string{"", "a question"} {
			text, err := a.ProofOf(h, 0, context)
			require.NoError(t, err)
			v, err := net.Parameters().VerifyPaymentProof(text, context)
			require.NoError(t, err)
			require.Equal(t, utt.PIDOf(bob), v.Payee)
			require.Equal(t, amount, v.Amount)
		}
	}
}

// A wallet that knows when its keys were made does not try to open what is older, and pays all the
// same; one that is told a wrong day is mended.
func TestBirthday(t *testing.T) {
	ctx := context.Background()
	net := newNetwork(t)
	a, b := join(t, net, alice, 500), join(t, net, bob)
	sync1(t, net, a)
	born := func(at time.Time) (*wallet.Wallet, *store.Memory) {
		disk := new(store.Memory)
		w, err := wallet.Open(net.Parameters(), bob, seedOf(bob), disk, wallet.Config{ProvingKeys: net.ProvingKeys(), Now: net.Now, Birthday: at})
		require.NoError(t, err)
		return w, disk
	}
	early := net.Now()
	done(t, a, net)(a.Pay(ctx, net, bob, cash, 120, ""))
	require.NoError(t, net.Advance(ctx, 3*24*time.Hour))
	late := net.Now()
	done(t, a, net)(a.Pay(ctx, net, bob, cash, 10, ""))
	sync1(t, net, b)

	right, _ := born(early)
	sync1(t, net, right)
	require.Equal(t, stateOf(b), stateOf(right))

	wrong, disk := born(late)
	sync1(t, net, wrong)
	require.Equal(t, wallet.Balance{Spendable: 10, Account: 100, Budget: 1000}, wrong.Balance(cash))
	require.NoError(t, wrong.Rescan(ctx, early))
	wrong, err := wallet.Open(net.Parameters(), bob, seedOf(bob), disk, wallet.Config{ProvingKeys: net.ProvingKeys(), Now: net.Now, Birthday: late})
	require.NoError(t, err, "the birthday of the configuration is for what is empty")
	sync1(t, net, wrong)
	require.Equal(t, stateOf(b), stateOf(wrong))
	done(t, wrong, net)(wrong.Pay(ctx, net, alice, cash, 130, ""))
}

// A Sync reports how far it is.
func TestSyncProgress(t *testing.T) {
	s := newStory()
	disk := new(store.Memory)
	w := onDisk(t, s.net, alice, disk)
	var seen []wallet.Progress
	require.NoError(t, w.SyncProgress(context.Background(), s.net, func(p wallet.Progress) { seen = append(seen, p) }))
	require.NotEmpty(t, seen)
	at := w.Checkpoint()
	require.Equal(t, wallet.Progress{Height: at.Height, To: at.Height, Records: at.Records, All: at.Records}, seen[len(seen)-1])
	require.Equal(t, at, onDisk(t, s.net, alice, disk).Checkpoint())
}

// Of a long Sync that is broken off, what was taken in stays, and the next goes on from there.
func TestSyncIsBrokenOff(t *testing.T) {
	net := newNetwork(t)
	a := join(t, net, alice, 500)
	for nonce, last := uint64(1), uint64(1201); nonce < last; nonce += 300 {
		var ops []utt.Operation
		for i := range uint64(300) {
			o, err := utt.NewIssue(net.Parameters(), net.Issuer(), nonce+i, utt.PIDOf(alice), cash, 1)
			require.NoError(t, err)
			ops = append(ops, o)
		}
		_, err := net.Execute(context.Background(), ops...)
		require.NoError(t, err)
	}
	disk := new(store.Memory)
	w := onDisk(t, net, alice, disk)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var seen []wallet.Progress
	err := w.SyncProgress(ctx, net, func(p wallet.Progress) {
		seen = append(seen, p)
		cancel()
	})
	require.ErrorIs(t, err, context.Canceled)
	require.Len(t, seen, 1)
	require.Less(t, seen[0].Records, seen[0].All)
	w = onDisk(t, net, alice, disk)
	require.Equal(t, seen[0].Records, w.Checkpoint().Records)
	require.Equal(t, seen[0].Height, w.Checkpoint().Height)
	require.Positive(t, w.Balance(cash).Account)
	require.NoError(t, w.SyncProgress(context.Background(), net, func(p wallet.Progress) {
		require.Greater(t, p.Records, seen[len(seen)-1].Records)
		seen = append(seen, p)
	}))
	require.GreaterOrEqual(t, len(seen), 2)
	sync1(t, net, a)
	require.Equal(t, stateOf(a), stateOf(w))
	require.Equal(t, seen[len(seen)-1].All, w.Checkpoint().Records)
}

// A store that is another's, or damaged, is refused, with what is the matter.
func TestOpenRefuses(t *testing.T) {
	net := newNetwork(t)
	a := join(t, net, alice, 500, 20)
	disk := new(store.Memory)
	sync1(t, net, onDisk(t, net, alice, disk), a)
	open := func(p *utt.Parameters, identity string, seed []byte, s store.Store) error {
		_, err := wallet.Open(p, identity, seed, s, wallet.Config{})
		return err
	}
	p := net.Parameters()
	require.NoError(t, open(p, alice, seedOf(alice), copied(t, disk)))
	for name, c := range map[string]struct {
		p        *utt.Parameters
		identity string
		seed     []byte
		text     string
	}{
		"another seed":     {p, alice, seedOf(bob), "another seed"},
		"another identity": {p, bob, seedOf(alice), "another identity"},
		"another network":  {newNetwork(t).Parameters(), alice, seedOf(alice), "another network"},
	} {
		err := open(c.p, c.identity, c.seed, copied(t, disk))
		require.ErrorIs(t, err, utt.ErrConflict, name)
		require.ErrorContains(t, err, c.text, name)
	}
	other := new(store.Memory)
	require.NoError(t, other.Apply([]store.Write{{Key: []byte("k"), Value: []byte("v")}}))
	require.ErrorIs(t, open(p, alice, seedOf(alice), other), utt.ErrConflict)
	require.ErrorIs(t, open(p, alice, seedOf(alice), nil), utt.ErrInvalid)

	// whichever entry is torn, altered, or another's in its place, nothing is made of it
	pairs := func(s store.Store) (all []store.Pair) {
		for q, err := range openedView(t, s).Ascend(nil, nil) {
			require.NoError(t, err)
			all = append(all, q)
		}
		return all
	}
	all := pairs(disk)
	live := func(k []byte) bool { return k[0] == 1 }
	for i, q := range all {
		for name, value := range map[string][]byte{
			"cut":       q.Value[:len(q.Value)-1],
			"short":     q.Value[:1],
			"altered":   append(append([]byte(nil), q.Value[:len(q.Value)-1]...), q.Value[len(q.Value)-1]^1),
			"another's": all[(i+1)%len(all)].Value,
		} {
			torn := copied(t, disk)
			require.NoError(t, torn.Apply([]store.Write{{Key: q.Key, Value: value}}))
			w, err := wallet.Open(p, alice, seedOf(alice), torn, wallet.Config{Now: net.Now})
			if live(q.Key) {
				require.ErrorIs(t, err, utt.ErrStore, name)
				continue
			}
			if err == nil { // what is read when it is asked for
				for _, failed := range w.History(0) {
					err = errors.Join(err, failed)
				}
				_, failed := w.Item(0)
				err = errors.Join(err, failed)
			}
			if err != nil {
				require.True(t, errors.Is(err, utt.ErrStore) || errors.Is(err, utt.ErrConflict), "%s: %v", name, err)
			}
		}
	}
}

// Two wallets that differ in whom they pay, how much, and what for, leave the same on disk, but for what
// is random: so many entries, of such lengths, written together.
func TestDiskTellsNoAmounts(t *testing.T) {
	ctx := context.Background()
	type write struct {
		class  byte
		length int
	}
	live := func(payee, memo, label string, coin, amount utt.Amount) (batches [][]write, all []byte) {
		net := newNetwork(t)
		join(t, net, alice, coin)
		join(t, net, bob)
		join(t, net, mallory)
		disk := new(store.Memory)
		watched := &watching{Store: disk, seen: func(ws []store.Write) {
			var b []write
			for _, w := range ws {
				b = append(b, write{w.Key[0], len(w.Value)})
				all = append(append(all, w.Key...), w.Value...)
			}
			slices.SortFunc(b, func(x, y write) int {
				return bytes.Compare([]byte{x.class, byte(x.length >> 8)}, []byte{y.class, byte(y.length >> 8)})
			})
			batches = append(batches, b)
		}}
		w := onDisk(t, net, alice, watched)
		sync1(t, net, w)
		done(t, w, net)(w.Pay(ctx, net, payee, cash, amount, memo))
		require.NoError(t, w.Label(0, label))
		done(t, w, net)(w.Burn(ctx, net, cash, amount))
		return batches, all
	}
	one, raw := live(bob, "for lunch, and what it cost", "a label", 900, 120)
	two, _ := live(mallory, "", "x", 77, 3)
	require.Equal(t, one, two)
	require.Greater(t, len(one), 6)
	pid := utt.PIDOf(alice)
	for _, secret := range [][]byte{[]byte(bob), []byte(alice), []byte("lunch"), []byte("label"), []byte(cash), pid[:], []byte("coin")} {
		require.False(t, bytes.Contains(raw, secret), "%q", secret)
	}
}

// watching is a store that shows what is written.
type watching struct {
	store.Store
	seen func([]store.Write)
}

func (s *watching) Apply(w []store.Write) error {
	s.seen(w)
	return s.Store.Apply(w)
}

// Wallets that share a directory keep no registrations but their own, and pay all the same.
func TestDirectory(t *testing.T) {
	ctx := context.Background()
	net := newNetwork(t)
	join(t, net, alice, 50)
	join(t, net, bob, 60)
	here := new(store.Memory)
	d, err := wallet.OpenDirectory(net.Parameters(), here)
	require.NoError(t, err)
	open := func(identity string, disk *store.Memory, d *wallet.Directory) *wallet.Wallet {
		w, err := wallet.Open(net.Parameters(), identity, seedOf(identity), disk, wallet.Config{ProvingKeys: net.ProvingKeys(), Now: net.Now, Directory: d})
		require.NoError(t, err)
		return w
	}
	entries := func(s store.Store) (n int) {
		for range openedView(t, s).Ascend(nil, nil) {
			n++
		}
		return n
	}
	disk, alone := new(store.Memory), new(store.Memory)
	a := open(alice, disk, d)
	sync1(t, net, a, open(alice, alone, nil))
	require.Equal(t, 3, entries(here), "two users, and whose the directory is")
	require.Equal(t, entries(alone)-1, entries(disk), "bob is in the directory")
	b := open(bob, new(store.Memory), d)
	sync1(t, net, b)
	require.Equal(t, 3, entries(here))

	d, err = wallet.OpenDirectory(net.Parameters(), here)
	require.NoError(t, err)
	a = open(alice, disk, d)
	done(t, a, net)(a.Pay(ctx, net, bob, cash, 20, ""))
	sync1(t, net, b)
	done(t, b, net)(b.Pay(ctx, net, alice, cash, 20, ""))

	elsewhere, err := wallet.OpenDirectory(net.Parameters(), new(store.Memory))
	require.NoError(t, err)
	for name, c := range map[string]struct {
		disk *store.Memory
		d    *wallet.Directory
	}{"with, then without": {disk, nil}, "with another": {disk, elsewhere}, "without, then with": {alone, d}} {
		config := wallet.Config{ProvingKeys: net.ProvingKeys(), Now: net.Now, Directory: c.d}
		_, err = wallet.Open(net.Parameters(), alice, seedOf(alice), c.disk, config)
		require.ErrorIs(t, err, utt.ErrConflict, name)
		require.ErrorContains(t, err, "Config.Rescan", name)
		config.Rescan = true
		again, err := wallet.Open(net.Parameters(), alice, seedOf(alice), copied(t, c.disk), config)
		require.NoError(t, err, name)
		sync1(t, net, again, a)
		require.Equal(t, stateOf(a), stateOf(again), name)
		_, err = again.PlanAs(utt.Audited, bob, cash, 1, "")
		require.NoError(t, err, "%s: it knows bob", name)
	}

	_, err = wallet.OpenDirectory(newNetwork(t).Parameters(), here)
	require.ErrorIs(t, err, utt.ErrConflict)
	_, err = wallet.OpenDirectory(net.Parameters(), disk)
	require.ErrorIs(t, err, utt.ErrConflict)
	_, err = wallet.Open(net.Parameters(), alice, seedOf(alice), new(store.Memory), wallet.Config{Directory: new(wallet.Directory)})
	require.ErrorIs(t, err, utt.ErrConflict)
	failing, err := wallet.OpenDirectory(net.Parameters(), &conformance.Failing{Store: new(store.Memory), K: 1})
	require.NoError(t, err)
	a = open(alice, new(store.Memory), failing)
	require.ErrorIs(t, a.Sync(ctx, net), utt.ErrStore)
	require.Zero(t, a.Checkpoint(), "nothing is taken in whose users are not kept")
}
