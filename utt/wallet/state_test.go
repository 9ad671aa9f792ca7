package wallet

import (
	"maps"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/attr"
	"github.com/utt-ecash/utt-go/nullifier"
	"github.com/utt-ecash/utt-go/utt"
)

// entries are a state's, copied.
func entries(s *walletState) walletState {
	d := *s
	d.members, d.coins, d.locks = maps.Clone(s.members), maps.Clone(s.coins), maps.Clone(s.locks)
	d.accounts, d.pending, d.outcomes, d.granted = maps.Clone(s.accounts), maps.Clone(s.pending), maps.Clone(s.outcomes), maps.Clone(s.granted)
	d.holds, d.paid = maps.Clone(s.holds), maps.Clone(s.paid)
	return d
}

// newNullifiers are so many different ones.
func newNullifiers(t testing.TB, n int) []nullifier.Key {
	all := make([]nullifier.Key, n)
	for i := range all {
		n, err := nullifier.Derive(attr.Uint64(1), attr.Uint64(uint64(i)))
		require.NoError(t, err)
		all[i] = n.Key()
	}
	return all
}

// Whatever a batch changes, rolled back it has changed nothing.
func TestRollback(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	nullifiers := newNullifiers(t, 8)
	s := newState()
	change := func() {
		n, id := nullifiers[random.IntN(len(nullifiers))], utt.ID{byte(random.IntN(8))}
		switch random.IntN(12) {
		case 0:
			set(&s, s.coins, n, &coin{asset: "cash", value: utt.Amount(random.IntN(9))})
		case 1:
			unset(&s, s.coins, n)
		case 2:
			p := &spending{op: new(utt.Grant), handle: Handle{ID: id}, inputs: []nullifier.Key{n, nullifiers[0]}, epoch: utt.Epoch(random.IntN(3))}
			s.lock(p)
			set(&s, s.pending, id, p)
		case 3:
			if p := s.pending[id]; p != nil {
				s.settle(p, Status{State: State(2 + random.IntN(6))})
			}
		case 4:
			set(&s, s.accounts, "cash", s.accounts["cash"]+1)
			s.nonce++
		case 5:
			s.received = append(s.received, Payment{ID: id})
			set(&s, s.members, utt.PID{id[0]}, new(utt.Record))
		case 6:
			set(&s, s.granted, grantID{"budget", "cash", utt.Epoch(id[0])}, true)
			s.epoch = utt.Epoch(random.IntN(3))
			s.expire()
		case 7:
			s.credential, s.frontier.Height = new(utt.Holding), s.frontier.Height+1
		case 8:
			set(&s, s.holds, id, &hold{id: id})
		case 9:
			unset(&s, s.holds, id)
		case 10:
			set(&s, s.paid, id, new(paid))
		case 11:
			unset(&s, s.paid, id)
		}
	}
	for range 300 {
		before := entries(&s)
		s.begin()
		for range random.IntN(20) {
			change()
		}
		s.rollback()
		require.Equal(t, before, s)
		s.begin()
		change()
		s.commit()
		require.Nil(t, s.journal)
	}
	for _, p := range s.pending {
		for _, n := range p.inputs {
			require.Contains(t, s.locks[n], p)
		}
	}
}

// A batch costs what it changes, however many coins there are.
func TestBatchCostsWhatItChanges(t *testing.T) {
	nullifiers := newNullifiers(t, 2000)
	cost := func(coins int) float64 {
		s := newState()
		for _, n := range nullifiers[:coins] {
			s.coins[n] = &coin{value: 1}
		}
		return testing.AllocsPerRun(20, func() {
			s.begin()
			unset(&s, s.coins, nullifiers[0])
			set(&s, s.accounts, "cash", 1)
			s.rollback()
		})
	}
	require.InDelta(t, cost(2), cost(len(nullifiers)), 1)
}
