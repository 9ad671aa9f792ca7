package wallet

import (
	"cmp"
	"fmt"

	"github.com/utt-ecash/utt-go/utt"
)

// SuspendedError says that the authority has suspended the user, as of the wallet's last
// Sync: he is granted nothing, and his account takes no orders. Private coins he can still
// spend. It matches ErrPolicy.
type SuspendedError struct {
	PID        utt.PID
	Checkpoint utt.Checkpoint // up to which the wallet has synced
}

func (e *SuspendedError) Error() string {
	if e == nil {
		return utt.ErrPolicy.Error()
	}
	return fmt.Sprintf("%v: user %v is suspended as of block %d: no budget is granted to him and no order on his account executed, until the ledger's authority lifts that",
		utt.ErrPolicy, e.PID, e.Checkpoint.Height)
}

// Unwrap is ErrPolicy.
func (e *SuspendedError) Unwrap() error { return utt.ErrPolicy }

// Suspended reports whether the authority has suspended the user, as of the last Sync.
func (w *Wallet) Suspended() bool {
	w = cmp.Or(w, &noWallet)
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.state.suspended
}

// suspended is why a suspended user makes no orders.
func (w *Wallet) suspended() error {
	if !w.state.suspended {
		return nil
	}
	return &SuspendedError{w.keys.PID(), w.state.frontier.Checkpoint}
}

// current reports an epoch whose rules may be others than the wallet knows: they are final
// when the epoch before begins, and it has not synced since. A transfer made by rules that
// are not the epoch's would be refused, and lock its coins until the epoch is over.
func (w *Wallet) current(e utt.Epoch) error {
	s := &w.state
	if len(w.p.Authority().Keys) == 0 || e <= s.epoch+1 { // never amended, or known
		return nil
	}
	return fmt.Errorf("%w: the rules of epoch %d may have been amended since epoch %d, in which the wallet was synced last: Sync", utt.ErrConflict, e, s.epoch)
}
