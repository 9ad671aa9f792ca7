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

// lagging is a node that knows blocks up to a height, if it is not 0, and fails so many more times
// when it is asked for a certificate of the credentials.
type lagging struct {
	*asksLight
	height uint64
	fails  int
}

func (n *lagging) Certificate(ctx context.Context, height uint64) (*utt.Certificate, error) {
	if n.height > 0 {
		height = min(height, n.height)
	}
	return n.Network.Certificate(ctx, height)
}

func (n *lagging) CredentialCertificate(ctx context.Context, height uint64) (*utt.Certificate, error) {
	if n.fails > 0 {
		n.fails--
		return nil, utt.ErrStore
	}
	return n.Network.CredentialCertificate(ctx, height)
}

// Behind payments that wait for their details, another address of the user's own is not taken in
// before they are.
func TestLightWalletWaitsBeforeAnAddress(t *testing.T) {
	net := newNetwork(t)
	a, b := joinLight(t, net, alice, 500), joinLight(t, net, bob)
	l := light(t, net, bob, new(store.Memory))
	caughtUp(t, net, l)
	sync1(t, net, a)
	for range 3 {
		done(t, a, net)(a.Pay(t.Context(), net, bob, cash, 5, ""))
		crowd(t, net, 20)
	}
	readdressed(t, net, b, l.OwnScanKey())
	crowd(t, net, 1)
	requireAgrees(t, net, b, l)
	require.Equal(t, utt.Amount(15), l.Balance(cash).Spendable)
}

// A light wallet that is opened again with a backlog is where a certificate may be, of which it does not know
// all: no node shows it another history by that.
func TestLightWalletKnowsTheLedgerAgain(t *testing.T) {
	ctx := context.Background()
	net := newNetwork(t)
	a := joinLight(t, net, alice, 500)
	joinLight(t, net, bob)
	disk := new(store.Memory)
	l := light(t, net, bob, disk)
	caughtUp(t, net, l)
	sync1(t, net, a)
	for _, more := range []int{20, 512, 20} { // a batch ends after 512
		done(t, a, net)(a.Pay(ctx, net, bob, cash, 5, ""))
		crowd(t, net, more)
	}
	require.NoError(t, l.Sync(ctx, net))
	require.Positive(t, l.Waiting())
	at := l.Checkpoint().Height
	require.NoError(t, light(t, net, bob, copied(t, disk)).Sync(ctx, &lagging{asksLight: &asksLight{Network: net}, height: at}))
	l = light(t, net, bob, disk)
	caughtUp(t, net, l)
	require.Equal(t, utt.Amount(15), l.Balance(cash).Spendable)
}

// A node that lags, just at the beginning of the wallet's day, is behind, and has no other history.
func TestLightWalletAtANodeThatLags(t *testing.T) {
	ctx := context.Background()
	net := newNetwork(t)
	joinLight(t, net, bob)
	crowd(t, net, 20)
	height := net.Ledger().Head().Height
	require.NoError(t, net.Advance(ctx, 26*time.Hour))
	crowd(t, net, 20)
	for _, way := range []wallet.Way{wallet.Full, wallet.Light} {
		disk := new(store.Memory)
		open := func() *wallet.Wallet {
			w, err := wallet.Open(net.Parameters(), bob, seedOf(bob), disk, wallet.Config{Now: net.Now, Way: way})
			require.NoError(t, err)
			return w
		}
		caughtUp(t, net, open())
		err := open().Sync(ctx, &lagging{asksLight: &asksLight{Network: net}, height: height})
		require.True(t, wallet.Behind.Is(err), "%v: %v", way, err)
	}
}

// Where a node fails, decoys are drawn from what was read before as well: else what is asked for of that
// would be no decoy.
func TestLightWalletDrawsFromWhatAFailureCutOff(t *testing.T) {
	ctx := context.Background()
	net := newNetwork(t)
	joinLight(t, net, bob)
	l := light(t, net, bob, new(store.Memory))
	caughtUp(t, net, l)
	before := 0
	for range 8 {
		n := &lagging{asksLight: &asksLight{Network: net}, fails: 1}
		crowd(t, net, 100)
		cut := net.Ledger().Head().Height
		require.ErrorIs(t, l.Sync(ctx, n), utt.ErrStore)
		c, err := net.Certificate(ctx, cut)
		require.NoError(t, err)
		crowd(t, net, 100)
		require.NoError(t, l.Sync(ctx, n))
		require.Len(t, n.numbers, 2)
		for _, number := range n.numbers {
			if number < c.Records/utt.SectionSize {
				before++
			}
		}
	}
	require.Positive(t, before, "of 16, half are expected")
}

// A payment that a Rescan finds without the coin that it spends, since the birthday is later, is executed: who
// took it for failed would pay again.
func TestRescanWithoutTheCoin(t *testing.T) {
	ctx := context.Background()
	for _, way := range []wallet.Way{wallet.Full, wallet.Light} {
		net := newNetwork(t)
		joinLight(t, net, alice, 500)
		b := joinLight(t, net, bob)
		a, err := wallet.Open(net.Parameters(), alice, seedOf(alice), new(store.Memory), wallet.Config{ProvingKeys: net.ProvingKeys(), Now: net.Now, Way: way})
		require.NoError(t, err)
		caughtUp(t, net, a)
		if way == wallet.Light {
			meet(t, net, a, b)
		}
		done(t, a, net)(a.Pay(ctx, net, bob, cash, 5, ""))
		require.NoError(t, net.Advance(ctx, 72*time.Hour))
		sync1(t, net, a)
		born := net.Now()
		h, err := a.Pay(ctx, net, bob, cash, 5, "") // it executes, which the wallet does not see
		require.NoError(t, err)
		require.NoError(t, a.Rescan(ctx, born))
		require.NoError(t, net.Advance(ctx, 32*24*time.Hour))
		caughtUp(t, net, a)
		require.Equal(t, wallet.Executed, statusOf(t, a, net, h).State, way)
	}
}
