package utt_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/ledger"
)

// What a preview says is what a block does; and what is later becomes now.
func TestPreview(t *testing.T) {
	w := sharedWorld()
	l := w.fork(t)
	policy := w.Parameters.Policy()
	now, later := l.Head().Time, policy.StartOf(2)
	issue := func(nonce uint64) utt.Operation {
		o, err := utt.NewIssue(w.Parameters, w.Issuer, nonce, utt.PIDOf(bob), cash, 1)
		require.NoError(t, err)
		return o
	}
	next, err := l.IssueNonce()
	require.NoError(t, err)
	pay := w.HonestPayment()
	for name, c := range map[string]struct {
		op   utt.Operation
		time uint64
		want ledger.Outlook
		code utt.Code
	}{
		"a payment":                   {pay, now, ledger.Now, 0},
		"without a time":              {pay, 0, ledger.Now, 0},
		"when its epoch is over":      {pay, later, ledger.Never, utt.CodeEpoch},
		"the next order":              {w.Alice.Public(w.Alice.Nonce, bob, cash, 1), now, ledger.Now, 0},
		"one of the past":             {w.Alice.Public(w.Alice.Nonce-1, bob, cash, 1), now, ledger.Never, utt.CodeNonce},
		"one ahead":                   {w.Alice.Public(w.Alice.Nonce+1, bob, cash, 1), now, ledger.Later, utt.CodeNonce},
		"a mint ahead":                {w.Alice.Minted(w.Alice.Nonce+9, cash, 1), now, ledger.Later, utt.CodeNonce},
		"an issue":                    {issue(next), now, ledger.Now, 0},
		"an issue ahead":              {issue(next + 1), now, ledger.Later, utt.CodeNonce},
		"an issue of the past":        {issue(next - 1), now, ledger.Never, utt.CodeNonce},
		"more than there is":          {w.Alice.Public(w.Alice.Nonce, bob, cash, 1<<40), now, ledger.Never, utt.CodeBalance},
		"the budget of this epoch":    {w.GrantOf(w.Alice, gold, 1), now, ledger.Never, utt.CodeGranted},
		"the budget of the next":      {w.GrantOf(w.Alice, gold, 2), now, ledger.Now, 0},
		"a budget ahead":              {w.GrantOf(w.Alice, gold, 3), now, ledger.Later, utt.CodeEpoch},
		"a budget far ahead":          {w.GrantOf(w.Alice, gold, 4), now, ledger.Never, utt.CodeEpoch},
		"a budget of the past":        {w.GrantOf(w.Alice, gold, 1), policy.StartOf(3), ledger.Never, utt.CodeEpoch},
		"a registration of a new one": {w.RegistrationOf("dave@example.org"), now, ledger.Now, 0},
	} {
		outlook, no, err := l.Preview(c.op, c.time)
		require.NoError(t, err, name)
		require.Equal(t, c.want, outlook, name)
		if c.code == 0 {
			require.Nil(t, no, name)
		} else {
			require.Equal(t, c.code, no.Code, name)
			require.Equal(t, c.op.Digest(), no.Op, name)
		}
	}
	require.Equal(t, w.digest, l.Digest(), "a preview changes nothing")

	for _, c := range cheats() {
		if c.On != nil || len(c.Before) > 0 {
			continue
		}
		outlook, _, err := l.Preview(parse(t, c.Op)[0], max(c.Time, now))
		require.NoError(t, err, c.Name)
		require.NotZero(t, outlook, c.Name)
	}
	requireExecuted(t, execute(t, l, 0, issue(next)))
	outlook, _, err := l.Preview(issue(next+1), now)
	require.NoError(t, err)
	require.Equal(t, ledger.Now, outlook)
	requireExecuted(t, execute(t, l, 0, pay))
	outlook, no, err := l.Preview(pay, now)
	require.NoError(t, err)
	require.Equal(t, ledger.Never, outlook)
	require.Equal(t, utt.CodeSpent, no.Code)
	_, _, err = l.Preview(nil, now)
	require.ErrorIs(t, err, utt.ErrInvalid)
	_, _, err = l.Preview(pay, 1<<62)
	require.ErrorIs(t, err, utt.ErrPolicy)
}
