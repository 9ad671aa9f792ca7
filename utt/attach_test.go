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
	for height, tree := range map[uint64]utt.Tree{1: utt.CredentialTree, 2: utt.CoinTree} { // from the store, then as executed
		own := records(t, l, height)
		shares := slices.Concat(n.shares(t, l, height, n.credential...), n.shares(t, l, height, n.coin...))
		want, err := n.committees.Combine(ctx, n.p, own, shares)
		require.NoError(t, err)
		var signatures [][]byte
		for i, r := range want {
			signatures = append(signatures, r.Signatures())
			require.Nil(t, own[i].Signatures())
		}
		for _, own := range [][]*utt.Record{own, records(t, restoredFrom(t, l), height)} {
			got, err := n.p.Attach(ctx, tree, own, signatures)
			require.NoError(t, err)
			trusted, err := n.p.AttachTrusted(tree, own, signatures)
			require.NoError(t, err)
			require.Equal(t, got, trusted)
			require.Len(t, got, len(want))
			for i, r := range got {
				a, err := want[i].MarshalBinary()
				require.NoError(t, err)
				b, err := r.MarshalBinary()
				require.NoError(t, err)
				require.Equal(t, a, b)
				require.False(t, own[i].Signed(), "the records given stay as they are")
			}
		}

		last := len(signatures) - 1
		for name, c := range map[string]struct {
			signatures [][]byte
			want       error
			trusted    bool // nothing but a verification shows it
		}{
			"none":            {nil, utt.ErrInvalid, false},
			"too few":         {signatures[:last], utt.ErrInvalid, false},
			"too many":        {append(slices.Clone(signatures), nil), utt.ErrInvalid, false},
			"one is missing":  {append([][]byte{nil}, signatures[1:]...), utt.ErrMalformed, false},
			"of another":      {append([][]byte{signatures[last]}, signatures[1:]...), utt.ErrInvalid, true},
			"bytes after one": {append([][]byte{append(slices.Clone(signatures[0]), 0)}, signatures[1:]...), utt.ErrMalformed, false},
			"no point":        {append([][]byte{make([]byte, len(signatures[0]))}, signatures[1:]...), utt.ErrMalformed, false},
		} {
			got, err := n.p.Attach(ctx, tree, own, c.signatures)
			require.ErrorIs(t, err, c.want, name)
			require.Nil(t, got, name)
			got, err = n.p.AttachTrusted(tree, own, c.signatures)
			if c.trusted {
				require.NoError(t, err, name)
				continue
			}
			require.ErrorIs(t, err, c.want, name)
			require.Nil(t, got, name)
		}
		another := utt.CoinTree + utt.CredentialTree - tree
		_, err = n.p.Attach(ctx, another, own, signatures)
		require.ErrorIs(t, err, utt.ErrInvalid, "those of the other tree")
		unchanged, err := n.p.Attach(ctx, another, own[:1], [][]byte{nil})
		require.NoError(t, err)
		require.False(t, unchanged[0].Signed())
		for _, r := range []*utt.Record{nil, {}} {
			_, err := n.p.Attach(ctx, tree, []*utt.Record{r}, [][]byte{nil})
			require.ErrorIs(t, err, utt.ErrInvalid)
		}
		_, err = (*utt.Parameters)(nil).Attach(ctx, tree, own, signatures)
		require.Error(t, err)
		cancelled, cancel := context.WithCancel(ctx)
		cancel()
		_, err = n.p.Attach(cancelled, tree, own, signatures)
		require.ErrorIs(t, err, context.Canceled)
	}
}

// Records of another network are refused, whatever they keep of its own.
func TestAttachOfAnotherNetwork(t *testing.T) {
	w := newWorld(t)
	l := w.fork(t)
	requireExecuted(t, execute(t, l, 0, w.honest))
	r := records(t, l, l.Head().Height)
	other := newLab().p
	require.Positive(t, r[0].Outputs(w.Parameters))
	require.Zero(t, r[0].Outputs(other))
	_, err := other.Attach(t.Context(), utt.CoinTree, r, [][]byte{make([]byte, 96)})
	require.ErrorIs(t, err, utt.ErrMalformed)
	attached, err := other.Attach(t.Context(), utt.CoinTree, r, [][]byte{nil})
	require.NoError(t, err)
	raw, err := attached[0].MarshalBinary()
	require.NoError(t, err)
	same := new(utt.Record)
	require.NoError(t, same.UnmarshalBinary(raw))
	require.Empty(t, same.Signatures())
}
