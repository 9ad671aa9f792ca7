// Package rangeproof proves that hidden amounts balance, are in range and respect
// budget, limit and programmable rules: Groth16 over BLS12-381 with committed
// inputs.
//
// A circuit has J outputs and any number of inputs up to MaxInputs. Its slots, in
// order, are the committed in_sum, v_out[0..J), b_in, b_out, lo, hi, ρ and the
// public public_out, budgeted, limit, which the verifier computes itself:
//
//	[BAL-1]  in_sum = Σ v_out + public_out
//	[BAL-2]  v_out[j] ∈ [0, 2^64) for j > 0
//	[BAL-3]  budgeted·(b_in − b_out − v_out[0]) = 0
//	[BAL-4]  (budgeted ? b_out : limit − v_out[0]) ∈ [0, 2^64)
//	[BAL-5]  v_out[0] = lo + 2^32·hi,  lo, hi ∈ [0, 2^32)
//
// and rules: those of this package, and one's own (see Rule).
//
//	[BAL-6]    v_out[0] ≠ 0                                             Pays
//	[BAL-7]    limit − v_out[0] ∈ [0, 2^64)                             Limited
//	[TAX-OUT]  0 ≤ 10000·v_out[j] − bp·v_out[0] < 10000                 Tax
//	[TAX-1]    t = in_sum − Σ v_out − public_out, in place of BAL-1     TaxByTotal
//	[TAX-2]    0 ≤ 10000·t − bp·v_out[0] < 10000                        TaxByTotal
//
// A circuit and its keys tell which of them it has, and the circuit's ID binds what they
// tell. Compile refuses rules that could undo each other or the balance.
//
// # Committed inputs
//
// A Groth16 verifier adds K_0 + Σ x_k·K_k over the public inputs. Here the
// committed x_k stay hidden: all slots are public inputs to the proof system, but
// the prover sends
//
//	D = Σ x_k·K_k + ρ·K_ρ  over the committed slots, ρ uniform
//
// and, for the public slots only, the verifier checks
//
//	[TX-G16]  e(A, B) = e(α, β) · e(K_0 + D + Σ public x_k·K_k, γ) · e(C, δ)
//
// Beside it the prover shows, with the Σ proof [TX-D] of Link, that he knows an
// opening of D, and that it has the values of the coins. Neither proves anything
// without the other. Together they do: an extractor for the Σ proof yields x and
// ρ, and for those [TX-G16] is Groth16's own equation with public input (x, ρ).
// D need not bind. D is uniform, since K_ρ ≠ 0 (checked wherever a key comes
// from) and ρ is, and Groth16's simulator needs D only: nothing is revealed.
//
//	prover                                   verifier
//	Holds, Prove  -> (A, B, C, D), opening
//	Link + Σ proof           ------------>   Link + Σ proof [TX-D], Claim [TX-G16]
//
// # Why nothing is created
//
// The equations hold modulo r ≈ 2^255, and mean what they say over the integers
// because of three premises that the caller provides: a value in a signed coin is
// in [0, 2^64), there are at most 8 inputs, and public_out, limit are uint64s. Then
//
//	v_out[0] < 2^64 by BAL-5, v_out[j] < 2^64 by BAL-2, so that in BAL-1 the left
//	side is below 8·2^64 and the right one below 9·2^64, both far below r: equal
//	modulo r, they are equal.
//	budgeted = 0: limit − v_out[0] lies between −2^64 and 2^64. Were it negative,
//	modulo r it would be above r − 2^64 > 2^64, against BAL-4. So v_out[0] ≤ limit.
//	budgeted = 1: b_out < 2^64 by BAL-4, so b_out + v_out[0] < 2^65, and b_in equals
//	it modulo r by BAL-3, hence over the integers: v_out[0] ≤ b_in, and the budget
//	left is what it was less what was paid.
//
// The premise on coins holds by induction: a coin's value is a public uint64 when
// issued, v_out[j] or, in a budgeted proof, b_out after that. (The refund of package
// utt, Σ v_i, is below 2^64 since the supply of an asset is.) One output may leave
// its range check to a rule: see Bounder. With TaxByTotal, the inputs may hold more than
// the outputs and public_out, by the tax and by nothing else, which is at most v_out[0].
//
// A slot left out of [TX-D] is 0 in D by construction. An unbudgeted transfer
// leaves out b_in and b_out: BAL-3 is then 0 = 0, and BAL-4 does not look at them.
// Left out of a budgeted one by mistake, they would allow v_out[0] = 0 only.
//
// # Keys
//
// A verifying key names its circuit, its proving key and how it was set up. Whoever
// knows the trapdoor of a setup forges: SetupSingleParty is for tests, a Ceremony
// for use. Loading a key refuses what a setup without contributions yields, points
// that are 0 or off the subgroup, γ = δ. That a key was made honestly no check shows.
//
// # Timing
//
// A, B, C and D are computed as package curve describes for secrets, but for the
// coefficients of h, of which each is randomised by ρ and not blinded otherwise. gnark's
// solver takes time that depends on the values: the prover runs on the wallet's own device.
//
// Sources: Groth, ePrint 2016/260; Tomescu et al., UTT, ePrint 2022/452; for
// commitments as inputs, Campanelli, Fiore and Querol, LegoSNARK, ePrint 2019/142;
// for the ceremony, Bowe, Gabizon and Miers, ePrint 2017/1050.
package rangeproof
