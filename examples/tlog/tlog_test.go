package tlog

import (
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/utt-ecash/utt-go/internal/merkle"
)

var write = flag.Bool("write", false, "write the vectors")

const vectorsFile = "../../internal/merkle/testdata/tlog.json"

// log is a tree as tlog stores it: all hashes of complete subtrees.
type log struct {
	hashes []tlog.Hash
	size   int64
}

func (l *log) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, x := range indexes {
		if x >= int64(len(l.hashes)) {
			return nil, fmt.Errorf("no hash %d", x)
		}
		out[i] = l.hashes[x]
	}
	return out, nil
}

func (l *log) add(t testing.TB, data []byte) {
	h, err := tlog.StoredHashes(l.size, data, l)
	if err != nil {
		t.Fatal(err)
	}
	l.hashes, l.size = append(l.hashes, h...), l.size+1
}

// nodes are the complete subtrees of tlog's log, for the library's proofs.
func (l *log) nodes(level int, index uint64) (merkle.Hash, error) {
	h, err := l.ReadHashes([]int64{tlog.StoredHashIndex(level, int64(index))})
	if err != nil {
		return merkle.Hash{}, err
	}
	return merkle.Hash(h[0]), nil
}

type vectors struct {
	Provenance  string        `json:"provenance"`
	Leaf        string        `json:"leaf"`
	Roots       []string      `json:"roots"` // of trees of 0, 1, … leaves
	Inclusion   []inclusion   `json:"inclusion"`
	Consistency []consistency `json:"consistency"`
	Tiles       []tiles       `json:"tiles"`
}

type inclusion struct {
	Index uint64   `json:"index"`
	Size  uint64   `json:"size"`
	Path  []string `json:"path"`
}

type consistency struct {
	From  uint64   `json:"from"`
	To    uint64   `json:"to"`
	Proof []string `json:"proof"`
}

type tiles struct {
	From  uint64   `json:"from"`
	To    uint64   `json:"to"`
	Paths []string `json:"paths"`
}

func leaf(i uint64) []byte { return fmt.Appendf(nil, "leaf %d", i) }

func text(h []tlog.Hash) []string {
	out := make([]string, len(h))
	for i := range h {
		out[i] = fmt.Sprintf("%x", h[i][:])
	}
	return out
}

func equal(a []merkle.Hash, b []tlog.Hash) bool {
	return slices.EqualFunc(a, b, func(a merkle.Hash, b tlog.Hash) bool { return a == merkle.Hash(b) })
}

func TestSameTree(t *testing.T) {
	const most = 600
	rng := rand.New(rand.NewPCG(1, 2))
	l, edge, roots := new(log), merkle.Edge{}, []merkle.Hash{merkle.Empty}
	v := vectors{
		Provenance: "examples/tlog with golang.org/x/mod v0.28.0, sumdb/tlog: go test . -write",
		Leaf:       "leaf i is the text \"leaf <i>\", i in decimals",
		Roots:      []string{fmt.Sprintf("%x", merkle.Empty[:])},
	}
	for i := range uint64(most) {
		l.add(t, leaf(i))
		edge = edge.With(merkle.Leaf(leaf(i)))
		want, err := tlog.TreeHash(l.size, l)
		if err != nil || edge.Root() != merkle.Hash(want) {
			t.Fatalf("root of %d leaves: %x, tlog has %x: %v", l.size, edge.Root(), want, err)
		}
		roots = append(roots, edge.Root())
		if i < 40 {
			v.Roots = append(v.Roots, fmt.Sprintf("%x", want[:]))
		}
	}
	try := func(index, size uint64, keep bool) {
		want, err := tlog.ProveRecord(int64(size), int64(index), l)
		if err != nil {
			t.Fatal(err)
		}
		got, err := merkle.Inclusion(index, size, l.nodes)
		if err != nil || !equal(got, want) {
			t.Fatalf("leaf %d of %d: %x, tlog has %x: %v", index, size, got, want, err)
		}
		if err := merkle.VerifyInclusion(merkle.Leaf(leaf(index)), index, size, got, roots[size]); err != nil {
			t.Fatal(err)
		}
		if err := tlog.CheckRecord(want, int64(size), tlog.Hash(roots[size]), int64(index), tlog.RecordHash(leaf(index))); err != nil {
			t.Fatal(err)
		}
		if keep {
			v.Inclusion = append(v.Inclusion, inclusion{index, size, text(want)})
		}
	}
	lead := func(from, to uint64, keep bool) {
		want, err := tlog.ProveTree(int64(to), int64(from), l)
		if err != nil {
			t.Fatal(err)
		}
		got, err := merkle.Consistency(from, to, l.nodes)
		if err != nil || !equal(got, want) {
			t.Fatalf("from %d to %d: %x, tlog has %x: %v", from, to, got, want, err)
		}
		if err := merkle.VerifyConsistency(from, to, got, roots[from], roots[to]); err != nil {
			t.Fatal(err)
		}
		if keep {
			v.Consistency = append(v.Consistency, consistency{from, to, text(want)})
		}
	}
	for size := uint64(1); size <= 70; size++ {
		for index := range size {
			try(index, size, size == 13 || size == 16)
			lead(index+1, size, size == 13 || size == 16)
		}
	}
	for range 2000 {
		size := 1 + rng.Uint64N(most)
		try(rng.Uint64N(size), size, false)
		lead(1+rng.Uint64N(size), size, false)
	}
	for range 200 { // of sizes that no log here has
		from := rng.Uint64N(1 << (1 + rng.UintN(30)))
		tryTiles(t, &v, from, from+rng.Uint64N(5000))
	}
	for _, at := range [][2]uint64{{0, 1}, {0, 255}, {0, 256}, {255, 257}, {256, 256}, {65535, 65537}, {255999, 256000}, {1 << 28, 1<<28 + 1}} {
		tryTiles(t, &v, at[0], at[1])
	}
	if *write {
		v.Tiles = v.Tiles[190:]
		b, err := json.MarshalIndent(v, "", " ")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(vectorsFile, append(b, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// tryTiles compares names: C2SP's paths are those of tlog without the tile height.
func tryTiles(t *testing.T, v *vectors, from, to uint64) {
	got := []string{}
	for _, tile := range merkle.Tiles(from, to) {
		got = append(got, tile.Path())
	}
	want := []string{}
	for _, tile := range tlog.NewTiles(merkle.TileHeight, int64(from), int64(to)) {
		want = append(want, strings.Replace(tile.Path(), "tile/8/", "tile/", 1))
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Fatalf("tiles from %d to %d: %v, tlog has %v", from, to, got, want)
	}
	v.Tiles = append(v.Tiles, tiles{from, to, want})
}

// The hashes in a tile are those that tlog puts there.
func TestTilesHoldTheSameHashes(t *testing.T) {
	const size = 70_000
	l := new(log)
	for i := range uint64(size) {
		l.add(t, leaf(i))
	}
	for _, at := range []struct {
		level int
		index uint64
	}{{0, 0}, {0, size - 1}, {3, 17}, {7, 511}, {8, 0}, {8, 272}, {10, 60}, {16, 0}} {
		tile, first, count := merkle.InTile(at.level, at.index, size)
		data, err := tlog.ReadTileData(tlog.Tile{H: merkle.TileHeight, L: tile.Level, N: int64(tile.Index), W: tile.Width}, l)
		if err != nil {
			t.Fatal(err)
		}
		hashes := make([]merkle.Hash, 1<<count)
		for i := range hashes {
			copy(hashes[i][:], data[(first+i)*32:])
		}
		want, err := l.nodes(at.level, at.index)
		if err != nil || merkle.Fold(hashes) != want {
			t.Fatalf("level %d, %d: %v", at.level, at.index, err)
		}
	}
}
