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
	return records(ctx, p, from, s, take, func(context.Context, utt.Checkpoint, uint64) {})
}

// records is Records with what else is to be asked before the last records are taken in, which
// lead to a checkpoint from the record of a number on.
func records(ctx context.Context, p *utt.Parameters, from utt.Frontier, s Source, take Take, ask func(ctx context.Context, to utt.Checkpoint, first uint64)) error {
	if err := p.Usable(); err != nil {
		return err
	}
	if s == nil || take == nil {
		return fmt.Errorf("%w: no node, or nobody to take in its records", utt.ErrInvalid)
	}
	d := &download{p: p, known: from, source: s, take: take}
	last, err := d.aim(ctx)
	if err != nil {
		return err
	}
	if last == nil {
		ask(ctx, from.Checkpoint, from.Records)
		return nil
	}
	d.left, d.records = last.Records-from.Records, make([]*utt.Record, 0, batchSize)
	all := s.Records(ctx, from.Next())
	if all == nil {
		return broken("Records returned nil, which nothing can be read from")
	}
	for r, err := range all {
		if err != nil {
			return fmt.Errorf("utt: read records: %w", err)
		}
		if r == nil || r.Kind() == 0 {
			return broken("an empty record")
		}
		if r.Cursor().Height > last.Height {
			break
		}
		if err := d.add(ctx, r); err != nil {
			return err
		}
	}
	return d.takeIn(ctx, last, ask)
}

// download collects records until a certificate covers them.
type download struct {
	p       *utt.Parameters
	source  Source
	take    Take
	known   utt.Frontier // up to which all are taken in
	left    uint64       // that the last certificate counts
	records []*utt.Record
}

// aim is the certificate up to which a node has what is not known, verified before
// anything is downloaded; nil if there is nothing new.
func (d *download) aim(ctx context.Context) (*utt.Certificate, error) {
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
		return nil, fmt.Errorf("utt: read records: %w", err)
	case last == nil:
		return nil, broken("neither a certificate nor an error")
	case last.Checkpoint == known:
		return nil, nil
	}
	aim := *last // which is the node's
	if err := verify(&aim); err != nil {
		return nil, &NodeError{Fault: Foreign, Height: aim.Height, Known: known.Height, Cause: err}
	}
	fault := Fault("")
	switch {
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

func (d *download) verify(c *utt.Certificate) error {
	if err := d.p.VerifyCertificate(c); err != nil {
		return &NodeError{Fault: Foreign, Height: c.Height, Known: d.known.Height, Cause: err}
	}
	return nil
}

// add takes in what was collected, if it is much and ends a block, and adds r. A node
// that certifies nothing in between is left before it fills the memory.
func (d *download) add(ctx context.Context, r *utt.Record) error {
	if n := len(d.records); n >= batchSize {
		if height, last := r.Cursor().Height, d.records[n-1].Cursor().Height; height > last {
			c, err := d.source.Certificate(ctx, height-1)
			switch {
			case err != nil && !errors.Is(err, utt.ErrNotFound):
				return fmt.Errorf("utt: read records: %w", err)
			case err == nil && c == nil:
				return broken("neither a certificate nor an error")
			case err == nil && c.Height >= last && c.Height < height:
				if err := d.takeIn(ctx, c, nil); err != nil {
					return err
				}
			}
		}
	}
	switch {
	case d.left == 0:
		return broken("more records than its certificate counts")
	case len(d.records) == batchSize-1+utt.MaxBlock: // those that waited for more, and the next certificate's
		return broken("more than %d records without a certificate", utt.MaxBlock)
	}
	d.left--
	d.records = append(d.records, r)
	return nil
}

// takeIn hands on what was collected, which must lead to a certificate. Before, it asks what else
// there is to ask.
func (d *download) takeIn(ctx context.Context, served *utt.Certificate, ask func(ctx context.Context, to utt.Checkpoint, first uint64)) error {
	c := *served // which is the node's
	if err := d.verify(&c); err != nil {
		return err
	}
	reached, err := d.known.Lead(&c, d.records)
	if err != nil {
		return &NodeError{Fault: Broken, Cause: err}
	}
	if ask != nil {
		ask(ctx, c.Checkpoint, d.known.Records)
	}
	if err := d.take(ctx, d.records, reached); err != nil {
		return err
	}
	d.known, d.records = reached, d.records[:0]
	return nil
}
