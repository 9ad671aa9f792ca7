package bft

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/utt/replica"
	"github.com/utt-ecash/utt-go/utt/store"
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

// believed has every other replica believe one that combines wrong signatures.
func believed(credulous bool) func(t *testing.T, w *Workload, seed uint64) error {
	return func(t *testing.T, w *Workload, seed uint64) error {
		s := Schedule{Seed: seed, Boot: 60, Items: items(w), Limit: 60_000, Byzantine: map[NodeID]Behaviour{2: BadShares}}
		s.Actions = submitAll(s.Items)
		configs := replicas(t, w, 1)
		for i := range configs {
			configs[i].broken.credulous = credulous
		}
		return simulate(t, configs, s)
	}
}

func TestUnverifiedSignaturesAreCaught(t *testing.T) {
	w := pool(t)
	v := violation(t, 5, func(seed uint64) error { return believed(true)(t, w, seed) })
	require.NotNil(t, v)
	require.Equal(t, EnoughShare, v.Invariant, v)
	require.NoError(t, believed(false)(t, w, v.Seed))
}

// forgetful hides the nullifiers that a ledger has stored.
type forgetful struct{ store.Store }

func (f forgetful) Get(key []byte) ([]byte, bool, error) {
	if len(key) > 0 && (key[0] == 'n' || key[0] == 'N') { // of money, and of budgets
		return nil, false, nil
	}
	return f.Store.Get(key)
}

// generous finds one more in every account than there is.
type generous struct{ store.Store }

func (g generous) Get(key []byte) ([]byte, bool, error) {
	v, ok, err := g.Store.Get(key)
	if ok && key[0] == 'a' {
		v = slices.Clone(v)
		v[len(v)-1]++
	}
	return v, ok, err
}

// inTurn decides items in blocks of their own, since within a block the ledger sees
// for itself.
func inTurn(t *testing.T, w *Workload, store func(store.Store) store.Store, items ...*Item) error {
	s := Schedule{Seed: 1, Items: items, Limit: 60_000}
	for i := range items {
		s.Actions = append(s.Actions, Action{At: 2000 * uint64(i), Kind: ActionSubmit, Item: i})
	}
	configs := replicas(t, w, 1)
	for i := range configs {
		configs[i].Store = store(configs[i].Store)
	}
	return simulate(t, configs, s)
}

func sound(s store.Store) store.Store { return s }

func TestMissingNullifierCheckIsCaught(t *testing.T) {
	w := pool(t)
	forget := func(s store.Store) store.Store { return forgetful{s} }
	var v *Violation
	require.ErrorAs(t, inTurn(t, w, forget, w.Payments[0], w.Doubles[0]), &v)
	require.Equal(t, NoDouble, v.Invariant, v)
	require.NoError(t, inTurn(t, w, sound, w.Payments[0], w.Doubles[0]))

	// and if nobody told the harness which coins they spend, by the budget
	payment, double := *w.Payments[0], *w.Doubles[0]
	payment.Spends, double.Spends = nil, nil
	require.ErrorAs(t, inTurn(t, w, forget, &payment, &double), &v)
	require.Equal(t, InBudget, v.Invariant, v)
}

func TestMoneyFromNothingIsCaught(t *testing.T) {
	w := pool(t)
	var v *Violation
	burn := w.Splits[1]
	require.ErrorAs(t, inTurn(t, w, func(s store.Store) store.Store { return generous{s} }, burn), &v)
	require.Equal(t, Conserved, v.Invariant, v)
	require.NoError(t, inTurn(t, w, sound, burn))
}

// A replica that signs before its block is decided, or alone, is seen.
func TestSharesOutOfTurnAreCaught(t *testing.T) {
	w := pool(t)
	m, err := NewSimulation(replicas(t, w, 1), Schedule{Seed: 1, Items: items(w)})
	require.NoError(t, err)
	e := m.endpoints[0]
	height := m.harness.founded + 1
	out := []Message{{Body: e.node.c.sign(&carried{height, []byte{messageVersion, byte(replica.KindShares)}})}}
	m.harness.says(m, e, out)
	m.harness.early(m, e)
	var v *Violation
	require.ErrorAs(t, m.err, &v)
	require.Equal(t, EnoughShare, v.Invariant, v)

	m.err = nil
	m.harness.decided[height] = &agreed{outputs: true}
	m.harness.says(m, e, out)
	m.harness.early(m, e)
	require.NoError(t, m.err)
	m.harness.published(m, e, Published{height})
	require.ErrorAs(t, m.err, &v)
	require.Equal(t, EnoughShare, v.Invariant, v)
	require.Contains(t, v.Detail, "can have signed")

	m.err = nil
	m.harness.signed[height] = []NodeID{0, 1} // but nobody told node 0
	m.harness.published(m, e, Published{height})
	require.ErrorAs(t, m.err, &v)
	require.Equal(t, EnoughShare, v.Invariant, v)
	require.Contains(t, v.Detail, "with the shares of 1")

	m.err = nil
	out[0].Body = m.endpoints[1].node.c.sign(&carried{height, []byte{messageVersion, byte(replica.KindShares)}})
	m.harness.hears(e, out[0])
	m.harness.published(m, e, Published{height})
	require.NoError(t, m.err)
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
