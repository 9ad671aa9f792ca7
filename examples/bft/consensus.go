package bft

// Step is where a node stands within a round.
type Step uint8

// The steps of a round, and the timeouts that are none of its steps.
const (
	StepPropose   Step = 0
	StepPrevote   Step = 1
	StepPrecommit Step = 2

	timeoutIdle    Step = 3
	timeoutRetry   Step = 4
	timeoutPublish Step = 5
	timeoutBehind  Step = 6
)

// consensus is the state of Algorithm 1 of "The latest gossip on BFT consensus"
// (Buchman, Kwon, Milosevic; arXiv 1807.04938v3). Rules are named by the line at
// which they begin there.
type consensus struct {
	height uint64 // h_p
	round  int32  // round_p
	step   Step   // step_p
	locked choice // lockedValue_p, lockedRound_p
	valid  choice // validValue_p, validRound_p

	rounds    map[int32]*round // looked up only, never ranged over
	log       []*Statement     // of the height, for those who come late
	certified []certified      // with 2f+1 precommits
	ahead     []int32          // rounds above round_p that f+1 have reached
	twofaced  []NodeID         // who contradicted himself
	outrun    bool             // f+1 work on later heights, and the timer for that is set
}

type choice struct {
	block *Block
	round int32 // -1 for none
}

// is reports whether the value chosen is b.
func (c *choice) is(b *Block) bool { return c.block != nil && c.block.id == b.id }

type certified struct {
	round int32
	id    BlockID
}

// enter begins a height with an empty log. What came early for it is taken in.
func (n *Node) enter(height uint64) {
	n.consensus = consensus{height: height, locked: choice{round: -1}, valid: choice{round: -1}, rounds: make(map[int32]*round)}
	n.judgements = make(map[BlockID]*judgement)
	n.recall(height)
	n.outrun()
	if height <= n.sync.missed && len(n.inbox) > 0 { // it is in the log of him who has got here before
		n.send(n.inbox[0].st.Signer, n.question(height))
	}
	n.startRound(0)
}

// startRound is the function of line 11.
func (n *Node) startRound(r int32) {
	s := &n.consensus
	s.round, s.step = r, StepPropose
	if n.c.proposer(s.height, r) == n.c.ID && !n.muted() {
		if s.valid.block == nil && len(n.mempool.queue) == 0 {
			n.timer(Timeout{timeoutIdle, s.height, r}, n.c.Timing.Idle)
			return
		}
		n.propose()
		return
	}
	n.timer(Timeout{StepPropose, s.height, r}, n.c.timeout(r))
}

// propose is lines 15 to 19.
func (n *Node) propose() {
	s := &n.consensus
	rd := s.at(s.round)
	if rd.proposed {
		return
	}
	rd.proposed = true
	block := s.valid.block
	if block == nil {
		block = n.getValue()
	}
	n.broadcast(&proposal{s.height, s.round, s.valid.round, block})
}

// idle reports whether the node is the proposer and has not proposed yet.
func (n *Node) idle() bool {
	s := &n.consensus
	return s.height > 0 && n.c.proposer(s.height, s.round) == n.c.ID && s.step == StepPropose && !n.muted() && !s.at(s.round).proposed
}

// progress applies the rules until none does.
func (n *Node) progress() {
	for !n.halted && (n.decides() || n.skips() || n.steps()) {
	}
}

// decides is rule 49: 2f+1 precommits for a proposed valid block. Its time is not
// ahead of all clocks: of those who precommitted it f+1 are honest.
func (n *Node) decides() bool {
	s := &n.consensus
	for _, c := range s.certified {
		rd := s.at(c.round)
		for _, p := range rd.proposals {
			if p.block.id == c.id && n.judged(p.block, p) {
				n.decide(p.block, c.round, rd.precommits.votesFor(c.id))
				return true
			}
		}
	}
	return false
}

// skips is rule 55: f+1 messages of a later round.
func (n *Node) skips() bool {
	s := &n.consensus
	for len(s.ahead) > 0 {
		r := s.ahead[0]
		s.ahead = s.ahead[1:]
		if r > s.round {
			n.startRound(r)
			return true
		}
	}
	return false
}

// steps applies the first rule about the present round that does.
func (n *Node) steps() bool {
	s := &n.consensus
	rd := s.at(s.round)
	quorum := n.c.quorum()
	if !rd.precommitTimer && len(rd.precommits.senders) >= quorum { // rule 47
		rd.precommitTimer = true
		n.timer(Timeout{StepPrecommit, s.height, s.round}, n.c.timeout(s.round))
		return true
	}
	if s.step == StepPropose {
		for _, p := range rd.proposals {
			switch {
			case p.validRound == -1: // rule 22
				n.prevote(p, s.locked.round == -1 || s.locked.is(p.block))
				return true
			case s.at(p.validRound).prevotes.of(p.block.id) >= quorum: // rule 28
				n.prevote(p, s.locked.round <= p.validRound || s.locked.is(p.block))
				return true
			}
		}
		return false
	}
	if s.step == StepPrevote && !rd.prevoteTimer && len(rd.prevotes.senders) >= quorum { // rule 34
		rd.prevoteTimer = true
		n.timer(Timeout{StepPrevote, s.height, s.round}, n.c.timeout(s.round))
		return true
	}
	if !rd.polka { // rule 36
		for _, p := range rd.proposals {
			if rd.prevotes.of(p.block.id) >= quorum && n.valid(p.block, p) {
				rd.polka = true
				if s.step == StepPrevote {
					s.locked = choice{p.block, s.round}
					s.step = StepPrecommit
					n.broadcast(&vote{kindPrecommit, s.height, s.round, p.block.id})
				}
				s.valid = choice{p.block, s.round}
				return true
			}
		}
	}
	if s.step == StepPrevote && rd.prevotes.of(BlockID{}) >= quorum { // rule 44
		s.step = StepPrecommit
		n.broadcast(&vote{kindPrecommit, s.height, s.round, BlockID{}})
		return true
	}
	return false
}

// prevote is lines 23 to 27 and 29 to 33.
func (n *Node) prevote(p *proposal, unlocked bool) {
	s := &n.consensus
	v := &vote{kindPrevote, s.height, s.round, BlockID{}}
	if n.valid(p.block, p) && unlocked {
		v.id = p.block.id
	}
	s.step = StepPrevote
	n.broadcast(v)
}

// timedOut is the functions of lines 57, 61 and 65.
func (n *Node) timedOut(t Timeout) {
	s := &n.consensus
	if t.Height != s.height || t.Round != s.round {
		return
	}
	switch {
	case t.Step == timeoutIdle:
		if n.idle() {
			n.propose()
		}
	case t.Step == StepPropose && s.step == StepPropose:
		s.step = StepPrevote
		n.broadcast(&vote{kindPrevote, s.height, s.round, BlockID{}})
	case t.Step == StepPrevote && s.step == StepPrevote:
		s.step = StepPrecommit
		n.broadcast(&vote{kindPrecommit, s.height, s.round, BlockID{}})
	case t.Step == StepPrecommit:
		// a vote that others counted may have been refused here, of one who voted for too much
		n.ask(s.height)
		n.startRound(s.round + 1)
	}
}

// rearm sets the timers of the present round again, which a crash has lost.
func (n *Node) rearm() {
	s := &n.consensus
	rd := s.at(s.round)
	rd.prevoteTimer, rd.precommitTimer = false, false
	switch {
	case n.idle():
		n.timer(Timeout{timeoutIdle, s.height, s.round}, n.c.Timing.Idle)
	case s.step == StepPropose:
		n.timer(Timeout{StepPropose, s.height, s.round}, n.c.timeout(s.round))
	}
	s.outrun = false
	n.outrun()
}
