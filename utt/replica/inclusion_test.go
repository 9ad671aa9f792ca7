package replica_test

import (
	"bytes"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/replica"
	"github.com/utt-ecash/utt-go/utt/store"
)

// Whatever is published can be shown under the last certificate, by a replica with its
// store, by one that was opened again, and by a Publication in memory, in the same bytes.
func TestInclusion(t *testing.T) {
	c := newCluster(t, 71)
	var memory replica.Publication
	for h := range uint64(7) {
		c.decide(c.register()...)
		c.settle()
		certificate := must(c.replicas[0].Certificate(ctx, ever))
		require.Equal(t, h+1, certificate.Height)
		var records []*utt.Record
		for r, err := range c.replicas[0].Records(ctx, utt.Cursor{Height: h + 1}) {
			require.NoError(t, err)
			records = append(records, r)
		}
		require.NoError(t, memory.Publish(certificate, records))
		if h%2 == 0 { // they lag
			signed := must(c.replicas[0].CredentialCertificate(ctx, h+1))
			require.NoError(t, memory.PublishCredentials(signed, c.leaves(0, memory.Where().CredentialFrontier.Records, signed.Records)))
		}
	}
	require.Equal(t, must(c.replicas[0].Where()), memory.Where())
	c.replicas[1] = nil
	c.open(1)
	all, index := memory.Clone(), uint64(0)
	for r, err := range c.replicas[0].Records(ctx, utt.Cursor{}) {
		require.NoError(t, err)
		first := must(c.replicas[0].Inclusion(ctx, r.Cursor()))
		require.NoError(t, c.replicas[0].Ledger().Parameters().VerifyInclusion(first))
		require.Equal(t, index, first.Index())
		require.Equal(t, r.AppendUnsigned(nil), first.Record().AppendUnsigned(nil))
		require.Equal(t, r.Signed() || r.Owes(), first.Record().Signed())
		require.Equal(t, r.Owes(), first.CredentialCertificate() != nil)
		for _, other := range []*utt.Inclusion{must(c.replicas[1].Inclusion(ctx, r.Cursor())), must(all.Inclusion(ctx, r.Cursor()))} {
			require.Equal(t, must(first.MarshalBinary()), must(other.MarshalBinary()))
		}
		index++
	}
	require.Greater(t, index, uint64(7))
	for _, at := range []utt.Cursor{{}, {Height: 1, Index: 99}, {Height: 8}, {Height: math.MaxUint64, Index: math.MaxUint32}} {
		_, err := c.replicas[0].Inclusion(ctx, at)
		require.ErrorIs(t, err, utt.ErrNotFound)
		_, err = memory.Inclusion(ctx, at)
		require.ErrorIs(t, err, utt.ErrNotFound)
	}
	_, err := new(replica.Publication).Inclusion(ctx, utt.Cursor{Height: 1})
	require.ErrorIs(t, err, utt.ErrNotFound)
}

// Restored from a snapshot, with the edges of the trees from a stranger, a replica shows what
// was published since, and says of what is below that others have it.
func TestInclusionAfterRestore(t *testing.T) {
	c := newCluster(t, 72)
	for range 3 {
		c.decide(c.register()...)
		c.settle()
	}
	snapshot, digest := c.snapshot()
	at := must(c.replicas[0].Where())
	require.EqualValues(t, 3, at.Certificate.Height)
	require.EqualValues(t, 3, at.Credentials.Height)
	c.stores[3], c.inboxes[3] = new(store.Memory), nil
	var err error
	c.replicas[3], err = replica.Restore(c.config(3), bytes.NewReader(snapshot), digest, at)
	require.NoError(t, err)
	for range 5 {
		c.decide(c.register()...)
		c.settle()
	}
	c.replicas[3] = nil
	c.open(3)
	shown := 0
	for r, err := range c.replicas[0].Records(ctx, utt.Cursor{}) {
		require.NoError(t, err)
		i, err := c.replicas[3].Inclusion(ctx, r.Cursor())
		if r.Cursor().Height <= at.Certificate.Height {
			require.ErrorIs(t, err, utt.ErrNotFound)
			continue
		}
		require.NoError(t, err)
		require.NoError(t, c.replicas[0].Ledger().Parameters().VerifyInclusion(i))
		require.Equal(t, must(must(c.replicas[0].Inclusion(ctx, r.Cursor())).MarshalBinary()), must(i.MarshalBinary()))
		shown++
	}
	require.GreaterOrEqual(t, shown, 5)
}
