package bench

import (
	"context"
	"crypto/sha256"
	"fmt"
	"iter"
	"sync"
	"testing"
	"time"

	bls12381 "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/budget"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/local"
)

const asset = "cash"

// world is a network whose users stand in a ring, each with two coins and a budget
// coin, and pay their neighbour over and over.
type world struct {
	net     *local.Network
	users   []*utt.Wallet
	rounds  int
	ops     []utt.Operation
	execute []utt.Operation // of the last round, not yet executed
	turn    int             // of the next user to pay in it
}

const ring = 64

var (
	worldMu  sync.Mutex
	theWorld *world
)

// payments are n distinct payments, made once per process.
func payments(tb testing.TB, n int) (*world, []utt.Operation) {
	tb.Helper()
	worldMu.Lock()
	defer worldMu.Unlock()
	if theWorld == nil {
		theWorld = newWorld(tb, ring)
	}
	for len(theWorld.ops) < n {
		theWorld.round(tb)
	}
	return theWorld, theWorld.ops[:n]
}

func name(i int) string { return fmt.Sprintf("user-%d", i) }

func newWorld(tb testing.TB, users int) *world {
	ctx := context.Background()
	net, err := local.New(ctx, local.Config{Policy: budget.Policy{
		Start: time.Unix(1_700_000_000, 0), Epoch: 30 * 24 * time.Hour, Classes: []utt.Amount{1_000_000},
	}})
	require.NoError(tb, err)
	w := &world{net: net}
	for i := range users {
		u, err := net.Wallet(name(i), nil)
		require.NoError(tb, err)
		require.NoError(tb, net.Enroll(ctx, u, name(i), 0))
		require.NoError(tb, net.Issue(ctx, name(i), asset, 20))
		for range 2 {
			require.NoError(tb, u.Sync(ctx, net))
			_, err := u.Mint(ctx, net, asset, 10)
			require.NoError(tb, err)
		}
		w.users = append(w.users, u)
	}
	w.syncAll(tb)
	return w
}

func (w *world) syncAll(tb testing.TB) {
	for _, u := range w.users {
		require.NoError(tb, u.Sync(context.Background(), w.net))
	}
}

// round makes one payment per user, after executing those of the round before.
func (w *world) round(tb testing.TB) {
	w.settle(tb)
	collect := &collector{Network: w.net}
	for i, u := range w.users {
		_, err := u.Pay(context.Background(), collect, name((i+1)%len(w.users)), asset, w.amount(), "bench")
		require.NoError(tb, err)
	}
	w.execute, w.turn = collect.ops, 0
	w.ops = append(w.ops, collect.ops...)
}

// settle executes the payments made and lets everybody claim.
func (w *world) settle(tb testing.TB) {
	if len(w.execute) == 0 {
		return
	}
	receipts, err := w.net.Execute(context.Background(), w.execute...)
	require.NoError(tb, err)
	for _, r := range receipts {
		require.Nil(tb, r.Rejection)
	}
	w.syncAll(tb)
	w.execute = nil
	w.rounds++
}

// amount needs both coins of a user: in a round with the amount a, coins x and
// 20 − x become 20 − a and a.
func (w *world) amount() utt.Amount { return utt.Amount(15 + w.rounds%2) }

// nextPayer is a user with two free coins and the name of his neighbour.
func (w *world) nextPayer(tb testing.TB) (*utt.Wallet, string) {
	if w.turn == 0 || w.turn == len(w.users) {
		w.settle(tb)
		w.turn = 0
	}
	w.turn++
	return w.users[w.turn-1], name(w.turn % len(w.users))
}

// collector keeps what is submitted instead of executing it.
type collector struct {
	*local.Network
	ops []utt.Operation
}

func (c *collector) Submit(_ context.Context, op utt.Operation) error {
	c.ops = append(c.ops, op)
	return nil
}

func (c *collector) Records(context.Context, utt.Cursor) iter.Seq2[*utt.Record, error] {
	return func(func(*utt.Record, error) bool) {}
}

// now is the block time that the payments are made for.
func (w *world) now() uint64 { return w.net.Ledger().Head().Time }

// replica is one party with a ledger of its own.
type replica struct {
	w      *world
	ledger *utt.Ledger
	signer *utt.Signer
}

func newReplica(b *testing.B, w *world) *replica {
	l, s, err := w.net.NewReplica()
	require.NoError(b, err)
	return &replica{w, l, s}
}

// execute puts the payments into a block and returns its height.
func (r *replica) execute(b *testing.B, ops []utt.Operation, v *utt.Verdicts) uint64 {
	block := &utt.Block{Height: r.ledger.Head().Height + 1, Time: r.w.now(), Ops: ops}
	receipts, err := r.ledger.Execute(block, v)
	if err != nil {
		b.Fatal(err)
	}
	for _, x := range receipts {
		if x.Rejection != nil {
			b.Fatal(x.Rejection)
		}
	}
	return block.Height
}

// stream is n payments to one payee, as a node serves them: before the payments,
// and after.
type stream struct {
	net           *local.Network
	before, after *view
}

// view is a node that serves a fixed list of records.
type view struct {
	*local.Network
	records []*utt.Record
}

func (v *view) Records(_ context.Context, from utt.Cursor) iter.Seq2[*utt.Record, error] {
	return func(yield func(*utt.Record, error) bool) {
		for _, r := range v.records {
			c := r.Cursor()
			if c.Height < from.Height || c.Height == from.Height && c.Index < from.Index {
				continue
			}
			if !yield(r, nil) {
				return
			}
		}
	}
}

func newStream(b *testing.B, n int) *stream {
	ctx := context.Background()
	net, err := local.New(ctx, local.Config{})
	require.NoError(b, err)
	s := &stream{net: net}
	for _, id := range []string{"payer", "payee", "stranger"} {
		w, err := net.Wallet(id, seed(id))
		require.NoError(b, err)
		require.NoError(b, net.Enroll(ctx, w, id, 0))
	}
	require.NoError(b, net.Issue(ctx, "payer", asset, 1000))
	payer, err := net.Wallet("payer", seed("payer"))
	require.NoError(b, err)
	require.NoError(b, payer.Sync(ctx, net))
	_, err = payer.Mint(ctx, net, asset, 1000)
	require.NoError(b, err)
	s.before = s.view(b)
	for range n {
		require.NoError(b, payer.Sync(ctx, net))
		_, err := payer.Pay(ctx, net, "payee", asset, 1, "bench")
		require.NoError(b, err)
	}
	s.after = s.view(b)
	return s
}

func (s *stream) view(b *testing.B) *view {
	v := &view{Network: s.net}
	for r, err := range s.net.Records(context.Background(), utt.Cursor{}) {
		require.NoError(b, err)
		raw, err := r.MarshalBinary()
		require.NoError(b, err)
		own := new(utt.Record) // as a wallet gets it: decoded, with nothing precomputed
		require.NoError(b, own.UnmarshalBinary(raw))
		v.records = append(v.records, own)
	}
	return v
}

// wallet is restored to before the payments.
func (s *stream) wallet(b *testing.B, id string) *utt.Wallet {
	w, err := s.net.Wallet(id, seed(id))
	require.NoError(b, err)
	require.NoError(b, w.Sync(context.Background(), s.before))
	return w
}

func seed(id string) []byte {
	s := sha256.Sum256([]byte(id))
	return s[:]
}

// unit measures pairings between the timed work of a benchmark.
type unit struct {
	b     *testing.B
	spent time.Duration
	count int
}

func newUnit(b *testing.B) *unit { return &unit{b: b} }

var pairP, pairQ = func() (bls12381.G1Affine, bls12381.G2Affine) {
	_, _, p, q := bls12381.Generators()
	return p, q
}()

func pair() {
	if _, err := bls12381.Pair([]bls12381.G1Affine{pairP}, []bls12381.G2Affine{pairQ}); err != nil {
		panic(err)
	}
}

// sample times n pairings outside the benchmark's clock.
func (u *unit) sample(n int) {
	u.b.StopTimer()
	start := time.Now()
	for range n {
		pair()
	}
	u.spent += time.Since(start)
	u.count += n
	u.b.StartTimer()
}

// report adds pu per payment, for a loop whose every run handles some payments.
func (u *unit) report(perRun int) {
	each := u.b.Elapsed() / time.Duration(u.b.N)
	one := u.spent / time.Duration(u.count)
	u.b.ReportMetric(float64(each)/float64(one)/float64(perRun), "pu")
	u.b.ReportMetric(float64(perRun)/each.Seconds(), "tx/s")
}
