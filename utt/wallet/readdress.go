package wallet

import (
	"fmt"
	"time"

	"github.com/utt-ecash/utt-go/utt"
)

// Readdress asks for another address of the user's: with the scan key of who is to look out
// for payments to him from then on, zero for nobody, and with a new key for notes in any case.
// It is how he changes provider, and what he does if a key has leaked. The Endorser who registered
// him endorses it (EndorseReaddress); submit it then, and Sync until Member has it. After a time no
// ledger takes it. The key for notes comes of the seed, which restores it. Payments to the old address are still read that execute, or come
// to be held, by the end of the epoch after; wallets pay to no older one.
//
// Whoever looked out before still learns of payments by wallets that have not seen it.
func (w *Wallet) Readdress(scan utt.ScanKey, until time.Time) (*utt.Readdress, error) {
	if err := w.usable(); err != nil {
		return nil, err
	}
	k, err := w.keys.WithScanKey(scan)
	if err != nil {
		return nil, err
	}
	expires, err := seconds(until)
	if err != nil {
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.rescanned(); err != nil {
		return nil, err
	}
	if err := w.registered(); err != nil {
		return nil, err
	}
	return k.Readdress(uint64(len(w.state.addresses))+1, expires)
}

// seconds is a time in seconds since 1970.
func seconds(t time.Time) (uint64, error) {
	if t.Unix() < 0 {
		return 0, fmt.Errorf("%w: a time of %v, before 1970", utt.ErrInvalid, t)
	}
	return uint64(t.Unix()), nil
}

// Mandate charges the holder of a scan key with looking out for payments to the user until a
// time: a provider takes him for a customer by it. Readdress has payers use the key.
func (w *Wallet) Mandate(scan utt.ScanKey, until time.Time) (*utt.Mandate, error) {
	if err := w.usable(); err != nil {
		return nil, err
	}
	expires, err := seconds(until)
	if err != nil {
		return nil, err
	}
	return w.keys.Mandate(scan, expires)
}

// PaidElsewhere reports whether the ledger has an address of the user's, or a scan key with it,
// that does not come of the wallet's seed, as far as the wallet has synced: payments go to whoever asked for it,
// or he is told of them; he had the account key and deceived the endorser. Readdress ends it.
func (w *Wallet) PaidElsewhere() bool {
	if w.usable() != nil {
		return false
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	keys, err := w.keys, error(nil)
	for _, r := range w.state.addresses {
		if keys, err = keys.Readdressed(r); err != nil {
			return true
		}
	}
	return w.state.registered != nil && !keys.Reads(w.state.registered.Address())
}
