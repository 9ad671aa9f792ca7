package replica

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"iter"
	"math"
	"slices"
	"sync"

	"github.com/utt-ecash/utt-go/utt"
)

// Publication is what a node serves to wallets: certified records, kept in memory. The
// zero value has none. With a Submit besides it is a Node:
//
//	type node struct {
//		utt.Publication
//		…
//	}
//
//	func (n *node) Submit(ctx context.Context, op utt.Operation) error { … }
type Publication struct {
	mu           sync.Mutex
	records      []*utt.Record
	certificates []*utt.Certificate
	at           utt.Frontier // of the last
	leaves       []utt.CredentialLeaf
	credentials  []*utt.Certificate
	signed       utt.Frontier // of the last of the credentials
	trees        forest
	grown        chan struct{} // closed by the next Publish; nil if nobody waits
}

// Publish adds the records that lead from the last certificate to the next, which has
// been verified. The error is ErrConflict, and nothing is added, if they do not.
func (p *Publication) Publish(c *utt.Certificate, records []*utt.Record) error {
	if p == nil || c == nil {
		return fmt.Errorf("%w: no publication, or no certificate", utt.ErrInvalid)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(records) > utt.MaxBlock {
		return fmt.Errorf("%w: %d records for one certificate, of at most %d", utt.ErrInvalid, len(records), utt.MaxBlock)
	}
	if c.Height <= p.at.Height {
		return fmt.Errorf("%w: a certificate of height %d after one of height %d", utt.ErrConflict, c.Height, p.at.Height)
	}
	var nodes completing
	next, err := p.at.LeadWith(c, records, nodes.add)
	if err != nil {
		return fmt.Errorf("%w: %w", utt.ErrConflict, err)
	}
	p.at = next
	p.trees.add(nodes)
	certificate := *c
	p.certificates = append(p.certificates, &certificate)
	for _, r := range records {
		d := *r // which the caller may decode another into
		p.records = append(p.records, &d)
	}
	p.wake()
	return nil
}

// wake has those go on who wait.
func (p *Publication) wake() {
	if p.grown != nil {
		close(p.grown)
		p.grown = nil
	}
}

// PublishCredentials adds the signatures that lead from the last certificate of the credentials
// to the next, which has been verified. The error is ErrConflict, and nothing is added, if they
// do not, or if what they are of is not published.
func (p *Publication) PublishCredentials(c *utt.Certificate, leaves []utt.CredentialLeaf) error {
	if p == nil || c == nil {
		return fmt.Errorf("%w: no publication, or no certificate", utt.ErrInvalid)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if c.Height <= p.signed.Height || c.Height > p.at.Height || c.Records > p.at.Records {
		return fmt.Errorf("%w: a certificate of the credentials of height %d after one of height %d, where the ledger's is of height %d", utt.ErrConflict, c.Height, p.signed.Height, p.at.Height)
	}
	var nodes completing
	next, err := p.signed.LeadCredentials(context.Background(), c, utt.Leaves(leaves), nodes.add)
	if err != nil {
		return fmt.Errorf("%w: %w", utt.ErrConflict, err)
	}
	p.signed = next
	p.trees.add(nodes)
	certificate := *c
	p.credentials = append(p.credentials, &certificate)
	for _, l := range leaves {
		l.Signatures = bytes.Clone(l.Signatures) // which the caller may write to
		p.leaves = append(p.leaves, l)
	}
	p.wake()
	return nil
}

// Clone is a publication of the same so far, which goes on by itself.
func (p *Publication) Clone() *Publication {
	if p == nil {
		return new(Publication)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return &Publication{
		records: slices.Clip(p.records), certificates: slices.Clip(p.certificates), at: p.at,
		leaves: slices.Clip(p.leaves), credentials: slices.Clip(p.credentials), signed: p.signed, trees: p.trees.clone(),
	}
}

// Last is the last certificate, nil if there is none.
func (p *Publication) Last() *utt.Certificate {
	c, err := p.Certificate(context.Background(), math.MaxUint64)
	if err != nil {
		return nil
	}
	return c
}

// Where is where the last certificates are on the trees.
func (p *Publication) Where() (at Published) {
	if p == nil {
		return at
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	at.Frontier, at.CredentialFrontier = p.at, p.signed
	at.Certificate, _ = lastUpTo(p.certificates, math.MaxUint64)
	at.Credentials, _ = lastUpTo(p.credentials, math.MaxUint64)
	return at
}

// Certificate is the last one of a height up to the one given.
func (p *Publication) Certificate(_ context.Context, height uint64) (*utt.Certificate, error) {
	if p == nil {
		return nil, fmt.Errorf("%w: no publication", utt.ErrInvalid)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return lastUpTo(p.certificates, height)
}

// CredentialCertificate is the last one of the credentials of a height up to the one given.
func (p *Publication) CredentialCertificate(_ context.Context, height uint64) (*utt.Certificate, error) {
	if p == nil {
		return nil, fmt.Errorf("%w: no publication", utt.ErrInvalid)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return lastUpTo(p.credentials, height)
}

// lastUpTo is the last of certificates in order of a height up to the one given.
func lastUpTo(certificates []*utt.Certificate, height uint64) (*utt.Certificate, error) {
	k, found := slices.BinarySearchFunc(certificates, height, func(c *utt.Certificate, h uint64) int { return cmp.Compare(c.Height, h) })
	if found {
		k++
	}
	if k == 0 {
		return nil, fmt.Errorf("%w: no certificate up to height %d", utt.ErrNotFound, height)
	}
	c := *certificates[k-1] // which the caller may write to
	return &c, nil
}

// Credentials yields the signatures on credentials that were published, from the record of a
// number on.
func (p *Publication) Credentials(ctx context.Context, from uint64) iter.Seq2[utt.CredentialLeaf, error] {
	var leaves []utt.CredentialLeaf
	if p != nil {
		p.mu.Lock()
		k, _ := p.leaf(from)
		leaves = p.leaves[k:]
		p.mu.Unlock()
	}
	return func(yield func(utt.CredentialLeaf, error) bool) {
		for _, l := range leaves {
			if ctx.Err() != nil {
				yield(utt.CredentialLeaf{}, ctx.Err())
				return
			}
			l.Signatures = bytes.Clone(l.Signatures)
			if !yield(l, nil) {
				return
			}
		}
	}
}

// leaf finds the signatures on the credential of a record.
func (p *Publication) leaf(number uint64) (int, bool) {
	return slices.BinarySearchFunc(p.leaves, number, func(l utt.CredentialLeaf, n uint64) int { return cmp.Compare(l.Record, n) })
}

// Records yields what was published, from a place on.
func (p *Publication) Records(ctx context.Context, from utt.Cursor) iter.Seq2[*utt.Record, error] {
	records := p.from(from)
	return func(yield func(*utt.Record, error) bool) {
		for _, r := range records {
			if ctx.Err() != nil {
				yield(nil, ctx.Err())
				return
			}
			r := *r // which the caller may decode another into
			if !yield(&r, nil) {
				return
			}
		}
	}
}

// Inclusion proves what is on record at a place, with the signatures, under the last
// certificates; a registration whose credential is not published, without. The error is ErrNotFound if nothing is published there.
func (p *Publication) Inclusion(_ context.Context, at utt.Cursor) (*utt.Inclusion, error) {
	if p == nil {
		return nil, fmt.Errorf("%w: no publication", utt.ErrInvalid)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	k, found := slices.BinarySearchFunc(p.records, at, func(r *utt.Record, at utt.Cursor) int { return r.Cursor().Compare(at) })
	if !found {
		return nil, fmt.Errorf("%w: record %d of block %d is not published", utt.ErrNotFound, at.Index, at.Height)
	}
	c, _ := lastUpTo(p.certificates, math.MaxUint64)
	credentials, _ := lastUpTo(p.credentials, math.MaxUint64)
	r := new(utt.Record)
	*r = *p.records[k]
	if i, ok := p.leaf(uint64(k)); ok {
		var err error
		if r, err = r.WithCredentials(p.leaves[i]); err != nil {
			return nil, err
		}
	}
	return utt.NewInclusion(c, credentials, uint64(k), r, p.trees.root)
}

// Entries yields what was published, as entries of the log, from a number on.
func (p *Publication) Entries(ctx context.Context, from uint64) iter.Seq2[[]byte, error] {
	var records []*utt.Record
	if p != nil {
		p.mu.Lock()
		records = p.records[min(from, uint64(len(p.records))):]
		p.mu.Unlock()
	}
	return func(yield func([]byte, error) bool) {
		for _, r := range records {
			if ctx.Err() != nil {
				yield(nil, ctx.Err())
				return
			}
			if !yield(r.LogLeaf(utt.EntryTree), nil) {
				return
			}
		}
	}
}

// Section is what the entries of a section leave out, of a size up to that of the last
// certificate. The error is ErrNotFound if it is not published.
func (p *Publication) Section(_ context.Context, number, size uint64) (*utt.Section, error) {
	if p == nil {
		return nil, fmt.Errorf("%w: no publication", utt.ErrInvalid)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	from, to := utt.SectionBounds(number, size)
	if size > uint64(len(p.records)) || from == to {
		return nil, unpublished(number, size)
	}
	return utt.NewSection(number, size, p.records[from:to], p.trees.root)
}

// unpublished says so of a section.
func unpublished(number, size uint64) error {
	return fmt.Errorf("%w: section %d of a ledger of %d records is not published", utt.ErrNotFound, number, size)
}

// Places are where the records of an ID are, in order: see Replica.Places.
func (p *Publication) Places(_ context.Context, id utt.ID) (all []utt.Cursor, err error) {
	if p == nil {
		return nil, fmt.Errorf("%w: no publication", utt.ErrInvalid)
	}
	for _, r := range p.from(utt.Cursor{}) {
		if r.ID() == id {
			all = append(all, r.Cursor())
		}
	}
	return all, nil
}

func (p *Publication) from(at utt.Cursor) []*utt.Record {
	if p == nil {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	k, _ := slices.BinarySearchFunc(p.records, at, func(r *utt.Record, at utt.Cursor) int { return r.Cursor().Compare(at) })
	return p.records[k:]
}

// Wait returns once there is a record from a place on, or the context ends.
func (p *Publication) Wait(ctx context.Context, from utt.Cursor) error {
	if p == nil {
		return fmt.Errorf("%w: no publication", utt.ErrInvalid)
	}
	for {
		grown := p.next()
		if len(p.from(from)) > 0 {
			return nil
		}
		select {
		case <-grown:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// next is closed by the next Publish.
func (p *Publication) next() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.grown == nil {
		p.grown = make(chan struct{})
	}
	return p.grown
}
