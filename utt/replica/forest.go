package replica

import (
	"fmt"
	"slices"

	"github.com/utt-ecash/utt-go/utt"
)

// forest is the three trees of a ledger in memory: of each, by level, the roots of its
// complete subtrees.
type forest map[utt.Tree][][][32]byte

// node is the root of a subtree that is complete.
type node struct {
	tree  utt.Tree
	level int
	root  [32]byte
}

// completing is what is told of subtrees as they are completed.
type completing []node

func (c *completing) add(t utt.Tree, level int, _ uint64, root [32]byte) {
	*c = append(*c, node{t, level, root})
}

// add adds roots, in the order in which utt.Completed is told them.
func (f *forest) add(nodes []node) {
	if *f == nil {
		*f = make(forest)
	}
	for _, n := range nodes {
		for len((*f)[n.tree]) <= n.level {
			(*f)[n.tree] = append((*f)[n.tree], nil)
		}
		(*f)[n.tree][n.level] = append((*f)[n.tree][n.level], n.root)
	}
}

func (f forest) clone() forest {
	c := make(forest, len(f))
	for t, levels := range f {
		c[t] = slices.Clone(levels)
		for i := range c[t] {
			c[t][i] = slices.Clip(c[t][i])
		}
	}
	return c
}

func (f forest) root(t utt.Tree, level int, index uint64) ([32]byte, error) {
	if level >= len(f[t]) || index >= uint64(len(f[t][level])) {
		return [32]byte{}, fmt.Errorf("%w: no subtree %d of level %d", utt.ErrNotFound, index, level)
	}
	return f[t][level][index], nil
}
