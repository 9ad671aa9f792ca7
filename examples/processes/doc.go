// Processes is a ledger of four processes on one machine, built as an integrator would
// build one: each has a replica with its key shares, a store in a file and an HTTP server
// on loopback. They are killed with SIGKILL at ten named points between the decision on a
// block and its publication, and started again; in the end balances, digests and receipts
// are exact, and no payment is lost. The exit status is 0 only if all of that holds.
//
//	party.go, order.go   what an integrator writes for himself, in 350 lines
//	main.go, story.go    the founding, the killing and the checks
//
// The order is a trivial one: the first process takes operations in as they come, and is
// waited for while it is down. A real network has a consensus engine there. Keys are dealt
// by one party, and messages go over plain HTTP with a token for each party.
//
//	go run ./examples/processes
package main
