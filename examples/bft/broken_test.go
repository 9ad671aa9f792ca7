package bft

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/utt"
)

// violation runs schedules of seeds from 1 on until an invariant breaks.
func violation(t *testing.T, seeds uint64, run func(seed uint64) error) *Violation {
	for seed := uint64(1); seed <= seeds; seed++ {
		if err := run(seed); err != nil {
			var v *Violation
			require.ErrorAs(t, err, &v)
			require.Equal(t, seed, v.Seed)
			return v
		}
	}
	return nil
}

func simulate(t *testing.T, configs []Config, s Schedule) error {
	m, err := NewSimulation(configs, s)
	require.NoError(t, err)
	return m.Run()
}

// halves cut the network for the time in which f+1 replicas could decide alone.
func halves(quorum int) func(t *testing.T, w *Workload, seed uint64) error {
	return func(t *testing.T, w *Workload, seed uint64) error {
		s := Schedule{Seed: seed, Boot: 60, Items: items(w), Limit: 60_000}
		s.Actions = submitAll(s.Items)
		s.Conditions = Conditions{Heal: 3_000, Splits: []Split{{From: 0, To: 3_000, Sides: [][]NodeID{{0, 1}, {2, 3}}}}}
		configs := replicas(t, w, 1)
		for i := range configs {
			configs[i].broken.quorum = quorum
		}
		return simulate(t, configs, s)
	}
}

func TestQuorumOfFPlusOneIsCaught(t *testing.T) {
	w := pool(t)
	v := violation(t, 3, func(seed uint64) error { return halves(2)(t, w, seed) })
	require.NotNil(t, v)
	require.Equal(t, Agreement, v.Invariant, v)
	require.NoError(t, halves(0)(t, w, v.Seed))
}

// lied has a node lose everything beside a liar who serves another ledger. That is
// f+1 faults, of which the check withstands these.
func lied(unchecked bool) func(t *testing.T, w *Workload, seed uint64) error {
	return func(t *testing.T, w *Workload, seed uint64) error {
		s := Schedule{Seed: seed, Boot: 60, Items: items(w), Limit: 60_000, Byzantine: map[NodeID]Behaviour{0: Liar}}
		s.Actions = append(submitAll(s.Items), Action{200, ActionLose, 3, 0}, Action{300, ActionRestart, 3, 0})
		configs := replicas(t, w, 1)
		for i := range configs {
			configs[i].broken.unchecked = unchecked
		}
		return simulate(t, configs, s)
	}
}

func TestUncheckedSnapshotIsCaught(t *testing.T) {
	w := pool(t)
	v := violation(t, 20, func(seed uint64) error { return lied(true)(t, w, seed) })
	require.NotNil(t, v)
	require.Equal(t, Agreement, v.Invariant, v)
	require.NoError(t, lied(false)(t, w, v.Seed))
}

// forgetful hides the nullifiers that a ledger has stored.
type forgetful struct{ utt.Store }

func (f forgetful) Get(key []byte) ([]byte, bool, error) {
	if len(key) > 0 && key[0] == 'n' {
		return nil, false, nil
	}
	return f.Store.Get(key)
}

func TestMissingNullifierCheckIsCaught(t *testing.T) {
	w := pool(t)
	run := func(forget bool) error {
		// in blocks of their own, since within a block the ledger sees for itself
		s := Schedule{Seed: 1, Items: []*Item{w.Payments[0], w.Doubles[0]}, Limit: 60_000}
		s.Actions = []Action{{Kind: ActionSubmit, Item: 0}, {At: 2000, Kind: ActionSubmit, Item: 1}}
		configs := replicas(t, w, 1)
		for i := range configs {
			if forget {
				configs[i].Store = forgetful{configs[i].Store}
			}
		}
		return simulate(t, configs, s)
	}
	var v *Violation
	require.ErrorAs(t, run(true), &v)
	require.Equal(t, NoDouble, v.Invariant, v)
	require.NoError(t, run(false))
}

// With f+1 replicas gone nothing is decided, and the harness says who stands where.
func TestFPlusOneCrashedStall(t *testing.T) {
	w := pool(t)
	s := Schedule{Seed: 1, Boot: 60, Items: items(w), Limit: 20_000}
	s.Actions = append(submitAll(s.Items), Action{At: 150, Kind: ActionCrash, Node: 1}, Action{At: 150, Kind: ActionCrash, Node: 2})
	var v *Violation
	require.ErrorAs(t, simulate(t, replicas(t, w, 1), s), &v)
	require.Equal(t, Progress, v.Invariant)
	require.Contains(t, v.Detail, "stalled")
	require.Contains(t, v.Detail, "node 1 is down")
}

// With f+1 Byzantine replicas, twins with the honest ones cut apart, two histories
// are decided.
func TestFPlusOneTwinsDisagree(t *testing.T) {
	w := pool(t)
	run := func(twins map[NodeID]Behaviour) func(seed uint64) error {
		return func(seed uint64) error {
			s := Schedule{Seed: seed, Boot: 60, Items: items(w), Limit: 40_000, Byzantine: twins}
			s.Actions = submitAll(s.Items)
			s.Conditions = Conditions{Heal: 5_000, Splits: []Split{{From: 0, To: 5_000, Sides: [][]NodeID{{0, 1, 2}, {0, 1, 3}}}}}
			return simulate(t, replicas(t, w, 1), s)
		}
	}
	v := violation(t, 60, run(map[NodeID]Behaviour{0: Twins, 1: Twins}))
	require.NotNil(t, v)
	require.Equal(t, Agreement, v.Invariant, v)
	require.NoError(t, run(map[NodeID]Behaviour{0: Twins})(v.Seed))
}
