package batch

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/curve"
)

func multiple(n uint64) curve.G1 { return curve.Generator().Mul(curve.Uint64(n)) }

// TestCombination: equal points are merged, unless another one displaced them; the
// sum is the same in any case.
func TestCombination(t *testing.T) {
	common := multiple(3)
	c := newCombination(0)
	for i := range uint64(1000) {
		c.add(common, curve.Uint64(i))
		c.add(multiple(1000+i), curve.Uint64(1))
		c.add(common.Neg(), curve.Uint64(1))
	}
	want := uint64(3*999*1000/2 + 1000*1000 + 999*1000/2 - 3*1000)
	require.Equal(t, multiple(want), curve.MSM(c.terms))
	require.Less(t, len(c.terms), 1100)

	c.table = make([]int32, len(c.table))
	c.table[common.Hash(c.key)>>(64-combinationBits)] = 1
	c.terms = []curve.Term{{Scalar: curve.Uint64(1), Point: multiple(5)}} // another one in its place
	c.add(common, curve.Uint64(2))
	c.add(common, curve.Uint64(2))
	require.Len(t, c.terms, 2)
	require.Equal(t, multiple(5+4*3), curve.MSM(c.terms))
}
