package nullifier_test

import (
	"crypto/rand"
	"fmt"

	"github.com/utt-ecash/utt-go/nullifier"
	"github.com/utt-ecash/utt-go/sig"
)

// The owner of a coin derives its nullifier from his secret and its serial number; others
// see whether it was there before.
func ExampleDerive() {
	secret := make([]byte, 32) // random, and kept by its owner
	if _, err := rand.Read(secret); err != nil {
		panic(err)
	}
	key, serial := sig.Hash("example secret", secret), sig.Hash("example coin", []byte("number 1"))
	first, err := nullifier.Derive(key, serial)
	if err != nil {
		panic(err)
	}
	spent := map[nullifier.Nullifier]bool{first: true}

	again, err := nullifier.Derive(key, serial)
	if err != nil {
		panic(err)
	}
	other, err := nullifier.Derive(key, sig.Hash("example coin", []byte("number 2")))
	if err != nil {
		panic(err)
	}
	fmt.Println("same coin spent:", spent[again])
	fmt.Println("other coin spent:", spent[other])
	// Output:
	// same coin spent: true
	// other coin spent: false
}
