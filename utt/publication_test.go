package utt_test

import (
	"context"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/replica"
)

func TestPublication(t *testing.T) {
	n := newCertifying(t)
	shares, more := n.certify(t)
	a, err := n.committees.Certify(n.p, shares)
	require.NoError(t, err)
	b, err := n.committees.Certify(n.p, more)
	require.NoError(t, err)

	p := new(replica.Publication)
	require.Nil(t, p.Last())
	_, err = p.Certificate(t.Context(), math.MaxUint64)
	require.ErrorIs(t, err, utt.ErrNotFound)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, p.Wait(ended, utt.Cursor{}), context.Canceled)

	came := make(chan error)
	go func() { came <- p.Wait(t.Context(), utt.Cursor{Height: 1}) }()
	require.ErrorIs(t, p.Publish(a, n.records[0][1:]), utt.ErrConflict, "a record is missing")
	require.ErrorIs(t, p.Publish(b, n.records[1]), utt.ErrConflict, "a block is missing")
	require.ErrorIs(t, p.Publish(nil, nil), utt.ErrInvalid)
	require.Nil(t, p.Last())
	require.NoError(t, p.Publish(a, n.records[0]))
	require.NoError(t, <-came)
	require.ErrorIs(t, p.Publish(a, nil), utt.ErrConflict, "again")
	early := p.Clone()
	require.NoError(t, p.Publish(b, n.records[1]))
	require.Equal(t, a, early.Last())
	require.NoError(t, early.Publish(b, n.records[1]))
	require.Equal(t, b, p.Last())

	for height, want := range map[uint64]*utt.Certificate{1: a, 2: b, 3: b, math.MaxUint64: b} {
		got, err := p.Certificate(t.Context(), height)
		require.NoError(t, err)
		require.Equal(t, want, got)
		got.Records++ // is the caller's
	}
	all := slices.Concat(n.records[0], n.records[1])
	for _, c := range []struct {
		from  utt.Cursor
		first int
	}{{utt.Cursor{}, 0}, {utt.Cursor{Height: 1, Index: 1}, 1}, {utt.Cursor{Height: 2}, len(n.records[0])},
		{utt.Cursor{Height: 1, Index: math.MaxUint32}, len(n.records[0])}, {utt.Cursor{Height: 3}, len(all)}} {
		var got []*utt.Record
		for r, err := range p.Records(t.Context(), c.from) {
			require.NoError(t, err)
			got = append(got, r)
		}
		require.Len(t, got, len(all)-c.first)
		for i := range got {
			require.Equal(t, all[c.first+i], got[i])
			*got[i] = utt.Record{} // is the caller's
		}
	}
	for _, err := range p.Records(ended, utt.Cursor{}) {
		require.ErrorIs(t, err, context.Canceled)
	}
}

// A block as large as may be, after some records that wait to be taken in together, is
// no more than a wallet holds.
func TestLargestBlock(t *testing.T) {
	ctx := context.Background()
	net := newNetwork(t)
	a := join(t, net, alice, 30)
	issue := func(n int) {
		t.Helper()
		nonce, err := net.Ledger().IssueNonce()
		require.NoError(t, err)
		orders := make([]utt.Operation, n)
		for i := range orders {
			orders[i], err = utt.NewIssue(net.Parameters(), net.Issuer(), nonce+uint64(i), a.PID(), cash, 1)
			require.NoError(t, err)
		}
		_, err = net.Execute(ctx, orders...)
		require.NoError(t, err)
	}
	sync1(t, net, a)
	before := a.Balance(cash).Account
	issue(500)
	issue(utt.MaxOperations)
	issue(1)
	sync1(t, net, a)
	require.Equal(t, before+500+utt.MaxOperations+1, a.Balance(cash).Account)
	require.ErrorIs(t, new(replica.Publication).Publish(new(utt.Certificate), make([]*utt.Record, utt.MaxBlock+1)), utt.ErrInvalid)
}
