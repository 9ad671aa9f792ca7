// Package utt is private digital cash with accountable privacy: the high-level
// API, composed of the packages beside it. PROTOCOL.md in this folder is the
// specification; its labels, such as [TX-NF], are cited in code and tests.
//
// # The parts
//
//	Parameters  the immutable rules of a ledger, the same for all
//	Wallet      a user's keys and coins; makes operations
//	Operation   Registration, Issue, PublicTransfer, Mint, Grant, Transfer
//	Check       verifies operations: stateless, parallel, in one batch
//	Ledger      executes decided blocks in order; yields receipts and records
//	Signer      signs the outputs of executed operations with a key share
//	Certifier   signs what is published, so that wallets need not trust a node
//	Committees  combine shares to the signatures that make outputs spendable, and to
//	            certificates
//	Node        what a wallet needs of the world
//
// # The flow of a private payment
//
//	wallet A                 each replica                           wallet B
//	Pay ── Transfer ───────> Check      proofs, all of a block in one batch
//	                         Execute    nullifiers unspent, in block order
//	                         SignBlock  a share on every new coin
//	                         ───────── shares, combined ─> Record
//	                         Certify    the records, once all are signed
//	                         ───────── shares, combined ─> Certificate ─> Sync
//
// A replica never sees who pays whom how much, nor which coin is spent; it sees
// that the sender holds a credential and coins signed under the group keys, that
// value is conserved, that the privacy budget suffices, and nullifiers that it
// has not seen before.
//
// # What it does not hide
//
// That a transfer was made, when, of which asset, in which case, with how many
// inputs. Mints, burns, grants, registrations and ordinary money are public. Amounts
// that are minted and burnt alike can be matched by whoever sees both. Notes to
// payees stay secret against a quantum computer; nullifiers do not stay unlinkable
// against one. Who has a seed can spend its owner's money and sees all his payments,
// past and future.
//
// # Timing
//
// Wallets and signers multiply by secrets as package curve describes. Groth16
// proving is gnark's and takes variable time in the amounts; do not let others
// measure it.
//
// This is unaudited research-grade code.
package utt
