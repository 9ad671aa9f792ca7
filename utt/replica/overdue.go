package replica

// Overdue says that the host has waited in vain for the blocks up to a height to be
// published, a second or some for instance: from now on the replica waits for no combiner
// on those that are executed, and the next Work says what it has on them once more, the
// first of them first, and asks the others for theirs. Blocks above are in flight: a host
// with a ticker names the head that there was when it ticked before. Call it now and then,
// also where there is nothing to wait for, so that others may repeat what they asked for.
func (r *Replica) Overdue(height uint64) {
	if r.usable() != nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.waits++
	height = min(height, r.ledger.Head().Height, r.published()+window)
	if r.published() >= height {
		return
	}
	for h := r.published() + 1; h <= height; h++ {
		c := r.place(h)
		c.alone, c.dirty = true, true
	}
	r.overdue, r.repeated = height, 0
	r.behind, r.asked = true, 0
	for _, p := range r.peers {
		p.asked = 0
	}
}

// repeat says once more what the replica has said of blocks that are overdue: as much as
// others keep, and more as these are published.
func (r *Replica) repeat() {
	size := 0
	for h := r.published() + 1; h <= r.overdue && size < r.limits.kept; h++ {
		own, n := r.own(h)
		if size += n; h > r.repeated {
			r.out, r.repeated = append(r.out, own...), h
		}
	}
}

// own is what the replica has said of a block, and its size.
func (r *Replica) own(height uint64) (own []*Message, size int) {
	if c := r.blocks[height]; c != nil {
		for _, m := range c.own {
			own, size = append(own, m), size+m.body.size()
		}
	}
	return own, size
}

// Resend is what the replica has said of blocks that are not published yet, as much as
// others keep: for a replica that it has come to be connected to.
func (r *Replica) Resend() (out []*Message) {
	if r.usable() != nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	size := 0
	for h := r.published() + 1; h <= r.published()+window && size < r.limits.kept; h++ {
		own, n := r.own(h)
		out, size = append(out, own...), size+n
	}
	return out
}
