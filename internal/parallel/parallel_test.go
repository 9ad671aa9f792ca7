package parallel

import (
	"runtime"
	"sync/atomic"
	"testing"

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
