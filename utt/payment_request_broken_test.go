//go:build uttbroken

package utt_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/utt"
)

// Without [REQ] a payer pays what somebody else has written under the payee's name.
func TestBrokenPaymentRequest(t *testing.T) {
	w := sharedWorld()
	text := utt.RequestAs(w.Mallory, bob, utt.PaymentRequest{Asset: cash, Amount: 1000, Memo: "not bob's", Expires: 1})
	bobs := func(string) (*utt.Member, uint64, error) { return w.Bob.Registered, 0, nil }
	_, err := w.Parameters.VerifyPaymentRequest(text, 0, bobs)
	require.ErrorContains(t, err, "[REQ]")
	takeOut(t, "REQ")
	r, err := w.Parameters.VerifyPaymentRequest(text, 2, bobs)
	require.NoError(t, err)
	require.EqualValues(t, 1000, r.Amount)
}
