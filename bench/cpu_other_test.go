//go:build !unix

package bench

import "time"

// processorTime is not known here: benchmarks leave cpu-pu out.
func processorTime() time.Duration { return 0 }
