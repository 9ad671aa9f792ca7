package wallet

import (
	"context"
	"fmt"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/follow"
)

// Node is all that a wallet needs of the world: a replica, or a service in front
// of replicas. It learns nothing from which records a wallet asks for, since wallets ask for
// whole ranges, but from receipts, if it keeps them: a wallet asks for those of its own
// operations. From when it asks it can learn more: see Wallet.Sync.
//
// A light wallet needs one that is a follow.EntrySource besides; a watched one, and Card, an
// InclusionNode.
//
// It is believed about nothing. What a wallet knows of money, users and time, t
// replicas have certified. A node can only withhold: what it was given, and what is
// newer than what it serves.
type Node interface {
	Submitter
	Reader
}

// Submitter is where operations are handed in.
type Submitter interface {
	// Submit hands an operation in. Success does not say that it will be executed,
	// and failure not that it will not: wallets pass the error on, whatever it is, and
	// conclude nothing from it.
	Submit(ctx context.Context, op utt.Operation) error
}

// Reader is where records come from.
type Reader interface {
	// Source serves certificates and records.
	follow.Source
	// Wait returns nil once there are certified records from a place on, and an error
	// if the context ends.
	Wait(ctx context.Context, from utt.Cursor) error
}

// Apart is a Node of two: operations are handed in at the one, and receipts of them asked for
// there, if it keeps any; all else is read from the other [ASK-APART]. Over connections that
// nobody can tell are one user's, and with two nodes that do not work together, nobody who sees
// where a payment comes from sees who reads what. A light wallet needs a Reader that is a
// follow.EntrySource; a watched one, and Card, one that has Inclusion and Places, of which it asks
// the places of its own operations too. It is nil if either is.
func Apart(in Submitter, out Reader) Node {
	if in == nil || out == nil {
		return nil
	}
	return &apart{in, out}
}

type apart struct {
	Submitter
	Reader
}

func (n *apart) Receipt(ctx context.Context, op utt.Digest) (utt.Receipt, error) {
	if r, ok := n.Submitter.(receipts); ok {
		return r.Receipt(ctx, op)
	}
	return utt.Receipt{}, fmt.Errorf("%w: no receipts are kept where operations are handed in", utt.ErrNotFound)
}

func (n *apart) Answering() (distrust func(err error)) {
	if m, ok := n.Reader.(interface{ Answering() func(error) }); ok {
		return m.Answering()
	}
	return func(error) {}
}

// showerOf is what of a node shows single records.
func showerOf(n Node) (shower, bool) {
	var from Reader = n
	if a, ok := n.(*apart); ok {
		from = a.Reader
	}
	s, ok := from.(shower)
	return s, ok
}

// ReceiptNode is a Node that keeps receipts. Whoever asks for one shows that the operation
// concerns him, also to a node that it was not handed in at: Wallet.Status and Await do.
type ReceiptNode interface {
	Node
	// Receipt is what became of the operation of a digest. The error matches ErrNotFound
	// if no block had it.
	Receipt(ctx context.Context, op utt.Digest) (utt.Receipt, error)
}

type receipts interface {
	// Receipt is what became of the operation of a digest. The error matches ErrNotFound
	// if no block had it.
	Receipt(ctx context.Context, op utt.Digest) (utt.Receipt, error)
}

// InclusionNode is a Node that shows single records, as a watched wallet needs it, and Card. It
// learns from the questions which records concern who asks: see Way.
type InclusionNode interface {
	Node
	// Inclusion shows what is on record at a place. The error matches ErrNotFound if nothing is.
	Inclusion(ctx context.Context, at utt.Cursor) (*utt.Inclusion, error)
	// Places are where the records of an ID are, in order; none if there are none.
	Places(ctx context.Context, id utt.ID) ([]utt.Cursor, error)
}

type shower interface {
	follow.Source
	// Inclusion shows what is on record at a place. The error matches ErrNotFound if nothing is.
	Inclusion(ctx context.Context, at utt.Cursor) (*utt.Inclusion, error)
	// Places are where the records of an ID are, in order; none if there are none.
	Places(ctx context.Context, id utt.ID) ([]utt.Cursor, error)
}

// ManyNode is a Node that stands for several, of which it asks one at a time. Wallets tell
// it which of them to leave: what contradicts a certificate nobody else finds.
type ManyNode interface {
	Node
	// Answering is called before a node is asked. What it returns is called with the
	// NodeError if that node, at the time of the call to Answering, is at fault. Another is
	// to be asked from then on, if there is one and it is not asked already.
	Answering() (distrust func(err error))
}
