package httpnode

import (
	"context"
	"fmt"
	"iter"

	"github.com/utt-ecash/utt-go/internal/merkle"
	"github.com/utt-ecash/utt-go/utt"
)

// LogBackend is what a Backend has besides that serves the log itself, as a replica does.
type LogBackend interface {
	Inclusion(ctx context.Context, at utt.Cursor) (*utt.Inclusion, error)
	Tile(ctx context.Context, t utt.Tree, level int, index uint64, width int) ([]byte, error)
	Leaves(ctx context.Context, t utt.Tree, index uint64, width int) ([]byte, error)
}

// EntryBackend is what a Backend has besides that serves the log by parts, as a replica and a
// publication do: see follow.EntrySource.
type EntryBackend interface {
	Entries(ctx context.Context, from uint64) iter.Seq2[[]byte, error]
	Section(ctx context.Context, number, size uint64) (*utt.Section, error)
}

// PlacesBackend is what a Backend has besides that says where the records of an ID are, in
// order and a few at most, as a replica does.
type PlacesBackend interface {
	Places(ctx context.Context, id utt.ID) ([]utt.Cursor, error)
}

// logTrees are the names of the trees in paths.
var logTrees = map[utt.Tree]string{utt.EntryTree: "entries", utt.CoinTree: "coins", utt.CredentialTree: "credentials"}

// tile is what a path below tile/ of a tree names.
func tile(ctx context.Context, b LogBackend, t utt.Tree, path string) ([]byte, error) {
	at, leaves, err := merkle.ParsePath(path)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", utt.ErrNotFound, err)
	}
	if leaves {
		return b.Leaves(ctx, t, at.Index, at.Width)
	}
	return b.Tile(ctx, t, at.Level, at.Index, at.Width)
}
