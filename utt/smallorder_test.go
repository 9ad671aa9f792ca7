package utt_test

import (
	"context"
	"errors"
	"flag"
	"math/rand/v2"
	"regexp"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/batch"
)

var smallOrders = flag.Int("smallorders", 2, "how often TestSmallOrders verifies every displaced operation")

// upToH are the points that are verified up to H, as section 14.3 of PROTOCOL.md says,
// with the number of them in the displaced operations: a point of small order added to
// one of them is ignored. All others must be in their subgroups.
var upToH = map[string]int{
	`(payment|burn)\.(credential|inputs\[0\]\.presentation|budget\.presentation)\.(points\[\d\]|signature)`: 6*11 + 7, // C_i', S'
	`(payment|burn)\.sigma\.Commitments\[\d+\]`:                                                             6*17 + 12,
	`(payment|burn)\.groth16\.[CD]`:                                                                         6*2 + 2,
	`registration\.proof\.Commitments\[0\]`:                                                                 6,
}

// inSubgroup is the number of the others: h', nf, outputs, A, B, and C_s1.
const inSubgroup = 6*13 + 9 + 6

// Whatever point of an operation has a point of small order added to it, and of
// whichever order, the verdict is the same every time, alone and in any batch; and it
// is the one that the protocol says.
func TestSmallOrders(t *testing.T) {
	w := sharedWorld()
	honest := w.ClaimsOf(w.honest)
	names, labels := map[*batch.Claims]string{}, map[*batch.Claims]string{honest: ""}
	var accepted, refused []*batch.Claims
	found := map[string]int{}
	for _, d := range w.DisplacedOperations() {
		names[d.Claims] = d.String()
		labels[d.Claims] = verdict(batch.One(d.Claims))
		is := ""
		for pattern := range upToH {
			if regexp.MustCompile("^" + pattern + "$").MatchString(d.Field) {
				is = pattern
			}
		}
		found[is]++
		if is != "" {
			require.Empty(t, labels[d.Claims], "%s is refused", d)
			accepted = append(accepted, d.Claims)
		} else {
			require.NotEmpty(t, labels[d.Claims], "%s is accepted", d)
			refused = append(refused, d.Claims)
		}
	}
	for pattern, n := range upToH {
		require.Equal(t, n, found[pattern], pattern)
	}
	require.Equal(t, inSubgroup, found[""])

	random := rand.New(rand.NewPCG(1, 2))
	for run := range *smallOrders {
		shuffle(random, accepted)
		shuffle(random, refused)
		batches := slices.Concat(cut(random, accepted, run), cut(random, refused, run))
		if run%50 == 0 {
			mixed := slices.Concat(accepted, refused)
			shuffle(random, mixed)
			batches = cut(random, mixed, run)
		}
		for _, items := range batches {
			items = append(slices.Clone(items), honest)
			for i, err := range batch.Verify(context.Background(), items) {
				require.Equal(t, labels[items[i]], verdict(err), "%s in a batch of %d", names[items[i]], len(items))
			}
		}
	}
}

// verdict is "" for a valid item, else the label of what fails.
func verdict(err error) string {
	if err == nil {
		return ""
	}
	failed := (*batch.Error)(nil)
	if !errors.As(err, &failed) {
		return err.Error()
	}
	return failed.Label
}

func shuffle[T any](random *rand.Rand, s []T) {
	random.Shuffle(len(s), func(i, j int) { s[i], s[j] = s[j], s[i] })
}

// cut cuts a list into pieces of random lengths, in one run of 25, or leaves it whole.
func cut[T any](random *rand.Rand, s []T, run int) (pieces [][]T) {
	for len(s) > 0 {
		n := len(s)
		if run%25 == 0 {
			n = 1 + random.IntN(n)
		}
		pieces, s = append(pieces, s[:n]), s[n:]
	}
	return pieces
}
