// Package audit is what an auditor does: with others he opens what the rules reveal of the
// payments that are held, decides by a function of his own, and approves or vetoes. And he
// answers warrants for what is on record, and opens what is paid in an epoch as a sum.
//
//	New, Auditor    one of n auditors, with shares of the opening and the approval key
//	Sync            takes in certified records, and nothing else
//	Work, Receive   messages out, and in; decisions out, for the ledger
//	OpenUnder       answers a warrant; Warrants, Disclosed
//	OpenSum         answers for a sum; Sums, Sum
//	Decide          a word of the auditor's own, such as a veto after the approval
//	Keys, Peer      by which auditors know each other
//
// An auditor has neither disk nor network: his host carries messages, in any order, twice or
// not at all, and hands decisions in. One made again knows, once he has synced, all that is
// still held, and which warrants and sums there are; which of these he answers he is to be
// told again.
//
//	auditor 1                                 auditors 2 … n
//	Sync <── certified records ── a node      Sync
//	Work ── a share of what is revealed ────> Receive
//	Receive <───────────────── their shares   Work
//	Work    opens, asks Judge, signs
//	     ── approval or veto ───────────────> Receive
//	Receive <──────────────── their verdicts  Work
//	Work    a Decision ──> the ledger
//
// # Who sees what
//
// One auditor sees that a payment is held, as everybody does. With the shares of t auditors
// all of them see what the payment's row reveals: the amount; with the payee; with the payer
// as well. The rest stays sealed. Of other payments nobody gives a share without a warrant
// that names them, nor of a record that is not certified: whoever handed in another's audit
// record as his own, or made a record up, would have it read [ENC-FROM]. Messages are
// encrypted to each auditor, since t shares read together are the plaintext for anybody.
//
//	auditor 1                                          auditors 2 … n
//	OpenUnder <── opening of a sealed warrant ── authority ──> OpenUnder
//	Work ── a hash of it, with his index ────────────> Receive
//	Receive <────── their shares, if they have it too  Work    [AUD-SEALED]
//	Work    opens: Disclosed
//
// What a warrant opens, those see who have its opening, or all once that is on record; the
// volume of an epoch, those who answer for it. The two halves of a sum are not kept: the
// upper one alone may be one large payment.
//
// Payees are found in a table of all who are registered. A payment to somebody who is not
// is vetoed, whatever Judge would say.
package audit
