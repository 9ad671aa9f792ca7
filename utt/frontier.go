package utt

import (
	"fmt"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/merkle"
	"github.com/utt-ecash/utt-go/internal/parallel"
	"github.com/utt-ecash/utt-go/internal/wire"
)

// Frontier is how far a reader has come: a checkpoint, and the right edges of its three
// trees, by which he takes in the records that follow. It has 32 bytes for every power of two
// in the number of records, three times. The zero Frontier is that of nothing.
type Frontier struct {
	Checkpoint
	entries, coins, credentials merkle.Edge
}

// leaf is the hash of the record's entry, a leaf in the tree of entries.
func (r *Record) leaf() merkle.Hash { return merkle.Leaf(r.logEntry()) }

// signatureLeaves are those of the record in the trees of signatures, of which one has
// nothing:
//
//	[LOG-SIG]  the signatures on the outputs of record i under the tree's key, compressed, or nothing
func (r *Record) signatureLeaves() (coins, credentials []byte) {
	var b []byte
	for _, s := range r.signatures {
		b = s.Point().AppendCompressed(b)
	}
	if r.entry.kind() == KindRegistration {
		return nil, b
	}
	return b, nil
}

// Extend is the frontier with further records and their signatures. Height and time are the
// caller's.
func (f Frontier) Extend(records []*Record) (Frontier, error) {
	for i, r := range records {
		if r == nil || r.entry == nil {
			return Frontier{}, fmt.Errorf("%w: record %d of those given is nil or empty", ErrInvalid, i)
		}
	}
	entries, coins, credentials := make([]merkle.Hash, len(records)), make([]merkle.Hash, len(records)), make([]merkle.Hash, len(records))
	parts := parallel.Split(len(records), leavesTogether)
	parallel.For(len(parts), func(k int) {
		for i := parts[k].From; i < parts[k].To; i++ {
			entries[i] = records[i].leaf()
			coin, credential := records[i].signatureLeaves()
			coins[i], credentials[i] = merkle.Leaf(coin), merkle.Leaf(credential)
		}
	})
	f.entries, f.coins, f.credentials = f.entries.With(entries...), f.coins.With(coins...), f.credentials.With(credentials...)
	f.Records = f.entries.Size()
	f.Entries, f.Coins, f.Credentials = f.entries.Root(), f.coins.Root(), f.credentials.Root()
	return f, nil
}

// leavesTogether are worth a task.
const leavesTogether = 32

// Lead is the frontier at a later certificate, which has been verified, given the records
// that lead there [LOG-EXT]. The error is ErrConflict if these are more or fewer, and
// ErrInvalid if they are not those certified, or not with these signatures.
func (f Frontier) Lead(c *Certificate, records []*Record) (Frontier, error) {
	if c == nil {
		return Frontier{}, fmt.Errorf("%w: no certificate", ErrInvalid)
	}
	d, err := f.Extend(records)
	if err != nil {
		return Frontier{}, err
	}
	switch {
	case d.Records != c.Records && batch.Enforced(labelCertificate):
		return Frontier{}, fmt.Errorf("%w: [%s] %d records do not lead from %d to the %d of block %d", ErrConflict, labelCertificate, len(records), f.Records, c.Records, c.Height)
	case d.Entries != c.Entries && batch.Enforced("LOG-1"):
		return Frontier{}, fmt.Errorf("%w: [LOG-1] the records up to block %d are not those certified", ErrInvalid, c.Height)
	case (d.Coins != c.Coins || d.Credentials != c.Credentials) && batch.Enforced("LOG-SIG"):
		return Frontier{}, fmt.Errorf("%w: [LOG-SIG] the signatures on the records up to block %d are not those certified", ErrInvalid, c.Height)
	}
	d.Checkpoint = c.Checkpoint
	return d, nil
}

// At reports, as ErrInvalid, a frontier that is not at a certificate, which has been
// verified: who begins there has the edges from a stranger.
func (f Frontier) At(c *Certificate) error {
	switch {
	case c == nil:
		return fmt.Errorf("%w: no certificate", ErrInvalid)
	case !batch.Enforced("LOG-EXT"):
	case f.Checkpoint != c.Checkpoint,
		f.entries.Size() != c.Records || f.coins.Size() != c.Records || f.credentials.Size() != c.Records,
		f.entries.Root() != c.Entries || f.coins.Root() != c.Coins || f.credentials.Root() != c.Credentials:
		return fmt.Errorf("%w: [LOG-EXT] the edges are not those of the certificate of height %d", ErrInvalid, c.Height)
	}
	return nil
}

const frontierVersion = 1

// AppendBinary appends version, checkpoint, and the edges of entries, coins and credentials:
// of each the size, and as many hashes as bits are set in it.
func (f Frontier) AppendBinary(b []byte) ([]byte, error) {
	b = f.Checkpoint.append(append(b, frontierVersion))
	return f.credentials.Append(f.coins.Append(f.entries.Append(b))), nil
}

// MarshalBinary encodes the frontier.
func (f Frontier) MarshalBinary() ([]byte, error) { return f.AppendBinary(nil) }

// UnmarshalBinary decodes a frontier, of which At finds whether it is a certificate's.
func (f *Frontier) UnmarshalBinary(b []byte) error {
	if f == nil {
		return errInto
	}
	r := wire.NewReader(b)
	r.Version(frontierVersion)
	d := Frontier{readCheckpoint(r), merkle.ReadEdge(r), merkle.ReadEdge(r), merkle.ReadEdge(r)}
	if err := r.Close(); err != nil {
		return fmt.Errorf("%w: frontier: %w", ErrMalformed, err)
	}
	*f = d
	return nil
}
