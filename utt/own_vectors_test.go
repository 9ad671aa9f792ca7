package utt_test

import (
	"context"
	"encoding/hex"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/store"
	"github.com/utt-ecash/utt-go/utt/wallet"
)

const ownFile = "testdata/own.json"

// ownVectors are what users of chain.json keep for themselves.
type ownVectors struct {
	Provenance string     `json:"provenance"`
	Holdings   [][]string `json:"holdings"` // of each user, in the order of records
	Openings   string     `json:"openings"` // of the payment
}

// chainedHoldings are all that the users of chain.json got, spent or not.
func chainedHoldings(t testing.TB) (p *utt.Parameters, keys []*utt.Keys, all [][]*utt.Holding) {
	t.Helper()
	var c chain
	readVectors(t, chainFile, &c)
	p, err := utt.ParseParameters(unhex(t, c.Parameters))
	require.NoError(t, err)
	for _, u := range c.Users {
		k, err := utt.DeriveKeys(p, utt.PIDOf(u.Identity), unhex(t, u.Seed))
		require.NoError(t, err)
		var of []*utt.Holding
		for _, o := range c.Operations {
			r := o.signed(t)
			if r.Status() != utt.Executed {
				continue
			}
			for _, got := range k.Look(r).Received(true) {
				h, err := got.Holding()
				require.NoError(t, err)
				of = append(of, h)
			}
		}
		keys, all = append(keys, k), append(all, of)
	}
	return p, keys, all
}

// Holdings and openings that were written are read as what they were.
func TestOwnVectors(t *testing.T) {
	p, keys, all := chainedHoldings(t)
	_, _, r, openings := chainedPayment(t)
	got := ownVectors{Provenance: provenance + "; of the users in chain.json", Openings: hexOf(t, marshal(openings.AppendBinary))}
	for i, of := range all {
		got.Holdings = append(got.Holdings, nil)
		var again []*utt.Holding
		for _, h := range of {
			b, err := h.AppendBinary(nil)
			require.NoError(t, err)
			got.Holdings[i] = append(got.Holdings[i], hexOf(t, marshal(h.AppendBinary)))
			d, err := keys[i].ParseHolding(b)
			require.NoError(t, err)
			require.Equal(t, h, d)
			again = append(again, d)
		}
		opens, err := p.VerifyHoldings(context.Background(), again)
		require.NoError(t, err)
		require.NotContains(t, opens, false)
	}
	if *update {
		writeVectors(t, ownFile, got)
	}
	var want ownVectors
	readVectors(t, ownFile, &want)
	require.Equal(t, want, got)

	again, err := p.ParseOpenings(unhex(t, want.Openings))
	require.NoError(t, err)
	require.Equal(t, openings.ID(), again.ID())
	require.Equal(t, openings.Outputs(), again.Outputs())
	one, err := openings.Proof(nil, r, 0, "")
	require.NoError(t, err)
	other, err := again.Proof(nil, r, 0, "")
	require.NoError(t, err)
	require.Equal(t, one, other)
	text, err := again.Proof(nil, r, 0, "a question")
	require.NoError(t, err)
	_, err = p.VerifyPaymentProof(text, "a question")
	require.NoError(t, err)
}

// A holding of what is held has no signature, and none is read by others' keys as theirs.
func TestHoldingsAreTheUsers(t *testing.T) {
	p, keys, all := chainedHoldings(t)
	coin := all[0][len(all[0])-1]
	b, err := coin.AppendBinary(nil)
	require.NoError(t, err)
	other, err := keys[1].ParseHolding(b)
	require.NoError(t, err)
	require.NotEqual(t, coin.Nullifier(), other.Nullifier(), "by another's keys it is another coin")
	_, err = new(utt.Keys).ParseHolding(b)
	require.ErrorIs(t, err, utt.ErrInvalid)
	_, err = new(utt.Parameters).ParseOpenings(nil)
	require.ErrorIs(t, err, utt.ErrInvalid)
	_, err = new(utt.Holding).AppendBinary(nil)
	require.ErrorIs(t, err, utt.ErrInvalid)
	b[len(b)-1] ^= 1 // another point, or none
	if d, err := keys[0].ParseHolding(b); err == nil {
		opens, err := p.VerifyHoldings(context.Background(), []*utt.Holding{d})
		require.True(t, err != nil || !opens[0])
	}
}

// marshal is what appends to nothing.
type marshal func([]byte) ([]byte, error)

func (m marshal) MarshalBinary() ([]byte, error) { return m(nil) }

const storeFile = "testdata/wallet.json"

// storeVector is what is in the store of the first user of chain.json, who has a label on the
// first entry of the history and a mint pending.
type storeVector struct {
	Provenance string            `json:"provenance"`
	Pending    string            `json:"pending"`
	Entries    map[string]string `json:"entries"`
}

// A store that was written is read.
func TestStoredWallet(t *testing.T) {
	var c chain
	readVectors(t, chainFile, &c)
	p, err := utt.ParseParameters(unhex(t, c.Parameters))
	require.NoError(t, err)
	u := c.Users[0]
	open := func(s store.Store) *wallet.Wallet {
		w, err := wallet.Open(p, u.Identity, unhex(t, u.Seed), s, atStart())
		require.NoError(t, err)
		return w
	}
	if *update {
		at := new(served)
		for i := range c.Operations {
			at.take(t, &c.Operations[i])
		}
		disk := new(store.Memory)
		w := open(disk)
		sync1(t, at, w)
		require.NoError(t, w.Label(0, "a label"))
		h, err := w.Mint(context.Background(), dropping(at, nil), cash, 1)
		require.NoError(t, err)
		v := storeVector{Provenance: provenance + "; the store of the first user of chain.json", Pending: h.String(), Entries: make(map[string]string)}
		for q, err := range openedView(t, disk).Ascend(nil, nil) {
			require.NoError(t, err)
			v.Entries[hex.EncodeToString(q.Key)] = hex.EncodeToString(q.Value)
		}
		writeVectors(t, storeFile, v)
	}
	var v storeVector
	readVectors(t, storeFile, &v)
	disk := new(store.Memory)
	for key, value := range v.Entries {
		require.NoError(t, disk.Apply([]store.Write{{Key: unhex(t, key), Value: unhex(t, value)}}))
	}
	w := open(disk)
	require.Equal(t, u.State, walletStateOf(w))
	require.Len(t, w.Pending(), 1)
	require.Equal(t, v.Pending, w.Pending()[0].String())
	items := collected(t, w.History(0))
	require.Equal(t, "a label", items[0].Label)
	require.Equal(t, wallet.ItemMinted, items[len(items)-1].Kind)
	require.Equal(t, wallet.Pending, items[len(items)-1].State)
	_, err = w.Plan(bob, cash, 1, "")
	require.ErrorIs(t, err, utt.ErrNotFound, "it has no proving key, and knows bob")
	require.ErrorContains(t, err, "AddProvingKey")
}
