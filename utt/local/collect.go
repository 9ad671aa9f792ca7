package local

import (
	"context"
	"fmt"

	"github.com/utt-ecash/utt-go/utt"
)

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
