package utt

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/curve"
)

// Bases hashed together are those hashed one by one, also of operations that spend the same
// coin, which have one seed and not as many outputs.
func TestBasesHashedTogether(t *testing.T) {
	transfer := func(spent byte, outputs int) *Transfer {
		return &Transfer{header: header{network: NetworkID{spent}}, outputs: make([]output, outputs)}
	}
	ops := []Operation{
		transfer(1, 3), new(Mint), transfer(2, 2), transfer(1, 1), transfer(3, 4), transfer(1, 5), transfer(4, 0), transfer(2, 2),
	}
	hashed := hashBases(outputsOf(ops))
	require.Len(t, hashed, 4)
	for _, op := range ops {
		x, ok := op.(*Transfer)
		if !ok {
			continue
		}
		s, want := x.seed(), make([]curve.G1, len(x.outputs))
		for j := range want {
			want[j] = s.base(j)
		}
		require.Equal(t, want, hashed.of(s, len(want)))
	}
	unknown := transfer(5, 2).seed()
	require.Equal(t, unknown.bases(2), hashed.of(unknown, 2))
	first := ops[0].(*Transfer).seed()
	require.Equal(t, first.bases(6), hashed.of(first, 6), "more than were hashed")
	require.Equal(t, first.bases(2), bases(nil).of(first, 2))
}
