// Package bft drives the library as a ledger integrator would, under attack: n =
// 3f+1 replicas that agree on blocks, check, execute and sign them, on a simulated
// network that delays, reorders, drops, duplicates and partitions, with up to f of
// them crashed, lost or Byzantine. It is an example and a test bed, not a
// production consensus engine.
//
// # Consensus
//
// Tendermint: Algorithm 1 of "The latest gossip on BFT consensus" (Buchman, Kwon,
// Milosevic; arXiv 1807.04938v3), rule by rule; the code cites its lines. The
// proofs there give agreement, validity and termination in partial synchrony for
// up to f Byzantine replicas of 3f+1. What is decided is final.
//
//	client        proposer              replicas (n = 3f+1)
//	Submit ─────> all
//	              Check the first valid operations of the mempool
//	              PROPOSAL ───────────> Check the block
//	              PREVOTE  <─────────── id if it is valid, and no lock forbids it; else nil
//	              PRECOMMIT <────────── id after 2f+1 prevotes for it: locked
//	              2f+1 precommits: decided, a certificate
//	                                    Prepare, Commit: receipts, a digest
//	                                    attestation signed digest ───────────> all
//	                                    Work        messages ────────────────> all
//
// What follows, from shares of signatures to certificates that wallets believe, is a
// replica.Replica's, whose messages a node carries in signed statements. It is told
// when a block was not published in time (Overdue), is opened again from its store after
// a crash, and restored from a snapshot after a loss. What others have published since
// the start it asks them for, so that every replica serves every block, whoever loses
// everything in turn.
//
// A replica signs coins only of decided blocks, never in a vote: two signatures
// under one base give any amount. Statements are signed with Ed25519, bound to the
// network. The paper's gossip property is had by relaying every new statement.
//
// A replica that lost everything votes again only above every height in which it
// may have voted before; sync.go has the argument. It restores a snapshot whose
// digest f+1 replicas attest, and follows by certificates: of 2f+1 precommits f+1
// are honest and verified every proof, so it does not verify them again
// (utt.Parameters.Trust). Until it votes again it is one of the f.
//
// # Proposals
//
// A proposer drops what the state rules out before it looks at a proof, and puts aside
// what has to wait. Of the encodings of one ID a block gets one. Verdicts are kept by
// digest within the epoch: what was verified for one proposal is not verified for
// another, or for the next block, and what was found invalid not once more.
//
// # Files
//
//	node, consensus, log    the state machine Step(Message) []Message and its rules
//	propose, mempool        what blocks are made of
//	execute                 what blocks do
//	publish                 what a node does with its replica.Replica
//	sync                    coming back
//	network, simulation     the seeded scheduler, who is faulty, and when
//	fault                   what Byzantine replicas do
//	harness, watch          the invariants, checked after every step; those of signatures
//	held                    payments that auditors decide on
//	founding, workload      a ledger with money, and payments made beforehand
//	refresh                 sessions on the ledger that deal all shares anew
//	verdicts                what replicas of one process need not each find
//	client                  a wallet's view: wallet.Node
//
// # Invariants
//
// Agreement on blocks, receipts and digests; no coin spent twice; issued =
// accounts + private money; of a payment that auditors decide on itself or its refund is
// signed, and once; nobody beyond his budget; no coin without t shares,
// and none before its block is decided; nobody honest blamed; progress once the
// network has healed; whoever is up serves every block, the same and signed. A failure
// prints the seed, and the seed repeats the run. The tests break the quorum, the checks of
// snapshots, of combined signatures, of nullifiers, of balances and of decisions, and demand
// that the harness notices.
//
//	go test ./examples/bft -run TestScenarios                stories with their traces, in testdata
//	go test ./examples/bft -run TestSoak -soak               1000 random schedules, some minutes
//	go test ./examples/bft -run TestSoak/n=4 -soak-seed 7 -v the one of a seed
//
// # What is simulated and what is not
//
// Real: keys, proofs, verification, execution, threshold signatures, Ed25519
// signatures, encodings of everything signed, snapshots.
//
// Simulated: time is logical and the same for all, where real clocks drift. Crashes
// fall between steps, so a torn write is not seen; of a crash without loss the ledger and
// what is published are in the store, and consensus stands for one that stored every step
// before it sent. Channels are authenticated by
// construction; they have no bandwidth. Clients reach every replica. Keys, those of the auditors too, are dealt
// by one party, which also runs the circuit's setup, as no real ledger's are. The
// replicas are fixed, and in a refresh enrol and authorise beforehand. Byzantine behaviours are those of fault.go; a schedule draws
// some, it does not search for the worst. Nothing protects a replica from being
// flooded but the bounds in log.go.
//
// In tests all replicas of a process share verdicts on the workload's operations and on
// signed statements (Workload.Share); benchmarks share none. The benchmarks run all n replicas on the cores of one process, with messages
// that cost nothing: payments/s is what one machine does for n, about n times the
// work of one replica. cpu-ms is the figure to size a real replica by.
package bft
