package utt_test

import (
	"context"
	"iter"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/wallet"
)

// raw is a node with records as they are.
type raw struct {
	*node
	yields func(ctx context.Context, from utt.Cursor) iter.Seq2[*utt.Record, error]
}

func (n *raw) Records(ctx context.Context, from utt.Cursor) iter.Seq2[*utt.Record, error] {
	return n.yields(ctx, from)
}

// A node of another network, one that was emptied, and one that an integrator wrote in a
// hurry: the wallet says what is wrong, is as it was, and goes on with another.
func TestFaultyNodes(t *testing.T) {
	ctx := context.Background()
	s := newStory()
	another := newNetwork(t)
	require.NoError(t, another.Advance(ctx, month))
	empty := newNetwork(t)
	height := s.net.Ledger().Head().Height
	certify := func(f func(height uint64) (*utt.Certificate, error)) wallet.Node {
		return &certifies{s.net, f}
	}
	last, err := s.net.Certificate(ctx, math.MaxUint64)
	require.NoError(t, err)
	made := last.At(utt.Checkpoint{Height: height + 9, Time: last.Time, Records: 1 << 40})
	unread := func(c *utt.Certificate) wallet.Node {
		return &raw{&node{Node: s.net, certificate: func(*utt.Certificate, error) (*utt.Certificate, error) { return c, nil }},
			func(context.Context, utt.Cursor) iter.Seq2[*utt.Record, error] {
				panic("nothing is to be downloaded")
			}}
	}
	records := func(seq iter.Seq2[*utt.Record, error]) wallet.Node {
		return &raw{&node{Node: s.net}, func(context.Context, utt.Cursor) iter.Seq2[*utt.Record, error] { return seq }}
	}
	pairs := func(r *utt.Record, err error) iter.Seq2[*utt.Record, error] {
		return func(yield func(*utt.Record, error) bool) { yield(r, err) }
	}
	for name, c := range map[string]struct {
		node  wallet.Node
		new   bool // for a wallet that has not synced
		fault wallet.NodeError
	}{
		"of another network, lower":     {another, false, wallet.NodeError{Fault: wallet.Foreign, Height: 1, Known: height}},
		"of another network, at first":  {another, true, wallet.NodeError{Fault: wallet.Foreign, Height: 1}},
		"emptied":                       {empty, false, wallet.NodeError{Fault: wallet.Behind, Known: height}},
		"rolled back":                   {certify(func(uint64) (*utt.Certificate, error) { return s.net.Certificate(ctx, 2) }), false, wallet.NodeError{Fault: wallet.Behind, Height: 2, Known: height}},
		"no certificate, no error":      {certify(func(uint64) (*utt.Certificate, error) { return nil, nil }), true, wallet.NodeError{Fault: wallet.Broken}},
		"an empty certificate":          {unread(new(utt.Certificate)), false, wallet.NodeError{Fault: wallet.Foreign, Known: height}},
		"a certificate made up":         {unread(made), true, wallet.NodeError{Fault: wallet.Foreign, Height: height + 9}},
		"a certificate made up, later":  {unread(made), false, wallet.NodeError{Fault: wallet.Foreign, Height: height + 9, Known: height}},
		"no sequence":                   {records(nil), true, wallet.NodeError{Fault: wallet.Broken}},
		"no record, no error":           {records(pairs(nil, nil)), true, wallet.NodeError{Fault: wallet.Broken}},
		"an empty record":               {records(pairs(new(utt.Record), nil)), true, wallet.NodeError{Fault: wallet.Broken}},
		"no records":                    {records(func(func(*utt.Record, error) bool) {}), true, wallet.NodeError{Fault: wallet.Broken}},
		"all records, and one too many": {&node{Node: s.net, records: func(all []*utt.Record) []*utt.Record { return append([]*utt.Record{all[0]}, all...) }}, true, wallet.NodeError{Fault: wallet.Broken}},
	} {
		t.Run(name, func(t *testing.T) {
			w := restore(t, s.net, alice)
			if !c.new {
				sync1(t, s.net, w)
			}
			before := stateOf(w)
			requireNode(t, w.Sync(ctx, c.node), c.fault)
			require.Equal(t, before, stateOf(w))
			sync1(t, s.net, w)
			require.Equal(t, s.alice, stateOf(w))
		})
	}
}

// certifies is a node with certificates of its own.
type certifies struct {
	wallet.Node
	certificate func(height uint64) (*utt.Certificate, error)
}

func (n *certifies) Certificate(_ context.Context, height uint64) (*utt.Certificate, error) {
	return n.certificate(height)
}

// Between two batches of a long download, too, a node must answer.
func TestNoCertificateBetween(t *testing.T) {
	ctx := context.Background()
	s := newStory()
	c := utt.NewConspiracy(s.net.Parameters())
	var many []*utt.Record
	for i := range uint32(600) {
		many = append(many, utt.Issued(utt.Cursor{Height: 1 + uint64(i/300), Index: i % 300}, uint64(i), bob, cash, 1))
	}
	many = append(many, utt.Issued(utt.Cursor{Height: 3}, 600, bob, cash, 1))
	last := c.Certify(s.net.Ledger().Head().Time, many)
	w, err := wallet.New(c.Parameters, alice, seedOf(alice), atStart())
	require.NoError(t, err)
	n := &raw{&node{Node: &certifies{s.net, func(height uint64) (*utt.Certificate, error) {
		if height == math.MaxUint64 {
			return last, nil
		}
		return nil, nil
	}}}, func(context.Context, utt.Cursor) iter.Seq2[*utt.Record, error] {
		return func(yield func(*utt.Record, error) bool) {
			for _, r := range many {
				if !yield(r, nil) {
					return
				}
			}
		}
	}}
	requireNode(t, w.Sync(ctx, n), wallet.NodeError{Fault: wallet.Broken})

	// t replicas that certify two histories are noticed
	sync1(t, &serving{records: many, certificates: last}, w)
	known := w.Checkpoint()
	other := c.Certify(last.Time, append(many[:600:600], utt.Issued(utt.Cursor{Height: 3}, 600, bob, cash, 2)))
	requireNode(t, takeIn(ctx, w, other), wallet.NodeError{Fault: wallet.Forked, Height: known.Height, Known: known.Height})
	fewer := c.Certify(last.Time, []*utt.Record{utt.Issued(utt.Cursor{Height: 9}, 0, bob, cash, 1)})
	requireNode(t, takeIn(ctx, w, fewer), wallet.NodeError{Fault: wallet.Forked, Height: 9, Known: known.Height})
	require.Equal(t, known, w.Checkpoint())
}

// One transfer may pay somebody twice: an income is named by ID and output.
func TestTaxOfTheTaxOffice(t *testing.T) {
	ctx := context.Background()
	net := newTaxed(t)
	a, office := join(t, net, alice, 500), join(t, net, taxOffice)
	sync1(t, net, a)
	h, err := a.Pay(ctx, net, taxOffice, cash, 100, "dues")
	require.NoError(t, err)
	require.NoError(t, a.Await(ctx, net, h))
	sync1(t, net, office)
	at := net.Ledger().Head().Time
	require.Equal(t, []wallet.Payment{
		{ID: h.ID, Output: 0, Role: utt.Payee, Asset: cash, Amount: 100, Memo: "dues", Time: at},
		{ID: h.ID, Output: 2, Role: utt.Fixed, Asset: cash, Amount: 5, Time: at},
	}, office.Received())
}

// Burn, forget, burn: nothing stops the second, as the documentation says.
func TestBurnIsForgotten(t *testing.T) {
	ctx := context.Background()
	net := newNetwork(t)
	a := join(t, net, alice, 50)
	var kept []utt.Operation
	h, err := a.Burn(ctx, keeping(net, &kept), cash, 50)
	require.NoError(t, err)
	again := restore(t, net, alice)
	sync1(t, net, again)
	require.Empty(t, again.Pending())
	done(t, again, net)(again.Mint(ctx, net, cash, 50)) // a coin arrives
	require.Equal(t, []utt.Amount{50, 50}, again.Coins(cash))
	require.NoError(t, net.Submit(ctx, kept[0]))
	require.Equal(t, wallet.Executed, statusOf(t, again, net, h).State, "ask before you burn once more")
	require.Equal(t, wallet.Balance{Spendable: 50, Account: 100, Budget: 1000}, again.Balance(cash))
}
