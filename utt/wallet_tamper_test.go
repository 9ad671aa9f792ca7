package utt_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/store"
	"github.com/utt-ecash/utt-go/utt/wallet"
)

// entriesOf is what a store holds.
func entriesOf(t testing.TB, s store.Store) map[string][]byte {
	all := make(map[string][]byte)
	for p, err := range openedView(t, s).Ascend(nil, nil) {
		require.NoError(t, err)
		all[string(p.Key)] = p.Value
	}
	return all
}

// Whatever entry is taken away, or put back as it was before, the wallet is not opened on the
// rest; it reads the records again if it is told to, and has then what they restore.
func TestDiskChangedByOthers(t *testing.T) {
	ctx := context.Background()
	net := newNetwork(t)
	join(t, net, alice, 50, 60)
	b := join(t, net, bob)
	disk := new(store.Memory)
	a := onDisk(t, net, alice, disk)
	sync1(t, net, a)
	before := entriesOf(t, disk)
	done(t, a, net)(a.Pay(ctx, net, bob, cash, 20, ""))
	readdressed(t, net, b, utt.ScanKey{})
	sync1(t, net, a)
	h, err := a.Burn(ctx, dropping(net, nil), cash, 60)
	require.NoError(t, err)
	a = onDisk(t, net, alice, disk)
	now := entriesOf(t, disk)

	open := func(rescan bool, changes ...store.Write) (*wallet.Wallet, error) {
		d := copied(t, disk)
		require.NoError(t, d.Apply(changes))
		return wallet.Open(net.Parameters(), alice, seedOf(alice), d, wallet.Config{ProvingKeys: net.ProvingKeys(), Now: net.Now, Rescan: rescan})
	}
	var changes []store.Write
	for key := range now {
		changes = append(changes, store.Write{Key: []byte(key)})
	}
	for key, value := range before {
		if is, ok := now[key]; !ok || string(is) != string(value) {
			changes = append(changes, store.Write{Key: []byte(key), Value: value})
		}
	}
	require.Greater(t, len(changes), len(now), "some are there no more, or are others")
	outside := 0
	for _, c := range changes {
		_, err := open(false, c)
		if string(c.Key) == "utt-wallet" { // whose it is
			require.ErrorIs(t, err, utt.ErrConflict)
			continue
		}
		if err == nil { // the session: who has opened it
			outside++
			continue
		}
		require.ErrorIs(t, err, utt.ErrStore)
		require.ErrorContains(t, err, "Config.Rescan")
		again, err := open(true, c)
		require.NoError(t, err)
		_, err = again.Pay(ctx, net, bob, cash, 1, "")
		require.Error(t, err, "it knows that it is behind, or nobody")
		sync1(t, net, again)
		got, want := again.Balance(cash), a.Balance(cash)
		got.Spendable, want.Spendable = got.Spendable+got.Pending, want.Spendable+want.Pending
		got.Pending, want.Pending = 0, 0 // what is pending is the only thing that may be lost
		require.Equal(t, want, got)
	}
	require.LessOrEqual(t, outside, 2)
	require.Equal(t, []wallet.Handle{h}, a.Pending())

	// all of it as it was at one time is an old copy
	old := new(store.Memory)
	for key, value := range before {
		require.NoError(t, old.Apply([]store.Write{{Key: []byte(key), Value: value}}))
	}
	former := onDisk(t, net, alice, old)
	sync1(t, net, former)
	require.Equal(t, a.Balance(cash).Spendable+60, former.Balance(cash).Spendable)
}

// Where a payee's newest address is taken away from the disk, his payer does not pay to the one
// before, which may have leaked.
func TestAddressTakenFromTheDisk(t *testing.T) {
	ctx := context.Background()
	net := newNetwork(t)
	join(t, net, alice, 50, 60)
	b := join(t, net, bob)
	disk := new(store.Memory)
	a := onDisk(t, net, alice, disk)
	sync1(t, net, a)
	before := entriesOf(t, disk)
	scan := newScan(t)
	readdressed(t, net, b, scan.ScanKey())
	sync1(t, net, a)
	var moved []store.Write
	for key := range entriesOf(t, disk) {
		if _, had := before[key]; !had {
			moved = append(moved, store.Write{Key: []byte(key)})
		}
	}
	require.Len(t, moved, 1)
	require.NoError(t, disk.Apply(moved))
	config := wallet.Config{ProvingKeys: net.ProvingKeys(), Now: net.Now}
	_, err := wallet.Open(net.Parameters(), alice, seedOf(alice), disk, config)
	require.ErrorIs(t, err, utt.ErrStore)
	config.Rescan = true
	a, err = wallet.Open(net.Parameters(), alice, seedOf(alice), disk, config)
	require.NoError(t, err)
	sync1(t, net, a)
	last := a.Checkpoint().Next()
	done(t, a, net)(a.Pay(ctx, net, bob, cash, 20, ""))
	found := false
	for r, err := range net.Records(ctx, last) {
		require.NoError(t, err)
		found = found || len(scan.Handles(r)) > 0 && scan.Handles(r)[0] == b.PID().ScanHandle(net.Parameters().Network())
	}
	require.True(t, found, "at the new address")
}

// Before a wallet has read again all that it had read it makes nothing new: its next nonce would be
// one that was used, and its coins ones that are spent. What was decided stays decided.
func TestNothingIsMadeInARescan(t *testing.T) {
	ctx := context.Background()
	net := newNetwork(t)
	join(t, net, alice, 50, 60)
	b := join(t, net, bob)
	disk := new(store.Memory)
	a := onDisk(t, net, alice, disk)
	sync1(t, net, a)
	middle := a.Checkpoint().Height
	held := hold(t, net, a, utt.Audited, bob, 60, "")
	inTheMiddle := net.Ledger().Head().Height
	require.NoError(t, net.Decide(ctx, utt.Approve, held.ID))
	minted, err := a.Mint(ctx, net, cash, 5)
	done(t, a, net)(minted, err)
	readdressed(t, net, a, utt.ScanKey{})
	open, err := a.Burn(ctx, dropping(net, nil), cash, 50)
	require.NoError(t, err)
	sync1(t, net, a, b)
	before := stateOf(a)

	require.NoError(t, a.Rescan(ctx, time.Time{}))
	for _, height := range []uint64{0, middle, inTheMiddle} {
		lags := &node{Node: net, certificate: func(*utt.Certificate, error) (*utt.Certificate, error) { return net.Certificate(ctx, height) },
			submit: func(context.Context, utt.Operation) error {
				require.Fail(t, "it left")
				return nil
			}}
		if height > 0 {
			require.NoError(t, a.Sync(ctx, lags))
			require.Equal(t, height, a.Checkpoint().Height)
		}
		for name, make := range map[string]func() (wallet.Handle, error){
			"a mint":            func() (wallet.Handle, error) { return a.Mint(ctx, lags, cash, 5) },
			"a public payment":  func() (wallet.Handle, error) { return a.PayPublicly(ctx, lags, bob, cash, 5) },
			"a payment":         func() (wallet.Handle, error) { return a.Pay(ctx, lags, bob, cash, 5, "") },
			"a burn":            func() (wallet.Handle, error) { return a.Burn(ctx, lags, cash, 5) },
			"a budget":          func() (wallet.Handle, error) { return a.RequestBudget(ctx, lags, cash, 1) },
			"giving another up": func() (wallet.Handle, error) { return a.Abandon(ctx, lags, open) },
			"another address": func() (wallet.Handle, error) {
				_, err := a.Readdress(utt.ScanKey{}, net.Now())
				return wallet.Handle{}, err
			},
			"a payment request": func() (wallet.Handle, error) {
				_, err := a.RequestPayment(cash, 1, "", net.Now())
				return wallet.Handle{}, err
			},
			"what could be paid": func() (wallet.Handle, error) {
				_, err := a.PlanAs(utt.Audited, bob, cash, 5, "")
				return wallet.Handle{}, err
			},
		} {
			_, err := make()
			var no *wallet.RescanError
			require.ErrorAs(t, err, &no, name)
			require.ErrorIs(t, err, utt.ErrConflict, name)
			require.Equal(t, height, no.Checkpoint.Height)
			require.Greater(t, no.To, height)
		}
		for _, h := range []wallet.Handle{held, minted} {
			s, err := a.Status(ctx, lags, h)
			if height > 0 {
				require.NoError(t, err)
				require.Equal(t, wallet.Executed, s.State, "at %d", height)
			}
		}
		require.Equal(t, []wallet.Handle{open}, a.Pending())
		a = onDisk(t, net, alice, disk)
	}
	sync1(t, net, a)
	require.Equal(t, before, stateOf(a))
	done(t, a, net)(a.Mint(ctx, net, cash, 5))
}
