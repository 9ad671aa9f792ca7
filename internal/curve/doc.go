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
//
// # Lanes
//
// Where the processor has AVX-512 IFMA, package ifma computes with eight field elements at
// once: additions in affine coordinates, chains of doublings, hashing to the curve, tests of
// membership and Miller loops, each from so many on as pays. Results are the same to the
// bit: what the formulas in lanes do not cover (the identity, equal and opposite points, as
// strangers can choose them) shows in coordinates that are compared reduced, before
// anything is divided by, or leaves a zero in the lane that is looked for before the result
// is used; the scalar code then computes that result. UTT_LANES=off in the environment
// leaves all to the scalar code.
package curve
