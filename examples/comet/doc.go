// Package comet is a network of validators on CometBFT: private digital cash between
// processes that trust nobody but most of each other. README.md says how to run it; the
// tests in this folder run it, as processes of this machine, and kill them.
//
//	uttd, uttw     the commands: a validator, a wallet
//	node           the replica on CometBFT
//	home           what a validator has on disk, and how a network is founded
//	pebblestore    the ledger's database
package comet
