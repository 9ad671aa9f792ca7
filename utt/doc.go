// Package utt is what everybody agrees on in private digital cash with accountable
// privacy: the rules of a ledger, the operations and what they prove, what a ledger
// publishes, and how it is verified. PROTOCOL.md in this folder is the specification; its
// labels, such as [TX-NF], are cited in code and tests.
//
// # The parts
//
//	Parameters          the rules of a ledger, in all their versions, the same for all
//	Operation           what users and authorities ask of it
//	Parameters.Check    verifies operations: stateless, parallel, in one batch; Verdicts
//	Block, Receipt      what consensus decides, and what became of an operation
//	Record              what a ledger keeps of an executed one, for all to read
//	Share, Committees   signature shares of replicas, joined to signatures
//	Certificate         t replicas' word on all records up to a height: roots of three trees
//	Frontier            how far a reader has come, to take in what follows
//	Summary, Section    what an entry of the log shows of a record, and what it leaves out
//	Inclusion           what is on record, shown to whoever has the parameters
//	Keys, Draft         a user's secrets, and a transfer before it is proven
//	ScanKey, ScanSecret who looks out for payments to a user, by the clues on them; Mandate
//	                    charges him with it, WatchQuestion asks him
//	PaymentRequest      what a payee asks for, as text
//
// # The rooms
//
//	utt/ledger    the state machine: decided blocks in, receipts and records out
//	utt/replica   from a decided block to a certificate
//	utt/session   keys made and reshared in sessions on the ledger
//	utt/follow    certified records, from nodes that are believed nothing
//	utt/wallet    coins, paying, syncing
//	utt/provider  who looks out for payments to others
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
// # All types, by what they are for
//
// There is one type for each thing that a ledger knows. All operations are here and
// nowhere else: Operation has a method that no other package can write, so that nobody
// can have a replica take what others refuse, and every check stands in one room.
//
//	names         ID, PID, NetworkID, Digest, Amount, Epoch, Class, Cursor
//	rules         Config, Parameters, Row, Case, Audit, Reveals, Fee, Circuit, Schedule
//	authorities   Authority, Auditors, Warrants, TaxOffice, Holders, Endorser
//	of users      Operation, Kind, Registration, Readdress, Member, Grant, PublicTransfer, Mint, Transfer
//	of others     Issue, Decision, Verb, Collection, TaxShares, Amendment, Suspension
//	of law        Warrant, WarrantTerms, WarrantOpening, WarrantVoid, Components, Grounds, Violation
//	of sessions   SessionOpening, SessionAuthorisation, SessionMessage, SessionAdoption, SessionEvent
//	verifying     Checker, Verdicts
//	outcomes      Block, Receipt, Status, Rejection, Code
//	records       Record, Entry, Output, Role, Cause, HeldPayment, Wait
//	sums          TaxBatch, BatchStatus, Taxed, Sum, SumSet, SumKind
//	the log       Tree, Completed, Frontier, CredentialLeaf, Inclusion, Summary, Section
//	certifying    Share, BlockShares, Committees, Checkpoint, CheckpointKind, Certificate, CertificateShare
//	a user's own  Keys, Draft, Holding, Received, Sighting, Openings, ProvenPayment, PaymentRequest
//	looking out   ScanKey, ScanSecret, ScanHandle, Mandate, WatchQuestion, WatchAnswer
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
// against one, nor clues random. Who looks out for a user knows when he is paid. Who has a seed can spend its owner's money and sees all his payments,
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
