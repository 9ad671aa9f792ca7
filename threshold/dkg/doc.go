// Package dkg makes threshold keys without a dealer, and deals them anew to other parties.
//
// n parties, of which up to f are silent or cheat, make a key (x, y_1 … y_l) of package
// sig, or ElGamal keys a_1 … a_c, that nobody knows and t of them use: f < t ≤ n − f. All
// they need is a broadcast with an order and rounds that end, as a ledger is. Every party
// deals a random polynomial for each component, and the sum of the polynomials of those
// who dealt well is the sharing of the key:
//
//	Deal         B_k = f_k·G2g + f′_k·H2 for x, f_k·G + f′_k·H1 for y and a; R = ρ·G;
//	             to party j (f(j), f′(j)), encrypted under ρ·PK_j
//	Complain     K = sk_j·R with a proof: everybody decrypts what j was dealt, and sees
//	             who of dealer and party cheats. Who deals is fixed then
//	Open         A_k = f_k·G2g for x and y, f_k·G for y and a
//	Expose       shares that are on B and not on A: who opened something else
//	Reconstruct  the shares of those who did not open, or something else: t of them make
//	             A, so that nobody can take back what it dealt, to choose the key
//	Confirm      proofs that the parties hold their shares: the others are no members
//
// The key cannot be biased, since it is fixed before anything of it is seen. x is
// committed to in G2 only: x·G is a forgery key, and no message, no evidence and no error
// holds it or anything that it could be put together from. Blame is exact: for whatever
// was broadcast, everybody comes to the same names.
//
// In a resharing the dealers are the old parties, who deal their shares in the open:
// Deal with A in place of B, Complain, Confirm. It replaces parties, changes t and n,
// refreshes all shares, and recovers lost ones; the group's key stays.
//
//	setup := &dkg.Setup{Terms: terms, Enrolments: ...}     Secret.Enrol of every party
//	session, err := dkg.NewSession(setup)                  the same at all
//	participant, err := session.Join(identity, secret)     of one's own
//	for session.Round() < dkg.Done {
//		broadcast participant.Message()
//		session.Step(each message that was broadcast)
//		session.EndRound()
//	}
//	outcome, err := session.Outcome()
//	share, err := participant.KeyShare()
//
// Where there is a ledger the broadcast is its records: package utt/session. At a founding it
// is a bulletin that the parties sign at the end of each round: Session.Endorse.
//
// A Session has no clock and no network. Whoever drives it, as a ledger does by its
// heights and times, answers for rounds that are long enough: an honest party that is
// late counts among the f. It is kept, as by a ledger in its state, by its encoding: all
// messages that it took.
//
// # What is claimed
//
// With at most t − 1 parties corrupted beforehand, and whatever is delayed, nothing is
// learnt of the key but its public part, and nobody chooses a bit of it. With at most f
// faulty, late ones included, the session ends with a key, and all honest are members. More
// than f can make it fail, which shows nothing of the key. t shares of one
// generation forge for ever, and what was dealt stays on record: a Secret that survives
// opens it again. So secrets and the shares of the old generation are erased when the new
// one signs.
//
// Sources: Pedersen, CRYPTO 1991; Gennaro, Jarecki, Krawczyk and Rabin, Secure distributed
// key generation for discrete-log based cryptosystems, J. Cryptology 2007; Desmedt and
// Jajodia, Redistributing secret shares, 1997.
package dkg
