// Package ifma is arithmetic of BLS12-381's base field Fp in eight lanes at once, by the
// 52-bit multiplications of AVX-512 IFMA.
//
// # Numbers and bounds
//
// A lane of an Element is a number v = Σ v_j·2^(52j) of 8 limbs below 2^52, which stands
// for v modulo p. Products are Montgomery's with R = 2^416, so that v = a·R stands for a;
// p < 2^381 leaves 35 bits, by which no product needs a last subtraction:
//
//	Mul, Square   x, y < 2^12·p   z = (x·y + m·p)/R < p·(2^24·p/R + 1) < 1.001p, as m < R
//	Dots          x, y < 2^12·p   z < p·(16·2^24·p/R + 1) < 1.01p, for 16 products
//	Sub           x, y < 2^12·p   z < 1.1p, as below
//	Add           x + y < 2^12·p  z = x + y
//	Halve         x < 2^12·p      z < x/2 + p/2, rounded up
//
// Zeros takes values below 3p, Points' kernels coordinates below 16p, and all others values
// below 2p. A value that is not a sum of values, nor a coordinate of Points, is below 1.1p, so
// that sums of a thousand of them are in bounds: no chain of operations needs more care
// than that its sums are short. Two numbers may stand for one element: only Zeros says
// whether a value is zero.
//
// Sub makes t = 4097p + x − y, which is in [p, 2^13·p + p), and takes from it q·p for
//
//	q = ⌊e·⌊2^36/(p' + 1)⌋/2^36⌋,  p' = ⌊p/2^364⌋ = 106513, the top limb,
//
// where e is one less than the top limb of t, estimated before the carries below limb 6.
// Since these change limb 6 by less than 2^52 in magnitude, the top limb T has
// T − 2 ≤ e ≤ T, and T ≥ p' gives e > 0. So q ≤ T/(p' + 1) < t/p, and t − q·p > 0. Further,
// e·2^20 < 2^50 fits, and
//
//	t/p − q < (T + 1)/p' − (T − 2)/(p' + 1) + e/2^36 + 1 < 1.1,  as T < 2^13·(p' + 2).
//
// Kernels of points do without Sub where what they subtract is only multiplied: x − y + k·p
// is in bounds with a k that y < k·p, and its carries go with those of the product that x is.
// In a doubling x' = M² − 8S + 9p < 10.1p and 4S − x' + 11p > 0; in a mixed addition
// differences have 16p, x' = S² − H³ − 2V + 4p < 5.1p, and Z' = 2p − Z·H. A zero Z is 0, p or
// 2p. M·D − 8B² in one reduction adds a multiple of p, below 2^769, whose columns are each
// more than those of 8B².
//
// # Exceptional cases
//
// A sum of points in affine coordinates divides by a difference that may be zero. Callers
// compare reduced coordinates and give no such sum; Adder looks besides at the product of
// all, before it inverts, and changes nothing if a lane of it is zero. Points in lanes, which are
// not reduced, are told by that product alone.
//
// # Where
//
// Enabled says whether the processor has the instructions and the environment does not have
// UTT_LANES=off. Without them the same functions compute the same in Go, of an Element limb
// for limb, slowly: for tests, not for use. The build tag purego leaves the kernels out. No
// kernel has a branch or an address that depends on values.
package ifma
