// Package audit is what an auditor does: with others he opens what the rules reveal of the
// payments that are held, decides by a function of his own, and approves or vetoes.
//
//	New, Auditor    one of n auditors, with shares of the opening and the approval key
//	Sync            takes in certified records, and nothing else
//	Work, Receive   messages out, and in; decisions out, for the ledger
//	Decide          a word of the auditor's own, such as a veto after the approval
//	Keys, Peer      by which auditors know each other
//
// An auditor has neither disk nor network: his host carries messages, in any order, twice or
// not at all, and hands decisions in. One made again knows, once he has synced, all that is
// still held.
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
// as well. The rest stays sealed. Of other payments nobody gives a share, nor of a record
// that is not certified: whoever handed in another's audit record as his own, or made a
// record up, would have it read [ENC-FROM]. Messages are encrypted to each auditor, since t
// shares read together are the plaintext for anybody.
//
// Payees are found in a table of all who are registered. A payment to somebody who is not
// is vetoed, whatever Judge would say.
package audit
