package threshold_test

import (
	"context"
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

// Two of three auditors open the amount of a record, and not who paid it; a third sends a
// share of something else and is named.
func ExampleEncryptionCommittee_OpenResults() {
	committee, keys, err := threshold.DealEncryption(nil, 2, 3, 3)
	if err != nil {
		panic(err)
	}
	payer := sig.Hash("example", []byte("alice"))
	record, err := committee.Key().Encrypt(nil, payer, sig.Uint64(250), sig.Uint64(1)) // 250 + 2^32·1
	if err != nil {
		panic(err)
	}
	ask := func(transfer string) *threshold.Request {
		subject, err := threshold.NewSubject([32]byte{1}, "decide", []byte(transfer))
		if err != nil {
			panic(err)
		}
		r, err := threshold.NewRequest(subject, record, 1, 2)
		if err != nil {
			panic(err)
		}
		return r
	}

	request := ask("transfer 1")
	var shares []*threshold.DecryptionShare
	for _, k := range keys {
		r := request
		if k.Index() == 2 {
			r = ask("transfer 2")
		}
		s, err := k.Decrypt(nil, r)
		if err != nil {
			panic(err)
		}
		shares = append(shares, s)
	}
	opened := committee.OpenResults(context.Background(), []*threshold.Request{request}, [][]*threshold.DecryptionShare{shares})[0]
	if opened.Err != nil {
		panic(opened.Err)
	}
	table, err := threshold.NewLogTable(threshold.SmallLogTable)
	if err != nil {
		panic(err)
	}
	amount, err := table.Amount(context.Background(), opened.Plaintexts[0], opened.Plaintexts[1])
	if err != nil {
		panic(err)
	}
	fmt.Println(amount, opened.Culprits)
	// Output: 4294967546 [2]
}
