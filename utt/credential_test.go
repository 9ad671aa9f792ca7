package utt_test

import (
	"bytes"
	"context"
	"iter"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/follow"
	"github.com/utt-ecash/utt-go/utt/local"
	"github.com/utt-ecash/utt-go/utt/store"
	"github.com/utt-ecash/utt-go/utt/wallet"
)

// enter has a user registered, with budget, ordinary money and a coin, whether registrars answer
// or not.
func enter(t testing.TB, net *local.Network, w *wallet.Wallet, coin utt.Amount) {
	t.Helper()
	ctx := context.Background()
	r, err := w.Registration(0)
	require.NoError(t, err)
	r, err = net.Endorser().Endorse(w.Identity(), r)
	require.NoError(t, err)
	require.NoError(t, net.Submit(ctx, r))
	sync1(t, net, w)
	done(t, w, net)(w.RequestBudget(ctx, net, cash, 1))
	require.NoError(t, net.Issue(ctx, w.Identity(), cash, coin+100))
	sync1(t, net, w)
	done(t, w, net)(w.Mint(ctx, net, cash, coin))
}

// requireUncredited demands that a wallet does everything but spend, and says what to wait for.
func requireUncredited(t testing.TB, net *local.Network, w *wallet.Wallet) {
	t.Helper()
	ctx := context.Background()
	require.True(t, w.Registered())
	for _, try := range []func() error{
		func() error { return w.Credited() },
		func() error { _, err := w.Pay(ctx, net, bob, cash, 10, ""); return err },
		func() error { _, err := w.PayAs(ctx, net, utt.Audited, bob, cash, 10, ""); return err },
		func() error { _, err := w.Split(ctx, net, cash, 10); return err },
		func() error { _, err := w.Burn(ctx, net, cash, 10); return err },
		func() error { _, err := w.MaxPaymentAs(utt.Anonymous, cash); return err },
	} {
		err := try()
		var e *wallet.CredentialError
		require.ErrorAs(t, err, &e)
		require.ErrorIs(t, err, utt.ErrNotFound)
		require.ErrorContains(t, err, "wait for the registrars")
		require.Equal(t, w.Identity(), e.Identity)
		require.Equal(t, w.Checkpoint(), e.Checkpoint)
		require.Less(t, e.Credentials.Height, e.Checkpoint.Height)
	}
}

// Registrars who do not answer delay new credentials and nothing else: others pay, a new user is
// known and paid, and once they answer he pays himself, from whatever disk, device or seed his
// wallet is.
func TestRegistrarsAway(t *testing.T) {
	ctx := context.Background()
	net := newNetwork(t)
	a, b := join(t, net, alice, 200, 300), join(t, net, bob, 50)
	require.NoError(t, a.Credited())
	require.NoError(t, net.Registrars(ctx, false))
	sync1(t, net, a, b)

	disk := new(store.Memory)
	m := onDisk(t, net, mallory, disk)
	var none *wallet.UnregisteredError
	require.ErrorAs(t, m.Credited(), &none)
	enter(t, net, m, 40)
	requireUncredited(t, net, m)
	sync1(t, net, a)
	done(t, a, net)(a.Pay(ctx, net, bob, cash, 120, "while nobody registers"))
	done(t, a, net)(a.Burn(ctx, net, cash, 5))
	sync1(t, net, b, m)
	require.EqualValues(t, 170, b.Balance(cash).Spendable)
	done(t, b, net)(b.Pay(ctx, net, mallory, cash, 70, "coins that come before the credential"))
	sync1(t, net, m)
	require.EqualValues(t, 110, m.Balance(cash).Spendable)
	requireUncredited(t, net, m)
	shown, err := net.Inclusion(ctx, utt.Cursor{Height: registeredAt(t, net, mallory)})
	require.NoError(t, err)
	require.NoError(t, net.Parameters().VerifyInclusion(shown))
	require.False(t, shown.Record().Signed())

	m = onDisk(t, net, mallory, disk) // opened again,
	requireUncredited(t, net, m)
	second := restore(t, net, mallory) // on another device,
	sync1(t, net, second)
	requireUncredited(t, net, second)
	rescanned := onDisk(t, net, mallory, copied(t, disk)) // and reading all again
	require.NoError(t, rescanned.Rescan(ctx, time.Time{}))
	require.False(t, rescanned.Registered())
	again := onDisk(t, net, mallory, copied(t, disk))
	require.NoError(t, again.Rescan(ctx, time.Time{}))
	sync1(t, net, rescanned)
	requireUncredited(t, net, rescanned)
	moved, err := m.Readdress(utt.ScanKey{}, net.Now().Add(time.Hour))
	require.NoError(t, err)
	moved, err = net.Endorser().EndorseReaddress(mallory, moved, uint64(net.Now().Add(time.Hour).Unix()))
	require.NoError(t, err)
	require.NoError(t, net.Submit(ctx, moved))
	done(t, m, net)(m.PayPublicly(ctx, net, bob, cash, 10))

	require.NoError(t, net.Registrars(ctx, true))
	late := restore(t, net, mallory)
	state := func(w *wallet.Wallet) state { s := stateOf(w); s.Checkpoint = utt.Checkpoint{}; return s }
	sync1(t, net, m)
	for _, w := range []*wallet.Wallet{second, rescanned, again, late} {
		sync1(t, net, w)
		require.NoError(t, w.Credited())
		require.Equal(t, state(m).Balance, state(w).Balance)
	}
	m = onDisk(t, net, mallory, disk)
	require.NoError(t, m.Credited(), "it is on disk")
	require.NoError(t, m.Rescan(ctx, time.Time{}))
	sync1(t, net, m)
	done(t, m, net)(m.Pay(ctx, net, bob, cash, 35, "at last"))
	sync1(t, net, b)
	require.EqualValues(t, 170-70+35, b.Balance(cash).Spendable)
	shown, err = net.Inclusion(ctx, utt.Cursor{Height: registeredAt(t, net, mallory)})
	require.NoError(t, err)
	require.NoError(t, net.Parameters().VerifyInclusion(shown))
	require.True(t, shown.Record().Signed())
	require.NoError(t, net.Agree())
}

func registeredAt(t testing.TB, net *local.Network, identity string) uint64 {
	t.Helper()
	for r, err := range net.Records(context.Background(), utt.Cursor{}) {
		require.NoError(t, err)
		if m, err := r.Member(net.Parameters()); err == nil && m.PID() == utt.PIDOf(identity) {
			return r.Cursor().Height
		}
	}
	return 0
}

// creditor is a node whose credentials are others than the network's.
type creditor struct {
	*local.Network
	certificate func(c *utt.Certificate, err error) (*utt.Certificate, error)
	leaves      func(all []utt.CredentialLeaf) []utt.CredentialLeaf
	fails       error
	asked       []uint64
}

func (c *creditor) CredentialCertificate(ctx context.Context, height uint64) (*utt.Certificate, error) {
	c.asked = append(c.asked, height)
	last, err := c.Network.CredentialCertificate(ctx, height)
	if c.certificate != nil {
		return c.certificate(last, err)
	}
	return last, err
}

func (c *creditor) Credentials(ctx context.Context, from uint64) iter.Seq2[utt.CredentialLeaf, error] {
	c.asked = append(c.asked, from)
	var all []utt.CredentialLeaf
	for l, err := range c.Network.Credentials(ctx, from) {
		if err == nil {
			all = append(all, l)
		}
	}
	if c.leaves != nil {
		all = c.leaves(all)
	}
	return func(yield func(utt.CredentialLeaf, error) bool) {
		for _, l := range all {
			if !yield(l, nil) {
				return
			}
		}
		if c.fails != nil {
			yield(utt.CredentialLeaf{}, c.fails)
		}
	}
}

// credit makes a network with users whose wallets have all records, and no credentials.
func credit(t *testing.T) (net *local.Network, wallets func() []*wallet.Wallet) {
	ctx := context.Background()
	net = newNetwork(t)
	require.NoError(t, net.Registrars(ctx, false))
	var disks []*store.Memory
	for _, identity := range []string{alice, bob, mallory} {
		disk := new(store.Memory)
		w := onDisk(t, net, identity, disk)
		enter(t, net, w, 50)
		disks = append(disks, disk)
	}
	nobody := new(store.Memory) // who is not registered
	disks = append(disks, nobody)
	onDisk(t, net, "nobody@example.org", nobody)
	identities := []string{alice, bob, mallory, "nobody@example.org"}
	for i, identity := range identities {
		sync1(t, net, onDisk(t, net, identity, disks[i]))
	}
	require.NoError(t, net.Registrars(ctx, true))
	return net, func() (all []*wallet.Wallet) {
		for i, identity := range identities {
			all = append(all, onDisk(t, net, identity, copied(t, disks[i])))
		}
		return all
	}
}

// Whatever a node makes of credentials, all wallets refuse it alike, and nothing changes in them.
func TestNodeLiesAboutCredentials(t *testing.T) {
	ctx := context.Background()
	net, wallets := credit(t)
	last, err := net.CredentialCertificate(ctx, math.MaxUint64)
	require.NoError(t, err)
	ledger, err := net.Certificate(ctx, last.Height)
	require.NoError(t, err)
	other := newNetwork(t)
	join(t, other, alice, 10)
	foreign, err := other.CredentialCertificate(ctx, math.MaxUint64)
	require.NoError(t, err)
	all := func(lie func(all []utt.CredentialLeaf)) *creditor {
		return &creditor{Network: net, leaves: func(all []utt.CredentialLeaf) []utt.CredentialLeaf {
			require.Len(t, all, 3)
			for i := range all {
				all[i].Signatures = bytes.Clone(all[i].Signatures)
			}
			lie(all)
			return all
		}}
	}
	serves := func(c *utt.Certificate) *creditor {
		return &creditor{Network: net, certificate: func(*utt.Certificate, error) (*utt.Certificate, error) { return c, nil }}
	}
	for name, c := range map[string]struct {
		node  *creditor
		fault wallet.Fault
	}{
		"garbled": {all(func(all []utt.CredentialLeaf) { all[1].Signatures[3] ^= 1 }), wallet.Broken},
		"cut off": {all(func(all []utt.CredentialLeaf) { all[1].Signatures = all[1].Signatures[:47] }), wallet.Broken},
		"empty":   {all(func(all []utt.CredentialLeaf) { all[1].Signatures = nil }), wallet.Broken},
		"swapped": {all(func(all []utt.CredentialLeaf) {
			all[0].Signatures, all[2].Signatures = all[2].Signatures, all[0].Signatures
		}), wallet.Broken},
		"elsewhere":     {all(func(all []utt.CredentialLeaf) { all[1].Record++ }), wallet.Broken},
		"another order": {all(slices.Reverse[[]utt.CredentialLeaf]), wallet.Broken},
		"one withheld":  {&creditor{Network: net, leaves: func(all []utt.CredentialLeaf) []utt.CredentialLeaf { return all[1:] }}, wallet.Broken},
		"the last, too": {&creditor{Network: net, leaves: func(all []utt.CredentialLeaf) []utt.CredentialLeaf { return all[:2] }}, wallet.Broken},
		"all withheld":  {&creditor{Network: net, leaves: func([]utt.CredentialLeaf) []utt.CredentialLeaf { return nil }}, wallet.Broken},
		"one too many": {&creditor{Network: net, leaves: func(all []utt.CredentialLeaf) []utt.CredentialLeaf {
			return slices.Insert(all, 1, utt.CredentialLeaf{Record: 1, Signatures: all[0].Signatures})
		}}, wallet.Broken},
		"one twice":                  {&creditor{Network: net, leaves: func(all []utt.CredentialLeaf) []utt.CredentialLeaf { return append(all[:1:1], all...) }}, wallet.Broken},
		"no certificate":             {serves(nil), wallet.Broken},
		"that of the ledger":         {serves(ledger), wallet.Foreign},
		"another network's":          {serves(foreign), wallet.Foreign},
		"one that is made up":        {serves(last.At(utt.Checkpoint{Kind: utt.CredentialCheckpoint, Height: last.Height, Records: last.Records})), wallet.Foreign},
		"the ledger's said to be it": {serves(ledger.At(utt.Checkpoint{Kind: utt.CredentialCheckpoint, Height: ledger.Height, Time: ledger.Time, Records: ledger.Records, Credentials: ledger.Coins})), wallet.Foreign},
	} {
		for i, w := range wallets() {
			before := stateOf(w)
			err := w.Sync(ctx, c.node)
			var fault *wallet.NodeError
			require.ErrorAs(t, err, &fault, "%s: wallet %d", name, i)
			require.Equal(t, c.fault, fault.Fault, name)
			require.Equal(t, before, stateOf(w), name)
			require.Error(t, w.Credited(), name)
			if i == 0 {
				sync1(t, net, w) // another node serves it
				require.NoError(t, w.Credited())
			}
		}
	}
	failing := &creditor{Network: net, fails: errTimeout}
	for _, w := range wallets() {
		require.ErrorIs(t, w.Sync(ctx, failing), errTimeout)
		require.Error(t, w.Credited())
	}
}

// What a wallet asks for does not depend on whose it is, nor on whether it waits for a credential,
// and one that has it goes on to ask.
func TestAllAskForTheSameCredentials(t *testing.T) {
	ctx := context.Background()
	net, wallets := credit(t)
	var first []uint64
	for _, w := range wallets() {
		n := &creditor{Network: net}
		for range 2 {
			require.NoError(t, w.Sync(ctx, n))
		}
		if first == nil {
			first = n.asked
		}
		require.Equal(t, first, n.asked)
	}
	require.Len(t, first, 3, "certificate, leaves, and whether there is a newer one")
}

// A node may lag in credentials, and not in the ledger: what is certified is taken in.
func TestNodeThatLagsInCredentials(t *testing.T) {
	ctx := context.Background()
	net := newNetwork(t)
	a := join(t, net, alice, 10)
	join(t, net, bob)
	sync1(t, net, a)
	require.NoError(t, net.Issue(ctx, alice, cash, 5))
	old := &creditor{Network: net, certificate: func(*utt.Certificate, error) (*utt.Certificate, error) {
		return net.CredentialCertificate(ctx, 1)
	}}
	err := a.Sync(ctx, old)
	require.True(t, wallet.Behind.Is(err), err)
	require.EqualValues(t, 105, a.Balance(cash).Account)
	require.NoError(t, a.Credited())

	ahead := &creditor{Network: net, certificate: func(*utt.Certificate, error) (*utt.Certificate, error) {
		return net.CredentialCertificate(ctx, math.MaxUint64)
	}}
	last, err := net.CredentialCertificate(ctx, math.MaxUint64)
	require.NoError(t, err)
	err = follow.Credentials(ctx, net.Parameters(), utt.Frontier{}, utt.Checkpoint{Height: last.Height - 1, Records: 1}, ahead,
		func(uint64) bool { return true }, func(context.Context, []utt.CredentialLeaf, utt.Frontier) error { panic("taken in") })
	require.True(t, wallet.Broken.Is(err), err)
	count := 0
	require.NoError(t, follow.Credentials(ctx, net.Parameters(), utt.Frontier{}, last.Checkpoint, net, func(uint64) bool { return true },
		func(_ context.Context, leaves []utt.CredentialLeaf, to utt.Frontier) error {
			count = len(leaves)
			return to.At(last)
		}))
	require.Equal(t, 2, count)
}
