// Package wallet keeps one user's money: it finds out from certified records what he has,
// pays, and follows what is pending.
//
//	Open, New, Sync               all comes from a seed and the records of a Node; on a store, or in memory
//	Run                           syncs at fixed times, and asks for budgets
//	Registration, RequestBudget   a credential, and the budget of an epoch; Budget says which and when
//	Mint, Burn                    between the account and private coins; others say shield and unshield
//	Plan, Pay, Split, Merge       private transfers; Plan says who learns what, MaxPayment how much is possible
//	PlanAs, PayAs                 payments beyond the budget, of which auditors learn something
//	Await, AwaitHeld, Status      what became of them, by a Handle, in this process or another
//	Incoming, Outgoing            payments that auditors have not decided yet
//	Resubmit, Abandon             what to do where nothing did
//	ProofOf                       a text by which others verify what was paid, and to whom
//	History, Latest, Label        what was paid and received, with what for, and what became of it
//	Words, Rescan                 the seed for paper; reading all records again
//	Way, Watcher, Meet, Card      keeping up without reading all records, and paying whom one met
//	CatchUp, Waiting              what a light wallet has read of and not got yet
//	Apart                         handing in at one node, and reading from another
//
// A wallet believes nothing that t replicas have not certified, and nothing of a node. It
// never meets a ledger: what it needs of the world is the interface Node.
//
// # Three ways to keep up
//
//	Full     reads all records. Nobody learns anything
//	Light    reads summaries of all, and details of as many sections in each Sync, hits or decoys
//	Watched  reads single records, which a provider names
//
//	provider <── places? ── Sync ── Inclusion(place)? ──> Node
//	         ── places ──>       <── record, certificate ──
//
// A watched wallet, Config.Way, asks a provider where there is what concerns its user, and a node for
// these records, each of which t replicas have certified. What either leaves out it does not
// know of; so an operation whose epoch is over has not failed but Lapsed, and locks its coins
// until a record shows what became of it.
//
// # On disk
//
// A store is sealed with keys from the seed: Open says what it shows to others. An operation
// is in it before it is handed in, and what a batch of records changes is written at once with
// how far they lead, so that whatever crashes when, a wallet that is opened again goes on. It is
// opened on nothing from which somebody else took something away, or put it back as it was, unless
// it is to read all records again (Config.Rescan). The seed
// alone restores all but what is pending, what only the user knew of his payments, which are payee
// and memo, labels, and what proves them. A wallet in memory is one on a store in memory.
//
// # The life of an operation
//
//	Pay ── choose coins, reserve them ── prove, which takes a prover's time and no lock
//	    ── Submit ──> Node             from here on it may execute
//	Sync <── certified records ── Node
//
// A payment to audit is held first. Its coins are gone then, whatever comes of it:
//
//	held ──approval──> executed            held ──veto, or nothing in time──> refunded
//	held ──approval──> approved ──delay──> executed, or ──veto──> refunded
//
// Of a held payment the payee knows amount and memo, and has nothing: it is among Incoming,
// and in Received once it executes. A refund is a new coin, which nothing links to the
// payment. A wallet never pays to audit by itself: Pay keeps to the budget, and its error
// says in which case PayAs would pay, and who would learn what.
//
// An operation that never left locks nothing, and is on no disk. One that may have left is pending, whatever
// the node answers, until a certificate decides: a record executes it, a record spends one
// of its inputs otherwise, or a certified time is beyond its epoch; what is held by then
// stays held. Neither a node's word
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
