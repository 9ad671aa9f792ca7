package replica

import (
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
	var completed []node
	next, err := p.at.LeadWith(c, records, func(t utt.Tree, level int, _ uint64, root [32]byte) {
		completed = append(completed, node{t, level, root})
	})
	if err != nil {
		return fmt.Errorf("%w: %w", utt.ErrConflict, err)
	}
	p.at = next
	p.trees.add(completed)
	certificate := *c
	p.certificates = append(p.certificates, &certificate)
	for _, r := range records {
		d := *r // which the caller may decode another into
		p.records = append(p.records, &d)
	}
	if p.grown != nil {
		close(p.grown)
		p.grown = nil
	}
	return nil
}

// Clone is a publication of the same so far, which goes on by itself.
func (p *Publication) Clone() *Publication {
	if p == nil {
		return new(Publication)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return &Publication{records: slices.Clip(p.records), certificates: slices.Clip(p.certificates), at: p.at, trees: p.trees.clone()}
}

// Last is the last certificate, nil if there is none.
func (p *Publication) Last() *utt.Certificate {
	c, err := p.Certificate(context.Background(), math.MaxUint64)
	if err != nil {
		return nil
	}
	return c
}

// Frontier is where the last certificate is on the trees; that of nothing if there is none.
func (p *Publication) Frontier() utt.Frontier {
	if p == nil {
		return utt.Frontier{}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.at
}

// Certificate is the last one of a height up to the one given.
func (p *Publication) Certificate(_ context.Context, height uint64) (*utt.Certificate, error) {
	if p == nil {
		return nil, fmt.Errorf("%w: no publication", utt.ErrInvalid)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	k, found := slices.BinarySearchFunc(p.certificates, height, func(c *utt.Certificate, h uint64) int { return cmp.Compare(c.Height, h) })
	if found {
		k++
	}
	if k == 0 {
		return nil, fmt.Errorf("%w: no certificate up to height %d", utt.ErrNotFound, height)
	}
	c := *p.certificates[k-1] // which the caller may write to
	return &c, nil
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
// certificate. The error is ErrNotFound if nothing is published there.
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
	c, r := *p.certificates[len(p.certificates)-1], *p.records[k]
	return utt.NewInclusion(&c, uint64(k), &r, p.trees.root)
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
