package utt_test

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/utt"
)

// executed holds payments like one and has them approved.
func (l *trusting) executed(w *world, at uint64, honest *utt.Transfer, from uint64, n int) {
	l.t.Helper()
	ops := w.LikeAudited(honest, from, n)
	l.block(at, ops...)
	var approvals []utt.Operation
	for _, op := range ops {
		approvals = append(approvals, utt.Undecided(utt.Approve, op.ID()))
	}
	receipts, _ := l.block(at, approvals...)
	for _, r := range receipts {
		require.Equal(l.t, utt.Executed, r.Status, "%v", r.Rejection)
	}
}

// withoutSums are the records of a block but for those of sums, which are its first.
func withoutSums(records []*utt.Record) []*utt.Record {
	for len(records) > 0 && records[0].Kind() == utt.KindSum {
		records = records[1:]
	}
	return records
}

// opened decrypts what a request asks for with the shares of two auditors, as a number.
func (w *world) opened(t testing.TB, r *threshold.Request) uint64 {
	t.Helper()
	var shares []*threshold.DecryptionShare
	for _, k := range w.OpeningShares[1:3] {
		s, err := k.Decrypt(nil, r)
		require.NoError(t, err)
		shares = append(shares, s)
	}
	m, err := w.Opening.Open(r, shares)
	require.NoError(t, err)
	require.Len(t, m, 2)
	table, err := threshold.NewLogTable(threshold.SmallLogTable)
	require.NoError(t, err)
	v, err := table.Amount(context.Background(), m[0], m[1])
	require.NoError(t, err)
	return v
}

// Sums are of what executes, in the epoch in which it does: never of what is held or
// refunded. Each is put on record once, when its epoch is over, if there is enough in it;
// and two sets have nothing in common [AGG-SET].
func TestSums(t *testing.T) {
	w := sharedWorld()
	policy := w.Parameters.Policy()
	audited, delayed := w.HonestAudited(utt.Audited), w.HonestAudited(utt.Delayed)
	l := &trusting{w.fork(t), t}
	set := func(e utt.Epoch) utt.SumSet { return utt.SumSet{Kind: utt.SumVolume, Asset: cash, Epoch: e} }
	now := w.head.Time
	least := w.Parameters.MinSum()
	require.Equal(t, 3, least)

	// in epoch 1 three execute, one is vetoed, one is held, and a delayed one is due at its end
	l.executed(w, now, audited, 1<<42, 3)
	rest := w.LikeAudited(audited, 1<<42+10, 1)
	l.block(now, rest...)
	l.block(now, utt.Undecided(utt.Veto, rest[0].ID()))
	l.block(now, w.LikeAudited(audited, 1<<42+11, 1)...)
	end := policy.StartOf(2)
	late := w.LikeAudited(delayed, 1<<42+12, 1)
	l.block(end-hour, late...)
	l.block(end-hour, utt.Undecided(utt.Approve, late[0].ID()))
	_, err := l.Sum(set(1))
	require.ErrorIs(t, err, utt.ErrNotFound, "the epoch is not over")

	twin := l.restored()
	for _, l := range []*trusting{l, twin} {
		_, records := l.block(end)
		require.Equal(t, []utt.Kind{utt.KindSum, utt.KindSettlement}, []utt.Kind{records[0].Kind(), records[1].Kind()},
			"the sum comes before what executes in the next epoch")
		require.Len(t, records, 2)
		sum, err := l.Sum(set(1))
		require.NoError(t, err)
		require.Equal(t, sum, records[0].Sum())
		require.Equal(t, []any{set(1), uint64(3)}, []any{sum.Set(), sum.Count()})
		e, err := records[0].Entry(w.Parameters)
		require.NoError(t, err)
		require.Equal(t, utt.Entry{Kind: utt.KindSum, Asset: cash, Epoch: 1, Count: 3, Sum: utt.SumVolume}, e)
		b, err := json.Marshal(e)
		require.NoError(t, err)
		var back utt.Entry
		require.NoError(t, json.Unmarshal(b, &back))
		require.Equal(t, e, back)
		r, err := w.Parameters.Disclose(utt.Grounds{Sum: records[0]}, utt.ComponentAmount)
		require.NoError(t, err)
		require.Equal(t, uint64(3*120), w.opened(t, r))
		for _, c := range []utt.Components{utt.ComponentPayer, utt.ComponentPayee, utt.RevealAll.Components()} {
			_, err = w.Parameters.Disclose(utt.Grounds{Sum: records[0]}, c)
			require.ErrorContains(t, err, "[ASK-SUM]")
		}
	}
	require.Equal(t, l.Digest(), twin.Digest())

	// in epoch 2 the delayed one and one more are too few; epoch 3 is empty; in 4 there are four
	l.executed(w, end, audited.In(2), 1<<43, least-2)
	_, records := l.block(policy.StartOf(3))
	require.Empty(t, records)
	_, err = l.Sum(set(2))
	require.ErrorIs(t, err, utt.ErrNotFound)
	again := w.LikeAudited(delayed.In(3), 1<<44, 4) // approved in 3, executed in a block of 4
	for _, like := range again {
		l.block(policy.StartOf(4)-100, like)
		l.block(policy.StartOf(4)-100, utt.Undecided(utt.Approve, like.ID()))
	}
	l.block(policy.StartOf(4) + hour)
	_, records = l.block(policy.StartOf(7))
	require.Len(t, records, 1)
	require.Equal(t, []any{set(4), uint64(4)}, []any{records[0].Sum().Set(), records[0].Sum().Count()}, "by the epoch of execution")
	for _, e := range []utt.Epoch{2, 3, 5, 6, 7} {
		_, err = l.Sum(set(e))
		require.ErrorIs(t, err, utt.ErrNotFound, "epoch %d", e)
	}
	_, records = l.block(policy.StartOf(8))
	require.Empty(t, records, "each once")
}

// Somebody who cancels the randomness of his own payments keeps nothing from being added.
func TestSumsOfCancellingPayments(t *testing.T) {
	w := sharedWorld()
	sum := utt.NewSum(utt.SumSet{Kind: utt.SumVolume, Asset: cash, Epoch: 1})
	_, err := sum.MarshalBinary()
	require.ErrorIs(t, err, utt.ErrInvalid)
	one := w.HonestAudited(utt.Audited).HeldRecord().AuditRecord()
	sum, err = sum.Add(one)
	require.NoError(t, err)
	sum, err = sum.Add(utt.Opposite(one))
	require.NoError(t, err)
	at := sum
	b, err := sum.MarshalBinary()
	require.NoError(t, err)
	sum = new(utt.Sum)
	require.NoError(t, sum.UnmarshalBinary(b))
	require.Equal(t, at, sum)
	nothing, err := sum.Record(w.Parameters, utt.Cursor{Height: 1}, w.Parameters.Policy().StartOf(2))
	require.NoError(t, err)
	_, err = w.Parameters.Disclose(utt.Grounds{Sum: nothing}, utt.ComponentAmount)
	require.ErrorContains(t, err, "[ASK-SUM]", "two are too few")
	for range 3 {
		sum, err = sum.Add(one)
		require.NoError(t, err)
	}
	r, err := sum.Record(w.Parameters, utt.Cursor{Height: 1}, w.Parameters.Policy().StartOf(2))
	require.NoError(t, err)
	request, err := w.Parameters.Disclose(utt.Grounds{Sum: r}, utt.ComponentAmount)
	require.NoError(t, err)
	require.Equal(t, uint64(3*120), w.opened(t, request))
	four, err := at.Add(one)
	require.NoError(t, err)
	four, err = four.Add(utt.Opposite(one))
	require.NoError(t, err)
	vanished, err := four.Record(w.Parameters, utt.Cursor{Height: 1}, w.Parameters.Policy().StartOf(2))
	require.NoError(t, err)
	_, err = w.Parameters.Disclose(utt.Grounds{Sum: vanished}, utt.ComponentAmount)
	require.ErrorIs(t, err, utt.ErrInvalid)
	require.ErrorContains(t, err, "[ENC-SUB]")
}
