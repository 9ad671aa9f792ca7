package rangeproof

import (
	"context"
	"fmt"

	groth16 "github.com/consensys/gnark/backend/groth16/bls12-381"
)

// SetupSingleParty makes the keys of a circuit. Whoever runs it could keep the
// trapdoor and forge any proof: it is for tests and for ledgers whose operator is
// trusted with the money anyway. It takes about 0.1 s, and ends early only before
// it starts.
//
// Groth16, ePrint 2016/260, section 3.2.
func SetupSingleParty(ctx context.Context, c *Circuit) (*ProvingKey, *VerifyingKey, error) {
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	if c.empty() {
		return nil, nil, fmt.Errorf("%w: no circuit", ErrArgument)
	}
	var pk groth16.ProvingKey
	var vk groth16.VerifyingKey
	if err := groth16.Setup(c.r1cs, &pk, &vk); err != nil {
		return nil, nil, fmt.Errorf("%w: setup: %w", ErrKey, err)
	}
	return newKeys(c, &pk, &vk, SingleParty)
}
