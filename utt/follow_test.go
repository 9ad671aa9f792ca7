package utt_test

import (
	"context"
	"encoding/json"
	"testing"
	"testing/synctest"
	"time"
	"unicode"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/local"
	"github.com/utt-ecash/utt-go/utt/wallet"
)

// archive is a node that keeps receipts, and tells nobody at Submit.
type archive struct {
	*local.Network
	garble func(utt.Receipt, error) (utt.Receipt, error)
}

func newArchive(net *local.Network) *archive {
	return &archive{net, func(r utt.Receipt, err error) (utt.Receipt, error) { return r, err }}
}

func (n *archive) Submit(ctx context.Context, op utt.Operation) error {
	_, err := n.Execute(ctx, op)
	return err
}

func (n *archive) Receipt(ctx context.Context, op utt.Digest) (utt.Receipt, error) {
	return n.garble(n.Network.Receipt(ctx, op))
}

var _ wallet.ReceiptNode = (*archive)(nil)

// kept is a handle as another process reads it.
func kept(t testing.TB, h wallet.Handle) (read wallet.Handle) {
	t.Helper()
	b, err := json.Marshal(h)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(b, &read))
	require.Equal(t, h, read)
	return read
}

func statusOf(t testing.TB, w *wallet.Wallet, n wallet.Node, h wallet.Handle) wallet.Status {
	t.Helper()
	s, err := w.Status(context.Background(), n, h)
	require.NoError(t, err)
	return s
}

// What was executed, a wallet made again from its seed knows by the handle, at any node;
// what was rejected, and why, a node that keeps receipts says.
func TestHandleAfterARestart(t *testing.T) {
	ctx := context.Background()
	net := newNetwork(t)
	a, _ := join(t, net, alice, 300, 200), join(t, net, bob)
	sync1(t, net, a)
	n := newArchive(net)
	var handles []wallet.Handle
	for _, do := range []func(n wallet.Node) (wallet.Handle, error){
		func(n wallet.Node) (wallet.Handle, error) { return a.Pay(ctx, n, bob, cash, 250, "") },
		func(n wallet.Node) (wallet.Handle, error) { return a.Mint(ctx, n, cash, 30) },
		func(n wallet.Node) (wallet.Handle, error) { return a.PayPublicly(ctx, n, bob, cash, 3) },
		func(n wallet.Node) (wallet.Handle, error) { return a.Burn(ctx, n, cash, 10) },
		func(n wallet.Node) (wallet.Handle, error) { return a.RequestBudget(ctx, n, cash, 2) },
	} {
		var ops []utt.Operation
		h, err := do(keeping(net, &ops))
		require.NoError(t, err)
		require.Equal(t, wallet.HandleOf(ops[0]), h)
		require.Equal(t, wallet.Status{State: wallet.Pending}, statusOf(t, a, n, h))
		again := restore(t, net, alice)
		require.Equal(t, wallet.Status{State: wallet.Unknown}, statusOf(t, again, n, kept(t, h)))
		err = again.Await(ctx, n, h)
		require.ErrorIs(t, err, utt.ErrNotFound)
		require.ErrorContains(t, err, h.String(), "whole")
		require.NoError(t, a.Resubmit(ctx, n, h))
		require.NoError(t, a.Await(ctx, n, h))
		handles = append(handles, h)
	}
	r, err := a.Registration(0)
	require.NoError(t, err)
	unendorsed := wallet.HandleOf(r)
	require.NoError(t, n.Submit(ctx, r))
	again := restore(t, net, alice)
	for _, h := range handles {
		require.NoError(t, again.Await(ctx, &node{Node: net}, kept(t, h)))
		require.Equal(t, wallet.Status{State: wallet.Executed}, statusOf(t, again, n, h))
	}
	require.Equal(t, wallet.Status{State: wallet.Unknown}, statusOf(t, again, &node{Node: net}, unendorsed), "no receipts there")
	s := statusOf(t, again, n, kept(t, unendorsed))
	require.Equal(t, wallet.Rejected, s.State)
	require.Equal(t, "POLICY-ENDORSER", s.Rejection.Label)
	var no *wallet.OperationError
	require.ErrorAs(t, again.Await(ctx, n, unendorsed), &no)
	require.Equal(t, wallet.OperationError{Operation: unendorsed, Status: s}, *no)
	require.ErrorIs(t, no, utt.ErrPolicy)
	require.ErrorContains(t, no, "POLICY-ENDORSER")
	for _, record := range sharedWorld().Records {
		if record.Kind() != aGrant { // which is the same on every network
			require.Equal(t, wallet.Unknown, statusOf(t, again, net, wallet.Handle{ID: record.ID()}).State, "another network's")
		}
	}
	registered := ""
	for r, err := range net.Records(ctx, utt.Cursor{}) {
		require.NoError(t, err)
		if r.IsRegistrationOf(a.PID()) {
			registered = statusOf(t, again, net, wallet.Handle{ID: r.ID()}).State.String()
		}
	}
	require.Equal(t, "executed", registered)
}

// A receipt that rejects ends the waiting, and frees nothing: the node may lie, or the
// operation be handed in again.
func TestAwaitRejected(t *testing.T) {
	ctx := context.Background()
	net := newNetwork(t)
	join(t, net, alice, 300)
	join(t, net, bob)
	a, now := clocked(t, net, alice)
	done(t, a, net)(a.RequestBudget(ctx, net, cash, 2))
	n := newArchive(net)
	now.epoch(2) // before the ledger
	h, err := a.Pay(ctx, n, bob, cash, 50, "")
	require.NoError(t, err)
	before := a.Balance(cash)
	var no *wallet.OperationError
	require.ErrorAs(t, a.Await(ctx, n, h), &no)
	require.Equal(t, wallet.Rejected, no.State)
	require.Equal(t, utt.CodeEpoch, no.Rejection.Code)
	require.Equal(t, []wallet.Handle{h}, a.Pending())
	require.Equal(t, before, a.Balance(cash))
	require.Equal(t, utt.Amount(300), before.Pending)
	require.NoError(t, net.Advance(ctx, month))
	require.NoError(t, a.Resubmit(ctx, n, h))
	require.NoError(t, a.Await(ctx, n, h))
	require.Equal(t, wallet.Balance{Spendable: 250, Account: 100, Budget: 950}, a.Balance(cash))
}

// What a node says in receipts beyond the certified records decides nothing.
func TestNodeLiesInReceipts(t *testing.T) {
	ctx := context.Background()
	net := newNetwork(t)
	a, _ := join(t, net, alice, 300), join(t, net, bob)
	sync1(t, net, a)
	n := newArchive(net)
	h, err := a.Pay(ctx, dropping(net, nil), bob, cash, 50, "")
	require.NoError(t, err)
	say := func(r utt.Receipt, err error) {
		n.garble = func(utt.Receipt, error) (utt.Receipt, error) { return r, err }
	}
	before := stateOf(a)
	say(utt.Receipt{Op: h.Digest, ID: h.ID, Status: utt.Executed}, nil)
	require.Equal(t, wallet.Status{State: wallet.Pending}, statusOf(t, a, n, h), "not certified")
	say(utt.Receipt{Op: h.Digest, ID: h.ID, Status: utt.Rejected, Rejection: &utt.Rejection{Code: utt.CodeRepeated, Op: h.Digest}}, nil)
	require.Equal(t, wallet.Status{State: wallet.Pending}, statusOf(t, a, n, h), "executed before, and not certified")
	for _, r := range []utt.Receipt{{}, {Op: utt.Digest{1}, Status: utt.Executed}, {Op: h.Digest, Status: utt.Rejected}} {
		say(r, nil)
		_, err := a.Status(ctx, n, h)
		requireNode(t, err, wallet.NodeError{Fault: wallet.Broken})
	}
	say(utt.Receipt{}, errTimeout)
	require.ErrorIs(t, a.Await(ctx, n, h), errTimeout)
	require.Equal(t, before, stateOf(a))

	require.NoError(t, net.Submit(ctx, capturedOf(t, a, h)))
	say(utt.Receipt{Op: h.Digest, ID: h.ID, Status: utt.Rejected, Rejection: &utt.Rejection{Code: utt.CodeInvalid, Op: h.Digest}}, nil)
	require.NoError(t, a.Await(ctx, n, h), "it is on record")
}

// capturedOf is a pending operation.
func capturedOf(t testing.TB, w *wallet.Wallet, h wallet.Handle) utt.Operation {
	t.Helper()
	var ops []utt.Operation
	require.NoError(t, w.Resubmit(context.Background(), keeping(nil, &ops), h))
	return ops[0]
}

// hasty is a node whose Wait returns at once.
type hasty struct {
	*local.Network
	asked  int
	enough func()
}

func (n *hasty) Certificate(ctx context.Context, height uint64) (*utt.Certificate, error) {
	if n.asked++; n.asked > 1000 {
		n.enough()
	}
	return n.Network.Certificate(ctx, height)
}

func (n *hasty) Wait(context.Context, utt.Cursor) error { return nil }

// A node whose Wait returns at once is not asked without a pause.
func TestAwaitPauses(t *testing.T) {
	w := sharedWorld()
	m := restore(t, w.net, mallory)
	sync1(t, w.net, m)
	h, err := m.Split(context.Background(), dropping(w.net, nil), cash, 1)
	require.NoError(t, err)
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		n := &hasty{Network: w.net, enough: cancel}
		require.ErrorIs(t, m.Await(ctx, n, h), context.DeadlineExceeded)
		require.LessOrEqual(t, n.asked, 202)
		require.Greater(t, n.asked, 20)
	})
}

// A node that lags is waited for: behind a service there are several.
func TestAwaitANodeThatLags(t *testing.T) {
	ctx := context.Background()
	net := newNetwork(t)
	a := join(t, net, alice, 30)
	early, err := net.Certificate(ctx, 1)
	require.NoError(t, err)
	h, err := a.Split(ctx, net, cash, 10)
	require.NoError(t, err)
	asked := 0
	require.NoError(t, a.Await(ctx, &node{Node: net, certificate: func(c *utt.Certificate, err error) (*utt.Certificate, error) {
		if asked++; asked < 3 {
			return early, nil
		}
		return c, err
	}}, h))
	require.Equal(t, 3, asked)
}

// What a node says of a rejection moves no cursor and begins no line in somebody's log.
func TestRejectionPrintsNoControls(t *testing.T) {
	r := &utt.Rejection{Code: utt.CodeInvalid, Label: "TX-NF\r", Detail: "no\n2026 paid\x1b[2J \u202e\xff ä"}
	for _, c := range r.Error() {
		require.True(t, unicode.IsPrint(c), "%q", c)
	}
	require.Contains(t, r.Error(), "ä")
}
