package replica

import (
	"maps"
	"slices"
)

// place is where messages about a block are collected, nil if it is published or too far
// ahead.
func (r *line) place(height uint64) *collection {
	if !r.takes(height) {
		return nil
	}
	c := r.blocks[height]
	if c == nil {
		c = new(collection)
		r.blocks[height] = c
	}
	return c
}

// heard is place for a message of another, which is asked for if it comes too early.
func (r *line) heard(from Party, height uint64) *collection {
	c := r.place(height)
	if next := r.next(); c == nil && height > next {
		r.peer(from).lack(next, anyPart)
	}
	return c
}

// keeps reports whether a message about a block is kept. If not, it is asked for when it is
// the block's turn.
func (r *line) keeps(from Party, height uint64, what part, size int) bool {
	p := r.peer(from)
	if height > r.next() && p.kept+size > r.limits.kept {
		p.lack(height, what)
		return false
	}
	p.kept += size
	p.has(height, what)
	return true
}

// release lets go of what was kept about a block.
func (r *line) release(c *collection) {
	for _, s := range c.sets {
		if s.from != (Party{}) {
			r.peer(s.from).kept -= len(s.encoded)
		}
	}
	for _, o := range c.offers {
		r.peer(o.from).kept -= o.size
	}
}

// peer is what is remembered of a party.
func (r *line) peer(of Party) *peer {
	p := r.peers[of]
	if p == nil {
		p = &peer{lacks: make(map[uint64]part), spare: r.limits.burst, clock: r.clock()}
		r.peers[of] = p
	}
	return p
}

// clock goes on with the ledger's time, and with every Overdue.
func (r *Replica) clock() uint64 { return r.ledger.Head().Time + r.waits }

// ask asks for what the replica lacks: all, or those of whom something was dropped. It asks
// once, until there is progress.
func (r *line) ask() {
	next := r.next()
	if r.behind && r.asked < next && (r == r.main || len(r.due) > 0) {
		r.asked = next
		r.send(Party{}, &ask{r.key, next})
	}
	r.behind = false
	for _, to := range slices.SortedFunc(maps.Keys(r.peers), compareParty) {
		if r.peers[to].due(next) && r.asked < next {
			r.send(to, &ask{r.key, next})
		}
	}
}
