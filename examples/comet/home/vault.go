package home

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"

	"golang.org/x/crypto/chacha20poly1305"
	"golang.org/x/crypto/scrypt"
)

// vault is a secret under a passphrase: XChaCha20-Poly1305 with a key that scrypt makes.
type vault struct {
	Version int    `json:"version"`
	LogN    int    `json:"log_n"`
	Salt    []byte `json:"salt"`
	Nonce   []byte `json:"nonce"`
	Box     []byte `json:"box"`
}

// Costs: what is written, and the most that is read, lest a file take all memory.
const (
	vaultVersion = 1
	usualLogN    = 16
	maxLogN      = 18
)

// ErrPassphrase is returned for a secret that a passphrase does not open.
var ErrPassphrase = errors.New("the passphrase does not open it, or the file is damaged")

// Seal puts a secret under a passphrase, for one use, which opening it names.
func Seal(secret []byte, passphrase, use string) ([]byte, error) {
	v := vault{Version: vaultVersion, LogN: usualLogN, Salt: make([]byte, 16), Nonce: make([]byte, chacha20poly1305.NonceSizeX)}
	_, _ = rand.Read(v.Salt) // never fails
	_, _ = rand.Read(v.Nonce)
	key, err := scrypt.Key([]byte(passphrase), v.Salt, 1<<v.LogN, 8, 1, chacha20poly1305.KeySize)
	if err != nil {
		return nil, err
	}
	box, err := chacha20poly1305.NewX(key)
	if err != nil {
		return nil, err
	}
	v.Box = box.Seal(nil, v.Nonce, secret, []byte(use))
	return json.MarshalIndent(v, "", "  ")
}

// Unseal opens what Seal made, for the same use; ErrPassphrase says that it cannot.
func Unseal(b []byte, passphrase, use string) ([]byte, error) {
	var v vault
	if err := json.Unmarshal(b, &v); err != nil || v.Version != vaultVersion || v.LogN < 10 || v.LogN > maxLogN || len(v.Nonce) != chacha20poly1305.NonceSizeX || len(v.Salt) != 16 {
		return nil, fmt.Errorf("no sealed secret: %w", ErrPassphrase)
	}
	key, err := scrypt.Key([]byte(passphrase), v.Salt, 1<<v.LogN, 8, 1, chacha20poly1305.KeySize)
	if err != nil {
		return nil, err
	}
	box, err := chacha20poly1305.NewX(key)
	if err != nil {
		return nil, err
	}
	secret, err := box.Open(nil, v.Nonce, v.Box, []byte(use))
	if err != nil {
		return nil, ErrPassphrase
	}
	return secret, nil
}
