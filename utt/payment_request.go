package utt

import (
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/dst"
	"github.com/utt-ecash/utt-go/internal/wire"
)

// PaymentRequest is what a payee asks for. He signs it with his account key and hands it over
// as text, such as a link or a picture of dots: the payer takes nothing of it from elsewhere,
// and asks no node about the payee [REQ]. It shows that whoever has the payee's account key
// asked, not who that is.
type PaymentRequest struct {
	Identity string `json:"identity"` // of the payee
	Asset    string `json:"asset"`
	Amount   Amount `json:"amount,string"`
	Memo     string `json:"memo"`    // for the payment, by which the payee knows it again
	Expires  uint64 `json:"expires"` // in seconds since 1970: not to be paid after
	Address  uint64 `json:"address"` // the number of the newest address that the payee knows of himself
}

const (
	paymentRequestPrefix  = "utt:pay/"
	paymentRequestVersion = 1
	maxPaymentRequest     = 1 << 10 // characters
	maxRequestIdentity    = 256     // bytes
)

// check reports a request that nobody could pay.
func (r *PaymentRequest) check() error {
	switch {
	case len(r.Identity) > maxRequestIdentity:
		return fmt.Errorf("%w: [REQ] an identity of %d bytes, of at most %d", ErrInvalid, len(r.Identity), maxRequestIdentity)
	case r.Amount == 0:
		return fmt.Errorf("%w: [REQ] a request for nothing", ErrInvalid)
	case len(r.Memo) > MaxMemo:
		return fmt.Errorf("%w: [REQ] memo of %d bytes, of at most %d", ErrInvalid, len(r.Memo), MaxMemo)
	}
	if err := checkAssetName(r.Asset); err != nil {
		return err
	}
	return CheckIdentity(r.Identity)
}

// content is what is signed.
func (r *PaymentRequest) content(n NetworkID) []byte {
	b := append([]byte{paymentRequestVersion}, n[:]...)
	b = wire.AppendBytes(wire.AppendBytes(b, []byte(r.Identity)), []byte(r.Asset))
	b = wire.AppendBytes(wire.AppendUint64(b, uint64(r.Amount)), []byte(r.Memo))
	return wire.AppendUint64(wire.AppendUint64(b, r.Expires), r.Address)
}

func (r *PaymentRequest) message(n NetworkID) []byte {
	return wire.Frame([]byte(dst.PaymentRequest), r.content(n))
}

// RequestPayment is the text of a request, signed by the user, whose identity it must have.
func (k *Keys) RequestPayment(r PaymentRequest) (string, error) {
	if err := k.usable(); err != nil {
		return "", err
	}
	if err := r.check(); err != nil {
		return "", err
	}
	if PIDOf(r.Identity) != k.pid {
		return "", fmt.Errorf("%w: a request of %q with the keys of %v", ErrInvalid, shorten(r.Identity), k.pid)
	}
	_, sign, err := signer(k.account)
	if err != nil {
		return "", err
	}
	signature, err := sign(r.message(k.p.network))
	if err != nil {
		return "", err
	}
	return paymentRequestPrefix + base64.RawURLEncoding.EncodeToString(append(r.content(k.p.network), signature...)), nil
}

// VerifyPaymentRequest is what the text of RequestPayment asks for, at a time in seconds since
// 1970. Payee gives, for an identity, the user whom the ledger has registered for it, and the
// number of his newest address: from certified records, as a wallet has them, and only if an
// endorser who may vouch for the identity does [POLICY-PREFIX]; its error is passed on.
//
// ErrMalformed says that the text was not copied whole; ErrInvalid, that it was not signed by
// the payee, or is for another ledger, for nothing, or past its time; ErrConflict, that the
// payee has a newer address than was looked up: sync.
func (p *Parameters) VerifyPaymentRequest(text string, now uint64, payee func(identity string) (*Member, uint64, error)) (PaymentRequest, error) {
	if err := p.Usable(); err != nil {
		return PaymentRequest{}, err
	}
	if payee == nil {
		return PaymentRequest{}, fmt.Errorf("%w: nobody to say who is registered", ErrInvalid)
	}
	n, r, signature, err := parsePaymentRequest(text)
	if err != nil {
		return PaymentRequest{}, err
	}
	if err := r.check(); err != nil {
		return PaymentRequest{}, err
	}
	m, number, err := payee(r.Identity)
	if err != nil {
		return PaymentRequest{}, fmt.Errorf("payee %.64q: %w", r.Identity, err)
	}
	var c batch.Claims
	_ = c.Require("REQ", n == p.network, "made for another ledger") &&
		c.Require("REQ", m != nil && m.pid == PIDOf(r.Identity), "registered is another than %q", shorten(r.Identity)) &&
		c.Require("REQ", m != nil && verifyEd25519(m.account, r.message(n), signature), "not signed by %q", shorten(r.Identity)) &&
		c.Require("REQ", now <= r.Expires, "to be paid by the second %d, and it is %d", r.Expires, now)
	if err := c.Err(); err != nil {
		return PaymentRequest{}, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	if number < r.Address {
		return PaymentRequest{}, fmt.Errorf("%w: [REQ] the payee knows of address %d of his, and the newest here is %d: Sync", ErrConflict, r.Address, number)
	}
	return r, nil
}

func parsePaymentRequest(text string) (n NetworkID, r PaymentRequest, signature []byte, err error) {
	content, ok := strings.CutPrefix(text, paymentRequestPrefix)
	if !ok || len(text) > maxPaymentRequest {
		return n, r, nil, fmt.Errorf("%w: no payment request: one begins with %s and has at most %d characters", ErrMalformed, paymentRequestPrefix, maxPaymentRequest)
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(content)
	// the decoder passes over line breaks
	if err != nil || base64.RawURLEncoding.EncodedLen(len(b)) != len(content) {
		return n, r, nil, fmt.Errorf("%w: payment request with a character that does not belong there, or cut short: copy it again", ErrMalformed)
	}
	rd := wire.NewReader(b)
	rd.Version(paymentRequestVersion)
	rd.Fill(n[:])
	r = PaymentRequest{
		Identity: string(rd.Bytes(maxRequestIdentity)), Asset: readAsset(rd),
		Amount: Amount(rd.Uint64()), Memo: string(rd.Bytes(MaxMemo)), Expires: rd.Uint64(), Address: rd.Uint64(),
	}
	signature = rd.Take(ed25519.SignatureSize)
	if err := rd.Close(); err != nil {
		return n, PaymentRequest{}, nil, fmt.Errorf("%w: payment request of another version, or cut short: copy it again: %w", ErrMalformed, err)
	}
	return n, r, signature, nil
}
