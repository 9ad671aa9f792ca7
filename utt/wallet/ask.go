package wallet

import (
	"sort"

	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/utt"
)

// From where a wallet asks would name it, if it were where nobody else is: whoever asks from
// there again is the same. So it asks from where others ask too, and drops what it knows:
//
//	[ASK-SAME]   one that follows asks from the last slot of the ledger's clock on, and one that
//	             returns from the last day on
//	[ASK-FIRST]  all that is asked is asked before any of it is taken in, which takes longer
//	             where it concerns the user
const (
	slot = 60           // seconds
	day  = 24 * 60 * 60 // seconds
)

// atOnce is about how many records are asked for before any are taken in.
const atOnce = 1 << 13

// boundaries are places of the ledger's, which all wallets that come by have alike.
type boundaries struct {
	last      utt.Checkpoint // of the last record, of which only height and time are used
	slot, day utt.Frontier   // at the last record before the slot, and the day, of the frontier
	// credentials is that of what registrars have signed, as day is, or on an earlier one: they lag
	credentials utt.Frontier
	// recent is that of what registrars have signed at a multiple of credentialsSpan: it depends
	// on how much that is alone
	recent utt.Frontier
}

// credentialsSpan is what number of records those who follow ask for credentials from a multiple of.
const credentialsSpan = 1 << 12

// leading is what leads from one place to another: records, or summaries of them.
type leading struct {
	count  int
	at     func(i int) (height, time uint64)
	extend func(n int) (utt.Frontier, error) // by the first n
	to     utt.Frontier
	taken  []uint64 // the numbers on the ledger of the records that are taken in
}

// leadingRecords are records that lead from one place to another.
func leadingRecords(from utt.Frontier, records []*utt.Record, to utt.Frontier) leading {
	taken := make([]uint64, len(records))
	for i := range taken {
		taken[i] = from.Records + uint64(i)
	}
	return leading{
		len(records),
		func(i int) (height, time uint64) { return records[i].Cursor().Height, records[i].Time() },
		func(n int) (utt.Frontier, error) { return from.Extend(records[:n]) },
		to, taken,
	}
}

// pass is the boundaries of who goes from one place to another.
func (b boundaries) pass(from utt.Frontier, by leading) (boundaries, error) {
	for _, edge := range []struct {
		at    *utt.Frontier
		every uint64
	}{{&b.slot, slot}, {&b.day, day}} {
		start := by.to.Time - by.to.Time%edge.every
		if from.Time >= start {
			continue
		}
		n := sort.Search(by.count, func(i int) bool {
			_, time := by.at(i)
			return time >= start
		})
		if from.Records == 0 && n == 0 {
			continue
		}
		at, err := by.extend(n)
		if err != nil {
			return b, err
		}
		at.Height, at.Time = b.last.Height, b.last.Time
		if n > 0 {
			at.Height, at.Time = by.at(n - 1)
		}
		*edge.at = at
	}
	if by.count > 0 {
		b.last.Height, b.last.Time = by.at(by.count - 1)
	}
	return b, nil
}

// through is how many of what leads from one place to another lead to a third, where the wallet is.
// The error is Forked if they do not lead there.
func (l leading) through(known utt.Frontier) (n int, err error) {
	n = sort.Search(l.count, func(i int) bool {
		height, _ := l.at(i)
		return height > known.Height
	})
	at, err := l.extend(n)
	if err != nil {
		return 0, err
	}
	if at.Records != known.Records || at.Entries != known.Entries || l.to.Height == known.Height && !known.Is(l.to.Checkpoint) {
		return 0, &NodeError{Fault: Forked, Height: l.to.Height, Known: known.Height}
	}
	return n, nil
}

// beginning is from where a wallet asks for records, and for what registrars have signed.
type beginning struct{ ledger, credentials utt.Frontier }

func (b *boundaries) append(to []byte) ([]byte, error) {
	to = wire.AppendUint64(wire.AppendUint64(to, b.last.Height), b.last.Time)
	for _, f := range []utt.Frontier{b.slot, b.day, b.credentials, b.recent} {
		at, err := f.MarshalBinary()
		if err != nil {
			return nil, err
		}
		to = wire.AppendBytes(to, at)
	}
	return to, nil
}

func (b *boundaries) read(r *wire.Reader, most int) {
	b.last.Height, b.last.Time = r.Uint64(), r.Uint64()
	for _, f := range []*utt.Frontier{&b.slot, &b.day, &b.credentials, &b.recent} {
		if at := r.Bytes(most); r.Err() == nil {
			if err := f.UnmarshalBinary(at); err != nil {
				r.Fail("%v", err)
			}
		}
	}
}
