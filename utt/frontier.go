package utt

import (
	"fmt"
	"slices"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/merkle"
	"github.com/utt-ecash/utt-go/internal/parallel"
	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/sig"
)

// Frontier is how far a reader has come: a checkpoint, and the right edges of its trees, by
// which he takes in what follows. It has 32 bytes for every power of two in the number of
// records, for each tree. A reader keeps one of either kind of checkpoint. The zero Frontier is
// that of nothing.
type Frontier struct {
	Checkpoint
	edges [2]merkle.Edge // of the trees of its kind, in their order
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
func (c *Checkpoint) root(t Tree) *[32]byte {
	switch t {
	case CoinTree:
		return &c.Coins
	case CredentialTree:
		return &c.Credentials
	}
	return &c.Entries
}

// Complete is the root of a subtree of 2^level leaves, from index·2^level on, if it is one
// of those that the frontier keeps of a tree.
func (f Frontier) Complete(t Tree, level int, index uint64) (root [32]byte, ok bool) {
	if i := slices.Index(f.Kind.trees(), t); i >= 0 {
		return f.edges[i].Complete(level, index)
	}
	return root, false
}

// Completed is told the root of every subtree that records complete in one of the trees: of
// 2^level leaves, from index·2^level on. Those of one tree and level come in order.
type Completed func(t Tree, level int, index uint64, root [32]byte)

// leaf is the hash of the record's entry, a leaf in the tree of entries.
func (r *Record) leaf() merkle.Hash { return merkle.Leaf(r.logEntry()) }

// signatureLeaf is that of the record in the tree of its signatures:
//
//	[LOG-SIG]  the signatures on the outputs of record i under the tree's key, compressed, or nothing
func (r *Record) signatureLeaf() []byte { return signatureLeaf(r.signatures) }

func signatureLeaf(signatures []*sig.Signature) (leaf []byte) {
	for _, s := range signatures {
		leaf = s.Point().AppendCompressed(leaf)
	}
	return leaf
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
	switch t {
	case EntryTree:
		return r.logEntry()
	case r.tree():
		return r.signatureLeaf()
	}
	return nil
}

// Extend is a ledger's frontier with further records and their signatures, but for those on
// credentials, which a record does not bear there. Height and time are the caller's.
func (f Frontier) Extend(records []*Record) (Frontier, error) { return f.extend(records, nil) }

func (f Frontier) extend(records []*Record, completed Completed) (Frontier, error) {
	if err := f.begins(LedgerCheckpoint); err != nil {
		return Frontier{}, err
	}
	if f.edges[0].Size() != f.edges[1].Size() {
		return Frontier{}, fmt.Errorf("%w: the frontier was led by entries, without signatures: read further entries, or begin again with records", ErrInvalid)
	}
	for i, r := range records {
		switch {
		case r == nil || r.entry == nil:
			return Frontier{}, fmt.Errorf("%w: record %d of those given is nil or empty", ErrInvalid, i)
		case r.tree() == CredentialTree && r.signatures != nil && batch.Enforced("LOG-LAG"):
			return Frontier{}, fmt.Errorf("%w: [LOG-LAG] a record with the signature on a credential, which is of the credentials' certificate", ErrInvalid)
		}
	}
	entries, coins := make([]merkle.Hash, len(records)), make([]merkle.Hash, len(records))
	parts := parallel.Split(len(records), leavesTogether)
	parallel.For(len(parts), func(k int) {
		for i := parts[k].From; i < parts[k].To; i++ {
			entries[i], coins[i] = records[i].leaf(), merkle.Leaf(records[i].LogLeaf(CoinTree))
		}
	})
	return f.grow([][]merkle.Hash{entries, coins}, completed), nil
}

// begins reports, as ErrInvalid, a frontier of another kind; that of nothing is of either.
func (f Frontier) begins(of CheckpointKind) error {
	if f.Records == 0 && f.Height == 0 {
		return nil
	}
	return of.expects(f.Checkpoint)
}

// grow adds leaves to the trees of the frontier's kind.
func (f Frontier) grow(leaves [][]merkle.Hash, completed Completed) Frontier {
	for i, t := range f.Kind.trees() {
		f.edges[i] = f.edges[i].Grow(leaves[i], func(level int, index uint64, h merkle.Hash) {
			if completed != nil {
				completed(t, level, index, h)
			}
		})
		*f.root(t) = f.edges[i].Root()
	}
	f.Records = f.edges[0].Size()
	return f
}

// leavesTogether are worth a task.
const leavesTogether = 32

// Lead is the frontier at a later certificate of the ledger, which has been verified, given
// the records that lead there [LOG-EXT]. The error is ErrInvalid if these are more or fewer,
// not those certified, or not with these signatures.
func (f Frontier) Lead(c *Certificate, records []*Record) (Frontier, error) {
	return f.LeadWith(c, records, nil)
}

// LeadWith is Lead for who keeps the trees, to prove what is in them.
func (f Frontier) LeadWith(c *Certificate, records []*Record, completed Completed) (Frontier, error) {
	if c == nil {
		return Frontier{}, fmt.Errorf("%w: no certificate", ErrInvalid)
	}
	if err := LedgerCheckpoint.expects(c.Checkpoint); err != nil {
		return Frontier{}, err
	}
	d, err := f.extend(records, completed)
	if err != nil {
		return Frontier{}, err
	}
	switch {
	case d.Records != c.Records && batch.Enforced(labelCertificate):
		return Frontier{}, fmt.Errorf("%w: [%s] after %d records further %d are not the %d of block %d", ErrInvalid, labelCertificate, f.Records, len(records), c.Records, c.Height)
	case d.Entries != c.Entries && batch.Enforced("LOG-1"):
		return Frontier{}, fmt.Errorf("%w: [LOG-1] the records up to block %d are not those certified", ErrInvalid, c.Height)
	case d.Coins != c.Coins && batch.Enforced("LOG-SIG"):
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
	if err := LedgerCheckpoint.expects(c.Checkpoint); err != nil {
		return Frontier{}, err
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
	if err := f.begins(LedgerCheckpoint); err != nil {
		return Frontier{}, err
	}
	d := Frontier{Checkpoint: f.Checkpoint}
	d.edges[0] = f.edges[0].With(leaves...)
	d.Records, d.Entries, d.Coins = d.edges[0].Size(), d.edges[0].Root(), [32]byte{}
	return d, nil
}

// At reports, as ErrInvalid, a frontier that is not at a certificate, which has been
// verified: who begins there has the edges from a stranger.
func (f Frontier) At(c *Certificate) error {
	if c == nil {
		return fmt.Errorf("%w: no certificate", ErrInvalid)
	}
	if !batch.Enforced("LOG-EXT") {
		return nil
	}
	at := f.Checkpoint == c.Checkpoint
	for i, t := range f.Kind.trees() {
		at = at && f.edges[i].Size() == c.Records && f.edges[i].Root() == *c.root(t)
	}
	if !at {
		return fmt.Errorf("%w: [LOG-EXT] the edges are not those of the certificate of height %d", ErrInvalid, c.Height)
	}
	return nil
}

const frontierVersion = 2

// AppendBinary appends version, checkpoint, and the edges of the trees of its kind: of each the
// size, and as many hashes as bits are set in it.
func (f Frontier) AppendBinary(b []byte) ([]byte, error) {
	b = f.Checkpoint.append(append(b, frontierVersion))
	for i := range f.Kind.trees() {
		b = f.edges[i].Append(b)
	}
	return b, nil
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
	d := Frontier{Checkpoint: readCheckpoint(r)}
	for i := range d.Kind.trees() {
		d.edges[i] = merkle.ReadEdge(r)
	}
	if err := r.Close(); err != nil {
		return fmt.Errorf("%w: frontier: %w", ErrMalformed, err)
	}
	*f = d
	return nil
}
