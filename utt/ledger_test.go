package utt_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"math"
	"runtime"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/nullifier"
	"github.com/utt-ecash/utt-go/utt"
)

// issue is the issuer's next order on a ledger.
func (w *world) issue(t testing.TB, l *utt.Ledger, to, asset string, amount utt.Amount) *utt.Issue {
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

// A block that does not go with its verdicts, or does not follow, fails as a whole.
func TestExecuteRefusesBlocks(t *testing.T) {
	w := sharedWorld()
	l := w.fork(t)
	head, before := l.Head(), l.Digest()
	policy := w.Parameters.Policy()
	o := w.issue(t, l, alice, cash, 10)
	other := w.issue(t, l, alice, cash, 11)
	verdicts := check(t, w.Parameters, head.Time, o)
	next := func(change func(*utt.Block)) *utt.Block {
		b := &utt.Block{Height: head.Height + 1, Time: head.Time, Ops: []utt.Operation{o}}
		change(b)
		return b
	}
	as := func(*utt.Block) {}
	foreign := otherWorld(t)

	for name, c := range map[string]struct {
		block    *utt.Block
		verdicts *utt.Verdicts
	}{
		"no block":                         {nil, verdicts},
		"no verdicts":                      {next(as), nil},
		"empty verdicts":                   {next(as), new(utt.Verdicts)},
		"a verdict is missing":             {next(func(b *utt.Block) { b.Ops = []utt.Operation{o, other} }), verdicts},
		"a verdict on other bytes":         {next(func(b *utt.Block) { b.Ops = []utt.Operation{other} }), verdicts},
		"verdicts for other parameters":    {next(as), check(t, foreign, head.Time, o)},
		"verdicts for another epoch":       {next(func(b *utt.Block) { b.Time = policy.StartOf(2) }), verdicts},
		"verdicts for the epoch after":     {next(as), check(t, w.Parameters, policy.StartOf(2), o)},
		"a nil operation":                  {next(func(b *utt.Block) { b.Ops = []utt.Operation{nil} }), verdicts},
		"a nil pointer as operation":       {next(func(b *utt.Block) { b.Ops = []utt.Operation{o, (*utt.Transfer)(nil)} }), verdicts},
		"an empty operation":               {next(func(b *utt.Block) { b.Ops = []utt.Operation{new(utt.Mint)} }), verdicts},
		"an operation from elsewhere":      {next(func(b *utt.Block) { b.Ops = []utt.Operation{disguise{o}} }), verdicts},
		"height 0":                         {next(func(b *utt.Block) { b.Height = 0 }), verdicts},
		"the last height again":            {next(func(b *utt.Block) { b.Height-- }), verdicts},
		"a height left out":                {next(func(b *utt.Block) { b.Height++ }), verdicts},
		"the largest height":               {next(func(b *utt.Block) { b.Height = math.MaxUint64 }), verdicts},
		"a time before that of the last":   {next(func(b *utt.Block) { b.Time-- }), verdicts},
		"a time before the policy's start": {next(func(b *utt.Block) { b.Time = 0 }), verdicts},
		"a time beyond all time":           {next(func(b *utt.Block) { b.Time = math.MaxUint64 }), verdicts},
	} {
		receipts, err := l.Execute(c.block, c.verdicts)
		require.ErrorIs(t, err, utt.ErrInvalid, name)
		require.Nil(t, receipts, name)
		require.Equal(t, before, l.Digest(), name)
		require.Equal(t, head, l.Head(), name)
	}

	receipts, err := l.Execute(next(as), verdicts)
	require.NoError(t, err, "the right block is accepted after all the wrong ones")
	requireExecuted(t, receipts)
}

// disguise is an operation of a type from elsewhere, whose digest could be any.
type disguise struct{ utt.Operation }

// otherWorld are the parameters of another network with the same keys.
func otherWorld(t testing.TB) *utt.Parameters {
	t.Helper()
	c := sharedWorld().Config()
	c.Name = "another"
	p, err := utt.NewParameters(c)
	require.NoError(t, err)
	return p
}

func TestBlockTimes(t *testing.T) {
	w := sharedWorld()
	l := w.fork(t)
	policy := w.Parameters.Policy()
	for _, time := range []uint64{l.Head().Time, l.Head().Time, l.Head().Time + 1, policy.StartOf(2) - 1, policy.StartOf(2), math.MaxInt64} {
		want, err := policy.EpochAt(time)
		require.NoError(t, err)
		before := l.Head()
		execute(t, l, time)
		require.Equal(t, utt.Head{Height: before.Height + 1, Time: time, Epoch: want}, l.Head())
	}
}

func TestCheckArguments(t *testing.T) {
	ctx := context.Background()
	p, time := sharedWorld().Parameters, sharedWorld().head.Time
	for name, op := range map[string]utt.Operation{
		"nil": nil, "nil pointer": (*utt.Grant)(nil), "from elsewhere": disguise{sharedWorld().honest},
		"empty registration": new(utt.Registration), "empty issue": new(utt.Issue), "empty public transfer": new(utt.PublicTransfer),
		"empty mint": new(utt.Mint), "empty grant": new(utt.Grant), "empty transfer": new(utt.Transfer),
	} {
		_, err := p.Check(ctx, time, []utt.Operation{sharedWorld().honest, op})
		require.ErrorIs(t, err, utt.ErrMalformed, name)
		require.ErrorIs(t, check(t, p, time).Err(op), utt.ErrNotFound, name)
		require.ErrorIs(t, (*utt.Verdicts)(nil).Err(op), utt.ErrNotFound, name)
	}
	for _, time := range []uint64{0, math.MaxUint64} {
		_, err := p.Check(ctx, time, nil)
		require.ErrorIs(t, err, utt.ErrPolicy)
	}
	_, err := new(utt.Parameters).Check(ctx, time, nil)
	require.ErrorIs(t, err, utt.ErrInvalid)

	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	_, err = p.Check(cancelled, time, []utt.Operation{sharedWorld().honest})
	require.ErrorIs(t, err, context.Canceled)
}

func TestVerdicts(t *testing.T) {
	w := sharedWorld()
	bad := cheat(t, "a budget that nobody signed").Op
	v := check(t, w.Parameters, w.head.Time, w.honest, bad, w.honest)
	require.NoError(t, v.Err(w.honest))
	var no *utt.Rejection
	require.ErrorAs(t, v.Err(bad), &no)
	require.Equal(t, "TX-SIG-B", no.Label)
	require.ErrorIs(t, v.Err(w.issue(t, w.fork(t), alice, cash, 1)), utt.ErrNotFound)
}

// Trusted operations are executed as if they had been checked, but for proofs; what
// needs none to be seen wrong is rejected all the same.
func TestTrust(t *testing.T) {
	w := sharedWorld()
	l, twin := w.fork(t), w.fork(t)
	ops := parse(t, w.Merge(300), cheat(t, "for another network").Op, w.issue(t, l, bob, cash, 5), w.Alice.Public(1, bob, cash, 9), w.Merge(300))
	head := l.Head()
	verdicts, err := w.Parameters.Trust(head.Time, ops)
	require.NoError(t, err)
	receipts, err := l.Execute(&utt.Block{Height: head.Height + 1, Time: head.Time, Ops: ops}, verdicts)
	require.NoError(t, err)
	require.Equal(t, execute(t, twin, 0, ops...), receipts)
	require.Equal(t, twin.Digest(), l.Digest())
	requireRejected(t, receipts[1], utt.CodeInvalid, "TX-NETWORK")

	bad := parse(t, cheat(t, "values that do not balance").Op)
	verdicts, err = w.Parameters.Trust(head.Time, bad)
	require.NoError(t, err)
	require.NoError(t, verdicts.Err(bad[0]), "a proof is not looked at")
	require.Error(t, check(t, w.Parameters, head.Time, bad...).Err(bad[0]))

	require.ErrorIs(t, second(w.Parameters.Trust(head.Time, []utt.Operation{nil})), utt.ErrMalformed)
	require.ErrorIs(t, second(w.Parameters.Trust(head.Time, []utt.Operation{new(utt.Mint)})), utt.ErrMalformed)
	require.ErrorIs(t, second(w.Parameters.Trust(0, nil)), utt.ErrPolicy)
	require.ErrorIs(t, second(new(utt.Parameters).Trust(head.Time, nil)), utt.ErrInvalid)
}

func TestParseOperations(t *testing.T) {
	w := sharedWorld()
	good, other := utt.RawOperation(w.honest), utt.RawOperation(w.Alice.Public(1, bob, cash, 9))
	ops, errs := utt.ParseOperations([][]byte{good, nil, other, good[1:]})
	for i, want := range [][]byte{good, nil, other, nil} {
		if want == nil {
			require.Nil(t, ops[i])
			require.ErrorIs(t, errs[i], utt.ErrMalformed)
			continue
		}
		require.NoError(t, errs[i])
		require.Equal(t, want, utt.RawOperation(ops[i]))
	}
	ops, errs = utt.ParseOperations(nil)
	require.Empty(t, ops)
	require.Empty(t, errs)
}

// The first of two operations in conflict wins, and a rejected one marks nothing:
// not even the nullifier that it did not share.
func TestConflictsInABlock(t *testing.T) {
	w := sharedWorld()
	first, second, both, free := w.Merge(300, 200), w.Merge(300), w.Merge(200, 100), w.Merge(100)
	l, twin := w.fork(t), w.fork(t)
	receipts := execute(t, l, 0, parse(t, first, second, both, free, first)...)
	requireExecuted(t, receipts[:1])
	for _, i := range []int{1, 2, 4} {
		requireRejected(t, receipts[i], utt.CodeSpent, "NF-ONCE")
	}
	require.Equal(t, utt.Executed, receipts[3].Status, "the coin of 100 was only in a rejected transfer")

	execute(t, twin, 0, parse(t, first, free)...)
	require.Equal(t, twin.Digest(), l.Digest())

	// in the other order the others win
	receipts = execute(t, w.fork(t), 0, parse(t, second, both, first, free)...)
	requireExecuted(t, receipts[:2])
	requireRejected(t, receipts[2], utt.CodeSpent, "NF-ONCE")
	requireRejected(t, receipts[3], utt.CodeSpent, "NF-ONCE")

	// and so across blocks
	l = w.fork(t)
	requireExecuted(t, execute(t, l, 0, parse(t, second)...))
	receipts = execute(t, l, 0, parse(t, first, both)...)
	requireRejected(t, receipts[0], utt.CodeSpent, "NF-ONCE")
	require.Equal(t, utt.Executed, receipts[1].Status)
}

func TestReceipts(t *testing.T) {
	w := sharedWorld()
	l := w.fork(t)
	op := w.Merge(300)
	receipts := execute(t, l, 0, op, op)
	require.Equal(t, utt.Receipt{Op: op.Digest(), ID: op.ID(), Status: utt.Executed}, receipts[0])
	require.Equal(t, op.Digest(), receipts[1].Op)
	require.Equal(t, op.ID(), receipts[1].ID)
	require.Equal(t, op.Digest(), receipts[1].Rejection.Op)
	require.NotEqual(t, [32]byte(op.Digest()), [32]byte(op.ID()), "a transfer's ID leaves its proofs out")
	require.Contains(t, receipts[1].Rejection.Error(), "NF-ONCE")
	require.Contains(t, receipts[1].Rejection.Error(), "spent")
	require.Empty(t, execute(t, l, 0), "an empty block")
}

// Codes and their causes are stable: receipts hold them.
func TestCodes(t *testing.T) {
	for code, c := range map[utt.Code]struct {
		number byte
		name   string
		cause  error
	}{
		utt.CodeInvalid:      {1, "invalid", utt.ErrInvalid},
		utt.CodePolicy:       {2, "policy", utt.ErrPolicy},
		utt.CodeEpoch:        {3, "epoch", utt.ErrPolicy},
		utt.CodeSpent:        {4, "spent", utt.ErrConflict},
		utt.CodeNonce:        {5, "nonce", utt.ErrConflict},
		utt.CodeBalance:      {6, "balance", utt.ErrInsufficient},
		utt.CodeUnregistered: {7, "unregistered", utt.ErrNotFound},
		utt.CodeRegistered:   {8, "registered", utt.ErrConflict},
		utt.CodeAccountKey:   {9, "account key", utt.ErrConflict},
		utt.CodeGranted:      {10, "granted", utt.ErrConflict},
		utt.CodeSupply:       {11, "supply", utt.ErrPolicy},
		200:                  {200, "code 200", utt.ErrInvalid},
	} {
		require.Equal(t, c.number, byte(code))
		require.Equal(t, c.name, code.String())
		require.ErrorIs(t, &utt.Rejection{Code: code}, c.cause)
	}
	for s, name := range map[utt.Status]string{utt.Executed: "executed", utt.Held: "held", utt.Rejected: "rejected", 9: "status 9"} {
		require.Equal(t, name, s.String())
	}
	for c, name := range map[utt.Case]string{utt.Self: "self", utt.Anonymous: "anonymous", utt.Audited: "audited", utt.Delayed: "delayed", 9: "case 9"} {
		require.Equal(t, name, c.String())
	}
}

// accounts is what a ledger says of the ordinary money of an asset.
type accounts struct{ alice, bob, sum, supply utt.Amount }

func accountsOf(t testing.TB, l *utt.Ledger, asset string) (a accounts) {
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

func nonceOf(t testing.TB, l *utt.Ledger, identity string) uint64 {
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
	wallet, err := utt.NewWallet(w.Parameters, identity, seed[:])
	require.NoError(t, err)
	r, err := wallet.Registration(class)
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
		g, err := utt.NewGrant(w.Parameters, w.Alice.PID(), cash, e, 0)
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
	g, err := utt.NewGrant(w.Parameters, w.Alice.PID(), gold, 5, 0)
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
		"grant without parameters":    second(utt.NewGrant(nil, pid, cash, 1, 0)),
		"endorser without parameters": second(utt.NewEndorser(nil, w.Issuer)),
	} {
		require.ErrorIs(t, err, utt.ErrInvalid, name)
	}
	for name, err := range map[string]error{
		"issue of no asset":         second(utt.NewIssue(p, w.Issuer, 0, pid, "", 1)),
		"issue of an unknown asset": second(utt.NewIssue(p, w.Issuer, 0, pid, "tulips", 1)),
		"grant of an unknown asset": second(utt.NewGrant(p, pid, "tulips", 1, 0)),
		"grant of an unknown class": second(utt.NewGrant(p, pid, cash, 1, math.MaxUint16)),
		"grant for no epoch":        second(utt.NewGrant(p, pid, cash, 0, 0)),
		"endorser with no key":      second(utt.NewEndorser(p, nil)),
		"endorser with another key": second(utt.NewEndorser(p, w.Issuer)),
	} {
		require.ErrorIs(t, err, utt.ErrPolicy, name)
	}
	require.ErrorIs(t, second(utt.NewIssue(p, w.Issuer, 0, notCanonical, cash, 1)), utt.ErrMalformed)
	require.ErrorIs(t, second(utt.NewGrant(p, notCanonical, cash, 1, 0)), utt.ErrMalformed)

	r := w.enrolled(t, alice, 0)
	require.Equal(t, utt.PIDOf(alice), r.PID())
	require.Equal(t, utt.Class(0), r.Class())
	require.ErrorIs(t, second(w.Endorser.Endorse(bob, r)), utt.ErrInvalid)
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
	fresh, err := utt.NewLedger(w.Parameters, new(utt.MemoryStore))
	require.NoError(t, err)
	foreign, err := utt.NewLedger(otherWorld(t), new(utt.MemoryStore))
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

// faulty is a store whose calls fail from the n-th on, until it is repaired.
type faulty struct {
	utt.Store
	mu   sync.Mutex
	left int
}

var errDisk = errors.New("disk on fire")

func (s *faulty) spend() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.left == 0 {
		return errDisk
	}
	s.left--
	return nil
}

func (s *faulty) repair(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.left = n
}

func (s *faulty) Get(key []byte) ([]byte, bool, error) {
	if err := s.spend(); err != nil {
		return nil, false, err
	}
	return s.Store.Get(key)
}

func (s *faulty) Apply(writes []utt.Write) error {
	if err := s.spend(); err != nil {
		return err
	}
	return s.Store.Apply(writes)
}

func (s *faulty) Scan(prefix []byte) iter.Seq2[utt.Write, error] {
	all := s.Store.Scan(prefix)
	return func(yield func(utt.Write, error) bool) {
		for w, err := range all {
			if e := s.spend(); e != nil {
				err = e
			}
			if !yield(w, err) || err != nil {
				return
			}
		}
	}
}

const fine = math.MaxInt

// Wherever the store fails, Execute fails as a whole; once the store works again,
// the same block is executed as if nothing had been.
func TestStoreFailsAtEveryCall(t *testing.T) {
	w := sharedWorld()
	store := &faulty{Store: new(utt.MemoryStore), left: fine}
	l, err := utt.Restore(w.Parameters, store, bytes.NewReader(w.snapshot), w.digest)
	require.NoError(t, err)
	twin := w.fork(t)
	ops := parse(t, w.Merge(300, 200), w.Merge(200), w.issue(t, l, bob, cash, 5), w.Alice.Public(1, bob, cash, 9),
		w.HonestBurn(), w.enrolled(t, "carol@example.org", 0), w.Alice.Minted(2, cash, 3))
	want := execute(t, twin, 0, ops...)
	head := l.Head()
	block := &utt.Block{Height: head.Height + 1, Time: head.Time, Ops: ops}
	verdicts := check(t, w.Parameters, head.Time, ops...)

	calls := 0
	for ; ; calls++ {
		store.repair(calls)
		receipts, err := l.Execute(block, verdicts)
		if err == nil {
			require.Equal(t, want, receipts)
			break
		}
		require.ErrorIs(t, err, errDisk)
		require.Nil(t, receipts)
		require.Equal(t, w.digest, l.Digest())
		require.Equal(t, head, l.Head())
		var b bytes.Buffer
		store.repair(fine)
		require.NoError(t, l.Snapshot(&b))
		require.Equal(t, w.snapshot, b.Bytes(), "nothing was written")
	}
	require.Greater(t, calls, 20)
	require.Equal(t, twin.Digest(), l.Digest())
}

func TestReadsFromAFailingStore(t *testing.T) {
	w := sharedWorld()
	store := &faulty{Store: new(utt.MemoryStore), left: fine}
	l, err := utt.Restore(w.Parameters, store, bytes.NewReader(w.snapshot), w.digest)
	require.NoError(t, err)
	store.repair(0)
	pid := utt.PIDOf(alice)
	for name, err := range map[string]error{
		"balance":     second(l.Balance(pid, cash)),
		"nonce":       second(l.Nonce(pid)),
		"issue nonce": second(l.IssueNonce()),
		"supply":      second(l.Supply(cash)),
		"accounts":    second(l.Accounts(cash)),
		"spent":       second(l.Spent(nullifier.Nullifier{})),
		"snapshot":    l.Snapshot(new(bytes.Buffer)),
		"open":        second(utt.NewLedger(w.Parameters, store)),
		"restore":     second(utt.Restore(w.Parameters, store, bytes.NewReader(w.snapshot), w.digest)),
	} {
		require.ErrorIs(t, err, errDisk, name)
	}
	var failed []error
	for r, err := range l.Records(context.Background(), utt.Cursor{}) {
		require.Nil(t, r)
		failed = append(failed, err)
	}
	require.Len(t, failed, 1)
	require.ErrorIs(t, failed[0], errDisk)
	require.Equal(t, w.digest, l.Digest())
}

// testStore is the contract of Store, for any of them.
func testStore(t *testing.T, empty func() utt.Store) {
	s := empty()
	pairs := func(seq iter.Seq2[utt.Write, error]) (found []string) {
		for w, err := range seq {
			require.NoError(t, err)
			found = append(found, string(w.Key)+"="+string(w.Value))
		}
		return found
	}
	get := func(key string) string {
		v, ok, err := s.Get([]byte(key))
		require.NoError(t, err)
		if !ok {
			require.Empty(t, v)
			return "-"
		}
		return string(v)
	}
	require.Equal(t, "-", get("a"))
	require.Empty(t, pairs(s.Scan(nil)))
	require.NoError(t, s.Apply(nil))

	key, value := []byte("b"), []byte("2")
	require.NoError(t, s.Apply([]utt.Write{{Key: key, Value: value}, {Key: []byte("ab"), Value: []byte("1")}, {Key: []byte("a\xff"), Value: []byte("3")}}))
	key[0], value[0] = 'x', 'x' // the caller's to reuse
	require.Equal(t, "2", get("b"))
	require.Equal(t, "-", get("x"))
	require.Equal(t, "-", get(""))
	require.Equal(t, "-", get("a"))
	require.Equal(t, []string{"ab=1", "a\xff=3", "b=2"}, pairs(s.Scan(nil)), "ascending, byte by byte")
	require.Equal(t, []string{"ab=1", "a\xff=3"}, pairs(s.Scan([]byte("a"))))
	require.Empty(t, pairs(s.Scan([]byte("abc"))))

	was := s.Scan(nil)
	old, _, err := s.Get([]byte("b"))
	require.NoError(t, err)
	require.NoError(t, s.Apply([]utt.Write{{Key: []byte("b"), Value: []byte("4")}, {Key: []byte("c"), Value: []byte("5")}}))
	require.Equal(t, "4", get("b"))
	require.Equal(t, "2", string(old), "a value once given does not change")
	require.Equal(t, []string{"ab=1", "a\xff=3", "b=2"}, pairs(was), "as of the call")
	require.Equal(t, []string{"ab=1", "a\xff=3", "b=4", "c=5"}, pairs(s.Scan(nil)))
	for range s.Scan(nil) {
		break // a scan may be left early
	}

	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 50 {
				for w, err := range s.Scan([]byte("n")) {
					if err != nil || len(w.Value) != 1 {
						panic("a scan saw half a write")
					}
				}
				_, _, _ = s.Get([]byte("n1"))
			}
		})
	}
	for i := range byte(50) {
		require.NoError(t, s.Apply([]utt.Write{{Key: []byte("n1"), Value: []byte{i}}, {Key: []byte("n2"), Value: []byte{i}}}))
	}
	wg.Wait()
}

func TestMemoryStore(t *testing.T) {
	testStore(t, func() utt.Store { return new(utt.MemoryStore) })
}

func TestStoreWrapper(t *testing.T) {
	testStore(t, func() utt.Store { return &faulty{Store: new(utt.MemoryStore), left: fine} })
}

// A ledger is opened again as it was closed.
func TestOpenLedger(t *testing.T) {
	w := sharedWorld()
	store := new(utt.MemoryStore)
	l, err := utt.Restore(w.Parameters, store, bytes.NewReader(w.snapshot), w.digest)
	require.NoError(t, err)
	execute(t, l, 0, parse(t, w.Merge(300))...)
	again, err := utt.NewLedger(w.Parameters, store)
	require.NoError(t, err)
	require.Equal(t, l.Digest(), again.Digest())
	require.Equal(t, l.Head(), again.Head())
	require.Same(t, w.Parameters, again.Parameters())
	requireRejected(t, execute(t, again, 0, parse(t, w.Merge(300))...)[0], utt.CodeSpent, "NF-ONCE")

	require.ErrorIs(t, second(utt.NewLedger(otherWorld(t), store)), utt.ErrPolicy)
	require.ErrorIs(t, second(utt.NewLedger(nil, store)), utt.ErrInvalid)
	require.ErrorIs(t, second(utt.NewLedger(new(utt.Parameters), store)), utt.ErrInvalid)
	require.ErrorIs(t, second(utt.NewLedger(w.Parameters, nil)), utt.ErrInvalid)
	require.NoError(t, store.Apply([]utt.Write{{Key: []byte("m"), Value: []byte("garbled")}}))
	require.ErrorIs(t, second(utt.NewLedger(w.Parameters, store)), utt.ErrMalformed)
}

func TestRecords(t *testing.T) {
	w := sharedWorld()
	l := w.fork(t)
	execute(t, l, 0, parse(t, w.Merge(300), w.Merge(200), cheat(t, "a coin that nobody signed").Op, w.issue(t, l, bob, cash, 1))...)
	execute(t, l, 0)
	execute(t, l, 0, parse(t, w.Merge(100))...)
	ctx := context.Background()
	list := func(from utt.Cursor) (all []*utt.Record) {
		for r, err := range l.Records(ctx, from) {
			require.NoError(t, err)
			require.False(t, r.Signed())
			all = append(all, r)
		}
		return all
	}
	all := list(utt.Cursor{})
	head := l.Head().Height
	require.Len(t, all, len(w.Records)+4)
	last := all[len(all)-1]
	require.Equal(t, utt.Cursor{Height: head}, last.Cursor())
	require.Equal(t, utt.Executed, last.Status())
	require.Equal(t, l.Head().Time, last.Time())
	require.Equal(t, 2, last.Outputs(w.Parameters))
	require.Equal(t, 0, last.Outputs(nil))
	for i, r := range all {
		if i > 0 {
			a, b := all[i-1].Cursor(), r.Cursor()
			require.True(t, b.Height > a.Height && b.Index == 0 || b.Height == a.Height && b.Index == a.Index+1)
		}
		require.Equal(t, all[i:], list(r.Cursor()), "from every place on")
		if i < len(w.Records) {
			require.Equal(t, w.Records[i].ID(), r.ID())
		}
	}
	require.Empty(t, list(utt.Cursor{Height: head, Index: 1}))
	require.Empty(t, list(utt.Cursor{Height: head, Index: math.MaxUint32}))
	require.Empty(t, list(utt.Cursor{Height: math.MaxUint64}))
	require.Equal(t, all[len(all)-1:], list(utt.Cursor{Height: head - 1, Index: 5}), "the block before is empty")

	seq := l.Records(ctx, last.Cursor())
	execute(t, l, 0, w.issue(t, l, bob, cash, 1))
	n := 0
	for _, err := range seq {
		require.NoError(t, err)
		n++
	}
	require.Equal(t, 1, n, "up to the head at the time of the call")
	for range l.Records(ctx, utt.Cursor{}) {
		break
	}

	cancelled, cancel := context.WithCancel(ctx)
	defer cancel()
	n = 0
	for r, err := range l.Records(cancelled, utt.Cursor{}) {
		if n++; n == 3 {
			cancel()
		}
		if n > 3 {
			require.ErrorIs(t, err, context.Canceled)
			require.Nil(t, r)
		}
	}
	require.Equal(t, 4, n)
}

func TestRecordCodec(t *testing.T) {
	w := sharedWorld()
	l := w.fork(t)
	execute(t, l, 0, parse(t, w.HonestPayment(), w.HonestSplit(), w.Alice.Public(1, bob, cash, 2))...)
	records := slices.Clone(w.Records)
	for r, err := range l.Records(context.Background(), utt.Cursor{}) {
		require.NoError(t, err)
		records = append(records, r)
	}
	kinds := make(map[byte]bool)
	for _, r := range records {
		b, err := r.MarshalBinary()
		require.NoError(t, err)
		kinds[r.Kind()] = true
		var d utt.Record
		require.NoError(t, d.UnmarshalBinary(b))
		again, err := d.AppendBinary([]byte{7})
		require.NoError(t, err)
		require.Equal(t, append([]byte{7}, b...), again)
		require.Equal(t, r.Signed(), d.Signed())
		require.Equal(t, r.Outputs(w.Parameters), d.Outputs(w.Parameters), "derived alike")
		for _, cut := range []int{0, 1, 2, 10, len(b) / 2, len(b) - 1} {
			require.ErrorIs(t, d.UnmarshalBinary(b[:cut]), utt.ErrMalformed)
		}
		require.ErrorIs(t, d.UnmarshalBinary(append(slices.Clone(b), 0)), utt.ErrMalformed)
		unchanged, err := d.MarshalBinary()
		require.NoError(t, err)
		require.Equal(t, b, unchanged)
	}
	require.Len(t, kinds, 6, "records of every kind")

	require.ErrorIs(t, second(new(utt.Record).MarshalBinary()), utt.ErrInvalid)
	require.Equal(t, 0, new(utt.Record).Outputs(w.Parameters))
	require.ErrorIs(t, new(utt.Record).UnmarshalBinary(nil), utt.ErrMalformed)
	require.ErrorIs(t, new(utt.Record).UnmarshalBinary(make([]byte, 1<<17)), utt.ErrMalformed)
}

// Readers see whole blocks while one goroutine executes.
func TestConcurrentReaders(t *testing.T) {
	w := sharedWorld()
	l := w.fork(t)
	done := make(chan struct{})
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			ctx, pid := context.Background(), utt.PIDOf(bob)
			for {
				select {
				case <-done:
					return
				default:
				}
				head := l.Head()
				_, errBalance := l.Balance(pid, cash)
				_, errNonce := l.Nonce(pid)
				n := 0
				for _, err := range l.Records(ctx, utt.Cursor{Height: head.Height}) {
					if err != nil {
						panic(err)
					}
					n++
				}
				_ = l.Digest()
				if err := errors.Join(errBalance, errNonce, l.Snapshot(new(bytes.Buffer))); err != nil {
					panic(err)
				}
			}
		})
	}
	for i := range 20 {
		o := w.issue(t, l, bob, cash, utt.Amount(i+1))
		requireExecuted(t, execute(t, l, 0, o, w.Alice.Public(uint64(1+i), bob, cash, 1)))
		sum := accountsOf(t, l, cash)
		require.Equal(t, sum.sum, 100+sum.alice+sum.bob)
	}
	close(done)
	wg.Wait()
	require.EqualValues(t, 100+20+210, accountsOf(t, l, cash).bob)
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
