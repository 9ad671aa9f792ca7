package ledger

import (
	"fmt"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/utt"
)

// What is encrypted in records is added up in sets: of an asset in an epoch. A set grows
// while records execute, and is put on record in the first block of a later epoch, before
// anything else, if it has enough of them; else it is forgotten. No other sum is made
// [AGG-SET].

// sumsOf are the kinds of sums that a ledger keeps.
var sumsOf = []utt.SumKind{utt.SumVolume}

// addUp adds what a record encrypts to its set, as it executes: never when it is held, or
// refunded.
func (x *execution) addUp(kind utt.SumKind, asset string, e *threshold.Ciphertext) {
	s := x.sum(kind, asset)
	if s == nil {
		s = utt.NewSum(utt.SumSet{Kind: kind, Asset: asset, Epoch: x.epoch()})
	}
	s, err := s.Add(e)
	if err != nil {
		x.fail(err)
		return
	}
	x.putSum(sumKey(kind, asset), s)
}

// sum is the set of an asset that still grows, nil if nothing is in it.
func (x *execution) sum(kind utt.SumKind, asset string) *utt.Sum {
	b := x.get(sumKey(kind, asset))
	if b == nil {
		return nil
	}
	s := new(utt.Sum)
	if err := s.UnmarshalBinary(b); err != nil {
		x.fail(err)
		return nil
	}
	return s
}

func (x *execution) putSum(key []byte, s *utt.Sum) {
	b, err := s.MarshalBinary()
	if err != nil {
		x.fail(err)
		return
	}
	x.put(key, b)
}

// closeSums puts the sets of an epoch that is over on record, and returns how many.
func (x *execution) closeSums() (closed int) {
	now := x.epoch()
	if was, err := x.policy.EpochAt(x.last); err == nil && was == now {
		return 0
	}
	for _, asset := range x.p.Assets() {
		for _, kind := range sumsOf {
			x.current, x.pending = x.current[:0], nil
			s := x.sum(kind, asset)
			if s == nil || s.Set().Epoch >= now {
				continue
			}
			x.remove(sumKey(kind, asset))
			least := x.p.At(s.Set().Epoch).MinSum()
			if enough := least > 0 && s.Count() >= uint64(least); enough || !batch.Enforced("AGG-SET") {
				x.putSum(closedSumKey(s.Set()), s)
				r, err := s.Record(x.p, x.next(), x.time)
				if err != nil {
					x.fail(err)
					return closed
				}
				x.pending = append(x.pending, r)
				closed++
			}
			x.commit()
		}
	}
	return closed
}

// Sum is the sum of a set whose epoch is over, as it is on record. The error is ErrNotFound
// before that, and for a set of too few records.
func (l *Ledger) Sum(set utt.SumSet) (*utt.Sum, error) {
	b, ok, err := l.get(closedSumKey(set))
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, fmt.Errorf("%w: no sum of %v of %.64q in epoch %d", utt.ErrNotFound, set.Kind, set.Asset, set.Epoch)
	}
	s := new(utt.Sum)
	if err := s.UnmarshalBinary(b); err != nil {
		return nil, fmt.Errorf("%w: %w", utt.ErrStore, err)
	}
	return s, nil
}
