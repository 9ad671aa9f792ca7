package follow_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/follow"
	"github.com/utt-ecash/utt-go/utt/local"
)

var _ follow.EntrySource = new(local.Network)

// enrolled is a network with so many users.
func enrolled(t testing.TB, users ...string) *local.Network {
	t.Helper()
	ctx := context.Background()
	net, err := local.New(ctx, local.Config{})
	require.NoError(t, err)
	for _, u := range users {
		w, err := net.Wallet(u, nil)
		require.NoError(t, err)
		require.NoError(t, net.Enroll(ctx, w, u, 0))
	}
	return net
}

func encoded(t testing.TB, r interface{ MarshalBinary() ([]byte, error) }) []byte {
	t.Helper()
	b, err := r.MarshalBinary()
	require.NoError(t, err)
	return b
}

// What is read by parts is what is read in full.
func TestSummariesAndSectionsAreTheRecords(t *testing.T) {
	ctx := context.Background()
	net := enrolled(t, "ann", "bob")
	for i := range 20 {
		require.NoError(t, net.Issue(ctx, "ann", "cash", utt.Amount(1+i)))
	}
	p := net.Parameters()
	var records []*utt.Record
	require.NoError(t, follow.Records(ctx, p, utt.Frontier{}, net, func(_ context.Context, got []*utt.Record, _ utt.Frontier) error {
		records = append(records, got...)
		return nil
	}))
	var summaries []*utt.Summary
	aim, err := follow.Summaries(ctx, p, utt.Frontier{}, net, 0, func(_ context.Context, got []*utt.Summary, _ utt.Frontier) error {
		summaries = append(summaries, got...)
		return nil
	})
	require.NoError(t, err)
	require.Len(t, summaries, len(records))
	require.EqualValues(t, len(records), aim.Records)
	for number := uint64(0); ; number++ {
		from, to := utt.SectionBounds(number, aim.Records)
		if from == to {
			require.Equal(t, aim.Records, from)
			break
		}
		opened, err := follow.Open(ctx, net, aim, number, summaries[from:to])
		require.NoError(t, err)
		for i, r := range opened {
			want := records[from+uint64(i)]
			if want.Kind() == utt.KindRegistration { // its signature is in another tree
				require.False(t, r.Signed())
				require.Equal(t, want.AppendUnsigned(nil), r.AppendUnsigned(nil))
				continue
			}
			require.Equal(t, encoded(t, want), encoded(t, r))
		}
	}
}
