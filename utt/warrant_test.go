package utt_test

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/testrand"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/ledger"
	"github.com/utt-ecash/utt-go/utt/store"
)

// warrantFor is a warrant with its opening.
func (w *world) warrantFor(t testing.TB, number uint64, terms utt.WarrantTerms, until uint64, sealed bool) (*utt.Warrant, *utt.WarrantOpening) {
	t.Helper()
	d, o, err := utt.NewWarrant(nil, w.Parameters, w.WarrantKey, number, terms, until, sealed)
	require.NoError(t, err)
	return d, o
}

// only is the record of a block's one operation.
func only(t testing.TB, l *ledger.Ledger) *utt.Record {
	t.Helper()
	records, err := l.BlockRecords(l.Head().Height)
	require.NoError(t, err)
	require.Len(t, records, 1)
	return records[0]
}

// codes are why operations were rejected, 0 for those that were not.
func codes(receipts []utt.Receipt) (all []utt.Code) {
	for _, r := range receipts {
		if r.Rejection == nil {
			all = append(all, 0)
		} else {
			all = append(all, r.Rejection.Code)
		}
	}
	return all
}

// The life of warrants: taken in turn, opened or overdue, voided, and opened all the same;
// after a restart as before it.
func TestWarrants(t *testing.T) {
	w := sharedWorld()
	l, now := w.fork(t), w.head.Time
	payment := w.HonestAudited(utt.Audited)
	id := payment.ID()
	_, err := l.AuditRecord(id)
	require.ErrorIs(t, err, utt.ErrNotFound)
	execute(t, l, now, payment)
	held := only(t, l)
	terms := utt.WarrantTerms{Transfers: []utt.ID{id}, Components: utt.ComponentPayer | utt.ComponentAmount, Reason: "case 7"}

	named, namedOpening := w.warrantFor(t, 0, terms, now+hour, false)
	sealed, sealedOpening := w.warrantFor(t, 1, terms, now+2*hour, true)
	third, _ := w.warrantFor(t, 2, terms, now+day, true)
	o, no, err := l.Preview(sealed, now)
	require.NoError(t, err)
	require.Equal(t, []any{ledger.Later, utt.CodeNonce}, []any{o, no.Code})
	requireExecuted(t, execute(t, l, now, parse(t, named)...))
	e, err := only(t, l).Entry(w.Parameters)
	require.NoError(t, err)
	require.Equal(t, utt.Entry{Kind: utt.KindWarrant, Count: 1, Due: now + hour, Transfers: terms.Transfers, Components: terms.Components}, e)
	number, until, ok := only(t, l).Warrant()
	require.Equal(t, []any{uint64(0), now + hour, true}, []any{number, until, ok})
	requireExecuted(t, execute(t, l, now, parse(t, sealed)...))
	e, err = only(t, l).Entry(w.Parameters)
	require.NoError(t, err)
	require.Equal(t, utt.Entry{Kind: utt.KindWarrant, Nonce: 1, Count: 1, Due: now + 2*hour}, e, "which payment is not seen")
	require.True(t, only(t, l).Of(sealed))
	require.False(t, bytes.Contains(utt.RawOperation(sealed), id[:]))
	require.False(t, bytes.Contains(utt.RawOperation(named), []byte(terms.Reason)))
	next, err := l.WarrantNumber()
	require.NoError(t, err)
	require.Equal(t, uint64(2), next)
	due, err := l.DueWarrants()
	require.NoError(t, err)
	require.Equal(t, []ledger.DueWarrant{{Number: 0, Until: now + hour}, {Number: 1, Until: now + 2*hour}}, due)

	// whatever became of the payment, its audit record is found
	l2 := &trusting{l, t}
	l2.block(now+2*hour, utt.Undecided(utt.Veto, id))
	status, _, err := l.Hold(id)
	require.NoError(t, err)
	require.Equal(t, utt.Refunded, status)
	found, err := l.AuditRecord(id)
	require.NoError(t, err)
	require.Equal(t, held.AppendUnsigned(nil), found.AppendUnsigned(nil))
	require.True(t, found.AuditRecord().Equal(held.AuditRecord()))

	// both are overdue, and each of them blocks
	void := utt.ForgeVoid(w.Parameters, 1, 0, 2)
	receipts := execute(t, l, now+2*hour, parse(t, third, namedOpening, third, void, third, void)...)
	require.Equal(t, []utt.Code{utt.CodeOverdue, 0, utt.CodeOverdue, 0, 0, utt.CodeNotSealed}, codes(receipts))
	records, err := l.BlockRecords(l.Head().Height)
	require.NoError(t, err)
	e, err = records[0].Entry(w.Parameters)
	require.NoError(t, err)
	require.Equal(t, utt.Entry{Kind: utt.KindWarrantOpening, Count: 1, Transfers: terms.Transfers, Components: terms.Components, Reason: "case 7"}, e)
	e, err = records[1].Entry(w.Parameters)
	require.NoError(t, err)
	require.Equal(t, utt.Entry{Kind: utt.KindWarrantVoid, Nonce: 1}, e)

	// a salt that is found again opens it, once
	twin := (&trusting{l, t}).restored()
	for _, l := range []*ledger.Ledger{l, twin.Ledger} {
		receipts = execute(t, l, now+3*hour, parse(t, sealedOpening, sealedOpening, namedOpening)...)
		require.Equal(t, []utt.Code{0, utt.CodeNotSealed, utt.CodeNotSealed}, codes(receipts))
		due, err = l.DueWarrants()
		require.NoError(t, err)
		require.Equal(t, []ledger.DueWarrant{{Number: 2, Until: now + day}}, due)
	}
	require.Equal(t, l.Digest(), twin.Digest())
}

// The opening of a warrant that lied is taken, and what was wrong is on record.
func TestWarrantsThatLied(t *testing.T) {
	w := sharedWorld()
	l, now := w.fork(t), w.head.Time
	payment := w.HonestAudited(utt.Audited)
	execute(t, l, now, payment)
	honest := utt.WarrantTerms{Transfers: []utt.ID{payment.ID()}, Components: utt.ComponentPayer}
	unknown := utt.WarrantTerms{Transfers: []utt.ID{{1}, payment.ID()}, Components: utt.ComponentPayer}
	for i, c := range []struct {
		terms utt.WarrantTerms
		count uint16
		want  utt.Violation
	}{{honest, 1, 0}, {honest, 2, utt.ViolationCount}, {unknown, 2, utt.ViolationTransfer}, {unknown, 1, utt.ViolationCount}} {
		sealed, opening := w.LyingWarrant(uint64(i), c.terms, now+hour, c.count)
		requireExecuted(t, execute(t, l, now, parse(t, sealed)...))
		onRecord := only(t, l)
		violation, err := onRecord.Open(opening)
		require.NoError(t, err)
		require.Equal(t, c.want == utt.ViolationCount, violation == utt.ViolationCount)
		requireExecuted(t, execute(t, l, now, parse(t, opening)...))
		e, err := only(t, l).Entry(w.Parameters)
		require.NoError(t, err)
		require.Equal(t, c.want, e.Violation)
		b, err := only(t, l).MarshalBinary()
		require.NoError(t, err)
		d := new(utt.Record)
		require.NoError(t, d.UnmarshalBinary(b))
		e, err = d.Entry(w.Parameters)
		require.NoError(t, err)
		require.Equal(t, c.want, e.Violation)
		_, err = onRecord.Open(opening.ForgeOpening(func(t *utt.WarrantTerms, _ *uint64) { t.Reason += "!" }))
		require.ErrorIs(t, err, utt.ErrInvalid)
		require.ErrorContains(t, err, "[WAR-OPEN]")
	}
}

func TestNewWarrantRefuses(t *testing.T) {
	w := sharedWorld()
	many := make([]utt.ID, utt.MaxWarranted+1)
	for i := range many {
		many[i] = utt.ID{byte(i), byte(i >> 8)}
	}
	good := utt.WarrantTerms{Transfers: many[:utt.MaxWarranted], Components: utt.ComponentAmount, Reason: string(bytes.Repeat([]byte("x"), utt.MaxReason))}
	d, o := w.warrantFor(t, 0, good, 1, false)
	require.Len(t, d.Transfers(), utt.MaxWarranted)
	require.Equal(t, utt.MaxWarranted, len(o.Terms().Transfers))
	parse(t, d, o)
	backward := good
	backward.Transfers = slices.Clone(good.Transfers)
	slices.Reverse(backward.Transfers)
	_, again := w.warrantFor(t, 0, backward, 1, false)
	require.Equal(t, o.Terms(), again.Terms(), "in one order")
	require.NotEqual(t, o.Digest(), again.Digest(), "another salt")
	for name, change := range map[string]func(*utt.WarrantTerms){
		"for nothing":            func(t *utt.WarrantTerms) { t.Transfers = nil },
		"for too many":           func(t *utt.WarrantTerms) { t.Transfers = many },
		"for one twice":          func(t *utt.WarrantTerms) { t.Transfers = []utt.ID{{1}, {1}} },
		"for no components":      func(t *utt.WarrantTerms) { t.Components = 0 },
		"for unknown components": func(t *utt.WarrantTerms) { t.Components = 8 },
		"with a long reason":     func(t *utt.WarrantTerms) { t.Reason += "x" },
		"with a garbled reason":  func(t *utt.WarrantTerms) { t.Reason = "\xff" },
	} {
		bad := good
		change(&bad)
		_, _, err := utt.NewWarrant(nil, w.Parameters, w.WarrantKey, 0, bad, 1, true)
		require.ErrorIs(t, err, utt.ErrInvalid, name)
	}
	_, _, err := utt.NewWarrant(nil, w.Parameters, w.Issuer, 0, good, 1, true)
	require.ErrorIs(t, err, utt.ErrPolicy)
	failure := fmt.Errorf("no randomness")
	_, _, err = utt.NewWarrant(testrand.Failing(0, failure), w.Parameters, w.WarrantKey, 0, good, 1, true)
	require.ErrorIs(t, err, failure)

	c := w.Config()
	c.Authority = utt.Authority{}
	ungoverned, err := utt.NewParameters(c)
	require.NoError(t, err)
	_, err = utt.NewWarrantVoid(ungoverned, 0)
	require.ErrorIs(t, err, utt.ErrPolicy)
	v, err := utt.NewWarrantVoid(w.Parameters, 3)
	require.NoError(t, err)
	_, err = v.Sign(w.Parameters, w.Issuer)
	require.ErrorIs(t, err, utt.ErrPolicy)
	for i := range 2 {
		v, err = v.Sign(w.Parameters, utt.AuthorityKey(i))
		require.NoError(t, err)
	}
	require.Equal(t, []any{uint64(3), 2}, []any{v.Number(), v.Signatures()})
	require.Equal(t, utt.RawOperation(utt.ForgeVoid(w.Parameters, 3, 0, 1)), utt.RawOperation(v))
}

// A ledger that was restored from a garbled list of warrants says so.
func TestGarbledWarrants(t *testing.T) {
	w := sharedWorld()
	for name, b := range map[string][]byte{"cut": {1, 2}, "twice": make([]byte, 32)} {
		s := new(store.Memory)
		l, err := ledger.New(w.Parameters, s)
		require.NoError(t, err)
		require.NoError(t, s.Apply([]store.Write{{Key: []byte{'o'}, Value: b}}))
		_, err = l.DueWarrants()
		require.ErrorIs(t, err, utt.ErrStore, name)
		_, _, err = l.Preview(w.SealedWarrant(w.HonestAudited(utt.Audited), 0), w.head.Time)
		require.ErrorIs(t, err, utt.ErrStore, name)
	}
}

func TestComponents(t *testing.T) {
	require.Equal(t, "payer, payee, amount", utt.RevealAll.Components().String())
	require.Equal(t, "payee, amount", utt.RevealAmountAndPayee.Components().String())
	require.Equal(t, "amount", utt.RevealAmount.Components().String())
	require.Zero(t, utt.Reveals(0).Components())
	require.Equal(t, []int{utt.AuditPayer, utt.AuditPayee, utt.AuditLow, utt.AuditHigh}, utt.RevealAll.Components().Indices())
	require.Equal(t, []int{utt.AuditLow, utt.AuditHigh}, utt.ComponentAmount.Indices())
	require.True(t, utt.ComponentPayer.In(utt.RevealAll.Components()))
	require.False(t, utt.ComponentPayer.In(utt.RevealAmountAndPayee.Components()))
	for c := range utt.Components(20) {
		require.Equal(t, c >= 1 && c <= 7, c.Valid())
	}
}

// On a network, wallets follow what they are not concerned by, and auditors read of
// certified records: one payment by a warrant, and of all of an epoch the sum.
func TestExceptionalAccess(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t)
	var ids []utt.ID
	for _, coin := range []utt.Amount{300, 200, 100} {
		op := w.AuditedOf(coin)
		require.NoError(t, w.net.Submit(ctx, op))
		require.NoError(t, w.net.Submit(ctx, w.Decide(utt.Approve, op.ID(), 0, 3)))
		ids = append(ids, op.ID())
	}
	now := w.net.Ledger().Head().Time
	terms := utt.WarrantTerms{Transfers: ids[:1], Components: utt.ComponentAmount, Reason: "case 8"}
	sealed, opening := w.warrantFor(t, 0, terms, now+hour, true)
	require.NoError(t, w.net.Submit(ctx, sealed))
	require.NoError(t, w.net.Submit(ctx, opening))
	require.NoError(t, w.net.Advance(ctx, w.Parameters.Policy().EpochLength))
	require.NoError(t, w.net.Agree())
	g := utt.Grounds{Now: w.net.Ledger().Head().Time}
	sum := utt.Grounds{Now: g.Now}
	for r, err := range w.net.Records(ctx, utt.Cursor{}) {
		require.NoError(t, err)
		switch {
		case r.Kind() == utt.KindTransfer && r.ID() == ids[0]:
			g.Payment = r
		case r.Kind() == utt.KindWarrant:
			g.Warrant = r
		case r.Kind() == utt.KindWarrantOpening:
			g.End = r
		case r.Kind() == utt.KindSum:
			sum.Sum = r
		}
	}
	r, err := w.Parameters.Disclose(g, utt.ComponentAmount)
	require.NoError(t, err)
	require.Equal(t, uint64(299), w.opened(t, r))
	require.NotNil(t, sum.Sum)
	r, err = w.Parameters.Disclose(sum, utt.ComponentAmount)
	require.NoError(t, err)
	require.Equal(t, uint64(299+199+99), w.opened(t, r))
	require.NoError(t, w.bob.Sync(ctx, w.net))
	require.Equal(t, utt.Amount(50+299+199+99), w.bob.Balance(cash).Spendable)
	require.NoError(t, w.alice.Sync(ctx, w.net))
	restored := restore(t, w.net, alice)
	require.NoError(t, restored.Sync(ctx, w.net))
	require.Equal(t, stateOf(w.alice), stateOf(restored))
}

// While a transfer waits its auditors find its audit record, whatever details were dropped.
func TestAuditRecordIsKeptWhileHeld(t *testing.T) {
	w := sharedWorld()
	l := w.fork(t)
	payment := w.HonestAudited(utt.Audited)
	execute(t, l, w.head.Time, payment)
	held := only(t, l)
	snapshot, err := l.Snapshot()
	require.NoError(t, err)
	var b bytes.Buffer
	_, err = snapshot.WriteTo(&b)
	require.NoError(t, err)
	require.NoError(t, snapshot.Close())
	s := new(store.Memory)
	d, err := ledger.Restore(w.Parameters, s, &b, l.Digest())
	require.NoError(t, err)
	drop, err := d.Drop(held.Cursor().Height)
	require.NoError(t, err)
	require.NotEmpty(t, drop)
	require.NoError(t, s.Apply(drop))
	_, err = d.Record(held.Cursor())
	require.ErrorIs(t, err, utt.ErrNotFound)
	found, err := d.AuditRecord(payment.ID())
	require.NoError(t, err)
	require.Equal(t, held.AppendUnsigned(nil), found.AppendUnsigned(nil))
}
