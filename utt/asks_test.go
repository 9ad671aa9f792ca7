package utt_test

import (
	"context"
	"iter"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/local"
	"github.com/utt-ecash/utt-go/utt/wallet"
)

// asksOf is a node that keeps what it is asked, and when.
type asksOf struct {
	*local.Network
	what []string
	when []time.Time
}

func (n *asksOf) note(what string) {
	n.what, n.when = append(n.what, what), append(n.when, time.Now())
}

func (n *asksOf) Certificate(ctx context.Context, height uint64) (*utt.Certificate, error) {
	n.note("certificate")
	return n.Network.Certificate(ctx, height)
}

func (n *asksOf) Records(ctx context.Context, from utt.Cursor) iter.Seq2[*utt.Record, error] {
	n.note("records")
	return n.Network.Records(ctx, from)
}

func (n *asksOf) CredentialCertificate(ctx context.Context, height uint64) (*utt.Certificate, error) {
	n.note("certificate of credentials")
	return n.Network.CredentialCertificate(ctx, height)
}

func (n *asksOf) Credentials(ctx context.Context, from uint64) iter.Seq2[utt.CredentialLeaf, error] {
	n.note("credentials")
	return n.Network.Credentials(ctx, from)
}

func (n *asksOf) Receipt(ctx context.Context, op utt.Digest) (utt.Receipt, error) {
	n.note("receipt")
	return n.Network.Receipt(ctx, op)
}

func (n *asksOf) Wait(ctx context.Context, _ utt.Cursor) error {
	n.note("wait")
	<-ctx.Done()
	return ctx.Err()
}

// How long a wallet takes to take records in, a millisecond more for each payment to it,
// shows in nothing that it asks while it follows an operation: a node that knows of a
// payment would learn whose wallet asks.
func TestNothingIsAskedOnceRecordsAreIn(t *testing.T) {
	net := newNetwork(t)
	a, b := join(t, net, alice, 500), join(t, net, bob)
	sync1(t, net, a, b)
	lost, err := b.Mint(context.Background(), dropping(net, nil), cash, 1)
	require.NoError(t, err)
	done(t, a, net)(a.Pay(context.Background(), net, bob, cash, 120, ""))
	n := &asksOf{Network: net}
	s, err := b.Status(context.Background(), n, lost)
	require.NoError(t, err)
	require.Equal(t, wallet.Status{State: wallet.Pending}, s)
	require.Equal(t, []string{"receipt", "certificate", "records", "certificate of credentials"}, n.what)

	done(t, a, net)(a.Pay(context.Background(), net, bob, cash, 120, ""))
	synctest.Test(t, func(t *testing.T) {
		n := &asksOf{Network: net}
		ctx, cancel := context.WithTimeout(context.Background(), 120*time.Millisecond)
		defer cancel()
		require.ErrorIs(t, b.Await(ctx, n, lost), context.DeadlineExceeded)
		require.Equal(t, []string{"receipt", "certificate", "records", "certificate of credentials", "wait"}, n.what)
		require.Equal(t, 50*time.Millisecond, n.when[4].Sub(n.when[0]), "at a time that is fixed")
	})
}

// mailbox is a node at which operations are handed in, and nothing is read.
type mailbox struct {
	net *local.Network
	all []string
}

func (m *mailbox) Submit(ctx context.Context, op utt.Operation) error {
	m.all = append(m.all, "submit")
	return m.net.Submit(ctx, op)
}

func (m *mailbox) Receipt(ctx context.Context, op utt.Digest) (utt.Receipt, error) {
	m.all = append(m.all, "receipt")
	return m.net.Receipt(ctx, op)
}

// library is a node from which all is read, and at which nothing is handed in.
type library struct{ asked asksOf }

func (l *library) Certificate(ctx context.Context, height uint64) (*utt.Certificate, error) {
	return l.asked.Certificate(ctx, height)
}

func (l *library) Records(ctx context.Context, from utt.Cursor) iter.Seq2[*utt.Record, error] {
	return l.asked.Records(ctx, from)
}

func (l *library) CredentialCertificate(ctx context.Context, height uint64) (*utt.Certificate, error) {
	return l.asked.CredentialCertificate(ctx, height)
}

func (l *library) Credentials(ctx context.Context, from uint64) iter.Seq2[utt.CredentialLeaf, error] {
	return l.asked.Credentials(ctx, from)
}

func (l *library) Wait(ctx context.Context, from utt.Cursor) error {
	l.asked.note("wait")
	return l.asked.Network.Wait(ctx, from)
}

// A wallet hands in at one node and reads from another: nothing that is handed in, and no
// question about it, goes to who sees what the wallet reads [ASK-APART].
func TestApart(t *testing.T) {
	ctx := context.Background()
	net := newNetwork(t)
	a, b := join(t, net, alice, 500), join(t, net, bob)
	sync1(t, net, a, b)
	in, out := &mailbox{net: net}, &library{asksOf{Network: net}}
	n := wallet.Apart(in, out)
	h, err := a.Pay(ctx, n, bob, cash, 120, "")
	require.NoError(t, err)
	require.Equal(t, []string{"submit"}, in.all)
	require.Empty(t, out.asked.what)
	require.NoError(t, a.Await(ctx, n, h))
	require.NotContains(t, in.all, "records")
	require.Subset(t, []string{"certificate", "records", "certificate of credentials", "credentials", "wait"}, out.asked.what)
	sync1(t, net, b)
	require.Equal(t, utt.Amount(120), b.Balance(cash).Spendable)
	require.Nil(t, wallet.Apart(nil, out))
	require.Nil(t, wallet.Apart(in, nil))
	require.ErrorIs(t, a.Sync(ctx, wallet.Apart(nil, nil)), utt.ErrInvalid)
}
