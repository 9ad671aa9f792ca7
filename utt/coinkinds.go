package utt

import (
	"sync"

	"github.com/utt-ecash/utt-go/budget"
	"github.com/utt-ecash/utt-go/internal/attr"
)

// coinKinds are the kinds of coins, each a hash, as they were computed last: every transfer has
// two, and those of one asset and epoch the same.
type coinKinds struct {
	mu sync.RWMutex
	of map[kindOf]attr.Attribute
}

// kindOf is what a kind is of.
type kindOf struct {
	counter string // "" of money
	asset   string
	epoch   Epoch // of a counter
}

const maxKinds = 4 * MaxAssets

func (k *coinKinds) get(of kindOf) attr.Attribute {
	k.mu.RLock()
	kind, ok := k.of[of]
	k.mu.RUnlock()
	if ok {
		return kind
	}
	if of.counter == "" {
		kind = budget.MoneyKind(of.asset)
	} else {
		kind = budget.Kind(of.counter, of.asset, of.epoch)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.of == nil || len(k.of) >= maxKinds {
		k.of = make(map[kindOf]attr.Attribute)
	}
	k.of[of] = kind
	return kind
}
