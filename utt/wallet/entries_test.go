package wallet

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/utt"
)

// decoders read entries, and write again what they read, where that is possible.
var decoders = []func(b []byte) ([]byte, error){
	func(b []byte) ([]byte, error) {
		it, err := decodeItem(b)
		if err != nil {
			return nil, err
		}
		return it.encode(), nil
	},
	func(b []byte) ([]byte, error) {
		m, err := decodeMade(b)
		if err != nil {
			return nil, err
		}
		return m.encode(), nil
	},
	func(b []byte) ([]byte, error) {
		s, err := decodeStatus(b)
		return s.encode(), err
	},
	func(b []byte) ([]byte, error) {
		v, err := decodeAmount(b)
		return encodeNumber(uint64(v)), err
	},
	func(b []byte) ([]byte, error) {
		g, err := decodeGrantID(string(b))
		return []byte(g.encode()), err
	},
	func(b []byte) ([]byte, error) {
		var f facts
		if err := f.decode(b); err != nil {
			return nil, err
		}
		return f.encode()
	},
	func(b []byte) ([]byte, error) {
		p, err := decodeSpending(b)
		if err != nil {
			return nil, err
		}
		return p.encode()
	},
	func(b []byte) ([]byte, error) {
		_, _, err := decodeCoin(string(make([]byte, len(coinKey{}))), b)
		return b, err
	},
	func(b []byte) ([]byte, error) {
		_, err := decodeHold(nil, b)
		return b, err
	},
	func(b []byte) ([]byte, error) {
		_, err := decodePaid(nil, b)
		return b, err
	},
}

// entrySeeds are entries of every kind but those that have records or operations in them.
func entrySeeds(t testing.TB) [][]byte {
	f := facts{nonce: 3, items: 4, birthday: 5, suspended: true}
	b, err := f.encode()
	require.NoError(t, err)
	g := grantID{"privacy", "cash", 7}
	return [][]byte{
		(&item{id: utt.ID{1}, output: own, kind: ItemPaid, role: utt.Payee, use: utt.Self, asset: "cash", amount: 5, fee: 1,
			pid: utt.PID{2}, memo: "memo", time: 9, grant: grant{"privacy", 7}, status: Status{State: Held, Due: 8}}).encode(),
		(&made{digest: utt.Digest{3}, kind: ItemBurned, asset: "cash", amount: 5, tax: 2, fee: 1, party: "bob", memo: "memo", time: 9}).encode(),
		(Status{State: Refunded, Cause: utt.ByVeto, Due: 4}).encode(),
		encodeNumber(77), []byte(g.encode()), b,
	}
}

// What an entry says is read as it was written; of one cut short, or with more, nothing is.
func TestEntries(t *testing.T) {
	for i, b := range entrySeeds(t) {
		again, err := decoders[i](b)
		require.NoError(t, err)
		require.Equal(t, b, again)
		for cut := range b {
			_, err := decoders[i](b[:cut])
			require.ErrorIs(t, err, utt.ErrStore, "%d cut to %d", i, cut)
		}
		_, err = decoders[i](append(b, 0))
		require.ErrorIs(t, err, utt.ErrStore)
	}
}

// FuzzEntries feeds every decoder: what it does not read is ErrStore.
func FuzzEntries(f *testing.F) {
	for i, b := range entrySeeds(f) {
		f.Add(byte(i), b)
	}
	f.Fuzz(func(t *testing.T, i byte, b []byte) {
		got, err := decoders[int(i)%len(decoders)](b)
		if err != nil {
			require.ErrorIs(t, err, utt.ErrStore)
			return
		}
		require.Equal(t, b, got)
	})
}
