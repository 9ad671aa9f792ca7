package home

import (
	"context"
	"crypto/rand"

	"github.com/utt-ecash/utt-go/rangeproof"
)

// contributors is how many contribute to each phase of a ceremony. Proofs can be forged if
// all of a phase collude.
const contributors = 3

// ceremony holds a ceremony for a circuit, of which the transcript is to be published: the
// keys are made of it, and everybody can make them again.
func ceremony(ctx context.Context, circuit *rangeproof.Circuit) (key *rangeproof.ProvingKey, transcript []byte, err error) {
	c := rangeproof.NewCeremony(circuit)
	for range 2 {
		for range contributors {
			if err := ctx.Err(); err != nil {
				return nil, nil, err
			}
			b, err := c.Contribute()
			if err != nil {
				return nil, nil, err
			}
			if err := c.Accept(b); err != nil {
				return nil, nil, err
			}
		}
		// in place of a public value that nobody could foresee, such as the hash of a block
		// of some chain at a height that was named before
		beacon := make([]byte, rangeproof.MinBeacon)
		_, _ = rand.Read(beacon) // never fails
		if err := c.Seal(beacon); err != nil {
			return nil, nil, err
		}
	}
	if transcript, err = c.MarshalBinary(); err != nil {
		return nil, nil, err
	}
	verified, err := rangeproof.ParseCeremony(ctx, transcript)
	if err != nil {
		return nil, nil, err
	}
	key, _, err = verified.Keys()
	return key, transcript, err
}
