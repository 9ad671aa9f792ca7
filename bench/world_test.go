package bench

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"iter"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/budget"
	"github.com/utt-ecash/utt-go/internal/parallel"
	"github.com/utt-ecash/utt-go/sig"
	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/ledger"
	"github.com/utt-ecash/utt-go/utt/local"
	"github.com/utt-ecash/utt-go/utt/replica"
	"github.com/utt-ecash/utt-go/utt/wallet"
)

const asset = "cash"

// world is a network whose users stand in a ring, each with some coins of one value
// and a budget coin, and pay their neighbour.
type world struct {
	net     *local.Network
	users   []*wallet.Wallet
	rounds  int
	ops     []utt.Operation
	execute []utt.Operation // of the last round, not yet executed
	turn    int             // of the next user to pay in it
}

const (
	ring      = 64
	coinValue = 100
	taxOffice = "tax office"
)

var (
	worldMu  sync.Mutex
	theWorld *world
)

// payments are n distinct payments of two coins and a budget coin, made once per
// process.
func payments(tb testing.TB, n int) (*world, []utt.Operation) {
	tb.Helper()
	worldMu.Lock()
	defer worldMu.Unlock()
	if theWorld == nil {
		theWorld = newWorld(tb, ring, 2, 0)
	}
	for len(theWorld.ops) < n {
		theWorld.round(tb)
	}
	return theWorld, theWorld.ops[:n]
}

// encoded are the bytes of operations.
func encoded(tb testing.TB, ops []utt.Operation) [][]byte {
	raw := make([][]byte, len(ops))
	for i, op := range ops {
		var err error
		raw[i], err = op.AppendBinary(nil)
		require.NoError(tb, err)
	}
	return raw
}

func name(i int) string { return fmt.Sprintf("user-%d", i) }

// newWorld makes users with coins of coinValue each. With a tax, in basis points,
// payments have an output more.
func newWorld(tb testing.TB, users, coins int, tax uint16) *world {
	ctx := context.Background()
	net, err := local.New(ctx, local.Config{
		Policy: budget.Policy{
			Start: time.Unix(1_700_000_000, 0), EpochLength: 30 * 24 * time.Hour, Classes: []utt.Amount{1_000_000},
		},
		Tax: tax, TaxOffice: taxOffice,
	})
	require.NoError(tb, err)
	w := &world{net: net}
	enroll := func(id string) *wallet.Wallet {
		u, err := net.Wallet(id, seed(id))
		require.NoError(tb, err)
		require.NoError(tb, net.Enroll(ctx, u, id, 0))
		return u
	}
	for i := range users {
		w.users = append(w.users, enroll(name(i)))
		require.NoError(tb, net.Issue(ctx, name(i), asset, utt.Amount(coinValue*coins)))
	}
	if tax > 0 {
		enroll(taxOffice)
	}
	w.syncAll(tb)
	for range coins {
		w.execute = w.collect(tb, func(_ int, u *wallet.Wallet, n wallet.Node) error {
			_, err := u.Mint(ctx, n, asset, coinValue)
			return err
		})
		w.settle(tb)
	}
	w.rounds = 0
	return w
}

// collect lets every user make an operation, on all cores, and returns these in the
// order of the users.
func (w *world) collect(tb testing.TB, f func(i int, u *wallet.Wallet, n wallet.Node) error) []utt.Operation {
	sinks, errs := make([]collector, len(w.users)), make([]error, len(w.users))
	parallel.For(len(w.users), func(i int) {
		sinks[i].Network = w.net
		errs[i] = f(i, w.users[i], &sinks[i])
	})
	require.NoError(tb, errors.Join(errs...))
	var ops []utt.Operation
	for i := range sinks {
		ops = append(ops, sinks[i].ops...)
	}
	require.Len(tb, ops, len(w.users))
	return ops
}

func (w *world) syncAll(tb testing.TB) {
	errs := make([]error, len(w.users))
	parallel.For(len(w.users), func(i int) { errs[i] = w.users[i].Sync(context.Background(), w.net) })
	require.NoError(tb, errors.Join(errs...))
}

// round makes one payment per user, after executing those of the round before.
func (w *world) round(tb testing.TB) {
	w.settle(tb)
	w.execute, w.turn = w.collect(tb, func(i int, u *wallet.Wallet, n wallet.Node) error {
		_, err := u.Pay(context.Background(), n, name((i+1)%len(w.users)), asset, w.amount(), "bench")
		return err
	}), 0
	w.ops = append(w.ops, w.execute...)
}

// settle executes the operations made and lets everybody claim.
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
// 2·coinValue − x become 2·coinValue − a and a.
func (w *world) amount() utt.Amount { return utt.Amount(coinValue + 50 + w.rounds%2) }

// nextPayer is a user with two free coins and the name of his neighbour.
func (w *world) nextPayer(tb testing.TB) (*wallet.Wallet, string) {
	if w.turn == 0 || w.turn == len(w.users) {
		w.settle(tb)
		w.turn = 0
	}
	w.turn++
	return w.users[w.turn-1], name(w.turn % len(w.users))
}

// restore makes all wallets anew from their seeds: nothing is pending in them.
func (w *world) restore(tb testing.TB) {
	for i := range w.users {
		u, err := w.net.Wallet(name(i), seed(name(i)))
		require.NoError(tb, err)
		w.users[i] = u
	}
	w.syncAll(tb)
}

// payAll is a payment of every user, whose wallets have nothing pending.
func (w *world) payAll(tb testing.TB, amount utt.Amount) []utt.Operation {
	w.restore(tb)
	return w.collect(tb, func(i int, u *wallet.Wallet, n wallet.Node) error {
		_, err := u.Pay(context.Background(), n, name((i+1)%len(w.users)), asset, amount, "bench")
		return err
	})
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

// party is one of them, with a ledger of its own.
type party struct {
	w      *world
	ledger *ledger.Ledger
	signer *replica.Signer
}

func newReplica(tb testing.TB, w *world) *party {
	l, s, err := w.net.NewReplica()
	require.NoError(tb, err)
	return &party{w, l, s}
}

// execute puts the payments into a block and returns its height.
func (r *party) execute(tb testing.TB, ops []utt.Operation, v *utt.Verdicts) uint64 {
	block := &utt.Block{Height: r.ledger.Head().Height + 1, Time: r.w.now(), Ops: ops}
	receipts, err := r.ledger.Execute(block, v)
	if err != nil {
		tb.Fatal(err)
	}
	for _, x := range receipts {
		if x.Rejection != nil {
			tb.Fatal(x.Rejection)
		}
	}
	return block.Height
}

// work is a replica's whole work on a block: decode, verify, execute, sign. It
// returns the shares.
func (r *party) work(tb testing.TB, raw [][]byte) []*utt.Share {
	ops, v, err := r.check(raw)
	if err != nil {
		tb.Fatal(err)
	}
	return r.decided(tb, ops, v)
}

// check decodes and verifies a block's payments.
func (r *party) check(raw [][]byte) ([]utt.Operation, *utt.Verdicts, error) {
	ops, errs := utt.ParseOperations(raw)
	if err := errors.Join(errs...); err != nil {
		return nil, nil, err
	}
	v, err := r.w.net.Parameters().Check(context.Background(), r.w.now(), ops)
	return ops, v, err
}

// decided executes and signs a block.
func (r *party) decided(tb testing.TB, ops []utt.Operation, v *utt.Verdicts) []*utt.Share {
	shares, err := r.signer.SignBlock(context.Background(), r.execute(tb, ops, v))
	if err != nil {
		tb.Fatal(err)
	}
	return shares
}

// workAhead is work on one block for each ledger, in turn, each checked while the one
// before is executed and signed. It returns the shares on the last.
func workAhead(tb testing.TB, replicas []*party, raw [][]byte) (shares []*utt.Share) {
	type checked struct {
		ops []utt.Operation
		v   *utt.Verdicts
		err error
	}
	next := make(chan checked)
	go func() {
		defer close(next)
		for _, r := range replicas {
			var c checked
			c.ops, c.v, c.err = r.check(raw)
			next <- c
		}
	}()
	for _, r := range replicas {
		c := <-next
		if c.err != nil {
			tb.Fatal(c.err)
		}
		shares = r.decided(tb, c.ops, c.v)
	}
	return shares
}

// requireSigned demands a valid share on each output of the payments.
func requireSigned(tb testing.TB, w *world, ops []utt.Operation, shares []*utt.Share) {
	require.Len(tb, shares, len(ops))
	var outputs []*sig.Commitment
	var each []*threshold.SignatureShare
	for i, s := range shares {
		p := read(tb, ops[i])
		require.Len(tb, s.Outputs, len(p.outputs))
		outputs, each = append(outputs, p.commitments(p.seed())...), append(each, s.Outputs...)
	}
	require.NoError(tb, errors.Join(w.net.Committees().Coin.VerifyShares(context.Background(), outputs, each)...))
}

// stream is n payments to one payee, as a node serves them: before the payments,
// and after.
type stream struct {
	net           *local.Network
	before, after *view
}

// view is a node that serves a fixed list of records, up to a height.
type view struct {
	*local.Network
	height  uint64
	records []*utt.Record
}

func (v *view) Certificate(ctx context.Context, height uint64) (*utt.Certificate, error) {
	return v.Network.Certificate(ctx, min(height, v.height))
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

var (
	streamMu sync.Mutex
	streams  = make(map[int]*stream)
)

// streamOf is the stream of n payments, made once per process.
func streamOf(tb testing.TB, n int) *stream {
	streamMu.Lock()
	defer streamMu.Unlock()
	if streams[n] == nil {
		streams[n] = newStream(tb, n)
	}
	return streams[n]
}

func newStream(tb testing.TB, n int) *stream {
	ctx := context.Background()
	net, err := local.New(ctx, local.Config{})
	require.NoError(tb, err)
	s := &stream{net: net}
	for _, id := range []string{"payer", "payee", "stranger"} {
		w, err := net.Wallet(id, seed(id))
		require.NoError(tb, err)
		require.NoError(tb, net.Enroll(ctx, w, id, 0))
	}
	require.NoError(tb, net.Issue(ctx, "payer", asset, 1000))
	payer, err := net.Wallet("payer", seed("payer"))
	require.NoError(tb, err)
	require.NoError(tb, payer.Sync(ctx, net))
	_, err = payer.Mint(ctx, net, asset, 1000)
	require.NoError(tb, err)
	s.before = s.view(tb)
	for range n {
		require.NoError(tb, payer.Sync(ctx, net))
		_, err := payer.Pay(ctx, net, "payee", asset, 1, "bench")
		require.NoError(tb, err)
	}
	s.after = s.view(tb)
	return s
}

// view is what the network has on record now.
func (s *stream) view(tb testing.TB) *view {
	v := &view{Network: s.net, height: s.net.Ledger().Head().Height}
	for r, err := range s.net.Records(context.Background(), utt.Cursor{}) {
		require.NoError(tb, err)
		v.records = append(v.records, r)
	}
	return v
}

// decoded is the view as a wallet gets it: decoded anew, with nothing computed.
func (v *view) decoded(tb testing.TB) *view {
	d := &view{Network: v.Network, height: v.height}
	for _, r := range v.records {
		raw, err := r.MarshalBinary()
		require.NoError(tb, err)
		own := new(utt.Record)
		require.NoError(tb, own.UnmarshalBinary(raw))
		d.records = append(d.records, own)
	}
	return d
}

// wallet is restored to before the payments.
func (s *stream) wallet(tb testing.TB, id string) *wallet.Wallet {
	w, err := s.net.Wallet(id, seed(id))
	require.NoError(tb, err)
	require.NoError(tb, w.Sync(context.Background(), s.before))
	return w
}

func seed(id string) []byte {
	s := sha256.Sum256([]byte(id))
	return s[:]
}
