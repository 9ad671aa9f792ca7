package merkle

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/wire"
)

func leaf(i uint64) []byte { return fmt.Appendf(nil, "leaf %d", i) }

func leaves(n int) []Hash {
	h := make([]Hash, n)
	for i := range h {
		h[i] = Leaf(leaf(uint64(i)))
	}
	return h
}

// root is MTH of RFC 9162, 2.1.1, as it stands there.
func root(h []Hash) Hash {
	switch n := uint64(len(h)); n {
	case 0:
		return Empty
	case 1:
		return h[0]
	default:
		k := uint64(1)
		for 2*k < n {
			k *= 2
		}
		return Node(root(h[:k]), root(h[k:]))
	}
}

func nodes(h []Hash) Nodes {
	return func(level int, index uint64) (Hash, error) {
		return root(h[index<<level : (index+1)<<level]), nil
	}
}

func TestEdgeIsTheTree(t *testing.T) {
	all := leaves(300)
	rng := rand.New(rand.NewPCG(7, 7))
	for n := range all {
		var e Edge
		for rest := all[:n]; len(rest) > 0; {
			k := 1 + rng.IntN(len(rest))
			before := e
			was := before.Append(nil)
			e, rest = e.With(rest[:k]...), rest[k:]
			require.Equal(t, was, before.Append(nil), "an edge is a value")
		}
		require.Equal(t, root(all[:n]), e.Root(), "%d leaves", n)
		require.Equal(t, uint64(n), e.Size())
		r := wire.NewReader(e.Append(nil))
		d := ReadEdge(r)
		require.NoError(t, r.Close())
		require.True(t, d.Equal(e))
	}
	grown := make(map[[2]uint64]Hash)
	e := Edge{}.Grow(all, func(level int, index uint64, h Hash) { grown[[2]uint64{uint64(level), index}] = h })
	require.Equal(t, Edge{}.With(all...), e)
	edge := 0
	for level := 0; len(all)>>level > 0; level++ {
		for index := range uint64(len(all) >> level) {
			want, _ := nodes(all)(level, index)
			require.Equal(t, want, grown[[2]uint64{uint64(level), index}])
			delete(grown, [2]uint64{uint64(level), index})
			if h, ok := e.Complete(level, index); ok {
				require.Equal(t, want, h)
				edge++
			}
		}
	}
	require.Empty(t, grown)
	require.Equal(t, 4, edge, "of 300 leaves")
	require.Equal(t, Leaf([]byte("one leaf")), Leaf([]byte("one"), nil, []byte(" leaf")))
}

func TestProofsOfAllSizes(t *testing.T) {
	const most = 40
	all := leaves(most)
	for size := uint64(1); size <= most; size++ {
		r := root(all[:size])
		for i := range size {
			path, err := Inclusion(i, size, nodes(all))
			require.NoError(t, err)
			require.NoError(t, VerifyInclusion(all[i], i, size, path, r))
			for j := range size + 1 {
				if j != i {
					require.ErrorIs(t, VerifyInclusion(all[i], j, size, path, r), ErrProof, "at another place")
				}
			}
			// that a path shows the size of the tree is not so: RFC 9162 has it from the signed head
			require.ErrorIs(t, VerifyInclusion(all[i], i, size, append(slices.Clone(path), Empty), r), ErrProof)
			if len(path) > 0 {
				require.ErrorIs(t, VerifyInclusion(all[i], i, size, path[:len(path)-1], r), ErrProof)
			}
			for k := range path {
				other := slices.Clone(path)
				other[k][0] ^= 1
				require.ErrorIs(t, VerifyInclusion(all[i], i, size, other, r), ErrProof)
			}
			require.ErrorIs(t, VerifyInclusion(Leaf(nil), i, size, path, r), ErrProof)
			require.ErrorIs(t, VerifyInclusion(all[i], i, size, path, Empty), ErrProof)
		}
		for from := range size + 1 {
			proof, err := Consistency(from, size, nodes(all))
			require.NoError(t, err)
			first := root(all[:from])
			require.NoError(t, VerifyConsistency(from, size, proof, first, r))
			require.ErrorIs(t, VerifyConsistency(from, size, append(slices.Clone(proof), Empty), first, r), ErrProof)
			require.ErrorIs(t, VerifyConsistency(from, size, proof, Leaf(nil), r), ErrProof)
			if from > 0 {
				require.ErrorIs(t, VerifyConsistency(from, size, proof, first, Leaf(nil)), ErrProof)
			}
			for k := range proof {
				require.ErrorIs(t, VerifyConsistency(from, size, proof[:k], first, r), ErrProof)
				other := slices.Clone(proof)
				other[k][0] ^= 1
				require.ErrorIs(t, VerifyConsistency(from, size, other, first, r), ErrProof)
			}
		}
	}
	_, err := Inclusion(3, 3, nodes(all))
	require.ErrorIs(t, err, ErrProof)
	_, err = Consistency(4, 3, nodes(all))
	require.ErrorIs(t, err, ErrProof)
	require.ErrorIs(t, VerifyConsistency(4, 3, nil, Empty, Empty), ErrProof)
}

// A block of leaves is shown by its path at every level, also the last one of fewer leaves,
// and no other leaves are, nor elsewhere, nor fewer or more of them, nor below another root.
func TestBlocksOfAllSizes(t *testing.T) {
	const most = 70
	all := leaves(most)
	for size := uint64(1); size <= most; size++ {
		r := root(all[:size])
		for level := 0; level <= 8; level++ {
			n := (size + 1<<level - 1) >> level
			for index := range n {
				from := index << level
				block := all[from:min(from+1<<level, size)]
				path, err := Block(level, index, size, nodes(all))
				require.NoError(t, err)
				require.NoError(t, VerifyBlock(block, level, index, size, path, r))
				for other := range n + 1 {
					if other != index {
						require.ErrorIs(t, VerifyBlock(block, level, other, size, path, r), ErrProof, "at another place")
					}
				}
				require.ErrorIs(t, VerifyBlock(block[:len(block)-1], level, index, size, path, r), ErrProof)
				require.ErrorIs(t, VerifyBlock(append(slices.Clone(block), Empty), level, index, size, path, r), ErrProof)
				for _, i := range []int{0, len(block) - 1} {
					garbled := slices.Clone(block)
					garbled[i][31] ^= 1
					require.ErrorIs(t, VerifyBlock(garbled, level, index, size, path, r), ErrProof)
				}
				require.ErrorIs(t, VerifyBlock(block, level, index, size, append(slices.Clone(path), Empty), r), ErrProof)
				require.ErrorIs(t, VerifyBlock(block, level, index, size, path, Empty), ErrProof)
				for k := range path {
					require.ErrorIs(t, VerifyBlock(block, level, index, size, path[:k], r), ErrProof)
					other := slices.Clone(path)
					other[k][0] ^= 1
					require.ErrorIs(t, VerifyBlock(block, level, index, size, other, r), ErrProof)
				}
				for _, other := range []uint64{size - 1, size + 1, 2 * size, 2*size + 1} { // with its own root, to which the path does not lead
					if other > 0 && other <= most {
						require.ErrorIs(t, VerifyBlock(block, level, index, other, path, root(all[:other])), ErrProof)
					}
				}
			}
			_, err := Block(level, n, size, nodes(all))
			require.ErrorIs(t, err, ErrProof, "beyond the end")
		}
	}
	for _, level := range []int{-1, 64, 1 << 30} {
		_, err := Block(level, 0, 5, nodes(all))
		require.ErrorIs(t, err, ErrProof)
		require.ErrorIs(t, VerifyBlock(all[:5], level, 0, 5, nil, root(all[:5])), ErrProof)
	}
	_, err := Block(4, 0, 0, nodes(all))
	require.ErrorIs(t, err, ErrProof)
	require.NoError(t, VerifyBlock(all[:5], 63, 0, 5, nil, root(all[:5])))
	require.ErrorIs(t, VerifyBlock(all[:1], 0, math.MaxUint64, math.MaxUint64, nil, Empty), ErrProof)
	require.ErrorIs(t, VerifyBlock(all[:15], 4, math.MaxUint64>>4, math.MaxUint64, nil, Empty), ErrProof)
}

// An inner node is no leaf, or a leaf could be shown that nobody appended.
func TestNodesAreNoLeaves(t *testing.T) {
	h := leaves(4)
	left := append(append([]byte{}, h[0][:]...), h[1][:]...)
	require.NotEqual(t, Node(h[0], h[1]), Leaf(left))
	require.NotEqual(t, Node(h[0], h[1]), Leaf([]byte{nodePrefix}, left))
}

func unhex(t testing.TB, texts []string) []Hash {
	h := make([]Hash, len(texts))
	for i, s := range texts {
		b, err := hex.DecodeString(s)
		require.NoError(t, err)
		require.Len(t, b, len(h[i]))
		copy(h[i][:], b)
	}
	return h
}

// The vectors are of another implementation: see examples/tlog.
func TestVectors(t *testing.T) {
	b, err := os.ReadFile("testdata/tlog.json")
	require.NoError(t, err)
	var v struct {
		Roots     []string
		Inclusion []struct {
			Index, Size uint64
			Path        []string
		}
		Consistency []struct {
			From, To uint64
			Proof    []string
		}
		Tiles []struct {
			From, To uint64
			Paths    []string
		}
	}
	require.NoError(t, json.Unmarshal(b, &v))
	require.Len(t, v.Roots, 41)
	require.Len(t, v.Inclusion, 13+16)
	require.Len(t, v.Consistency, 13+16)
	require.NotEmpty(t, v.Tiles)
	all, roots, e := leaves(40), unhex(t, v.Roots), Edge{}
	for i, h := range all {
		require.Equal(t, roots[i], e.Root())
		e = e.With(h)
	}
	require.Equal(t, roots[40], e.Root())
	for _, p := range v.Inclusion {
		path, err := Inclusion(p.Index, p.Size, nodes(all))
		require.NoError(t, err)
		require.Equal(t, p.Path, texts(path))
		require.NoError(t, VerifyInclusion(all[p.Index], p.Index, p.Size, unhex(t, p.Path), roots[p.Size]))
	}
	for _, p := range v.Consistency {
		proof, err := Consistency(p.From, p.To, nodes(all))
		require.NoError(t, err)
		require.Equal(t, p.Proof, texts(proof))
		require.NoError(t, VerifyConsistency(p.From, p.To, unhex(t, p.Proof), roots[p.From], roots[p.To]))
	}
	for _, g := range v.Tiles {
		got := []string{}
		for _, tile := range Tiles(g.From, g.To) {
			got = append(got, tile.Path())
		}
		require.ElementsMatch(t, g.Paths, got)
	}
	require.Equal(t, "tile/entries/x001/x234/067.p/8", Tile{0, 1234067, 8}.EntriesPath())
}

func texts(h []Hash) []string {
	out := []string{}
	for i := range h {
		out = append(out, hex.EncodeToString(h[i][:]))
	}
	return out
}

// Whatever tiles a tree has, they hold every complete subtree's root.
func TestTilesHoldAllSubtrees(t *testing.T) {
	all := leaves(600)
	for _, size := range []uint64{1, 2, 255, 256, 257, 511, 512, 600} {
		have := make(map[Tile]bool)
		for _, tile := range Tiles(0, size) {
			have[tile] = true
		}
		for level := 0; size>>level > 0; level++ {
			for index := range size >> level {
				tile, first, count := InTile(level, index, size)
				require.True(t, have[tile], "%+v of %d", tile, size)
				require.LessOrEqual(t, first+1<<count, tile.Width)
				hashes := make([]Hash, 1<<count)
				for i := range hashes {
					hashes[i], _ = nodes(all)(tile.Level*TileHeight, tile.Index*TileWidth+uint64(first+i))
				}
				want, _ := nodes(all)(level, index)
				require.Equal(t, want, Fold(hashes))
			}
		}
	}
}

func TestPaths(t *testing.T) {
	for _, tile := range append(Tiles(250, 70_000), Tile{3, 1234067, 8}, Tile{0, 1<<56 - 1, 255}, Tile{7, 0, 1}) {
		for _, path := range []string{tile.Path(), tile.EntriesPath()} {
			got, entries, err := ParsePath(path[len("tile/"):])
			require.NoError(t, err, path)
			if entries {
				tile.Level = 0
			}
			require.Equal(t, tile, got)
			require.Equal(t, path == tile.EntriesPath(), entries)
		}
	}
	for _, bad := range []string{"", "0", "0/", "0/0", "0/0000", "0/x000/001", "00/000", "8/000", "-1/000", "0/000.p/0", "0/000.p/256", "0/000.p/01", "0/000/", "0/001/000",
		"entries", "entries/x1/000", "0/+01", "0/000.p/1/", "data/000", "0/" + strings.Repeat("x000/", 99) + "001"} {
		_, _, err := ParsePath(bad)
		require.ErrorIs(t, err, ErrPath, bad)
	}
}

func FuzzPath(f *testing.F) {
	f.Add("0/x001/234.p/5")
	f.Add("entries/000")
	f.Fuzz(func(t *testing.T, s string) {
		tile, entries, err := ParsePath(s)
		if err != nil {
			return
		}
		again := tile.Path()
		if entries {
			again = tile.EntriesPath()
		}
		require.Equal(t, "tile/"+s, again)
	})
}

func FuzzEdge(f *testing.F) {
	f.Add(Edge{}.With(leaves(5)...).Append(nil))
	f.Add([]byte{0, 0, 0, 0, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		r := wire.NewReader(b)
		e := ReadEdge(r)
		if r.Close() != nil {
			return
		}
		require.Equal(t, b, e.Append(nil))
		e.Root()
		if e.Size() < 1<<63 {
			require.Equal(t, e.Size()+1, e.With(Empty).Size())
		}
	})
}

func FuzzVerify(f *testing.F) {
	f.Add(uint64(3), uint64(7), []byte("01234567890123456789012345678901"))
	f.Add(uint64(0), ^uint64(0), []byte{})
	f.Fuzz(func(t *testing.T, i, n uint64, b []byte) {
		var path []Hash
		for ; len(b) >= 32; b = b[32:] {
			path = append(path, Hash(b[:32]))
		}
		require.Error(t, VerifyInclusion(Leaf(leaf(i)), i, n, path, Leaf([]byte("another"))))
		require.Error(t, VerifyBlock([]Hash{Leaf(leaf(i))}, int(i%70), i, n, path, Leaf([]byte("another"))))
		if i != 0 {
			require.Error(t, VerifyConsistency(i, n, path, Leaf(leaf(i)), Leaf([]byte("another"))))
		}
	})
}

func BenchmarkWith(b *testing.B) {
	all, e := leaves(1024), Edge{}
	for b.Loop() {
		e = e.With(all...)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1024, "ns/leaf")
}
