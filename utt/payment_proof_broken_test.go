//go:build uttbroken

package utt_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/utt"
)

// Without [PAID] anything was paid to anybody.
func TestBrokenProofOfAnyPayment(t *testing.T) {
	w := sharedProven()
	more := utt.ProofForgeries()["paymentProof.amount"]["more"].Of(w.everybody)
	_, err := w.p.VerifyPaymentProof(more, "")
	require.ErrorContains(t, err, "[PAID]")
	takeOut(t, "PAID")
	v, err := w.p.VerifyPaymentProof(more, "")
	require.NoError(t, err)
	require.Equal(t, utt.Amount(101), v.Amount)
}

// Without [PAID-BY] whoever was shown a proof answers another's question with it, and the
// payee passes for the payer.
func TestBrokenProofByAnybody(t *testing.T) {
	w := sharedProven()
	payees := utt.MadeByPayee(derived(t, w.p, bob), w.record, question).Of(w.everybody)
	for text, context := range map[string]string{w.question: "another", w.everybody: question, payees: question} {
		_, err := w.p.VerifyPaymentProof(text, context)
		require.ErrorContains(t, err, "[PAID-BY]")
	}
	takeOut(t, "PAID-BY")
	for text, context := range map[string]string{w.question: "another", w.everybody: question, payees: question} {
		_, err := w.p.VerifyPaymentProof(text, context)
		require.NoError(t, err)
	}
}
