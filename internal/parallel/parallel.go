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
