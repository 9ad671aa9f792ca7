package bft

import "slices"

// Bounds on the message log, against a sender who floods it. They lie beyond what
// honest replicas send, and what is dropped beyond them reaches a slow replica as
// a decided block.
const (
	maxVariants = 4    // conflicting statements kept of one signer, kind and round
	maxAhead    = 1000 // rounds ahead of one's own
	window      = 16   // heights ahead of one's own
	maxEarly    = 256  // statements kept of one signer on heights to come
	maxAttested = 100  // attestations kept of one signer, the last ones
)

// round is the message log of a round.
type round struct {
	proposals  []*proposal // from its proposer, conflicting ones in order of arrival
	prevotes   tally
	precommits tally
	senders    []NodeID // of any message
	skipped    bool     // by rule 55, once

	proposed       bool // by this node
	prevoteTimer   bool // rule 34, once
	precommitTimer bool // rule 47, once
	polka          bool // rule 36, once
}

// tally counts votes of one kind in a round.
type tally struct {
	counts  []count
	senders []NodeID
}

type count struct {
	id     BlockID
	voters []NodeID
	votes  []*Statement
}

// add counts a vote, unless its voter has voted for too many blocks and nobody else has
// proposed, or voted for, this one. It reports whether it did, and whether the voter
// contradicts himself.
func (t *tally) add(v *vote, s *Statement, proposed bool) (counted, contradicts bool) {
	variants := 0
	var at *count
	for i := range t.counts {
		c := &t.counts[i]
		if slices.Contains(c.voters, s.Signer) {
			variants++
		}
		if c.id == v.id {
			at = c
		}
	}
	if variants >= maxVariants && at == nil && !proposed {
		return false, true
	}
	if at == nil {
		t.counts = append(t.counts, count{id: v.id})
		at = &t.counts[len(t.counts)-1]
	}
	at.voters, at.votes = append(at.voters, s.Signer), append(at.votes, s)
	if !slices.Contains(t.senders, s.Signer) {
		t.senders = append(t.senders, s.Signer)
	}
	return true, variants > 0
}

// of is how many voted for a block.
func (t *tally) of(id BlockID) int {
	for i := range t.counts {
		if t.counts[i].id == id {
			return len(t.counts[i].voters)
		}
	}
	return 0
}

// votesFor are the votes for a block.
func (t *tally) votesFor(id BlockID) []*Statement {
	for i := range t.counts {
		if t.counts[i].id == id {
			return t.counts[i].votes
		}
	}
	return nil
}

// at is the log of a round of the present height.
func (s *consensus) at(r int32) *round {
	if s.rounds[r] == nil {
		s.rounds[r] = new(round)
	}
	return s.rounds[r]
}

// record adds a statement about the present height to the log, and reports whether it
// did. Each occurs once.
func (n *Node) record(st *Statement, c content) (logged bool) {
	s := &n.consensus
	var r int32
	switch c := c.(type) {
	case *proposal:
		r = c.round
	case *vote:
		r = c.round
	}
	if r > s.round+maxAhead {
		n.lag() // in the others' logs are the rounds between
		return false
	}
	if r < 0 {
		return false
	}
	rd := s.at(r)
	switch c := c.(type) {
	case *proposal:
		if st.Signer != n.c.proposer(s.height, r) || c.validRound < -1 || c.validRound >= r {
			return false
		}
		if len(rd.proposals) > 0 {
			n.contradiction(st.Signer)
		}
		if len(rd.proposals) >= maxVariants {
			return false
		}
		rd.proposals = append(rd.proposals, c)
	case *vote:
		t := &rd.prevotes
		if c.kind == kindPrecommit {
			t = &rd.precommits
		}
		proposed := slices.ContainsFunc(rd.proposals, func(p *proposal) bool { return p.block.id == c.id })
		counted, contradicts := t.add(c, st, proposed)
		if contradicts {
			n.contradiction(st.Signer)
		}
		if !counted {
			return false
		}
		if c.kind == kindPrecommit && c.id != (BlockID{}) && t.of(c.id) == n.c.quorum() {
			s.certified = append(s.certified, certified{r, c.id})
		}
	}
	s.log = append(s.log, st)
	if !slices.Contains(rd.senders, st.Signer) {
		rd.senders = append(rd.senders, st.Signer)
	}
	if r > s.round && len(rd.senders) >= n.c.Faults+1 && !rd.skipped {
		rd.skipped = true
		s.ahead = append(s.ahead, r)
	}
	return true
}

func (n *Node) contradiction(by NodeID) {
	if !slices.Contains(n.consensus.twofaced, by) {
		n.consensus.twofaced = append(n.consensus.twofaced, by)
		n.event(Contradicted{Height: n.consensus.height, By: by})
	}
}
