package utt_test

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/local"
	"github.com/utt-ecash/utt-go/utt/wallet"
)

// provenWorld is a taxed network on which alice has paid bob 100, and the texts of the proofs.
type provenWorld struct {
	net                 *local.Network
	p                   *utt.Parameters
	alice, bob, office  *wallet.Wallet
	paid                wallet.Handle
	record              *utt.Record // of the payment
	everybody, question string
}

const question = "is it you, alice?"

var sharedProven = sync.OnceValue(func() *provenWorld {
	ctx, t := context.Background(), fatal{}
	net := newTaxed(t)
	w := &provenWorld{net: net, p: net.Parameters(), office: join(t, net, taxOffice), bob: join(t, net, bob), alice: join(t, net, alice, 500)}
	sync1(t, net, w.alice)
	var err error
	w.paid, err = w.alice.Pay(ctx, net, bob, cash, 100, "a bicycle")
	require.NoError(t, err)
	require.NoError(t, w.alice.Await(ctx, net, w.paid))
	sync1(t, net, w.bob, w.office)
	w.record = recordOf(t, net, w.paid)
	w.everybody, err = w.alice.ProofOf(w.paid, 0, "")
	require.NoError(t, err)
	w.question, err = w.alice.ProofOf(w.paid, 0, question)
	require.NoError(t, err)
	return w
})

// recordOf is the last record of an operation.
func recordOf(t testing.TB, net *local.Network, h wallet.Handle) (last *utt.Record) {
	t.Helper()
	for r, err := range net.Records(context.Background(), utt.Cursor{}) {
		require.NoError(t, err)
		if r.ID() == h.ID {
			last = r
		}
	}
	require.NotNil(t, last)
	return last
}

// derived are those of a user who joined.
func derived(t testing.TB, p *utt.Parameters, identity string) *utt.Keys {
	t.Helper()
	k, err := utt.DeriveKeys(p, utt.PIDOf(identity), seedOf(identity))
	require.NoError(t, err)
	return k
}

// Whoever has the parameters, as bytes, verifies payment and tax, without a node.
func TestProofOfPayment(t *testing.T) {
	w := sharedProven()
	p, err := utt.ParseParameters(utt.EncodingOf(w.p))
	require.NoError(t, err)
	v, err := p.VerifyPaymentProof(w.everybody, "")
	require.NoError(t, err)
	require.Equal(t, utt.ProvenPayment{Payee: utt.PIDOf(bob), Asset: cash, Amount: 100, Coin: v.Coin}, v)
	again, err := w.alice.ProofOf(w.paid, 0, "")
	require.NoError(t, err)
	require.Equal(t, w.everybody, again, "nothing in it is drawn")
	asked, err := p.VerifyPaymentProof(w.question, question)
	require.NoError(t, err)
	require.Equal(t, v, asked)
	other, err := w.alice.ProofOf(w.paid, 0, question)
	require.NoError(t, err)
	require.NotEqual(t, w.question, other)
	require.Less(t, len(w.everybody), 500)
	require.Less(t, len(w.question), 1000)

	role, ok := v.In(p, w.record)
	require.True(t, ok)
	require.Equal(t, utt.Payee, role)
	found := 0
	for r, err := range w.net.Records(context.Background(), utt.Cursor{}) {
		require.NoError(t, err)
		if _, ok := v.In(p, r); ok {
			found++
		}
	}
	require.Equal(t, 1, found)

	fixed := slices.IndexFunc(p.OutputsFor(cash, utt.Anonymous), func(o utt.Output) bool { return o.Role == utt.Fixed })
	for _, context := range []string{"", question} {
		text, err := w.alice.ProofOf(w.paid, fixed, context)
		require.NoError(t, err)
		tax, err := p.VerifyPaymentProof(text, context)
		require.NoError(t, err)
		require.Equal(t, utt.ProvenPayment{Payee: utt.PIDOf(taxOffice), Asset: cash, Amount: 5, Output: fixed, Coin: tax.Coin}, tax)
		require.NotEqual(t, v.Coin, tax.Coin)
		role, ok := tax.In(p, w.record)
		require.True(t, ok)
		require.Equal(t, utt.Fixed, role)
	}

	// no proof of what is one's own, or nobody's, or another's to make
	for _, output := range []int{-1, 3 - fixed, 3, 4, 99} {
		_, err := w.alice.ProofOf(w.paid, output, "")
		require.ErrorIs(t, err, utt.ErrNotFound, output)
	}
	for _, none := range []*wallet.Wallet{w.bob, restore(t, w.net, alice)} {
		sync1(t, w.net, none)
		_, err = none.ProofOf(w.paid, 0, "")
		require.ErrorIs(t, err, utt.ErrNotFound)
		require.ErrorContains(t, err, "as far as its store goes back")
	}
	_, err = w.alice.ProofOf(wallet.Handle{}, 0, "")
	require.ErrorIs(t, err, utt.ErrNotFound)
}

// On another ledger a proof shows nothing, and the error says why.
func TestRejectsProofOnAnotherLedger(t *testing.T) {
	w := sharedProven()
	other := sharedWorld().Parameters
	for context, text := range map[string]string{"": w.everybody, question: w.question} {
		_, err := other.VerifyPaymentProof(text, context)
		require.ErrorIs(t, err, utt.ErrInvalid)
		require.ErrorContains(t, err, "on ledger "+w.p.Network().String())
	}
	// one with the same keys under another name is another ledger, whatever the text says
	c := utt.ConfigOf(w.p)
	c.Name = "another"
	twin, err := utt.NewParameters(c)
	require.NoError(t, err)
	_, err = twin.VerifyPaymentProof(w.everybody, "")
	require.ErrorContains(t, err, "on ledger ")
	_, err = twin.VerifyPaymentProof(utt.OnLedger(twin.Network()).Of(w.everybody), "")
	require.ErrorIs(t, err, utt.ErrInvalid)
	require.ErrorContains(t, err, "[PAID]")
}

// Every field of a proof is bound; one that is new needs a forgery here.
func TestEveryFieldOfAProofIsBound(t *testing.T) {
	w := sharedProven()
	forgeries := utt.ProofForgeries()
	fields := 0
	for _, v := range utt.AboutProof() {
		typ := reflect.TypeOf(v)
		for i := range typ.NumField() {
			field := typ.Name() + "." + typ.Field(i).Name
			fields++
			require.NotEmpty(t, forgeries[field], field)
			for name, forge := range forgeries[field] {
				texts := map[string]string{question: forge.Of(w.question)}
				if typ.Name() == "paymentProof" && field != "paymentProof.by" {
					texts[""] = forge.Of(w.everybody)
				}
				for context, text := range texts {
					_, err := w.p.VerifyPaymentProof(text, context)
					require.True(t, typed(err), "%s, %s, %q: %v", field, name, context, err)
				}
			}
		}
	}
	require.Len(t, forgeries, fields)
}

// A character that is changed, left out, or put in is told from a lie; and no byte of the
// content can be changed, not even with the right checksum.
func TestRejectsTamperedProof(t *testing.T) {
	w := sharedProven()
	for context, text := range map[string]string{"": w.everybody, question: w.question} {
		for i := range text {
			for _, tampered := range []string{
				text[:i] + string(text[i]^1) + text[i+1:], text[:i] + text[i+1:], text[:i] + "\n" + text[i:], text[:i],
				text[:i] + "A" + text[i:],
			} {
				if tampered == text {
					continue
				}
				_, err := w.p.VerifyPaymentProof(tampered, context)
				require.ErrorIs(t, err, utt.ErrMalformed, "%d: %s", i, tampered)
			}
		}
		raw := utt.RawProof(text)
		require.Equal(t, text, utt.ProofText(raw))
		for i := range raw {
			b := slices.Clone(raw)
			b[i] ^= 1
			_, err := w.p.VerifyPaymentProof(utt.ProofText(b), context)
			require.True(t, typed(err), "byte %d: %v", i, err)
		}
		for _, b := range [][]byte{nil, raw[:len(raw)-1], append(slices.Clone(raw), 0)} {
			_, err := w.p.VerifyPaymentProof(utt.ProofText(b), context)
			require.ErrorIs(t, err, utt.ErrMalformed)
		}
	}
	for _, text := range []string{"", "utt-paid-", "utt-paid-AAAAAA", " " + w.everybody, w.everybody + "=", strings.Repeat("A", 1<<20), "utt-paid-" + strings.Repeat("A", 1<<20)} {
		_, err := w.p.VerifyPaymentProof(text, "")
		require.ErrorIs(t, err, utt.ErrMalformed)
	}
}

// [PAID] Another payee, amount, asset or output is not what was signed.
func TestRejectsPAID(t *testing.T) {
	w := sharedProven()
	for _, field := range []string{"payee", "amount", "asset", "output", "inputs", "budget", "signature"} {
		for name, forge := range utt.ProofForgeries()["paymentProof."+field] {
			if slices.Contains([]string{"not canonical", "nothing", "too long", "identity"}, name) {
				continue // does not decode, or is refused before
			}
			_, err := w.p.VerifyPaymentProof(forge.Of(w.everybody), "")
			require.ErrorIs(t, err, utt.ErrInvalid, "%s, %s", field, name)
			require.ErrorContains(t, err, "[PAID]", "%s, %s", field, name)
		}
	}
	// nor what its maker says it is
	openings := utt.OpeningsOf(derived(t, w.p, alice), derived(t, w.p, bob), w.record)
	for name, lie := range map[string]*utt.Openings{
		"more":    openings.Lying(0, utt.PIDOf(bob), 101),
		"another": openings.Lying(0, utt.PIDOf(mallory), 100),
		"tax":     openings.Lying(1, utt.PIDOf(taxOffice), 100),
	} {
		_, err := lie.Proof(nil, w.record, lie.Outputs()[0], "")
		require.ErrorIs(t, err, utt.ErrInvalid, name)
		require.ErrorContains(t, err, "[PAID]", name)
	}
	_, err := openings.Lying(0, utt.PIDOf(bob), 0).Proof(nil, w.record, 0, "")
	require.ErrorContains(t, err, "of nothing")
	_, err = openings.WithoutChange().Proof(nil, w.record, 0, question)
	require.ErrorIs(t, err, utt.ErrPolicy)
	for name, r := range map[string]*utt.Record{"none": nil, "empty": new(utt.Record), "another": anyOther(t, w)} {
		_, err = openings.Proof(nil, r, 0, "")
		require.ErrorIs(t, err, utt.ErrNotFound, name)
	}
	_, err = openings.Proof(nil, w.record.Unsigned(), 0, "")
	require.ErrorIs(t, err, utt.ErrInvalid)
	require.Equal(t, "redacted redacted", fmt.Sprintf("%v %+v", *openings, openings))
}

func anyOther(t testing.TB, w *provenWorld) *utt.Record {
	t.Helper()
	for r, err := range w.net.Records(context.Background(), utt.Cursor{}) {
		require.NoError(t, err)
		return r
	}
	return nil
}

// [PAID-BY] A proof for a context is for no other, nor is one for everybody; and who was
// shown it, or was paid, makes none for another.
func TestRejectsPAIDBY(t *testing.T) {
	w := sharedProven()
	for name, c := range map[string]struct{ text, context string }{
		"another context":          {w.question, "is it you, bob?"},
		"shown on as everybody's":  {w.question, ""},
		"everybody's":              {w.everybody, question},
		"the payee's own":          {utt.MadeByPayee(derived(t, w.p, bob), w.record, question).Of(w.everybody), question},
		"without the maker's part": {utt.ProofForgeries()["paymentProof.by"]["none"].Of(w.question), question},
		"another signature":        {utt.ProofForgeries()["maker.signature"]["negated"].Of(w.question), question},
		"another opening":          {utt.ProofForgeries()["maker.sigma"]["another response"].Of(w.question), question},
		"with the payee's output":  {utt.ProofForgeries()["maker.output"]["the payee's"].Of(w.question), question},
		"an output off the group":  {utt.ProofForgeries()["maker.val"]["off the subgroup"].Of(w.question), question},
	} {
		_, err := w.p.VerifyPaymentProof(c.text, c.context)
		require.ErrorIs(t, err, utt.ErrInvalid, name)
		require.ErrorContains(t, err, "[PAID-BY]", name)
	}
	// what is left without the maker's part is a proof for everybody: that cannot be helped
	_, err := w.p.VerifyPaymentProof(utt.ProofForgeries()["paymentProof.by"]["none"].Of(w.question), "")
	require.NoError(t, err)
}

// What is held is not paid, and what is refunded never was: no proof of it is made, and none
// can be forged with what the ledger signed instead.
func TestNoProofOfWhatIsHeldOrRefunded(t *testing.T) {
	ctx := context.Background()
	net := newNetwork(t)
	a := join(t, net, alice, 2000, 3000)
	join(t, net, bob)
	sync1(t, net, a)
	p := net.Parameters()
	refused, approved := hold(t, net, a, utt.Audited, bob, 1800, ""), hold(t, net, a, utt.Audited, bob, 1900, "")
	for _, h := range []wallet.Handle{refused, approved} {
		_, err := a.ProofOf(h, 0, "")
		var no *wallet.OperationError
		require.ErrorAs(t, err, &no)
		require.Equal(t, wallet.Held, no.State)
		_, err = utt.OpeningsOf(derived(t, p, alice), derived(t, p, bob), recordOf(t, net, h)).Proof(nil, recordOf(t, net, h), 0, "")
		require.ErrorIs(t, err, utt.ErrNotFound)
		require.ErrorContains(t, err, "nothing is paid")
	}
	openings := utt.OpeningsOf(derived(t, p, alice), derived(t, p, bob), recordOf(t, net, refused))
	require.NoError(t, net.Decide(ctx, utt.Veto, refused.ID))
	require.NoError(t, net.Decide(ctx, utt.Approve, approved.ID))
	sync1(t, net, a)
	_, err := a.ProofOf(refused, 0, "")
	require.ErrorIs(t, err, utt.ErrPolicy)
	require.ErrorContains(t, err, "refunded")
	_, err = openings.Proof(nil, recordOf(t, net, refused), 0, "")
	require.ErrorIs(t, err, utt.ErrNotFound)

	for _, context := range []string{"", question} {
		text, err := a.ProofOf(approved, 0, context)
		require.NoError(t, err)
		v, err := p.VerifyPaymentProof(text, context)
		require.NoError(t, err)
		require.Equal(t, utt.Amount(1900), v.Amount)
		role, ok := v.In(p, recordOf(t, net, approved))
		require.True(t, ok)
		require.Equal(t, utt.Payee, role)
		_, ok = v.In(p, recordOf(t, net, refused))
		require.False(t, ok)
	}
	// the refund is signed, and is no payment to bob
	forged := openings.Unsigned(utt.PIDOf(bob), 1800)
	for place := range recordOf(t, net, refused).Outputs(p) {
		_, err = p.VerifyPaymentProof(utt.SignedBy(recordOf(t, net, refused), place).Of(forged), "")
		require.ErrorIs(t, err, utt.ErrInvalid)
		require.ErrorContains(t, err, "[PAID]")
	}
}

// A payment that fails leaves nothing to prove, one that is pending not yet.
func TestNoProofOfWhatHasNotExecuted(t *testing.T) {
	ctx := context.Background()
	net := newNetwork(t)
	a := join(t, net, alice, 500)
	join(t, net, bob)
	sync1(t, net, a)
	h, err := a.Pay(ctx, dropping(net, nil), bob, cash, 100, "")
	require.NoError(t, err)
	var no *wallet.OperationError
	_, err = a.ProofOf(h, 0, "")
	require.ErrorAs(t, err, &no)
	require.Equal(t, wallet.Pending, no.State)
	other, err := a.Abandon(ctx, net, h)
	require.NoError(t, err)
	require.NoError(t, a.Await(ctx, net, other))
	_, err = a.ProofOf(h, 0, "")
	require.ErrorAs(t, err, &no)
	require.Equal(t, wallet.Failed, no.State)
	_, err = a.ProofOf(other, 0, "")
	require.ErrorIs(t, err, utt.ErrNotFound, "it pays nobody")
}
