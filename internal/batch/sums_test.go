package batch

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/curve"
)

func multiple(n uint64) curve.G1 { return curve.Generator().Mul(curve.Uint64(n)) }

// TestCombination: equal points are merged, unless another one displaced them; the
// sum is the same in any case.
func TestCombination(t *testing.T) {
	common := multiple(3)
	c := newCombination()
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

// TestBlameOfAValidItem: after a wrong yes for others, an item may be thought invalid
// that is not. It is not refused.
func TestBlameOfAValidItem(t *testing.T) {
	valid, invalid := new(Claims), new(Claims)
	valid.Relation("A", []curve.Term{{Scalar: curve.Uint64(2), Point: multiple(3)}, {Scalar: curve.Uint64(3), Point: multiple(2).Neg()}})
	invalid.Relation("A", []curve.Term{{Scalar: curve.Uint64(2), Point: multiple(3)}})
	errs := make([]error, 4)
	decide(t.Context(), []*Claims{valid, valid, invalid, valid}, []int{0, 1, 2, 3}, errs, true)
	require.NoError(t, errors.Join(errs[0], errs[1], errs[3]))
	require.Error(t, errs[2])
	errs = make([]error, 2)
	decide(t.Context(), []*Claims{valid, valid}, []int{0, 1}, errs, true)
	require.NoError(t, errors.Join(errs...), "nothing fails where something had to")
	require.Error(t, blame(valid, false))
}
