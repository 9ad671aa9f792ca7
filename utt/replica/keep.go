package replica

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"math"
	"sync"

	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/ledger"
	"github.com/utt-ecash/utt-go/utt/store"
)

// keeper is what a replica keeps in its store besides the ledger: what it signed last,
// receipts, signatures and certificates.
type keeper struct {
	l    *ledger.Ledger
	s    store.Store
	keep uint64     // details, in seconds; 0 for ever
	mu   sync.Mutex // of writes
}

// Keys, told apart by the byte after ledger.Beside.
var (
	signerKey = []byte(ledger.Beside + "S") // height, history
	belowKey  = []byte(ledger.Beside + "X") // height of the snapshot, height up to which executedKey is written
)

// of is the part of the store that is about certificates of a kind.
func of(k utt.CheckpointKind, what string) []byte {
	if k == utt.CredentialCheckpoint {
		return []byte(ledger.Beside + "k" + what)
	}
	return []byte(ledger.Beside + what)
}

// Of either kind: the certificates, the height of that where publication began, the frontier at
// it, and that at the last certificate.
func certificateKey(k utt.CheckpointKind, height uint64) []byte {
	return binary.BigEndian.AppendUint64(of(k, "c"), height)
}
func baseKey(k utt.CheckpointKind) []byte      { return of(k, "B") }
func baseEdgesKey(k utt.CheckpointKind) []byte { return of(k, "F") }
func edgesKey(k utt.CheckpointKind) []byte     { return of(k, "E") }

func receiptKey(op utt.Digest) []byte { return append([]byte(ledger.Beside+"r"), op[:]...) }

// executedKey is of an operation that was executed below the snapshot: its height.
func executedKey(id utt.ID) []byte { return append([]byte(ledger.Beside+"x"), id[:]...) }

// placeKey is of a record, by the ID that it bears: an operation that was held has several.
func placeKey(id utt.ID, at utt.Cursor) []byte {
	b := binary.BigEndian.AppendUint64(append([]byte(ledger.Beside+"i"), id[:]...), at.Height)
	return binary.BigEndian.AppendUint32(b, at.Index)
}

func belowWrite(snapshot, done uint64) store.Write {
	return store.Write{Key: belowKey, Value: binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, snapshot), done)}
}

func signaturesKey(c utt.Cursor) []byte {
	b := binary.BigEndian.AppendUint64([]byte(ledger.Beside+"s"), c.Height)
	return binary.BigEndian.AppendUint32(b, c.Index)
}

// credentialKey is of the signatures on the credential of a record, by its number.
func credentialKey(number uint64) []byte {
	return binary.BigEndian.AppendUint64([]byte(ledger.Beside+"l"), number)
}

// certificateWrites are of a certificate, and of where it is on the trees.
func certificateWrites(c *utt.Certificate, at utt.Frontier) ([]store.Write, error) {
	b, err := c.MarshalBinary()
	if err != nil {
		return nil, err
	}
	edges, err := at.MarshalBinary()
	return []store.Write{{Key: certificateKey(c.Kind, c.Height), Value: b}, {Key: edgesKey(c.Kind), Value: edges}}, err
}

// baseWrites are of a certificate that publication begins at.
func baseWrites(c *utt.Certificate, at utt.Frontier) ([]store.Write, error) {
	w, err := certificateWrites(c, at)
	if err != nil {
		return nil, err
	}
	return append(w, store.Write{Key: baseKey(c.Kind), Value: binary.BigEndian.AppendUint64(nil, c.Height)}, store.Write{Key: baseEdgesKey(c.Kind), Value: w[1].Value}), nil
}

func signerStateWrite(s SignerState) store.Write {
	return store.Write{Key: signerKey, Value: append(binary.BigEndian.AppendUint64(nil, s.Height), s.History[:]...)}
}

func (k *keeper) get(key []byte) ([]byte, bool, error) {
	v, ok, err := k.s.Get(key)
	if err != nil {
		return nil, false, fmt.Errorf("%w: %w", utt.ErrStore, err)
	}
	return v, ok, nil
}

// vacant demands a store without anything of a replica, whose keys are below the one given.
func (k *keeper) vacant(to []byte) (err error) {
	view, err := k.s.View()
	if err != nil {
		return fmt.Errorf("%w: %w", utt.ErrStore, err)
	}
	defer func() {
		if e := view.Close(); e != nil {
			err = errors.Join(err, fmt.Errorf("%w: %w", utt.ErrStore, e))
		}
	}()
	for _, err := range view.Ascend([]byte(ledger.Beside), to) {
		if err != nil {
			return fmt.Errorf("%w: %w", utt.ErrStore, err)
		}
		return fmt.Errorf("%w: the store holds something of a replica", utt.ErrConflict)
	}
	return nil
}

// signerState is the last block that may have been signed.
func (k *keeper) signerState() (s SignerState, err error) {
	v, ok, err := k.get(signerKey)
	if err != nil || !ok {
		return s, err
	}
	r := wire.NewReader(v)
	s.Height = r.Uint64()
	r.Fill(s.History[:])
	if err := r.Close(); err != nil {
		return s, fmt.Errorf("%w: %w: what was signed last: %w", utt.ErrStore, utt.ErrMalformed, err)
	}
	return s, nil
}

// kept is a receipt with the height of its block.
type kept struct {
	utt.Receipt
	height uint64
}

// receipt is that of an operation, nil if there is none.
func (k *keeper) receipt(op utt.Digest) (*kept, error) {
	v, ok, err := k.get(receiptKey(op))
	if err != nil || !ok {
		return nil, err
	}
	r := wire.NewReader(v)
	d := &kept{height: r.Uint64()}
	if err := d.UnmarshalBinary(r.Take(r.Len())); err != nil {
		return nil, fmt.Errorf("%w: receipt of %v: %w", utt.ErrStore, op, err)
	}
	return d, nil
}

// publish writes what leads from one certificate to the next: records, or the signatures on
// credentials.
func (k *keeper) publish(c *utt.Certificate, at utt.Frontier, tiles []store.Write, records []*utt.Record, leaves []utt.CredentialLeaf) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	writes, err := certificateWrites(c, at)
	if err != nil {
		return err
	}
	old, err := k.drop(c)
	if err != nil {
		return err
	}
	writes = append(append(writes, tiles...), old...)
	for _, r := range records {
		writes = append(writes, store.Write{Key: placeKey(r.ID(), r.Cursor()), Value: []byte{1}})
		if s := r.Signatures(); len(s) > 0 {
			writes = append(writes, store.Write{Key: signaturesKey(r.Cursor()), Value: s})
		}
	}
	for _, l := range leaves {
		writes = append(writes, store.Write{Key: credentialKey(l.Record), Value: l.Signatures})
	}
	if err := k.s.Apply(writes); err != nil {
		return fmt.Errorf("%w: %w", utt.ErrStore, err)
	}
	return nil
}

// maxPlaces is how many records of one ID there can be: held, approved, and then settled.
const maxPlaces = 3

// places are where there are published records of an ID, in order.
func (k *keeper) places(id utt.ID) (all []utt.Cursor, err error) {
	view, err := k.s.View()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", utt.ErrStore, err)
	}
	defer func() {
		if e := view.Close(); e != nil {
			err = errors.Join(err, fmt.Errorf("%w: %w", utt.ErrStore, e))
		}
	}()
	for pair, err := range view.Ascend(store.Prefix(placeKey(id, utt.Cursor{})[:len(ledger.Beside)+1+len(id)])) {
		if err != nil {
			return nil, fmt.Errorf("%w: %w", utt.ErrStore, err)
		}
		if len(all) == maxPlaces {
			break
		}
		r := wire.NewReader(pair.Key[len(ledger.Beside)+1+len(id):])
		all = append(all, utt.Cursor{Height: r.Uint64(), Index: r.Uint32()})
		if err := r.Close(); err != nil {
			return nil, fmt.Errorf("%w: %w: the place of a record: %w", utt.ErrStore, utt.ErrMalformed, err)
		}
	}
	return all, nil
}

// last is the last certificate published, nil if there is none, and where it is on the trees.
func (k *keeper) last(of utt.CheckpointKind) (c *utt.Certificate, at utt.Frontier, err error) {
	c, err = k.upTo(of, math.MaxUint64)
	if errors.Is(err, utt.ErrNotFound) {
		return nil, at, nil
	}
	if err != nil {
		return nil, at, err
	}
	b, _, err := k.get(edgesKey(of))
	if err != nil {
		return nil, at, err
	}
	if err := at.UnmarshalBinary(b); err != nil {
		return nil, at, fmt.Errorf("%w: the edges of the log: %w", utt.ErrStore, err)
	}
	if err := at.At(c); err != nil {
		return nil, at, fmt.Errorf("%w: the edges of the log: %w", utt.ErrStore, err)
	}
	return c, at, nil
}

// upTo is the last certificate of a height up to the one given.
func (k *keeper) upTo(of utt.CheckpointKind, height uint64) (*utt.Certificate, error) {
	to := append(certificateKey(of, height), 0)
	c, err := k.certificate(func(v store.View) iter.Seq2[store.Pair, error] { return v.Descend(certificateKey(of, 0), to) })
	if c == nil && err == nil {
		return nil, fmt.Errorf("%w: no certificate of the %v up to height %d", utt.ErrNotFound, of, height)
	}
	return c, err
}

// certificate is the first of a range, nil for an empty one.
func (k *keeper) certificate(in func(store.View) iter.Seq2[store.Pair, error]) (c *utt.Certificate, err error) {
	view, err := k.s.View()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", utt.ErrStore, err)
	}
	defer func() {
		if e := view.Close(); e != nil {
			err = errors.Join(err, fmt.Errorf("%w: %w", utt.ErrStore, e))
		}
	}()
	for pair, err := range in(view) {
		if err != nil {
			return nil, fmt.Errorf("%w: %w", utt.ErrStore, err)
		}
		c := new(utt.Certificate)
		if err := c.UnmarshalBinary(pair.Value); err != nil {
			return nil, fmt.Errorf("%w: a certificate: %w", utt.ErrStore, err)
		}
		return c, nil
	}
	return nil, nil
}

// base is the height from which on records, or credentials, are published here.
func (k *keeper) base(of utt.CheckpointKind) (uint64, error) {
	v, ok, err := k.get(baseKey(of))
	if err != nil || !ok {
		return 1, err
	}
	r := wire.NewReader(v)
	h := r.Uint64()
	if err := r.Close(); err != nil {
		return 0, fmt.Errorf("%w: %w: where publication began: %w", utt.ErrStore, utt.ErrMalformed, err)
	}
	return h + 1, nil
}

// has is ErrNotFound for a height below that from which on there is something here.
func (k *keeper) has(of utt.CheckpointKind, height uint64) error {
	base, err := k.base(of)
	if err == nil && height < base {
		err = fmt.Errorf("%w: what is published of block %d: this replica has that from block %d on; ask another", utt.ErrNotFound, height, base)
	}
	return err
}

// signed is a record of the ledger with its signatures, as the ledger's certificate has it:
// without those on credentials.
func (k *keeper) signed(r *utt.Record) (*utt.Record, error) {
	s, _, err := k.get(signaturesKey(r.Cursor()))
	if err != nil {
		return nil, err
	}
	done, err := k.l.Parameters().AttachTrusted(utt.CoinTree, []*utt.Record{r}, [][]byte{s})
	if err != nil {
		if gone := k.details(r.Cursor().Height); gone != nil { // since the record was read
			return nil, gone
		}
		return nil, fmt.Errorf("%w: signatures of a record: %w", utt.ErrStore, err)
	}
	return done[0], nil
}

// credentials yields the signatures on credentials of records from one number up to another.
func (k *keeper) credentials(ctx context.Context, from, to uint64) iter.Seq2[utt.CredentialLeaf, error] {
	return func(yield func(utt.CredentialLeaf, error) bool) {
		fail := func(err error) { yield(utt.CredentialLeaf{}, fmt.Errorf("%w: %w", utt.ErrStore, err)) }
		if from >= to {
			return
		}
		view, err := k.s.View()
		if err != nil {
			fail(err)
			return
		}
		defer func() { _ = view.Close() }() // nothing was written
		for pair, err := range view.Ascend(credentialKey(from), credentialKey(to)) {
			if err != nil {
				fail(err)
				return
			}
			if ctx.Err() != nil {
				yield(utt.CredentialLeaf{}, ctx.Err())
				return
			}
			r := wire.NewReader(pair.Key[len(credentialKey(0))-8:])
			l := utt.CredentialLeaf{Record: r.Uint64(), Signatures: bytes.Clone(pair.Value)}
			if err := r.Close(); err != nil {
				fail(err)
				return
			}
			if !yield(l, nil) {
				return
			}
		}
	}
}

// next is the first certificate of a height from the one given on, with what leads to it from
// there.
func (k *keeper) next(ctx context.Context, of utt.CheckpointKind, from uint64) (*certified, error) {
	err := k.has(of, from)
	if err == nil && of == utt.LedgerCheckpoint {
		err = k.details(from)
	}
	if err != nil {
		return nil, err
	}
	_, to := store.Prefix(certificateKey(of, 0)[:len(certificateKey(of, 0))-8])
	c, err := k.certificate(func(v store.View) iter.Seq2[store.Pair, error] { return v.Ascend(certificateKey(of, from), to) })
	if err != nil {
		return nil, err
	}
	if c == nil {
		return nil, fmt.Errorf("%w: no certificate of the %v from block %d on", utt.ErrNotFound, of, from)
	}
	m := &certified{certificate: c}
	if of == utt.CredentialCheckpoint {
		first, err := k.number(utt.Cursor{Height: from})
		if err != nil {
			return nil, err
		}
		for l, err := range k.credentials(ctx, first, c.Records) {
			if err != nil {
				return nil, err
			}
			m.leaves, m.bytes = append(m.leaves, l), m.bytes+4+1+8+len(l.Signatures)
		}
		return m, nil
	}
	for r, err := range k.l.Records(ctx, utt.Cursor{Height: from}) {
		if err != nil {
			return nil, err
		}
		if r.Cursor().Height > c.Height {
			break
		}
		s, err := k.signed(r)
		if err != nil {
			return nil, err
		}
		m.records, m.bytes = append(m.records, s), m.bytes+4+len(s.AppendUnsigned(nil))+len(s.Signatures())
	}
	return m, nil
}

// number is that of a record on the ledger, from 0, by its place.
func (k *keeper) number(at utt.Cursor) (uint64, error) {
	b, err := k.l.Block(at.Height)
	if err != nil {
		return 0, err
	}
	return b.Size - uint64(b.Records) + uint64(at.Index), nil
}

// indexBatch is about how many operations are written to the index at once.
const indexBatch = 1 << 10

// index writes down what was executed below the snapshot that the replica was restored
// from, by the records, of which the state has all. It goes on where it was stopped.
func (k *keeper) index() error {
	v, ok, err := k.get(belowKey)
	if err != nil || !ok {
		return err
	}
	r := wire.NewReader(v)
	snapshot, done := r.Uint64(), r.Uint64()
	if err := r.Close(); err != nil {
		return fmt.Errorf("%w: %w: what is below the snapshot: %w", utt.ErrStore, utt.ErrMalformed, err)
	}
	var writes []store.Write
	apply := func(done uint64) error {
		k.mu.Lock()
		defer k.mu.Unlock()
		if err := k.s.Apply(append(writes, belowWrite(snapshot, done))); err != nil {
			return fmt.Errorf("%w: %w", utt.ErrStore, err)
		}
		writes = nil
		return nil
	}
	if done >= snapshot {
		return nil
	}
	for entry, err := range k.l.Entries(context.Background(), utt.Cursor{Height: done + 1}) {
		if err != nil {
			return err
		}
		rec, err := utt.ParseEntry(entry)
		if err != nil {
			return fmt.Errorf("%w: %w", utt.ErrStore, err)
		}
		height := rec.Cursor().Height
		if height > snapshot {
			break
		}
		if len(writes) >= indexBatch && height > done {
			if err := apply(height - 1); err != nil {
				return err
			}
		}
		done = height
		id := rec.ID()
		if rec.Kind() == utt.KindSettlement { // of what was indexed when it was held
			var decided bool
			if id, decided = rec.Decision(); !decided {
				continue
			}
		}
		writes = append(writes, store.Write{Key: executedKey(id), Value: binary.BigEndian.AppendUint64(nil, height)})
	}
	return apply(snapshot)
}

// executed is the height of the block that executed an operation which is rejected now, 0
// if none did: by its bytes, or, below the snapshot that the replica was restored from, by
// its ID, which is that of invalid ones too.
func (k *keeper) executed(op utt.Operation, no *utt.Rejection) (uint64, error) {
	r, err := k.receipt(no.Op)
	switch {
	case err != nil:
		return 0, err
	case r != nil && r.Status.Accepted():
		return r.height, nil
	case no.Code == utt.CodeInvalid:
		return 0, nil
	}
	id := op.ID()
	v, ok, err := k.get(executedKey(id))
	if err != nil {
		return 0, err
	}
	if !ok {
		return k.unreceipted(id)
	}
	rd := wire.NewReader(v)
	height := rd.Uint64()
	if err := rd.Close(); err != nil {
		return 0, fmt.Errorf("%w: %w: the height of operation %v: %w", utt.ErrStore, utt.ErrMalformed, id, err)
	}
	return height, nil
}
