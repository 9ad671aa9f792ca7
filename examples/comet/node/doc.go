// Package node is a validator: a replica of the ledger on CometBFT, in one process.
//
//	wallet ── POST ──> pool            Preview, and one Check for all that wait
//	pool   ── gossip ─> other pools     CometBFT's, of what was admitted
//	PrepareProposal                     of the pool, what would be executed now
//	ProcessProposal                     every operation verifies, or the block is refused
//	FinalizeBlock                       replica.Prepare; the ledger's digest is the AppHash
//	Commit                              replica.Commit: one synced write; then, beside ABCI,
//	worker                              replica.Work ── reactor ──> other validators
//
// A block is decided before it is signed, and written before anything of it is sent: the
// process may stop at any instant. Verdicts of the pool are reused by the block, so that an
// operation is verified once by each validator.
//
// Shares go by a reactor of their own, and are taken only from the peer whose identity the
// ledger has on record as the party's.
package node
