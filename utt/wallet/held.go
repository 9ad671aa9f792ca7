package wallet

import (
	"cmp"
	"slices"
)

// Incoming are the payments to the user that are held, oldest first. They are not paid:
// ship nothing for them before they are among Received.
func (w *Wallet) Incoming() []HeldPayment {
	return w.held(func(h *hold) []HeldPayment { return h.incoming() })
}

// Outgoing are the user's own payments that are held, oldest first. Their coins are gone
// for good; what comes back is a new coin.
func (w *Wallet) Outgoing() []HeldPayment {
	return w.held(func(h *hold) []HeldPayment {
		if !h.mine {
			return nil
		}
		return []HeldPayment{h.outgoing()}
	})
}

func (w *Wallet) held(of func(*hold) []HeldPayment) (all []HeldPayment) {
	w = cmp.Or(w, &noWallet)
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, h := range w.state.holds.m {
		all = append(all, of(h)...)
	}
	slices.SortFunc(all, func(a, b HeldPayment) int {
		return cmp.Or(cmp.Compare(a.Time, b.Time), slices.Compare(a.ID[:], b.ID[:]), cmp.Compare(a.Output, b.Output))
	})
	return all
}
