package home

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
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

// root is the folder, out of which no name and no link leads: whoever keeps the board could else have
// files of a party's own read, or written over.
func (b Board) root() (*os.Root, error) { return os.OpenRoot(string(b)) }

// put puts a file on the board, which is not written again if it is there.
func (b Board) put(name string, data []byte) error {
	if there, err := b.get(name, int64(len(data))); err == nil && bytes.Equal(there, data) {
		return nil
	}
	if err := os.MkdirAll(string(b), 0o755); err != nil {
		return err
	}
	root, err := b.root()
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	if err := root.MkdirAll(path.Dir(name), 0o755); err != nil {
		return err
	}
	part := name + "." + rand.Text()
	f, err := root.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	if err := fill(f, data); err != nil {
		return err
	}
	return root.Rename(part, name)
}

// putJSON is put of a value as JSON.
func (b Board) putJSON(name string, v any) error {
	data, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	return b.put(name, data)
}

// propose is putJSON of what all are to agree on, by the digest that it returns.
func (b Board) propose(name string, v any) (digest string, err error) {
	data, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return "", err
	}
	return Digest(data), b.put(name, data)
}

// agreed reads what was proposed, by its digest. other says, of the digest that is there and that which
// is asked for, that it is something else.
func (b Board) agreed(name, digest, other string, v any) error {
	data, err := b.get(name, maxSaid)
	if err != nil {
		return err
	}
	if is := Digest(data); is != digest {
		return fmt.Errorf(other, is, digest)
	}
	return canonical(data, name, v)
}

// readJSON reads what putJSON put, and nothing that reads otherwise to people than to a program: with
// fields twice, or unknown ones.
func (b Board) readJSON(name string, v any) error {
	data, err := b.get(name, maxSaid)
	if err != nil {
		return err
	}
	return canonical(data, fmt.Sprintf("%s/%s", b, name), v)
}

// canonical decodes JSON as putJSON puts it.
func canonical(data []byte, name string, v any) error {
	if err := json.Unmarshal(data, v); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	again, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	if !bytes.Equal(again, data) {
		return fmt.Errorf("%s is not as uttd writes it: ask who wrote it", name)
	}
	return nil
}

// get reads a file of the board; fs.ErrNotExist says that it is not there yet.
func (b Board) get(name string, most int64) ([]byte, error) {
	root, err := b.root()
	if err != nil {
		return nil, err
	}
	defer func() { _ = root.Close() }()
	info, err := root.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s/%s is not a file", b, name)
	}
	f, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	data, err := io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && int64(len(data)) > most {
		err = fmt.Errorf("%s/%s has more than %d bytes", b, name, most)
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

// said is what one of many has to say, nil if it is not there, or cannot be read: as little as if he
// said nothing.
func (b Board) said(name string) []byte {
	data, _ := b.there(name)
	return data
}

// list are the names of the files in a folder of the board that end so, in order.
func (b Board) list(folder, end string) (names []string, err error) {
	root, err := b.root()
	if err != nil {
		return nil, err
	}
	defer func() { _ = root.Close() }()
	entries, err := fs.ReadDir(root.FS(), folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	for _, e := range entries {
		if name, ok := strings.CutSuffix(e.Name(), end); ok {
			names = append(names, name)
		}
	}
	return names, err
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
