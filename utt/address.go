package utt

import (
	"bytes"
	"crypto/hpke"
	"fmt"

	"github.com/utt-ecash/utt-go/internal/keycheck"
)

// addressKEM encrypts notes to payees: X-Wing, ML-KEM-768 with X25519.
var addressKEM = hpke.MLKEM768X25519()

const addressSize = 1216

// checkAddress reports why nobody can be paid at an address.
func checkAddress(address []byte) error { // [REG-ADDRESS]
	key, err := addressKEM.NewPublicKey(address) // with the modulus check of FIPS 203
	if err != nil {
		return fmt.Errorf("the address is no public key: %w", err)
	}
	if !bytes.Equal(key.Bytes(), address) {
		return fmt.Errorf("the address is not encoded canonically")
	}
	if err := keycheck.X25519(address[len(address)-32:]); err != nil { // behind that of ML-KEM
		return fmt.Errorf("the X25519 half of the address is %w", err)
	}
	return nil
}
