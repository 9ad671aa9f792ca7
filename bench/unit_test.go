package bench

import (
	"flag"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	bls12381 "github.com/consensys/gnark-crypto/ecc/bls12-381"
)

var pairP, pairQ = func() (bls12381.G1Affine, bls12381.G2Affine) {
	_, _, p, q := bls12381.Generators()
	return p, q
}()

func pair() {
	if _, err := bls12381.Pair([]bls12381.G1Affine{pairP}, []bls12381.G2Affine{pairQ}); err != nil {
		panic(err)
	}
}

// cost is what something took: time, and processor time of the whole process, which
// other processes on the machine do not add to.
type cost struct{ wall, cpu float64 }

// stopwatch returns a function that tells the cost since.
func stopwatch() func() cost {
	start, spent := time.Now(), processorTime()
	return func() cost {
		return cost{time.Since(start).Seconds(), (processorTime() - spent).Seconds()}
	}
}

// pairings is the mean cost of a pairing, over k of them on one thread.
func pairings(k int) cost {
	stop := stopwatch()
	for range k {
		pair()
	}
	c := stop()
	return cost{c.wall / float64(k), c.cpu / float64(k)}
}

// pairingsOnAll is how many pairings a second n goroutines make, each k of them.
func pairingsOnAll(n, k int) float64 {
	var wg sync.WaitGroup
	stop := stopwatch()
	for range n {
		wg.Go(func() { pairings(k) })
	}
	wg.Wait()
	return float64(n*k) / stop().wall
}

// series is repeated measurements of one thing, in pu.
type series struct{ wall, cpu []float64 }

func (s *series) add(c, before, after cost) {
	s.wall = append(s.wall, 2*c.wall/(before.wall+after.wall))
	if before.cpu > 0 {
		s.cpu = append(s.cpu, 2*c.cpu/(before.cpu+after.cpu))
	}
}

// best is the median that other processes disturb least: in processor time, where
// that is known. It says the same of work on one thread.
func (s *series) best() float64 {
	if cpu := median(s.cpu); cpu > 0 {
		return cpu
	}
	return median(s.wall)
}

// measure adds a run of f, between k pairings before it and k after it.
func (s *series) measure(k int, f func()) {
	before := pairings(k)
	stop := stopwatch()
	f()
	c := stop()
	s.add(c, before, pairings(k))
}

func median(x []float64) float64 {
	if len(x) == 0 {
		return 0
	}
	y := slices.Sorted(slices.Values(x))
	return (y[(len(y)-1)/2] + y[len(y)/2]) / 2
}

// unit measures a benchmark's runs in pu, each by pairings just before and after it.
type unit struct {
	b      *testing.B
	k      int // pairings at a time
	stop   func() cost
	before cost
	wall   []float64 // seconds
	pu     series
}

// newUnit takes about a tenth of the time of a run, which is worth some pairings,
// for pairings.
func newUnit(b *testing.B, worth int) *unit {
	setCores(b)
	return &unit{b: b, k: max(4, worth/20)}
}

// calls counts the calls of every benchmark.
var calls = make(map[string]int)

// setCores sets GOMAXPROCS to what -cpu says. Package testing makes the first of
// the runs that -cpu demands with the last of its numbers (go.dev/issue/49980),
// and after b.Loop does not repeat it.
func setCores(b *testing.B) {
	call := calls[b.Name()]
	calls[b.Name()]++
	var cores []int
	for v := range strings.SplitSeq(flag.Lookup("test.cpu").Value.String(), ",") {
		if n, err := strconv.Atoi(strings.TrimSpace(v)); err == nil {
			cores = append(cores, n)
		}
	}
	count, err := strconv.Atoi(flag.Lookup("test.count").Value.String())
	if err == nil && count > 0 && call/count < len(cores) {
		runtime.GOMAXPROCS(cores[call/count])
	}
}

// begin starts the benchmark's clock on a run, end stops counting it.
func (u *unit) begin() {
	u.b.StopTimer()
	u.before = pairings(u.k)
	u.stop = stopwatch()
	u.b.StartTimer()
}

func (u *unit) end() {
	c := u.stop()
	u.b.StopTimer()
	u.wall = append(u.wall, c.wall)
	u.pu.add(c, u.before, pairings(u.k))
	u.b.StartTimer()
}

// report adds pu, and pu in processor time, for runs of some payments each.
func (u *unit) report(perRun int) {
	u.b.ReportMetric(median(u.pu.wall)/float64(perRun), "pu")
	if cpu := median(u.pu.cpu); cpu > 0 {
		u.b.ReportMetric(cpu/float64(perRun), "cpu-pu")
	}
}

// reportRate is report and payments a second.
func (u *unit) reportRate(perRun int) {
	u.report(perRun)
	u.b.ReportMetric(float64(perRun)/median(u.wall), "tx/s")
}

// onOneThread keeps a benchmark to one, whatever -cpu says.
func onOneThread(b *testing.B) {
	before := runtime.GOMAXPROCS(1)
	b.Cleanup(func() { runtime.GOMAXPROCS(before) })
}
