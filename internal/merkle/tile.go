package merkle

import (
	"errors"
	"fmt"
	"math/bits"
	"strconv"
	"strings"
)

// Tiles hold TileWidth hashes, those of TileHeight levels of the tree by the lowest of
// them.
const (
	TileHeight = 8
	TileWidth  = 1 << TileHeight
)

// Tile names hashes of a level of the tree: the roots of the Width subtrees of
// 256^Level leaves from Index·256 on. One of Width 256 is full, and never changes.
type Tile struct {
	Level int
	Index uint64
	Width int
}

// Path is where C2SP's tlog-tiles has the tile: tile/<level>/<index>, where the index is in
// groups of three digits, all but the last with an x before them, and of one that is not
// full .p/<width> behind it.
func (t Tile) Path() string { return path(fmt.Sprintf("tile/%d", t.Level), t.Index, t.Width) }

// EntriesPath is where it has the leaves themselves whose hashes are in a tile of level 0.
func (t Tile) EntriesPath() string { return path("tile/entries", t.Index, t.Width) }

func path(prefix string, index uint64, width int) string {
	s := fmt.Sprintf("%03d", index%1000)
	for index /= 1000; index > 0; index /= 1000 {
		s = fmt.Sprintf("x%03d/%s", index%1000, s)
	}
	s = prefix + "/" + s
	if width < TileWidth {
		s = fmt.Sprintf("%s.p/%d", s, width)
	}
	return s
}

// ErrPath says that something is no tile's path.
var ErrPath = errors.New("merkle: no tile's path")

// ParsePath reads what Path and EntriesPath write, without tile/ before it. entries says that
// the leaves themselves are asked for, and Level is 0 then.
func ParsePath(s string) (t Tile, entries bool, err error) {
	wrong := fmt.Errorf("%w: %.64q", ErrPath, s)
	if len(s) > 64 {
		return Tile{}, false, wrong
	}
	what, rest, _ := strings.Cut(s, "/")
	if entries = what == "entries"; !entries {
		if t.Level, err = strconv.Atoi(what); err != nil || t.Level < 0 || t.Level >= 64/TileHeight {
			return Tile{}, false, wrong
		}
	}
	t.Width = TileWidth
	index, width, partial := strings.Cut(rest, ".p/")
	if partial {
		if t.Width, err = strconv.Atoi(width); err != nil || t.Width < 1 || t.Width >= TileWidth {
			return Tile{}, false, wrong
		}
	}
	if t.Index, err = strconv.ParseUint(strings.ReplaceAll(strings.ReplaceAll(index, "x", ""), "/", ""), 10, 64); err != nil {
		return Tile{}, false, wrong
	}
	again := t.Path()
	if entries {
		again = t.EntriesPath()
	}
	if again != "tile/"+s { // one path is a tile's, or caches would keep it under many
		return Tile{}, false, wrong
	}
	return t, entries, nil
}

// InTile is the tile of a tree of a size that holds what the root of a complete subtree is
// made of, and which of its hashes: 2^count from first on.
func InTile(level int, index, size uint64) (t Tile, first, count int) {
	t.Level = level / TileHeight
	count = level % TileHeight
	at := index << count // in the tile's level
	t.Index, first = at/TileWidth, int(at%TileWidth)
	t.Width = int(min(TileWidth, size>>(t.Level*TileHeight)-t.Index*TileWidth))
	return t, first, count
}

// Fold is the root of a complete subtree, by the hashes of its leaves, or of subtrees of
// equal size. There must be a power of two of them; it overwrites them.
func Fold(hashes []Hash) Hash {
	for n := len(hashes); n > 1; n /= 2 {
		for i := range n / 2 {
			hashes[i] = Node(hashes[2*i], hashes[2*i+1])
		}
	}
	return hashes[0]
}

// Tiles are the tiles that a tree gains which grows from one size to another, each in its
// last width.
func Tiles(from, to uint64) (tiles []Tile) {
	for level := 0; level*TileHeight < bits.Len64(to); level++ {
		old, grown := from>>(level*TileHeight), to>>(level*TileHeight)
		if old == grown {
			continue
		}
		for n := old / TileWidth; n*TileWidth < grown; n++ {
			tiles = append(tiles, Tile{level, n, int(min(TileWidth, grown-n*TileWidth))})
		}
	}
	return tiles
}
