package bft

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/ledger"
	"github.com/utt-ecash/utt-go/utt/replica"
)

// keep is how many decided blocks a node holds for those who come late. Who is
// farther behind fetches a snapshot.
const keep = 64

// Node is a replica: consensus, a ledger, and signers for its key shares. It is a
// pure state machine. What it does depends on its configuration and the messages
// it took in, and on no clock, randomness or scheduling; only Check inside the
// library uses several cores and random weights, neither of which shows.
type Node struct {
	c       Config
	ledger  *ledger.Ledger
	signers []*replica.Signer
	now     uint64

	certifier   *replica.Certifier
	certifying  map[uint64]*certifying // by height
	certificate *utt.Certificate       // the last one

	out    []Message
	events []Event
	halted bool

	consensus  consensus
	inbox      []heard // on its way into the log
	early      []heard // for heights to come
	seen       map[uint64]map[[32]byte]bool
	judgements map[BlockID]*judgement // of the present height

	mempool mempool
	last    BlockID      // of the last decided block
	chain   []*Decided   // the last ones, up to that
	own     []*Statement // own attestations and shares on them

	collections map[uint64]*collection
	signed      map[uint64][]*utt.Record // with signatures, by height
	attested    []heard                  // attestations of others
	denied      []NodeID                 // who attests to another state after the last block
	sync        syncState
	recoveries  uint64
	served      *Snapshot // of the present height, once somebody fetched it
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
		c:           c,
		seen:        make(map[uint64]map[[32]byte]bool),
		collections: make(map[uint64]*collection),
		signed:      make(map[uint64][]*utt.Record),
		certifying:  make(map[uint64]*certifying),
	}
	if c.Store == nil {
		return n, nil // to be synced
	}
	ledger, err := ledger.New(c.Parameters, c.Store)
	if err != nil {
		return nil, err
	}
	return n, n.open(ledger)
}

// open starts from a ledger.
func (n *Node) open(l *ledger.Ledger) error {
	var signers []*replica.Signer
	for i, k := range []struct {
		committee *threshold.Committee
		share     *threshold.KeyShare
	}{{n.c.Committees.Coin, n.c.Coin}, {n.c.Committees.Credential, n.c.Credential}} {
		state := replica.SignerState{}
		if n.signers != nil { // of the ledger before this one
			state = n.signers[i].State()
		}
		s, err := replica.NewSigner(l, k.committee, k.share, state)
		if err != nil {
			return err
		}
		signers = append(signers, s)
	}
	certifier, err := replica.NewCertifier(l, n.c.Committees.Ledger, n.c.Ledger, n.c.Published)
	if err != nil {
		return err
	}
	if n.certificate == nil {
		n.certificate = n.c.Published
	}
	n.ledger, n.signers, n.certifier = l, signers, certifier
	return nil
}

// Ledger is the node's, nil as long as it is lost.
func (n *Node) Ledger() *ledger.Ledger { return n.ledger }

// Height is that of the last decided block, 0 as long as the ledger is lost.
func (n *Node) Height() uint64 {
	if n.ledger == nil {
		return 0
	}
	return n.ledger.Head().Height
}

// Signed are the records of a block with their signatures, and whether all that it
// created is signed.
func (n *Node) Signed(height uint64) ([]*utt.Record, bool) {
	r, ok := n.signed[height]
	return r, ok
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
	if _, starts := m.Body.(Start); n.consensus.height == 0 && (n.ledger != nil || n.recoveries == 0) && !starts {
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
		n.receive(b)
	case Timeout:
		switch {
		case b.Step == timeoutRetry:
			if b.Height == n.recoveries {
				n.retry()
			}
		case n.ledger == nil:
		case b.Step == timeoutCombine:
			n.waited(b.Height)
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
	out := n.out
	n.out = nil
	return out
}

// admits reports whether the sender may send such a message. Statements are signed, and
// operations come from anywhere.
func (n *Node) admits(m Message) bool {
	switch m.Body.(type) {
	case Start, Timeout:
		return m.From == n.c.ID
	case Ask, *Tell, Fetch, *Snapshot:
		return m.From >= 0 && int(m.From) < len(n.c.Keys) && m.From != n.c.ID
	}
	return true
}

// settle applies the rules and takes in what waits, until nothing is left to do.
func (n *Node) settle() {
	if n.ledger == nil {
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
	case n.ledger == nil:
		n.recover()
	case n.consensus.height == 0:
		n.attest(BlockID{})
		n.enter(n.Height() + 1)
	default:
		n.rearm()
		n.ask(n.consensus.height)
		n.sync.restarted = true
		n.timer(Timeout{Step: timeoutBehind, Height: n.consensus.height}, n.c.Timing.Retry)
	}
}

// submit puts an operation into the mempool, unverified: proposers verify what
// they propose, all at once.
func (n *Node) submit(raw []byte) {
	if n.mempool.add(raw) && n.ledger != nil && n.idle() {
		n.propose()
	}
}

// receive takes in a statement, whoever handed it on.
func (n *Node) receive(st *Statement) {
	if st == nil {
		return
	}
	kind, height, ok := st.peek()
	if !ok {
		return
	}
	votes := kind == kindProposal || kind == kindPrevote || kind == kindPrecommit
	switch next := n.consensus.height; {
	case n.ledger == nil:
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
	switch c := h.c.(type) {
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
	case *shareSet:
		return n.collect(h.st.Signer, c)
	case *signatures:
		return n.offer(h, c)
	case *endorsement:
		return n.endorsed(h, c)
	case *checkpointShare:
		return n.vouches(h.st.Signer, c)
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
	maps.DeleteFunc(n.certifying, func(h uint64, _ *certifying) bool {
		return h+keep < height || n.certificate != nil && h <= n.certificate.Height
	})
	maps.DeleteFunc(n.collections, func(h uint64, _ *collection) bool { return h+keep < height })
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

func (n *Node) check(time uint64, ops []utt.Operation) (*utt.Verdicts, error) {
	defer n.c.Observe(StageCheck)()
	return n.c.Check(context.Background(), time, ops)
}
