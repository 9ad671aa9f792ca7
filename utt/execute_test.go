package utt_test

import (
	"context"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/budget"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/ledger"
	"github.com/utt-ecash/utt-go/utt/store"
)

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

	_, err := l.Execute(next(func(b *utt.Block) { b.Height++ }), verdicts)
	require.ErrorContains(t, err, fmt.Sprintf("; want height %d, time ≥ %d", head.Height+1, head.Time))
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
	for _, time := range []uint64{l.Head().Time, l.Head().Time, l.Head().Time + 1, policy.StartOf(2) - 1, policy.StartOf(2), budget.DefaultEnd - 1} {
		want, err := policy.EpochAt(time)
		require.NoError(t, err)
		before := l.Head()
		execute(t, l, time)
		require.Equal(t, ledger.Head{Height: before.Height + 1, Time: time, Epoch: want}, l.Head())
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
	require.True(t, receipts[0].Err() == nil, "not a nil *Rejection")
	var no *utt.Rejection
	require.ErrorAs(t, receipts[1].Err(), &no)
	require.Same(t, receipts[1].Rejection, no)
	require.ErrorIs(t, utt.Receipt{}.Err(), utt.ErrInvalid)
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
		utt.CodeNotAudited:   {17, "not audited", utt.ErrNotFound},
		utt.CodeNotSealed:    {18, "not sealed", utt.ErrConflict},
		utt.CodeOverdue:      {19, "overdue", utt.ErrPolicy},
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

// A time that cannot be in seconds is refused wherever it may come in, and changes
// nothing: a ledger's time never goes back.
func TestRejectsTimeOfAnotherUnit(t *testing.T) {
	w := sharedWorld()
	p, now := w.Parameters, w.head.Time
	l, err := ledger.New(p, new(store.Memory))
	require.NoError(t, err)
	before := l.Digest()
	for _, at := range []uint64{1000 * now, 1_000_000 * now, budget.DefaultEnd, math.MaxInt64, math.MaxUint64} {
		_, err := p.Check(context.Background(), at, nil)
		require.ErrorIs(t, err, utt.ErrPolicy)
		_, err = p.Trust(at, nil)
		require.ErrorIs(t, err, utt.ErrPolicy)
		_, _, err = l.Preview(w.honest, at)
		require.ErrorIs(t, err, utt.ErrPolicy)
		v := check(t, p, now)
		require.ErrorIs(t, v.For(p, at), utt.ErrInvalid)
		_, err = l.Execute(&utt.Block{Height: 1, Time: at}, v)
		require.ErrorIs(t, err, utt.ErrInvalid)
		if at <= math.MaxInt64 {
			require.ErrorContains(t, err, "[BLOCK-TIME]")
		}
	}
	require.Equal(t, before, l.Digest())
	requireExecuted(t, execute(t, l, now))

	c := w.Config() // parameters of a longer life
	c.Policy.End = time.Date(2500, 1, 1, 0, 0, 0, 0, time.UTC)
	longer, err := utt.NewParameters(c)
	require.NoError(t, err)
	require.NotEqual(t, p.Digest(), longer.Digest())
	check(t, longer, budget.DefaultEnd)
	parsed, err := utt.ParseParameters(utt.EncodingOf(longer))
	require.NoError(t, err)
	require.Equal(t, c.Policy.End, parsed.Policy().End)
}
