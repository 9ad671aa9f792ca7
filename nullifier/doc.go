// Package nullifier makes the value that a coin reveals when it is spent: the
// same at every attempt to spend the coin, and linkable to nothing else.
//
// For the owner's secret s and the coin's serial number sn it is the
// Dodis–Yampolskiy function in G1,
//
//	[NF-1]  nf = 1/(s + sn) · N,  N = H1("generator")
//
// N has an unknown discrete logarithm and is the same for all networks. A spender
// proves the linear relation
//
//	(s + sn)·nf = N
//
// with s shared with its credential and sn with its coin.
//
//	spender                                       verifier
//	nf = Derive(s, sn)
//	proof of Relate(s, sn)     nf, proof          Claim: nf in the subgroup, ≠ 0
//	                        --------------->      proof of Relate
//	                                              Key not among those spent
//
// # Uniqueness
//
// In the subgroup the relation has one solution for each s + sn, so that a coin
// has one nullifier, however often it is presented, and the zero nullifier
// satisfies it for none. Off the subgroup it has many: nf + T, for a point T of
// small order, satisfies what a verifier checks of the relation as well. Relate
// without Claim is therefore a double spend. Two coins of one owner have
// different nullifiers, because their serial numbers differ.
//
// # Unlinkability
//
// Serial numbers are public, nullifiers are public; what keeps the one from the
// other is s. Under the q-DDHI assumption in G1 (given N, s·N, …, s^q·N, the point
// 1/s·N looks uniform) nullifiers under an unknown s look uniform and independent.
// The reduction fixes the inputs before the key; it may, since serial numbers are
// hashes. It also needs that nothing of the form s·Q with Q in G2 is ever
// published: e(nf, (s + sn)·Q) = e(N, Q) would link. Here s occurs in hiding
// commitments in G1 only.
//
// Who learns s computes the nullifiers of all serial numbers on the ledger: it
// learns which coins were and are its owner's and when each was spent, in the
// past and in the future, but cannot spend them, for that takes the openings of
// their commitments. The same holds for who computes discrete logarithms, with a
// quantum computer for instance.
//
// # Timing
//
// Derive inverts s + sn blinded and multiplies as package curve does by secrets.
// All else is on public values and takes variable time.
//
// Source: Dodis and Yampolskiy, A Verifiable Random Function with Short Proofs
// and Keys, PKC 2005; without their pairing, for the proof is by relation.
package nullifier
