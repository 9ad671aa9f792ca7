package replica

import (
	"bufio"
	"fmt"
	"io"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/ledger"
	"github.com/utt-ecash/utt-go/utt/store"
)

// Published is where a replica is with its certificates, and where these are on the trees: what
// another one, restored from a snapshot, begins to publish from. Nil certificates stand for
// nothing.
type Published struct {
	Certificate        *utt.Certificate
	Frontier           utt.Frontier
	Credentials        *utt.Certificate // never of a later block
	CredentialFrontier utt.Frontier
}

// Verify checks that the certificates hold, and that the edges of their trees are theirs. The
// error is ErrInvalid.
func (p Published) Verify(by *utt.Parameters) error {
	if err := by.Usable(); err != nil {
		return err
	}
	if c := p.Certificate; c != nil {
		if err := by.VerifyCertificate(c); err != nil {
			return err
		}
		if err := p.Frontier.At(c); err != nil {
			return err
		}
	}
	c := p.Credentials
	if c == nil {
		return nil
	}
	if err := by.VerifyCredentialCertificate(c); err != nil {
		return err
	}
	if p.Certificate == nil || c.Height > p.Certificate.Height {
		return fmt.Errorf("%w: a certificate of the credentials of block %d, and none of the ledger so far", utt.ErrInvalid, c.Height)
	}
	return p.CredentialFrontier.At(c)
}

func (p *Published) writes() (all []store.Write, err error) {
	for _, k := range []struct {
		c  *utt.Certificate
		at utt.Frontier
	}{{p.Certificate, p.Frontier}, {p.Credentials, p.CredentialFrontier}} {
		if k.c == nil {
			continue
		}
		w, err := baseWrites(k.c, k.at)
		if err != nil {
			return nil, err
		}
		all = append(all, w...)
	}
	return all, nil
}

// Restore begins a replica from another's snapshot, in a store without one. f+1 replicas
// must vouch for the digest; certificates of heights that the snapshot has covered, with the
// edges of their trees as Published gives them, are where publication begins, and nil where all
// of it is still to be published. Details of payments below, which the other may have dropped, need not
// be in the snapshot. Records below
// are served by others, and so are receipts; but what was executed below and is handed in
// again is told from what is rejected, by the IDs on record.
func Restore(c Config, from io.Reader, digest [32]byte, at Published) (*Replica, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	if err := (&keeper{s: c.Store}).vacant([]byte(Beside)); err != nil {
		return nil, err
	}
	if from == nil {
		return nil, fmt.Errorf("%w: nothing to restore from", utt.ErrInvalid)
	}
	in := bufio.NewReader(from)
	height, err := ledger.SnapshotHeight(in)
	if err != nil {
		return nil, err
	}
	if err := at.Verify(c.Parameters); err != nil {
		return nil, err
	}
	if at.Certificate != nil && at.Certificate.Height > height { // written, it could not be opened
		return nil, fmt.Errorf("%w: a certificate of block %d, where the snapshot is of block %d", utt.ErrInvalid, at.Certificate.Height, height)
	}
	with, err := at.writes()
	if err != nil {
		return nil, err
	}
	below := uint64(0) // what is published from there on takes details
	if at.Certificate != nil {
		below = at.Certificate.Height
	}
	l, err := ledger.RestoreAbove(c.Parameters, c.Store, in, digest, below, append(with, belowWrite(height, 0))...)
	if err != nil {
		return nil, err
	}
	return open(c, l)
}
