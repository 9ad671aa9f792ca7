package utt_test

import (
	"bytes"
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/budget"
	"github.com/utt-ecash/utt-go/rangeproof"
	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/ledger"
	"github.com/utt-ecash/utt-go/utt/local"
	"github.com/utt-ecash/utt-go/utt/replica"
	"github.com/utt-ecash/utt-go/utt/store"
	"github.com/utt-ecash/utt-go/utt/wallet"
)

const (
	cash, gold = "cash", "gold"

	alice, bob, mallory = "alice@example.org", "bob@example.org", "mallory@example.org"
)

// testPolicy has two classes, and a counter besides the privacy budget.
var testPolicy = budget.Policy{
	Start:       time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
	EpochLength: 30 * 24 * time.Hour,
	Classes:     []utt.Amount{1000, 5000},
	Counters:    []budget.Counter{{Name: volume, Classes: []utt.Amount{30000, 0}}},
}

// volume is a counter of the policy, besides the privacy budget.
const volume = "volume"

// testHeld are rows for audited and for delayed payments.
var testHeld = []utt.Row{
	{Case: utt.Audited, Limit: 10000, Audit: utt.Audit{Reveals: utt.RevealAmountAndPayee, Expire: time.Hour}},
	{Case: utt.Delayed, Limit: 20000, Audit: utt.Audit{Reveals: utt.RevealAll, Delay: time.Hour, Expire: 24 * time.Hour}},
}

// atStart is what a wallet has, whose clock stands at the start of the policy, besides.
func atStart(keys ...*rangeproof.ProvingKey) wallet.Config {
	return wallet.Config{ProvingKeys: keys, Now: func() time.Time { return testPolicy.Start }}
}

// newNetwork founds a network of two assets. It takes about 0.1 s.
func newNetwork(t testing.TB) *local.Network {
	t.Helper()
	net, err := local.New(context.Background(), local.Config{Assets: []string{cash, gold}, Policy: testPolicy, Held: testHeld, Authority: utt.TwoOfThree()})
	require.NoError(t, err)
	return net
}

// seedOf is that of a user who joined.
func seedOf(identity string) []byte {
	seed := utt.PIDOf("seed of " + identity)
	return seed[:]
}

// partyOf is a user who joined, as the records of the network tell.
func partyOf(t testing.TB, net *local.Network, identity string) *utt.Party {
	t.Helper()
	records, err := net.Signed(context.Background())
	require.NoError(t, err)
	return utt.NewParty(net.Parameters(), identity, seedOf(identity), records)
}

// join enrolls a new user with a fixed seed and mints coins of the given values of
// cash for him; ordinary money of 100 is left in his account.
func join(t testing.TB, net *local.Network, identity string, coins ...utt.Amount) *wallet.Wallet {
	t.Helper()
	w, err := net.Wallet(identity, seedOf(identity))
	require.NoError(t, err)
	return joined(t, net, identity, w, coins...)
}

// joined enrolls a wallet, as join does.
func joined(t testing.TB, net *local.Network, identity string, w *wallet.Wallet, coins ...utt.Amount) *wallet.Wallet {
	t.Helper()
	ctx := context.Background()
	require.NoError(t, net.Enroll(ctx, w, identity, 0))
	sum := utt.Amount(100)
	for _, v := range coins {
		sum += v
	}
	require.NoError(t, net.Issue(ctx, identity, cash, sum))
	require.NoError(t, w.Sync(ctx, net))
	for _, v := range coins {
		id, err := w.Mint(ctx, net, cash, v)
		require.NoError(t, err)
		require.NoError(t, w.Await(ctx, net, id))
	}
	return w
}

// world is a network with three users in which nothing happens any more: attacks
// run on forks of its ledger, so that all tests share it.
type world struct {
	utt.World
	net                 *local.Network
	alice, bob, mallory *wallet.Wallet
	snapshot            []byte
	digest              [32]byte
	head                ledger.Head
	honest              utt.Operation // alice's split, valid on the world's ledger
}

// sharedWorld has alice, whose coin of 500 is as public as minting made it; bob;
// and mallory, who has coins of 300, 200 and 100.
var sharedWorld = sync.OnceValue(func() *world { return newWorld(fatal{}) })

// newWorld is another one, for tests in which something happens to its network.
func newWorld(t testing.TB) *world {
	t.Helper()
	net := newNetwork(t)
	w := &world{net: net, World: utt.World{
		Parameters: net.Parameters(),
		Key:        net.ProvingKey(utt.Self),
		Keys:       net.ProvingKeys(),
		Issuer:     net.Issuer(),
		Endorser:   net.Endorser(),

		Approval: net.Auditors().Approval, ApprovalShares: net.Auditors().ApprovalShares,
		Opening: net.Auditors().Opening, OpeningShares: net.Auditors().OpeningShares, WarrantKey: net.Auditors().Warrant,
	}}
	w.alice, w.bob, w.mallory = join(t, net, alice, 500), join(t, net, bob, 50), join(t, net, mallory, 300, 200, 100)
	ctx := context.Background()
	for _, u := range []*wallet.Wallet{w.alice, w.bob, w.mallory} {
		require.NoError(t, u.Sync(ctx, net))
	}
	w.Alice, w.Bob, w.Mallory = partyOf(t, net, alice), partyOf(t, net, bob), partyOf(t, net, mallory)
	for r, err := range net.Records(ctx, utt.Cursor{}) {
		require.NoError(t, err)
		w.Records = append(w.Records, r)
	}
	w.digest = net.Ledger().Digest()
	w.snapshot = snapshot(t, net.Ledger())
	w.head = net.Ledger().Head()
	w.honest = w.HonestSplit()
	return w
}

// fatal is a TB for what is set up once, outside any test.
type fatal struct{ testing.TB }

func (fatal) Helper()                           {}
func (fatal) Errorf(format string, args ...any) { panic(args) }
func (fatal) FailNow()                          { panic("set-up of the shared world failed") }

// fork is a new ledger in the state of the world's.
func (w *world) fork(t testing.TB) *ledger.Ledger {
	t.Helper()
	l, err := ledger.Restore(w.Parameters, new(store.Memory), bytes.NewReader(w.snapshot), w.digest)
	require.NoError(t, err)
	return l
}

// parse submits operations as a stranger would: as bytes.
func parse(t testing.TB, ops ...utt.Operation) []utt.Operation {
	t.Helper()
	parsed := make([]utt.Operation, len(ops))
	for i, op := range ops {
		var err error
		parsed[i], err = utt.ParseOperation(utt.RawOperation(op))
		require.NoError(t, err)
	}
	return parsed
}

// execute puts operations into a block after the ledger's head; time 0 is that of
// the head.
func execute(t testing.TB, l *ledger.Ledger, time uint64, ops ...utt.Operation) []utt.Receipt {
	t.Helper()
	head := l.Head()
	if time == 0 {
		time = head.Time
	}
	v, err := l.Parameters().Check(context.Background(), time, ops)
	require.NoError(t, err)
	receipts, err := l.Execute(&utt.Block{Height: head.Height + 1, Time: time, Ops: ops}, v)
	require.NoError(t, err)
	require.Len(t, receipts, len(ops))
	return receipts
}

// ledgers are a ledger for the cheat and its twin, and an operation that is valid
// on them, if they are the world's.
func (w *world) ledgers(t testing.TB, c *utt.Cheat) (l, twin *ledger.Ledger, honest []utt.Operation) {
	t.Helper()
	if c.On == nil {
		return w.fork(t), w.fork(t), parse(t, w.honest)
	}
	l, err := ledger.New(c.On, new(store.Memory))
	require.NoError(t, err)
	twin, err = ledger.New(c.On, new(store.Memory))
	require.NoError(t, err)
	if len(c.Earlier) > 0 {
		for _, at := range []*ledger.Ledger{l, twin} {
			for _, r := range execute(t, at, w.head.Time, parse(t, c.Earlier...)...) {
				require.True(t, r.Status.Accepted(), "%v", r.Rejection)
			}
		}
	}
	return l, twin, nil
}

// requireRefused submits the cheat's operation among others and requires that it
// is rejected as the cheat says, and that the ledger ends up as its twin, which
// never saw it.
func (w *world) requireRefused(t testing.TB, c *utt.Cheat) {
	t.Helper()
	l, twin, after := w.ledgers(t, c)
	bad, before := parse(t, c.Op)[0], parse(t, c.Before...)
	receipts := execute(t, l, c.Time, slices.Concat(before, []utt.Operation{bad}, after)...)
	without := execute(t, twin, c.Time, slices.Concat(before, after)...)

	for _, r := range without {
		require.True(t, r.Status.Accepted(), "%v", r.Rejection)
	}
	r := receipts[len(before)]
	require.Equal(t, bad.Digest(), r.Op)
	require.Equal(t, utt.Rejected, r.Status, "the forgery was executed")
	require.Equal(t, c.Label, r.Rejection.Label, r.Rejection.Detail)
	require.Equal(t, c.Code, r.Rejection.Code)
	require.ErrorIs(t, r.Rejection, c.Cause)
	require.Equal(t, bad.Digest(), r.Rejection.Op)
	require.Equal(t, without, slices.Delete(receipts, len(before), len(before)+1), "the others' receipts")
	require.Equal(t, twin.Digest(), l.Digest(), "a rejected operation changes nothing")
}

// cheats are all cheats of the shared world.
var cheats = sync.OnceValue(func() []*utt.Cheat { return sharedWorld().Cheats() })

// cheat is the one with a name.
func cheat(t testing.TB, name string) *utt.Cheat {
	t.Helper()
	for _, c := range cheats() {
		if c.Name == name {
			return c
		}
	}
	require.Fail(t, "no such cheat", name)
	return nil
}

// signing is a grant on record, and the shares of three of four replicas on it, two
// of which make a signature.
type signing struct {
	p          *utt.Parameters
	committees utt.Committees
	records    []*utt.Record
	shares     []*utt.Share
	other      *utt.Share // on another record
}

func newSigning(t testing.TB) *signing {
	t.Helper()
	ctx := context.Background()
	coin, keys, err := threshold.Deal(nil, 2, 4, utt.CoinAttributes)
	require.NoError(t, err)
	credential, _, err := threshold.Deal(nil, 2, 4, utt.CredentialAttributes)
	require.NoError(t, err)
	w := sharedWorld().World
	w.Parameters = w.WithKeys(coin.Group(), credential.Group())
	s := &signing{p: w.Parameters, committees: utt.Committees{Coin: coin, Credential: credential}}
	for _, k := range keys[:3] {
		l, err := ledger.New(s.p, new(store.Memory))
		require.NoError(t, err)
		for _, r := range execute(t, l, 0, w.RegistrationOf(mallory), w.GrantOf(w.Mallory, cash, 1)) {
			require.Equal(t, utt.Executed, r.Status, "%v", r.Rejection)
		}
		signer, err := replica.NewSigner(l, coin, k, replica.SignerState{})
		require.NoError(t, err)
		shares, err := signer.SignBlock(ctx, 1)
		require.NoError(t, err)
		require.Len(t, shares, 1)
		s.shares = append(s.shares, shares[0])
		execute(t, l, 0, w.GrantOf(w.Mallory, gold, 1))
		shares, err = signer.SignBlock(ctx, 2)
		require.NoError(t, err)
		s.other = shares[0]
		if s.records == nil {
			for r, err := range l.Records(ctx, utt.Cursor{Height: 1, Index: 1}) {
				require.NoError(t, err)
				s.records = append(s.records, r)
				break
			}
		}
	}
	return s
}

// sequential leaves a test out where tests are short, as they are for the race detector: it
// takes long, and does one thing after the other.
func sequential(t *testing.T) {
	if testing.Short() {
		t.Skip("one thing after the other, and long")
	}
}
