package parallel

import (
	"slices"
	"sync/atomic"
	"time"
)

// Measured is how long work took on one goroutine, and what of it cores can share.
type Measured struct {
	Total    time.Duration
	Serial   time.Duration // of Total, outside of loops: one core's, however many there are
	Computed time.Duration // what would have passed if every loop had been on all cores
}

// measure is in progress while Measure runs.
type measure struct {
	clock         func() time.Duration
	within        bool // a loop, whose tasks' own loops are part of them
	inLoops, gain time.Duration
}

var measuring atomic.Pointer[measure]

// Measure runs f with all loops on this goroutine, task after task, as GOMAXPROCS cores would
// share them: each task goes to the core that is free first. It goes by a clock, such as the
// processor time of the process. Loops in tasks are part of these. What cores do to each
// other, by their caches or by waking, is not in it, and neither are goroutines that f starts
// by itself. It is for benchmarks, in which nothing else runs.
func Measure(clock func() time.Duration, f func()) Measured {
	m := &measure{clock: clock}
	measuring.Store(m)
	defer measuring.Store(nil)
	start := clock()
	f()
	total := clock() - start
	return Measured{total, total - m.inLoops, total - m.gain}
}

func (m *measure) loop(n, cores int, worker func() func(int)) {
	if n == 0 {
		return
	}
	fs := make([]func(int), cores)
	for k := range fs {
		fs[k] = worker()
	}
	if m.within {
		for i := range n {
			fs[0](i)
		}
		return
	}
	m.within = true
	busy := make([]time.Duration, cores)
	var sum time.Duration
	for i := range n {
		k := slices.Index(busy, slices.Min(busy))
		start := m.clock()
		fs[k](i)
		took := m.clock() - start
		busy[k] += took
		sum += took
	}
	m.within = false
	m.inLoops += sum
	m.gain += sum - slices.Max(busy)
}
