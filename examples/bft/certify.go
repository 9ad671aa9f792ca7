package bft

import (
	"context"
	"errors"

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
func (n *Node) Share(height uint64) *utt.CertificateShare { return n.vouched[height] }

// Certificate is the last one that the node was handed and went on from, without shares
// of its own on the heights up to there; nil if there is none.
func (n *Node) Certificate() *utt.Certificate { return n.certificate }

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
		n.vouched[height] = share
		n.event(Certifies{share.Checkpoint})
	}
}

// advance goes on from a certificate of others.
func (n *Node) advance(c *utt.Certificate) {
	if n.certifier == nil {
		return // no ledger yet
	}
	before := n.certifier.Checkpoint().Height
	switch err := n.certifier.Advance(c); {
	case err == nil:
		if c.Height > before {
			n.certificate = c
		}
		n.certify()
	case errors.Is(err, utt.ErrInvalid), errors.Is(err, utt.ErrConflict): // forged, or not there yet
	default:
		n.fail("certificate: %v", err)
	}
}
