package conformance

import (
	"context"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/follow"
)

// EntrySource tests the contract of follow.EntrySource, which the subject's node must be.
func EntrySource(t *testing.T, s Subject) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*patience)
	defer cancel()
	node, ok := s.Node.(follow.EntrySource)
	require.True(t, ok, "the node is no follow.EntrySource")
	for s.grow(ctx, t); s.last(ctx, t).Records <= utt.SectionSize; { // more than a section
		s.grow(ctx, t)
	}
	for _, c := range []struct {
		name string
		test func(context.Context, *testing.T, Subject, follow.EntrySource)
	}{
		{"entries are those of the records, without a gap", entries},
		{"sections open to the records, for every certificate", sections},
		{"what is not published is not there", beyond},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(ctx, t, s, node) })
	}
}

func entries(ctx context.Context, t *testing.T, s Subject, node follow.EntrySource) {
	records := s.records(ctx, t, utt.Cursor{})
	for from := range uint64(len(records) + 2) {
		next := from
		for e, err := range node.Entries(ctx, from) {
			require.NoError(t, err)
			if next < uint64(len(records)) { // else something has happened since
				require.Equal(t, records[next].LogLeaf(utt.EntryTree), e)
			}
			clear(e) // the caller's to change
			next++
		}
		require.GreaterOrEqual(t, next, uint64(len(records)))
	}
	for range node.Entries(ctx, 0) {
		break
	}
	ended, cancel := context.WithCancel(ctx)
	cancel()
	failed := 0
	for _, err := range node.Entries(ended, 0) {
		require.Error(t, err)
		failed++
	}
	require.Equal(t, 1, failed, "an error, once")
}

func sections(ctx context.Context, t *testing.T, s Subject, node follow.EntrySource) {
	records := s.records(ctx, t, utt.Cursor{})
	var summaries []*utt.Summary
	for _, r := range records {
		m, err := utt.ParseEntry(r.LogLeaf(utt.EntryTree))
		require.NoError(t, err)
		summaries = append(summaries, m)
	}
	last := s.last(ctx, t)
	for h := range last.Height + 1 {
		c, err := node.Certificate(ctx, h)
		if err != nil {
			require.ErrorIs(t, err, utt.ErrNotFound)
			continue
		}
		for number := uint64(0); ; number++ {
			from, to := utt.SectionBounds(number, c.Records)
			if from == to {
				break
			}
			section, err := node.Section(ctx, number, c.Records)
			require.NoError(t, err, "section %d of %d records", number, c.Records)
			got, err := section.Open(c, number, summaries[from:to])
			require.NoError(t, err, "section %d of %d records", number, c.Records)
			for i, r := range got {
				want := records[from+uint64(i)]
				require.Equal(t, want.AppendUnsigned(nil), r.AppendUnsigned(nil))
				if want.Kind() != utt.KindRegistration { // whose signatures are in another tree
					require.Equal(t, want.Signatures(), r.Signatures())
				}
			}
		}
	}
}

func beyond(ctx context.Context, t *testing.T, s Subject, node follow.EntrySource) {
	size := s.last(ctx, t).Records
	for _, from := range []uint64{size + 1<<20, 1 << 32, 1 << 40, math.MaxUint64 - 1, math.MaxUint64} {
		for range node.Entries(ctx, from) {
			require.Fail(t, "an entry, or an error, where nothing is yet")
		}
	}
	for _, c := range [][2]uint64{{size/utt.SectionSize + 1, size}, {math.MaxUint64, size}, {0, 0}, {0, size + 1<<20}, {0, math.MaxUint64}, {math.MaxUint64, math.MaxUint64}} {
		_, err := node.Section(ctx, c[0], c[1])
		require.ErrorIs(t, err, utt.ErrNotFound, "section %d of %d records", c[0], c[1])
	}
}
