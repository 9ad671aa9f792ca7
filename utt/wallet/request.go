package wallet

import (
	"time"

	"github.com/utt-ecash/utt-go/utt"
)

// RequestPayment is the text by which the wallet's user asks for a payment, until a time. He
// hands it over, as a link for instance, and knows the payment by its memo. With it he hands his Card
// to who may have a light or a watched wallet.
func (w *Wallet) RequestPayment(asset string, amount utt.Amount, memo string, until time.Time) (string, error) {
	if err := w.usable(); err != nil {
		return "", err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.ready(asset); err != nil {
		return "", err
	}
	expires, err := seconds(until)
	if err != nil {
		return "", err
	}
	return w.keys.RequestPayment(utt.PaymentRequest{
		Identity: w.identity, Asset: asset, Amount: amount, Memo: memo,
		Expires: expires, Address: uint64(len(w.state.addresses)),
	})
}

// Requested is what the text of RequestPayment asks for: Pay pays it. The payee must be
// registered as far as the wallet has synced, or one whom it was to Meet, and have signed it himself [REQ]; no node is asked. A wallet
// does not remember what it has paid: a request that is paid twice is two payments.
func (w *Wallet) Requested(text string) (utt.PaymentRequest, error) {
	if err := w.usable(); err != nil {
		return utt.PaymentRequest{}, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.now().Unix()
	return w.state.p.VerifyPaymentRequest(text, uint64(max(now, 0)), func(identity string) (*utt.Member, uint64, error) {
		m, err := w.payeeNamed(identity)
		if err != nil {
			return nil, 0, err
		}
		moved, err := w.state.moved(m.PID())
		if err != nil || moved == nil {
			return m, 0, err
		}
		e, err := moved.Entry(w.state.p)
		return m, e.Nonce, err
	})
}
