package utt_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"math"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/budget"
	"github.com/utt-ecash/utt-go/nullifier"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/ledger"
	"github.com/utt-ecash/utt-go/utt/store"
	"github.com/utt-ecash/utt-go/utt/wallet"
)

// issue is the issuer's next order on a ledger.
func (w *world) issue(t testing.TB, l *ledger.Ledger, to, asset string, amount utt.Amount) *utt.Issue {
	t.Helper()
	nonce, err := l.IssueNonce()
	require.NoError(t, err)
	o, err := utt.NewIssue(w.Parameters, w.Issuer, nonce, utt.PIDOf(to), asset, amount)
	require.NoError(t, err)
	return o
}

func check(t testing.TB, p *utt.Parameters, time uint64, ops ...utt.Operation) *utt.Verdicts {
	t.Helper()
	v, err := p.Check(context.Background(), time, ops)
	require.NoError(t, err)
	return v
}

// requireExecuted demands that all operations of a block are executed.
func requireExecuted(t testing.TB, receipts []utt.Receipt) {
	t.Helper()
	for i, r := range receipts {
		require.Equal(t, utt.Executed, r.Status, "operation %d: %v", i, r.Rejection)
		require.Nil(t, r.Rejection)
	}
}

func requireRejected(t testing.TB, r utt.Receipt, code utt.Code, label string) {
	t.Helper()
	require.Equal(t, utt.Rejected, r.Status)
	require.Equal(t, code, r.Rejection.Code, "%v", r.Rejection)
	require.Equal(t, label, r.Rejection.Label)
}

// accounts is what a ledger says of the ordinary money of an asset.
type accounts struct{ alice, bob, sum, supply utt.Amount }

func accountsOf(t testing.TB, l *ledger.Ledger, asset string) (a accounts) {
	t.Helper()
	get := func(v utt.Amount, err error) utt.Amount {
		require.NoError(t, err)
		return v
	}
	a.alice = get(l.Balance(utt.PIDOf(alice), asset))
	a.bob = get(l.Balance(utt.PIDOf(bob), asset))
	a.sum = get(l.Accounts(asset))
	a.supply = get(l.Supply(asset))
	return a
}

func nonceOf(t testing.TB, l *ledger.Ledger, identity string) uint64 {
	t.Helper()
	n, err := l.Nonce(utt.PIDOf(identity))
	require.NoError(t, err)
	return n
}

func TestAccounts(t *testing.T) {
	w := sharedWorld()
	l := w.fork(t)
	start := accounts{alice: 100, bob: 100, sum: 300, supply: 300 + 500 + 50 + 600}
	require.Equal(t, start, accountsOf(t, l, cash))
	require.Equal(t, accounts{}, accountsOf(t, l, gold))
	require.Equal(t, accounts{}, accountsOf(t, l, "no asset"))
	n := nonceOf(t, l, alice)
	require.EqualValues(t, 1, n)

	steps := []struct {
		op   utt.Operation
		want accounts
	}{
		{w.issue(t, l, bob, cash, 7), accounts{100, 107, 307, start.supply + 7}},
		{w.Alice.Public(n, bob, cash, 30), accounts{70, 137, 307, start.supply + 7}},
		{w.Alice.Public(n+1, alice, cash, 70), accounts{70, 137, 307, start.supply + 7}},
		{w.Alice.Minted(n+2, cash, 20), accounts{50, 137, 287, start.supply + 7}},
		{w.Alice.Public(n+3, bob, cash, 50), accounts{0, 187, 287, start.supply + 7}},
	}
	for i, s := range steps {
		requireExecuted(t, execute(t, l, 0, parse(t, s.op)...))
		require.Equal(t, s.want, accountsOf(t, l, cash), "step %d", i)
	}
	require.Equal(t, n+4, nonceOf(t, l, alice))
	require.Equal(t, accounts{}, accountsOf(t, l, gold))

	// all in one block: each step builds on those before
	var ops []utt.Operation
	for _, s := range steps {
		ops = append(ops, s.op)
	}
	at := w.fork(t)
	requireExecuted(t, execute(t, at, 0, parse(t, ops...)...))
	require.Equal(t, accountsOf(t, l, cash), accountsOf(t, at, cash))
}

func TestNonces(t *testing.T) {
	w := sharedWorld()
	l := w.fork(t)
	n := nonceOf(t, l, alice)
	a, b := w.Alice.Public(n, bob, cash, 1), w.Alice.Public(n+1, bob, cash, 2)
	ahead, last := w.Alice.Public(n+2, bob, cash, 4), w.Alice.Public(math.MaxUint64, bob, cash, 8)
	other := w.Alice.Minted(n, cash, 16) // of the same nonce, after a
	receipts := execute(t, l, 0, parse(t, last, ahead, a, other, a, b, ahead)...)
	for i, executed := range []bool{false, false, true, false, false, true, true} {
		if executed {
			require.Equal(t, utt.Executed, receipts[i].Status, "operation %d", i)
		} else {
			requireRejected(t, receipts[i], utt.CodeNonce, "ACCOUNT-NONCE")
		}
	}
	require.Equal(t, n+3, nonceOf(t, l, alice))
	require.EqualValues(t, 0, nonceOf(t, l, "nobody"))

	first := w.issue(t, l, bob, cash, 1)
	receipts = execute(t, l, 0, parse(t, first, first)...)
	requireExecuted(t, receipts[:1])
	requireRejected(t, receipts[1], utt.CodeNonce, "ISSUE-NONCE")
}

// The supply of every asset stays below 2^64, whoever holds it.
func TestSupply(t *testing.T) {
	w := sharedWorld()
	l := w.fork(t)
	supply := accountsOf(t, l, cash).supply
	requireExecuted(t, execute(t, l, 0, w.issue(t, l, alice, cash, math.MaxUint64-supply)))
	require.Equal(t, utt.Amount(math.MaxUint64), accountsOf(t, l, cash).supply)
	receipts := execute(t, l, 0, w.issue(t, l, bob, cash, 1))
	requireRejected(t, receipts[0], utt.CodeSupply, "ISSUE-SUPPLY")

	n := nonceOf(t, l, alice)
	all := accountsOf(t, l, cash).alice
	requireExecuted(t, execute(t, l, 0, w.Alice.Public(n, bob, cash, all)))
	require.Equal(t, accounts{0, all + 100, all + 200, math.MaxUint64}, accountsOf(t, l, cash))

	requireExecuted(t, execute(t, l, 0, w.issue(t, l, bob, gold, math.MaxUint64)))
	require.Equal(t, utt.Amount(math.MaxUint64), accountsOf(t, l, gold).sum)
	receipts = execute(t, l, 0, w.issue(t, l, alice, gold, 1))
	requireRejected(t, receipts[0], utt.CodeSupply, "ISSUE-SUPPLY")
}

// enrolled is an endorsed registration of an identity with the seed that join uses.
func (w *world) enrolled(t testing.TB, identity string, class utt.Class) *utt.Registration {
	t.Helper()
	seed := utt.PIDOf("seed of " + identity)
	viewer, err := wallet.New(w.Parameters, identity, seed[:], atStart())
	require.NoError(t, err)
	r, err := viewer.Registration(class)
	require.NoError(t, err)
	r, err = w.Endorser.Endorse(identity, r)
	require.NoError(t, err)
	return r
}

func TestRegistrationIsIdempotent(t *testing.T) {
	const carol = "carol@example.org"
	w := sharedWorld()
	l, twin := w.fork(t), w.fork(t)
	r, again := w.enrolled(t, carol, 1), w.enrolled(t, carol, 1)
	require.NotEqual(t, r.Digest(), again.Digest(), "the proofs differ")
	receipts := execute(t, l, 0, parse(t, r, r, again, w.enrolled(t, carol, 0), w.enrolled(t, alice, 0))...)
	requireExecuted(t, receipts[:3])
	requireRejected(t, receipts[3], utt.CodeRegistered, "REG-ONCE")
	require.Equal(t, utt.Executed, receipts[4].Status, "as before")

	requireExecuted(t, execute(t, twin, 0, parse(t, r)...))
	require.Equal(t, twin.Digest(), l.Digest(), "one record")
	requireExecuted(t, execute(t, l, 0, parse(t, again)...))
}

// A burn goes to the account of the registry entry of the burner.
func TestBurnGoesHome(t *testing.T) {
	w := sharedWorld()
	l := w.fork(t)
	requireExecuted(t, execute(t, l, 0, parse(t, w.HonestBurn())...))
	m, err := l.Balance(utt.PIDOf(mallory), cash)
	require.NoError(t, err)
	require.EqualValues(t, 170, m)
	require.EqualValues(t, 370, accountsOf(t, l, cash).sum)
}

// A grant for an epoch is accepted in it and in the one before, once.
func TestGrantEpochs(t *testing.T) {
	w := sharedWorld()
	l := w.fork(t)
	policy := w.Parameters.Policy()
	grant := func(e utt.Epoch) utt.Operation {
		g, err := utt.NewGrant(w.Parameters, w.Alice.PID(), budget.Privacy, cash, e, 0)
		require.NoError(t, err)
		return parse(t, g)[0]
	}
	for _, s := range []struct {
		now   utt.Epoch
		of    utt.Epoch
		code  utt.Code // 0 if executed
		label string
	}{
		{now: 1, of: 1, code: utt.CodeGranted, label: "GRANT-ONCE"}, // by join
		{now: 1, of: 2},
		{now: 1, of: 2, code: utt.CodeGranted, label: "GRANT-ONCE"},
		{now: 1, of: 3, code: utt.CodeEpoch, label: "POLICY-EPOCH"},
		{now: 2, of: 1, code: utt.CodeEpoch, label: "POLICY-EPOCH"},
		{now: 2, of: 2, code: utt.CodeGranted, label: "GRANT-ONCE"},
		{now: 4, of: 4},
		{now: 4, of: 5},
		{now: 5, of: 5, code: utt.CodeGranted, label: "GRANT-ONCE"},
		{now: 5, of: 4, code: utt.CodeEpoch, label: "POLICY-EPOCH"},
	} {
		r := execute(t, l, max(policy.StartOf(s.now), l.Head().Time), grant(s.of))[0]
		if s.code == 0 {
			require.Equal(t, utt.Executed, r.Status, "of %d in %d: %v", s.of, s.now, r.Rejection)
			continue
		}
		requireRejected(t, r, s.code, s.label)
	}
	// the other asset has a budget of its own
	g, err := utt.NewGrant(w.Parameters, w.Alice.PID(), budget.Privacy, gold, 5, 0)
	require.NoError(t, err)
	requireExecuted(t, execute(t, l, 0, g))
}

func TestNewOperationsArguments(t *testing.T) {
	w := sharedWorld()
	p, pid := w.Parameters, w.Alice.PID()
	var notCanonical utt.PID
	for i := range notCanonical {
		notCanonical[i] = 0xff
	}
	for name, err := range map[string]error{
		"issue without parameters":    second(utt.NewIssue(nil, w.Issuer, 0, pid, cash, 1)),
		"issue with no key":           second(utt.NewIssue(p, nil, 0, pid, cash, 1)),
		"issue with a short key":      second(utt.NewIssue(p, w.Issuer[:31], 0, pid, cash, 1)),
		"issue of nothing":            second(utt.NewIssue(p, w.Issuer, 0, pid, cash, 0)),
		"grant without parameters":    second(utt.NewGrant(nil, pid, budget.Privacy, cash, 1, 0)),
		"endorser without parameters": second(utt.NewEndorser(nil, w.Issuer)),
	} {
		require.ErrorIs(t, err, utt.ErrInvalid, name)
	}
	for name, err := range map[string]error{
		"issue of no asset":         second(utt.NewIssue(p, w.Issuer, 0, pid, "", 1)),
		"issue of an unknown asset": second(utt.NewIssue(p, w.Issuer, 0, pid, "tulips", 1)),
		"grant of an unknown asset": second(utt.NewGrant(p, pid, budget.Privacy, "tulips", 1, 0)),
		"grant of an unknown class": second(utt.NewGrant(p, pid, budget.Privacy, cash, 1, math.MaxUint16)),
		"grant for no epoch":        second(utt.NewGrant(p, pid, budget.Privacy, cash, 0, 0)),
		"endorser with no key":      second(utt.NewEndorser(p, nil)),
		"endorser with another key": second(utt.NewEndorser(p, w.Issuer)),
		"issue with another key":    second(utt.NewIssue(p, ed25519.NewKeyFromSeed(make([]byte, 32)), 0, pid, cash, 1)),
	} {
		require.ErrorIs(t, err, utt.ErrPolicy, name)
	}
	require.ErrorIs(t, second(utt.NewIssue(p, w.Issuer, 0, notCanonical, cash, 1)), utt.ErrMalformed)
	require.ErrorIs(t, second(utt.NewGrant(p, notCanonical, budget.Privacy, cash, 1, 0)), utt.ErrMalformed)

	r := w.enrolled(t, alice, 0)
	require.Equal(t, utt.PIDOf(alice), r.PID())
	require.Equal(t, utt.Class(0), r.Class())
	another := second(w.Endorser.Endorse(bob, r))
	require.ErrorIs(t, another, utt.ErrInvalid)
	require.ErrorContains(t, another, fmt.Sprintf("%v, while %q is %v: was the wallet made with this identity?", utt.PIDOf(alice), bob, utt.PIDOf(bob)))
	require.ErrorIs(t, second(w.Endorser.Endorse(alice, nil)), utt.ErrInvalid)
	require.ErrorIs(t, second(w.Endorser.Endorse(alice, new(utt.Registration))), utt.ErrInvalid)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x"} {
		require.Equal(t, "redacted", fmt.Sprintf(verb, w.Endorser))
		require.Equal(t, "redacted", fmt.Sprintf(verb, *w.Endorser))
	}
	b, err := json.Marshal(w.Endorser)
	require.NoError(t, err)
	require.Equal(t, `"redacted"`, string(b))
}

func second[T any](_ T, err error) error { return err }

// The digest depends on what was executed and in which order, and on nothing else.
func TestDigest(t *testing.T) {
	w := sharedWorld()
	fresh, err := ledger.New(w.Parameters, new(store.Memory))
	require.NoError(t, err)
	foreign, err := ledger.New(otherWorld(t), new(store.Memory))
	require.NoError(t, err)
	require.NotEqual(t, fresh.Digest(), foreign.Digest(), "the parameters")

	run := func(blocks ...[]utt.Operation) [32]byte {
		l := w.fork(t)
		for _, ops := range blocks {
			execute(t, l, 0, parse(t, ops...)...)
		}
		return l.Digest()
	}
	a, b := utt.Operation(w.Merge(300)), utt.Operation(w.Merge(200))
	bad := cheat(t, "a coin that nobody signed").Op
	want := run([]utt.Operation{a, b})
	require.Equal(t, want, run([]utt.Operation{bad, a, a, bad, b, a, b}), "rejected operations leave no trace")
	require.NotEqual(t, want, run([]utt.Operation{b, a}), "the order")
	require.NotEqual(t, want, run([]utt.Operation{a}, []utt.Operation{b}), "the blocks")
	require.NotEqual(t, want, run([]utt.Operation{a}))
	require.NotEqual(t, run(), run(nil), "an empty block")
	l := w.fork(t)
	execute(t, l, l.Head().Time+1, parse(t, a, b)...)
	require.NotEqual(t, want, l.Digest(), "the time")

	for _, n := range []int{1, 3, 16} {
		before := runtime.GOMAXPROCS(n)
		got := run([]utt.Operation{a, bad, b})
		runtime.GOMAXPROCS(before)
		require.Equal(t, want, got, "GOMAXPROCS %d", n)
	}
}

// A ledger is opened again as it was closed.
func TestOpenLedger(t *testing.T) {
	w := sharedWorld()
	s := new(store.Memory)
	l, err := ledger.Restore(w.Parameters, s, bytes.NewReader(w.snapshot), w.digest)
	require.NoError(t, err)
	execute(t, l, 0, parse(t, w.Merge(300))...)
	again, err := ledger.New(w.Parameters, s)
	require.NoError(t, err)
	require.Equal(t, l.Digest(), again.Digest())
	require.Equal(t, l.Head(), again.Head())
	require.Same(t, w.Parameters, again.Parameters())
	requireRejected(t, execute(t, again, 0, parse(t, w.Merge(300))...)[0], utt.CodeSpent, "NF-ONCE")

	require.ErrorIs(t, second(ledger.New(otherWorld(t), s)), utt.ErrPolicy)
	require.ErrorIs(t, second(ledger.New(nil, s)), utt.ErrInvalid)
	require.ErrorIs(t, second(ledger.New(new(utt.Parameters), s)), utt.ErrInvalid)
	require.ErrorIs(t, second(ledger.New(w.Parameters, nil)), utt.ErrInvalid)
	require.NoError(t, s.Apply([]store.Write{{Key: []byte("m"), Value: []byte("garbled")}}))
	require.ErrorIs(t, second(ledger.New(w.Parameters, s)), utt.ErrMalformed)
}

func TestSpent(t *testing.T) {
	w := sharedWorld()
	l := w.fork(t)
	op := w.Merge(300)
	spent, err := l.Spent(utt.FirstNullifier(op))
	require.NoError(t, err)
	require.False(t, spent)
	execute(t, l, 0, parse(t, op)...)
	spent, err = l.Spent(utt.FirstNullifier(op))
	require.NoError(t, err)
	require.True(t, spent)
	spent, err = l.Spent(nullifier.Nullifier{})
	require.NoError(t, err)
	require.False(t, spent)
}
