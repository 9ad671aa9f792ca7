package parallel

import (
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestEveryIndexOnce(t *testing.T) {
	for _, cores := range []int{1, 2, 5} {
		before := runtime.GOMAXPROCS(cores)
		t.Cleanup(func() { runtime.GOMAXPROCS(before) })
		for _, n := range []int{0, 1, 3, 1000} {
			calls, workers := make([]atomic.Int32, n), 0
			ForWith(n, func() func(int) {
				workers++
				busy := false // a second goroutine in here would be a race
				return func(i int) {
					require.False(t, busy)
					busy = true
					calls[i].Add(1)
					busy = false
				}
			})
			require.Equal(t, min(n, cores), workers)
			For(n, func(i int) { calls[i].Add(1) })
			for i := range calls {
				require.EqualValues(t, 2, calls[i].Load())
			}
		}
	}
}

func TestSplitCoversAll(t *testing.T) {
	for _, cores := range []int{1, 2, 16} {
		before := runtime.GOMAXPROCS(cores)
		t.Cleanup(func() { runtime.GOMAXPROCS(before) })
		for _, n := range []int{0, 1, 7, 100, 1000} {
			for _, least := range []int{1, 8, 300} {
				ranges, next := Split(n, least), 0
				for _, r := range ranges {
					require.Equal(t, next, r.From)
					require.True(t, len(ranges) == 1 || r.To-r.From >= least)
					next = r.To
				}
				require.Equal(t, n, next)
				require.LessOrEqual(t, len(ranges), tasksPerCore*cores)
				require.True(t, cores > 1 || len(ranges) <= 1)
			}
		}
	}
}

// Of four equal tasks on two cores half of the time would pass, of one all of it.
func TestMeasure(t *testing.T) {
	before := runtime.GOMAXPROCS(2)
	t.Cleanup(func() { runtime.GOMAXPROCS(before) })
	const task = 2 * time.Millisecond
	work := func() {
		for start := time.Now(); time.Since(start) < task; {
		}
	}
	var order []int
	began := time.Now()
	m := Measure(func() time.Duration { return time.Since(began) }, func() {
		work()
		For(4, func(i int) {
			order = append(order, i) // one goroutine
			For(2, func(int) {})
			work()
		})
		For(1, func(int) { work() })
	})
	require.Equal(t, []int{0, 1, 2, 3}, order)
	require.GreaterOrEqual(t, m.Total, 6*task)
	require.GreaterOrEqual(t, m.Serial, task)
	require.LessOrEqual(t, m.Serial, m.Total-5*task)
	require.GreaterOrEqual(t, m.Computed, 4*task)
	require.LessOrEqual(t, m.Computed, m.Total-2*task)
	calls := 0
	ForWith(5, func() func(int) { calls++; return func(int) {} })
	require.Equal(t, 2, calls, "afterwards as before")
}
