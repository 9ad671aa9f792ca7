// Package replica is what a replica does from a decided block to a certificate that
// wallets believe. Ordering, transport and the database are the integrator's.
//
//	Open       from a store: what was begun before it stopped goes on
//	Check      verifies operations, beside all else
//	Prepare    executes a decided block; nothing is written
//	Commit     writes it, with receipts and what the host keeps, in one atomic write
//	Receive    takes in a message of another replica, in any order, repeated or false
//	Work       signs, joins shares, certifies, publishes; returns what to send
//	Certificate, Records, Wait, Receipt   what wallets ask for, from the store
//	Inclusion, Tile, Leaves, Frontier     the log by itself: what shows that something is on record,
//	                                      and what a new replica begins to publish from
//
// Consensus decides a block for good before it is committed. The host then calls Work,
// and again after every Receive, and sends the messages that it returns; none of them
// says anything that is not in the store, so that the replica may stop at any instant.
// Messages that are lost are asked for again by Overdue, and those that were too many to be
// kept by themselves: see limits in peer.go for what one party can cost.
//
// Check needs nothing of the block before: call it, from a goroutine of its own, for what
// is proposed next, or handed in, while the present block is prepared, committed and
// worked on. What it has verified is remembered, so that Check of the decided block is only
// a look-up where these bytes were seen in the same epoch. So the few steps of a block
// that one core makes, and those at which cores wait for each other, cost no time where the
// others have the next block to verify.
//
// # The messages of a block
//
//	each            SHARES of coins and credentials ──────────────> all
//	combiner        t shares of each output: the signatures
//	                SIGNATURES ───────────────────────────────────> all
//	the next t − 1  verify them: ENDORSEMENT ─────────────────────> all
//	each            f+1 vouch, or verified by itself:
//	                CERTIFICATE SHARE ────────────────────────────> all
//	each            t shares: a certificate, published
//
// The combiner takes turns. How many sign, t, and how many may be faulty, f < t, are two
// parameters. Where t = 2f+1 of n = 3f+1, any two sets of signers have an honest one in
// common: an engine that forks stops signatures, instead of having two messages signed under
// one base. The 2f+1 honest suffice, as they do for consensus. Of f+1 who vouch one is honest
// and has verified what it vouches for; a key and a commitment leave only one signature, so
// that whatever verifies is what a replica would have made itself. Nothing is believed of
// fewer. Who is silent costs the others a wait and the work (Overdue); who sends what is
// false is blamed, and used last from then on. One that was away follows by what others
// have certified, which speaks for itself.
//
// A session on the ledger may deal the keys anew (package session). From the block on with
// which the new generation holds a key a replica signs with none but new shares, which
// Renew gives it; Replaced says when.
//
// Signer and Certifier are the two keys of a replica by themselves, and Publication is
// what a node in memory serves, for hosts that arrange the rest otherwise.
package replica
