// Package batch is the one verification path of the library: whoever verifies
// anything states what must hold as Claims, and Verify decides any number of
// them together.
//
// An item's Claims are requirements (decided at once), linear relations in G1 and in G2,
// pairing products, and subgroup memberships. For a batch, every equation gets a
// random weight that no caller sees or chooses; then
//
//	memberships  curve.Subgroup over all points
//	relations    one multi-scalar multiplication, cleared of its cofactor, is 0
//	in G2        the same, of points that are in the subgroup
//	pairings     one multi-Miller loop and one final exponentiation are 1:
//	             the points paired with one fixed point of G2 are summed first
//
// The classes are decided one after the other: memberships, relations, products. If
// a class fails, parts of it are tried, in that class only, so that exactly the invalid
// items fail: halves for products, where k invalid items cost O(k log n) tests; eight parts
// and then single items for the others, of which a single one costs no more than a few
// times its share of a test. Where most fail, items are examined at once. A test that
// should fail passes with probability at most 2^-64. An item is in at most 11 of those of a
// class on the way down, so that one that violates it is accepted with probability at most
// 11·2^-64 < 2^-60; a valid one is never refused. One weight per item would not do: an
// invalid equation of an item could cancel against another of its equations.
package batch
