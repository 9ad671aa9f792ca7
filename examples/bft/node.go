package bft

import (
	"fmt"
	"maps"
	"slices"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/ledger"
	"github.com/utt-ecash/utt-go/utt/replica"
	"github.com/utt-ecash/utt-go/utt/store"
)

// keep is how many decided blocks a node holds for those who come late. Who is
// farther behind fetches a snapshot.
const keep = 64

// Node is consensus, and a replica.Replica that executes and signs what it decides. It is
// a pure state machine. What it does depends on its configuration and the messages
// it took in, and on no clock, randomness or scheduling; only Check inside the
// library uses several cores and random weights, neither of which shows.
type Node struct {
	c   Config
	now uint64

	store     store.Store
	replica   *replica.Replica // nil as long as the ledger is lost
	published uint64
	dirty     bool                // the replica may have something to do
	late      uint64              // the last block of those that were overdue
	overdues  int32               // how often they were
	blamed    []replica.Blame     // that were told
	left      replica.SignerState // where the ledger stood that was dropped

	out    []Message
	events []Event
	halted bool

	consensus  consensus
	inbox      []heard // on its way into the log
	early      []heard // for heights to come
	seen       map[uint64]map[[32]byte]bool
	judgements map[BlockID]*judgement // of the present height

	mempool  mempool
	verdicts map[utt.Digest]*utt.Verdicts // on operations that may come again

	last  BlockID      // of the last decided block
	chain []*Decided   // the last ones, up to that
	own   []*Statement // own attestations on them

	attested   []heard  // attestations of others
	denied     []NodeID // who attests to another state after the last block
	sync       syncState
	recoveries uint64
	served     *Snapshot // of the present height, once somebody fetched it
}

// heard is a verified statement.
type heard struct {
	st      *Statement
	c       content
	relayed bool
}

// New makes a node. It does nothing before it takes in Start.
func New(c Config) (*Node, error) {
	if err := c.validate(); err != nil {
		return nil, err
	}
	n := &Node{
		c:        c,
		store:    c.Store,
		seen:     make(map[uint64]map[[32]byte]bool),
		verdicts: make(map[utt.Digest]*utt.Verdicts),
	}
	if c.Store == nil {
		return n, nil // to be synced
	}
	return n, n.open()
}

// Ledger is the node's, nil as long as it is lost.
func (n *Node) Ledger() *ledger.Ledger { return n.replica.Ledger() }

// Height is that of the last decided block, 0 as long as the ledger is lost.
func (n *Node) Height() uint64 {
	if n.replica == nil {
		return 0
	}
	return n.Ledger().Head().Height
}

// Step takes one message in and returns those it causes.
func (n *Node) Step(m Message) []Message {
	if n.halted {
		return nil
	}
	if !n.admits(m) {
		return nil
	}
	n.now = m.Time
	if _, starts := m.Body.(Start); n.consensus.height == 0 && (n.replica != nil || n.recoveries == 0) && !starts {
		if b, ok := m.Body.(Submit); ok {
			n.submit(b.Op)
		}
		return nil // not started yet
	}
	switch b := m.Body.(type) {
	case Start:
		n.start()
	case Submit:
		n.submit(b.Op)
	case *Statement:
		if b.carries() {
			n.carry(b)
		} else {
			n.receive(b)
		}
	case Timeout:
		switch {
		case b.Step == timeoutRetry:
			if b.Height == n.recoveries {
				n.retry()
			}
		case n.replica == nil:
		case b.Step == timeoutPublish:
			n.waited(b)
		case b.Step == timeoutBehind:
			n.behind(b.Height)
		default:
			n.timedOut(b)
		}
	case Ask:
		n.tell(m.From, b)
	case *Tell:
		n.told(m.From, b)
	case Fetch:
		n.serve(m.From)
	case *Snapshot:
		n.fetched(m.From, b)
	}
	n.settle()
	n.work()
	out := n.out
	n.out = nil
	return out
}

// admits reports whether the sender may send such a message. Statements are signed, and
// operations come from anywhere; but what replicas tell each other nobody repeats: it
// would have others answer.
func (n *Node) admits(m Message) bool {
	switch b := m.Body.(type) {
	case *Statement:
		return !b.carries() || m.From == b.Signer
	case Start, Timeout:
		return m.From == n.c.ID
	case Ask, *Tell, Fetch, *Snapshot:
		return m.From >= 0 && int(m.From) < len(n.c.Keys) && m.From != n.c.ID
	}
	return true
}

// settle applies the rules and takes in what waits, until nothing is left to do.
func (n *Node) settle() {
	if n.replica == nil {
		return
	}
	n.progress()
	for len(n.inbox) > 0 && !n.halted {
		h := n.inbox[0]
		n.inbox = n.inbox[1:]
		if _, height, _ := h.st.peek(); height == n.consensus.height {
			if !n.record(h.st, h.c) {
				n.forget(h.st)
			} else {
				n.relay(h)
			}
		}
		n.progress()
	}
}

// start comes up, new or after a crash.
func (n *Node) start() {
	switch {
	case n.replica == nil:
		n.recover()
	case n.consensus.height == 0:
		n.attest(BlockID{})
		n.enter(n.Height() + 1)
	default:
		if err := n.open(); err != nil { // of the replica, the store is all that is left
			n.fail("open: %v", err)
			return
		}
		n.overdue(n.Height())
		n.rearm()
		n.ask(n.consensus.height)
		n.sync.restarted = true
		n.timer(Timeout{Step: timeoutBehind, Height: n.consensus.height}, n.c.Timing.Retry)
	}
}

// receive takes in a statement, whoever handed it on.
func (n *Node) receive(st *Statement) {
	if st == nil {
		return
	}
	kind, height, ok := st.peek()
	if !ok || st.carries() {
		return
	}
	votes := kind == kindProposal || kind == kindPrevote || kind == kindPrecommit
	switch next := n.consensus.height; {
	case n.replica == nil:
		if kind != kindAttestation {
			return
		}
	case votes && height < next || height+keep < next:
		return
	case height > next+window:
		if n.c.Verify(st) {
			n.lag()
		}
		return
	}
	d := st.digest()
	if n.seen[height][d] || !n.c.Verify(st) {
		return
	}
	c, err := st.parse()
	if err != nil {
		return
	}
	h := heard{st: st, c: c}
	if n.know(height, d); !n.take(h) {
		n.forget(st)
	}
}

// relay hands a vote or proposal on that is kept: the gossip property of the paper,
// what one correct replica has received, all will.
func (n *Node) relay(h heard) {
	if !h.relayed {
		n.send(Everyone, h.st)
	}
}

func (n *Node) know(height uint64, d [32]byte) {
	if n.seen[height] == nil {
		n.seen[height] = make(map[[32]byte]bool)
	}
	n.seen[height][d] = true
}

// forget has the node take a statement in again that it could not keep.
func (n *Node) forget(st *Statement) {
	_, height, _ := st.peek()
	delete(n.seen[height], st.digest())
}

// state signs a statement of the node's own.
func (n *Node) state(c content) *Statement {
	st := n.c.sign(c)
	_, height, _ := st.peek()
	n.know(height, st.digest())
	return st
}

// take dispatches a verified statement and reports whether the node keeps it.
func (n *Node) take(h heard) (kept bool) {
	of := func(o heard) bool { return o.st.Signer == h.st.Signer }
	switch h.c.(type) {
	case *proposal, *vote:
		_, height, _ := h.st.peek()
		switch {
		case height <= n.consensus.height:
			n.inbox = append(n.inbox, h)
		case howMany(n.early, of) < maxEarly:
			n.relay(h)
			h.relayed = true
			n.early = append(n.early, h)
			n.outrun()
		default: // it is in the log of those who work on that height
			n.sync.missed = max(n.sync.missed, height)
			return false
		}
	case *attestation:
		if howMany(n.attested, of) >= maxAttested {
			k := slices.IndexFunc(n.attested, of)
			n.forget(n.attested[k].st)
			n.attested = slices.Delete(n.attested, k, k+1)
		}
		n.attested = append(n.attested, h)
		n.vouch()
	}
	return true
}

func howMany(all []heard, which func(heard) bool) (k int) {
	for _, h := range all {
		if which(h) {
			k++
		}
	}
	return k
}

// recall takes in what came early for a height and forgets what is past.
func (n *Node) recall(height uint64) {
	var later []heard
	for _, h := range n.early {
		switch _, at, _ := h.st.peek(); {
		case at == height:
			n.inbox = append(n.inbox, h)
		case at > height:
			later = append(later, h)
		}
	}
	n.early = later
	maps.DeleteFunc(n.seen, func(h uint64, _ map[[32]byte]bool) bool { return h+keep < height })
	maps.DeleteFunc(n.verdicts, func(d utt.Digest, _ *utt.Verdicts) bool { return !n.mempool.remembers(d) })
	n.attested = slices.DeleteFunc(n.attested, func(h heard) bool {
		_, at, _ := h.st.peek()
		return at+keep < height
	})
}

// broadcast signs, logs and sends a statement about consensus, unless the node
// may have voted otherwise before it lost everything.
func (n *Node) broadcast(c content) {
	if n.muted() {
		return
	}
	st := n.state(c)
	n.record(st, c)
	n.send(Everyone, st)
}

func (n *Node) muted() bool { return n.consensus.height <= n.sync.mutedTo }

func (n *Node) send(to NodeID, b Body) {
	n.out = append(n.out, Message{From: n.c.ID, To: to, Body: b})
}

// timer has the timeout come back after some time.
func (n *Node) timer(t Timeout, after uint64) {
	n.out = append(n.out, Message{From: n.c.ID, To: n.c.ID, Time: after, Body: t})
}

// clock is the node's, in seconds since 1970. All nodes of a simulation have the
// same.
func (n *Node) clock(ahead uint64) uint64 { return n.c.Clock + (n.now+ahead)/1000 }

// fail stops the node for good: its ledger refuses what was decided, or it finds
// itself apart from the others.
func (n *Node) fail(format string, args ...any) {
	n.halted = true
	n.event(Failed{Reason: fmt.Sprintf(format, args...)})
}
