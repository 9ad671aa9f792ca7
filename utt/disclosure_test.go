package utt_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/utt"
)

// disclosing is what auditors may be shown: a payment that is held, warrants for it and
// their openings.
type disclosing struct {
	w               *world
	now             uint64
	payment         *utt.Record
	named, sealed   *utt.Record
	opening, opened *utt.WarrantOpening
}

func newDisclosing(t testing.TB, use utt.Case) *disclosing {
	t.Helper()
	w := sharedWorld()
	d := &disclosing{w: w, now: w.head.Time}
	l := w.fork(t)
	payment := w.HonestAudited(use)
	execute(t, l, d.now, payment)
	d.payment = only(t, l)
	terms := utt.WarrantTerms{Transfers: []utt.ID{{1}, payment.ID()}, Components: utt.ComponentAmount, Reason: "case 7"}
	slices.SortFunc(terms.Transfers, func(a, b utt.ID) int { return slices.Compare(a[:], b[:]) })
	named, opened := w.warrantFor(t, 3, terms, d.now+hour, false)
	sealed, opening := w.warrantFor(t, 4, terms, d.now+hour, true)
	d.named, d.sealed, d.opened, d.opening = named.On(d.now), sealed.On(d.now), opened, opening
	return d
}

func subject(t testing.TB, w *world, purpose string, parts ...[]byte) threshold.Subject {
	t.Helper()
	s, err := threshold.NewSubject(w.Parameters.Network(), purpose, parts...)
	require.NoError(t, err)
	return s
}

// What auditors do open: each time bound to its purpose, and with it they read the amount.
func TestDisclose(t *testing.T) {
	d := newDisclosing(t, utt.Delayed)
	id := d.payment.ID()
	four := []byte{0, 0, 0, 0, 0, 0, 0, 4}
	for name, c := range map[string]struct {
		g    utt.Grounds
		want threshold.Subject
	}{
		"to decide":          {utt.Grounds{Now: d.now, Payment: d.payment}, subject(t, d.w, "decide", id[:])},
		"by a warrant":       {utt.Grounds{Now: d.now, Payment: d.payment, Warrant: d.named}, subject(t, d.w, "warrant", []byte{0, 0, 0, 0, 0, 0, 0, 3}, id[:])},
		"by a sealed one":    {utt.Grounds{Now: d.now, Payment: d.payment, Warrant: d.sealed, Opening: d.opening}, subject(t, d.w, "warrant", four, id[:])},
		"by one opened":      {utt.Grounds{Now: d.now, Payment: d.payment, Warrant: d.sealed, End: d.opening.On(d.now)}, subject(t, d.w, "warrant", four, id[:])},
		"by one opened late": {utt.Grounds{Now: d.now + 9*hour, Payment: d.payment, Warrant: d.sealed, End: d.opening.On(d.now + 8*hour)}, subject(t, d.w, "warrant", four, id[:])},
	} {
		r, err := d.w.Parameters.Disclose(c.g, utt.ComponentAmount)
		require.NoError(t, err, name)
		require.Equal(t, c.want, r.Subject(), name)
		require.True(t, d.payment.AuditRecord().Equal(r.Ciphertext()), name)
		require.Equal(t, []int{utt.AuditLow, utt.AuditHigh}, r.Components(), name)
		require.Equal(t, uint64(120), d.w.opened(t, r), name)
	}
	// what is kept of a payment does as well as its record, here and nowhere else
	kept, ok := d.payment.HeldPayment(d.w.Parameters)
	require.True(t, ok)
	require.Equal(t, []any{id, d.payment.Time(), cash, utt.Delayed}, []any{kept.ID(), kept.Time(), kept.Asset(), kept.Case()})
	r, err := d.w.Parameters.Disclose(utt.Grounds{Now: d.now, Kept: kept, Warrant: d.named}, utt.ComponentAmount)
	require.NoError(t, err)
	require.Equal(t, uint64(120), d.w.opened(t, r))
	_, err = otherWorld(t).Disclose(utt.Grounds{Now: d.now, Kept: kept}, utt.ComponentAmount)
	require.ErrorContains(t, err, "[ASK-RECORD]")
	_, err = d.w.Parameters.Disclose(utt.Grounds{Now: d.now, Kept: new(utt.HeldPayment)}, utt.ComponentAmount)
	require.ErrorContains(t, err, "[ASK-RECORD]")
	_, ok = d.named.HeldPayment(d.w.Parameters)
	require.False(t, ok)
	// a share that is given for one purpose is of no use for another
	decide, err := d.w.Parameters.Disclose(utt.Grounds{Now: d.now, Payment: d.payment}, utt.ComponentAmount)
	require.NoError(t, err)
	warrant, err := d.w.Parameters.Disclose(utt.Grounds{Now: d.now, Payment: d.payment, Warrant: d.named}, utt.ComponentAmount)
	require.NoError(t, err)
	s, err := d.w.OpeningShares[0].Decrypt(nil, decide)
	require.NoError(t, err)
	require.NoError(t, d.w.Opening.VerifyShare(decide, s))
	require.ErrorIs(t, d.w.Opening.VerifyShare(warrant, s), threshold.ErrInvalid)
}

// ground is one on which an honest auditor gives no share.
type ground struct {
	label string
	g     utt.Grounds
	what  utt.Components
}

// noGrounds are for the case audited, whose row reveals amount and payee.
func noGrounds(t testing.TB) map[string]ground {
	d := newDisclosing(t, utt.Audited)
	w, now, amount, all := d.w, d.now, utt.ComponentAmount, utt.RevealAll.Components()
	l := &trusting{w.fork(t), t}
	anonymous := w.HonestPayment()
	_, executed := l.block(now, anonymous)
	delayed := w.HonestAudited(utt.Delayed)
	_, other := l.block(now, delayed)
	_, approvedOther := l.block(now, utt.Undecided(utt.Approve, delayed.ID()))
	foreign := otherWorld(t)
	byStranger := w.NamedWarrant(w.HonestAudited(utt.Audited), 0)
	mine := utt.StolenWarrant(&w.World, d.payment, w.Issuer)
	elsewhere := utt.ForeignWarrant(&w.World, d.payment)
	void := utt.ForgeVoid(w.Parameters, 4, 0, 1).On(now)
	lied, liedOpening := w.LyingWarrant(4, d.opening.Terms(), now+hour, 7)
	wrong := d.opening.ForgeOpening(func(t *utt.WarrantTerms, _ *uint64) { t.Reason = "" })
	more := d.opening.ForgeOpening(func(t *utt.WarrantTerms, _ *uint64) { t.Components = all })
	few := utt.NewSum(utt.SumSet{Kind: utt.SumVolume, Asset: cash, Epoch: 1})
	var enough *utt.Sum
	for range w.Parameters.MinSum() {
		var err error
		enough, err = few.Add(d.payment.AuditRecord())
		require.NoError(t, err)
		if enough.Count() < uint64(w.Parameters.MinSum()) {
			few = enough
		}
	}
	over := w.Parameters.Policy().StartOf(2)
	sum := func(p *utt.Parameters, s *utt.Sum, time uint64) utt.Grounds {
		r, err := s.Record(p, utt.Cursor{Height: 1}, time)
		require.NoError(t, err)
		return utt.Grounds{Now: over, Sum: r}
	}
	_, err := w.Parameters.Disclose(sum(w.Parameters, enough, over), amount)
	require.NoError(t, err)
	return map[string]ground{
		"nothing":                          {"ASK-RECORD", utt.Grounds{}, amount},
		"an anonymous payment":             {"ASK-RECORD", utt.Grounds{Now: now, Payment: executed[0]}, amount},
		"an anonymous payment, by warrant": {"ASK-RECORD", utt.Grounds{Now: now, Payment: executed[0], Warrant: d.named}, amount},
		"a settlement":                     {"ASK-RECORD", utt.Grounds{Now: now, Payment: approvedOther[0]}, amount},
		"a record that was made up":        {"ASK-RECORD", utt.Grounds{Now: now, Payment: new(utt.Record)}, amount},

		"the payer, to decide":         {"ASK-DECIDE", utt.Grounds{Now: now, Payment: d.payment}, utt.ComponentPayer},
		"all, to decide":               {"ASK-DECIDE", utt.Grounds{Now: now, Payment: d.payment}, all},
		"what has expired":             {"ASK-DECIDE", utt.Grounds{Now: now + hour, Payment: d.payment}, amount},
		"what was refunded":            {"ASK-DECIDE", utt.Grounds{Now: now, Payment: d.payment, Settlement: d.payment.Settled(w.Parameters, utt.Refunded)}, amount},
		"what was executed":            {"ASK-DECIDE", utt.Grounds{Now: now, Payment: d.payment, Settlement: d.payment.Settled(w.Parameters, utt.Executed)}, amount},
		"what another waits for":       {"ASK-DECIDE", utt.Grounds{Now: now, Payment: d.payment, Settlement: approvedOther[0]}, amount},
		"what was due after its delay": {"ASK-DECIDE", utt.Grounds{Now: now + hour, Payment: other[0], Settlement: approvedOther[0]}, amount},

		"a warrant that is none":       {"ASK-WARRANT", utt.Grounds{Now: now, Payment: d.payment, Warrant: d.payment}, amount},
		"a warrant of a stranger":      {"WAR-SIGNED", utt.Grounds{Now: now, Payment: d.payment, Warrant: mine}, amount},
		"a warrant of another network": {"WAR-SIGNED", utt.Grounds{Now: now, Payment: d.payment, Warrant: elsewhere}, amount},
		"a sealed one, not opened":     {"ASK-WARRANT", utt.Grounds{Now: now, Payment: d.payment, Warrant: d.sealed}, amount},
		"another opening":              {"ASK-WARRANT", utt.Grounds{Now: now, Payment: d.payment, Warrant: d.sealed, Opening: wrong}, amount},
		"an opening of more":           {"ASK-WARRANT", utt.Grounds{Now: now, Payment: d.payment, Warrant: d.sealed, Opening: more}, amount},
		"the opening of another":       {"ASK-WARRANT", utt.Grounds{Now: now, Payment: d.payment, Warrant: d.sealed, Opening: d.opened}, amount},
		"a warrant that lies":          {"ASK-WARRANT", utt.Grounds{Now: now, Payment: d.payment, Warrant: lied.On(now), Opening: liedOpening}, amount},
		"a warrant that lied":          {"ASK-WARRANT", utt.Grounds{Now: now, Payment: d.payment, Warrant: d.sealed, End: d.opening.On(now).Violating(utt.ViolationTransfer)}, amount},
		"a warrant that is void":       {"ASK-WARRANT", utt.Grounds{Now: now, Payment: d.payment, Warrant: d.sealed, End: void, Opening: d.opening}, amount},
		"an overdue one":               {"ASK-WARRANT", utt.Grounds{Now: now + hour, Payment: d.payment, Warrant: d.named}, amount},
		"an overdue one, sealed":       {"ASK-WARRANT", utt.Grounds{Now: now + hour, Payment: d.payment, Warrant: d.sealed, Opening: d.opening}, amount},

		"a payment that it does not name":       {"ASK-NAMED", utt.Grounds{Now: now, Payment: d.payment, Warrant: byStranger.On(now)}, utt.ComponentPayer},
		"another payment than the sealed one's": {"ASK-NAMED", utt.Grounds{Now: now, Payment: other[0], Warrant: d.sealed, Opening: d.opening}, amount},
		"a component that it does not name":     {"ASK-NAMED", utt.Grounds{Now: now, Payment: d.payment, Warrant: d.named}, utt.ComponentPayer},
		"components that it does not all name":  {"ASK-NAMED", utt.Grounds{Now: now, Payment: d.payment, Warrant: d.sealed, Opening: d.opening}, all},
		"a component, of an opened sealed one":  {"ASK-NAMED", utt.Grounds{Now: now, Payment: d.payment, Warrant: d.sealed, End: d.opening.On(now)}, all},

		"no sum":              {"ASK-SUM", utt.Grounds{Now: over, Sum: d.payment}, amount},
		"a sum of one less":   {"ASK-SUM", sum(w.Parameters, few, over), amount},
		"a sum of this epoch": {"ASK-SUM", sum(w.Parameters, enough, over-1), amount},
		"a sum elsewhere":     {"ASK-SUM", sum(foreign, enough, over), amount},
		"the payers of a sum": {"ASK-SUM", sum(w.Parameters, enough, over), utt.ComponentPayer},
	}
}

// An honest auditor gives nothing without a reason that everybody can check.
func TestDiscloseRefuses(t *testing.T) {
	w := sharedWorld()
	for name, c := range noGrounds(t) {
		r, err := w.Parameters.Disclose(c.g, c.what)
		require.ErrorIs(t, err, utt.ErrPolicy, name)
		require.ErrorContains(t, err, "["+c.label+"]", name)
		require.Nil(t, r, name)
	}
	d := newDisclosing(t, utt.Audited)
	for _, what := range []utt.Components{0, 8, 255} {
		_, err := w.Parameters.Disclose(utt.Grounds{Now: d.now, Payment: d.payment}, what)
		require.ErrorIs(t, err, utt.ErrInvalid)
	}
	_, err := otherWorld(t).Disclose(utt.Grounds{Now: d.now, Payment: d.payment}, utt.ComponentAmount)
	require.ErrorContains(t, err, "[ASK-RECORD]", "of another network")
	_, err = (*utt.Parameters)(nil).Disclose(utt.Grounds{}, utt.ComponentAmount)
	require.ErrorIs(t, err, utt.ErrInvalid)
}
