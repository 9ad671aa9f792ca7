package utt_test

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/utt"
)

// A request is paid by who has never asked a node about the payee.
func TestPaymentRequests(t *testing.T) {
	ctx := context.Background()
	net := newNetwork(t)
	a, b := join(t, net, alice, 100, 100), join(t, net, bob)
	sync1(t, net, a)
	until := net.Now().Add(time.Hour)
	text, err := b.RequestPayment(cash, 30, "invoice 7", until)
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(text, "utt:pay/"))
	r, err := a.Requested(text)
	require.NoError(t, err)
	require.Equal(t, utt.PaymentRequest{Identity: bob, Asset: cash, Amount: 30, Memo: "invoice 7", Expires: uint64(until.Unix())}, r)
	h, err := a.Pay(ctx, net, r.Identity, r.Asset, r.Amount, r.Memo)
	require.NoError(t, err)
	require.NoError(t, a.Await(ctx, net, h))
	sync1(t, net, b)
	require.Equal(t, "invoice 7", b.Received()[0].Memo)

	// whose address is newer than the payer has heard of, he has to sync for
	stale := restore(t, net, alice)
	sync1(t, net, stale)
	readdressed(t, net, b, utt.ScanKey{})
	text, err = b.RequestPayment(cash, 30, "", until)
	require.NoError(t, err)
	_, err = stale.Requested(text)
	require.ErrorIs(t, err, utt.ErrConflict)
	require.ErrorContains(t, err, "Sync")
	sync1(t, net, stale)
	r, err = stale.Requested(text)
	require.NoError(t, err)
	require.EqualValues(t, 1, r.Address)

	for name, err := range map[string]error{
		"nothing":           second(b.RequestPayment(cash, 0, "", until)),
		"an asset of none":  second(b.RequestPayment("tulips", 1, "", until)),
		"a long memo":       second(b.RequestPayment(cash, 1, strings.Repeat("x", 65), until)),
		"a time before all": second(b.RequestPayment(cash, 1, "", time.Unix(-1, 0))),
	} {
		require.Error(t, err, name)
	}
	require.NoError(t, net.Advance(ctx, 2*time.Hour))
	_, err = stale.Requested(text)
	require.ErrorIs(t, err, utt.ErrInvalid)
	require.ErrorContains(t, err, "[REQ]")
}

// [REQ]: what is not the payee's word, in every part, is not paid.
func TestRejectsPaymentRequests(t *testing.T) {
	w := sharedWorld()
	p := w.Parameters
	const expires = 1_800_000_000
	honest := utt.PaymentRequest{Identity: mallory, Asset: cash, Amount: 7, Memo: "memo", Expires: expires, Address: 0}
	request := func(change func(*utt.PaymentRequest)) string {
		r := honest
		if change != nil {
			change(&r)
		}
		text, err := w.Mallory.RequestPayment(r)
		require.NoError(t, err)
		return text
	}
	registry := func(identity string) (*utt.Member, uint64, error) {
		for _, u := range []*utt.Party{w.Alice, w.Bob, w.Mallory} {
			if u.PID() == utt.PIDOf(identity) {
				return u.Registered, 0, nil
			}
		}
		return nil, 0, utt.ErrNotFound
	}
	verify := func(text string) error { return second(p.VerifyPaymentRequest(text, expires, registry)) }
	good := request(nil)
	require.NoError(t, verify(good))
	raw := func(text string) []byte {
		b, err := base64.RawURLEncoding.DecodeString(strings.TrimPrefix(text, "utt:pay/"))
		require.NoError(t, err)
		return b
	}
	text := func(b []byte) string { return "utt:pay/" + base64.RawURLEncoding.EncodeToString(b) }
	require.Equal(t, good, text(raw(good)))

	// every byte is signed, or what is signed is another's word
	for i := range raw(good) {
		b := raw(good)
		b[i] ^= 1
		err := verify(text(b))
		require.True(t, err != nil && (typed(err) || errors.Is(err, utt.ErrNotFound)), "byte %d: %v", i, err)
		require.ErrorIs(t, verify(text(raw(good)[:i])), utt.ErrMalformed)
	}
	swap := func(other string) string { // a content with the signature of another
		b, s := raw(good), raw(other)
		return text(append(b[:len(b)-64], s[len(s)-64:]...))
	}
	for name, bad := range map[string]string{
		"for more":                swap(request(func(r *utt.PaymentRequest) { r.Amount = 8 })),
		"in another asset":        swap(request(func(r *utt.PaymentRequest) { r.Asset = gold })),
		"with another memo":       swap(request(func(r *utt.PaymentRequest) { r.Memo = "mine" })),
		"until later":             swap(request(func(r *utt.PaymentRequest) { r.Expires++ })),
		"with another address":    swap(request(func(r *utt.PaymentRequest) { r.Address = 1 })),
		"of another, by his name": utt.RequestAs(w.Mallory, bob, honest),
		"of another ledger":       utt.RequestOn(w.Mallory, utt.NetworkID{1}, honest),
		"for nothing":             utt.RequestOn(w.Mallory, p.Network(), utt.PaymentRequest{Identity: mallory, Asset: cash, Expires: expires}),
		"past its time":           request(func(r *utt.PaymentRequest) { r.Expires-- }),
		"with a capital letter":   utt.RequestAs(w.Mallory, "Mallory@example.org", honest),
	} {
		require.ErrorIs(t, verify(bad), utt.ErrInvalid, name)
	}
	require.ErrorIs(t, verify(request(func(r *utt.PaymentRequest) { r.Address = 1 })), utt.ErrConflict)
	require.ErrorIs(t, verify(utt.RequestAs(w.Mallory, "nobody", honest)), utt.ErrNotFound)
	for name, bad := range map[string]string{
		"empty": "", "of another kind": "utt-paid-" + good, "with a line break": good[:20] + "\n" + good[20:], "with a space": good + " ",
		"with padding": good + "=", "of a megabyte": "utt:pay/" + strings.Repeat("A", 1<<20), "longer": good + "AAAA",
	} {
		require.ErrorIs(t, verify(bad), utt.ErrMalformed, name)
	}
	huge := raw(good)
	binary.BigEndian.PutUint32(huge[33:], 1<<31)
	require.ErrorIs(t, verify(text(huge)), utt.ErrMalformed)
	_, err := p.VerifyPaymentRequest(good, expires, nil)
	require.ErrorIs(t, err, utt.ErrInvalid)
	_, err = p.VerifyPaymentRequest(good, expires, func(string) (*utt.Member, uint64, error) { return nil, 0, nil })
	require.ErrorIs(t, err, utt.ErrInvalid)
	_, err = p.VerifyPaymentRequest(good, expires, func(string) (*utt.Member, uint64, error) { return w.Bob.Registered, 0, nil })
	require.ErrorIs(t, err, utt.ErrInvalid, "a registry that errs")
	_, err = w.Mallory.RequestPayment(utt.PaymentRequest{Identity: bob, Asset: cash, Amount: 7})
	require.ErrorIs(t, err, utt.ErrInvalid)
}
