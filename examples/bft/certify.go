package bft

import (
	"context"
	"errors"
	"slices"

	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/utt"
)

// What wallets read is certified: replicas sign, with a key of its own, the chain of
// all records with their signatures. A node makes its share of a certificate once a
// block's records are signed and it has verified the signatures, or f+1 say that they
// have, and sends it to all. f+1 shares are a certificate, which speaks for itself: a
// node that lost everything goes on from the last one that another tells it.

// certifying gathers the shares of the certificate of a height, one of a replica.
type certifying struct {
	by     []NodeID
	shares []*utt.CertificateShare
}

// Certificate is the last one that the node has; nil if there is none.
func (n *Node) Certificate() *utt.Certificate { return n.certificate }

// certify makes shares of the certificates that can be made.
func (n *Node) certify() {
	for !n.halted {
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
		n.event(Certifies{share.Checkpoint})
		b, err := share.MarshalBinary()
		if err != nil {
			n.fail("encode the share of a certificate: %v", err)
			return
		}
		st := n.state(&checkpointShare{height, b})
		n.own = append(n.own, st)
		n.send(Everyone, st)
		n.gather(n.c.ID, share)
	}
}

// vouches takes in another replica's share of a certificate.
func (n *Node) vouches(by NodeID, c *checkpointShare) (kept bool) {
	share := new(utt.CertificateShare)
	if share.UnmarshalBinary(c.share) != nil || share.Height != c.height ||
		n.c.Committees.Ledger.Expects(share.Share) != nil || NodeID(share.Share.Index())-1 != by {
		return false
	}
	return n.gather(by, share)
}

// gather keeps a share until there is a certificate of its height or a later one, and
// makes that as soon as it can.
func (n *Node) gather(by NodeID, share *utt.CertificateShare) (kept bool) {
	if n.certificate != nil && share.Height <= n.certificate.Height {
		return false
	}
	g := n.certifying[share.Height]
	if g == nil {
		g = new(certifying)
		n.certifying[share.Height] = g
	}
	if slices.Contains(g.by, by) {
		return false
	}
	g.by, g.shares = append(g.by, by), append(g.shares, share)
	if n.certifier == nil || len(g.shares) <= n.c.Faults {
		return true
	}
	c, err := n.c.Committees.Certify(n.c.Parameters, g.shares)
	var blame *threshold.BlameError
	switch {
	case err == nil:
		n.advance(c)
	case errors.As(err, &blame):
		for _, culprit := range blame.Culprits {
			n.event(Blamed{share.Height, NodeID(culprit) - 1, "certificate"})
			g.shares = slices.DeleteFunc(g.shares, func(s *utt.CertificateShare) bool { return s.Share.Index() == culprit })
		}
	}
	return true
}

// advance goes on from a certificate.
func (n *Node) advance(c *utt.Certificate) {
	if n.certifier == nil || c == nil ||
		n.certificate != nil && c.Height <= min(n.certificate.Height, n.certifier.Checkpoint().Height) {
		return
	}
	switch err := n.certifier.Advance(c); {
	case err == nil:
		if n.certificate == nil || c.Height > n.certificate.Height {
			n.certificate = c
		}
		n.certify()
	case errors.Is(err, utt.ErrInvalid), errors.Is(err, utt.ErrConflict): // forged, or not there yet
	default:
		n.fail("certificate: %v", err)
	}
}
