package follow

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"

	"github.com/utt-ecash/utt-go/utt"
)

// Source is what records are read from: a replica, or a service in front of replicas. It
// learns nothing from which records are asked for, since whole ranges are.
type Source interface {
	// Certificate is the last one of a height up to the one given, and
	// math.MaxUint64 asks for the last of all. The error matches ErrNotFound if there
	// is none. Between two that the node has there are at most MaxBlock records. There is
	// one of a block in every epoch, an empty block if nothing else was decided: without
	// it, what was made for an epoch that is over locks coins.
	Certificate(ctx context.Context, height uint64) (*utt.Certificate, error)
	// Records yields, in order and without a gap, the records from a place on as they
	// were certified, at least up to the height of the last certificate served.
	Records(ctx context.Context, from utt.Cursor) iter.Seq2[*utt.Record, error]
	// CredentialCertificate is, as Certificate, the last one of the credentials. It lags where
	// registrars do, and is never of a height of which there is no certificate of the ledger.
	CredentialCertificate(ctx context.Context, height uint64) (*utt.Certificate, error)
	// Credentials yields, in the order of records, the signatures on credentials, from the
	// record of a number on, at least up to the last certificate of the credentials served.
	// Records that have none are left out.
	Credentials(ctx context.Context, from uint64) iter.Seq2[utt.CredentialLeaf, error]
}

// batchSize is about how many records are taken in at once.
const batchSize = 512

// Take takes in records that lead to where a reader then is, which is certified, some hundred at most
// besides those of one block. If it fails, reading ends with its error. The slice is used
// again.
type Take func(ctx context.Context, records []*utt.Record, to utt.Frontier) error

// Records reads from where its reader is, up to which he has taken in all records, to the
// node's last certificate, and has all in between taken in, in order. The error is a
// NodeError for a node that cannot be read from; what was taken in before stays taken in,
// and another node may go on from there. Without anything new take is not called, and with
// a new certificate at least once.
func Records(ctx context.Context, p *utt.Parameters, from utt.Frontier, s Source, take Take) error {
	if s == nil || take == nil {
		return errNothing
	}
	if _, err := from.Extend(nil); err != nil { // no node's fault
		return err
	}
	_, err := (&download[*utt.Record]{
		p: p, known: from, source: s, take: take, lead: utt.Frontier.Lead,
		read: func(ctx context.Context) iter.Seq2[*utt.Record, error] { return s.Records(ctx, from.Next()) },
	}).run(ctx)
	return err
}

var errNothing = fmt.Errorf("%w: no node, or nobody to take in what it has", utt.ErrInvalid)

// placed is what is on record, or a summary of it.
type placed interface {
	comparable
	Cursor() utt.Cursor
	Kind() utt.Kind
}

// download collects what is read until a certificate covers it.
type download[T placed] struct {
	p      *utt.Parameters
	source Source
	read   func(ctx context.Context) iter.Seq2[T, error] // from the known ones on
	lead   func(from utt.Frontier, to *utt.Certificate, items []T) (utt.Frontier, error)
	take   func(ctx context.Context, items []T, to utt.Frontier) error
	limit  uint64 // about how many are read; 0 for all

	known utt.Frontier // up to which all are taken in
	left  uint64       // that the last certificate counts
	items []T
}

// run reads to the node's last certificate, which it returns, verified; nil if there is none.
func (d *download[T]) run(ctx context.Context) (*utt.Certificate, error) {
	if err := d.p.Usable(); err != nil {
		return nil, err
	}
	last, err := d.aim(ctx)
	if err != nil || last == nil || d.known.Is(last.Checkpoint) {
		return last, err
	}
	d.left, d.items = last.Records-d.known.Records, make([]T, 0, batchSize)
	end := uint64(math.MaxUint64)
	if d.limit > 0 && d.limit < d.left {
		end = d.known.Records + d.limit
	}
	all := d.read(ctx)
	if all == nil {
		return nil, broken("it returned nil, which nothing can be read from")
	}
	for r, err := range all {
		if err != nil {
			return nil, readError(err)
		}
		var none T
		if r == none || r.Kind() == 0 {
			return nil, broken("an empty record")
		}
		if r.Cursor().Height > last.Height {
			break
		}
		if err := d.cover(ctx, r.Cursor().Height, end); err != nil {
			return nil, err
		}
		if d.known.Records >= end {
			return last, nil
		}
		if err := d.add(r); err != nil {
			return nil, err
		}
	}
	if err := d.takeIn(ctx, last); err != nil {
		return nil, err
	}
	return last, nil
}

// Aim is the node's last certificate, verified, for a reader who is at a checkpoint, and nil if
// it is of that. The error is a NodeError for a node that is behind him, or of another network or
// history.
func Aim(ctx context.Context, p *utt.Parameters, known utt.Checkpoint, s Source) (*utt.Certificate, error) {
	if err := p.Usable(); err != nil {
		return nil, err
	}
	if s == nil {
		return nil, fmt.Errorf("%w: no node", utt.ErrInvalid)
	}
	d := &download[*utt.Record]{p: p, known: utt.Frontier{Checkpoint: known}, source: s}
	c, err := d.aim(ctx)
	if err != nil || c == nil || known.Is(c.Checkpoint) {
		return nil, err
	}
	return c, nil
}

// readError is an error of the source's.
func readError(err error) error {
	if n := (*NodeError)(nil); errors.As(err, &n) {
		return err
	}
	return fmt.Errorf("utt: read records: %w", err)
}

// aim is the certificate up to which a node has what is not known, verified before
// anything is downloaded: that of what is known if there is nothing new, and nil if nothing is
// published yet.
func (d *download[T]) aim(ctx context.Context) (*utt.Certificate, error) {
	last, err := d.source.Certificate(ctx, math.MaxUint64)
	return aim(d.known.Checkpoint, last, err, d.p.VerifyCertificate)
}

func aim(known utt.Checkpoint, last *utt.Certificate, err error, verify func(*utt.Certificate) error) (*utt.Certificate, error) {
	switch {
	case errors.Is(err, utt.ErrNotFound) && known == utt.Checkpoint{}:
		return nil, nil // nothing is published yet
	case errors.Is(err, utt.ErrNotFound):
		return nil, &NodeError{Fault: Behind, Known: known.Height}
	case err != nil:
		return nil, readError(err)
	case last == nil:
		return nil, broken("neither a certificate nor an error")
	}
	aim := *last // which is the node's
	if err := verify(&aim); err != nil {
		return nil, &NodeError{Fault: Foreign, Height: aim.Height, Known: known.Height, Cause: err}
	}
	fault := Fault("")
	switch {
	case known.Is(aim.Checkpoint):
	case aim.Height < known.Height:
		fault = Behind
	case aim.Height == known.Height || aim.Records < known.Records:
		fault = Forked
	}
	if fault != "" {
		return nil, &NodeError{Fault: fault, Height: aim.Height, Known: known.Height}
	}
	return &aim, nil
}

func (d *download[T]) verify(c *utt.Certificate) error {
	if err := d.p.VerifyCertificate(c); err != nil {
		return &NodeError{Fault: Foreign, Height: c.Height, Known: d.known.Height, Cause: err}
	}
	return nil
}

// cover takes in what was collected, if it is much, or all that is to be read, and the next
// record, of a height, begins another block.
func (d *download[T]) cover(ctx context.Context, height, end uint64) error {
	n := len(d.items)
	if n == 0 || n < batchSize && d.known.Records+uint64(n) < end {
		return nil
	}
	last := d.items[n-1].Cursor().Height
	if height <= last {
		return nil
	}
	c, err := d.source.Certificate(ctx, height-1)
	switch {
	case errors.Is(err, utt.ErrNotFound):
		return nil
	case err != nil:
		return readError(err)
	case c == nil:
		return broken("neither a certificate nor an error")
	case c.Height < last || c.Height >= height:
		return nil
	}
	return d.takeIn(ctx, c)
}

// add collects a record. A node that certifies nothing in between is left before it fills
// the memory.
func (d *download[T]) add(r T) error {
	switch {
	case d.left == 0:
		return broken("more records than its certificate counts")
	case len(d.items) == batchSize-1+utt.MaxBlock: // those that waited for more, and the next certificate's
		return broken("more than %d records without a certificate", utt.MaxBlock)
	}
	d.left--
	d.items = append(d.items, r)
	return nil
}

// takeIn hands on what was collected, which must lead to a certificate.
func (d *download[T]) takeIn(ctx context.Context, served *utt.Certificate) error {
	c := *served // which is the node's
	if err := d.verify(&c); err != nil {
		return err
	}
	reached, err := d.lead(d.known, &c, d.items)
	if err != nil {
		return &NodeError{Fault: Broken, Cause: err}
	}
	if err := d.take(ctx, d.items, reached); err != nil {
		return err
	}
	d.known, d.items = reached, d.items[:0]
	return nil
}
