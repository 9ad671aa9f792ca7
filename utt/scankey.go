package utt

import (
	"crypto/ecdh"
	"encoding/hex"
	"fmt"
	"io"

	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/dst"
	"github.com/utt-ecash/utt-go/internal/keycheck"
	"github.com/utt-ecash/utt-go/internal/transcript"
)

// ScanKey is D, an X25519 key, of whoever looks out for payments to a user: himself, or a
// provider, who has one for all his customers. The zero value stands for nobody: the clues
// of payments to the user open to none then.
type ScanKey [32]byte

// IsZero reports that nobody looks out.
func (d ScanKey) IsZero() bool { return d == ScanKey{} }

// String is the key in hexadecimal.
func (d ScanKey) String() string { return hex.EncodeToString(d[:]) }

// MarshalText is the key in hexadecimal.
func (d ScanKey) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText parses a key. Whether it is one that can be used, Check says.
func (d *ScanKey) UnmarshalText(text []byte) error {
	return parse32((*[32]byte)(d), text, "scan key")
}

// Check reports, by ErrInvalid, a key that is neither zero nor the canonical encoding of a
// point that is not of small order [ADDR-D].
func (d ScanKey) Check() error {
	if d.IsZero() {
		return nil
	}
	if err := keycheck.X25519(d[:]); err != nil {
		return fmt.Errorf("%w: the scan key is %w", ErrInvalid, err)
	}
	return nil
}

// ScanSecret is d, with which clues are opened. It prints as "redacted".
type ScanSecret struct {
	key    *ecdh.PrivateKey
	public ScanKey
}

// GenerateScanSecret draws a secret; rand nil means crypto/rand.
func GenerateScanSecret(rand io.Reader) (*ScanSecret, error) {
	var b [32]byte
	if err := curve.ReadRandom(rand, b[:]); err != nil {
		return nil, err
	}
	return NewScanSecret(b[:])
}

// NewScanSecret is the secret of 32 bytes, which Bytes returned or which are random.
func NewScanSecret(b []byte) (*ScanSecret, error) {
	key, err := ecdh.X25519().NewPrivateKey(b)
	if err != nil {
		return nil, fmt.Errorf("%w: scan secret of %d bytes, not 32", ErrMalformed, len(b))
	}
	return &ScanSecret{key, ScanKey(key.PublicKey().Bytes())}, nil
}

// Format prints "redacted".
func (s ScanSecret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "redacted") }

// MarshalJSON refuses to leak: it encodes "redacted".
func (s ScanSecret) MarshalJSON() ([]byte, error) { return []byte(`"redacted"`), nil }

// Bytes are the 32 bytes of the secret, for NewScanSecret; nil of none.
func (s *ScanSecret) Bytes() []byte {
	if s == nil || s.key == nil {
		return nil
	}
	return s.key.Bytes()
}

// ScanKey is the public key; zero of no secret.
func (s *ScanSecret) ScanKey() ScanKey {
	if s == nil {
		return ScanKey{}
	}
	return s.public
}

// ScanHandle is what a clue names a user by to who looks out for him. Everybody can compute
// it from the pid.
type ScanHandle [16]byte

// ScanHandle is a user's: the first bytes of H("scan-handle", network ‖ pid).
func (p PID) ScanHandle(n NetworkID) ScanHandle {
	h := transcript.Hash(dst.ScanHandle, n[:], p[:])
	return ScanHandle(h[:len(ScanHandle{})])
}

// String is the handle in hexadecimal.
func (h ScanHandle) String() string { return hex.EncodeToString(h[:]) }

// MarshalText is the handle in hexadecimal.
func (h ScanHandle) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// UnmarshalText parses a handle.
func (h *ScanHandle) UnmarshalText(text []byte) error {
	if h == nil {
		return errInto
	}
	b, err := hex.DecodeString(string(text))
	if err != nil || len(b) != len(h) || hex.EncodeToString(b) != string(text) {
		return fmt.Errorf("%w: handle %.40q is not %d lower-case hexadecimal digits", ErrMalformed, text, 2*len(h))
	}
	*h = ScanHandle(b)
	return nil
}
