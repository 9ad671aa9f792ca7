package utt_test

import (
	"context"
	"errors"
	"iter"
	"math"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/local"
)

// node is another's node with faults of its own.
type node struct {
	utt.Node
	submit  func(context.Context, utt.Operation) error
	head    func(utt.Head, error) (utt.Head, error)
	records func([]*utt.Record) []*utt.Record
	fails   error // after the records
}

func (n *node) Submit(ctx context.Context, op utt.Operation) error {
	if n.submit != nil {
		return n.submit(ctx, op)
	}
	return n.Node.Submit(ctx, op)
}

func (n *node) Head(ctx context.Context) (utt.Head, error) {
	h, err := n.Node.Head(ctx)
	if n.head != nil {
		return n.head(h, err)
	}
	return h, err
}

func (n *node) Records(ctx context.Context, from utt.Cursor) iter.Seq2[*utt.Record, error] {
	var all []*utt.Record
	for r, err := range n.Node.Records(ctx, from) {
		if err != nil {
			panic(err)
		}
		all = append(all, r)
	}
	if n.records != nil {
		all = n.records(all)
	}
	return func(yield func(*utt.Record, error) bool) {
		for _, r := range all {
			if !yield(r, nil) {
				return
			}
		}
		if n.fails != nil {
			yield(nil, n.fails)
		}
	}
}

var (
	errDropped = errors.New("connection refused")
	errTimeout = errors.New("timeout")
)

// dropping loses what is submitted and says so, or not.
func dropping(n utt.Node, err error) *node {
	return &node{Node: n, submit: func(context.Context, utt.Operation) error { return err }}
}

// hiccup hands operations on and says that it failed.
func hiccup(n utt.Node) *node {
	return &node{Node: n, submit: func(ctx context.Context, op utt.Operation) error {
		return errors.Join(errTimeout, n.Submit(ctx, op))
	}}
}

// done awaits an operation that was just handed in.
func done(t testing.TB, w *utt.Wallet, n utt.Node) func(utt.ID, error) {
	t.Helper()
	return func(id utt.ID, err error) {
		t.Helper()
		require.NoError(t, err)
		require.NoError(t, w.Await(context.Background(), n, id))
	}
}

func sync1(t testing.TB, n utt.Node, wallets ...*utt.Wallet) {
	t.Helper()
	for _, w := range wallets {
		require.NoError(t, w.Sync(context.Background(), n))
	}
}

// story is a network on which everything that has records has happened.
type story struct {
	net     *local.Network
	records []*utt.Record
	alice   state
	bob     state
}

var newStory = sync.OnceValue(func() *story {
	var t fatal
	ctx := context.Background()
	s := &story{net: newNetwork(t)}
	a, b := join(t, s.net, alice, 500, 200), join(t, s.net, bob, 60)
	sync1(t, s.net, a)
	done(t, a, s.net)(a.Pay(ctx, s.net, bob, cash, 120, "memo"))
	done(t, a, s.net)(a.PayPublicly(ctx, s.net, bob, cash, 10))
	done(t, a, s.net)(a.Split(ctx, s.net, cash, 100))
	sync1(t, s.net, b)
	done(t, b, s.net)(b.Pay(ctx, s.net, alice, cash, 20, "back"))
	sync1(t, s.net, a, b)
	s.alice, s.bob = stateOf(a), stateOf(b)
	for r, err := range s.net.Records(ctx, utt.Cursor{}) {
		require.NoError(t, err)
		s.records = append(s.records, r)
	}
	return s
})

// Kinds of records.
const (
	aRegistration, anIssue, aPublicTransfer, aMint, aGrant, aTransfer = 1, 2, 3, 4, 5, 6
)

// nth is the place of a kind's n-th record.
func nth(all []*utt.Record, kind byte, n int) int {
	for i, r := range all {
		if r.Kind() == kind {
			if n--; n < 0 {
				return i
			}
		}
	}
	panic("no such record")
}

// replace is a node that serves another record instead of a kind's n-th.
func replace(kind byte, n int, with func(r *utt.Record, all []*utt.Record) *utt.Record) func([]*utt.Record) []*utt.Record {
	return func(all []*utt.Record) []*utt.Record {
		all = slices.Clone(all)
		i := nth(all, kind, n)
		all[i] = with(all[i], all)
		return all
	}
}

// Whatever a node garbles of what concerns the wallet, Sync fails, the wallet is as
// it was, and an honest node goes on from there.
func TestNodeGarblesRecords(t *testing.T) {
	ctx := context.Background()
	s := newStory()
	foreign := sharedWorld().Records
	unsigned := func(r *utt.Record, _ []*utt.Record) *utt.Record { return r.Unsigned() }
	signedLike := func(kind byte, n int) func(*utt.Record, []*utt.Record) *utt.Record {
		return func(r *utt.Record, all []*utt.Record) *utt.Record { return r.SignedLike(all[nth(all, kind, n)]) }
	}
	last := func(all []*utt.Record) utt.Cursor { return utt.Cursor{Height: all[len(all)-1].Cursor().Height + 1} }
	swap := func(i, j int) func([]*utt.Record) []*utt.Record {
		return func(all []*utt.Record) []*utt.Record {
			all = slices.Clone(all)
			all[i], all[j] = all[j], all[i]
			return all
		}
	}
	drop := func(kind byte, n int) func([]*utt.Record) []*utt.Record {
		return func(all []*utt.Record) []*utt.Record {
			i := nth(all, kind, n)
			return slices.Delete(slices.Clone(all), i, i+1)
		}
	}

	for name, c := range map[string]struct {
		records func([]*utt.Record) []*utt.Record
		cause   error // ErrInvalid if nil
		hint    string
	}{
		"two swapped":            {records: swap(3, 4), hint: "is next"},
		"first and last swapped": {records: swap(0, len(s.records)-1)},
		"one twice":              {records: func(all []*utt.Record) []*utt.Record { return slices.Insert(slices.Clone(all), 5, all[4]) }, hint: "is next"},
		"all twice":              {records: func(all []*utt.Record) []*utt.Record { return slices.Concat(all, all) }, hint: "is next"},
		"a gap in a block": {records: replace(aGrant, 1, func(r *utt.Record, _ []*utt.Record) *utt.Record {
			return r.At(utt.Cursor{Height: r.Cursor().Height, Index: 1})
		}), hint: "is next"},
		"nil":                     {records: replace(anIssue, 0, func(*utt.Record, []*utt.Record) *utt.Record { return nil }), hint: "empty record"},
		"an empty record":         {records: replace(anIssue, 0, func(*utt.Record, []*utt.Record) *utt.Record { return new(utt.Record) }), hint: "empty record"},
		"another network's":       {records: func([]*utt.Record) []*utt.Record { return foreign }, hint: "no endorser"},
		"registration unsigned":   {records: replace(aRegistration, 0, unsigned), hint: "no signature on output 0"},
		"registration of another": {records: replace(aRegistration, 0, signedLike(aRegistration, 1)), hint: "SIG-1"},
		"mint unsigned":           {records: replace(aMint, 0, unsigned), hint: "no signature on output 0"},
		"mint signed wrongly":     {records: replace(aMint, 0, signedLike(aMint, 1)), hint: "SIG-1"},
		"grant signed wrongly":    {records: replace(aGrant, 0, signedLike(aGrant, 1)), hint: "SIG-1"},
		"mint signed too often":   {records: replace(aMint, 0, signedLike(aTransfer, 0)), hint: "SIG-1"},
		"payment unsigned":        {records: replace(aTransfer, 0, unsigned), hint: "no signature on output 0"},
		"payment signed wrongly":  {records: replace(aTransfer, 0, signedLike(aTransfer, 2)), hint: "SIG-1"},
		"payment signed shortly":  {records: replace(aTransfer, 0, signedLike(aMint, 0)), hint: "no signature on output 1"},
		"change signed wrongly":   {records: replace(aTransfer, 1, func(r *utt.Record, all []*utt.Record) *utt.Record { return r.Noted(1) }), hint: "altered"},
		"budget change's note":    {records: replace(aTransfer, 0, func(r *utt.Record, all []*utt.Record) *utt.Record { return r.Noted(2) }), hint: "altered"},
		"a substituted address": {records: replace(aRegistration, 1, func(r *utt.Record, all []*utt.Record) *utt.Record {
			return r.Addressed(all[nth(all, aRegistration, 0)])
		}), hint: "no endorser"},
		"registered twice": {records: func(all []*utt.Record) []*utt.Record {
			return append(slices.Clone(all), all[nth(all, aRegistration, 1)].At(last(all)))
		}, hint: "second registration"},
		"itself registered twice": {records: func(all []*utt.Record) []*utt.Record {
			return append(slices.Clone(all), all[nth(all, aRegistration, 0)].At(last(all)))
		}, hint: "second registration"},
		"a coin before the user": {records: drop(aRegistration, 0), hint: "before its registration"},
		"an issue left out":      {records: drop(anIssue, 0), hint: "left something out"},
		"an order left out":      {records: drop(aMint, 0), hint: "left something out"},
		"an order made up": {records: func(all []*utt.Record) []*utt.Record {
			return append(slices.Clone(all), sharedWorld().Alice.Debited(last(all), 99, bob, cash, 1))
		}, hint: "left something out"},
		"too much money": {records: func(all []*utt.Record) []*utt.Record {
			return append(slices.Clone(all), utt.Issued(last(all), 9, alice, cash, math.MaxUint64))
		}, hint: "2^64"},
	} {
		t.Run(name, func(t *testing.T) {
			w := restore(t, s.net, alice)
			err := w.Sync(ctx, &node{Node: s.net, records: c.records})
			require.ErrorIs(t, err, utt.ErrInvalid)
			require.ErrorContains(t, err, c.hint)
			require.Equal(t, stateOf(restore(t, s.net, alice)), stateOf(w), "as it was")
			sync1(t, s.net, w)
			require.Equal(t, s.alice, stateOf(w), "an honest node goes on")
		})
	}
}

// Half of the records first, then a fault: what was known before stays.
func TestNodeBreaksOff(t *testing.T) {
	ctx := context.Background()
	s := newStory()
	half := len(s.records) / 2
	w := restore(t, s.net, alice)
	sync1(t, &node{Node: s.net, records: func(all []*utt.Record) []*utt.Record { return all[:half] }}, w)
	before := stateOf(w)
	require.True(t, before.Registered)

	require.ErrorIs(t, w.Sync(ctx, &node{Node: s.net, fails: errTimeout}), errTimeout)
	require.Equal(t, before, stateOf(w))
	require.ErrorIs(t, w.Sync(ctx, &node{Node: s.net, records: replace(aTransfer, 0, func(r *utt.Record, _ []*utt.Record) *utt.Record { return r.Unsigned() })}), utt.ErrInvalid)
	require.Equal(t, before, stateOf(w))
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	require.Error(t, w.Sync(cancelled, s.net))
	require.Equal(t, before, stateOf(w))
	sync1(t, s.net, w)
	require.Equal(t, s.alice, stateOf(w))
}

// What a node says of a pending payment is not believed, but what the ledger signed.
func TestNodeLiesAboutAPayment(t *testing.T) {
	ctx := context.Background()
	net := newNetwork(t)
	a, b := join(t, net, alice, 300), join(t, net, bob, 50, 40)
	sync1(t, net, a, b)
	var op *utt.Transfer
	id, err := a.Pay(ctx, &node{Node: net, submit: func(_ context.Context, o utt.Operation) error {
		op = o.(*utt.Transfer)
		return nil
	}}, bob, cash, 120, "")
	require.NoError(t, err)
	last := func(change func(*utt.Record) *utt.Record) utt.Node {
		return &node{Node: net, records: func(all []*utt.Record) []*utt.Record {
			all = slices.Clone(all)
			all[len(all)-1] = change(all[len(all)-1])
			return all
		}}
	}

	// another's transfer under the payment's ID
	done(t, b, net)(b.Split(ctx, net, cash, 45))
	sync1(t, last(func(r *utt.Record) *utt.Record { return r.Under(id) }), a)
	require.Equal(t, []utt.ID{id}, a.Pending())

	pending := stateOf(a)
	done(t, b, net)(b.Split(ctx, net, cash, 44))
	for name, lie := range map[string]func(*utt.Record) *utt.Record{
		"its coins were spent by another":    func(r *utt.Record) *utt.Record { return r.Spending(op) },
		"it was executed":                    func(r *utt.Record) *utt.Record { return r.Executing(op) },
		"it was executed under another name": func(r *utt.Record) *utt.Record { return r.Executing(op).Under(utt.ID{1}) },
	} {
		require.ErrorIs(t, a.Sync(ctx, last(lie)), utt.ErrInvalid, name)
		require.Equal(t, pending, stateOf(a), name)
	}
	sync1(t, net, a)

	// the payment itself, under another ID
	require.NoError(t, a.Resubmit(ctx, net, id))
	require.NoError(t, a.Await(ctx, last(func(r *utt.Record) *utt.Record { return r.Under(utt.ID{1}) }), id))
	require.Equal(t, utt.Balance{Spendable: 180, Account: 100, Budget: 880}, a.Balance(cash))
}

// A node that never answers keeps nobody from the wallet.
func TestSyncThatHangs(t *testing.T) {
	s := newStory()
	w := restore(t, s.net, bob)
	called, answer := make(chan struct{}), make(chan struct{})
	hanging := &node{Node: s.net, head: func(h utt.Head, err error) (utt.Head, error) {
		close(called)
		<-answer
		return h, err
	}}
	var wg sync.WaitGroup
	var err error
	wg.Go(func() { err = w.Sync(context.Background(), hanging) })
	<-called
	require.Equal(t, utt.Balance{}, w.Balance(cash))
	require.False(t, w.Registered())
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	require.ErrorIs(t, w.Sync(cancelled, s.net), context.Canceled, "while another runs")
	close(answer)
	wg.Wait()
	require.NoError(t, err)
	require.Equal(t, s.bob, stateOf(w))
}

// Wallets sync from one network at once.
func TestConcurrentSync(t *testing.T) {
	s := newStory()
	w := restore(t, s.net, alice)
	var wg sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		at := w
		if i%2 == 1 {
			at = restore(t, s.net, bob)
		}
		wg.Go(func() { errs[i] = at.Sync(context.Background(), s.net) })
	}
	wg.Wait()
	require.Equal(t, make([]error, len(errs)), errs)
	require.Equal(t, s.alice, stateOf(w))
}
