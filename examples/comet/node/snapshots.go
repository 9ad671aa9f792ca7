package node

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"

	abci "github.com/cometbft/cometbft/abci/types"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/ledger"
	"github.com/utt-ecash/utt-go/utt/replica"
)

// Snapshots are taken in the background, in chunks, each with the last certificate of when it
// was taken: whoever restores one goes on from there.
const (
	snapshotFormat = 2
	chunkSize      = 8 << 20
	maxChunks      = 1 << 12
	keepSnapshots  = 2
)

// contents is what a snapshot says of its chunks, which nobody vouches for: the digest that
// a light client has verified decides in the end.
type contents struct {
	Chunks             [][]byte `json:"chunks"`      // their SHA-256
	Certificate        []byte   `json:"certificate"` // of a height up to the snapshot's, and
	Frontier           []byte   `json:"frontier"`    // the edges of its trees
	Credentials        []byte   `json:"credentials,omitempty"`
	CredentialFrontier []byte   `json:"credential_frontier,omitempty"`
}

// contentsOf says what a replica has published.
func contentsOf(chunks [][]byte, at replica.Published) (c contents, err error) {
	c.Chunks = chunks
	for _, part := range []struct {
		into *[]byte
		from encoding.BinaryMarshaler
		none bool
	}{
		{&c.Certificate, at.Certificate, false},
		{&c.Frontier, at.Frontier, false},
		{&c.Credentials, at.Credentials, at.Credentials == nil},
		{&c.CredentialFrontier, at.CredentialFrontier, at.Credentials == nil},
	} {
		if part.none {
			continue
		}
		if *part.into, err = part.from.MarshalBinary(); err != nil {
			return c, err
		}
	}
	return c, nil
}

// published is what the contents say, if it is what t replicas have certified up to a height.
func (c *contents) published(p *utt.Parameters, height uint64) (at replica.Published, ok bool) {
	at.Certificate = new(utt.Certificate)
	if at.Certificate.UnmarshalBinary(c.Certificate) != nil || at.Frontier.UnmarshalBinary(c.Frontier) != nil {
		return at, false
	}
	if len(c.Credentials) > 0 {
		at.Credentials = new(utt.Certificate)
		if at.Credentials.UnmarshalBinary(c.Credentials) != nil || at.CredentialFrontier.UnmarshalBinary(c.CredentialFrontier) != nil {
			return at, false
		}
	}
	return at, at.Verify(p) == nil && at.Certificate.Height <= height
}

// snapshots are those on disk, in folders named by their heights.
type snapshots struct {
	folder string
	every  uint64
	log    *slog.Logger

	mu     sync.Mutex
	busy   bool
	taking sync.WaitGroup
	done   map[uint64]*abci.Snapshot

	restoring *restoring // by the snapshot connection only
}

func newSnapshots(folder string, every uint64, log *slog.Logger) (*snapshots, error) {
	s := &snapshots{folder: folder, every: every, log: log, done: make(map[uint64]*abci.Snapshot)}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		height, err := strconv.ParseUint(e.Name(), 10, 64)
		if err != nil { // not finished
			if err := os.RemoveAll(filepath.Join(folder, e.Name())); err != nil {
				return nil, err
			}
			continue
		}
		if err := s.load(height); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (s *snapshots) path(height uint64, name string) string {
	return filepath.Join(s.folder, strconv.FormatUint(height, 10), name)
}

const contentsName = "contents"

func (s *snapshots) load(height uint64) error {
	b, err := os.ReadFile(s.path(height, contentsName))
	if err != nil {
		return err
	}
	var c contents
	if err := json.Unmarshal(b, &c); err != nil {
		return err
	}
	all := sha256.Sum256(bytes.Join(c.Chunks, nil))
	s.mu.Lock()
	defer s.mu.Unlock()
	s.done[height] = &abci.Snapshot{Height: height, Format: snapshotFormat, Chunks: uint32(len(c.Chunks)), Hash: all[:], Metadata: b}
	return nil
}

// oldest is the height of the oldest one, 0 if there is none.
func (s *snapshots) oldest() (oldest uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for h := range s.done {
		if oldest == 0 || h < oldest {
			oldest = h
		}
	}
	return oldest
}

// take takes a snapshot of the ledger as it is, if it is time to.
func (s *snapshots) take(r *replica.Replica) {
	height := r.Ledger().Head().Height
	if s.every == 0 || height%s.every != 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.busy {
		return
	}
	shot, err := r.Ledger().Snapshot()
	if err != nil {
		s.log.Error("no snapshot", "height", height, "err", err)
		return
	}
	published, err := r.Where()
	if err != nil || published.Certificate == nil { // nothing is certified yet: the next one is soon
		_ = shot.Close()
		return
	}
	s.busy = true
	s.taking.Go(func() {
		err := s.write(shot, published)
		if e := shot.Close(); err == nil {
			err = e
		}
		if err == nil {
			err = s.load(height)
		}
		if err == nil {
			err = s.prune()
		}
		if err != nil {
			s.log.Error("no snapshot", "height", height, "err", err)
		}
		s.mu.Lock()
		s.busy = false
		s.mu.Unlock()
	})
}

func (s *snapshots) write(shot *ledger.Snapshot, published replica.Published) error {
	height := shot.Head().Height
	temporary := filepath.Join(s.folder, "new")
	if err := errors.Join(os.RemoveAll(temporary), os.MkdirAll(temporary, 0o700)); err != nil {
		return err
	}
	w := &chunks{folder: temporary}
	if _, err := shot.WriteTo(w); err != nil {
		return err
	}
	if err := w.end(); err != nil {
		return err
	}
	c, err := contentsOf(w.hashes, published)
	if err != nil {
		return err
	}
	b, err := json.Marshal(c)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(temporary, contentsName), b, 0o600); err != nil {
		return err
	}
	return os.Rename(temporary, filepath.Join(s.folder, strconv.FormatUint(height, 10)))
}

// prune removes the oldest but some.
func (s *snapshots) prune() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var heights []uint64
	for h := range s.done {
		heights = append(heights, h)
	}
	slices.Sort(heights)
	for _, h := range heights[:max(0, len(heights)-keepSnapshots)] {
		delete(s.done, h)
		if err := os.RemoveAll(filepath.Join(s.folder, strconv.FormatUint(h, 10))); err != nil {
			return err
		}
	}
	return nil
}

// chunks is a writer into files of one size.
type chunks struct {
	folder string
	buffer bytes.Buffer
	hashes [][]byte
}

func (c *chunks) Write(b []byte) (n int, err error) {
	for len(b) > 0 {
		part := b[:min(len(b), chunkSize-c.buffer.Len())]
		c.buffer.Write(part)
		n, b = n+len(part), b[len(part):]
		if c.buffer.Len() == chunkSize {
			if err := c.end(); err != nil {
				return n, err
			}
		}
	}
	return n, nil
}

func (c *chunks) end() error {
	if c.buffer.Len() == 0 {
		return nil
	}
	hash := sha256.Sum256(c.buffer.Bytes())
	path := filepath.Join(c.folder, strconv.Itoa(len(c.hashes)))
	c.hashes = append(c.hashes, hash[:])
	defer c.buffer.Reset()
	return os.WriteFile(path, c.buffer.Bytes(), 0o600)
}

// ListSnapshots implements abci.Application.
func (a *app) ListSnapshots(context.Context, *abci.RequestListSnapshots) (*abci.ResponseListSnapshots, error) {
	a.shots.mu.Lock()
	defer a.shots.mu.Unlock()
	all := new(abci.ResponseListSnapshots)
	for _, s := range a.shots.done {
		all.Snapshots = append(all.Snapshots, s)
	}
	return all, nil
}

// LoadSnapshotChunk implements abci.Application.
func (a *app) LoadSnapshotChunk(_ context.Context, req *abci.RequestLoadSnapshotChunk) (*abci.ResponseLoadSnapshotChunk, error) {
	a.shots.mu.Lock()
	s := a.shots.done[req.Height]
	a.shots.mu.Unlock()
	if s == nil || req.Format != snapshotFormat || req.Chunk >= s.Chunks {
		return &abci.ResponseLoadSnapshotChunk{}, nil
	}
	b, err := os.ReadFile(a.shots.path(req.Height, strconv.FormatUint(uint64(req.Chunk), 10)))
	if err != nil { // it was removed meanwhile
		return &abci.ResponseLoadSnapshotChunk{}, nil
	}
	return &abci.ResponseLoadSnapshotChunk{Chunk: b}, nil
}

// restoring is a snapshot that comes in.
type restoring struct {
	digest    [32]byte
	hashes    [][]byte
	published replica.Published
	file      *os.File
	next      uint32
}

// OfferSnapshot implements abci.Application. The digest, which a light client has verified,
// is what the ledger must have in the end.
func (a *app) OfferSnapshot(_ context.Context, req *abci.RequestOfferSnapshot) (*abci.ResponseOfferSnapshot, error) {
	a.dropRestoring()
	reject := &abci.ResponseOfferSnapshot{Result: abci.ResponseOfferSnapshot_REJECT}
	s := req.Snapshot
	var c contents
	switch {
	case s == nil || s.Format != snapshotFormat:
		return &abci.ResponseOfferSnapshot{Result: abci.ResponseOfferSnapshot_REJECT_FORMAT}, nil
	case s.Chunks == 0 || s.Chunks > maxChunks || len(req.AppHash) != 32:
		return reject, nil
	}
	if err := json.Unmarshal(s.Metadata, &c); err != nil || uint32(len(c.Chunks)) != s.Chunks {
		return reject, nil
	}
	published, ok := c.published(a.home.Parameters, s.Height)
	if !ok {
		return reject, nil
	}
	x := &restoring{hashes: c.Chunks, published: published}
	copy(x.digest[:], req.AppHash)
	var err error
	if x.file, err = os.CreateTemp(a.shots.folder, "restoring"); err != nil {
		return nil, err
	}
	a.shots.restoring = x
	return &abci.ResponseOfferSnapshot{Result: abci.ResponseOfferSnapshot_ACCEPT}, nil
}

func (a *app) dropRestoring() {
	if x := a.shots.restoring; x != nil {
		a.shots.restoring = nil
		_ = x.file.Close()
		_ = os.Remove(x.file.Name())
	}
}

// ApplySnapshotChunk implements abci.Application. A chunk that is not what the snapshot says
// is asked for again, of another validator.
func (a *app) ApplySnapshotChunk(_ context.Context, req *abci.RequestApplySnapshotChunk) (*abci.ResponseApplySnapshotChunk, error) {
	x := a.shots.restoring
	if x == nil || req.Index != x.next {
		return &abci.ResponseApplySnapshotChunk{Result: abci.ResponseApplySnapshotChunk_RETRY_SNAPSHOT}, nil
	}
	if hash := sha256.Sum256(req.Chunk); !bytes.Equal(hash[:], x.hashes[x.next]) {
		return &abci.ResponseApplySnapshotChunk{
			Result: abci.ResponseApplySnapshotChunk_RETRY, RefetchChunks: []uint32{req.Index}, RejectSenders: []string{req.Sender},
		}, nil
	}
	if _, err := x.file.Write(req.Chunk); err != nil {
		return nil, err
	}
	if x.next++; int(x.next) < len(x.hashes) {
		return &abci.ResponseApplySnapshotChunk{Result: abci.ResponseApplySnapshotChunk_ACCEPT}, nil
	}
	defer a.dropRestoring()
	if _, err := x.file.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	r, err := replica.Restore(a.config(), bufio.NewReader(x.file), x.digest, x.published)
	if err != nil {
		if errors.Is(err, utt.ErrStore) {
			return nil, err
		}
		a.log.Warn("a snapshot is not what it says", "err", err)
		return &abci.ResponseApplySnapshotChunk{Result: abci.ResponseApplySnapshotChunk_REJECT_SNAPSHOT}, nil
	}
	a.replica.Store(r)
	a.log.Info("the ledger was restored from a snapshot", "height", r.Ledger().Head().Height, "published", r.Published())
	a.work()
	return &abci.ResponseApplySnapshotChunk{Result: abci.ResponseApplySnapshotChunk_ACCEPT}, nil
}
