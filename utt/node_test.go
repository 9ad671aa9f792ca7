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
	"github.com/utt-ecash/utt-go/utt/wallet"
)

// node is another's node with faults of its own.
type node struct {
	wallet.Node
	submit      func(context.Context, utt.Operation) error
	certificate func(*utt.Certificate, error) (*utt.Certificate, error)
	records     func([]*utt.Record) []*utt.Record
	fails       error // after the records
}

func (n *node) Submit(ctx context.Context, op utt.Operation) error {
	if n.submit != nil {
		return n.submit(ctx, op)
	}
	return n.Node.Submit(ctx, op)
}

func (n *node) Certificate(ctx context.Context, height uint64) (*utt.Certificate, error) {
	c, err := n.Node.Certificate(ctx, height)
	if n.certificate != nil {
		return n.certificate(c, err)
	}
	return c, err
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
func dropping(n wallet.Node, err error) *node {
	return &node{Node: n, submit: func(context.Context, utt.Operation) error { return err }}
}

// hiccup hands operations on and says that it failed.
func hiccup(n wallet.Node) *node {
	return &node{Node: n, submit: func(ctx context.Context, op utt.Operation) error {
		return errors.Join(errTimeout, n.Submit(ctx, op))
	}}
}

// done awaits an operation that was just handed in.
func done(t testing.TB, w *wallet.Wallet, n wallet.Node) func(wallet.Handle, error) {
	t.Helper()
	return func(id wallet.Handle, err error) {
		t.Helper()
		require.NoError(t, err)
		require.NoError(t, w.Await(context.Background(), n, id))
	}
}

// takeIn syncs a wallet with a node that serves these records and this certificate.
func takeIn(ctx context.Context, w *wallet.Wallet, c *utt.Certificate, records ...*utt.Record) error {
	return w.Sync(ctx, &serving{records: records, certificates: c})
}

// serving is a node that has one certificate and some records.
type serving struct {
	wallet.Node
	records      []*utt.Record
	certificates *utt.Certificate
}

func (n *serving) Certificate(context.Context, uint64) (*utt.Certificate, error) {
	return n.certificates, nil
}

func (n *serving) Records(context.Context, utt.Cursor) iter.Seq2[*utt.Record, error] {
	return func(yield func(*utt.Record, error) bool) {
		for _, r := range n.records {
			if !yield(r, nil) {
				return
			}
		}
	}
}

func (n *serving) CredentialCertificate(context.Context, uint64) (*utt.Certificate, error) {
	return nil, utt.ErrNotFound
}

func sync1(t testing.TB, n wallet.Node, wallets ...*wallet.Wallet) {
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
	aRegistration, anIssue, aPublicTransfer = utt.KindRegistration, utt.KindIssue, utt.KindPublicTransfer
	aMint, aGrant, aTransfer                = utt.KindMint, utt.KindGrant, utt.KindTransfer
)

// nth is the place of a kind's n-th record.
func nth(all []*utt.Record, kind utt.Kind, n int) int {
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
func replace(kind utt.Kind, n int, with func(r *utt.Record, all []*utt.Record) *utt.Record) func([]*utt.Record) []*utt.Record {
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
	signedLike := func(kind utt.Kind, n int) func(*utt.Record, []*utt.Record) *utt.Record {
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
	drop := func(kind utt.Kind, n int) func([]*utt.Record) []*utt.Record {
		return func(all []*utt.Record) []*utt.Record {
			i := nth(all, kind, n)
			return slices.Delete(slices.Clone(all), i, i+1)
		}
	}

	for name, lie := range map[string]func([]*utt.Record) []*utt.Record{
		"two swapped":            swap(3, 4),
		"first and last swapped": swap(0, len(s.records)-1),
		"one twice":              func(all []*utt.Record) []*utt.Record { return slices.Insert(slices.Clone(all), 5, all[4]) },
		"all twice":              func(all []*utt.Record) []*utt.Record { return slices.Concat(all, all) },
		"none":                   func(all []*utt.Record) []*utt.Record { return nil },
		"without the last":       func(all []*utt.Record) []*utt.Record { return all[:len(all)-1] },
		"more than there are": func(all []*utt.Record) []*utt.Record {
			return slices.Concat(all, slices.Repeat(all[len(all)-1:], 1000))
		},
		"elsewhere in a block": replace(aGrant, 1, func(r *utt.Record, _ []*utt.Record) *utt.Record {
			return r.At(utt.Cursor{Height: r.Cursor().Height, Index: 1})
		}),
		"nil":                    replace(anIssue, 0, func(*utt.Record, []*utt.Record) *utt.Record { return nil }),
		"an empty record":        replace(anIssue, 0, func(*utt.Record, []*utt.Record) *utt.Record { return new(utt.Record) }),
		"another network's":      func([]*utt.Record) []*utt.Record { return foreign },
		"registration signed":    replace(aRegistration, 0, signedLike(aMint, 0)), // of the credentials' certificate
		"mint unsigned":          replace(aMint, 0, unsigned),
		"mint signed wrongly":    replace(aMint, 0, signedLike(aMint, 1)),
		"grant signed wrongly":   replace(aGrant, 0, signedLike(aGrant, 1)),
		"mint signed too often":  replace(aMint, 0, signedLike(aTransfer, 0)),
		"payment unsigned":       replace(aTransfer, 0, unsigned),
		"payment signed wrongly": replace(aTransfer, 0, signedLike(aTransfer, 2)),
		"payment signed shortly": replace(aTransfer, 0, signedLike(aMint, 0)),
		"change's note":          replace(aTransfer, 1, func(r *utt.Record, all []*utt.Record) *utt.Record { return r.Noted(1) }),
		"budget change's note":   replace(aTransfer, 0, func(r *utt.Record, all []*utt.Record) *utt.Record { return r.Noted(2) }),
		"a substituted address": replace(aRegistration, 1, func(r *utt.Record, all []*utt.Record) *utt.Record {
			return r.Addressed(all[nth(all, aRegistration, 0)])
		}),
		"registered twice": func(all []*utt.Record) []*utt.Record {
			return append(slices.Clone(all), all[nth(all, aRegistration, 1)].At(last(all)))
		},
		"a coin before the user": drop(aRegistration, 0),
		"an issue left out":      drop(anIssue, 0),
		"an order left out":      drop(aMint, 0),
		"an order made up": func(all []*utt.Record) []*utt.Record {
			return replace(aPublicTransfer, 0, func(r *utt.Record, _ []*utt.Record) *utt.Record {
				return sharedWorld().Alice.Debited(r.Cursor(), 99, bob, cash, 1)
			})(all)
		},
		"too much money": replace(anIssue, 0, func(r *utt.Record, _ []*utt.Record) *utt.Record {
			return utt.Issued(r.Cursor(), 9, alice, cash, math.MaxUint64)
		}),
	} {
		t.Run(name, func(t *testing.T) {
			// whether it concerns the wallet or not, it looks alike
			for who, after := range map[string]state{alice: s.alice, bob: s.bob} {
				w := restore(t, s.net, who)
				liar := &node{Node: s.net, records: lie}
				if name == "registered twice" { // beyond what is certified, nothing is read
					sync1(t, liar, w)
				} else {
					require.ErrorIs(t, w.Sync(ctx, liar), utt.ErrInvalid)
					require.Equal(t, stateOf(restore(t, s.net, who)), stateOf(w), "as it was")
				}
				sync1(t, s.net, w)
				require.Equal(t, after, stateOf(w), "an honest node goes on")
			}
		})
	}
}

// A node breaks off, or lies, in the midst of a long download: what was certified and
// taken in before stays. It cannot go on for ever.
func TestNodeBreaksOff(t *testing.T) {
	ctx := context.Background()
	net := newNetwork(t)
	join(t, net, alice, 30)
	nonce, err := net.Ledger().IssueNonce()
	require.NoError(t, err)
	for range 3 { // blocks of more than is taken in at once
		orders := make([]utt.Operation, 520)
		for i := range orders {
			orders[i], err = utt.NewIssue(net.Parameters(), net.Issuer(), nonce, utt.PIDOf(alice), cash, 1)
			require.NoError(t, err)
			nonce++
		}
		_, err := net.Execute(ctx, orders...)
		require.NoError(t, err)
	}
	height := net.Ledger().Head().Height
	whole := restore(t, net, alice)
	sync1(t, net, whole)
	require.Equal(t, utt.Amount(100+3*520), whole.Balance(cash).Account)

	lastWrong := func(all []*utt.Record) []*utt.Record {
		return append(slices.Clone(all[:len(all)-1]), all[0])
	}
	for name, faulty := range map[string]*node{
		"breaks off":     {records: func(all []*utt.Record) []*utt.Record { return all[:len(all)-300] }, fails: errTimeout},
		"lies":           {records: lastWrong},
		"breaks a block": {records: func(all []*utt.Record) []*utt.Record { return all[:len(all)-300] }},
	} {
		faulty.Node = net
		w := restore(t, net, alice)
		require.Error(t, w.Sync(ctx, faulty), name)
		require.Equal(t, height-1, w.Checkpoint().Height, name)
		require.Equal(t, utt.Amount(100+2*520), w.Balance(cash).Account, name)
		before := stateOf(w)
		require.Error(t, w.Sync(ctx, faulty), name)
		require.Equal(t, before, stateOf(w), name)
		sync1(t, net, w)
		require.Equal(t, stateOf(whole), stateOf(w), name)
	}

	// without the certificates between, all is taken in at once, or nothing
	last, err := net.Certificate(ctx, math.MaxUint64)
	require.NoError(t, err)
	only := func(*utt.Certificate, error) (*utt.Certificate, error) { return last, nil }
	w := restore(t, net, alice)
	require.ErrorIs(t, w.Sync(ctx, &node{Node: net, records: lastWrong, certificate: only}), utt.ErrInvalid)
	require.Equal(t, utt.Checkpoint{}, w.Checkpoint())
	sync1(t, &node{Node: net, certificate: only}, w)
	require.Equal(t, stateOf(whole), stateOf(w))

	served := 0
	endless := &endlessNode{node{Node: net}, &served}
	w = restore(t, net, alice)
	require.ErrorIs(t, w.Sync(ctx, endless), utt.ErrInvalid)
	require.LessOrEqual(t, served, 512+utt.MaxBlock)
	require.LessOrEqual(t, uint64(served), last.Records+1, "as many as are certified")
	endless.certificate = func(*utt.Certificate, error) (*utt.Certificate, error) {
		many := last.Checkpoint
		many.Records = math.MaxUint64
		return last.At(many), nil
	}
	served = 0
	require.ErrorIs(t, w.Sync(ctx, endless), utt.ErrInvalid)
	require.Zero(t, served, "nothing on the word of a certificate made up")

	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	require.Error(t, w.Sync(cancelled, net))
	require.Equal(t, utt.Checkpoint{}, w.Checkpoint())
}

// endlessNode serves the first record for ever.
type endlessNode struct {
	node
	served *int
}

func (n *endlessNode) Records(ctx context.Context, from utt.Cursor) iter.Seq2[*utt.Record, error] {
	return func(yield func(*utt.Record, error) bool) {
		for r := range n.Node.Records(ctx, utt.Cursor{}) {
			for yield(r, nil) {
				*n.served++
			}
			return
		}
	}
}

// What a node says of a pending payment is not believed, but what the ledger certified.
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
	last := func(change func(*utt.Record) *utt.Record) wallet.Node {
		return &node{Node: net, records: func(all []*utt.Record) []*utt.Record {
			all = slices.Clone(all)
			all[len(all)-1] = change(all[len(all)-1])
			return all
		}}
	}
	pending := stateOf(a)
	done(t, b, net)(b.Split(ctx, net, cash, 44))
	for name, lie := range map[string]func(*utt.Record) *utt.Record{
		"another's transfer has its ID":      func(r *utt.Record) *utt.Record { return r.Under(id.ID) },
		"its coins were spent by another":    func(r *utt.Record) *utt.Record { return r.Spending(op) },
		"it was executed":                    func(r *utt.Record) *utt.Record { return r.Executing(op) },
		"it was executed under another name": func(r *utt.Record) *utt.Record { return r.Executing(op).Under(utt.ID{1}) },
	} {
		require.ErrorIs(t, a.Sync(ctx, last(lie)), utt.ErrInvalid, name)
		require.Equal(t, pending, stateOf(a), name)
	}
	sync1(t, net, a)

	require.NoError(t, a.Resubmit(ctx, net, id))
	for name, lie := range map[string]func(*utt.Record) *utt.Record{
		"under another ID":  func(r *utt.Record) *utt.Record { return r.Under(utt.ID{1}) },
		"blinded otherwise": func(r *utt.Record) *utt.Record { return r.Reblinded(net.Parameters(), 0) },
		"displaced":         func(r *utt.Record) *utt.Record { return r.Displaced(1) },
	} {
		require.ErrorIs(t, a.Await(ctx, last(lie), id), utt.ErrInvalid, name)
		require.Equal(t, []wallet.Handle{id}, a.Pending(), name)
	}
	require.NoError(t, a.Await(ctx, net, id))
	require.Equal(t, wallet.Balance{Spendable: 180, Account: 100, Budget: 880}, a.Balance(cash))
}

// probe serves records about one user, made from public data, with a certificate that
// leads to them and is not signed.
type probe struct {
	wallet.Node
	last    *utt.Certificate
	records []*utt.Record
}

func (p *probe) Certificate(_ context.Context, height uint64) (*utt.Certificate, error) {
	if height == math.MaxUint64 {
		return p.last, nil
	}
	return p.last.At(utt.Leading(utt.Checkpoint{Height: height, Time: p.last.Time}, p.records)), nil
}

func (p *probe) Records(context.Context, utt.Cursor) iter.Seq2[*utt.Record, error] {
	return func(yield func(*utt.Record, error) bool) {
		for _, r := range p.records {
			if !yield(r, nil) {
				return
			}
		}
		yield(p.records[0].At(utt.Cursor{Height: 2}), nil)
	}
}

// What a node makes up is refused before a wallet does anything with it, so that the
// node cannot tell by the time which wallet it talks to.
func TestNodeProbes(t *testing.T) {
	ctx := context.Background()
	s := newStory()
	p := &probe{Node: s.net}
	var err error
	p.last, err = s.net.Certificate(ctx, math.MaxUint64)
	require.NoError(t, err)
	for i := range uint32(520) {
		p.records = append(p.records, utt.MadeUpMint(utt.Cursor{Height: 1, Index: i}, alice, cash))
	}
	work := func(who string) float64 {
		w := restore(t, s.net, who)
		return testing.AllocsPerRun(1, func() {
			require.ErrorIs(t, w.Sync(ctx, p), utt.ErrInvalid)
			require.Equal(t, utt.Checkpoint{}, w.Checkpoint())
		})
	}
	work(bob) // fills caches
	require.InDelta(t, work(bob), work(alice), 50, "allocations, of which a look at 520 records takes hundreds; a few are of what runs beside")
}

// Replicas that conspire against a wallet, so many that they could make any money,
// cannot make it count, nor forget, a coin that it could not spend.
func TestConspiracyMakesNoCoins(t *testing.T) {
	ctx := context.Background()
	s := newStory()
	c := utt.NewConspiracy(s.net.Parameters())
	seed := utt.PIDOf("seed of " + alice)
	for name, lie := range map[string]func([]*utt.Record) []*utt.Record{
		"nothing":             func(all []*utt.Record) []*utt.Record { return all },
		"mint unsigned":       replace(aMint, 0, func(r *utt.Record, _ []*utt.Record) *utt.Record { return r.Unsigned() }),
		"mint signed wrongly": replace(aMint, 0, func(r *utt.Record, all []*utt.Record) *utt.Record { return r.SignedLike(all[nth(all, aMint, 1)]) }),
		"payment signed wrongly": replace(aTransfer, 2, func(r *utt.Record, all []*utt.Record) *utt.Record {
			return r.SignedLike(all[nth(all, aTransfer, 0)])
		}),
	} {
		w, err := wallet.New(c.Parameters, alice, seed[:], atStart())
		require.NoError(t, err)
		records := lie(s.records)
		at := c.Certify(s.net.Ledger().Head().Time, records)
		err = takeIn(ctx, w, at, records...)
		if name == "nothing" {
			require.NoError(t, err)
			require.Equal(t, s.alice.Coins, w.Coins(cash))
			continue
		}
		require.ErrorIs(t, err, utt.ErrInvalid, name)
		require.ErrorContains(t, err, "SIG-1", name)
		require.Equal(t, utt.Checkpoint{}, w.Checkpoint(), name)
		require.Empty(t, w.Coins(cash), name)
	}
}

// A node that never answers keeps nobody from the wallet.
func TestSyncThatHangs(t *testing.T) {
	s := newStory()
	w := restore(t, s.net, bob)
	called, answer := make(chan struct{}), make(chan struct{})
	hanging := &node{Node: s.net, certificate: func(c *utt.Certificate, err error) (*utt.Certificate, error) {
		close(called)
		<-answer
		return c, err
	}}
	var wg sync.WaitGroup
	var err error
	wg.Go(func() { err = w.Sync(context.Background(), hanging) })
	<-called
	require.Equal(t, wallet.Balance{}, w.Balance(cash))
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
