package replica

import "slices"

// Overdue says that the host has waited in vain for the blocks up to a height to be
// published, a second or some for instance: from now on the replica waits for no combiner
// on those that are executed, and the next Work says what it has on them once more, the
// first of them first, and asks the others for theirs. Blocks above are in flight: a host
// with a ticker names the head that there was when it ticked before. Call it now and then,
// also where there is nothing to wait for, so that others may repeat what they asked for.
//
// Registrars who are not there would be waited for with all this at every call: after some calls
// in vain a replica does it for credentials at every 64th only.
func (r *Replica) Overdue(height uint64) {
	if r.usable() != nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.waits++
	for _, l := range r.lines() {
		l.overdueTo(height)
	}
}

// For credentials as many calls to Overdue count, and then one in so many.
const (
	eager   = 8
	patient = 64
)

func (r *line) overdueTo(height uint64) {
	work := r.work()
	k, found := slices.BinarySearch(work, height)
	if found {
		k++
	}
	late := work[:k]
	if k == 0 {
		return
	}
	if r.key == CredentialKey {
		if r.waited++; r.waited > eager && r.waited%patient > 0 {
			return
		}
	}
	for _, h := range late {
		c := r.place(h)
		c.alone, c.dirty = true, true
	}
	r.overdue, r.repeated = late[k-1], 0
	r.behind, r.asked = true, 0
	for _, p := range r.peers {
		p.asked = 0
	}
}

// repeat says once more what the replica has said of blocks that are overdue: as much as
// others keep, and more as these are published.
func (r *line) repeat() {
	size := 0
	for _, h := range r.work() {
		own, n := r.own(h)
		if h > r.overdue || size >= r.limits.kept {
			return
		}
		if size += n; h > r.repeated {
			r.out, r.repeated = append(r.out, own...), h
		}
	}
}

// own is what the replica has said of a block, and its size.
func (r *line) own(height uint64) (own []*Message, size int) {
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
	for _, l := range r.lines() {
		size := 0
		for _, h := range l.work() {
			own, n := l.own(h)
			if out, size = append(out, own...), size+n; size >= r.limits.kept {
				break
			}
		}
	}
	return out
}
