package utt_test

import (
	"crypto/ed25519"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/budget"
	"github.com/utt-ecash/utt-go/utt"
)

// What a decoded operation says of itself is what its maker put in, and what the
// caller does with that changes nothing.
func TestOperationsShowWhatIsPublic(t *testing.T) {
	w := sharedWorld()
	issue, err := utt.NewIssue(w.Parameters, w.Issuer, 7, w.Bob.PID(), gold, 11)
	require.NoError(t, err)
	grant, err := utt.NewGrant(w.Parameters, w.Bob.PID(), budget.Privacy, gold, 2, 1)
	require.NoError(t, err)
	registration := w.RegistrationOf("dave@example.org")
	ops := parse(t, issue, grant, w.Alice.Public(3, bob, cash, 12), w.Alice.Minted(4, gold, 13), registration,
		w.HonestPayment(), w.HonestBurn())

	i := ops[0].(*utt.Issue)
	require.Equal(t, []any{uint64(7), w.Bob.PID(), gold, utt.Amount(11)}, []any{i.Nonce(), i.To(), i.Asset(), i.Amount()})
	g := ops[1].(*utt.Grant)
	require.Equal(t, []any{w.Bob.PID(), gold, utt.Epoch(2), utt.Amount(5000)}, []any{g.PID(), g.Asset(), g.Epoch(), g.Amount()})
	p := ops[2].(*utt.PublicTransfer)
	require.Equal(t, []any{w.Alice.PID(), w.Bob.PID(), uint64(3), cash, utt.Amount(12)},
		[]any{p.PID(), p.To(), p.Nonce(), p.Asset(), p.Amount()})
	m := ops[3].(*utt.Mint)
	require.Equal(t, []any{w.Alice.PID(), uint64(4), gold, utt.Amount(13)}, []any{m.PID(), m.Nonce(), m.Asset(), m.Amount()})

	r := ops[4].(*utt.Registration)
	require.Equal(t, utt.PIDOf("dave@example.org"), r.PID())
	require.Equal(t, utt.Class(0), r.Class())
	require.Len(t, r.Member().Address(), 1216)
	require.Len(t, r.Member().AccountKey(), ed25519.PublicKeySize)
	require.NotEqual(t, make(ed25519.PublicKey, ed25519.PublicKeySize), r.Endorser())
	for _, copied := range [][]byte{r.Member().Address(), r.Member().AccountKey(), r.Endorser()} {
		clear(copied)
	}
	require.Equal(t, registration.Member().Address(), r.Member().Address())
	require.Equal(t, registration.Member().AccountKey(), r.Member().AccountKey())
	require.Equal(t, registration.Endorser(), r.Endorser())

	pay, burn := ops[5].(*utt.Transfer), ops[6].(*utt.Transfer)
	require.Equal(t, []any{utt.Anonymous, cash, utt.Epoch(1), 3}, []any{pay.Case(), pay.Asset(), pay.Epoch(), pay.Outputs()})
	require.Equal(t, []any{utt.Self, cash, utt.Epoch(1), 2}, []any{burn.Case(), burn.Asset(), burn.Epoch(), burn.Outputs()})
	v, whose := pay.Burned()
	require.Zero(t, v)
	require.Zero(t, whose)
	v, whose = burn.Burned()
	require.EqualValues(t, 70, v)
	require.Equal(t, w.Mallory.PID(), whose)
	require.Len(t, pay.Nullifiers(), 3, "of two coins and the budget")
	require.Equal(t, burn.Nullifiers(), pay.Nullifiers()[:2], "of the same coins")
	pay.Nullifiers()[0] = pay.Nullifiers()[1]
	require.Equal(t, burn.Nullifiers(), pay.Nullifiers()[:2])
}
