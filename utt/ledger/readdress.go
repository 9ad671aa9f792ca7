package ledger

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"fmt"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/utt"
)

// readdress gives a user another address, which is in the record: the state has its number.
func (x *execution) readdress(r *utt.Readdress) *utt.Rejection {
	m := x.member(r.PID())
	if m == nil {
		return x.reject(utt.CodeUnregistered, "ACCOUNT", "no account %v", r.PID())
	}
	if !bytes.Equal(m.AccountKey(), r.AccountKey()) && batch.Enforced("ACCOUNT-KEY") {
		return x.reject(utt.CodeAccountKey, "ACCOUNT-KEY", "not the key of account %v", r.PID())
	}
	if no := x.mayReaddress(r); no != nil {
		return no
	}
	if x.time > r.Expires() && batch.Enforced("ADDR-EXPIRY") {
		return x.reject(utt.CodePolicy, "ADDR-EXPIRY", "expired at %d, in a block of %d", r.Expires(), x.time)
	}
	if next := x.addressNumber(r.PID()); r.Number() != next && batch.Enforced("ADDR-NUMBER") {
		return x.reject(utt.CodeNonce, "ADDR-NUMBER", "address %d, next is %d", r.Number(), next)
	}
	x.putNumber(addressKey(r.PID()), r.Number())
	x.record()
	return nil
}

// mayReaddress refuses an endorser who is not to vouch for the user.
func (x *execution) mayReaddress(r *utt.Readdress) *utt.Rejection {
	in := wire.NewReader(x.get(endorsedKey(r.PID())))
	version, registrar := in.Uint64(), in.Take(ed25519.PublicKeySize)
	if err := in.Close(); err != nil {
		x.fail(fmt.Errorf("%w: who registered %v: %w", utt.ErrMalformed, r.PID(), err))
		return nil
	}
	err := x.p.MayReaddress(r.PID(), version, registrar, r.Endorser())
	var why *batch.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &why):
		return x.reject(utt.CodePolicy, why.Label, "%s", why.Detail)
	}
	x.fail(err)
	return nil
}

// addressNumber is that of a user's next address.
func (x *execution) addressNumber(pid utt.PID) uint64 { return x.number(addressKey(pid)) + 1 }
