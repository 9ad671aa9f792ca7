package local_test

import (
	"context"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/budget"
	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/threshold/dkg"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/ledger"
	"github.com/utt-ecash/utt-go/utt/local"
	"github.com/utt-ecash/utt-go/utt/replica"
	"github.com/utt-ecash/utt-go/utt/wallet"
)

var ctx = context.Background()

func newNetwork(t testing.TB, c local.Config) *local.Network {
	t.Helper()
	n, err := local.New(ctx, c)
	require.NoError(t, err)
	return n
}

// bytesFrom is a seed, the same every time.
func bytesFrom(first byte) []byte {
	seed := make([]byte, utt.SeedSize)
	for i := range seed {
		seed[i] = first + byte(i)
	}
	return seed
}

func enroll(t testing.TB, n *local.Network, identity string) *wallet.Wallet {
	t.Helper()
	w, err := n.Wallet(identity, nil)
	require.NoError(t, err)
	require.NoError(t, n.Enroll(ctx, w, identity, 0))
	return w
}

func TestDefaults(t *testing.T) {
	n := newNetwork(t, local.Config{})
	require.Equal(t, []string{"cash"}, n.Parameters().Assets())
	p := n.Parameters().Policy()
	require.Equal(t, []utt.Amount{1000}, p.Classes)
	require.Equal(t, 30*24*time.Hour, p.EpochLength)
	for _, c := range []*threshold.Committee{n.Committees().Coin, n.Committees().Credential, n.Committees().Ledger} {
		require.Equal(t, []int{2, 4}, []int{c.Threshold(), c.Parties()}, "f + 1 of 3f + 1")
	}
	require.Len(t, n.ProvingKeys(), 2)
	require.Same(t, n.ProvingKey(utt.Anonymous), n.ProvingKeys()[1])
	require.Nil(t, n.ProvingKey(utt.Audited))
	require.Equal(t, ledger.Head{Time: uint64(p.Start.Unix()), Epoch: 1}, n.Ledger().Head())
	_, err := n.Certificate(ctx, math.MaxUint64)
	require.ErrorIs(t, err, utt.ErrNotFound)
	other := newNetwork(t, local.Config{})
	require.NotEqual(t, n.Parameters().Network(), other.Parameters().Network())
}

// Two faults tolerated, of seven parties five sign, two assets: a payment goes through, and
// all replicas agree.
func TestConfigured(t *testing.T) {
	policy := budget.Policy{Start: time.Unix(1000, 0), EpochLength: time.Minute, Classes: []utt.Amount{10, 50}}
	n := newNetwork(t, local.Config{Name: "seven", Faults: 2, Threshold: 5, Assets: []string{"a", "b"}, Policy: policy})
	require.Equal(t, 7, n.Committees().Coin.Parties())
	for _, c := range []*threshold.Committee{n.Committees().Coin, n.Committees().Credential, n.Committees().Ledger} {
		require.Equal(t, 5, c.Threshold())
	}
	from, to := enroll(t, n, "from"), enroll(t, n, "to")
	rich, err := n.Wallet("rich", bytesFrom(1))
	require.NoError(t, err)
	require.NoError(t, n.Enroll(ctx, rich, "rich", 1))
	require.Equal(t, utt.Amount(50), rich.Balance("b").Budget)

	require.NoError(t, n.Issue(ctx, "from", "b", 30))
	require.NoError(t, from.Sync(ctx, n))
	for _, op := range []func() (wallet.Handle, error){
		func() (wallet.Handle, error) { return from.Mint(ctx, n, "b", 30) },
		func() (wallet.Handle, error) { return from.Pay(ctx, n, "to", "b", 10, "") },
	} {
		id, err := op()
		require.NoError(t, err)
		require.NoError(t, from.Await(ctx, n, id))
	}
	require.NoError(t, to.Sync(ctx, n))
	require.Equal(t, utt.Amount(10), to.Balance("b").Spendable)
	require.NoError(t, n.Agree())
	l, signer, err := n.NewReplica()
	require.NoError(t, err)
	require.Equal(t, ledger.Head{Time: 1000, Epoch: 1}, l.Head())
	require.Equal(t, replica.SignerState{}, signer.State())
}

func TestTaxed(t *testing.T) {
	n := newNetwork(t, local.Config{Tax: 1000, TaxOffice: "office"})
	require.Len(t, n.ProvingKeys(), 2)
	keys := n.ProvingKeys()
	keys[0] = nil
	require.NotNil(t, n.ProvingKey(utt.Self), "the caller's copy")
	enroll(t, n, "office")
	a := enroll(t, n, "a")
	require.NoError(t, n.Issue(ctx, "a", "cash", 100))
	require.NoError(t, a.Sync(ctx, n))
	id, err := a.Mint(ctx, n, "cash", 100)
	require.NoError(t, err)
	require.NoError(t, a.Await(ctx, n, id))
	plan, err := a.Plan("office", "cash", 50, "")
	require.NoError(t, err)
	require.Equal(t, utt.Amount(55), plan.Total)
}

// With keys from a dealer, of which more sign, a network does the same.
func TestDealt(t *testing.T) {
	n := newNetwork(t, local.Config{Dealt: true, Threshold: 3})
	require.Equal(t, 3, n.Committees().Coin.Threshold())
	w := enroll(t, n, "a")
	require.NoError(t, n.Issue(ctx, "a", "cash", 10))
	require.NoError(t, w.Sync(ctx, n))
	id, err := w.Mint(ctx, n, "cash", 10)
	require.NoError(t, err)
	require.NoError(t, w.Await(ctx, n, id))
	require.Equal(t, []utt.Amount{10}, w.Coins("cash"))
	require.NoError(t, n.Agree())
}

func TestNewRefuses(t *testing.T) {
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	_, err := local.New(cancelled, local.Config{})
	require.ErrorIs(t, err, context.Canceled)
	for name, c := range map[string]struct {
		config local.Config
		want   error
	}{
		"fewer than no faults": {local.Config{Faults: -1}, threshold.ErrArgument},
		"too many faults":      {local.Config{Faults: 1000}, threshold.ErrArgument},
		"faults beyond count":  {local.Config{Faults: math.MaxInt}, threshold.ErrArgument},
		"more than make keys":  {local.Config{Faults: (dkg.MaxParties + 2) / 3}, threshold.ErrArgument},
		"no faults, dealt":     {local.Config{Faults: -1, Dealt: true}, threshold.ErrArgument},
		"too many, dealt":      {local.Config{Faults: 1000, Dealt: true}, threshold.ErrArgument},
		"t = f":                {local.Config{Threshold: 1}, threshold.ErrArgument},
		"t below 0":            {local.Config{Threshold: -1}, threshold.ErrArgument},
		"t above 2f + 1":       {local.Config{Threshold: 4, Dealt: true}, threshold.ErrArgument},
		"a long name":          {local.Config{Name: string(make([]byte, 65))}, utt.ErrPolicy},
		"an empty asset":       {local.Config{Assets: []string{""}}, utt.ErrPolicy},
		"no classes":           {local.Config{Policy: budget.Policy{Start: time.Unix(0, 0), EpochLength: time.Hour}}, utt.ErrPolicy},
		"no start":             {local.Config{Policy: budget.Policy{EpochLength: time.Hour, Classes: []utt.Amount{1}}}, utt.ErrPolicy},
		"classes only":         {local.Config{Policy: budget.Policy{Classes: []utt.Amount{500}}}, utt.ErrPolicy},
		"counters only":        {local.Config{Policy: budget.Policy{Counters: []budget.Counter{{Name: "volume"}}}}, utt.ErrPolicy},
		"an audit of nothing":  {local.Config{Held: []utt.Row{{Case: utt.Audited}}}, utt.ErrPolicy},
		"a misspelt office":    {local.Config{Tax: 100, TaxOffice: "Office"}, utt.ErrInvalid},
		"a tax for nobody":     {local.Config{Tax: 100}, utt.ErrPolicy},
		"a negative epoch":     {local.Config{Policy: budget.Policy{EpochLength: -time.Hour, Classes: []utt.Amount{1}}}, utt.ErrPolicy},
	} {
		n, err := local.New(ctx, c.config)
		require.ErrorIs(t, err, c.want, name)
		require.Nil(t, n, name)
	}
	_, err = local.New(ctx, local.Config{Tax: 10001, TaxOffice: "office"})
	require.ErrorContains(t, err, "10001 basis points")
}

func TestArguments(t *testing.T) {
	n := newNetwork(t, local.Config{})
	w := enroll(t, n, "known")
	before := n.Ledger().Head()
	digest := n.Ledger().Digest()

	_, err := n.Wallet("known", make([]byte, 5))
	require.ErrorIs(t, err, utt.ErrMalformed)
	require.ErrorIs(t, n.Enroll(ctx, nil, "known", 0), utt.ErrInvalid)
	require.ErrorIs(t, n.Enroll(ctx, w, "another", 0), utt.ErrInvalid, "not the wallet's identity")
	require.ErrorIs(t, n.Enroll(ctx, w, "known", 7), utt.ErrPolicy)
	require.ErrorIs(t, n.Issue(ctx, "known", "tulips", 1), utt.ErrPolicy)
	require.ErrorIs(t, n.Issue(ctx, "known", "cash", 0), utt.ErrInvalid)
	require.ErrorIs(t, n.Submit(ctx, nil), utt.ErrMalformed)
	require.ErrorIs(t, n.Submit(ctx, new(utt.Transfer)), utt.ErrMalformed)
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	require.ErrorIs(t, n.Issue(cancelled, "known", "cash", 1), context.Canceled)
	require.ErrorIs(t, n.Advance(cancelled, time.Hour), context.Canceled)
	require.Equal(t, before, n.Ledger().Head())
	require.Equal(t, digest, n.Ledger().Digest())

	var no *utt.Rejection
	require.ErrorAs(t, n.Issue(ctx, "nobody", "cash", 1), &no, "a block with a rejected operation")
	require.Equal(t, utt.CodeUnregistered, no.Code)
	require.NoError(t, n.Agree())

	thief, err := n.Wallet("known", nil)
	require.NoError(t, err)
	require.ErrorAs(t, n.Enroll(ctx, thief, "known", 0), &no)
	require.Equal(t, utt.CodeRegistered, no.Code)
}

// Enroll does what is left to do: for a wallet restored from its seed, and in a later
// epoch.
func TestEnrollAgain(t *testing.T) {
	n := newNetwork(t, local.Config{Assets: []string{"a", "b"}})
	seed := bytesFrom(1)
	restored := func() *wallet.Wallet {
		w, err := n.Wallet("user", seed)
		require.NoError(t, err)
		return w
	}
	budgets := func(w *wallet.Wallet) [2]utt.Amount {
		return [2]utt.Amount{w.Balance("a").Budget, w.Balance("b").Budget}
	}
	require.NoError(t, n.Enroll(ctx, restored(), "user", 0))
	enrolled := restored()
	require.NoError(t, n.Enroll(ctx, enrolled, "user", 0))
	require.NoError(t, n.Enroll(ctx, enrolled, "user", 0))
	require.Equal(t, [2]utt.Amount{1000, 1000}, budgets(enrolled))
	require.Empty(t, enrolled.Pending())

	require.NoError(t, n.Advance(ctx, 30*24*time.Hour))
	w := restored()
	require.NoError(t, w.Sync(ctx, n))
	_, err := w.RequestBudget(ctx, n, "a", 2)
	require.NoError(t, err, "of one of the assets")
	w = restored()
	require.NoError(t, n.Enroll(ctx, w, "user", 0))
	require.Equal(t, [2]utt.Amount{1000, 1000}, budgets(w))
	require.NoError(t, n.Agree())
}

// A class without budget is one: its users are enrolled, have money, and are told why they
// pay nothing privately.
func TestEnrollWithoutBudget(t *testing.T) {
	n := newNetwork(t, local.Config{Policy: budget.Policy{Start: time.Unix(1000, 0), EpochLength: time.Minute, Classes: []utt.Amount{0, 10}}})
	w, payee := enroll(t, n, "a"), enroll(t, n, "b")
	require.True(t, w.Registered())
	require.NoError(t, n.Enroll(ctx, w, "a", 0), "again")
	require.NoError(t, n.Issue(ctx, "a", "cash", 30))
	require.NoError(t, w.Sync(ctx, n))
	h, err := w.Mint(ctx, n, "cash", 20)
	require.NoError(t, err)
	require.NoError(t, w.Await(ctx, n, h))
	b, err := w.Budget("cash")
	require.NoError(t, err)
	require.Equal(t, wallet.Budget{Counter: budget.Privacy, Epoch: 1, Certified: 1}, b)
	most, err := w.MaxPayment("cash")
	require.NoError(t, err)
	require.Zero(t, most)
	_, err = w.Pay(ctx, n, "b", "cash", 5, "")
	require.ErrorIs(t, err, utt.ErrInsufficient)
	require.ErrorContains(t, err, "the user's class has none")
	_, err = w.RequestBudget(ctx, n, "cash", 1)
	require.ErrorIs(t, err, utt.ErrPolicy)
	h, err = w.PayPublicly(ctx, n, "b", "cash", 5)
	require.NoError(t, err)
	require.NoError(t, w.Await(ctx, n, h))
	require.NoError(t, payee.Sync(ctx, n))
	require.Equal(t, utt.Amount(5), payee.Balance("cash").Account)

	// another class, the same keys
	var no *utt.Rejection
	require.ErrorAs(t, n.Enroll(ctx, w, "a", 1), &no)
	require.Equal(t, utt.CodeRegistered, no.Code)
	require.ErrorContains(t, no, "registered in class 0, not 1")
	thief, err := n.Wallet("a", nil)
	require.NoError(t, err)
	require.ErrorContains(t, n.Enroll(ctx, thief, "a", 0), "other keys")
	err = thief.Sync(ctx, n)
	require.ErrorIs(t, err, utt.ErrConflict)
	require.ErrorContains(t, err, "registered with other keys")
}

// The clock of wallets is the network's.
func TestNow(t *testing.T) {
	n := newNetwork(t, local.Config{})
	w := enroll(t, n, "a")
	require.Equal(t, n.Parameters().Policy().Start.Unix(), n.Now().Unix())
	require.NoError(t, n.Advance(ctx, 31*24*time.Hour))
	require.EqualValues(t, n.Ledger().Head().Time, n.Now().Unix())
	b, err := w.Budget("cash")
	require.NoError(t, err)
	require.Equal(t, [2]utt.Epoch{2, 1}, [2]utt.Epoch{b.Epoch, b.Certified})
}

func TestClock(t *testing.T) {
	n := newNetwork(t, local.Config{})
	start := n.Ledger().Head()
	for _, d := range []time.Duration{0, -time.Hour, time.Second - 1, math.MinInt64} {
		require.NoError(t, n.Advance(ctx, d))
		require.Equal(t, start, n.Ledger().Head(), "%v", d)
	}
	require.NoError(t, n.Advance(ctx, 90*time.Second))
	require.Equal(t, start.Time+90, n.Ledger().Head().Time)
	require.NoError(t, n.Advance(ctx, 30*24*time.Hour))
	require.Equal(t, utt.Epoch(2), n.Ledger().Head().Epoch)
	c, err := n.Certificate(ctx, math.MaxUint64)
	require.NoError(t, err)
	require.NoError(t, n.Parameters().VerifyCertificate(c))
	require.EqualValues(t, 2, c.Height)
	require.Equal(t, n.Ledger().Head().Time, c.Time)
	require.Zero(t, c.Records)
	require.NoError(t, n.Agree())
}

// Several operations in a block, one of them refused.
func TestExecute(t *testing.T) {
	n := newNetwork(t, local.Config{})
	enroll(t, n, "a")
	enroll(t, n, "b")
	nonce, err := n.Ledger().IssueNonce()
	require.NoError(t, err)
	var ops []utt.Operation
	for i, to := range []string{"a", "nobody", "b"} {
		o, err := utt.NewIssue(n.Parameters(), n.Issuer(), nonce+uint64(i), utt.PIDOf(to), "cash", 5)
		require.NoError(t, err)
		ops = append(ops, o)
	}
	receipts, err := n.Execute(ctx, ops...)
	require.NoError(t, err)
	require.Equal(t, []utt.Status{utt.Executed, utt.Rejected, utt.Rejected},
		[]utt.Status{receipts[0].Status, receipts[1].Status, receipts[2].Status})
	require.Equal(t, utt.CodeUnregistered, receipts[1].Rejection.Code)
	require.Equal(t, utt.CodeNonce, receipts[2].Rejection.Code)
	require.NoError(t, n.Agree())
}

func TestRecords(t *testing.T) {
	n := newNetwork(t, local.Config{})
	enroll(t, n, "a")
	enroll(t, n, "b")
	list := func(from utt.Cursor) (all []*utt.Record) {
		for r, err := range n.Records(ctx, from) {
			require.NoError(t, err)
			require.Equal(t, !r.Owes(), r.Signed())
			all = append(all, r)
		}
		return all
	}
	signed, err := n.Signed(ctx)
	require.NoError(t, err)
	require.Len(t, signed, 4)
	for _, r := range signed {
		require.True(t, r.Signed())
	}
	all := list(utt.Cursor{})
	require.Len(t, all, 4, "a registration and a grant for each")
	for i, r := range all {
		require.Equal(t, all[i:], list(r.Cursor()))
	}
	require.Empty(t, list(utt.Cursor{Height: math.MaxUint64}))
	for range n.Records(ctx, utt.Cursor{}) {
		break
	}
	seq := n.Records(ctx, utt.Cursor{})
	require.NoError(t, n.Issue(ctx, "a", "cash", 1))
	for r, err := range seq {
		require.NoError(t, err)
		require.Equal(t, all[0].Cursor(), r.Cursor())
		all = all[1:]
	}
	require.Empty(t, all, "as of the call")

	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	for _, err := range n.Records(cancelled, utt.Cursor{}) {
		require.ErrorIs(t, err, context.Canceled)
	}
}

func TestWait(t *testing.T) {
	n := newNetwork(t, local.Config{})
	require.NoError(t, enroll(t, n, "a").Sync(ctx, n))
	require.NoError(t, n.Wait(ctx, utt.Cursor{}))
	next := utt.Cursor{Height: n.Ledger().Head().Height + 1}
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	require.ErrorIs(t, n.Wait(cancelled, next), context.Canceled)

	waited := make(chan error)
	go func() { waited <- n.Wait(ctx, utt.Cursor{Height: next.Height + 1}) }()
	require.NoError(t, n.Issue(ctx, "a", "cash", 1)) // not yet
	require.NoError(t, n.Issue(ctx, "a", "cash", 1))
	require.NoError(t, <-waited)
}

func TestEndorserAndIssuer(t *testing.T) {
	n := newNetwork(t, local.Config{})
	w, err := n.Wallet("a", nil)
	require.NoError(t, err)
	r, err := w.Registration(0)
	require.NoError(t, err)
	var no *utt.Rejection
	require.ErrorAs(t, n.Submit(ctx, r), &no, "not endorsed")
	require.Equal(t, "POLICY-ENDORSER", no.Label)
	r, err = n.Endorser().Endorse("a", r)
	require.NoError(t, err)
	require.NoError(t, n.Submit(ctx, r))
	require.NoError(t, n.Submit(ctx, r), "once more is the same")
}

// Certify signs whatever it is given, of either kind, and each is taken for its own kind only.
func TestCertify(t *testing.T) {
	n := newNetwork(t, local.Config{})
	p := n.Parameters()
	at := utt.Checkpoint{Height: 9, Time: n.Ledger().Head().Time + 1, Records: 3}
	c, err := n.Certify(at)
	require.NoError(t, err)
	require.Equal(t, at, c.Checkpoint)
	require.NoError(t, p.VerifyCertificate(c))
	require.ErrorIs(t, p.VerifyCredentialCertificate(c), utt.ErrInvalid)
	at.Kind = utt.CredentialCheckpoint
	c, err = n.Certify(at)
	require.NoError(t, err)
	require.Equal(t, at, c.Checkpoint)
	require.NoError(t, p.VerifyCredentialCertificate(c))
	require.ErrorIs(t, p.VerifyCertificate(c), utt.ErrInvalid)
	at.Kind++
	_, err = n.Certify(at)
	require.ErrorIs(t, err, utt.ErrInvalid)
	_, err = n.Certificate(ctx, math.MaxUint64)
	require.ErrorIs(t, err, utt.ErrNotFound, "the network's own ledger has published nothing")
}
