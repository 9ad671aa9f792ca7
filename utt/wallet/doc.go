// Package wallet is what a user has: keys, coins, and a view of the ledger that no node
// can falsify.
//
//	Wallet     keys and coins; makes operations and hands them in
//	Node       all that it needs of the world
//	Handle     follows an operation, in this process or another
//	Status     what became of it
//	Budget     what may be paid privately, and when the next budget is to be asked for
//	Plan       how a payment would be made
//
// # The life of an operation
//
//	Pay ── choose coins, reserve them ── prove, which takes a prover's time and no lock
//	    ── Submit ──> Node             from here on it may execute
//	Sync <── certified records ── Node
//
// An operation that never left locks nothing. One that may have left is pending, whatever
// the node answers, until a certificate decides: a record executes it, a record spends one
// of its inputs otherwise, or a certified time is beyond its epoch. Neither a node's word
// nor a clock frees its coins, since a block that comes late would then pay twice. Resubmit
// hands the same operation in again; Abandon gives it up, by a new operation that spends
// one of its inputs: the wallet follows both.
//
// # Time
//
// Certificates tell the time, and a ledger certifies a block in every epoch, an empty one
// if there is nothing else. A wallet has a clock besides, which can only make it more
// careful: it makes no payment for an epoch that is over by the clock.
package wallet
