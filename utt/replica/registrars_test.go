package replica_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/replica"
	"github.com/utt-ecash/utt-go/utt/store"
)

// down stops parties, whose disks stay.
func (c *cluster) down(parties ...int) {
	for _, i := range parties {
		c.replicas[i], c.inboxes[i] = nil, nil
	}
}

// owed is how many credentials a replica has not published.
func (c *cluster) owed(i int) (owed int) {
	c.t.Helper()
	registered := 0
	for _, err := range c.replicas[i].Ledger().Registrations(ctx, 1, uint64(len(c.blocks))) {
		require.NoError(c.t, err)
		registered++
	}
	return registered - len(c.leaves(i, 0, ever))
}

// Registrars who are not there delay credentials and nothing else, whatever replicas crash or are
// replaced meanwhile; back, they sign what they owe.
func TestRegistrarsAway(t *testing.T) {
	c := newClusterOf(t, apart(), 81)
	c.decide(c.register()...)
	c.settle()
	c.overdue()
	c.settle()
	c.requireAllPublished()

	c.down(n, n+1) // two of three
	for range 3 {
		c.decide(c.register()...)
		c.decide()
		c.settle()
	}
	c.overdue()
	c.settle()
	c.requireLedgerPublished()
	for i := range n {
		require.Equal(t, 3, c.owed(i))
		require.EqualValues(t, 1, must(c.replicas[i].Where()).Credentials.Height)
		require.EqualValues(t, 1, c.replicas[i].Settled())
	}
	// who registered is on record, without the signature
	shown := must(c.replicas[0].Inclusion(ctx, utt.Cursor{Height: 2}))
	require.NoError(t, c.f.p.VerifyInclusion(shown))
	require.True(t, shown.Record().Owes())
	require.False(t, shown.Record().Signed())
	require.Nil(t, shown.CredentialCertificate())

	c.down(2) // one crashes, and another has lost its disk
	c.decide(c.register()...)
	c.settle()
	snapshot, digest := c.snapshot()
	at := must(c.replicas[0].Where())
	require.Less(t, at.Credentials.Height, at.Certificate.Height)
	c.stores[3], c.inboxes[3] = new(store.Memory), nil
	c.replicas[3] = must(replica.Restore(c.config(3), bytes.NewReader(snapshot), digest, at))
	c.open(2)
	c.decide(c.register()...)
	c.settle()
	c.overdue()
	c.settle()
	for i := range n {
		require.EqualValues(t, len(c.blocks), c.publishedAt(i))
	}
	require.Equal(t, 5, c.owed(0))

	c.open(n)
	c.open(n + 1)
	c.settle()
	c.overdue()
	c.settle()
	for i, r := range c.replicas {
		require.EqualValues(t, len(c.blocks), r.Settled(), "party %d", i)
		require.Equal(t, must(c.replicas[0].Where()), must(r.Where()))
	}
	require.Zero(t, c.owed(0))
	_, err := first(c.replicas[3].Credentials(ctx, 0))
	require.ErrorIs(t, err, utt.ErrNotFound, "of before its snapshot")
	shown = must(c.replicas[2].Inclusion(ctx, utt.Cursor{Height: 2}))
	require.NoError(t, c.f.p.VerifyInclusion(shown))
	require.True(t, shown.Record().Signed())
	require.Equal(t, must(c.replicas[2].Where()).Credentials, shown.CredentialCertificate())
	require.Empty(t, c.replicas[0].Blamed())
}

func first[T any](all func(func(T, error) bool)) (v T, err error) {
	for v, err := range all {
		return v, err
	}
	return v, nil
}

// One that was away while the registrars were follows both, and one that was away when they came
// back too.
func TestFollowsCredentials(t *testing.T) {
	c := newClusterOf(t, apart(), 82)
	c.down(1, n, n+1)
	for range 3 {
		c.decide(c.register()...)
		c.settle()
		c.overdue()
		c.settle()
	}
	c.open(n)
	c.open(n + 1)
	c.settle()
	c.overdue()
	c.settle()
	c.down(n, n+1, n+2)
	c.open(1)
	c.decide(c.register()...) // whose credential nobody signs
	c.settle()
	c.overdue()
	c.settle()
	c.requireLedgerPublished()
	require.Equal(t, 1, c.owed(1))
	require.Equal(t, must(c.replicas[0].Where()), must(c.replicas[1].Where()))

	// by hand, one certificate after the other
	c.down(2)
	c.stores[2] = new(store.Memory)
	c.open(2)
	var at replica.Published
	for h := uint64(1); h <= 4; h++ {
		certificate := must(c.replicas[0].Certificate(ctx, h))
		var records []*utt.Record
		for r, err := range c.replicas[0].Records(ctx, at.Frontier.Next()) {
			require.NoError(t, err)
			if r.Cursor().Height <= certificate.Height {
				records = append(records, r)
			}
		}
		credentials, err := c.replicas[0].CredentialCertificate(ctx, h)
		require.NoError(t, err)
		leaves := c.leaves(0, at.CredentialFrontier.Records, credentials.Records)
		if credentials.Height > at.CredentialFrontier.Height {
			require.ErrorIs(t, c.replicas[2].FollowCredentials(credentials, leaves), utt.ErrConflict, "before the ledger")
		}
		require.NoError(t, c.replicas[2].Follow(certificate, records))
		require.ErrorContains(t, c.replicas[2].FollowCredentials(certificate, leaves), "[CERT-KIND]")
		require.ErrorContains(t, c.replicas[2].Follow(credentials, records), "[CERT-KIND]")
		if len(leaves) > 0 {
			require.ErrorIs(t, c.replicas[2].FollowCredentials(credentials, nil), utt.ErrConflict)
			garbled := []utt.CredentialLeaf{{Record: leaves[0].Record, Signatures: bytes.Clone(leaves[0].Signatures)}}
			garbled[0].Signatures[1] ^= 1
			require.ErrorContains(t, c.replicas[2].FollowCredentials(credentials, garbled), "[LOG-SIG]")
		}
		require.NoError(t, c.replicas[2].FollowCredentials(credentials, leaves))
		at = must(c.replicas[2].Where())
	}
	require.Equal(t, must(c.replicas[0].Where()), at)
}

// A block in so many is certified for credentials whether it registers anybody or not, by all.
func TestCredentialsWithoutRegistrations(t *testing.T) {
	c := newClusterOf(t, apart(), 83)
	const stride = 1 << 10
	for i := range n {
		for h := range uint64(stride) {
			b := &utt.Block{Height: h + 1, Time: uint64(c.f.p.Policy().Start.Unix())}
			must(c.replicas[i].Execute(b, must(c.f.p.Trust(b.Time, nil))))
			if i == 0 {
				c.blocks = append(c.blocks, b)
			}
		}
	}
	c.down(n, n+1, n+2)
	for range 3 * stride / 256 {
		c.overdue()
		c.settle()
	}
	for i := range n {
		at := must(c.replicas[i].Where())
		require.EqualValues(t, stride, at.Certificate.Height)
		require.EqualValues(t, stride, at.Credentials.Height)
		c.down(i)
		c.open(i)
		require.Equal(t, at.Certificate, must(c.replicas[i].Where()).Certificate)
		require.Equal(t, at.Credentials, must(c.replicas[i].Where()).Credentials)
		require.EqualValues(t, stride, c.replicas[i].Settled())
	}
}
