package local

import (
	"context"
	"sync"

	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/utt"
)

// TaxKeys are the keys of those who decrypt taxes by total, and the shares of them, of
// decryptor j at j − 1. Any two of four decrypt.
type TaxKeys struct {
	Decryptors *threshold.EncryptionCommittee
	Shares     []*threshold.EncryptionKeyShare
}

// decryptorFaults is how many of the decryptors may be faulty.
const decryptorFaults = 1

// newTaxKeys has decryptors make their keys.
func newTaxKeys(ctx context.Context, network [32]byte) (*TaxKeys, error) {
	p, err := newParties(decryptorFaults)
	if err != nil {
		return nil, err
	}
	k := new(TaxKeys)
	k.Decryptors, k.Shares, err = p.generateEncryption(ctx, network, "tax", utt.TaxComponents)
	return k, err
}

// logTable finds the small numbers of this process.
var logTable = sync.OnceValues(func() (*threshold.LogTable, error) { return threshold.NewLogTable(threshold.SmallLogTable) })
