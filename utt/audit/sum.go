package audit

import (
	"fmt"
	"math/big"

	"github.com/utt-ecash/utt-go/utt"
)

// Sum is the sum of a set on record.
type Sum struct {
	Set   utt.SumSet
	Count uint64   // how many payments are in it
	Total *big.Int // nil until it is opened
}

// sum is one on record.
type sum struct {
	record *utt.Record
	set    utt.SumSet
	count  uint64
	total  *big.Int
	unread bool // opened, and no number
}

func (s *sum) public() Sum {
	p := Sum{Set: s.set, Count: s.count}
	if s.total != nil {
		p.Total = new(big.Int).Set(s.total)
	}
	return p
}

func noSum(set utt.SumSet) error {
	return fmt.Errorf("%w: no sum of %v of %.64q in epoch %d on record", utt.ErrNotFound, set.Kind, set.Asset, set.Epoch)
}
