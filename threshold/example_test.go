package threshold_test

import (
	"fmt"

	"github.com/utt-ecash/utt-go/sig"
	"github.com/utt-ecash/utt-go/threshold"
)

// Two of four parties sign a commitment; a third sends rubbish and is named.
func ExampleCommittee_Combine() {
	committee, keys, err := threshold.Deal(nil, 2, 4, 1)
	if err != nil {
		panic(err)
	}
	message, _, err := sig.Commit(nil, sig.NewBase("example", []byte("coin 1")), []sig.Attribute{sig.Uint64(100)}, 0)
	if err != nil {
		panic(err)
	}
	other, _, err := sig.Commit(nil, sig.NewBase("example", []byte("coin 2")), []sig.Attribute{sig.Uint64(100)}, 0)
	if err != nil {
		panic(err)
	}

	var shares []*threshold.SignatureShare
	for _, k := range keys[:3] {
		m := message
		if k.Index() == 2 {
			m = other // party 2 signs something else
		}
		s, err := k.Sign(m)
		if err != nil {
			panic(err)
		}
		shares = append(shares, s)
	}

	signature, err := committee.Combine(message, shares)
	if err != nil {
		panic(err)
	}
	err = committee.Group().Verify(&sig.Signed{Commitment: message, Signature: signature})
	fmt.Println("valid:", err == nil)

	_, err = committee.Combine(message, shares[:2])
	fmt.Println(err)
	// Output:
	// valid: true
	// threshold: too few shares: 1 valid where 2 are needed: [THR-1] invalid from party 2
}
