package curve

import (
	"math/big"
	"runtime"
	"testing"

	bls12381 "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"
	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/testrand"
)

var glvLambda = new(big.Int).Add(new(big.Int).Lsh(new(big.Int).SetUint64(lambda[1]), 64), new(big.Int).SetUint64(lambda[0]))

func TestEndomorphism(t *testing.T) {
	one := big.NewInt(1)
	sum := new(big.Int).Mul(glvLambda, glvLambda)
	sum.Add(sum, glvLambda).Add(sum, one)
	require.Equal(t, fr.Modulus(), sum, "r = λ² + λ + 1")
	x0, _ := new(big.Int).SetString("d201000000010000", 16)
	require.Equal(t, glvLambda, x0.Sub(x0.Mul(x0, x0), one), "λ = x₀² − 1")
	for _, p := range []G1{Generator(), HashToG1("UTT-V1/test/point", []byte("φ"))} {
		image := p
		image.p.X.Mul(&image.p.X, &glvBeta)
		require.Equal(t, naive(glvLambda, p), image)
	}
}

func big192(k [3]uint64) *big.Int {
	z := new(big.Int)
	for i := 2; i >= 0; i-- {
		z.Lsh(z, 64).Add(z, new(big.Int).SetUint64(k[i]))
	}
	return z
}

func TestInverseLambda(t *testing.T) {
	require.Equal(t, new(big.Int).Div(pow2(256), glvLambda), big192(inverseLambda))
}

func TestSplit(t *testing.T) {
	const most = 1<<blindBits - 1
	for _, s := range append(edgeScalars(), random(t, "halves", 200)...) {
		seen := make(map[[3]uint64]bool)
		for _, blind := range [][2]uint64{{0, 2}, {most, 2}, {0, most}, {most, most}, {12345, 678901}} {
			k1, k2 := split(s, blind[0], blind[1])
			require.LessOrEqual(t, big192(k1).BitLen(), 170)
			require.LessOrEqual(t, big192(k2).BitLen(), 170)
			sum := new(big.Int).Mul(big192(k2), glvLambda)
			sum.Add(sum, big192(k1)).Mod(sum, fr.Modulus())
			require.Zero(t, s.big().Cmp(sum))
			require.Equal(t, uint64(1), k1[0]&1)
			require.Equal(t, uint64(1), k2[0]&1)
			require.False(t, seen[k1], "another blinding gives other digits")
			seen[k1] = true
		}
	}
}

func TestDigits(t *testing.T) {
	max := ^uint64(0)
	cases := [][3]uint64{{1}, {7}, {15}, {17}, {31}, {max}, {1, max}, {max, max}, {max - 14, max}, {1, 1 << 63}, {max, max, 1<<33 - 1}, {1, 0, 1 << 32}}
	for _, s := range random(t, "digits", 200) {
		k1, k2 := split(s, 1, 2)
		cases = append(cases, k1, k2)
	}
	for _, k := range cases {
		got := new(big.Int)
		d := digits(k)
		for i := len(d) - 1; i >= 0; i-- {
			require.Equal(t, int8(1), d[i]&1)
			require.LessOrEqual(t, d[i], int8(31))
			require.GreaterOrEqual(t, d[i], int8(-31))
			got.Lsh(got, secretWindow).Add(got, big.NewInt(int64(d[i])))
		}
		require.Zero(t, big192(k).Cmp(got), "%x", k)
	}
}

func TestAddMultiple(t *testing.T) {
	for _, s := range append(edgeScalars(), random(t, "multiple", 50)...) {
		for _, k := range []uint64{0, 1, 1<<63 - 1} {
			z := addMultiple(s.e.Bits(), k)
			got := new(big.Int)
			for i := 4; i >= 0; i-- {
				got.Lsh(got, 64).Add(got, new(big.Int).SetUint64(z[i]))
			}
			want := new(big.Int).Mul(fr.Modulus(), new(big.Int).SetUint64(k))
			require.Zero(t, want.Add(want, s.big()).Cmp(got))
		}
	}
}

func TestSplitRandom(t *testing.T) {
	for _, s := range edgeScalars() {
		a, b := splitRandom(s)
		c, _ := splitRandom(s)
		require.True(t, a.Add(b).Equal(s))
		require.False(t, a.Equal(c))
	}
}

func TestTables(t *testing.T) {
	p := HashToG1("UTT-V1/test/point", []byte("table"))
	points := []G1{p, {}, Generator()}
	tables, space := new(additions).newTables(points)
	defer space.giveBack()
	for i, table := range tables {
		for j := range secretTable {
			want := naive(big.NewInt(int64(2*j+1)), points[i])
			require.Equal(t, want, G1{table.direct[j]})
			require.Equal(t, naive(glvLambda, want), G1{table.image[j]})
		}
	}
	none, _ := new(additions).newTables(nil)
	require.Empty(t, none)
}

func TestComb(t *testing.T) {
	for _, window := range []int{sumWindow, generatorWindow} {
		c := newComb(g1Generator, window)
		digits, row := combDigits(window), 1<<(window-1)
		require.GreaterOrEqual(t, digits*window, blindedBits)
		require.Len(t, c.table, digits*row)
		for i := range digits {
			first := G1{c.table[i*row]}
			require.Equal(t, naive(pow2(uint(window*i)), Generator()), first)
			sum := first
			for d := 1; d < row; d++ {
				sum = sum.Add(first).Add(first)
				require.Equal(t, sum, G1{c.table[i*row+d]})
			}
		}
		for _, s := range append(edgeScalars(), random(t, "comb", 20)...) {
			sum := G1{}
			for _, p := range c.append(nil, s) {
				require.False(t, p.IsInfinity())
				sum = sum.Add(G1{p})
			}
			require.Equal(t, naive(s.big(), Generator()), sum)
		}
	}
}

func TestFixedG1AgreesWithMul(t *testing.T) {
	p := HashToG1("UTT-V1/test", []byte("fixed"))
	fixed := NewFixedG1(p)
	for _, s := range []Scalar{{}, Uint64(1), Uint64(2), Uint64(1).Neg(), Uint64(1 << 63)} {
		require.Equal(t, p.Mul(s), fixed.MulSecret(s))
	}
	for range 50 {
		s, err := RandomScalar(nil)
		require.NoError(t, err)
		require.Equal(t, p.Mul(s), fixed.MulSecret(s))
	}
}

func TestAddBuckets(t *testing.T) {
	h, k := HashToG1("UTT-V1/test/point", []byte("h")), HashToG1("UTT-V1/test/point", []byte("k"))
	var buckets [][]bls12381.G1Affine
	var want []G1
	for _, points := range [][]G1{{h}, {h, h}, {h, h.Neg()}, {{}, h}, {h, {}}, {{}, {}}, {h, k, h}, {h, k, h, k, {}, h.Neg(), k.Neg()}, {smallOrder(3), smallOrder(3), h}} {
		var sum G1
		var bucket []bls12381.G1Affine
		for _, p := range points {
			sum, bucket = sum.Add(p), append(bucket, p.p)
		}
		want, buckets = append(want, sum), append(buckets, bucket)
	}
	buckets = append(buckets, nil)
	new(additions).addBuckets(buckets)
	for i, w := range want {
		require.Len(t, buckets[i], 1)
		require.Equal(t, w, G1{buckets[i][0]}, "%d", i)
	}
	require.Empty(t, buckets[len(want)])
}

func TestSumSecretAgreesWithMSM(t *testing.T) {
	h := HashToG1("UTT-V1/test/point", []byte("h"))
	k := HashToG1("UTT-V1/test/point", []byte("k"))
	points := []G1{{}, Generator(), Generator().Neg(), h, h.Neg(), k}
	edge := edgeScalars()
	check := func(terms ...Term) {
		t.Helper()
		want := MSM(terms)
		require.Equal(t, want, SumSecret(terms...))
	}
	check()
	for _, p := range points {
		for _, s := range edge {
			check(Term{s, p})
			require.Equal(t, naive(s.big(), p), SumSecret(Term{s, p}))
		}
	}
	s := random(t, "terms", 64)
	for i := range 32 { // repeated, negated, mixed with the generator
		a, b := s[2*i], s[2*i+1]
		check(Term{a, h}, Term{b, h})
		check(Term{a, h}, Term{a, h.Neg()})
		check(Term{a, h}, Term{a.Neg(), h})
		check(Term{a, Generator()}, Term{b, Generator()}, Term{a, Generator().Neg()})
		check(Term{a, h}, Term{b, Generator()}, Term{edge[i%len(edge)], k}, Term{b, G1{}}, Term{a, h.Add(k)})
	}
	require.True(t, SumSecret(Term{s[0], h}, Term{s[0].Neg(), h}).IsIdentity())
	require.True(t, SumSecret(Term{s[0], Generator()}, Term{s[0].Neg(), Generator()}).IsIdentity())
}

// TestMSMOffTheSubgroup: in sizes on both sides of each of the methods that
// gnark-crypto chooses from, with every scalar taken as an integer below r.
func TestMSMOffTheSubgroup(t *testing.T) {
	require.True(t, MSM(nil).IsIdentity())
	points := []G1{{}, Generator(), Generator().Neg()}
	for _, q := range testrand.SmallOrders {
		points = append(points, smallOrder(q), smallOrder(q).Neg(), smallOrder(q).Add(Generator()))
	}
	edge := edgeScalars()
	for _, n := range []int{1, 2, 3, 10, 31, 100, 300, 1000, 6000} {
		s := random(t, "msm", n)
		terms := make([]Term, n)
		totals := make([]*big.Int, len(points))
		for i := range terms {
			p := (i*7 + i/5) % len(points)
			if i%3 == 0 {
				s[i] = edge[i%len(edge)]
			}
			terms[i] = Term{s[i], points[p]}
			if totals[p] == nil {
				totals[p] = new(big.Int)
			}
			totals[p].Add(totals[p], s[i].big())
		}
		var want G1
		for p, total := range totals {
			if total != nil {
				want = want.Add(naive(total, points[p]))
			}
		}
		require.Equal(t, want, MSM(terms), "%d terms", n)
	}
}

func TestSumsSecretAgreesWithMSM(t *testing.T) {
	require.Empty(t, SumsSecret(nil))
	points := []G1{{}, Generator(), HashToG1("UTT-V1/test/point", []byte("h")), HashToG1("UTT-V1/test/point", []byte("k"))}
	s := append(edgeScalars(), random(t, "sums", 40)...)
	var sums [][]Term
	for n := range 25 { // sums of 0 to 5 terms with points in common, in and among them
		var terms []Term
		for i := range n % 6 {
			terms = append(terms, Term{s[(5*n+7*i)%len(s)], points[(n+i*i)%len(points)]})
		}
		sums = append(sums, terms)
	}
	sums = append(sums, []Term{{s[50], points[2]}, {s[50].Neg(), points[2]}}) // the identity among others
	got := SumsSecret(sums)
	require.Len(t, got, len(sums))
	for i := range sums {
		require.Equal(t, MSM(sums[i]), got[i], "sum %d", i)
	}
}

// TestSumsOverOnePoint: points that several sums have for themselves have more tables, and
// occur beside others all the same.
func TestSumsOverOnePoint(t *testing.T) {
	h, k := HashToG1("UTT-V1/test/point", []byte("h")), HashToG1("UTT-V1/test/point", []byte("k"))
	s := append(edgeScalars(), random(t, "one point", 20)...)
	for n := range 8 {
		sums := [][]Term{{{s[60], h}, {s[61], k}}, {{s[62], k}, {s[63], k}}, {}}
		for i := range n {
			sums = append(sums, []Term{{s[9*i], h}, {s[9*i+1], Generator()}, {s[9*i+2], h}})
		}
		a := new(additions)
		want := 1
		switch {
		case n >= 4:
			want = 4
		case n >= 2:
			want = 2
		}
		prepared, space := a.prepare(sums)
		require.Len(t, prepared[0].multiples[0].tables, want)
		require.Len(t, prepared[1].multiples, 1)
		require.Len(t, prepared[1].multiples[0].tables, 1)
		space.giveBack()
		for i, got := range SumsSecret(sums) {
			require.Equal(t, MSM(sums[i]), got, "%d sums, sum %d", n, i)
		}
	}
	for n := 1; n <= 4; n++ {
		require.GreaterOrEqual(t, n*positions(n), halfDigits)
	}
}

// TestSparseDigits: the recoding of MSM for few points.
func TestSparseDigits(t *testing.T) {
	for _, s := range append(edgeScalars(), random(t, "sparse digits", 100)...) {
		got, next := new(big.Int), 0
		sparseDigits(s, func(place, d int) {
			require.GreaterOrEqual(t, place, next)
			require.Less(t, place, strausPlaces)
			next = place + strausWindow
			require.Equal(t, 1, d&1)
			require.Less(t, max(d, -d), 2*strausTable)
			got.Add(got, new(big.Int).Mul(big.NewInt(int64(d)), pow2(uint(place))))
		})
		require.Zero(t, s.big().Cmp(got))
	}
}

// TestMethodBySize: few terms go by tables, many by buckets.
func TestMethodBySize(t *testing.T) {
	cheaper := func(n int) bool {
		s := size{terms: n, bits: 160 * n, longest: scalarBits}
		_, cost := s.buckets()
		return cost < s.straus()
	}
	require.False(t, cheaper(1))
	require.False(t, cheaper(60))
	require.True(t, cheaper(1000))
	for _, s := range edgeScalars() {
		require.Equal(t, s.big().BitLen(), bitLen(s))
	}
}

func TestDouble(t *testing.T) {
	points := append([]G1{{}, Generator(), HashToG1("UTT-V1/test/point", []byte("double"))}, smallOrder(3), smallOrder(11).Add(Generator()))
	for _, p := range points {
		var got bls12381.G1Jac
		got.FromAffine(&p.p)
		for range 3 { // the second time with a coordinate z
			p = p.Add(p)
			double(&got)
			var z G1
			z.p.FromJacobian(&got)
			require.Equal(t, p, z)
		}
	}
}

// TestMSMsAgreesWithNaive: lists of all lengths and scalars of all sizes together,
// with points off the subgroup, equal, opposite and zero ones.
func TestMSMsAgreesWithNaive(t *testing.T) {
	h := HashToG1("UTT-V1/test/point", []byte("many"))
	points := []G1{h, h, h.Neg(), {}, Generator(), smallOrder(3), smallOrder(11).Add(h)}
	multiples := make([]G1, len(points))
	s := append(edgeScalars(), random(t, "many", 100)...)
	var sums [][]Term
	var want []G1
	for _, n := range []int{0, 1, 2, 5, 32, 70, 150, 500, 1500} {
		for _, size := range []uint{1, 8, 64, 80, 255} {
			var terms []Term
			totals := make([]big.Int, len(points))
			for i := range n {
				v := s[(3*i+n)%len(s)].big()
				v.And(v, new(big.Int).Sub(pow2(size), big.NewInt(1)))
				k := i % len(points)
				totals[k].Add(&totals[k], v)
				terms = append(terms, Term{Scalar{*new(fr.Element).SetBigInt(v)}, points[k]})
			}
			var sum G1
			for k := range totals {
				multiples[k] = naive(&totals[k], points[k])
				sum = sum.Add(multiples[k])
			}
			sums, want = append(sums, terms), append(want, sum)
		}
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for _, cores := range []int{1, 4} {
		runtime.GOMAXPROCS(cores)
		require.Equal(t, want, MSMs(sums))
	}
	require.Empty(t, MSMs(nil))
}

// TestSumsInParts: a sum is the same in whatever parts its terms are given, and its buckets
// are divided among cores.
func TestSumsInParts(t *testing.T) {
	points := append(strangers("parts"), HashManyToG1("UTT-V1/test/many", make([][]byte, 3))...)
	s := append(edgeScalars(), random(t, "parts", 500)...)
	terms := make([]Term, 20000)
	for i := range terms {
		terms[i] = Term{s[i%len(s)], points[i*7%len(points)]}
	}
	want, few := MSM(terms), MSM(terms[:9])
	sums := []Parts{{terms[:9]}, {}, {terms[:1], nil, terms[1:1700], terms[1700:]}, {terms[:4], terms[4:9]}, {terms}}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for _, cores := range []int{1, 2, 16, 500} {
		runtime.GOMAXPROCS(cores)
		got, scalar := inLanes(t, func() []G1 { return MSMsOfParts(sums) })
		require.Equal(t, []G1{few, {}, want, few, want}, got)
		require.Equal(t, got, scalar)
	}
	b := newBucketSum(sizeOf(terms), 9)
	require.Len(t, places([]*bucketSum{b})[0], 1)
	require.Greater(t, len(b.ranges[0]), 2, "the test has divided buckets")
}

func TestBucketDigits(t *testing.T) {
	for _, n := range []int{1, 40, 3000} { // different windows
		terms := make([]Term, n)
		s := append(edgeScalars(), random(t, "digits", 60)...)
		for i := range terms {
			terms[i].Scalar = s[i%len(s)]
		}
		size := sizeOf(terms)
		window, _ := size.buckets()
		b := newBucketSum(size, window)
		digits := b.recode(terms)
		half := 1 << (b.window - 1)
		for i := range min(n, len(s)) {
			got := new(big.Int)
			for k := len(b.positions) - 1; k >= 0; k-- {
				d := int(digits[k*n+i])
				require.GreaterOrEqual(t, d, -half)
				require.Less(t, d, half)
				got.Lsh(got, uint(b.window)).Add(got, big.NewInt(int64(d)))
			}
			require.Zero(t, terms[i].Scalar.big().Cmp(got), "window %d", b.window)
		}
	}
}

func TestBitSums(t *testing.T) {
	rows := make([][][]bls12381.G1Affine, 3)
	value := func(row, i int) G1 { return Generator().Mul(Uint64(uint64(100*row + i*i))) }
	for r := range rows {
		rows[r] = make([][]bls12381.G1Affine, 4<<r)
		for i := range rows[r] {
			for range i % 3 { // none, one or two of a kind
				rows[r][i] = append(rows[r][i], value(r, i).p)
			}
		}
	}
	for r, sums := range new(additions).bitSums(rows) {
		require.Len(t, sums, 2+r+1)
		for j := range sums {
			var want G1
			for i := range 4 << r {
				for range i % 3 {
					if j == 2+r || i>>j&1 != 0 {
						want = want.Add(value(r, i))
					}
				}
			}
			require.Equal(t, want, G1{sums[j]}, "row %d, sum %d", r, j)
		}
	}
}

func TestTermSplit(t *testing.T) {
	h := HashToG1("UTT-V1/test/point", []byte("split"))
	for _, s := range append(edgeScalars(), random(t, "split", 50)...) {
		a, b := Term{s, h}.Split()
		require.LessOrEqual(t, a.Scalar.big().BitLen(), 129)
		require.LessOrEqual(t, b.Scalar.big().BitLen(), 129)
		require.Equal(t, naive(s.big(), h), MSM([]Term{a, b}))
		for _, q := range testrand.SmallOrders {
			a, b := Term{s, h.Add(smallOrder(q))}.Split()
			require.Equal(t, naive(s.big(), h).ClearCofactor(), MSM([]Term{a, b}).ClearCofactor(), "order %d", q)
		}
	}
}
