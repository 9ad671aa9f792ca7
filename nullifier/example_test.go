package nullifier_test

import (
	"fmt"

	"github.com/utt-ecash/utt-go/internal/attr"
	"github.com/utt-ecash/utt-go/nullifier"
)

func ExampleDerive() {
	key, serial := attr.Uint64(1234), attr.Uint64(5678)
	first, err := nullifier.Derive(key, serial)
	if err != nil {
		panic(err)
	}
	spent := map[nullifier.Nullifier]bool{first: true}

	again, err := nullifier.Derive(key, serial)
	if err != nil {
		panic(err)
	}
	other, err := nullifier.Derive(key, attr.Uint64(5679))
	if err != nil {
		panic(err)
	}
	fmt.Println("same coin spent:", spent[again])
	fmt.Println("other coin spent:", spent[other])
	// Output:
	// same coin spent: true
	// other coin spent: false
}
