package utt_test

import (
	"bytes"
	"cmp"
	"flag"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/ledger"
	"github.com/utt-ecash/utt-go/utt/store"
)

var expiring = flag.Int("expiring", utt.MaxTransitions+100, "how many holds expire at once")

// trusting is a ledger that is told to trust what is put into its blocks.
type trusting struct {
	*ledger.Ledger
	t testing.TB
}

// block executes a block and returns its records.
func (l *trusting) block(time uint64, ops ...utt.Operation) ([]utt.Receipt, []*utt.Record) {
	l.t.Helper()
	v, err := l.Parameters().Trust(time, ops)
	require.NoError(l.t, err)
	receipts, err := l.Execute(&utt.Block{Height: l.Head().Height + 1, Time: time, Ops: ops}, v)
	require.NoError(l.t, err)
	records, err := l.BlockRecords(l.Head().Height)
	require.NoError(l.t, err)
	return receipts, records
}

// restored is the same ledger, from a snapshot.
func (l *trusting) restored() *trusting {
	l.t.Helper()
	d, err := ledger.Restore(l.Parameters(), new(store.Memory), bytes.NewReader(snapshot(l.t, l.Ledger)), l.Digest())
	require.NoError(l.t, err)
	return &trusting{d, l.t}
}

const hour, day = uint64(3600), uint64(24 * 3600)

// What can happen to a held transfer, in every state that it can be in: of the two sets of
// outputs at most one is ever to be signed [HOLD-ONE], and what is past its due time takes
// no decision, even in the very block in which it is due [HOLD-DUE].
func TestHoldMachine(t *testing.T) {
	w := sharedWorld()
	now := w.head.Time
	out, back := []int{0, 1}, []int{2}
	audited, delayed := w.HonestAudited(utt.Audited), w.HonestAudited(utt.Delayed)
	type step struct {
		after uint64 // seconds from when it was held
		verb  utt.Verb
		want  utt.Status // of the transfer
		signs []int      // in this block
		code  utt.Code   // why the decision is rejected
	}
	for name, c := range map[string]struct {
		op    *utt.Transfer
		steps []step
	}{
		"approved": {audited, []step{
			{1, utt.Approve, utt.Executed, out, 0}, {1, utt.Approve, utt.Executed, nil, utt.CodeNotHeld},
			{2, utt.Veto, utt.Executed, nil, utt.CodeNotHeld}, {2 * hour, 0, utt.Executed, nil, 0}}},
		"vetoed": {audited, []step{
			{0, utt.Veto, utt.Refunded, back, 0}, {0, utt.Approve, utt.Refunded, nil, utt.CodeNotHeld},
			{2 * hour, 0, utt.Refunded, nil, 0}}},
		"approved in the last second": {audited, []step{{hour - 1, utt.Approve, utt.Executed, out, 0}, {hour, 0, utt.Executed, nil, 0}}},
		"expired": {audited, []step{
			{hour - 1, 0, utt.Held, nil, 0}, {hour, 0, utt.Refunded, back, 0}, {hour, utt.Approve, utt.Refunded, nil, utt.CodeNotHeld}}},
		"approved as it expires":   {audited, []step{{hour, utt.Approve, utt.Refunded, back, utt.CodeNotHeld}}},
		"vetoed as it expires":     {audited, []step{{hour, utt.Veto, utt.Refunded, back, utt.CodeNotHeld}}},
		"after a jump of the time": {audited, []step{{700 * hour, utt.Approve, utt.Refunded, back, utt.CodeNotHeld}}},
		"delayed": {delayed, []step{
			{5, utt.Approve, utt.Approved, nil, 0}, {6, utt.Approve, utt.Approved, nil, utt.CodeNotHeld},
			{4 + hour, 0, utt.Approved, nil, 0}, {5 + hour, 0, utt.Executed, out, 0}, {2 * day, utt.Veto, utt.Executed, nil, utt.CodeNotHeld}}},
		"delayed and vetoed": {delayed, []step{
			{5, utt.Approve, utt.Approved, nil, 0}, {4 + hour, utt.Veto, utt.Refunded, back, 0},
			{5 + hour, 0, utt.Refunded, nil, 0}, {2 * day, 0, utt.Refunded, nil, 0}}},
		"vetoed as the delay ends": {delayed, []step{
			{5, utt.Approve, utt.Approved, nil, 0}, {5 + hour, utt.Veto, utt.Executed, out, utt.CodeNotHeld}}},
		"approved in time, and due after the expiry": {delayed, []step{
			{day - 1, utt.Approve, utt.Approved, nil, 0}, {day, 0, utt.Approved, nil, 0},
			{day - 1 + hour, 0, utt.Executed, out, 0}, {2 * day, 0, utt.Executed, nil, 0}}},
		"delayed and never decided": {delayed, []step{{day, 0, utt.Refunded, back, 0}}},
	} {
		t.Run(name, func(t *testing.T) {
			l := &trusting{w.fork(t), t}
			receipts, records := l.block(now, c.op)
			require.Equal(t, utt.Held, receipts[0].Status)
			require.NoError(t, receipts[0].Err())
			require.Zero(t, records[0].Outputs(w.Parameters), "a held record has nothing to sign")
			require.Empty(t, records[0].Commitments(w.Parameters))
			for i, s := range c.steps {
				twin := l.restored()
				var ops []utt.Operation
				if s.verb != 0 {
					ops = append(ops, utt.Undecided(s.verb, c.op.ID()))
				}
				receipts, records := l.block(now+s.after, ops...)
				status, _, err := l.Hold(c.op.ID())
				require.NoError(t, err)
				require.Equal(t, s.want, status, "step %d", i)
				var signed []int
				for _, r := range records {
					require.Equal(t, c.op.ID(), r.ID())
					require.Len(t, r.Commitments(w.Parameters), r.Outputs(w.Parameters))
					signed = append(signed, utt.SettledOutputs(r)...)
				}
				require.Equal(t, s.signs, signed, "step %d", i)
				if s.verb != 0 && s.code == 0 {
					require.Equal(t, utt.Executed, receipts[0].Status, "%v", receipts[0].Rejection)
					require.True(t, records[0].Of(ops[0]), "a decision is its transfer's next record")
				} else if s.verb != 0 {
					require.Equal(t, s.code, receipts[0].Rejection.Code)
				}
				again, _ := l.block(now+s.after, c.op)
				require.Equal(t, utt.CodeSpent, again[0].Rejection.Code, "no transition removes a nullifier [HOLD-NF]")
				twin.block(now+s.after, ops...)
				twin.block(now+s.after, c.op)
				require.Equal(t, l.Digest(), twin.Digest(), "as from a snapshot")
			}
		})
	}
}

// A decision on what was never held, and a preview of one.
func TestDecisionOnNothing(t *testing.T) {
	w := sharedWorld()
	l := &trusting{w.fork(t), t}
	receipts, _ := l.block(w.head.Time, utt.Undecided(utt.Approve, utt.ID{1}))
	require.Equal(t, []any{utt.CodeNotHeld, "AUD-HELD"}, []any{receipts[0].Rejection.Code, receipts[0].Rejection.Label})
	_, _, err := l.Hold(utt.ID{1})
	require.ErrorIs(t, err, utt.ErrNotFound)
	op := w.HonestAudited(utt.Delayed)
	l.block(w.head.Time, op)
	before := l.Digest()
	for verb, want := range map[utt.Verb]ledger.Outlook{utt.Approve: ledger.Now, utt.Veto: ledger.Now} {
		o, no, err := l.Preview(utt.Undecided(verb, op.ID()), w.head.Time)
		require.NoError(t, err)
		require.Nil(t, no)
		require.Equal(t, want, o)
	}
	require.Equal(t, before, l.Digest())
}

// reference is the hold machine in a few lines.
type reference struct {
	of    map[utt.ID]*held
	order []utt.ID
}

type held struct {
	delayed bool
	status  utt.Status
	due     uint64
}

func (m *reference) hold(id utt.ID, delayed bool, now uint64) {
	expiry := hour
	if delayed {
		expiry = day
	}
	m.of[id] = &held{delayed, utt.Held, now + expiry}
	m.order = append(m.order, id)
}

func (m *reference) pass(now uint64) {
	for _, h := range m.of {
		if h.status == utt.Held && h.due <= now {
			h.status = utt.Refunded
		} else if h.status == utt.Approved && h.due <= now {
			h.status = utt.Executed
		}
	}
}

func (m *reference) decide(verb utt.Verb, id utt.ID, now uint64) bool {
	h := m.of[id]
	switch {
	case h.status == utt.Held && verb == utt.Veto, h.status == utt.Approved && verb == utt.Veto:
		h.status = utt.Refunded
	case h.status == utt.Held && h.delayed:
		h.status, h.due = utt.Approved, now+hour
	case h.status == utt.Held:
		h.status = utt.Executed
	default:
		return false
	}
	return true
}

// Random schedules of holds, decisions, time and restores, against the reference.
func TestHoldMachineAgainstReference(t *testing.T) {
	w := sharedWorld()
	audited, delayed := w.HonestAudited(utt.Audited), w.HonestAudited(utt.Delayed)
	next := uint64(0)
	for seed := range uint64(12) {
		r := rand.New(rand.NewPCG(seed, 9))
		l, m := &trusting{w.fork(t), t}, reference{of: map[utt.ID]*held{}}
		now, settled := w.head.Time, map[utt.ID][]int{}
		for range 30 {
			now += []uint64{0, 1, hour / 2, hour, day / 2}[r.IntN(5)]
			m.pass(now)
			var ops []utt.Operation
			var want []bool
			for range r.IntN(6) {
				if r.IntN(2) == 0 || len(m.order) == 0 {
					like := []*utt.Transfer{audited, delayed}[r.IntN(2)]
					op := w.LikeAudited(like, next, 1)[0]
					next++
					m.hold(op.ID(), like == delayed, now)
					ops, want = append(ops, op), append(want, true)
					continue
				}
				id, verb := m.order[r.IntN(len(m.order))], utt.Verb(1+r.IntN(2))
				ops, want = append(ops, utt.Undecided(verb, id)), append(want, m.decide(verb, id, now))
			}
			receipts, records := l.block(now, ops...)
			for i, ok := range want {
				require.Equal(t, ok, receipts[i].Status.Accepted(), "seed %d", seed)
			}
			for _, r := range records {
				require.Empty(t, settled[r.ID()], "one set, ever [HOLD-ONE]")
				settled[r.ID()] = utt.SettledOutputs(r)
			}
			for id, h := range m.of {
				status, due, err := l.Hold(id)
				require.NoError(t, err)
				require.Equal(t, h.status, status)
				if status == utt.Held || status == utt.Approved {
					require.Equal(t, h.due, due)
				}
				switch status {
				case utt.Executed:
					require.Equal(t, []int{0, 1}, settled[id])
				case utt.Refunded:
					require.Equal(t, []int{2}, settled[id])
				default:
					require.Empty(t, settled[id])
				}
			}
			if r.IntN(4) == 0 {
				l = l.restored()
			}
		}
	}
}

// Everything that was ever held expires in one block: the work of a block is bounded, the
// rest follows in the order in which it was held, before anything else is executed, and
// takes no decision meanwhile [HOLD-QUEUE].
func TestManyExpireAtOnce(t *testing.T) {
	w := sharedWorld()
	honest := w.HonestAudited(utt.Audited)
	l := &trusting{w.fork(t), t}
	var ids []utt.ID
	for from := 0; from < *expiring; from += utt.MaxOperations {
		ops := w.LikeAudited(honest, 1<<40+uint64(from), min(utt.MaxOperations, *expiring-from))
		for _, op := range ops {
			ids = append(ids, op.ID())
		}
		l.block(w.head.Time, ops...)
	}
	twin := l.restored()
	late := ids[len(ids)-1]
	now, begun := w.head.Time+hour, time.Now()
	for done := 0; done < len(ids); {
		ops := []utt.Operation{utt.Undecided(utt.Approve, late)}
		receipts, records := l.block(now, ops...)
		require.Equal(t, utt.CodeNotHeld, receipts[0].Rejection.Code, "past its due time, though it waits in the queue [HOLD-DUE]")
		require.Len(t, records, min(utt.MaxTransitions, len(ids)-done))
		for i, r := range records {
			require.Equal(t, ids[done+i], r.ID())
			require.Equal(t, utt.Refunded, r.Status())
		}
		done += len(records)
		twin.block(now, ops...)
		require.Equal(t, l.Digest(), twin.Digest())
	}
	t.Logf("%d expired in %v", len(ids), time.Since(begun).Round(time.Millisecond))
	_, records := l.block(now)
	require.Empty(t, records)
	require.ErrorIs(t, func() error {
		v, err := w.Parameters.Trust(now, nil)
		require.NoError(t, err)
		_, err = l.Execute(&utt.Block{Height: l.Head().Height + 1, Time: now, Ops: make([]utt.Operation, utt.MaxOperations+1)}, v)
		return err
	}(), utt.ErrInvalid, "[HOLD-SIZE]")
}

// Of several queues what is due first comes first; of what is due at one time, the row's
// order decides, and in a row, who came first.
func TestQueuesAreMerged(t *testing.T) {
	w := sharedWorld()
	audited, delayed := w.HonestAudited(utt.Audited), w.HonestAudited(utt.Delayed)
	l := &trusting{w.fork(t), t}
	start := w.head.Time
	type due struct {
		at, row uint64
		id      utt.ID
	}
	var want []due
	for i := range 40 {
		like, row, wait := audited, uint64(2), hour
		if i%3 == 0 {
			like, row, wait = delayed, 3, day
		}
		op := w.LikeAudited(like, 1<<41+uint64(i), 1)[0]
		at := start + uint64(i/4)*hour
		l.block(at, op)
		want = append(want, due{at + wait, row, op.ID()})
	}
	// so far audited ones have expired by themselves; the rest is due at once
	_, records := l.block(start + 100*day)
	slices.SortStableFunc(want, func(a, b due) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.row, b.row)) })
	want = want[len(want)-len(records):]
	require.Greater(t, len(want), 10)
	for i, r := range records {
		require.Equal(t, want[i].id, r.ID(), "%d of %d", i, len(records))
	}
}
