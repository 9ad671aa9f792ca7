package utt_test

import (
	"context"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/utt"
)

// What one replica combined, another attaches to its own records: the same bytes.
// Anything else is refused.
func TestAttach(t *testing.T) {
	ctx := context.Background()
	n := newLab()
	l := n.population(t)
	for _, height := range []uint64{1, 2} { // credentials, then coins; from the store, then as executed
		shares := slices.Concat(n.shares(t, l, height, n.credential...), n.shares(t, l, height, n.coin...))
		want, err := n.committees.Combine(ctx, n.p, records(t, l, height), shares)
		require.NoError(t, err)
		var signatures [][]byte
		for _, r := range want {
			signatures = append(signatures, r.Signatures())
		}
		for _, l := range []*utt.Ledger{l, restoredFrom(t, l)} {
			got, err := l.Attach(ctx, height, signatures)
			require.NoError(t, err)
			require.Len(t, got, len(want))
			for i, r := range got {
				a, err := want[i].MarshalBinary()
				require.NoError(t, err)
				b, err := r.MarshalBinary()
				require.NoError(t, err)
				require.Equal(t, a, b)
			}
			for _, r := range records(t, l, height) {
				require.False(t, r.Signed(), "the ledger's own records stay as they are")
				require.Nil(t, r.Signatures())
			}
		}

		last := len(signatures) - 1
		for name, c := range map[string]struct {
			signatures [][]byte
			want       error
		}{
			"none":            {nil, utt.ErrInvalid},
			"too few":         {signatures[:last], utt.ErrInvalid},
			"too many":        {append(slices.Clone(signatures), nil), utt.ErrInvalid},
			"exchanged":       {append(slices.Clone(signatures[1:]), signatures[0]), nil},
			"one is missing":  {append([][]byte{nil}, signatures[1:]...), utt.ErrMalformed},
			"of another":      {append([][]byte{signatures[last]}, signatures[1:]...), utt.ErrInvalid},
			"bytes after one": {append([][]byte{append(slices.Clone(signatures[0]), 0)}, signatures[1:]...), utt.ErrMalformed},
			"no point":        {append([][]byte{make([]byte, len(signatures[0]))}, signatures[1:]...), utt.ErrMalformed},
		} {
			got, err := l.Attach(ctx, height, c.signatures)
			require.Error(t, err, name)
			if c.want != nil {
				require.ErrorIs(t, err, c.want, name)
			}
			require.Nil(t, got, name)
		}
		cancelled, cancel := context.WithCancel(ctx)
		cancel()
		_, err = l.Attach(cancelled, height, signatures)
		require.ErrorIs(t, err, context.Canceled)
	}
	for _, height := range []uint64{0, 3} {
		_, err := l.Attach(ctx, height, nil)
		require.ErrorIs(t, err, utt.ErrNotFound)
	}
}
