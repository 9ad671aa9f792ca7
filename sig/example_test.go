package sig_test

import (
	"fmt"
	"log"

	"github.com/utt-ecash/utt-go/sig"
)

// A signer signs an age it does not see; its owner shows a city and hides the age,
// unlinkably to the signing.
func ExamplePublicKey_Rerandomize() {
	key, err := sig.GenerateKey(nil, 2)
	if err != nil {
		log.Fatal(err)
	}
	// the owner commits, and proves to the signer what the signer wants to know
	base := sig.NewBase("example credential", []byte("serial number 1")) // used once
	attributes := []sig.Attribute{sig.Hash("city", []byte("Bern")), sig.Uint64(37)}
	commitment, opening, err := sig.Commit(nil, base, attributes, 1)
	if err != nil {
		log.Fatal(err)
	}
	// the signer signs
	signature, err := key.Sign(commitment)
	if err != nil {
		log.Fatal(err)
	}
	issued := &sig.Signed{Commitment: commitment, Signature: signature}
	fmt.Println("issued:", key.Public().Verify(issued))
	// the owner presents, any number of times
	shown, _, err := key.Public().Rerandomize(nil, issued, opening, 1)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("presented:", key.Public().Verify(shown))
	city, _ := shown.Commitment.Public(0)
	fmt.Println("from Bern:", city == sig.Hash("city", []byte("Bern")))
	_, public := shown.Commitment.Public(1)
	fmt.Println("age is public:", public)
	fmt.Println("linkable:", shown.Commitment.Equal(commitment) || shown.Signature.Equal(signature))
	// Output:
	// issued: <nil>
	// presented: <nil>
	// from Bern: true
	// age is public: false
	// linkable: false
}
