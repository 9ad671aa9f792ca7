package conformance

import (
	"context"
	"math"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/wallet"
)

// Subject is a node to test, of a network that is running.
type Subject struct {
	Node       wallet.Node
	Parameters *utt.Parameters
	// Happen makes something happen that leads to further records and to a certificate
	// over them, and returns once it is on its way.
	Happen func(ctx context.Context) error
}

// patience is how long a test waits for what must come, and blink for what must not.
const (
	patience = 30 * time.Second
	blink    = 100 * time.Millisecond
)

// Node tests the contract of wallet.Node.
func Node(t *testing.T, s Subject) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*patience)
	defer cancel()
	for range 2 {
		s.grow(ctx, t)
	}
	for _, c := range []struct {
		name string
		test func(context.Context, *testing.T, Subject)
	}{
		{"certificates verify, and are the last up to a height", certificates},
		{"records lead to the certificate, without a gap", chain},
		{"records begin at the place asked for", places},
		{"a sequence may be left, read twice, and ends with its context", sequences},
		{"wait returns for what comes, and not before", waiting},
		{"many ask at once", many},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(ctx, t, s) })
	}
}

// grow makes something happen, and waits until it is certified.
func (s Subject) grow(ctx context.Context, t testing.TB) {
	t.Helper()
	var height uint64
	if c, err := s.Node.Certificate(ctx, math.MaxUint64); err == nil {
		height = c.Height
	} else {
		require.ErrorIs(t, err, utt.ErrNotFound, "while nothing is certified")
	}
	require.NoError(t, s.Happen(ctx))
	bounded, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	require.NoError(t, s.Node.Wait(bounded, utt.Cursor{Height: height + 1}))
}

func (s Subject) last(ctx context.Context, t testing.TB) *utt.Certificate {
	t.Helper()
	c, err := s.Node.Certificate(ctx, math.MaxUint64)
	require.NoError(t, err)
	require.NotNil(t, c)
	require.NoError(t, s.Parameters.VerifyCertificate(c))
	return c
}

func (s Subject) records(ctx context.Context, t testing.TB, from utt.Cursor) (all []*utt.Record) {
	t.Helper()
	for r, err := range s.Node.Records(ctx, from) {
		require.NoError(t, err)
		require.NotZero(t, r.Kind(), "a record that is empty")
		all = append(all, r)
	}
	return all
}

func certificates(ctx context.Context, t *testing.T, s Subject) {
	last := s.last(ctx, t)
	var before utt.Checkpoint
	for h := range last.Height + 1 {
		c, err := s.Node.Certificate(ctx, h)
		if err != nil {
			require.ErrorIs(t, err, utt.ErrNotFound)
			require.Zero(t, before.Height, "there was one before")
			continue
		}
		require.NoError(t, s.Parameters.VerifyCertificate(c))
		require.LessOrEqual(t, c.Height, h)
		require.GreaterOrEqual(t, c.Height, before.Height)
		require.GreaterOrEqual(t, c.Time, before.Time)
		require.LessOrEqual(t, c.Records-before.Records, uint64(utt.MaxBlock), "wallets take in no more at once")
		before = c.Checkpoint
	}
	require.Equal(t, last.Height, before.Height)
	c, err := s.Node.Certificate(ctx, last.Height)
	require.NoError(t, err)
	require.Equal(t, last.Checkpoint, c.Checkpoint)
	c.Height = 0 // the caller's to change
	again, err := s.Node.Certificate(ctx, last.Height)
	require.NoError(t, err)
	require.Equal(t, last.Height, again.Height)
}

func chain(ctx context.Context, t *testing.T, s Subject) {
	last := s.last(ctx, t)
	var at utt.Frontier
	var through []*utt.Record
	for _, r := range s.records(ctx, t, utt.Cursor{}) {
		if r.Cursor().Height <= last.Height {
			through = append(through, r)
		}
	}
	require.NotEmpty(t, through)
	_, err := at.Lead(last, through)
	require.NoError(t, err, "records as they were certified, with their signatures")
	require.True(t, slices.IsSortedFunc(through, func(a, b *utt.Record) int { return a.Cursor().Compare(b.Cursor()) }))
}

func places(ctx context.Context, t *testing.T, s Subject) {
	all := s.records(ctx, t, utt.Cursor{})
	for i, r := range all {
		got := s.records(ctx, t, r.Cursor())
		require.NotEmpty(t, got)
		require.Equal(t, r.Cursor(), got[0].Cursor(), "the place asked for is included")
		require.GreaterOrEqual(t, len(got), len(all)-i)
	}
	require.Empty(t, s.records(ctx, t, utt.Cursor{Height: math.MaxUint64}))
}

func sequences(ctx context.Context, t *testing.T, s Subject) {
	seq := s.Node.Records(ctx, utt.Cursor{})
	require.NotNil(t, seq)
	var first utt.Cursor
	for r, err := range seq {
		require.NoError(t, err)
		first = r.Cursor()
		break
	}
	for r, err := range seq {
		require.NoError(t, err)
		require.Equal(t, first, r.Cursor())
		break
	}
	ended, cancel := context.WithCancel(ctx)
	cancel()
	failed := 0
	for _, err := range s.Node.Records(ended, utt.Cursor{}) {
		require.Error(t, err)
		failed++
	}
	require.Equal(t, 1, failed, "an error, once")
}

func waiting(ctx context.Context, t *testing.T, s Subject) {
	next := s.last(ctx, t).Next()
	short, cancel := context.WithTimeout(ctx, blink)
	defer cancel()
	require.Error(t, s.Node.Wait(short, utt.Cursor{Height: next.Height + 1<<30}), "for what is not there")
	require.Error(t, short.Err(), "it must wait as long as it may")
	require.NoError(t, s.Node.Wait(ctx, utt.Cursor{}), "for what is there")
	s.grow(ctx, t)
}

func many(ctx context.Context, t *testing.T, s Subject) {
	want := len(s.records(ctx, t, utt.Cursor{}))
	var group sync.WaitGroup
	counts := make([]int, 8)
	for i := range counts {
		group.Go(func() {
			for _, err := range s.Node.Records(ctx, utt.Cursor{}) {
				if err == nil {
					counts[i]++
				}
			}
		})
	}
	group.Wait()
	for _, n := range counts {
		require.GreaterOrEqual(t, n, want)
	}
}
