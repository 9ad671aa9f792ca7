// Package ledger is the deterministic state machine that every replica runs: decided
// blocks in, receipts and records out.
//
//	verdicts      what utt.Parameters.Check has found of the operations of a block
//	Prepare       executes the block on the head; nothing is written
//	Commit        writes it, with what the caller keeps of it, at once
//	Preview       what would become of an operation, by the state alone
//	Snapshot      the whole state at a moment; Restore reads it, in parts
//	Drop          what takes old details of payments out of the store
//
// The state is an ordered map in a store.Store. Its digest covers every pair, and of records
// the entries of the log, costs what changes, and is the same on all replicas that executed the same blocks. What the state
// holds garbled is utt.ErrStore, wherever it is read, and executes nothing.
//
// What can never matter again once its epoch is over leaves the state: see forget.go.
//
// The files registration, account, grant, transfer, hold, amendment, suspension and session
// say what operations of their kind do to the state, with the labels of sections 10 and 18.6
// of utt/PROTOCOL.md.
package ledger
