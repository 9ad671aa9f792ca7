package bench

import (
	"cmp"
	"context"
	"encoding"
	"iter"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/provider"
	"github.com/utt-ecash/utt-go/utt/wallet"
)

// remote is a node that serves a busy ledger up to a block. It serves bytes, which are counted, and whose
// decoding is the reader's work; its own is taken off.
type remote struct {
	*busy
	height uint64
	took   spent // by the reader
}

// spent is what it took to keep up.
type spent struct {
	ranges   int     // bytes of records, or of entries of the log
	sections int     // bytes
	single   int     // bytes of records one by one, and of what a provider is asked and says
	other    int     // bytes of certificates, of credentials, and of lengths
	cpu      float64 // seconds of processor time
}

func (s spent) bytes() int { return s.ranges + s.sections + s.single + s.other }

// beyond is what was spent more than another time.
func (s spent) beyond(o spent) spent {
	return spent{s.ranges - o.ranges, s.sections - o.sections, s.single - o.single, s.other - o.other, s.cpu - o.cpu}
}

// reader is somebody who reads, with the clock at a time.
type reader func(n *remote, now time.Time) error

// read is what it takes to read up to a block, a second after it.
func (b *busy) read(tb testing.TB, height uint64, by reader) spent {
	n := &remote{busy: b, height: height}
	at := b.begin
	if height > b.before {
		at += height - b.before
	}
	stop := stopwatch()
	err := by(n, time.Unix(int64(at), 0))
	c := stop()
	require.NoError(tb, err)
	n.took.cpu += cmp.Or(c.cpu, c.wall)
	return n.took
}

// itself is the node's own work.
func (n *remote) itself(f func()) {
	stop := stopwatch()
	f()
	c := stop()
	n.took.cpu -= cmp.Or(c.cpu, c.wall)
}

type encodable interface {
	comparable
	encoding.BinaryMarshaler
	encoding.BinaryUnmarshaler
}

// sent is what a node, or a provider, makes and sends, as it arrives.
func sent[T encodable](n *remote, count *int, to T, make func() (T, error)) (T, error) {
	var none T
	var raw []byte
	var err error
	n.itself(func() {
		var v T
		if v, err = make(); err == nil {
			raw, err = v.MarshalBinary()
		}
	})
	if err != nil {
		return none, err
	}
	*count += len(raw)
	return to, to.UnmarshalBinary(raw)
}

func (n *remote) Submit(context.Context, utt.Operation) error { return utt.ErrInvalid }

func (n *remote) Wait(ctx context.Context, from utt.Cursor) error { return n.published.Wait(ctx, from) }

func (n *remote) Certificate(ctx context.Context, height uint64) (*utt.Certificate, error) {
	return sent(n, &n.took.other, new(utt.Certificate), func() (*utt.Certificate, error) {
		return n.published.Certificate(ctx, min(height, n.height))
	})
}

func (n *remote) CredentialCertificate(ctx context.Context, height uint64) (*utt.Certificate, error) {
	return sent(n, &n.took.other, new(utt.Certificate), func() (*utt.Certificate, error) {
		return n.published.CredentialCertificate(ctx, min(height, n.height))
	})
}

func (n *remote) Credentials(ctx context.Context, from uint64) iter.Seq2[utt.CredentialLeaf, error] {
	return func(yield func(utt.CredentialLeaf, error) bool) {
		for l, err := range n.published.Credentials(ctx, from) {
			n.took.other += 8 + len(l.Signatures)
			if !yield(l, err) {
				return
			}
		}
	}
}

func (n *remote) Records(_ context.Context, from utt.Cursor) iter.Seq2[*utt.Record, error] {
	k, _ := slices.BinarySearchFunc(n.at, from, utt.Cursor.Compare)
	return func(yield func(*utt.Record, error) bool) {
		for i := k; i < len(n.at) && n.at[i].Height <= n.height; i++ {
			r := new(utt.Record)
			err := r.UnmarshalBinary(n.records[i])
			n.took.ranges += len(n.records[i])
			if !yield(r, err) {
				return
			}
		}
	}
}

func (n *remote) Entries(_ context.Context, from uint64) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for i := int(from); i < len(n.at) && n.at[i].Height <= n.height; i++ {
			n.took.ranges += len(n.entries[i])
			n.took.other += 2 // the entry's length
			if !yield(n.entries[i], nil) {
				return
			}
		}
	}
}

func (n *remote) Section(ctx context.Context, number, size uint64) (*utt.Section, error) {
	return sent(n, &n.took.sections, new(utt.Section), func() (*utt.Section, error) { return n.published.Section(ctx, number, size) })
}

func (n *remote) Inclusion(ctx context.Context, at utt.Cursor) (*utt.Inclusion, error) {
	return sent(n, &n.took.single, new(utt.Inclusion), func() (*utt.Inclusion, error) { return n.published.Inclusion(ctx, at) })
}

func (n *remote) Places(context.Context, utt.ID) ([]utt.Cursor, error) { return nil, nil }

// watcher is a provider's service, asked over a network.
type watcher struct {
	*provider.Service
	n *remote // whose reader asks
}

func (w *watcher) Watch(ctx context.Context, q *utt.WatchQuestion) (*utt.WatchAnswer, error) {
	raw, err := q.MarshalBinary()
	if err != nil {
		return nil, err
	}
	w.n.took.single += len(raw)
	return sent(w.n, &w.n.took.single, new(utt.WatchAnswer), func() (*utt.WatchAnswer, error) { return w.Service.Watch(ctx, q) })
}

var _ wallet.InclusionNode = new(remote)
