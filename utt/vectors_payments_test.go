package utt_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/utt"
)

const paymentsFile = "testdata/payments.json"

// paymentVectors are proofs of the payment in chain.json.
type paymentVectors struct {
	Provenance string          `json:"provenance"`
	Operation  int             `json:"operation"` // of chain.json
	Payments   []paymentVector `json:"payments"`
}

type paymentVector struct {
	Context string     `json:"context"`
	Payee   utt.PID    `json:"payee"`
	Asset   string     `json:"asset"`
	Amount  utt.Amount `json:"amount"`
	Output  int        `json:"output"`
	Coin    string     `json:"coin"`
	Text    string     `json:"text"`
}

// chainedPayment is the payment in chain.json: its place there and its openings.
func chainedPayment(t *testing.T) (p *utt.Parameters, place int, r *utt.Record, openings *utt.Openings) {
	t.Helper()
	var c chain
	readVectors(t, chainFile, &c)
	p, err := utt.ParseParameters(unhex(t, c.Parameters))
	require.NoError(t, err)
	for i, o := range c.Operations {
		r = new(utt.Record)
		require.NoError(t, r.UnmarshalBinary(unhex(t, o.Record)))
		if e, err := r.Entry(p); err != nil || e.Case != utt.Anonymous {
			continue
		}
		var keys [2]*utt.Keys
		for k, u := range c.Users {
			keys[k], err = utt.DeriveKeys(p, utt.PIDOf(u.Identity), unhex(t, u.Seed))
			require.NoError(t, err)
		}
		return p, i, r, utt.OpeningsOf(keys[0], keys[1], r)
	}
	require.Fail(t, "no payment in the chain")
	return nil, 0, nil, nil
}

// A proof of the past still verifies; that for everybody is made again, to the byte.
func TestPaymentVectors(t *testing.T) {
	p, place, r, openings := chainedPayment(t)
	if *update {
		v := paymentVectors{Provenance: provenance + "; of the payment in chain.json", Operation: place}
		for _, context := range []string{"", "a vector"} {
			text, err := openings.Proof(nil, r, 0, context)
			require.NoError(t, err)
			shown, err := p.VerifyPaymentProof(text, context)
			require.NoError(t, err)
			v.Payments = append(v.Payments, paymentVector{context, shown.Payee, shown.Asset, shown.Amount, shown.Output, fmt.Sprintf("%x", shown.Coin), text})
		}
		writeVectors(t, paymentsFile, v)
	}
	var v paymentVectors
	readVectors(t, paymentsFile, &v)
	require.Equal(t, place, v.Operation)
	require.Len(t, v.Payments, 2)
	for _, of := range v.Payments {
		shown, err := p.VerifyPaymentProof(of.Text, of.Context)
		require.NoError(t, err)
		require.Equal(t, of, paymentVector{of.Context, shown.Payee, shown.Asset, shown.Amount, shown.Output, fmt.Sprintf("%x", shown.Coin), of.Text})
		again, err := utt.ReencodeProof(of.Text)
		require.NoError(t, err)
		require.Equal(t, of.Text, again)
	}
	text, err := openings.Proof(nil, r, 0, "")
	require.NoError(t, err)
	require.Equal(t, v.Payments[0].Text, text)
}
