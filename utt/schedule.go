package utt

import (
	"fmt"
	"math"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/wire"
)

// Schedule says when the rounds of a session end, by a ledger's blocks: round k, counted
// from 1, with the first block of a height of Height + (k − 1)·Blocks at least, and a time
// of Time + (k − 1)·Seconds at least, which is of the round after it.
//
// Who speaks in a round has seen its first block, so that a round is of two blocks at least,
// in the second of which he is heard if he is not kept out of it. Of f + 2 blocks with
// proposers in turn one that is honest is left. Where Time comes later than Height, rounds
// end by time alone until their heights are reached: Seconds are more than some blocks take.
// Who follows by certificates needs rounds that are longer than these are late.
type Schedule struct {
	Height, Time    uint64 // Time in seconds since 1970
	Blocks, Seconds uint32
}

const scheduleVersion = 1

// MarshalBinary is the schedule as the terms of a session have it.
func (s Schedule) MarshalBinary() ([]byte, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	b := wire.AppendUint64([]byte{scheduleVersion}, s.Height)
	b = wire.AppendUint64(b, s.Time)
	return wire.AppendUint32(wire.AppendUint32(b, s.Blocks), s.Seconds), nil
}

// UnmarshalBinary decodes a schedule.
func (s *Schedule) UnmarshalBinary(b []byte) error {
	if s == nil {
		return errInto
	}
	r := wire.NewReader(b)
	r.Version(scheduleVersion)
	d := Schedule{r.Uint64(), r.Uint64(), r.Uint32(), r.Uint32()}
	if err := r.Close(); err != nil {
		return fmt.Errorf("%w: schedule: %w", ErrMalformed, err)
	}
	if err := d.check(); err != nil {
		return err
	}
	*s = d
	return nil
}

// check demands rounds in which somebody can speak, in numbers that do not overflow.
func (s Schedule) check() error {
	if s.Height == 0 || s.Blocks == 0 || s.Height > math.MaxInt64 || s.Time > math.MaxInt64 {
		return fmt.Errorf("%w: a schedule of rounds that end from block %d and time %d on, every %d blocks", ErrPolicy, s.Height, s.Time, s.Blocks)
	}
	if s.Blocks < 2 && batch.Enforced("SES-SCHEDULE") {
		return fmt.Errorf("%w: rounds of one block, which have ended for who has seen it: take f + 2, or more", ErrPolicy)
	}
	return nil
}

// End is the least height and time that end round k, counted from 1.
func (s Schedule) End(k int) (height, time uint64) {
	k = max(k, 1)
	return s.Height + uint64(k-1)*uint64(s.Blocks), s.Time + uint64(k-1)*uint64(s.Seconds)
}

// Ended is how many of so many rounds have ended before a block, by its height and time.
func (s Schedule) Ended(rounds int, height, time uint64) (k int) {
	for ; k < rounds; k++ {
		if h, t := s.End(k + 1); height < h || time < t {
			break
		}
	}
	return k
}
