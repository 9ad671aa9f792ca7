package utt

import (
	"bytes"
	"crypto/hpke"
	"fmt"
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
	u := littleEndian(address[len(address)-32:]) // of X25519, behind that of ML-KEM
	if u.Cmp(fieldPrime) >= 0 {
		return fmt.Errorf("the X25519 half of the address is not encoded canonically")
	}
	if hasSmallOrder(u) {
		return fmt.Errorf("the X25519 half of the address is of small order")
	}
	return nil
}
