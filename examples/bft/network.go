package bft

import (
	"container/heap"
	"math/rand/v2"
	"slices"
)

// Conditions are what the network does to messages. It is partially synchronous:
// until it heals it delays, reorders, duplicates, holds back and partitions; what
// it held back is retransmitted then, and everything after that arrives within
// Delta. Crashed nodes lose what reaches them.
type Conditions struct {
	Heal      uint64  // the global stabilization time, in milliseconds
	Delay     uint64  // the longest before that
	Delta     uint64  // the longest after that
	Drop      float64 // probability that a message is held back until then
	Duplicate float64 // probability that it comes twice, also after that
	Splits    []Split
}

// Split is a partition for a while: messages pass only between nodes that are on
// one side together. Nodes on no side stand alone; a node may be on several.
type Split struct {
	From, To uint64
	Sides    [][]NodeID
}

func (s *Split) separates(at uint64, a, b NodeID) bool {
	return at >= s.From && at < s.To && !slices.ContainsFunc(s.Sides, func(side []NodeID) bool {
		return slices.Contains(side, a) && slices.Contains(side, b)
	})
}

// flight is a message on its way to an endpoint: one of several if a node has
// twins.
type flight struct {
	at, sequence uint64
	to           int
	life         int // of the endpoint that set a timer; a crash ends it
	m            Message
}

// network is the seeded scheduler.
type network struct {
	Conditions
	rng      *rand.Rand
	queue    flights
	sequence uint64
	held     []flight
}

func (w *network) schedule(f flight) {
	w.sequence++
	f.sequence = w.sequence
	heap.Push(&w.queue, f)
}

// send puts a message on its way between replicas.
func (w *network) send(now uint64, f flight, from, to NodeID) {
	healed := now >= w.Heal
	for i := range w.Splits {
		if w.Splits[i].separates(now, from, to) {
			w.held = append(w.held, f)
			return
		}
	}
	if !healed && w.rng.Float64() < w.Drop {
		w.held = append(w.held, f)
		return
	}
	copies := 1
	if w.rng.Float64() < w.Duplicate {
		copies = 2
	}
	for range copies {
		c := f
		c.at = w.arrival(now)
		w.schedule(c)
	}
}

// arrival draws when a message sent now arrives: by Delta after now or after the
// network heals.
func (w *network) arrival(now uint64) uint64 {
	if now >= w.Heal {
		return now + 1 + w.rng.Uint64N(w.Delta)
	}
	return min(now+1+w.rng.Uint64N(w.Delay), w.Heal+w.Delta)
}

// heal retransmits what was held back.
func (w *network) heal(now uint64) {
	for _, f := range w.held {
		f.at = w.arrival(now)
		w.schedule(f)
	}
	w.held = nil
}

type flights []flight

func (q flights) Len() int { return len(q) }
func (q flights) Less(i, j int) bool {
	return q[i].at < q[j].at || q[i].at == q[j].at && q[i].sequence < q[j].sequence
}
func (q flights) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *flights) Push(x any)   { *q = append(*q, x.(flight)) }
func (q *flights) Pop() any {
	old := *q
	f := old[len(old)-1]
	old[len(old)-1] = flight{}
	*q = old[:len(old)-1]
	return f
}
