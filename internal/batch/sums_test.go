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
	c := newCombination(3000)
	for i := range uint64(1000) {
		c.add(common, curve.Uint64(i))
		c.add(multiple(1000+i), curve.Uint64(1))
		c.add(common.Neg(), curve.Uint64(1))
	}
	want := uint64(3*999*1000/2 + 1000*1000 + 999*1000/2 - 3*1000)
	require.Equal(t, multiple(want), curve.MSM(c.terms))
	require.Less(t, len(c.terms), 1100)

	c.table = make([]int32, len(c.table))
	c.table[common.Hash(c.key)>>c.shift] = 1
	c.terms = []curve.Term{{Scalar: curve.Uint64(1), Point: multiple(5)}} // another one in its place
	c.add(common, curve.Uint64(2))
	c.add(common, curve.Uint64(2))
	require.Len(t, c.terms, 2)
	require.Equal(t, multiple(5+4*3), curve.MSM(c.terms))
}

// TestCombinationSplitsBases: and nothing else, which would be wrong for points off the
// subgroup in an ordinary sum.
func TestCombinationSplitsBases(t *testing.T) {
	long := curve.Uint64(3).Neg()
	c := newCombination(0)
	c.add(multiple(5), long)
	c.addBase(multiple(7), long)
	c.add(multiple(9), long)
	c.addBase(multiple(9), curve.Uint64(1)) // known to be in the subgroup from another place
	require.Equal(t, []bool{false, true, true}, c.bases)
	terms := c.split()
	require.Len(t, terms, 5)
	require.Equal(t, curve.Term{Scalar: long, Point: multiple(5)}, terms[0])
	require.Equal(t, multiple(3*(5+7+9)-9).Neg(), curve.MSM(terms))
}
