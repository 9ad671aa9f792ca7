// Package home is what a validator has on disk: its identity, its key shares under a
// passphrase, what all know of the network, and its settings. Found makes the homes of a
// new network.
//
//	settings.json      addresses and peers, for the operator to change
//	genesis.json       CometBFT's, which names the parameters by their digest
//	identity.json      one Ed25519 key: who the validator is to its peers, to consensus, and
//	                   as the holder of key shares that the ledger has on record
//	passphrase         of the shares; put it elsewhere, and name it in settings.json
//	keys.json          committees, and the validator's shares, under the passphrase
//	parameters, proving-key-N
//	sessions           resharings that it takes part in
//	data               CometBFT's databases, and the ledger's
//
// An auditor has a file, with his keys, and his shares under a passphrase.
package home
