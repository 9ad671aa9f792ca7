package wallet

import (
	"encoding/binary"
	"maps"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/store"
)

// newDisk is a sealed store in memory.
func newDisk(t testing.TB, s store.Store) *sealed {
	t.Helper()
	d, err := unseal(s, []byte("a seed of thirty-two bytes, or so"), utt.NetworkID{1}, utt.PID{2})
	require.NoError(t, err)
	return d
}

// newWallet is one of nobody, with a disk.
func newWallet(t testing.TB) *Wallet {
	t.Helper()
	w := &Wallet{state: newState(), now: time.Now}
	w.state.disk = newDisk(t, new(store.Memory))
	return w
}

// entries are a state's tables and facts, copied.
func entries(s *walletState) []any {
	return []any{
		s.facts, maps.Clone(s.coins.m), maps.Clone(s.locks.m), maps.Clone(s.purses.m), maps.Clone(s.accounts.m),
		maps.Clone(s.pending.m), maps.Clone(s.holds.m), maps.Clone(s.granted.m),
	}
}

// newKeys are so many different nullifiers.
func newKeys(n int) []coinKey {
	all := make([]coinKey, n)
	for i := range all {
		binary.BigEndian.PutUint64(all[i][:], uint64(i+1))
	}
	return all
}

// Whatever a batch changes, rolled back it has changed nothing.
func TestRollback(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	keys := newKeys(8)
	s := &newWallet(t).state
	change := func() {
		n, id := keys[random.IntN(len(keys))], utt.ID{byte(random.IntN(8))}
		switch random.IntN(10) {
		case 0:
			s.receive(&coin{key: n, asset: "cash", value: utt.Amount(random.IntN(9))})
		case 1:
			if c := s.coins.m[n]; c != nil {
				s.lose(c)
			}
		case 2:
			p := &spending{op: new(utt.Grant), handle: Handle{ID: id}, inputs: []coinKey{n, keys[0]}, epoch: utt.Epoch(random.IntN(3))}
			s.lock(p)
			set(s.journal, &s.pending, id, p)
		case 3:
			if p := s.pending.m[id]; p != nil {
				s.settle(p, Status{State: State(2 + random.IntN(6))})
			}
		case 4:
			set(s.journal, &s.accounts, "cash", s.accounts.m["cash"]+1)
			s.nonce++
		case 5:
			require.NoError(t, s.note(&item{id: id}))
		case 6:
			set(s.journal, &s.granted, grantID{"budget", "cash", utt.Epoch(id[0])}, true)
			s.epoch = utt.Epoch(random.IntN(3))
			s.expire()
		case 7:
			s.credential, s.frontier.Height = new(utt.Holding), s.frontier.Height+1
		case 8:
			set(s.journal, &s.holds, id, &hold{id: id})
		case 9:
			unset(s.journal, &s.holds, id)
		}
		requirePurses(t, s)
	}
	for range 300 {
		before := entries(s)
		require.NoError(t, s.begin())
		for range random.IntN(20) {
			change()
		}
		s.rollback()
		require.Equal(t, before, entries(s))
		require.NoError(t, s.begin())
		change()
		s.journal = nil // these coins have no holdings to be written
	}
	for _, p := range s.pending.m {
		for _, n := range p.inputs {
			require.Contains(t, s.locks.m[n], p)
		}
	}
}

// requirePurses demands that purses are what follows from coins and locks.
func requirePurses(t testing.TB, s *walletState) {
	t.Helper()
	free, locked := make(map[purseID]map[coinKey]bool), make(map[purseID]utt.Amount)
	for n, c := range s.coins.m {
		if s.free(n) {
			if free[c.purse()] == nil {
				free[c.purse()] = make(map[coinKey]bool)
			}
			free[c.purse()][n] = true
		} else {
			locked[c.purse()] += c.value
		}
	}
	for id, p := range s.purses.m {
		require.Equal(t, locked[id], p.locked)
		var sum utt.Amount
		for c := range p.free.largest() {
			require.True(t, free[id][c.key])
			delete(free[id], c.key)
			sum += c.value
		}
		require.Empty(t, free[id])
		require.Equal(t, sum, p.free.sum())
		delete(free, id)
		delete(locked, id)
	}
	for _, v := range locked {
		require.Zero(t, v)
	}
	require.Empty(t, free)
}

// A batch costs what it changes, however many coins there are.
func TestBatchCostsWhatItChanges(t *testing.T) {
	keys := newKeys(1 << 12)
	cost := func(coins int) float64 {
		s := &newWallet(t).state
		for _, n := range keys[:coins] {
			s.receive(&coin{key: n, value: 1})
		}
		return testing.AllocsPerRun(20, func() {
			_ = s.begin()
			s.lose(s.coins.m[keys[0]])
			set(s.journal, &s.accounts, "cash", 1)
			s.rollback()
		})
	}
	require.InDelta(t, cost(2), cost(len(keys)), 60, "some path of a tree of a logarithmic depth")
}
