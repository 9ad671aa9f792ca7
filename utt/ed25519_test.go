package utt_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"errors"
	"io"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/utt"
)

// hardware is a key that does not leave its device, which signs, or does something else.
type hardware struct {
	key   ed25519.PrivateKey
	other func(message []byte, o crypto.SignerOpts) ([]byte, error)
	calls int
}

func (h *hardware) Public() crypto.PublicKey { return h.key.Public() }

func (h *hardware) Sign(rand io.Reader, message []byte, o crypto.SignerOpts) ([]byte, error) {
	h.calls++
	if h.other != nil {
		return h.other(message, o)
	}
	return h.key.Sign(rand, message, o)
}

// shy is a signer that shows no Ed25519 key.
type shy struct {
	crypto.Signer
	public crypto.PublicKey
}

func (s shy) Public() crypto.PublicKey { return s.public }

// maker is one who signs, by a key that may be kept in hardware.
type maker struct {
	key  ed25519.PrivateKey
	sign func(crypto.Signer) error
}

func (w *world) makers(t *testing.T) map[string]maker {
	t.Helper()
	provider := ed25519.NewKeyFromSeed(slices.Repeat([]byte{1}, ed25519.SeedSize))
	c := w.Config()
	c.Endorsers = []ed25519.PublicKey{provider.Public().(ed25519.PublicKey)}
	p, err := utt.NewParameters(c)
	require.NoError(t, err)
	registration, err := w.Alice.Keys.Register(nil, 0)
	require.NoError(t, err)
	account := w.Alice.Keys.Account().(ed25519.PrivateKey)
	return map[string]maker{
		"issue": {w.Issuer, func(k crypto.Signer) error { return second(utt.NewIssue(p, k, 0, w.Bob.PID(), cash, 10)) }},
		"mint":  {account, func(k crypto.Signer) error { return second(utt.NewMint(p, k, w.Alice.PID(), 0, cash, 10)) }},
		"public transfer": {account, func(k crypto.Signer) error {
			return second(utt.NewPublicTransfer(p, k, w.Alice.PID(), 0, w.Bob.PID(), cash, 10))
		}},
		"endorsement": {provider, func(k crypto.Signer) error {
			e, err := utt.NewEndorser(p, k)
			if err != nil {
				return err
			}
			return second(e.Endorse(alice, registration))
		}},
	}
}

func TestKeysInHardwareSign(t *testing.T) {
	w := sharedWorld()
	for name, m := range w.makers(t) {
		h := &hardware{key: m.key}
		require.NoError(t, m.sign(h), name)
		require.Equal(t, 1, h.calls, name)
		require.NoError(t, m.sign(h.key), name)
	}
	p := w.Parameters
	soft, err := utt.NewIssue(p, w.Issuer, 0, w.Bob.PID(), cash, 10)
	require.NoError(t, err)
	hard, err := utt.NewIssue(p, &hardware{key: w.Issuer}, 0, w.Bob.PID(), cash, 10)
	require.NoError(t, err)
	require.Equal(t, soft.Digest(), hard.Digest(), "the message is signed as it is, by Ed25519 without a hash before it")
}

// What a device yields is verified, and a signer that is none is an error.
func TestRejectsSigners(t *testing.T) {
	w := sharedWorld()
	broken := errors.New("device unplugged")
	for name, m := range w.makers(t) {
		key := m.key
		device := func(other func([]byte, crypto.SignerOpts) ([]byte, error)) crypto.Signer {
			return &hardware{key: key, other: other}
		}
		zeroed := make(ed25519.PrivateKey, ed25519.PrivateKeySize)
		copy(zeroed[32:], key[32:]) // the right public half
		curve, err := ecdsa.GenerateKey(elliptic.P256(), nil)
		require.NoError(t, err)
		for what, c := range map[string]struct {
			key  crypto.Signer
			want error
		}{
			"fails":           {device(func([]byte, crypto.SignerOpts) ([]byte, error) { return nil, broken }), broken},
			"yields nothing":  {device(func([]byte, crypto.SignerOpts) ([]byte, error) { return nil, nil }), utt.ErrInvalid},
			"yields rubbish":  {device(func([]byte, crypto.SignerOpts) ([]byte, error) { return make([]byte, 64), nil }), utt.ErrInvalid},
			"yields too much": {device(func(m []byte, _ crypto.SignerOpts) ([]byte, error) { return append(ed25519.Sign(key, m), 0), nil }), utt.ErrInvalid},
			"signs another":   {device(func(m []byte, _ crypto.SignerOpts) ([]byte, error) { return ed25519.Sign(key, m[1:]), nil }), utt.ErrInvalid},
			"hashes first": {device(func(m []byte, _ crypto.SignerOpts) ([]byte, error) {
				return key.Sign(nil, make([]byte, 64), crypto.SHA512)
			}), utt.ErrInvalid},
			"nil":               {nil, utt.ErrInvalid},
			"a nil device":      {(*hardware)(nil), utt.ErrInvalid},
			"a nil key":         {ed25519.PrivateKey(nil), utt.ErrInvalid},
			"a pointer to none": {(*ed25519.PrivateKey)(nil), utt.ErrInvalid},
			"a short key":       {key[:31], utt.ErrInvalid},
			"without a secret":  {zeroed, utt.ErrInvalid},
			"of another curve":  {curve, utt.ErrInvalid},
			"no public key":     {shy{key, nil}, utt.ErrInvalid},
			"a short one":       {shy{key, key.Public().(ed25519.PublicKey)[:31]}, utt.ErrInvalid},
			"shy and nil":       {shy{}, utt.ErrInvalid},
		} {
			require.ErrorIs(t, m.sign(c.key), c.want, "%s: %s", name, what)
		}
	}
}
