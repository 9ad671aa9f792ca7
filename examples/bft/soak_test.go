package bft

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/parallel"
)

var (
	soak     = flag.Bool("soak", false, "explore 700, 250 and 50 schedules of 4, 7 and 10 replicas instead of 8, 3 and 1")
	soakSeed = flag.Uint64("soak-seed", 0, "explore only the schedule of this seed")
)

// randomSchedule draws a schedule in which up to the given number of replicas are
// faulty in ways of their own, and the network is bad for a while.
func randomSchedule(seed uint64, n, faulty int, w *Workload) Schedule {
	r := rand.New(rand.NewPCG(seed, uint64(n)))
	s := Schedule{
		Seed: seed, Boot: 60, Items: items(w), Limit: 400_000,
		Byzantine: make(map[NodeID]Behaviour),
		Conditions: Conditions{
			Heal: r.Uint64N(4000), Delay: 50 + r.Uint64N(1500), Delta: 50,
			Drop: r.Float64() * 0.3, Duplicate: r.Float64() * 0.2,
		},
	}
	s.Actions = submitAll(s.Items)
	order := r.Perm(n)
	for _, i := range order[:r.IntN(faulty+1)] {
		id := NodeID(i)
		if kind := r.IntN(len(Behaviours) + 3); kind < len(Behaviours) {
			s.Byzantine[id] = Behaviours[kind]
			continue
		}
		at := s.Boot
		for again := true; again; again = r.IntN(3) == 0 {
			at += 1 + r.Uint64N(3000)
			stop := ActionCrash
			if r.IntN(2) == 0 {
				stop = ActionLose
			}
			s.Actions = append(s.Actions, Action{At: at, Kind: stop, Node: id})
			if r.IntN(4) == 0 {
				break
			}
			at += 1 + r.Uint64N(3000)
			s.Actions = append(s.Actions, Action{At: at, Kind: ActionRestart, Node: id})
		}
	}
	sortActions(s.Actions)
	for range r.IntN(3) {
		from := r.Uint64N(s.Conditions.Heal + 1)
		split := Split{From: from, To: min(from+r.Uint64N(2000), s.Conditions.Heal), Sides: make([][]NodeID, 2)}
		for i := range n {
			side := r.IntN(2)
			split.Sides[side] = append(split.Sides[side], NodeID(i))
		}
		s.Conditions.Splits = append(s.Conditions.Splits, split)
	}
	return s
}

// explore runs the schedules of seeds from 1 on, on all cores, and reports the first
// violation by seed. Of odd seeds f+1 replicas sign, of even ones 2f+1.
func explore(t *testing.T, w *Workload, faults, schedules int) {
	var steps, full atomic.Int64
	errs := make([]error, schedules)
	start := time.Now()
	parallel.For(schedules, func(i int) {
		seed := uint64(i + 1)
		if *soakSeed > 0 {
			seed = *soakSeed
		}
		threshold := faults + 1
		if seed%2 == 0 {
			threshold += faults
		}
		m, err := NewSimulation(replicasOf(t, w, size{faults, threshold}), randomSchedule(seed, 3*faults+1, faults, w))
		if err == nil {
			err = m.Run()
		}
		if err == nil && m.harness.full < 5 {
			err = fmt.Errorf("seed %d: %d full blocks", seed, m.harness.full)
		}
		if err != nil {
			errs[i] = fmt.Errorf("%w\n%s", err, strings.Join(m.Trace(), "\n"))
		}
		steps.Add(int64(m.steps))
		full.Add(int64(m.harness.full))
	})
	for _, err := range errs {
		require.NoError(t, err)
	}
	t.Logf("%d schedules, %d steps, %d blocks of four transfers, %v", schedules, steps.Load(), full.Load(), time.Since(start).Round(time.Millisecond))
}

// Nothing that up to f replicas and the network do violates an invariant. A
// failure prints the seed, by which -soak-seed repeats it.
func TestSoak(t *testing.T) {
	w := pool(t)
	for _, c := range []struct{ faults, short, long int }{{1, 8, 700}, {2, 3, 250}, {3, 1, 50}} {
		t.Run(fmt.Sprintf("n=%d", 3*c.faults+1), func(t *testing.T) {
			schedules := c.short
			switch {
			case *soakSeed > 0:
				schedules = 1
			case *soak:
				schedules = c.long
			}
			explore(t, w, c.faults, schedules)
		})
	}
}
