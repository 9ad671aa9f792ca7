package curve

import (
	"runtime"
	"testing"

	bls12381 "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/testrand"
)

// subgroupPoints are n points of the subgroup, with repetitions, negations and
// identities among them.
func subgroupPoints(n int) []G1 {
	points := make([]G1, n)
	p := HashToG1("UTT-V1/test/point", []byte("first"))
	step := Generator()
	for i := range points {
		switch {
		case i%17 == 5:
			points[i] = points[i-1]
		case i%17 == 6:
			points[i] = points[i-1].Neg()
		case i%17 == 7:
			points[i] = G1{}
		default:
			points[i] = p
		}
		p = p.Add(step)
	}
	return points
}

func TestSubgroupAcceptsEveryValidBatch(t *testing.T) {
	require.True(t, Subgroup(nil))
	require.True(t, Subgroup2(nil))
	require.True(t, Subgroup2([]G2{Generator2(), {}}))
	for _, n := range []int{1, 2, subgroupBatch - 1, subgroupBatch, subgroupBatch + 1, 1000} {
		require.True(t, Subgroup(subgroupPoints(n)), "%d points", n)
	}
	require.True(t, Subgroup(make([]G1, 2*subgroupBatch)), "identities")
	same := make([]G1, 2*subgroupBatch)
	for i := range same {
		same[i] = Generator()
	}
	require.True(t, Subgroup(same))
}

// With many cores points are tested in parts, each of which is.
func TestSubgroupInParts(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	runtime.GOMAXPROCS(6)
	points := subgroupPoints(3*subgroupPart + 7)
	require.Len(t, subgroupParts(len(points)), 3)
	require.True(t, Subgroup(points))
	for _, q := range testrand.SmallOrders {
		for i := range 3 {
			at := &points[(i*(len(points)-1))/2]
			before := *at
			*at = at.Add(smallOrder(q))
			require.False(t, Subgroup(points), "order %d, part %d", q, i)
			*at = before
		}
	}
}

// TestSubgroupAgreesWithTheSingleTest puts points of every small order alone and
// in sets that sum to zero, in batches of both methods.
func TestSubgroupAgreesWithTheSingleTest(t *testing.T) {
	require.False(t, Subgroup2([]G2{Generator2(), offSubgroup2()}))
	for _, n := range []int{3, subgroupBatch - 1, subgroupBatch, 500} {
		for _, q := range testrand.SmallOrders {
			low := smallOrder(q)
			for name, bad := range map[string][]G1{
				"alone":         {low},
				"plus G":        {low.Add(Generator())},
				"pair":          {low, low.Neg()},
				"pair plus G":   {low.Add(Generator()), low.Neg().Sub(Generator())},
				"three to zero": {low, low, low.Add(low).Neg()},
			} {
				for _, p := range bad {
					require.False(t, p.IsIdentity() || p.InSubgroup(), "order %d", q)
				}
				points := subgroupPoints(n)
				for i, p := range bad {
					points[(i*n/len(bad)+n/5)%n] = p
				}
				require.False(t, Subgroup(points), "order %d %s among %d", q, name, n)
			}
		}
	}
	// all of order 3, summing to zero
	points := make([]G1, 3*subgroupBatch)
	for i := range points {
		points[i] = smallOrder(3)
	}
	require.False(t, Subgroup(points))
}

// TestSubsetsInSubgroup: the 8 sums together see every bucket but the first, and
// two that cancel in some sums show in another.
func TestSubsetsInSubgroup(t *testing.T) {
	test := func(points map[int]G1) bool {
		buckets := make([][]bls12381.G1Affine, 1<<subgroupBits)
		for i, p := range points {
			buckets[i] = []bls12381.G1Affine{p.p}
		}
		return new(additions).subsetsInSubgroup(buckets)
	}
	low := smallOrder(11)
	for bucket := range 256 {
		require.Equal(t, bucket == 0, test(map[int]G1{bucket: low}), "bucket %d", bucket)
		require.True(t, test(map[int]G1{bucket: Generator(), 0: low}))
		if bucket > 0 {
			require.False(t, test(map[int]G1{bucket: low, bucket ^ 1: low.Neg()}), "bucket %d", bucket)
		}
	}
}
