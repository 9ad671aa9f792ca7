package ledger

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/utt"
)

// What is held waits in queues, one for each version of the policy, row of it and kind of
// wait: first in, first out, since the waits of a row are equally long, in one version, and
// time does not go back. What is held keeps the version that it was held in. Head and tail
// are in the state, so that the work of a block does not grow with what was ever held, and
// no key is sought. An entry whose operation has moved on is skipped when its turn comes.
//
//	[HOLD-QUEUE]  what is due is processed before the operations of the block, in the order
//	              of (due, version, row, wait, index), at most MaxTransitions of it

// waiting are the entries that a queue holds: those from head on, below tail.
type waiting struct {
	queue
	head, tail uint64
}

// queues are those that are not empty, in order.
func (x *execution) queues() (all []waiting) {
	b := x.get(queuesKey)
	r := wire.NewReader(b)
	for r.Len() > 0 && r.Err() == nil {
		w := waiting{queue{r.Uint64(), r.Uint16(), wait(r.Byte())}, r.Uint64(), r.Uint64()}
		if w.head >= w.tail || len(all) > 0 && all[len(all)-1].compare(w.queue) >= 0 {
			r.Fail("queues that are empty or out of order")
		}
		all = append(all, w)
	}
	if err := r.Close(); err != nil {
		x.fail(fmt.Errorf("%w: queues: %w", utt.ErrMalformed, err))
		return nil
	}
	return all
}

// putQueues stores the queues that are not empty.
func (x *execution) putQueues(all []waiting) {
	var b []byte
	for _, w := range all {
		if w.head < w.tail {
			b = wire.AppendUint64(wire.AppendUint64(w.append(b), w.head), w.tail)
		}
	}
	if b == nil {
		x.remove(queuesKey)
		return
	}
	x.put(queuesKey, b)
}

// enqueue puts an operation at the end of a queue. An empty one begins at 0 again.
func (x *execution) enqueue(q queue, due uint64, id utt.ID) {
	all := x.queues()
	i, found := slices.BinarySearchFunc(all, q, func(w waiting, q queue) int { return w.compare(q) })
	if !found {
		all = slices.Insert(all, i, waiting{queue: q})
	}
	x.put(entryKey(q, all[i].tail), append(be64(due), id[:]...))
	all[i].tail++
	x.putQueues(all)
}

// dequeue takes out the operation that is due first; ok is false if none is.
func (x *execution) dequeue() (what wait, id utt.ID, ok bool) {
	all := x.queues()
	first, at := -1, uint64(0)
	var entry []byte
	for i, w := range all { // of those due at one time the first queue's
		b := x.get(entryKey(w.queue, w.head))
		if len(b) != 8+len(id) {
			x.fail(fmt.Errorf("%w: entry %d of a queue", utt.ErrMalformed, w.head))
			return 0, id, false
		}
		due, err := stored(b[:8])
		if err != nil {
			x.fail(err)
			return 0, id, false
		}
		if due <= x.time && (first < 0 || due < at) {
			first, at, entry = i, due, b
		}
	}
	if first < 0 {
		return 0, id, false
	}
	w := &all[first]
	x.remove(entryKey(w.queue, w.head))
	w.head++
	copy(id[:], entry[8:])
	x.putQueues(all)
	return w.wait, id, true
}

// after is a time that is later by a wait; it saturates.
func after(time uint64, wait time.Duration) uint64 {
	seconds := uint64(wait.Seconds())
	if time > math.MaxUint64-seconds {
		return math.MaxUint64
	}
	return time + seconds
}
