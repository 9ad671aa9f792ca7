// Package wallet keeps one user's money: it finds out from certified records what he has,
// pays, and follows what is pending.
//
//	New, Sync                     all comes from a seed and the records of a Node
//	Registration, RequestBudget   a credential, and the budget of an epoch
//	Mint, Burn                    between the account and private coins; others say shield and unshield
//	Plan, Pay, Split, Merge       private transfers; Plan says who learns what
//	Await, Resubmit               what becomes of them
//
// A wallet believes nothing that t replicas have not certified, and nothing of a node. It
// never meets a ledger: what it needs of the world is the interface Node.
package wallet
