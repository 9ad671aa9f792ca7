package bft

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/utt-ecash/utt-go/utt"
)

// What wallets read is certified: replicas sign, with a key of its own, the chain of
// all records with their signatures. A node makes its share of a certificate once a
// block's records are signed and it has verified the signatures, or f+1 say that they
// have. Whoever serves wallets collects f+1 shares, and hands the certificate to
// replicas that lack it since they lost everything: it speaks for itself.

// Certified is what a client hands to a replica.
type Certified struct{ Certificate *utt.Certificate }

func (Certified) body() {}

// Share is the node's part of the certificate of a height, nil if it has none.
func (n *Node) Share(height uint64) *utt.CertificateShare { return n.shares[height] }

// Checkpoint is up to where the node has certified what the ledger publishes.
func (n *Node) Checkpoint() utt.Checkpoint {
	if n.certifier == nil {
		return utt.Checkpoint{}
	}
	return n.certifier.Checkpoint()
}

// certify makes shares of the certificates that can be made.
func (n *Node) certify() {
	for {
		height := n.certifier.Checkpoint().Height + 1
		records, ok := n.signed[height]
		if !ok {
			return
		}
		share, err := n.certifier.Certify(context.Background(), height, records)
		if err != nil {
			n.fail("certify block %d: %v", height, err)
			return
		}
		n.shares[height] = share
	}
}

// advance goes on from a certificate of others.
func (n *Node) advance(c *utt.Certificate) {
	if n.certifier == nil {
		return // no ledger yet
	}
	switch err := n.certifier.Advance(c); {
	case err == nil:
		n.certify()
	case errors.Is(err, utt.ErrInvalid), errors.Is(err, utt.ErrConflict): // forged, or not there yet
	default:
		n.fail("certificate: %v", err)
	}
}

// publication is what wallets are served: the part of a utt.Node that Founding and
// Client have in common.
type publication struct {
	records      []*utt.Record
	certificates []*utt.Certificate // of every height from 1 on
}

func (p *publication) publish(c *utt.Certificate, records []*utt.Record) {
	p.records, p.certificates = append(p.records, records...), append(p.certificates, c)
}

// last is the last certificate, nil if there is none.
func (p *publication) last() *utt.Certificate {
	if len(p.certificates) == 0 {
		return nil
	}
	return p.certificates[len(p.certificates)-1]
}

// Certificate implements utt.Node.
func (p *publication) Certificate(_ context.Context, height uint64) (*utt.Certificate, error) {
	k := min(height, uint64(len(p.certificates)))
	if k == 0 {
		return nil, fmt.Errorf("%w: no certificate up to height %d", utt.ErrNotFound, height)
	}
	return p.certificates[k-1], nil
}

// Records implements utt.Node.
func (p *publication) Records(ctx context.Context, from utt.Cursor) iter.Seq2[*utt.Record, error] {
	records := p.records
	return func(yield func(*utt.Record, error) bool) {
		for _, r := range records {
			if c := r.Cursor(); c.Height < from.Height || c.Height == from.Height && c.Index < from.Index {
				continue
			}
			if !yield(r, ctx.Err()) || ctx.Err() != nil {
				return
			}
		}
	}
}
