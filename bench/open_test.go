package bench

import (
	"context"
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/testrand"
	"github.com/utt-ecash/utt-go/sig"
	"github.com/utt-ecash/utt-go/threshold"
)

// BenchmarkOpen is what an auditor does with t encoded shares of a record of two identities
// and an amount, E_0 … E_4, and a table that is there: decode and verify them, combine, and
// find the amount from its limbs, which are the last to be found.
func BenchmarkOpen(b *testing.B) {
	for _, bits := range []int{threshold.SmallLogTable, threshold.LargeLogTable} {
		table, err := threshold.NewLogTable(bits)
		require.NoError(b, err)
		for _, t := range []int{2, 3} {
			b.Run(fmt.Sprintf("table=2^%d/t=%d", bits, t), func(b *testing.B) { benchmarkOpen(b, table, t) })
		}
	}
}

func benchmarkOpen(b *testing.B, table *threshold.LogTable, t int) {
	committee, keys, err := threshold.DealEncryption(testrand.New("bench open"), t, 2*t-1, 4)
	require.NoError(b, err)
	e, err := committee.Key().Encrypt(testrand.New("bench record"), sig.Hash("bench", []byte("payer")), sig.Hash("bench", []byte("payee")),
		sig.Uint64(math.MaxUint32), sig.Uint64(math.MaxUint32))
	require.NoError(b, err)
	record, err := e.MarshalBinary()
	require.NoError(b, err)
	subject, err := threshold.NewSubject([32]byte{1}, "decide", []byte("transfer"))
	require.NoError(b, err)
	request := func() *threshold.Request {
		e := new(threshold.Ciphertext)
		require.NoError(b, e.UnmarshalBinary(record))
		r, err := threshold.NewRequest(subject, e, 0, 1, 2, 3)
		require.NoError(b, err)
		return r
	}
	var encoded [][]byte
	for _, k := range keys[:t] {
		s, err := k.Decrypt(nil, request())
		require.NoError(b, err)
		share, err := s.MarshalBinary()
		require.NoError(b, err)
		encoded = append(encoded, share)
	}
	var times []float64
	for b.Loop() {
		stop := stopwatch()
		var shares []*threshold.DecryptionShare
		for _, s := range encoded {
			share := new(threshold.DecryptionShare)
			require.NoError(b, share.UnmarshalBinary(s))
			shares = append(shares, share)
		}
		opened, err := committee.Open(request(), shares)
		require.NoError(b, err)
		amount, err := table.Amount(context.Background(), opened[2], opened[3])
		require.NoError(b, err)
		require.Equal(b, uint64(math.MaxUint64), amount)
		times = append(times, 1000*stop().wall)
	}
	b.ReportMetric(median(times), "ms")
	b.ReportMetric(float64(len(encoded[0])), "bytes/share")
}
