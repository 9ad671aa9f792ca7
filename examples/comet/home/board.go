package home

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// Board is a folder that all who found a network can read, and put files into: a shared drive, or
// copies that are kept alike by any means. Nobody need trust whoever keeps it: what is on it is
// public, and shows by itself whose word it is, or is held against what all have agreed on. He
// can only keep the founding from coming about.
type Board string

// What is read of a file, in bytes, at most.
const (
	maxSaid       = 8 << 20
	maxTranscript = 256 << 20
)

// pollBoard is how often a board is looked at.
const pollBoard = 200 * time.Millisecond

func (b Board) path(name string) string { return filepath.Join(string(b), filepath.FromSlash(name)) }

// put puts a file on the board, which is not written again if it is there.
func (b Board) put(name string, data []byte) error {
	if there, err := b.get(name, int64(len(data))); err == nil && bytes.Equal(there, data) {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(b.path(name)), 0o755); err != nil {
		return err
	}
	return replace(b.path(name), data, 0o644)
}

// putJSON is put of a value as JSON.
func (b Board) putJSON(name string, v any) error {
	data, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	return b.put(name, data)
}

// get reads a file of the board; fs.ErrNotExist says that it is not there yet.
func (b Board) get(name string, most int64) ([]byte, error) {
	f, err := os.Open(b.path(name))
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	data, err := io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && int64(len(data)) > most {
		err = fmt.Errorf("%s has more than %d bytes", b.path(name), most)
	}
	return data, err
}

// there is a file of the board, nil if it is not there.
func (b Board) there(name string) ([]byte, error) {
	data, err := b.get(name, maxSaid)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return data, err
}

// wait is a file of the board, once it is there; say is told what it waits for.
func (b Board) wait(ctx context.Context, name, what string, say func(string)) ([]byte, error) {
	for said := false; ; said = true {
		data, err := b.there(name)
		if data != nil || err != nil {
			return data, err
		}
		if !said {
			say("waiting for " + what)
		}
		if err := pause(ctx); err != nil {
			return nil, fmt.Errorf("%s has not come: say the same again to go on: %w", what, err)
		}
	}
}

// pause is until a board is looked at again.
func pause(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(pollBoard):
		return nil
	}
}
