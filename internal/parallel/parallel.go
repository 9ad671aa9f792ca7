// Package parallel is loops on all cores.
package parallel

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// For calls f(0) … f(n−1) on all cores.
func For(n int, f func(int)) { ForWith(n, func() func(int) { return f }) }

// ForWith is For with an f for each core, which may hold what only one goroutine at a
// time can use. worker is called by one at a time.
func ForWith(n int, worker func() (f func(int))) {
	cores := min(n, runtime.GOMAXPROCS(0))
	if m := measuring.Load(); m != nil {
		m.loop(n, cores, worker)
		return
	}
	if cores <= 1 {
		if n > 0 {
			f := worker()
			for i := range n {
				f(i)
			}
		}
		return
	}
	var next atomic.Int64
	var wg sync.WaitGroup
	for range cores {
		f := worker()
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				f(i)
			}
		})
	}
	wg.Wait()
}

// Range is the numbers from From to below To.
type Range struct{ From, To int }

// tasksPerCore makes what cores wait for each other at the end of a loop a small part of it.
const tasksPerCore = 4

// Tasks is how many tasks to make of what is worth some smallest ones: several for each
// core, but one where there is one core, or not enough to do.
func Tasks(worth int) int {
	cores := runtime.GOMAXPROCS(0)
	if cores == 1 {
		return 1
	}
	return max(1, min(worth, tasksPerCore*cores))
}

// Split divides n things into ranges for Tasks, of at least so many things but where there
// are fewer.
func Split(n, least int) []Range {
	if n == 0 {
		return nil
	}
	ranges := make([]Range, Tasks(n/least))
	for k := range ranges {
		ranges[k] = Range{k * n / len(ranges), (k + 1) * n / len(ranges)}
	}
	return ranges
}
