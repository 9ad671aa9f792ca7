package utt

import (
	"context"
	"fmt"
	"math/big"

	"github.com/utt-ecash/utt-go/threshold"
)

// dues is ten thousand times what is due: a sum of bp·v.
type dues struct{ n big.Int }

// add adds what is due of a volume at a rate, and 9999 for each of some payments.
func (d *dues) add(volume *big.Int, rate uint16, payments uint64) {
	var t big.Int
	d.n.Add(&d.n, t.Mul(volume, big.NewInt(int64(rate))))
	d.n.Add(&d.n, t.Mul(big.NewInt(9999), new(big.Int).SetUint64(payments)))
}

// bounds are the least and the greatest tax; ok is false if they do not fit.
func bounds(low, high *dues) (from, to uint64, ok bool) {
	whole := big.NewInt(10000)
	var least, most big.Int
	least.Add(&low.n, big.NewInt(9999)).Quo(&least, whole)
	most.Quo(&high.n, whole)
	if !least.IsUint64() {
		return 0, 0, false
	}
	if !most.IsUint64() { // no supply is as large, so that the tax is below
		most.SetUint64(1<<64 - 1)
	}
	return least.Uint64(), most.Uint64(), true
}

// volume is what some payments come to, from the sums of their halves. It may be more than
// there is of money: the same coins' worth is paid on.
func volume(ctx context.Context, table *threshold.LogTable, low, high threshold.Plaintext, payments uint64) (*big.Int, error) {
	if payments > threshold.MaxInterval>>limbBits {
		return nil, fmt.Errorf("%w: %d payments", ErrInvalid, payments)
	}
	most := payments * (1<<limbBits - 1)
	lo, err := table.Find(ctx, low, 0, most)
	if err != nil {
		return nil, err
	}
	hi, err := table.Find(ctx, high, 0, most)
	if err != nil {
		return nil, err
	}
	v := new(big.Int).SetUint64(hi)
	return v.Add(v.Lsh(v, limbBits), new(big.Int).SetUint64(lo)), nil
}

// limbBits is the size of the halves of an amount.
const limbBits = 32
