package utt_test

import (
	"context"
	"errors"
	"io"
	"math"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/ledger"
)

func TestRecords(t *testing.T) {
	w := sharedWorld()
	l := w.fork(t)
	execute(t, l, 0, parse(t, w.Merge(300), w.Merge(200), cheat(t, "a coin that nobody signed").Op, w.issue(t, l, bob, cash, 1))...)
	execute(t, l, 0)
	execute(t, l, 0, parse(t, w.Merge(100))...)
	ctx := context.Background()
	list := func(from utt.Cursor) (all []*utt.Record) {
		for r, err := range l.Records(ctx, from) {
			require.NoError(t, err)
			require.False(t, r.Signed())
			all = append(all, r)
		}
		return all
	}
	all := list(utt.Cursor{})
	head := l.Head().Height
	require.Len(t, all, len(w.Records)+4)
	last := all[len(all)-1]
	require.Equal(t, utt.Cursor{Height: head}, last.Cursor())
	require.Equal(t, utt.Executed, last.Status())
	require.Equal(t, l.Head().Time, last.Time())
	require.Equal(t, 2, last.Outputs(w.Parameters))
	require.Equal(t, 0, last.Outputs(nil))
	for i, r := range all {
		if i > 0 {
			a, b := all[i-1].Cursor(), r.Cursor()
			require.True(t, b.Height > a.Height && b.Index == 0 || b.Height == a.Height && b.Index == a.Index+1)
		}
		require.Equal(t, all[i:], list(r.Cursor()), "from every place on")
		if i < len(w.Records) {
			require.Equal(t, w.Records[i].ID(), r.ID())
		}
	}
	require.Empty(t, list(utt.Cursor{Height: head, Index: 1}))
	require.Empty(t, list(utt.Cursor{Height: head, Index: math.MaxUint32}))
	require.Empty(t, list(utt.Cursor{Height: math.MaxUint64}))
	require.Equal(t, all[len(all)-1:], list(utt.Cursor{Height: head - 1, Index: 5}), "the block before is empty")

	seq := l.Records(ctx, last.Cursor())
	execute(t, l, 0, w.issue(t, l, bob, cash, 1))
	n := 0
	for _, err := range seq {
		require.NoError(t, err)
		n++
	}
	require.Equal(t, 1, n, "up to the head at the time of the call")
	for range l.Records(ctx, utt.Cursor{}) {
		break
	}

	cancelled, cancel := context.WithCancel(ctx)
	defer cancel()
	n = 0
	for r, err := range l.Records(cancelled, utt.Cursor{}) {
		if n++; n == 3 {
			cancel()
		}
		if n > 3 {
			require.ErrorIs(t, err, context.Canceled)
			require.Nil(t, r)
		}
	}
	require.Equal(t, 4, n)
}

func TestRecordCodec(t *testing.T) {
	w := sharedWorld()
	l := w.fork(t)
	execute(t, l, 0, parse(t, w.HonestPayment(), w.HonestSplit(), w.Alice.Public(1, bob, cash, 2))...)
	records := slices.Clone(w.Records)
	for r, err := range l.Records(context.Background(), utt.Cursor{}) {
		require.NoError(t, err)
		records = append(records, r)
	}
	kinds := make(map[utt.Kind]bool)
	for _, r := range records {
		b, err := r.MarshalBinary()
		require.NoError(t, err)
		kinds[r.Kind()] = true
		var d utt.Record
		require.NoError(t, d.UnmarshalBinary(b))
		again, err := d.AppendBinary([]byte{7})
		require.NoError(t, err)
		require.Equal(t, append([]byte{7}, b...), again)
		require.Equal(t, r.Signed(), d.Signed())
		require.Equal(t, r.Outputs(w.Parameters), d.Outputs(w.Parameters), "derived alike")
		for _, cut := range []int{0, 1, 2, 10, len(b) / 2, len(b) - 1} {
			require.ErrorIs(t, d.UnmarshalBinary(b[:cut]), utt.ErrMalformed)
		}
		require.ErrorIs(t, d.UnmarshalBinary(append(slices.Clone(b), 0)), utt.ErrMalformed)
		unchanged, err := d.MarshalBinary()
		require.NoError(t, err)
		require.Equal(t, b, unchanged)
	}
	require.Len(t, kinds, 6, "records of every kind")

	require.ErrorIs(t, second(new(utt.Record).MarshalBinary()), utt.ErrInvalid)
	require.Equal(t, 0, new(utt.Record).Outputs(w.Parameters))
	require.ErrorIs(t, new(utt.Record).UnmarshalBinary(nil), utt.ErrMalformed)
	require.ErrorIs(t, new(utt.Record).UnmarshalBinary(make([]byte, 1<<17)), utt.ErrMalformed)
}

// Readers see whole blocks while one goroutine executes.
func TestConcurrentReaders(t *testing.T) {
	w := sharedWorld()
	l := w.fork(t)
	done := make(chan struct{})
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			ctx, pid := context.Background(), utt.PIDOf(bob)
			for {
				select {
				case <-done:
					return
				default:
				}
				head := l.Head()
				_, errBalance := l.Balance(pid, cash)
				_, errNonce := l.Nonce(pid)
				n := 0
				for _, err := range l.Records(ctx, utt.Cursor{Height: head.Height}) {
					if err != nil {
						panic(err)
					}
					n++
				}
				_ = l.Digest()
				if err := errors.Join(errBalance, errNonce, snapshotWhile(l)); err != nil {
					panic(err)
				}
			}
		})
	}
	for i := range 20 {
		o := w.issue(t, l, bob, cash, utt.Amount(i+1))
		requireExecuted(t, execute(t, l, 0, o, w.Alice.Public(uint64(1+i), bob, cash, 1)))
		sum := accountsOf(t, l, cash)
		require.Equal(t, sum.sum, 100+sum.alice+sum.bob)
	}
	close(done)
	wg.Wait()
	require.EqualValues(t, 100+20+210, accountsOf(t, l, cash).bob)
}

// snapshotWhile takes a snapshot of a ledger that goes on meanwhile.
func snapshotWhile(l *ledger.Ledger) error {
	s, err := l.Snapshot()
	if err != nil {
		return err
	}
	_, err = s.WriteTo(io.Discard)
	return errors.Join(err, s.Close())
}
