package bft

import (
	"context"
	"slices"

	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/utt/replica"
)

// What wallets read is made by a replica.Replica: signatures on the outputs of executed
// blocks, and certificates. The node carries its messages, signed, and tells it when it
// has waited in vain.

// party is a node as a member of the committees.
func party(id NodeID) replica.Party {
	j := threshold.Index(id) + 1
	return replica.Party{Coin: j, Credential: j, Ledger: j}
}

// replicaConfig is what the node's replica is opened with.
func (n *Node) replicaConfig() replica.Config {
	return replica.Config{
		Parameters: n.c.Parameters, Committees: &n.c.Committees,
		Coin: n.c.Coin, Credential: n.c.Credential, Ledger: n.c.Ledger,
		Store: n.store, Faults: n.c.Faults,
		Observe: func(s replica.Stage) func() { return n.c.Observe(Stage(s)) },
	}
}

// open opens the replica that the store holds: what it has begun goes on.
func (n *Node) open() error {
	r, err := replica.Open(n.replicaConfig())
	if err != nil {
		return err
	}
	n.run(r)
	return nil
}

// run goes on with a replica.
func (n *Node) run(r *replica.Replica) {
	n.replica, n.published, n.dirty, n.late = r, r.Published(), true, 0
}

// Published is the height up to which the node serves wallets.
func (n *Node) Published() uint64 { return n.published }

// Replica is what the node serves wallets from, nil as long as its ledger is lost.
func (n *Node) Replica() *replica.Replica { return n.replica }

// carry takes in a message of another's replica.
func (n *Node) carry(st *Statement) {
	m := new(replica.Message)
	if n.replica == nil || !n.c.Verify(st) {
		return
	}
	if c, err := st.parse(); err != nil || m.UnmarshalBinary(c.(*carried).message) != nil {
		return
	}
	if n.c.broken.credulous && m.Kind() == replica.KindSignatures {
		for id := range NodeID(len(n.c.Keys)) {
			_ = n.replica.Receive(party(id), m)
		}
	}
	if n.replica.Receive(party(st.Signer), m) == nil {
		n.dirty = true
	}
}

// work has the replica do what there is to do, and sends what comes of it.
func (n *Node) work() {
	if !n.dirty || n.replica == nil || n.halted {
		return
	}
	n.dirty = false
	messages, err := n.replica.Work(context.Background())
	if err != nil {
		n.fail("publish: %v", err)
		return
	}
	for _, m := range messages {
		b, err := m.MarshalBinary()
		if err != nil {
			n.fail("encode a message: %v", err)
			return
		}
		to := Everyone
		if j := m.To().Ledger; j > 0 {
			to = NodeID(j) - 1
		}
		n.send(to, n.c.sign(&carried{m.Height(), b}))
	}
	blamed := n.replica.Blamed()
	for _, b := range blamed {
		if !slices.Contains(n.blamed, b) {
			n.event(Blamed{b.Height, NodeID(b.Index) - 1, b.What})
		}
	}
	n.blamed = blamed
	for h := n.published + 1; h <= n.replica.Published(); h++ {
		n.event(Published{h})
	}
	n.published = n.replica.Published()
}

// await sets a timer for a block to be published.
func (n *Node) await(height uint64) {
	n.timer(Timeout{Step: timeoutPublish, Height: height}, n.c.Timing.Publish)
}

// waited tells the replica that a block was not published in time, or its credentials. Round 0 is the first
// time; the timer of what was overdue then runs for all blocks at once.
func (n *Node) waited(t Timeout) {
	switch {
	case n.replica.Settled() >= t.Height:
	case t.Round == 0 && t.Height > n.late, t.Round == n.overdues:
		n.overdue(t.Height)
	}
}

// overdue has the replica wait for nobody any more on blocks up to a height, and ask the
// others.
func (n *Node) overdue(height uint64) {
	n.replica.Overdue(height)
	n.dirty = true
	n.overdues++
	n.late = n.Height()
	n.timer(Timeout{timeoutPublish, n.late, n.overdues}, n.c.Timing.Retry)
}
