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

// Tree is one of those that a checkpoint has the roots of.
type Tree uint8

// The trees. Leaf i of each is of record i.
const (
	EntryTree      Tree = 1 // what is on record
	CoinTree       Tree = 2 // signatures under the coin key
	CredentialTree Tree = 3 // signatures under the credential key
)

var trees = map[Tree]string{EntryTree: "entries", CoinTree: "coins", CredentialTree: "credentials"}

func (t Tree) String() string { return nameIn(trees, t, "tree") }

// root is that of a tree.
func (c *Checkpoint) root(t Tree) [32]byte {
	switch t {
	case CoinTree:
		return c.Coins
	case CredentialTree:
		return c.Credentials
	}
	return c.Entries
}

// Complete is the root of a subtree of 2^level leaves, from index·2^level on, if it is one
// of those that the frontier keeps of a tree.
func (f Frontier) Complete(t Tree, level int, index uint64) (root [32]byte, ok bool) {
	switch t {
	case EntryTree:
		return f.entries.Complete(level, index)
	case CoinTree:
		return f.coins.Complete(level, index)
	case CredentialTree:
		return f.credentials.Complete(level, index)
	}
	return root, false
}

// Completed is told the root of every subtree that records complete in one of the trees: of
// 2^level leaves, from index·2^level on. Those of one tree and level come in order.
type Completed func(t Tree, level int, index uint64, root [32]byte)

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
	if r.tree() == CredentialTree {
		return nil, b
	}
	return b, nil
}

// tree is that of the record's signatures.
func (r *Record) tree() Tree {
	if r.entry.kind() == KindRegistration {
		return CredentialTree
	}
	return CoinTree
}

// LogLeaf is the record's leaf in a tree: its entry, or the signatures on its outputs under the
// tree's key, nil if there are none.
func (r *Record) LogLeaf(t Tree) []byte {
	if r == nil || r.entry == nil {
		return nil
	}
	coin, credential := r.signatureLeaves()
	switch t {
	case EntryTree:
		return r.logEntry()
	case CoinTree:
		return coin
	case CredentialTree:
		return credential
	}
	return nil
}

// Extend is the frontier with further records and their signatures. Height and time are the
// caller's.
func (f Frontier) Extend(records []*Record) (Frontier, error) { return f.grow(records, nil) }

func (f Frontier) grow(records []*Record, completed Completed) (Frontier, error) {
	if n := f.entries.Size(); f.coins.Size() != n || f.credentials.Size() != n {
		return Frontier{}, fmt.Errorf("%w: the frontier was led by entries, without signatures: read further entries, or begin again with records", ErrInvalid)
	}
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
	of := func(t Tree) func(int, uint64, merkle.Hash) {
		return func(level int, index uint64, h merkle.Hash) {
			if completed != nil {
				completed(t, level, index, h)
			}
		}
	}
	f.entries = f.entries.Grow(entries, of(EntryTree))
	f.coins = f.coins.Grow(coins, of(CoinTree))
	f.credentials = f.credentials.Grow(credentials, of(CredentialTree))
	f.Records = f.entries.Size()
	f.Entries, f.Coins, f.Credentials = f.entries.Root(), f.coins.Root(), f.credentials.Root()
	return f, nil
}

// leavesTogether are worth a task.
const leavesTogether = 32

// Lead is the frontier at a later certificate, which has been verified, given the records
// that lead there [LOG-EXT]. The error is ErrInvalid if these are more or fewer, not those
// certified, or not with these signatures.
func (f Frontier) Lead(c *Certificate, records []*Record) (Frontier, error) {
	return f.LeadWith(c, records, nil)
}

// LeadWith is Lead for who keeps the trees, to prove what is in them.
func (f Frontier) LeadWith(c *Certificate, records []*Record, completed Completed) (Frontier, error) {
	if c == nil {
		return Frontier{}, fmt.Errorf("%w: no certificate", ErrInvalid)
	}
	d, err := f.grow(records, completed)
	if err != nil {
		return Frontier{}, err
	}
	switch {
	case d.Records != c.Records && batch.Enforced(labelCertificate):
		return Frontier{}, fmt.Errorf("%w: [%s] after %d records further %d are not the %d of block %d", ErrInvalid, labelCertificate, f.Records, len(records), c.Records, c.Height)
	case d.Entries != c.Entries && batch.Enforced("LOG-1"):
		return Frontier{}, fmt.Errorf("%w: [LOG-1] the records up to block %d are not those certified", ErrInvalid, c.Height)
	case (d.Coins != c.Coins || d.Credentials != c.Credentials) && batch.Enforced("LOG-SIG"):
		return Frontier{}, fmt.Errorf("%w: [LOG-SIG] the signatures on the records up to block %d are not those certified", ErrInvalid, c.Height)
	}
	d.Checkpoint = c.Checkpoint
	return d, nil
}

// LeadEntries is Lead for who reads the log's entries, and no signatures. From there on only
// entries lead further: the edges of the trees of signatures are not known then, and Extend
// and Lead are ErrInvalid.
func (f Frontier) LeadEntries(c *Certificate, entries []*Summary) (Frontier, error) {
	if c == nil {
		return Frontier{}, fmt.Errorf("%w: no certificate", ErrInvalid)
	}
	d, err := f.ExtendEntries(entries)
	if err != nil {
		return Frontier{}, err
	}
	switch {
	case d.Records != c.Records && batch.Enforced(labelCertificate):
		return Frontier{}, fmt.Errorf("%w: [%s] after %d entries further %d are not the %d of block %d", ErrInvalid, labelCertificate, f.Records, len(entries), c.Records, c.Height)
	case d.Entries != c.Entries && batch.Enforced("LOG-1"):
		return Frontier{}, fmt.Errorf("%w: [LOG-1] the entries up to block %d are not those certified", ErrInvalid, c.Height)
	}
	d.Checkpoint = c.Checkpoint
	return d, nil
}

// ExtendEntries is Extend for who reads the log's entries. Of the roots only that of the
// entries is known then. Height and time are the caller's.
func (f Frontier) ExtendEntries(entries []*Summary) (Frontier, error) {
	leaves := make([]merkle.Hash, len(entries))
	for i, s := range entries {
		if s == nil || s.entry == nil {
			return Frontier{}, fmt.Errorf("%w: summary %d of those given is nil or empty", ErrInvalid, i)
		}
		leaves[i] = merkle.Leaf(s.entry)
	}
	d := Frontier{Checkpoint: f.Checkpoint, entries: f.entries.With(leaves...)}
	d.Records, d.Entries = d.entries.Size(), d.entries.Root()
	d.Coins, d.Credentials = [32]byte{}, [32]byte{}
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
