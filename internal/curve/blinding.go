package curve

// Secret scalars are multiplied with the endomorphism φ(x, y) = (β·x, y) =
// λ·(x, y), where λ = x₀² − 1 for the curve's parameter x₀ and r = λ² + λ + 1:
//
//	s = k1 + k2·λ (mod r)
//	k1 = (s mod λ, roughly) + a·λ + b
//	k2 = ⌊s/λ⌋ (roughly) − a + b·(λ + 1)        for fresh a, b of 40 random bits
//
// (λ, −1) and (1, λ+1) span the lattice of pairs with k1 + k2·λ = 0, so that every
// a and b give the same product and other digits. Adding multiples of r to s
// would not do: that leaves k1 and k2 as they are. The lowest bits of a and b make
// k1 and k2 odd; odd numbers are recoded to a fixed number of odd digits, none of
// which is 0.
//
// The points that the digits of one position select are added first, in affine
// coordinates with one field inversion for all positions of all sums; one doubling
// chain per sum does the rest, a shorter one where a point has several tables.
const (
	secretWindow = 5
	secretTable  = 1 << (secretWindow - 1) // multiples 1, 3 … 31 of a point
	halfDigits   = 34                      // k1, k2 < 2^170
	blindBits    = 40                      // with 32, some bits of k1 and k2 would be blinded by carries only
)

// split is (k1, k2), both odd, blinded by a and b > 1 but for their lowest bits.
func split(s Scalar, a, b uint64) (k1, k2 [3]uint64) {
	v := s.e.Bits() // little-endian, not Montgomery
	q := divLambda(v)
	// λ is odd and λ + 1 even: k2 = q − a, k1 = s − q + a + b (mod 2)
	a = a&^1 | q[0]&1 ^ 1
	b = b&^1 | (v[0]^q[0]^a)&1 ^ 1
	k1 = sub3([3]uint64{v[0], v[1], v[2]}, mulLambda(q[0], q[1]))
	k1 = add3(k1, add3(mulLambda(a, 0), [3]uint64{b}))
	k2 = add3(q, add3(mulLambda(b, 0), [3]uint64{b}))
	return k1, sub3(k2, [3]uint64{a})
}

// digits recodes an odd k = Σ d_i·2^(5i) with odd −31 ≤ d_i ≤ 31.
func digits(k [3]uint64) (d [halfDigits]int8) {
	const mask = 1<<(secretWindow+1) - 1
	for i := range d {
		word, bit := i*secretWindow/64, i*secretWindow%64
		v := k[word] >> bit
		if bit > 64-secretWindow-1 && word < 2 {
			v |= k[word+1] << (64 - bit)
		}
		if d[i] = int8(v&mask|1) - 1<<secretWindow; i == halfDigits-1 {
			d[i] = int8(v | 1)
		}
	}
	return d
}
