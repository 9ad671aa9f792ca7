package session

import (
	"fmt"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/utt"
)

// Begin has a new log go on from a certificate, for who begins to follow a ledger at some
// height: it is to know of no session that was opened up to there. Where that is on the
// trees, a stranger may say: it is held against the certificate.
func (l *Log) Begin(c *utt.Certificate, at utt.Frontier) error {
	if l == nil || l.p == nil {
		return errNoLog
	}
	if l.height > 0 {
		return fmt.Errorf("%w: the log has begun", utt.ErrConflict)
	}
	if err := l.p.VerifyCertificate(c); err != nil {
		return err
	}
	if err := at.At(c); err != nil {
		return err
	}
	l.at = at
	return l.Advance(c.Height, c.Time)
}

// Follow takes in what a ledger has certified: all records that lead from the last
// certificate, or the beginning, to a later one. It is for who has no ledger of his own, and
// trusts no node; a replica gives Take the records of its ledger. The error is ErrInvalid for
// a certificate that is forged or not of these records [CERT-1]; nothing is changed then.
func (l *Log) Follow(c *utt.Certificate, records []*utt.Record) error {
	if l == nil || l.p == nil {
		return errNoLog
	}
	if err := l.p.VerifyCertificate(c); err != nil {
		return err
	}
	if c.Height < l.height && batch.Enforced("CERT-1") {
		return fmt.Errorf("%w: [CERT-1] a certificate of block %d after one of block %d", utt.ErrInvalid, c.Height, l.height)
	}
	next, err := l.at.Lead(c, records)
	if err != nil {
		return err
	}
	for _, r := range records {
		if err := l.Take(r); err != nil {
			return err
		}
	}
	l.at = next
	return l.Advance(c.Height, c.Time)
}
