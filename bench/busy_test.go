package bench

import (
	"bytes"
	"context"
	"crypto/ecdh"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/binary"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/local"
	"github.com/utt-ecash/utt-go/utt/provider"
	"github.com/utt-ecash/utt-go/utt/replica"
	"github.com/utt-ecash/utt-go/utt/store"
	"github.com/utt-ecash/utt-go/utt/wallet"
)

// town is a network with real payments to two users: one looks out for himself, and the other
// has a provider do it.
type town struct {
	net     *local.Network
	scan    *utt.ScanSecret // the provider's
	mandate []byte          // that the other gives him
	begun   []*utt.Record   // before the payments
	leaves  []utt.CredentialLeaf
	paid    []*utt.Record // the payments, to the one and to the other in turn
	example *utt.Record   // a payment of two coins to a third
}

const (
	himself = "himself"
	client  = "client"
)

// newTown has each of the two get so many payments, of 1.
func newTown(tb testing.TB, payments int) *town {
	ctx := context.Background()
	net, err := local.New(ctx, local.Config{})
	require.NoError(tb, err)
	t := &town{net: net}
	t.scan, err = utt.GenerateScanSecret(nil)
	require.NoError(tb, err)
	payer := t.enroll(tb, "payer", wallet.Config{})
	t.enroll(tb, "stranger", wallet.Config{})
	t.enroll(tb, himself, wallet.Config{Way: wallet.Light}) // which takes his own scan key
	other := t.enroll(tb, client, wallet.Config{ScanKey: t.scan.ScanKey()})
	m, err := other.Mandate(t.scan.ScanKey(), net.Now().Add(30*24*time.Hour))
	require.NoError(tb, err)
	t.mandate, err = m.MarshalBinary()
	require.NoError(tb, err)
	require.NoError(tb, net.Issue(ctx, "payer", asset, 1000))
	for range 2 {
		require.NoError(tb, payer.Sync(ctx, net))
		_, err = payer.Mint(ctx, net, asset, 500)
		require.NoError(tb, err)
	}
	t.begun = t.records(tb)
	for l, err := range net.Credentials(ctx, 0) {
		require.NoError(tb, err)
		t.leaves = append(t.leaves, l)
	}
	pay := func(to string, amount utt.Amount) {
		require.NoError(tb, payer.Sync(ctx, net))
		_, err := payer.Pay(ctx, net, to, asset, amount, "bench")
		require.NoError(tb, err)
	}
	pay("stranger", 600)
	for range payments {
		pay(himself, 1)
		pay(client, 1)
	}
	made := t.records(tb)[len(t.begun):]
	t.example, t.paid = made[0], made[1:]
	return t
}

func (t *town) enroll(tb testing.TB, identity string, c wallet.Config) *wallet.Wallet {
	c.ProvingKeys, c.Now = t.net.ProvingKeys(), t.net.Now
	w, err := wallet.New(t.net.Parameters(), identity, seed(identity), c)
	require.NoError(tb, err)
	require.NoError(tb, t.net.Enroll(context.Background(), w, identity, 0))
	return w
}

func (t *town) records(tb testing.TB) (all []*utt.Record) {
	for r, err := range t.net.Records(context.Background(), utt.Cursor{}) {
		require.NoError(tb, err)
		all = append(all, r)
	}
	return all
}

// parameters are those of the network as somebody has them who has verified no certificate.
func (t *town) parameters(tb testing.TB) *utt.Parameters {
	raw, err := t.net.Parameters().MarshalBinary()
	require.NoError(tb, err)
	p, err := utt.ParseParameters(raw)
	require.NoError(tb, err)
	return p
}

// service looks out for the client and so many others, who are copies of him under other names,
// written into the service's store.
func (t *town) service(tb testing.TB, customers int, now func() time.Time) *provider.Service {
	s := new(store.Memory)
	open := func() *provider.Service {
		d, err := provider.OpenService(t.parameters(tb), t.scan, s, provider.ServiceConfig{Now: now})
		require.NoError(tb, err)
		return d
	}
	d := open()
	m := new(utt.Mandate)
	require.NoError(tb, m.UnmarshalBinary(t.mandate))
	require.NoError(tb, d.Expect(m))
	if customers == 1 {
		return d
	}
	v, err := s.View()
	require.NoError(tb, err)
	pid := m.PID()
	one, ok, err := v.Get(append([]byte("C"), pid[:]...))
	require.NoError(tb, err)
	require.True(tb, ok)
	require.NoError(tb, v.Close())
	registered := wire.AppendBytes(bytes.Clone(one[:24]), make([]byte, ed25519.PublicKeySize)) // since and until when, and some account key
	one = append(registered, t.mandate...)
	writes := make([]store.Write, customers-1)
	for i := range writes {
		pid := utt.PIDOf(name(i))
		writes[i] = store.Write{Key: append([]byte("C"), pid[:]...), Value: bytes.Clone(one)}
		copy(writes[i].Value[len(one)-len(t.mandate)+1:], pid[:])
	}
	require.NoError(tb, s.Apply(writes))
	d = open()
	require.Len(tb, d.Customers(), customers)
	return d
}

// busy is a ledger of ten payments a second, a block each second, of which most are made up: copies of
// one with other nullifiers, clues and names. t replicas certify every fifth block.
type busy struct {
	*town
	begin        uint64 // when payments begin, at the full minute
	before, last uint64 // the block before them, and the last one
	published    replica.Publication
	records      [][]byte // encoded
	entries      [][]byte
	at           []utt.Cursor
}

const (
	perSecond      = 10
	certifiedEvery = 5  // blocks
	slot           = 60 // seconds, or blocks
)

// newBusy spreads the town's payments evenly over so many.
func newBusy(tb testing.TB, t *town, payments int) *busy {
	ctx := context.Background()
	head := t.begun[len(t.begun)-1]
	b := &busy{town: t, before: head.Cursor().Height, begin: head.Time() - head.Time()%slot + slot}
	var at, signed utt.Frontier
	publish := func(records []*utt.Record, leaves []utt.CredentialLeaf) {
		var err error
		last := records[len(records)-1]
		at, err = at.Extend(records)
		require.NoError(tb, err)
		at.Height, at.Time = last.Cursor().Height, last.Time()
		c, err := t.net.Certify(at.Checkpoint)
		require.NoError(tb, err)
		require.NoError(tb, b.published.Publish(c, records))
		signed, err = signed.ExtendCredentials(ctx, at.Records, leaves)
		require.NoError(tb, err)
		signed.Height, signed.Time = at.Height, at.Time
		c, err = t.net.Certify(signed.Checkpoint)
		require.NoError(tb, err)
		require.NoError(tb, b.published.PublishCredentials(c, leaves))
		for _, r := range records {
			raw, err := r.MarshalBinary()
			require.NoError(tb, err)
			b.records, b.entries, b.at = append(b.records, raw), append(b.entries, r.LogLeaf(utt.EntryTree)), append(b.at, r.Cursor())
		}
	}
	publish(t.begun, t.leaves)
	every, left := payments/len(t.paid), t.paid
	var records []*utt.Record
	for i := range payments {
		second := uint64(i / perSecond)
		r, real := t.example, i%every == every/2 && len(left) > 0
		if real {
			r, left = left[0], left[1:]
		}
		records = append(records, placed(tb, r, utt.Cursor{Height: b.before + 1 + second, Index: uint32(i % perSecond)}, b.begin+second, !real))
		b.last = b.before + 1 + second
		if i+1 == payments || (i+1)%(perSecond*certifiedEvery) == 0 {
			publish(records, nil)
			records = nil
		}
	}
	require.Empty(tb, left)
	return b
}

// placed is a payment of a record at another place and time, or another payment of the same
// shape: what the encoding has of these stands where section A.6 of the specification says.
func placed(tb testing.TB, r *utt.Record, at utt.Cursor, time uint64, another bool) *utt.Record {
	raw, err := r.MarshalBinary()
	require.NoError(tb, err)
	summary := raw[2:][:binary.BigEndian.Uint16(raw)]
	binary.BigEndian.PutUint64(summary[3:], at.Height)
	binary.BigEndian.PutUint16(summary[11:], uint16(at.Index))
	binary.BigEndian.PutUint64(summary[13:], time)
	if another {
		_, _ = rand.Read(summary[21:][:32]) // ID
		s, err := utt.ParseEntry(r.LogLeaf(utt.EntryTree))
		require.NoError(tb, err)
		for _, n := range s.Nullifiers() {
			i := bytes.Index(summary, n[:])
			_, _ = rand.Read(summary[i+1:][:len(n)-1])
		}
		clue := summary[len(summary)-48:]
		secret, err := ecdh.X25519().GenerateKey(rand.Reader)
		require.NoError(tb, err)
		copy(clue, secret.PublicKey().Bytes())
		_, _ = rand.Read(clue[32:])
	}
	d := new(utt.Record)
	require.NoError(tb, d.UnmarshalBinary(raw))
	require.Equal(tb, at, d.Cursor())
	return d
}
