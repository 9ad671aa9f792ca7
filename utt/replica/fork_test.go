package replica_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/sig"
	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/replica"
	"github.com/utt-ecash/utt-go/utt/store"
)

// weak is a foundation of whose replicas f + 1 sign, one more than may be faulty.
var weak = sync.OnceValue(func() *foundation { return found(faults+1, n) })

// fork is an engine that equivocates: after a first block that all have it decides one for
// some replicas and another for the rest. In the one, a user has registered with one secret,
// in the other with another, which is one base and two messages. The replicas on each side
// hear what those on the other say. It returns the sides.
func fork(t *testing.T, f *foundation, sides ...[]int) (forks []*cluster) {
	first := newClusterOf(t, f, 60).register()
	said := make([][]delivery, len(sides))
	for s, side := range sides {
		c := newClusterOf(t, f, 61)
		c.forge = func(from, _ int, m *replica.Message) *replica.Message {
			said[s] = append(said[s], delivery{c.replicas[from].Party(), m})
			return m
		}
		c.decide(first...)
		c.settle()
		c.requireAllPublished()
		up := make([]*replica.Replica, n)
		for _, i := range side {
			up[i] = c.replicas[i]
		}
		c.replicas, said[s] = up, nil
		secret := utt.PIDOf(fmt.Sprint("secret ", s))
		k := must(utt.DeriveKeys(f.p, utt.PIDOf("user"), secret[:]))
		c.decide(must(f.endorser.Endorse("user", must(k.Register(nil, 0)))))
		c.settle()
		c.overdue()
		c.settle()
		forks = append(forks, c)
	}
	for s, c := range forks {
		for _, r := range c.replicas {
			if r == nil {
				continue
			}
			for _, other := range said[1-s] {
				if r.Party() != other.from {
					_ = r.Receive(other.from, other.m) // refused or not
				}
			}
			r.Overdue(ever)
			_, err := r.Work(ctx)
			if err != nil { // nothing else than that it has noticed
				require.ErrorContains(t, err, "t replicas certified")
			}
		}
	}
	return forks
}

// credential is that of the second block as a side has published it, nil if it has not.
func (c *cluster) credential() *sig.Signed {
	c.t.Helper()
	for i, r := range c.replicas {
		if r == nil || r.Settled() < 2 {
			continue
		}
		for rec, err := range r.Records(ctx, utt.Cursor{Height: 2}) {
			require.NoError(c.t, err)
			leaves := c.leaves(i, must(r.Ledger().Block(1)).Size, ever)
			require.Len(c.t, leaves, 1)
			rec = must(rec.WithCredentials(leaves[0]))
			made := sig.SignatureOf(curve.ReadG1(wire.NewReader(rec.Signatures())))
			return &sig.Signed{Commitment: rec.Commitments(c.f.p)[0], Signature: made}
		}
	}
	return nil
}

// An engine that forks stops signatures where 2f + 1 sign: any two sets of so many replicas
// have an honest one in common, which signs one history. Where f + 1 sign, both sides
// publish, and their two signatures of one base make one on whatever is in line with the
// two messages: here a third credential of one user, and as many more as he likes, with
// each of which he spends all his coins once more.
func TestForkStopsSignatures(t *testing.T) {
	for _, c := range []struct {
		name      string
		sides     [][]int // replica 3 is on both where it is Byzantine
		published int     // sides, where 2f + 1 sign
	}{
		{"two halves", [][]int{{0, 1}, {2, 3}}, 0},
		{"a Byzantine one on both sides", [][]int{{0, 3}, {1, 2, 3}}, 1},
	} {
		t.Run(c.name+"/t=2f+1", func(t *testing.T) {
			published := 0
			for _, side := range fork(t, founded(), c.sides...) {
				if side.credential() != nil {
					published++
				}
			}
			require.Equal(t, c.published, published)
		})
		t.Run(c.name+"/t=f+1", func(t *testing.T) {
			forks := fork(t, weak(), c.sides...)
			a, b := forks[0].credential(), forks[1].credential()
			require.NotNil(t, a)
			require.NotNil(t, b)
			require.True(t, a.Commitment.Base().Equal(b.Commitment.Base()))
			require.False(t, a.Commitment.Equal(b.Commitment))

			beyond := func(p, q curve.G1) curve.G1 { return p.Add(q.Sub(p).Mul(curve.Uint64(1000))) }
			var parts []sig.Part
			for i := range a.Commitment.Attributes() {
				if v, public := a.Commitment.Public(i); public {
					parts = append(parts, sig.Public(v))
				} else {
					parts = append(parts, sig.Hidden(beyond(a.Commitment.Point(i), b.Commitment.Point(i))))
				}
			}
			forged := &sig.Signed{
				Commitment: sig.Assemble(a.Commitment.Base(), parts...),
				Signature:  sig.SignatureOf(beyond(a.Signature.Point(), b.Signature.Point())),
			}
			require.NoError(t, weak().p.CredentialKey().Verify(forged))
			forged.Signature = a.Signature
			require.Error(t, weak().p.CredentialKey().Verify(forged))
		})
	}
}

// The 2f + 1 honest suffice, whatever the f others do: be away, lie, or both, in turns.
// That one was blamed does not keep its shares out for ever, where they are needed.
func TestHonestSuffice(t *testing.T) {
	for _, f := range []int{1, 2} {
		t.Run(fmt.Sprintf("n=%d", 3*f+1), func(t *testing.T) {
			c := newClusterOf(t, found(2*f+1, 3*f+1), 62)
			liar, lies := 3*f, true
			c.forge = func(from, _ int, m *replica.Message) *replica.Message {
				if from == liar && lies {
					m, _ = m.Lie(nil)
				}
				return m
			}
			publish := func() {
				t.Helper()
				c.decide(c.register()...)
				c.settle()
				c.overdue()
				c.settle()
				for i, r := range c.replicas {
					if r != nil && i != liar {
						require.EqualValues(t, len(c.blocks), c.publishedAt(i), "replica %d", i)
					}
				}
			}
			away := func(some ...int) {
				for _, i := range some {
					c.replicas[i], c.inboxes[i] = nil, nil
				}
			}
			for range 3*f + 1 { // each combines once, the liar too
				publish()
			}
			away([]int{0, 1}[:f-1]...) // the liar and f − 1 others: f
			for range 3*f + 1 {
				publish()
			}
			lies = false
			away(f - 1) // f are away, and the one blamed is needed
			for range 3*f + 1 {
				publish()
			}
			for i := range f {
				c.open(i)
			}
			publish()
			c.overdue()
			c.settle()
			c.requireAllPublished()
			for _, r := range c.replicas {
				for _, b := range r.Blamed() {
					require.Equal(t, threshold.Index(liar+1), b.Index, "%+v", b)
				}
			}
		})
	}
}

// How many may be faulty is another parameter than how many sign.
func TestFaults(t *testing.T) {
	for _, c := range []struct{ t, n, given, effective int }{
		{t: 3, n: 4, effective: 1}, {t: 2, n: 4, effective: 1}, {t: 2, n: 3, effective: 1}, {t: 5, n: 7, effective: 2},
		{t: 3, n: 7, effective: 2}, {t: 1, n: 4}, {t: 1, n: 1}, {t: 4, n: 4, effective: 1}, {t: 3, n: 4, given: 2, effective: 2},
	} {
		f := found(c.t, c.n)
		cluster := newClusterOf(t, f, 63)
		config := cluster.config(0)
		config.Faults = c.given
		require.Equal(t, c.effective, config.EffectiveFaults(), "%+v", c)
		for _, refused := range []int{-1, c.t, c.n} {
			config.Faults = refused
			_, err := replica.Open(config)
			require.ErrorIs(t, err, utt.ErrInvalid)
		}
	}
}

// As many verify what one has joined as sign a certificate, so that of f who are away none
// is waited for but the one that joins.
func TestOnlyTheCombinerIsWaitedFor(t *testing.T) {
	published := 0
	for away := range n {
		c := newCluster(t, 64)
		c.replicas[away] = nil
		c.decide(c.register()...)
		c.settle() // and nobody is overdue
		up := 0
		for i, r := range c.replicas {
			if r != nil && c.publishedAt(i) == 1 {
				up++
			}
		}
		if up > 0 {
			require.Equal(t, quorum, up)
			published++
		}
	}
	require.Equal(t, n-1, published)
}

// What t replicas have certified of another history is not published, be it handed in with all its
// records.
func TestFollowsItsOwnLedgerOnly(t *testing.T) {
	forks := fork(t, weak(), []int{0, 1}, []int{2, 3})
	own, other := forks[0], forks[1]
	own.stores[3] = new(store.Memory)
	own.open(3)
	r := own.replicas[3]
	of := func(i int, c *cluster, height uint64) (*utt.Certificate, []*utt.Record) {
		var records []*utt.Record
		for rec, err := range c.replicas[i].Records(ctx, utt.Cursor{Height: height}) {
			require.NoError(t, err)
			if rec.Cursor().Height == height {
				records = append(records, rec)
			}
		}
		return must(c.replicas[i].Certificate(ctx, height)), records
	}
	require.NoError(t, r.Follow(of(0, own, 1)))
	require.ErrorContains(t, r.Follow(of(2, other, 2)), "t replicas certified other records")
	require.EqualValues(t, 1, r.Published())
	require.NoError(t, r.Follow(of(0, own, 2)))
}
