// Package threshold shares a signing key among n parties, any t of which sign
// and fewer of which learn nothing.
//
// A key (x, y_1 … y_l) of package sig is Shamir-shared: party j holds the values
// (x_j, y_1j … y_lj) at j of polynomials of degree t − 1, whose values at 0 are
// the key. The Committee is what is public of it: the group's key and every
// party's key (X2_j, Y2_ij, Y1_ij). For a commitment (h; C_1 … C_l)
//
//	S_j = x_j·h + Σ y_ij·C_i      [THR-1] is [SIG-1] under party j's key
//	S   = Σ λ_j·S_j               for t distinct j; then [SIG-1] under the group's
//
// with the Lagrange coefficients λ_j = Π i/(i − j) over the other i. S does not
// depend on which t parties took part, nor can it be told from a signature by an
// undivided key.
//
//	party j                                collector
//	KeyShare.Sign    SignatureShare        Expects: drop what is not of this committee
//	               ------------------->    Combine: add t shares, verify once;
//	                                       if that fails, name the culprits and
//	                                       combine without them
//
// # Generations
//
// A Generation names one sharing of a key. It is the hash of all that is public
// of the sharing, so that no two share it. Shares of different generations never
// combine: t parties of one generation can sign and reconstruct, mixed ones can
// do neither. Therefore a party erases its share when its committee is replaced. On
// disk a share is kept sealed under a passphrase (KeyShare.Seal, OpenKeyShare).
//
// Package dkg makes committees without a dealer, and replaces them; Deal is for tests. An
// EncryptionCommittee shares ElGamal keys in the same way.
//
// # Decryption
//
// An EncryptionKey encrypts numbers, each under a key of its own, and t parties of an
// EncryptionCommittee open those that a Request names:
//
//	E_0 = k·G,  E_i = m_i·G + k·P_i                     Ciphertext
//	D_ij = a_ij·E_0, with a proof                        [ENC-SHARE], DecryptionShare
//	m_i·G = E_i − Σ λ_j·D_ij over t distinct j           [ENC-OPEN], Plaintext
//
//	party j                                      collector
//	EncryptionKeyShare.Decrypt  DecryptionShare
//	                          --------------->   Open: verify all, name the culprits,
//	                                             combine t; LogTable: m from m·G
//
// Unlike signatures, what shares combine to cannot be verified by itself. So every share
// has a proof, which is bound to the Request: to what it is for as well as to the points.
//
// # What a committee must satisfy
//
// A committee that is loaded is checked: every party's key is consistent
// (e(Y1_ij, G2g) = e(G, Y2_ij)), all points are in the subgroup, and
//
//	[THR-KEY]  Σ w_j·X2_j = 0,  Σ w_j·Y1_ij = 0 over j = 0 … n, with the group as j = 0
//
// for a random word w of the dual of the Reed–Solomon code, w_j = q(j) / Π (j − i)
// over the other i, q of degree n − t. The sums vanish for keys on polynomials of
// degree t − 1 with the group's key at 0, and otherwise with probability 1/r. So any
// t valid shares combine to a valid signature, whichever they are.
//
// # What a signer must hold
//
// As in package sig: at most one message under each base, ever, whatever the
// generation. Shares of one message are deterministic, so a retry is harmless.
//
// # Timing
//
// Key shares are multiplied as package curve describes. Combining and verifying
// handle public values in variable time, and LogTable tells by its time where a number is.
//
// Sources: Shamir, How to share a secret, CACM 1979; Sonnino et al., Coconut, NDSS
// 2019; Cascudo and David, SCRAPE, ACNS 2017, for the test by the dual code.
package threshold
