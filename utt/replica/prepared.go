package replica

import (
	"slices"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/ledger"
)

// Prepared is a decided block as it was executed, before anything of it is written.
type Prepared struct {
	*ledger.Prepared
	height   uint64
	receipts []utt.Receipt
}

// Receipts say what becomes of the block's operations, in order. Of one that was executed
// in an earlier block, handed in again, the code is utt.CodeRepeated.
func (d *Prepared) Receipts() []utt.Receipt {
	if d == nil {
		return nil
	}
	return slices.Clone(d.receipts)
}
