package threshold

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/sig"
)

func TestAllSubsetsCombineToTheDealersSignature(t *testing.T) {
	for _, c := range []struct{ t, n, l int }{{1, 1, 1}, {1, 3, 2}, {2, 3, 0}, {2, 4, 4}, {3, 5, 2}, {3, 7, 1}} {
		t.Run(fmt.Sprintf("%d of %d", c.t, c.n), func(t *testing.T) {
			s := newScene(t, c.t, c.n, c.l)
			want, err := dealerKey(s.keys[:c.t]).Sign(s.message)
			require.NoError(t, err)
			s.verify(t, s.message, want)
			subsets(c.n, c.t, func(which []int) {
				got, err := s.committee.Combine(s.message, pick(s.shares, which))
				require.NoError(t, err)
				require.True(t, want.Equal(got), "parties at %v", which)
			})
			got, err := s.committee.Combine(s.message, s.shares)
			require.NoError(t, err)
			require.True(t, want.Equal(got), "more shares than needed")
		})
	}
}

func TestOrderOfSharesIsIrrelevant(t *testing.T) {
	s := newScene(t, 3, 5, 2)
	want, err := s.committee.Combine(s.message, s.shares)
	require.NoError(t, err)
	got, err := s.committee.Combine(s.message, pick(s.shares, []int{4, 0, 2}))
	require.NoError(t, err)
	require.True(t, want.Equal(got))
}

func TestSignIsDeterministic(t *testing.T) {
	s := newScene(t, 2, 4, 3)
	again := s.sign(t, s.message)
	for j := range again {
		require.True(t, s.shares[j].Equal(again[j]))
	}
}

// Fewer than t shares are consistent with every key: for any other key there are
// polynomials of degree t − 1 that have it at 0 and the same shares.
func TestFewerSharesTellNothing(t *testing.T) {
	const threshold, n, l = 3, 5, 2
	s := newScene(t, threshold, n, l)
	truth := dealerKey(s.keys[:threshold]).Scalars()
	subsets(n, threshold-1, func(which []int) {
		known := pick(s.keys, which)
		at := []Index{0}
		for _, k := range known {
			at = append(at, k.index)
		}
		for i := range 1 + l {
			other := random(t, fmt.Sprint("other key/", which, "/", i))
			require.False(t, other.Equal(truth[i]))
			// the polynomial of degree t − 1 through (0, other) and the known shares
			polynomial := func(x Index) (y curve.Scalar) {
				values := []curve.Scalar{other}
				for _, k := range known {
					values = append(values, k.key.Scalars()[i])
				}
				for k, l := range lagrange(x, at) {
					y = y.Add(l.Mul(values[k]))
				}
				return y
			}
			require.True(t, polynomial(0).Equal(other))
			for _, k := range known {
				require.True(t, polynomial(k.index).Equal(k.key.Scalars()[i]))
			}
			// t points determine it: that it is of degree t − 1 shows at all others
			all := make([]Index, threshold)
			for k := range all {
				all[k] = Index(n - k)
			}
			var zero curve.Scalar
			for k, l := range lagrange(0, all) {
				zero = zero.Add(l.Mul(polynomial(all[k])))
			}
			require.True(t, zero.Equal(other))
		}
	})
}

// Nor do t − 1 signature shares make a signature, whatever is done with them.
func TestRejectsTooFewShares(t *testing.T) {
	s := newScene(t, 3, 5, 2)
	for k := range 3 {
		_, err := s.committee.Combine(s.message, s.shares[:k])
		require.ErrorIs(t, err, ErrTooFew)
	}
	guess := interpolate([][]*SignatureShare{s.shares[:2]})[0]
	require.Error(t, s.committee.Group().Verify(&sig.Signed{Commitment: s.message, Signature: guess}))

	// the same share under two names
	twice := []*SignatureShare{s.shares[0], s.shares[1], ShareOf(s.committee.generation, 3, s.shares[1].s)}
	_, err := s.committee.Combine(s.message, twice)
	require.ErrorIs(t, err, ErrTooFew)
	requireCulprits(t, err, 3)
}

func requireCulprits(t testing.TB, err error, want ...Index) {
	t.Helper()
	require.ErrorIs(t, err, ErrInvalid)
	var blame *BlameError
	require.True(t, errors.As(err, &blame), "%v", err)
	require.Equal(t, want, blame.Culprits)
}

// Whichever parties cheat, they and nobody else are named, and t good shares are
// enough.
func TestBlamesExactlyTheCulprits(t *testing.T) {
	const threshold, n = 2, 4
	s := newScene(t, threshold, n, 3)
	want, err := s.committee.Combine(s.message, s.shares)
	require.NoError(t, err)
	for k := 1; k <= n; k++ {
		subsets(n, k, func(which []int) {
			shares := append([]*SignatureShare(nil), s.shares...)
			var cheats []Index
			for _, i := range which {
				shares[i] = forged(shares[i])
				cheats = append(cheats, Index(i+1))
			}
			r := s.committee.CombineResults(t.Context(), []*sig.Commitment{s.message}, [][]*SignatureShare{shares})[0]
			if n-k < threshold {
				require.Nil(t, r.Signature)
				require.ErrorIs(t, r.Err, ErrTooFew)
				requireCulprits(t, r.Err, cheats...)
				require.Equal(t, cheats, r.Culprits)
				return
			}
			require.NoError(t, r.Err)
			require.True(t, want.Equal(r.Signature), "cheats %v", cheats)
			if which[0] < threshold {
				require.Equal(t, cheats, r.Culprits)
			} else {
				require.Empty(t, r.Culprits, "the first t shares are good: nobody looks further")
			}
		})
	}
}

// Whatever parties' shares are joined, with small multiples or long ones.
func TestInterpolate(t *testing.T) {
	many := make([]Index, fewParties+1)
	for i := range many {
		many[i] = Index(3*i + 1 + i%2)
	}
	for _, at := range [][]Index{{1, 2}, {2, 1}, {1, 3}, {4, 2}, {1, 2, 3}, {5, 4, 3, 2}, {1, 4, 6, 9, 10}, {7, 5, 3, 1024}, {1, 512, 1023}, many[1:], many} {
		key := random(t, "key")
		f := []curve.Scalar{key}
		for i := range at[1:] {
			f = append(f, random(t, fmt.Sprint("coefficient ", i)))
		}
		var shares []*SignatureShare
		for _, j := range at {
			shares = append(shares, ShareOf(Generation{}, j, curve.Generator().Mul(evaluate(f, j))))
		}
		one := []*SignatureShare{ShareOf(Generation{}, 9, curve.Generator())}
		got := interpolate([][]*SignatureShare{shares, one, shares, shares})
		for i, want := range []curve.G1{curve.Generator().Mul(key), curve.Generator(), curve.Generator().Mul(key), curve.Generator().Mul(key)} {
			require.True(t, want.Equal(got[i].Point()), "%v", at)
		}
	}
}

// The multiples are as small as they can be: those of neighbours are binomial.
func TestDenominator(t *testing.T) {
	for want, sets := range map[uint64][][]Index{
		1:  {{1}, {1, 2}, {3, 2}, {4, 5, 6}, {9, 10, 11, 12, 8}, {2, 4}},
		2:  {{1, 3}},
		3:  {{1, 4}, {1, 2, 4}},
		5:  {{2, 7}},
		16: {{1, 9, 3}},
	} {
		for _, at := range sets {
			require.True(t, curve.Uint64(want).Equal(denominator(at)), "%v", at)
		}
	}
}

// Two cheats whose errors cancel in the sum make a valid signature; nobody is harmed.
func TestErrorsThatCancelAreHarmless(t *testing.T) {
	s := newScene(t, 2, 4, 1)
	want, err := s.committee.Combine(s.message, s.shares)
	require.NoError(t, err)
	lambda := lagrange(0, []Index{1, 2})
	off := curve.Generator()
	a := ShareOf(s.committee.generation, 1, s.shares[0].s.Add(off.Mul(lambda[1])))
	b := ShareOf(s.committee.generation, 2, s.shares[1].s.Sub(off.Mul(lambda[0])))
	require.ErrorIs(t, s.committee.VerifyShare(s.message, a), ErrInvalid)
	require.ErrorIs(t, s.committee.VerifyShare(s.message, b), ErrInvalid)
	got, err := s.committee.Combine(s.message, []*SignatureShare{a, b})
	require.NoError(t, err)
	require.True(t, want.Equal(got))
}

// A point of small order is caught in the sum and its sender blamed, if it is not gone
// there: of parties 1 and 3 the sum is (3·S_1 − S_3)/2.
func TestBlamesSharesOffTheSubgroup(t *testing.T) {
	s := newScene(t, 2, 4, 2)
	for _, order := range []int64{3, 11, 10177, 859267, 52437899} {
		bad := new(SignatureShare)
		require.NoError(t, bad.UnmarshalBinary(encode(t, ShareOf(s.committee.generation, 1, s.shares[0].s.Add(smallOrder(order))))))
		require.ErrorIs(t, s.committee.VerifyShare(s.message, bad), ErrInvalid)
		got, err := s.committee.Combine(s.message, []*SignatureShare{bad, s.shares[2]})
		if order == 3 {
			require.NoError(t, err)
			s.verify(t, s.message, got)
		} else {
			requireCulprits(t, err, 1)
		}
	}
	bad := ShareOf(s.committee.generation, 1, s.shares[0].s.Add(smallOrder(3)))
	_, err := s.committee.Combine(s.message, []*SignatureShare{bad, s.shares[1]})
	require.ErrorIs(t, err, ErrTooFew)
	requireCulprits(t, err, 1)
	got, err := s.committee.Combine(s.message, []*SignatureShare{bad, s.shares[1], s.shares[2]})
	require.NoError(t, err)
	s.verify(t, s.message, got)
}

func TestRejectsStructure(t *testing.T) {
	s := newScene(t, 2, 4, 2)
	g := s.committee.generation
	other, keys, err := Deal(nil, 2, 4, 2)
	require.NoError(t, err)
	foreign, err := keys[1].Sign(s.message)
	require.NoError(t, err)
	renamed := ShareOf(g, 2, foreign.s)

	for name, c := range map[string]struct {
		shares []*SignatureShare
		want   error
	}{
		"duplicate":           {[]*SignatureShare{s.shares[0], s.shares[0]}, ErrIndex},
		"duplicate, differs":  {[]*SignatureShare{s.shares[0], forged(s.shares[0]), s.shares[1]}, ErrIndex},
		"zero":                {[]*SignatureShare{s.shares[0], ShareOf(g, 0, s.shares[1].s)}, ErrIndex},
		"above n":             {[]*SignatureShare{s.shares[0], ShareOf(g, 5, s.shares[1].s)}, ErrIndex},
		"another generation":  {[]*SignatureShare{s.shares[0], foreign}, ErrGeneration},
		"generations renamed": {[]*SignatureShare{s.shares[0], renamed}, ErrTooFew},
		"nil share":           {[]*SignatureShare{s.shares[0], nil}, ErrArgument},
		"none":                {nil, ErrTooFew},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := s.committee.Combine(s.message, c.shares)
			require.Nil(t, got)
			require.ErrorIs(t, err, c.want)
		})
	}
	require.ErrorIs(t, s.committee.VerifyShare(s.message, renamed), ErrInvalid)
	require.ErrorIs(t, other.VerifyShare(s.message, s.shares[0]), ErrGeneration)
	require.NoError(t, other.VerifyShare(s.message, foreign))
}

func TestExpects(t *testing.T) {
	s := newScene(t, 2, 4, 1)
	g := s.committee.generation
	require.NoError(t, s.committee.Expects(s.shares[3]))
	require.NoError(t, s.committee.Expects(forged(s.shares[3])), "the point is not looked at")
	require.ErrorIs(t, s.committee.Expects(nil), ErrArgument)
	require.ErrorIs(t, s.committee.Expects(ShareOf(g, 0, s.shares[0].s)), ErrIndex)
	require.ErrorIs(t, s.committee.Expects(ShareOf(g, 5, s.shares[0].s)), ErrIndex)
	g[31] ^= 1
	require.ErrorIs(t, s.committee.Expects(ShareOf(g, 1, s.shares[0].s)), ErrGeneration)
}

func TestRejectsCommitmentsThatNobodyCanSign(t *testing.T) {
	s := newScene(t, 2, 4, 2)
	bad := map[string]*sig.Commitment{
		"nil":                nil,
		"other attributes":   newMessage(t, "1", 3),
		"base zero":          sig.Assemble(curve.G1{}, sig.Hidden(curve.Generator()), sig.Hidden(curve.Generator())),
		"base of order 3":    sig.Assemble(smallOrder(3), sig.Hidden(curve.Generator()), sig.Hidden(curve.Generator())),
		"hidden of order 11": sig.Assemble(curve.Generator(), sig.Hidden(smallOrder(11)), sig.Hidden(curve.Generator())),
	}
	for name, m := range bad {
		t.Run(name, func(t *testing.T) {
			_, err := s.committee.Combine(m, s.shares)
			require.ErrorIs(t, err, ErrArgument)
			var blame *BlameError
			require.False(t, errors.As(err, &blame), "the parties are not to blame")
			require.Error(t, s.committee.VerifyShare(m, s.shares[0]))
		})
	}
	for _, name := range []string{"nil", "other attributes", "base zero"} {
		_, err := s.keys[0].Sign(bad[name])
		require.ErrorIs(t, err, ErrArgument)
	}
	_, err := (*KeyShare)(nil).Sign(s.message)
	require.ErrorIs(t, err, ErrArgument)
}

func TestCombineBatch(t *testing.T) {
	const items = 12
	s := newScene(t, 2, 4, 2)
	messages := make([]*sig.Commitment, items)
	shares := make([][]*SignatureShare, items)
	for i := range items {
		messages[i] = newMessage(t, fmt.Sprint("batch/", i), 2)
		shares[i] = s.sign(t, messages[i])[i%3:]
	}
	shares[2] = append([]*SignatureShare{forged(shares[2][0])}, shares[2][1:]...)                    // too few good ones
	shares[3] = append([]*SignatureShare{forged(shares[3][0])}, shares[3][1:]...)                    // enough
	shares[5] = shares[5][:1]                                                                        // too few
	shares[7][1] = shares[7][0]                                                                      // duplicate
	messages[8] = sig.Assemble(smallOrder(3), sig.Public(sig.Uint64(1)), sig.Hidden(smallOrder(11))) // unsignable

	check := func(i int, signature *sig.Signature, err error) {
		switch i {
		case 2:
			require.ErrorIs(t, err, ErrTooFew)
			requireCulprits(t, err, 3)
		case 5:
			require.ErrorIs(t, err, ErrTooFew)
		case 7:
			require.ErrorIs(t, err, ErrIndex)
		case 8:
			require.ErrorIs(t, err, ErrArgument)
		default:
			require.NoError(t, err, "item %d", i)
			s.verify(t, messages[i], signature)
			return
		}
		require.Nil(t, signature)
	}
	signatures, errs := s.committee.CombineBatch(t.Context(), messages, shares)
	require.Len(t, signatures, items)
	require.Len(t, errs, items)
	for i := range items {
		check(i, signatures[i], errs[i])
	}
	for i, r := range s.committee.CombineResults(t.Context(), messages, shares) {
		check(i, r.Signature, r.Err)
		switch i {
		case 2:
			require.Equal(t, []Index{3}, r.Culprits)
		case 3:
			require.Equal(t, []Index{1}, r.Culprits)
		default:
			require.Empty(t, r.Culprits)
		}
	}
	// shares missing for the last ones
	_, errs = s.committee.CombineBatch(t.Context(), messages[:2], shares[:1])
	require.NoError(t, errs[0])
	require.ErrorIs(t, errs[1], ErrTooFew)
	signatures, errs = s.committee.CombineBatch(t.Context(), nil, nil)
	require.Empty(t, signatures)
	require.Empty(t, errs)
}

// Cheats in many signatures of a batch: all that can be made are made, every cheat
// is named somewhere, nobody else anywhere, and a party that cheats in one
// signature is believed in another that needs it.
func TestCheatsAcrossABatch(t *testing.T) {
	const items = 8
	s := newScene(t, 2, 5, 1)
	messages := make([]*sig.Commitment, items)
	shares := make([][]*SignatureShare, items)
	cheats := make([][]Index, items)
	for i := range items {
		messages[i] = newMessage(t, fmt.Sprint("cheats/", i), 1)
		shares[i] = s.sign(t, messages[i])
	}
	cheat := func(i int, j Index) {
		shares[i][j-1] = forged(shares[i][j-1])
		cheats[i] = append(cheats[i], j)
	}
	for i := range 6 {
		cheat(i, 1) // in the first set of all
	}
	cheat(2, 3) // found in the second round
	cheat(3, 2)
	cheat(3, 3)
	cheat(4, 4) // never needed
	shares[5] = shares[5][:2]
	shares[6] = shares[6][:2] // needs party 1, which is honest here
	shares[7] = pick(shares[7], []int{4, 0})
	shares[7][0] = forged(shares[7][0])
	cheats[7] = []Index{5}

	named := map[Index]bool{}
	for i, r := range s.committee.CombineResults(t.Context(), messages, shares) {
		require.Subset(t, cheats[i], r.Culprits, "item %d", i)
		for _, j := range r.Culprits {
			require.Contains(t, cheats[i], j, "item %d", i)
			named[j] = true
		}
		if i == 5 || i == 7 {
			require.ErrorIs(t, r.Err, ErrTooFew)
			requireCulprits(t, r.Err, cheats[i]...)
			continue
		}
		require.NoError(t, r.Err, "item %d", i)
		s.verify(t, messages[i], r.Signature)
	}
	for _, j := range []Index{1, 2, 3, 5} {
		require.True(t, named[j], "party %d", j)
	}
}

// A context that has ended is nobody's fault.
func TestCombineBatchHonoursTheContext(t *testing.T) {
	s := newScene(t, 2, 4, 1)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := s.committee.CombineResults(ctx, []*sig.Commitment{s.message, s.message},
		[][]*SignatureShare{s.shares, {forged(s.shares[0]), s.shares[1]}})
	for i := range r {
		require.ErrorIs(t, r[i].Err, context.Canceled)
		require.Nil(t, r[i].Signature)
		require.Empty(t, r[i].Culprits)
	}
	errs := s.committee.VerifyShares(ctx, []*sig.Commitment{s.message}, s.shares[:1])
	require.ErrorIs(t, errs[0], context.Canceled)
	require.NotErrorIs(t, errs[0], ErrInvalid)

	// it ends between the first attempt and the blame
	results := make([]Result, 1)
	rest := s.committee.blame(ctx, []*sig.Commitment{s.message}, [][]*SignatureShare{s.shares}, []int{0}, make([]bool, 5), results)
	require.Empty(t, rest)
	require.ErrorIs(t, results[0].Err, context.Canceled)
}

func TestVerifyShares(t *testing.T) {
	s := newScene(t, 2, 4, 2)
	messages := []*sig.Commitment{s.message, s.message, newMessage(t, "2", 2), s.message, newMessage(t, "3", 1), s.message}
	shares := []*SignatureShare{s.shares[0], forged(s.shares[1]), s.shares[2], s.shares[3], s.shares[0],
		ShareOf(s.committee.generation, 9, s.shares[0].s), s.shares[1]}
	errs := s.committee.VerifyShares(t.Context(), messages, shares)
	require.NoError(t, errs[0])
	require.ErrorIs(t, errs[1], ErrInvalid)
	require.ErrorIs(t, errs[2], ErrInvalid, "a share on another message")
	require.NoError(t, errs[3])
	require.ErrorIs(t, errs[4], ErrArgument)
	require.ErrorIs(t, errs[5], ErrIndex)
	require.ErrorIs(t, errs[6], ErrArgument, "a share without a message")
}
