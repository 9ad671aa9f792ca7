package replica_test

import (
	"bytes"
	"context"
	"iter"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/replica"
	"github.com/utt-ecash/utt-go/utt/store"
)

// entriesOf are a replica's or publication's from a number on.
func entriesOf(t testing.TB, from uint64, of interface {
	Entries(ctx context.Context, from uint64) iter.Seq2[[]byte, error]
}) (all [][]byte) {
	t.Helper()
	for e, err := range of.Entries(ctx, from) {
		require.NoError(t, err)
		all = append(all, e)
	}
	return all
}

// What is published can be read by parts, of a ledger of any size so far: by a replica with
// its store, by one that was opened again, and by a Publication in memory, in the same bytes.
func TestSections(t *testing.T) {
	c := newCluster(t, 73)
	var memory replica.Publication
	for h := range uint64(9) {
		c.decide(c.register()...)
		c.settle()
		certificate := must(c.replicas[0].Certificate(ctx, ever))
		require.Equal(t, h+1, certificate.Height)
		var records []*utt.Record
		for r, err := range c.replicas[0].Records(ctx, utt.Cursor{Height: h + 1}) {
			require.NoError(t, err)
			records = append(records, r)
		}
		require.NoError(t, memory.Publish(certificate, records))
	}
	c.replicas[1] = nil
	c.open(1)
	all, last := memory.Clone(), must(c.replicas[0].Certificate(ctx, ever))
	require.EqualValues(t, 36, last.Records)
	var records []*utt.Record
	var summaries []*utt.Summary
	entries := entriesOf(t, 0, c.replicas[0])
	for r, err := range c.replicas[0].Records(ctx, utt.Cursor{}) {
		require.NoError(t, err)
		require.Equal(t, r.LogLeaf(utt.EntryTree), entries[len(records)])
		records, summaries = append(records, r), append(summaries, must(utt.ParseEntry(entries[len(records)])))
	}
	require.Len(t, entries, len(records))
	for from := range uint64(38) {
		want := entries[min(from, 36):]
		require.Equal(t, append([][]byte(nil), want...), entriesOf(t, from, c.replicas[1]))
		require.Equal(t, append([][]byte(nil), want...), entriesOf(t, from, all))
	}
	for size := uint64(1); size <= last.Records; size++ {
		for number := uint64(0); ; number++ {
			from, to := utt.SectionBounds(number, size)
			if from == to {
				break
			}
			s := must(c.replicas[0].Section(ctx, number, size))
			for _, other := range []*utt.Section{must(c.replicas[1].Section(ctx, number, size)), must(all.Section(ctx, number, size))} {
				require.Equal(t, must(s.MarshalBinary()), must(other.MarshalBinary()))
			}
			f := must(utt.Frontier{}.Extend(records[:size]))
			opened := must(s.Open(&utt.Certificate{Checkpoint: f.Checkpoint}, number, summaries[from:to]))
			for i, r := range opened {
				require.Equal(t, records[from+uint64(i)].Signatures(), r.Signatures())
			}
		}
	}
	for _, at := range [][2]uint64{{3, 36}, {0, 0}, {0, 37}, {2, 37}, {math.MaxUint64, 36}, {0, math.MaxUint64}} {
		for _, of := range []interface {
			Section(ctx context.Context, number, size uint64) (*utt.Section, error)
		}{c.replicas[0], all, new(replica.Publication)} {
			_, err := of.Section(ctx, at[0], at[1])
			require.ErrorIs(t, err, utt.ErrNotFound)
		}
	}
}

// Restored from a snapshot, a replica serves what was published since, and says of what is
// below that others have it, and of a section in which it began too.
func TestSectionsAfterRestore(t *testing.T) {
	for _, before := range []int{2, 4} { // within a section, and at the end of one
		c := newCluster(t, 74+uint64(before))
		for range before {
			c.decide(c.register()...)
			c.settle()
		}
		snapshot, digest := c.snapshot()
		at := must(c.replicas[0].Where())
		c.stores[3], c.inboxes[3] = new(store.Memory), nil
		var err error
		c.replicas[3], err = replica.Restore(c.config(3), bytes.NewReader(snapshot), digest, at)
		require.NoError(t, err)
		_, err = c.replicas[3].Section(ctx, 0, at.Certificate.Records)
		require.ErrorIs(t, err, utt.ErrNotFound)
		for range 8 {
			c.decide(c.register()...)
			c.settle()
		}
		c.replicas[3] = nil
		c.open(3)
		last, base, served := must(c.replicas[0].Certificate(ctx, ever)), at.Certificate.Records, 0
		for size := uint64(1); size <= last.Records; size++ {
			for number := uint64(0); ; number++ {
				from, to := utt.SectionBounds(number, size)
				if from == to {
					break
				}
				s, err := c.replicas[3].Section(ctx, number, size)
				if from < base {
					require.ErrorIs(t, err, utt.ErrNotFound)
					continue
				}
				require.NoError(t, err)
				require.Equal(t, must(must(c.replicas[0].Section(ctx, number, size)).MarshalBinary()), must(s.MarshalBinary()))
				served++
			}
		}
		require.Greater(t, served, 8)
		require.Equal(t, entriesOf(t, base, c.replicas[0]), entriesOf(t, base, c.replicas[3]))
		for e, err := range c.replicas[3].Entries(ctx, base-1) {
			require.ErrorIs(t, err, utt.ErrNotFound)
			require.Nil(t, e)
		}
	}
}
