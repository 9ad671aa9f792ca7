//go:build uttbroken

package utt_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/utt"
)

// Each of the reasons for which an auditor gives no share is needed: with its check taken
// out he gives one, or what is left of the request says nothing.
func TestBrokenDisclosures(t *testing.T) {
	w := sharedWorld()
	given := map[string]int{}
	for name, c := range noGrounds(t) {
		t.Run(name, func(t *testing.T) {
			_, err := w.Parameters.Disclose(c.g, c.what)
			require.ErrorContains(t, err, "["+c.label+"]")
			takeOut(t, c.label)
			if _, err := w.Parameters.Disclose(c.g, c.what); err == nil {
				given[c.label]++
			} else {
				require.NotContains(t, err.Error(), "["+c.label+"]")
			}
		})
	}
	for _, label := range []string{"ASK-DECIDE", "ASK-WARRANT", "WAR-SIGNED", "ASK-NAMED", "ASK-SUM"} {
		require.Positive(t, given[label], label)
	}
	require.Zero(t, given["ASK-RECORD"], "what has no audit record has nothing to be opened")
}

// Without [AGG-SET] the ledger sums what is too few, and a sum of one is a payment.
func TestBrokenSumOfOne(t *testing.T) {
	w := sharedWorld()
	audited := w.HonestAudited(utt.Audited)
	end := w.Parameters.Policy().StartOf(2)
	in := func() []*utt.Record {
		l := &trusting{w.fork(t), t}
		l.executed(w, w.head.Time, audited, 1<<45, 1)
		_, records := l.block(end)
		return records
	}
	require.Empty(t, in())
	takeOut(t, "AGG-SET")
	records := in()
	require.Len(t, records, 1)
	_, err := w.Parameters.Disclose(utt.Grounds{Sum: records[0]}, utt.ComponentAmount)
	require.ErrorContains(t, err, "[ASK-SUM]", "an auditor stands behind it")
	takeOut(t, "ASK-SUM")
	r, err := w.Parameters.Disclose(utt.Grounds{Sum: records[0]}, utt.ComponentAmount)
	require.NoError(t, err)
	require.Equal(t, uint64(120), w.opened(t, r))
}

// Without [WAR-COUNT] and [WAR-TXID] a warrant that lied looks as if it had not.
func TestBrokenViolations(t *testing.T) {
	w := sharedWorld()
	opened := func(t *testing.T, terms utt.WarrantTerms, count uint16) utt.Violation {
		l, now := w.fork(t), w.head.Time
		sealed, opening := w.LyingWarrant(0, terms, now+hour, count)
		requireExecuted(t, execute(t, l, now, sealed))
		requireExecuted(t, execute(t, l, now, opening))
		e, err := only(t, l).Entry(w.Parameters)
		require.NoError(t, err)
		return e.Violation
	}
	terms := utt.WarrantTerms{Transfers: []utt.ID{{1}}, Components: utt.ComponentPayer}
	require.Equal(t, utt.ViolationTransfer, opened(t, terms, 1))
	require.Equal(t, utt.ViolationCount, opened(t, terms, 2))
	takeOut(t, "WAR-TXID", "WAR-COUNT")
	require.Zero(t, opened(t, terms, 1))
	require.Zero(t, opened(t, terms, 2))
}
