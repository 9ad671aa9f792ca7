package budget

import (
	"github.com/utt-ecash/utt-go/internal/attr"
	"github.com/utt-ecash/utt-go/internal/dst"
	"github.com/utt-ecash/utt-go/internal/wire"
)

// MoneyKind is the kind of an asset's coins.
func MoneyKind(asset string) attr.Attribute { return attr.Hash(dst.AssetKind, []byte(asset)) }

// Kind is the kind of an asset's coins of a counter, such as Privacy, in an epoch.
func Kind(counter, asset string, e Epoch) attr.Attribute {
	return attr.Hash(dst.BudgetKind, []byte(counter), []byte(asset), wire.AppendUint64(nil, uint64(e)))
}
