package bft

import "github.com/utt-ecash/utt-go/utt"

// Event tells what happened inside a node, to whoever watches it.
type Event any

// Executed says that a block is decided and executed.
type Executed struct {
	Height   uint64
	Round    int32 // in which it was decided; -1 if it came with its certificate from another node
	Block    *Block
	Digest   [32]byte // of the ledger after it
	Receipts []utt.Receipt
	Voters   []NodeID // of the certificate
}

// Published says that the node serves a block to wallets: signed and certified.
type Published struct{ Height uint64 }

// Blamed says that a replica sent what is false.
type Blamed struct {
	Height uint64
	Who    NodeID
	What   string // as in replica.Blame
}

// Refused says that a proposal was found invalid.
type Refused struct {
	Height   uint64
	Round    int32
	Proposer NodeID
	Reason   string
}

// Contradicted says that a replica signed two conflicting statements.
type Contradicted struct {
	Height uint64
	By     NodeID
}

// Denied says that a replica attests to another state after a block.
type Denied struct {
	Height uint64
	By     NodeID
}

// Restored says that a node that had lost its ledger took in a snapshot.
type Restored struct {
	Height uint64
	Digest [32]byte
	From   NodeID
}

// Failed says that the node stopped for good.
type Failed struct{ Reason string }

func (n *Node) event(e Event) { n.events = append(n.events, e) }

// Events returns what happened since the last call.
func (n *Node) Events() []Event {
	e := n.events
	n.events = nil
	return e
}
