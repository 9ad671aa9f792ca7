package wallet

import (
	"cmp"
	"hash/maphash"
	"iter"
	"slices"

	"github.com/utt-ecash/utt-go/utt"
)

// purse is the coins of a kind: those that nothing locks, and what the others come to. It is
// a value, and not changed.
type purse struct {
	free   *coins
	locked utt.Amount
}

// coins are a set of coins, largest first and of one value by nullifier, that does not change:
// one with a coin more, or less, shares nearly all of it. It is a treap (Seidel and Aragon,
// 1996), a search tree and a heap by hashes, so that its depth is logarithmic. Nil is empty.
type coins struct {
	*coin
	priority    uint64
	left, right *coins
	all         utt.Amount // that the coins come to
}

var purseSeed = maphash.MakeSeed()

// before is the order of coins.
func before(a, b *coin) int {
	return cmp.Or(cmp.Compare(b.value, a.value), byNullifier(a, b))
}

// setOf is the set of coins, which it sorts.
func setOf(all []*coin) *coins {
	slices.SortFunc(all, before)
	var right []*coins // from the root always to the right
	for _, c := range all {
		n := newNode(c)
		for len(right) > 0 && right[len(right)-1].priority < n.priority {
			n.left, right = right[len(right)-1], right[:len(right)-1]
		}
		if len(right) > 0 {
			right[len(right)-1].right = n
		}
		right = append(right, n)
	}
	if len(right) == 0 {
		return nil
	}
	right[0].total()
	return right[0]
}

// newNode is a coin by itself.
func newNode(c *coin) *coins {
	return &coins{coin: c, priority: maphash.Bytes(purseSeed, c.key[:]), all: c.value}
}

// total computes what the coins come to.
func (s *coins) total() utt.Amount {
	if s == nil {
		return 0
	}
	s.all = s.left.total() + s.value + s.right.total()
	return s.all
}

func (s *coins) sum() utt.Amount {
	if s == nil {
		return 0
	}
	return s.all
}

// node is one with other parts below.
func (s *coins) node(left, right *coins) *coins {
	return &coins{s.coin, s.priority, left, right, left.sum() + s.value + right.sum()}
}

// with is the set with a coin that is not in it.
func (s *coins) with(c *coin) *coins {
	return s.insert(newNode(c))
}

func (s *coins) insert(added *coins) *coins {
	switch {
	case s == nil:
		return added.node(nil, nil)
	case added.priority > s.priority:
		left, right := s.split(added.coin)
		return added.node(left, right)
	case before(added.coin, s.coin) < 0:
		return s.node(s.left.insert(added), s.right)
	}
	return s.node(s.left, s.right.insert(added))
}

// split parts the set into what is before a coin and what is after it.
func (s *coins) split(c *coin) (left, right *coins) {
	if s == nil {
		return nil, nil
	}
	if before(s.coin, c) < 0 {
		middle, right := s.right.split(c)
		return s.node(s.left, middle), right
	}
	left, middle := s.left.split(c)
	return left, s.node(middle, s.right)
}

// without is the set without a coin.
func (s *coins) without(c *coin) *coins {
	if s == nil {
		return nil
	}
	switch o := before(c, s.coin); {
	case o < 0:
		return s.node(s.left.without(c), s.right)
	case o > 0:
		return s.node(s.left, s.right.without(c))
	}
	return join(s.left, s.right)
}

// join is one set of two, all of the first before the second.
func join(left, right *coins) *coins {
	switch {
	case left == nil:
		return right
	case right == nil:
		return left
	case left.priority > right.priority:
		return left.node(left.left, join(left.right, right))
	}
	return right.node(join(left, right.left), right.right)
}

// largest yields the coins, largest first.
func (s *coins) largest() iter.Seq[*coin] {
	return func(yield func(*coin) bool) { s.walk(yield, false) }
}

// smallest yields them the other way round.
func (s *coins) smallest() iter.Seq[*coin] {
	return func(yield func(*coin) bool) { s.walk(yield, true) }
}

func (s *coins) walk(yield func(*coin) bool, back bool) bool {
	if s == nil {
		return true
	}
	first, second := s.left, s.right
	if back {
		first, second = second, first
	}
	return first.walk(yield, back) && yield(s.coin) && second.walk(yield, back)
}

// least is the smallest coin of at least a value, the last of those in order; nil if there is
// none.
func (s *coins) least(value utt.Amount) (found *coin) {
	for s != nil {
		if s.value >= value {
			found, s = s.coin, s.right
		} else {
			s = s.left
		}
	}
	return found
}

// most is the largest coin; nil if there is none.
func (s *coins) most() *coin {
	for c := range s.largest() {
		return c
	}
	return nil
}
