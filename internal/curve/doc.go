// Package curve wraps BLS12-381 so that no unchecked decoding, no endomorphism
// off the subgroup and no variable-time multiplication by a secret is within
// reach of the rest of the library.
//
// Group elements are values; operations return new ones. G1 is written
// additively with the standard generator G, G2 likewise with G2g.
//
// # What may be off the subgroup
//
// A decoded point is on the curve and need not be in the subgroup of order r.
// Addition, negation, comparison, MSM and ClearCofactor are right for every
// point of the curve. Mul, SumSecret and pairings demand the subgroup: callers
// check with InSubgroup, or in a batch with Subgroup.
//
// # Timing
//
// SumSecret, SumsSecret, FixedG1.MulSecret, SumsFixed and FixedSum2.Value are the
// multiplications for secret scalars. Each scalar is written with random digits, one of
// 2^62 ways or more, and their number is fixed, as is the sequence of group operations
// that processes them, so that a secret shows neither in the operations of one run nor in
// the averages of many. Memory access still depends on the random digits. Secret bits of
// fixed sums do not show at all. Everything else is variable-time and for public values.
package curve
