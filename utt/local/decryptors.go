package local

import (
	"context"
	"fmt"
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

// Decryptors are the keys of those who decrypt taxes, nil if there are none.
func (n *Network) Decryptors() *TaxKeys {
	if n.usable() != nil || n.decryptors == nil {
		return nil
	}
	k := *n.decryptors
	return &k
}

// OpenTax has the decryptors open a closed batch of an asset.
func (n *Network) OpenTax(ctx context.Context, asset string, batch uint64) (*utt.Collection, error) {
	if err := n.usable(); err != nil {
		return nil, err
	}
	if n.decryptors == nil {
		return nil, fmt.Errorf("%w: a network without a tax by total", utt.ErrPolicy)
	}
	b, err := n.Ledger().TaxBatch(asset, batch)
	if err != nil {
		return nil, err
	}
	var shares []*utt.TaxShares
	for _, k := range n.decryptors.Shares {
		s, err := n.p.DecryptTax(k, b)
		if err != nil {
			return nil, err
		}
		shares = append(shares, s)
	}
	table, err := logTable()
	if err != nil {
		return nil, err
	}
	return n.p.OpenTax(ctx, table, b, shares)
}

// CollectTax has the decryptors open a closed batch, and the office credited with the tax.
func (n *Network) CollectTax(ctx context.Context, asset string, batch uint64) (utt.Amount, error) {
	o, err := n.OpenTax(ctx, asset, batch)
	if err != nil {
		return 0, err
	}
	return o.Amount(), n.Submit(ctx, o)
}
