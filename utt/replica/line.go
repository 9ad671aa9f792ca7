package replica

import (
	"context"
	"slices"

	"github.com/utt-ecash/utt-go/utt"
)

// tree is that of the signatures that the line waits for.
func (r *line) tree() utt.Tree {
	if r.key == CredentialKey {
		return utt.CredentialTree
	}
	return utt.CoinTree
}

// The credentials of a block are certified if it registers anybody, and of every stride-th
// block, so that no gap between two certificates is longer. So all replicas certify the same.
const stride = 1 << 10

// owes takes note of an executed block, whose credentials may have to be certified.
func (r *line) owes(height uint64, registers bool) {
	if height <= r.head {
		return
	}
	if r.head = height; (registers || height%stride == 0) && height > r.published() { // others may have told it since
		r.due = append(r.due, height)
	}
}

// findDue finds, by the ledger, what is to be certified.
func (r *line) findDue() error {
	if r == r.main {
		return nil
	}
	r.due, r.head = nil, r.published()
	pass := func(to uint64) { // blocks that register nobody
		for h := r.head + 1; h <= to; h++ {
			r.owes(h, false)
		}
	}
	head := r.ledger.Head().Height
	for registered, err := range r.ledger.Registrations(context.Background(), r.head+1, head) {
		if err != nil {
			return err
		}
		h := registered.Record.Cursor().Height
		pass(h - 1)
		r.owes(h, true)
	}
	pass(head)
	return nil
}

// published is the height of the last certificate published.
func (r *line) published() uint64 {
	if r.certificate == nil {
		return 0
	}
	return r.certificate.Height
}

// next is the block that is to be certified next, and after the one after another.
func (r *line) next() uint64 { return r.after(r.published()) }

func (r *line) after(height uint64) uint64 {
	if r == r.main {
		return height + 1
	}
	for _, h := range r.due {
		if h > height {
			return h
		}
	}
	return max(height, r.head) + 1
}

// work are the blocks that are executed and in work.
func (r *line) work() (heights []uint64) {
	if r != r.main {
		return slices.Clone(r.due[:min(len(r.due), window)])
	}
	for h := r.published() + 1; h <= min(r.ledger.Head().Height, r.published()+window); h++ {
		heights = append(heights, h)
	}
	return heights
}

// takes reports whether what is said of a block is kept: if it is in work, or will be soon.
func (r *line) takes(height uint64) bool {
	if r == r.main {
		return height > r.published() && height <= min(r.ledger.Head().Height, r.published()+window)+ahead
	}
	k, found := slices.BinarySearch(r.due, height)
	return found && k < window || height > r.head && height <= r.head+ahead
}

// settle takes note that what is due up to a height is certified.
func (r *line) settle(height uint64) {
	r.due = slices.DeleteFunc(r.due, func(h uint64) bool { return h <= height })
}

// through is the height up to which nothing is left to certify.
func (r *line) through() uint64 { return min(r.next()-1, r.main.published()) }

// records are those of a block that the line is about: all, or the registrations, of which the
// details of others, which may be dropped by then, take no part.
func (r *line) records(height uint64) ([]*utt.Record, error) {
	if r == r.main {
		return r.ledger.BlockRecords(height)
	}
	return registrations(context.Background(), r.ledger, height)
}

// leaves are those of signed registrations.
func (r *line) leaves(records []*utt.Record) (leaves []utt.CredentialLeaf, err error) {
	for _, rec := range records {
		number, err := r.kept.number(rec.Cursor())
		if err != nil {
			return nil, err
		}
		if leaf, ok := rec.Credentials(number); ok {
			leaves = append(leaves, leaf)
		}
	}
	return leaves, nil
}

// lead is where the line is at a certificate, given what leads there.
func (r *line) lead(c *utt.Certificate, records []*utt.Record, leaves []utt.CredentialLeaf, completed utt.Completed) (utt.Frontier, error) {
	if r.kind == utt.CredentialCheckpoint {
		return r.at.LeadCredentials(context.Background(), c, utt.Leaves(leaves), completed)
	}
	return r.at.LeadWith(c, records, completed)
}
