package bft

import (
	"bytes"
	"errors"
	"slices"

	"github.com/utt-ecash/utt-go/utt/ledger"
	"github.com/utt-ecash/utt-go/utt/replica"
)

// State sync of a node that has lost everything but its keys, or is too far behind:
//
//	lost node                          others
//	Ask{0}         ──────────────────> all, with a number of this recovery
//	               <────────────────── Tell: height, with its certificate; attestations
//	  2f+1 have answered: which heights it may have voted in
//	Fetch          ──────────────────> one, after a while the next
//	               <────────────────── Snapshot
//	  f+1 attest its digest: restored
//	Ask{height}    ──────────────────> all
//	               <────────────────── Tell: blocks with certificates, the log
//
// A node that has lost its votes must not vote where it may have voted before. Answers
// to an earlier recovery, which the network held back, do not count: the node has voted
// since.
// It had decided the block before the last height it voted in, so 2f+1 had
// precommitted that block; of the 2f+1 that now answer, one at least is honest and
// among them, and so works on that block's height or a later one. The largest
// height M that an answer proves is therefore no less, and the node had voted in
// M+1 at most.
type syncState struct {
	mutedTo  uint64   // height up to which the node does not vote
	recovery Recovery // that is going on, or was the last

	answered  []NodeID
	highest   uint64 // that an answer proves somebody to work on
	snapshots []candidate
	attempt   int
	restarted bool     // and still on the height of then: others may have been down when asked
	laggedAt  place    // at which the node asked, having fallen behind
	missed    uint64   // the highest height for which it could not keep a statement
	behind    []NodeID // who no longer keeps the block that comes next
}

type candidate struct {
	from NodeID
	*Snapshot
}

// place is a height and a round.
type place struct {
	height uint64
	round  int32
}

// recover asks for everything.
func (n *Node) recover() {
	n.recoveries++
	n.sync = syncState{
		mutedTo: n.sync.mutedTo, attempt: n.sync.attempt,
		recovery: Recovery{n.c.Incarnation, n.recoveries},
	}
	n.ask(0)
	n.retryLater()
}

func (n *Node) ask(height uint64) { n.send(Everyone, n.question(height)) }

func (n *Node) question(height uint64) Ask { return Ask{height, n.sync.recovery} }

func (n *Node) retryLater() {
	n.timer(Timeout{Step: timeoutRetry, Height: n.recoveries}, n.c.Timing.Retry)
}

// retry asks the next node for a snapshot.
func (n *Node) retry() {
	if n.replica != nil {
		return
	}
	n.sync.attempt++
	n.ask(0)
	n.fetch()
	n.retryLater()
}

func (n *Node) fetch() {
	if s := &n.sync; len(s.answered) >= n.c.quorum() {
		n.send(s.answered[s.attempt%len(s.answered)], Fetch{})
	}
}

// lag asks for decided blocks, and the log, when the others are far ahead.
func (n *Node) lag() {
	if at := (place{n.consensus.height, n.consensus.round}); n.sync.laggedAt != at {
		n.sync.laggedAt = at
		n.ask(at.height)
	}
}

// outrun sets a timer once another works on a later height. Others do not repeat what
// decided the height, and a node may have refused a vote that counted for one of them,
// of one who had voted for too much.
func (n *Node) outrun() {
	s := &n.consensus
	if s.outrun {
		return
	}
	if len(n.early) > 0 {
		s.outrun = true
		n.timer(Timeout{Step: timeoutBehind, Height: s.height}, n.c.Timing.Retry)
	}
}

// behind asks for the decided block, and the log, if the node is still on its height.
func (n *Node) behind(height uint64) {
	s := &n.consensus
	if s.height != height {
		n.sync.restarted = false
		return
	}
	n.ask(height)
	if s.outrun = n.sync.restarted; s.outrun {
		n.timer(Timeout{Step: timeoutBehind, Height: height}, n.c.Timing.Retry)
	}
	n.outrun()
}

// tell answers Ask.
func (n *Node) tell(to NodeID, a Ask) {
	if n.replica == nil || n.consensus.height == 0 {
		return
	}
	t := &Tell{Recovery: a.Recovery, Height: n.consensus.height, Log: slices.Clone(n.consensus.log)}
	for _, st := range n.own {
		if _, height, _ := st.peek(); height+1 >= a.Height {
			t.Vouched = append(t.Vouched, st)
		}
	}
	if k := len(n.chain); k > 0 {
		t.Last = n.chain[k-1]
		if first := n.consensus.height - uint64(k); a.Height >= first && a.Height < n.consensus.height {
			t.Blocks = slices.Clone(n.chain[a.Height-first:])
		}
	}
	n.send(to, t)
}

// serve answers Fetch.
func (n *Node) serve(to NodeID) {
	if n.replica == nil {
		return
	}
	if n.served == nil || n.served.Height != n.Height() {
		head, digest, b, err := snapshotOf(n.Ledger())
		if err != nil {
			return
		}
		n.served = &Snapshot{Height: head.Height, Block: n.last, Digest: digest, Ledger: b}
		if k := len(n.chain); k > 0 {
			n.served.Last = n.chain[k-1]
		}
	}
	n.send(to, n.served)
}

// snapshotOf is a ledger's snapshot, with the head and the digest that it is of.
func snapshotOf(l *ledger.Ledger) (head ledger.Head, digest [32]byte, b []byte, err error) {
	s, err := l.Snapshot()
	if err != nil {
		return head, digest, nil, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	var w bytes.Buffer
	_, err = s.WriteTo(&w)
	return s.Head(), s.Digest(), w.Bytes(), err
}

// told takes in an answer to Ask. Everything in it proves itself.
func (n *Node) told(from NodeID, t *Tell) {
	if t == nil {
		return
	}
	for _, st := range t.Vouched {
		n.receive(st)
	}
	if n.replica == nil {
		n.hear(from, t)
		return
	}
	before := n.consensus.height
	for _, d := range t.Blocks {
		n.follow(d)
	}
	if n.consensus.height > before && !n.halted { // others have published them, or send their shares again
		n.overdue(n.Height())
	}
	if len(t.Blocks) == 0 && n.beyond(from, t) {
		return
	}
	if t.Height > n.consensus.height && n.consensus.height > before {
		n.send(from, n.question(n.consensus.height))
		return
	}
	for _, st := range t.Log {
		n.receive(st)
	}
}

// beyond reports that the node is so far behind that f+1 others no longer keep the
// blocks it needs. It then does as if it had lost its ledger.
func (n *Node) beyond(from NodeID, t *Tell) bool {
	s := &n.sync
	if t.Last == nil || slices.Contains(s.behind, from) {
		return false
	}
	if b, _ := n.certified(t.Last); b == nil || b.Height < n.consensus.height+keep {
		return false
	}
	if s.behind = append(s.behind, from); len(s.behind) <= n.c.Faults {
		return false
	}
	n.sync.mutedTo = max(n.sync.mutedTo, n.consensus.height)
	n.leave()
	n.chain, n.own, n.inbox, n.early = nil, nil, nil, nil
	n.consensus = consensus{}
	n.recover()
	return true
}

// leave drops the ledger, but for what it would contradict if it signed another history.
func (n *Node) leave() {
	height := n.Height()
	if b, err := n.Ledger().Block(height); err == nil {
		n.left = replica.SignerState{Height: height, History: b.History}
	}
	n.replica, n.store, n.published = nil, nil, 0
}

// returns reports whether a ledger holds what was signed before, if anything was.
func (n *Node) returns(l *ledger.Ledger) bool {
	if n.left.Height == 0 {
		return true
	}
	b, err := l.Block(n.left.Height)
	return err == nil && b.History == n.left.History
}

// hear takes in an answer while everything is lost.
func (n *Node) hear(from NodeID, t *Tell) {
	s := &n.sync
	if t.Recovery != s.recovery {
		return
	}
	if t.Last != nil {
		b, _ := n.certified(t.Last)
		if b == nil {
			return
		}
		s.highest = max(s.highest, b.Height+1)
	}
	if slices.Contains(s.answered, from) {
		return
	}
	if s.answered = append(s.answered, from); len(s.answered) == n.c.quorum() {
		n.fetch()
	}
}

// follow executes a decided block. Of the 2f+1 that precommitted it f+1 are
// honest, and found every operation valid: the proofs are not verified again.
func (n *Node) follow(d *Decided) {
	b, certificate := n.certified(d)
	if n.halted || b == nil || b.Height != n.consensus.height || b.Parent != n.last || b.parse(&n.mempool) != nil {
		return
	}
	v, err := n.Ledger().Parameters().Trust(b.Time, b.ops)
	if err != nil {
		n.fail("block %d: %v", b.Height, err)
		return
	}
	n.apply(b, v, -1, certificate)
	if !n.halted {
		n.enter(b.Height + 1)
	}
}

// certified is the block of a certificate that holds, else nil.
func (n *Node) certified(d *Decided) (*Block, []*Statement) {
	if d == nil {
		return nil, nil
	}
	b, err := parseBlock(d.Block)
	if err != nil {
		return nil, nil
	}
	var signers []NodeID
	var first *vote
	for _, st := range d.Certificate {
		if st == nil {
			return nil, nil
		}
		c, err := st.parse()
		v, ok := c.(*vote)
		if err != nil || !ok || v.kind != kindPrecommit || v.height != b.Height || v.id != b.id {
			return nil, nil
		}
		if first == nil {
			first = v
		}
		if v.round != first.round || slices.Contains(signers, st.Signer) || !n.c.Verify(st) {
			return nil, nil
		}
		signers = append(signers, st.Signer)
	}
	if len(signers) < n.c.quorum() {
		return nil, nil
	}
	return b, d.Certificate
}

// fetched takes in a snapshot.
func (n *Node) fetched(from NodeID, s *Snapshot) {
	if n.replica != nil || s == nil {
		return
	}
	n.sync.snapshots = slices.DeleteFunc(n.sync.snapshots, func(c candidate) bool { return c.from == from })
	n.sync.snapshots = append(n.sync.snapshots, candidate{from, s})
	n.vouch()
}

// vouch looks whether f+1 attest to what there is: to a snapshot that waits, or
// against the own ledger. Without the answers of 2f+1 nothing is restored, or the
// node would not know where it may have voted.
func (n *Node) vouch() {
	if n.replica != nil {
		n.agree()
		return
	}
	if len(n.sync.answered) < n.c.quorum() {
		return
	}
	for i := 0; i < len(n.sync.snapshots); i++ {
		c := n.sync.snapshots[i]
		if n.attestors(c.Height, c.Block, c.Digest) <= n.c.Faults && !n.c.broken.unchecked {
			continue
		}
		n.sync.snapshots = slices.Delete(n.sync.snapshots, i, i+1)
		i--
		if n.restore(c) {
			return
		}
	}
}

// attestors counts those who attest to a state.
func (n *Node) attestors(height uint64, block BlockID, digest [32]byte) int {
	var by []NodeID
	for _, h := range n.attested {
		if a := h.c.(*attestation); a.height == height && a.block == block && a.digest == digest && !slices.Contains(by, h.st.Signer) {
			by = append(by, h.st.Signer)
		}
	}
	return len(by)
}

// recent reports whether a snapshot leads on: it is not from before what the node
// signed and knows to be published, and others will keep the blocks that follow for a
// while. An old one is genuine, and whoever serves nothing else would keep the node there.
func (n *Node) recent(height uint64) bool {
	var known uint64
	if c := n.c.Published.Certificate; c != nil {
		known = c.Height
	}
	known = max(known, n.left.Height)
	return height >= known && height+keep/2 >= n.sync.highest
}

// restore starts from a snapshot with the digest it claims.
func (n *Node) restore(c candidate) bool {
	if !n.recent(c.Height) {
		return false
	}
	var last *Decided // of nothing decided there is none
	if c.Block != (BlockID{}) {
		// the certificate tells the next one who loses everything how far we were
		if b, _ := n.certified(c.Last); b == nil || b.id != c.Block {
			return false
		}
		last = c.Last
	}
	n.store = n.c.NewStore()
	// what others have published since the start they send, or all make it again
	r, err := replica.Restore(n.replicaConfig(), bytes.NewReader(c.Ledger), c.Digest, n.c.Published)
	if err != nil || r.Ledger().Head().Height != c.Height {
		return false
	}
	if !n.returns(r.Ledger()) {
		n.fail("restore: the ledger after block %d has another history than the one signed before", c.Height)
		return false
	}
	n.run(r)
	if n.last = c.Block; last != nil {
		n.chain = []*Decided{last}
	}
	// who has decided nothing yet proves nothing, and works on the first height
	n.sync = syncState{mutedTo: max(n.sync.mutedTo, max(n.sync.highest, c.Height+1)+1), recovery: n.sync.recovery}
	n.event(Restored{c.Height, c.Digest, c.from})
	n.attest(c.Block)
	n.overdue(n.Height())
	n.enter(c.Height + 1)
	n.ask(n.consensus.height)
	return true
}

// agree looks who attests to another state than the node's own, and stops the node
// if those are f+1.
func (n *Node) agree() {
	height, digest := n.Height(), n.Ledger().Digest()
	var by []NodeID
	for _, h := range n.attested {
		if a := h.c.(*attestation); a.height == height && a.digest != digest && !slices.Contains(by, h.st.Signer) {
			by = append(by, h.st.Signer)
		}
	}
	for _, id := range by {
		if !slices.Contains(n.denied, id) {
			n.denied = append(n.denied, id)
			n.event(Denied{height, id})
		}
	}
	if len(by) > n.c.Faults && !n.c.broken.unchecked {
		n.fail("%d others attest to another state after block %d", len(by), height)
	}
}
