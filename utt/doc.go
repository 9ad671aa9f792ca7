// Package utt is what everybody agrees on in private digital cash with accountable
// privacy: the rules of a ledger, the operations and what they prove, what a ledger
// publishes, and how it is verified. PROTOCOL.md in this folder is the specification; its
// labels, such as [TX-NF], are cited in code and tests.
//
// # The parts
//
//	Parameters          the rules of a ledger, in all their versions, the same for all
//	Operation           Registration, Issue, PublicTransfer, Mint, Grant, Transfer, Decision;
//	                    Amendment, Suspension, by the authority that the parameters name; and
//	                    SessionOpening, SessionMessage, SessionAdoption, by which keys are
//	                    made and reshared
//	Parameters.Check    verifies operations: stateless, parallel, in one batch; Verdicts
//	Block, Receipt      what consensus decides, and what became of an operation
//	Record              what a ledger keeps of an executed one, for all to read
//	Share, Committees   signature shares of replicas, joined to signatures
//	Certificate         t replicas' word on all records up to a height: roots of three trees
//	Frontier            how far a reader has come, to take in what follows
//	Inclusion           what is on record, shown to whoever has the parameters
//	Keys, Draft         a user's secrets, and a transfer before it is proven
//
// # The rooms
//
//	utt/ledger    the state machine: decided blocks in, receipts and records out
//	utt/replica   from a decided block to a certificate
//	utt/session   keys made and reshared in sessions on the ledger
//	utt/follow    certified records, from nodes that are believed nothing
//	utt/wallet    coins, paying, syncing
//	utt/audit     what an auditor opens of held payments, and how auditors decide
//	utt/store     the database of a ledger or replica
//	utt/policies  policies of three jurisdictions, ready-made
//	utt/local     a network of all of them in one process
//
// What a transfer proves (statement.go) and its prover (prove.go) stand side by side, as
// signing and verifying do in package sig: nothing of the statement has to be exported,
// and whoever makes a transfer makes it from a Draft, for which everything else is derived
// as the verifier derives it.
//
// # The flow of a private payment
//
//	wallet A                 each replica                           wallet B
//	Pay ── Transfer ───────> Check      proofs, all of a block in one batch
//	                         Prepare    nullifiers unspent, in block order
//	                         Commit     written, at once
//	                         Work       a share on every new coin
//	                         ───────── shares, joined ────> Record
//	                         Work       the records, once all are signed
//	                         ───────── shares, joined ────> Certificate ─> Sync
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
// Users and signers multiply by secrets as package curve describes. Groth16
// proving is gnark's and takes variable time in the amounts; do not let others
// measure it.
//
// This is unaudited research-grade code.
package utt
