package utt

import (
	"bytes"
	"cmp"
	"crypto/ed25519"
	"fmt"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/dst"
	"github.com/utt-ecash/utt-go/internal/wire"
)

// Mandate is a user's word, signed with his account key, that the holder of a scan key is to
// look out for payments to him. Without it nobody is looked out for [CLUE-MANDATE]: or else
// whoever knows a pid, from which the handle follows, has himself told when its user is paid.
type Mandate struct {
	pid       PID
	scan      ScanKey
	expires   uint64 // in seconds since 1970
	signature []byte
}

// noMandate stands in for a nil one.
var noMandate Mandate

// Mandate is the user's for the holder of a scan key, until a time in seconds since 1970. It does
// not have him paid with that key: Readdress does. ErrInvalid says that the key cannot be used.
func (k *Keys) Mandate(d ScanKey, expires uint64) (*Mandate, error) {
	if err := k.usable(); err != nil {
		return nil, err
	}
	if err := d.Check(); err != nil {
		return nil, err
	}
	if d.IsZero() {
		return nil, fmt.Errorf("%w: a mandate for nobody", ErrInvalid)
	}
	_, sign, err := signer(k.account)
	if err != nil {
		return nil, err
	}
	m := &Mandate{pid: k.pid, scan: d, expires: expires}
	if m.signature, err = sign(m.message(k.p.network)); err != nil {
		return nil, err
	}
	return m, nil
}

// PID is the user's.
func (m *Mandate) PID() PID { return cmp.Or(m, &noMandate).pid }

// ScanKey is that of whom he charges with it.
func (m *Mandate) ScanKey() ScanKey { return cmp.Or(m, &noMandate).scan }

// Expires is the last second, since 1970, in which it holds.
func (m *Mandate) Expires() uint64 { return cmp.Or(m, &noMandate).expires }

// Verify reports, by ErrInvalid, a mandate that is not for the holder of the scan key, has
// expired at a time in seconds since 1970, or is not signed with the account key of the user: as
// the ledger registers him, which the caller has made sure of.
func (m *Mandate) Verify(p *Parameters, user *Member, d ScanKey, now uint64) error {
	if err := p.Usable(); err != nil {
		return err
	}
	if m == nil || m.signature == nil || user == nil {
		return fmt.Errorf("%w: no mandate, or of nobody", ErrInvalid)
	}
	var c batch.Claims
	c.Require("CLUE-MANDATE", now <= m.expires, "expired at %d, and it is %d: ask the user for another", m.expires, now)
	c.Require("CLUE-MANDATE", m.pid == user.pid && m.scan == d && verifyEd25519(user.account, m.message(p.network), m.signature),
		"not signed by %v for this scan key", user.pid)
	if err := c.Err(); err != nil {
		return fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	return nil
}

func (m *Mandate) message(n NetworkID) []byte {
	return wire.Frame([]byte(dst.Mandate), n[:], m.pid[:], m.scan[:], be64(m.expires))
}

const mandateVersion = 1

// AppendBinary appends version, pid, scan key, expiry and signature.
func (m *Mandate) AppendBinary(b []byte) ([]byte, error) {
	if m == nil || m.signature == nil {
		return nil, fmt.Errorf("%w: an empty mandate has no encoding", ErrInvalid)
	}
	b = append(append(b, mandateVersion), m.pid[:]...)
	return append(wire.AppendUint64(append(b, m.scan[:]...), m.expires), m.signature...), nil
}

// MarshalBinary encodes the mandate.
func (m *Mandate) MarshalBinary() ([]byte, error) { return m.AppendBinary(nil) }

// UnmarshalBinary decodes a mandate, which it does not verify.
func (m *Mandate) UnmarshalBinary(b []byte) error {
	if m == nil {
		return errInto
	}
	r := wire.NewReader(b)
	r.Version(mandateVersion)
	d := Mandate{pid: readPID(r)}
	r.Fill(d.scan[:])
	d.expires = r.Uint64()
	d.signature = bytes.Clone(r.Take(ed25519.SignatureSize))
	if err := r.Close(); err != nil {
		return fmt.Errorf("%w: mandate: %w", ErrMalformed, err)
	}
	*m = d
	return nil
}
