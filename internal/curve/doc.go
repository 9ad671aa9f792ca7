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
// SumSecret is the one multiplication for secret scalars. Each scalar is split
// at random into two summands, and each summand is multiplied with a sequence
// of group operations that does not depend on it, so that a secret shows
// neither in the operations of one run nor in the averages of many. Memory
// access still depends on the random summands. Everything else is
// variable-time and for public values.
package curve
