package utt_test

import (
	"bytes"
	"context"
	"crypto/ecdh"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/testrand"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/ledger"
	"github.com/utt-ecash/utt-go/utt/local"
	"github.com/utt-ecash/utt-go/utt/store"
	"github.com/utt-ecash/utt-go/utt/wallet"
)

func newScan(t testing.TB) *utt.ScanSecret {
	t.Helper()
	s, err := utt.GenerateScanSecret(nil)
	require.NoError(t, err)
	return s
}

// A clue opens by the secret of the payee's scan key, and by no other, to his handle.
func TestCluesOpen(t *testing.T) {
	w := sharedWorld()
	mine, other := newScan(t), newScan(t)
	network := w.Parameters.Network()
	for _, payee := range []*utt.Party{w.Bob, w.Alice} {
		pid := payee.PID()
		r := w.RecordOf(w.CluePaymentTo(payee.Registered.WatchedBy(mine.ScanKey())))
		require.Equal(t, []utt.ScanHandle{pid.ScanHandle(network)}, mine.Handles(r))
		require.NotEqual(t, []utt.ScanHandle{pid.ScanHandle(network)}, other.Handles(r))
		again, err := utt.NewScanSecret(mine.Bytes())
		require.NoError(t, err)
		require.Equal(t, mine.Handles(r), again.Handles(r))
	}
	require.NotEqual(t, w.Bob.PID().ScanHandle(network), w.Bob.PID().ScanHandle(utt.NetworkID{}))
	require.Empty(t, mine.Handles(w.RecordOf(w.HonestSplit())))
	for _, r := range w.Records {
		require.Empty(t, mine.Handles(r))
	}
	own, err := w.Bob.OwnScan()
	require.NoError(t, err)
	require.Equal(t, []utt.ScanHandle{w.Bob.PID().ScanHandle(network)}, own.Handles(w.RecordOf(w.CluePaymentTo(w.Bob.Registered.WatchedBy(own.ScanKey())))))
	_, err = utt.NewScanSecret(make([]byte, 31))
	require.ErrorIs(t, err, utt.ErrMalformed)
}

// A clue that is replayed, on another transfer or at another place, opens to nobody's handle.
func TestRejectsReplayedClues(t *testing.T) {
	w := sharedWorld()
	mine := newScan(t)
	network := w.Parameters.Network()
	b, a := w.Bob.Registered.WatchedBy(mine.ScanKey()), w.Alice.Registered.WatchedBy(mine.ScanKey())
	handles := []utt.ScanHandle{b.PID().ScanHandle(network), a.PID().ScanHandle(network)}
	first := w.CluePaymentTo(b)
	replayed := w.RecordOf(w.CluedLike(b, first))
	for _, h := range mine.Handles(replayed) {
		require.NotContains(t, handles, h)
	}
	two := w.RecordOf(first).WithClues(network, b, a)
	require.Equal(t, handles, mine.Handles(two))
	for _, h := range mine.Handles(two.Exchanged()) {
		require.NotContains(t, handles, h)
	}
}

// What no ledger has opens to nothing, or to nobody, and nothing panics.
func TestScansOfUnusablePoints(t *testing.T) {
	w := sharedWorld()
	mine := newScan(t)
	r := w.RecordOf(w.CluePaymentTo(w.Bob.Registered.WatchedBy(mine.ScanKey())))
	for name, u := range utt.UnusableU() {
		for _, h := range mine.Handles(r.WithR(u)) {
			require.NotEqual(t, w.Bob.PID().ScanHandle(w.Parameters.Network()), h, name)
		}
	}
	for _, name := range []string{"0", "1", "p - 1", "p"} {
		require.Empty(t, mine.Handles(r.WithR(utt.UnusableU()[name])), name)
	}
	require.Nil(t, (*utt.ScanSecret)(nil).Handles(r))
	require.Nil(t, new(utt.ScanSecret).Handles(r))
	require.Nil(t, mine.Handles(nil))
}

// A clue that lies is a clue all the same: whom it names finds nothing, and who was paid finds
// his coin.
func TestCluesMayLie(t *testing.T) {
	w := newWorld(t)
	mine := newScan(t)
	a := w.Alice.Registered.WatchedBy(mine.ScanKey())
	op := w.CluedFor(w.Bob.Registered, a)
	require.NoError(t, w.net.Submit(context.Background(), op))
	sync1(t, w.net, w.alice, w.bob)
	require.Empty(t, w.alice.Received())
	require.Len(t, w.bob.Received(), 1)
	r := records(t, w.net.Ledger(), w.net.Ledger().Head().Height)[0]
	require.Equal(t, []utt.ScanHandle{a.PID().ScanHandle(w.Parameters.Network())}, mine.Handles(r))
}

// Payments of one shape are as long whether the payee has a scan key or not, and R is a key of
// X25519 in both: of nobody's clue m is random, so that it opens to no handle of a user.
func TestCluesLookAlike(t *testing.T) {
	w := sharedWorld()
	mine := newScan(t)
	with, without := w.CluePaymentTo(w.Bob.Registered.WatchedBy(mine.ScanKey())), w.CluePaymentTo(w.Bob.Registered)
	require.Len(t, utt.RawOperation(without), len(utt.RawOperation(with)))
	marshal := func(r *utt.Record) []byte {
		b, err := r.MarshalBinary()
		require.NoError(t, err)
		return b
	}
	require.Len(t, marshal(w.RecordOf(without)), len(marshal(w.RecordOf(with))))
	member := func(m *utt.Member) []byte {
		b, err := m.MarshalBinary()
		require.NoError(t, err)
		return b
	}
	require.Len(t, member(w.Bob.Registered), len(member(w.Bob.Registered.WatchedBy(mine.ScanKey()))))
	for _, h := range mine.Handles(w.RecordOf(without)) {
		require.NotEqual(t, w.Bob.PID().ScanHandle(w.Parameters.Network()), h)
	}
	two := utt.RawOperation(w.HonestPayment())
	t.Logf("a payment of two inputs has %d bytes", len(two))
	require.LessOrEqual(t, len(two), 7850)

	// m of nobody's clue is no function of r: a quantum computer, which finds r from R, does not
	// tell whether somebody looks out
	seed := bytes.Repeat([]byte{7}, 32)
	r, other := bytes.Repeat([]byte{1}, 32), bytes.Repeat([]byte{2}, 32)
	require.Equal(t, utt.ClueOf(utt.NetworkID{}, alice, r, nil, seed, 0).Clue[64:], utt.ClueOf(utt.NetworkID{}, alice, other, nil, seed, 0).Clue[64:])
}

// No two clues have an R in common, nor an m: also of a generator that returns the same bytes
// at every call.
func TestCluesAreFresh(t *testing.T) {
	w := sharedWorld().World
	w.Rand = testrand.Constant(7)
	seen := map[string]bool{}
	for _, d := range []utt.ScanKey{{}, newScan(t).ScanKey()} {
		for _, op := range []*utt.Transfer{w.CluePaymentTo(w.Bob.Registered.WatchedBy(d)), w.CluePaymentTo(w.Alice.Registered.WatchedBy(d)), w.HonestPayment()} {
			for _, c := range utt.Clues(op) {
				require.Len(t, c, 48)
				require.False(t, seen[string(c[:32])], "R twice")
				require.False(t, seen[string(c[32:])], "m twice")
				seen[string(c[:32])], seen[string(c[32:])] = true, true
				_, err := ecdh.X25519().NewPublicKey(c[:32])
				require.NoError(t, err)
			}
		}
	}
}

// readdressed changes a user's address on a network.
func readdressed(t testing.TB, net *local.Network, w *wallet.Wallet, d utt.ScanKey) {
	t.Helper()
	sync1(t, net, w)
	r, err := w.Readdress(d, net.Now().Add(time.Hour))
	require.NoError(t, err)
	r, err = net.Endorser().EndorseReaddress(w.Identity(), r, uint64(net.Now().Add(time.Hour).Unix()))
	require.NoError(t, err)
	require.NoError(t, net.Submit(context.Background(), r))
	sync1(t, net, w)
}

func payTo(t testing.TB, net *local.Network, from *wallet.Wallet, to string, v utt.Amount) wallet.Handle {
	t.Helper()
	h, err := from.Pay(context.Background(), net, to, cash, v, "a payment")
	require.NoError(t, err)
	require.NoError(t, from.Await(context.Background(), net, h))
	return h
}

// Who is readdressed is paid at the new address by who has heard of it, at the old one by who
// has not, and reads both through the next epoch: also a wallet that is made again.
func TestReaddress(t *testing.T) {
	ctx := context.Background()
	net := newNetwork(t)
	a, b := join(t, net, alice, 100, 100, 100, 100), join(t, net, bob)
	sync1(t, net, a)
	first, second := newScan(t), newScan(t)
	handle := b.PID().ScanHandle(net.Parameters().Network())
	var last utt.Cursor
	found := func() (by []string) {
		for r, err := range net.Records(ctx, last) {
			require.NoError(t, err)
			last = utt.Cursor{Height: r.Cursor().Height, Index: r.Cursor().Index + 1}
			for name, s := range map[string]*utt.ScanSecret{"first": first, "second": second} {
				if slices.Contains(s.Handles(r), handle) {
					by = append(by, name)
				}
			}
		}
		return by
	}
	before, err := b.Member()
	require.NoError(t, err)
	require.True(t, before.ScanKey().IsZero())
	readdressed(t, net, b, first.ScanKey())
	m, err := b.Member()
	require.NoError(t, err)
	require.NotEqual(t, before.Address(), m.Address())
	require.Equal(t, first.ScanKey(), m.ScanKey())
	next, err := net.Ledger().AddressNumber(b.PID())
	require.NoError(t, err)
	require.EqualValues(t, 2, next)

	payTo(t, net, a, bob, 1) // to the address before: a has not heard
	require.Empty(t, found())
	payTo(t, net, a, bob, 2) // Await has synced a
	require.Equal(t, []string{"first"}, found())
	readdressed(t, net, b, second.ScanKey())
	payTo(t, net, a, bob, 3)
	require.Equal(t, []string{"first"}, found())
	payTo(t, net, a, bob, 4)
	require.Equal(t, []string{"second"}, found())
	sync1(t, net, b)
	require.Equal(t, []utt.Amount{4, 3, 2, 1}, b.Coins(cash))
	require.False(t, b.PaidElsewhere())
	requireRestored(t, net, map[string]*wallet.Wallet{alice: a, bob: b})

	requireRestored(t, net, map[string]*wallet.Wallet{bob: b})
}

// Who has last synced two epochs ago may know an address that is read no longer, and pays
// nobody before he syncs.
func TestStaleWalletsPayNobody(t *testing.T) {
	ctx := context.Background()
	net, err := local.New(ctx, local.Config{Assets: []string{cash}, Policy: testPolicy, Held: testHeld})
	require.NoError(t, err)
	a := join(t, net, alice, 100, 100)
	join(t, net, bob)
	sync1(t, net, a)
	for range 2 {
		_, err = a.PlanAs(utt.Audited, bob, cash, 5, "")
		require.NoError(t, err)
		require.NoError(t, net.Advance(ctx, month))
	}
	_, err = a.PlanAs(utt.Audited, bob, cash, 5, "")
	require.ErrorIs(t, err, utt.ErrConflict)
	require.ErrorContains(t, err, "addresses")
	_, err = a.Split(ctx, net, cash, 5)
	require.NoError(t, err, "to oneself")
	sync1(t, net, a)
	_, err = a.PlanAs(utt.Audited, bob, cash, 5, "")
	require.NoError(t, err)
}

// An address before is read through the epoch after the one in which it was changed, and no
// longer: a leaked key is worth nothing then.
func TestFormerAddressesEnd(t *testing.T) {
	w := sharedWorld()
	start := w.Parameters.Policy().StartOf
	paid := w.RecordOf(w.CluePaymentTo(w.Mallory.Registered))
	reads := func(k *utt.Keys, e utt.Epoch) bool { return len(k.Look(paid.AtTime(start(e))).Received(false)) > 0 }
	keys := w.Mallory.Keys
	require.True(t, reads(keys, 1) && reads(keys, 9))
	moved, err := keys.Readdressed(w.ReaddressRecord(w.HonestReaddress(1), start(4)))
	require.NoError(t, err)
	for e, want := range map[utt.Epoch]bool{1: true, 4: true, 5: true, 6: false, 9: false} {
		require.Equal(t, want, reads(moved, e), e)
	}
	require.True(t, reads(keys, 9), "the keys before stay as they are")
	require.False(t, moved.Reads(w.Mallory.Registered.Address()))
	require.True(t, keys.Reads(w.Mallory.Registered.Address()))
	require.True(t, moved.Reads(w.HonestReaddress(1).Address()))
	again, err := moved.Readdressed(w.ReaddressRecord(w.HonestReaddress(2), start(5)))
	require.NoError(t, err)
	require.True(t, reads(again, 5))
	require.False(t, again.Reads(w.HonestReaddress(1).Address()))
	others, err := keys.Readdressed(paid)
	require.NoError(t, err)
	require.Equal(t, keys, others)
}

// Who has a user's account key and deceives an endorser has him paid elsewhere: his wallet
// says so, and brings it back.
func TestPaidElsewhere(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	stolen := w.Readdressed(func(r *utt.Readdress) { utt.SetAddress(r, w.Alice.Registered) }, utt.AccountOf(w.Mallory), w.Endorser, nil)
	require.NoError(t, w.net.Submit(ctx, stolen))
	sync1(t, w.net, w.mallory)
	require.True(t, w.mallory.PaidElsewhere())
	readdressed(t, w.net, w.mallory, utt.ScanKey{})
	require.False(t, w.mallory.PaidElsewhere())
	again := restore(t, w.net, mallory)
	sync1(t, w.net, again)
	require.False(t, again.PaidElsewhere())
	m, err := again.Member()
	require.NoError(t, err)
	require.NotEqual(t, w.Alice.Registered.Address(), m.Address())
}

// A payer takes an address on no node's word: of the readdress of another, by another key, or
// not endorsed, he takes none.
func TestPayersCheckReaddresses(t *testing.T) {
	w := sharedWorld()
	p, m := w.Parameters, w.Mallory.Registered
	now := w.head.Time
	honest := w.ReaddressRecord(w.HonestReaddress(1), now)
	moved, err := honest.Readdressed(p, m)
	require.NoError(t, err)
	require.Equal(t, w.HonestReaddress(1).Address(), moved.Address())
	require.Equal(t, w.HonestReaddress(1).ScanKey(), moved.ScanKey())
	require.Equal(t, m.AccountKey(), moved.AccountKey())
	again, err := honest.ReaddressedNamed(p, m, mallory)
	require.NoError(t, err)
	require.Equal(t, moved, again)
	e, err := honest.Entry(p)
	require.NoError(t, err)
	require.Equal(t, utt.Entry{Kind: utt.KindReaddress, PID: m.PID(), Nonce: 1, Address: fmt.Sprintf("%x", moved.Address()), ScanKey: moved.ScanKey()}, e)
	for _, name := range []string{"an address signed by another key", "an address that nobody signed", "an address that nobody endorsed",
		"an address by one's own endorser", "an address with both signatures by the user", "an address of another user"} {
		_, err := w.ReaddressRecord(cheat(t, name).Op.(*utt.Readdress), now).Readdressed(p, m)
		require.ErrorIs(t, err, utt.ErrInvalid, name)
	}
	_, err = honest.Readdressed(p, w.Alice.Registered)
	require.ErrorIs(t, err, utt.ErrInvalid)
	_, err = honest.Readdressed(p, nil)
	require.ErrorIs(t, err, utt.ErrInvalid)
	_, err = honest.ReaddressedNamed(p, m, alice)
	require.ErrorIs(t, err, utt.ErrInvalid)
	_, err = w.Records[0].Readdressed(p, m)
	require.ErrorIs(t, err, utt.ErrNotFound)
	_, err = w.Endorser.EndorseReaddress(alice, w.HonestReaddress(1), w.Someday())
	require.ErrorIs(t, err, utt.ErrInvalid)
	_, err = w.Endorser.EndorseReaddress(mallory, nil, w.Someday())
	require.ErrorIs(t, err, utt.ErrInvalid)
	_, err = w.Mallory.Readdress(0, w.Someday())
	require.ErrorIs(t, err, utt.ErrInvalid)
	for _, u := range utt.UnusableU() {
		if d := utt.ScanKey(u); !d.IsZero() {
			_, err = w.Mallory.WithScanKey(d)
			require.ErrorIs(t, err, utt.ErrInvalid)
		}
	}
}

// Numbers are in the state: a ledger that is restored refuses a replay as well.
func TestSnapshotsKeepAddressNumbers(t *testing.T) {
	w := sharedWorld()
	l, twin := w.fork(t), w.fork(t)
	first := w.HonestReaddress(1)
	requireExecuted(t, execute(t, l, 0, first))
	require.NotEqual(t, twin.Digest(), l.Digest())
	restored, err := ledger.Restore(w.Parameters, new(store.Memory), bytes.NewReader(snapshot(t, l)), l.Digest())
	require.NoError(t, err)
	for _, at := range []*ledger.Ledger{l, restored} {
		next, err := at.AddressNumber(w.Mallory.PID())
		require.NoError(t, err)
		require.EqualValues(t, 2, next)
		no := execute(t, at, 0, first)[0].Rejection
		require.Equal(t, "ADDR-NUMBER", no.Label)
		requireExecuted(t, execute(t, at, 0, w.HonestReaddress(2)))
	}
	require.Equal(t, l.Digest(), restored.Digest())
	next, err := l.AddressNumber(w.Alice.PID())
	require.NoError(t, err)
	require.EqualValues(t, 1, next)
	m, err := l.Registered(w.Mallory.PID())
	require.NoError(t, err)
	require.Equal(t, w.Mallory.Registered, m, "as he is registered")
}

// A readdress ahead of its number waits, and one behind it never executes.
func TestPreviewOfReaddresses(t *testing.T) {
	w := sharedWorld()
	l := w.fork(t)
	look := func(n uint64) string {
		o, _, err := l.Preview(w.HonestReaddress(n), w.head.Time)
		require.NoError(t, err)
		return o.String()
	}
	require.Equal(t, []string{"now", "later", "later"}, []string{look(1), look(2), look(3)})
	requireExecuted(t, execute(t, l, 0, w.HonestReaddress(1)))
	require.Equal(t, []string{"never", "now", "later"}, []string{look(1), look(2), look(3)})
}
