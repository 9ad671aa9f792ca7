// Package sig signs commitments: Pointcheval–Sanders signatures with the base of
// the commitment as the signature's first element, as in Coconut and UTT.
//
// A key for l attributes is sk = (x, y_1 … y_l) with the public key
//
//	X2 = x·G2g,  Y2_i = y_i·G2g,  Y1_i = y_i·G        x·G is never published
//
// A commitment under a base h is (h; C_1 … C_l), C_i = m_i·h + r_i·G, with
// r_i = 0 for a public attribute. Its signature is S = x·h + Σ y_i·C_i, and
//
//	[SIG-1]  e(h, X2) · Π e(C_i, Y2_i) = e(S, G2g),  h ≠ 0
//
// verifies it. There is no unblinding: whoever knows the openings makes any
// number of unlinkable presentations of the pair,
//
//	h' = u·h,  C_i' = m_i·h' + r_i'·G,  S' = u·S + Σ (r_i' − u·r_i)·Y1_i
//
// with fresh u ≠ 0 and r_i', each of which satisfies [SIG-1] again. So one type,
// Signed, is an issued signature, a plain one and a presentation.
//
//	signer                               owner                              verifier
//	                  Commitment
//	Sign        <---------------------   Commit
//	            --------------------->   PublicKey.Verify
//	                  Signature          PublicKey.Rerandomize  -------->   PublicKey.Verify
//	                                                             Signed
//
// # What a signer must hold
//
// Each base carries at most one signed message: two signatures on messages that
// differ in one attribute give y·h, and with it any value of that attribute. A
// Base comes from hashing only; a base with a known discrete logarithm to G opens
// every commitment under it. A key that signs attributes never signs without.
//
// # Timing
//
// Secret scalars are multiplied as package curve describes; verification and
// everything on public values takes variable time.
//
// Sources: Pointcheval and Sanders, CT-RSA 2016 and 2018; Sonnino et al.,
// Coconut, NDSS 2019; Tomescu et al., UTT, ePrint 2022/452.
package sig
