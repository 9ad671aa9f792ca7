package replica

import (
	"cmp"
	"context"
	"fmt"
	"iter"

	"github.com/utt-ecash/utt-go/internal/merkle"
	"github.com/utt-ecash/utt-go/utt"
)

// Certificate is the last one of the ledger published of a height up to the one given. With
// Records, those of the credentials and Wait, and a Submit of the host's own, a Replica is a node
// for wallets.
func (r *Replica) Certificate(_ context.Context, height uint64) (*utt.Certificate, error) {
	if err := r.usable(); err != nil {
		return nil, err
	}
	return r.kept.upTo(utt.LedgerCheckpoint, height)
}

// CredentialCertificate is the last one of the credentials published of a height up to the one
// given.
func (r *Replica) CredentialCertificate(_ context.Context, height uint64) (*utt.Certificate, error) {
	if err := r.usable(); err != nil {
		return nil, err
	}
	return r.kept.upTo(utt.CredentialCheckpoint, height)
}

// Where is where the replica is with its certificates: what another one, restored from a
// snapshot of this ledger or a later one, begins to publish from.
func (r *Replica) Where() (p Published, err error) {
	if err := r.usable(); err != nil {
		return p, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if c := r.main.certificate; c != nil {
		d := *c // which the caller may write to
		p.Certificate, p.Frontier = &d, r.main.at
	}
	if c := r.credentials.certificate; c != nil {
		d := *c
		p.Credentials, p.CredentialFrontier = &d, r.credentials.at
	}
	return p, nil
}

// Credentials yields the signatures on credentials that are published at the time of the call,
// from the record of a number on, from the store. The error is ErrNotFound for what is below the
// certificate that the replica was restored with.
func (r *Replica) Credentials(ctx context.Context, from uint64) iter.Seq2[utt.CredentialLeaf, error] {
	fail := func(err error) iter.Seq2[utt.CredentialLeaf, error] {
		return func(yield func(utt.CredentialLeaf, error) bool) { yield(utt.CredentialLeaf{}, err) }
	}
	if err := r.usable(); err != nil {
		return fail(err)
	}
	base, err := r.kept.baseFrontier(utt.CredentialCheckpoint)
	if err != nil {
		return fail(err)
	}
	if from < base.Records {
		return fail(fmt.Errorf("%w: credentials from record %d on: this replica has those from record %d on; ask another", utt.ErrNotFound, from, base.Records))
	}
	r.mu.Lock()
	to := r.credentials.at.Records
	r.mu.Unlock()
	return r.kept.credentials(ctx, from, to)
}

// Records yields what is published at the time of the call, from a place on, from the
// store, without the signatures on credentials. The error is
// ErrNotFound for what is below the snapshot that the replica was restored from, and for what it keeps no
// details of.
func (r *Replica) Records(ctx context.Context, from utt.Cursor) iter.Seq2[*utt.Record, error] {
	if err := r.usable(); err != nil {
		return func(yield func(*utt.Record, error) bool) { yield(nil, err) }
	}
	to := r.main.reached()
	return func(yield func(*utt.Record, error) bool) {
		if err := cmp.Or(r.kept.has(utt.LedgerCheckpoint, max(from.Height, 1)), r.kept.details(max(from.Height, 1))); err != nil {
			yield(nil, err)
			return
		}
		for rec, err := range r.ledger.Records(ctx, from) {
			if err == nil && rec.Cursor().Height > to {
				return
			}
			if err == nil {
				rec, err = r.kept.signed(rec)
			}
			if !yield(rec, err) || err != nil {
				return
			}
		}
	}
}

// Inclusion proves what is on record at a place, with the signatures, under the last
// certificates: for whoever has the parameters, and no node. A registration whose credential is
// not certified it shows without. The error is ErrNotFound if
// nothing is published there, and for what is below the snapshot that the replica was
// restored from, or what it keeps no details of.
func (r *Replica) Inclusion(_ context.Context, at utt.Cursor) (*utt.Inclusion, error) {
	if err := r.usable(); err != nil {
		return nil, err
	}
	r.mu.Lock()
	c, credentials := r.main.certificate, r.credentials.certificate
	r.mu.Unlock()
	return r.kept.inclusion(c, credentials, at)
}

// Places are where the published records of an ID are, in order, none where there are none: of a
// transfer that was held, also of what became of it. Who asks shows that it concerns him. What is
// below the snapshot that the replica was restored from is not among them.
func (r *Replica) Places(_ context.Context, id utt.ID) ([]utt.Cursor, error) {
	if err := r.usable(); err != nil {
		return nil, err
	}
	return r.kept.places(id)
}

// Tile is part of a tree as C2SP's tlog-tiles has it: so many hashes, of at most 256, those
// from index·256 on of the level above 8·level. The error is ErrNotFound if so many are not
// published, and for what is below the snapshot that the replica was restored from.
func (r *Replica) Tile(_ context.Context, t utt.Tree, level int, index uint64, width int) ([]byte, error) {
	if err := r.usable(); err != nil {
		return nil, err
	}
	if level < 0 || level >= 64/merkle.TileHeight {
		return nil, fmt.Errorf("%w: no tiles of level %d", utt.ErrNotFound, level)
	}
	return r.kept.served(t, level, index, width)
}

// Leaves are those of a tree itself that a tile of level 0 has the hashes of, each behind its
// length in two bytes: entries, or signatures. The errors are those of Tile, and ErrNotFound for
// signatures on coins that are not kept.
func (r *Replica) Leaves(ctx context.Context, t utt.Tree, index uint64, width int) ([]byte, error) {
	if _, err := r.Tile(ctx, t, 0, index, width); err != nil { // not published
		return nil, err
	}
	return r.kept.leaves(ctx, t, index*merkle.TileWidth, width)
}

// Entries yields, from the store, the log's entries that are published at the time of the call, from a
// number on. The error is ErrNotFound for what is below the snapshot that the replica was restored from.
func (r *Replica) Entries(ctx context.Context, from uint64) iter.Seq2[[]byte, error] {
	if err := r.usable(); err != nil {
		return func(yield func([]byte, error) bool) { yield(nil, err) }
	}
	return r.kept.entries(ctx, from, r.size())
}

// Section is what the entries of a section leave out, of a size up to that of the last
// certificate. The error is ErrNotFound if it is not published, and for what is below the
// snapshot that the replica was restored from, or of what it keeps no details of.
func (r *Replica) Section(ctx context.Context, number, size uint64) (*utt.Section, error) {
	if err := r.usable(); err != nil {
		return nil, err
	}
	if size > r.size() {
		return nil, unpublished(number, size)
	}
	return r.kept.section(ctx, number, size)
}

// size is the number of records that are published.
func (r *Replica) size() uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.main.at.Records
}

// Wait returns once there is a published record from a place on, or the context ends.
func (r *Replica) Wait(ctx context.Context, from utt.Cursor) error {
	if err := r.usable(); err != nil {
		return err
	}
	for {
		grown := r.growing()
		for _, err := range r.Records(ctx, from) {
			return err
		}
		select {
		case <-grown:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// growing is closed by the next publication.
func (r *Replica) growing() <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.grown == nil {
		r.grown = make(chan struct{})
	}
	return r.grown
}

// Receipt says what became of an operation, by the digest of its bytes. The error is
// ErrNotFound for one that is in no block, or in one below the snapshot that the replica
// was restored from, or that it keeps no receipts of.
func (r *Replica) Receipt(_ context.Context, op utt.Digest) (utt.Receipt, error) {
	if err := r.usable(); err != nil {
		return utt.Receipt{}, err
	}
	k, err := r.kept.receipt(op)
	if err != nil {
		return utt.Receipt{}, err
	}
	if k == nil {
		return utt.Receipt{}, fmt.Errorf("%w: no receipt of operation %v", utt.ErrNotFound, op)
	}
	return k.Receipt, nil
}
