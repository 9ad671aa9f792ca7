package dkg

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/threshold"
)

// reshare deals the key of an outcome anew; old are the shares of the dealers, nil for one
// who has none.
func reshare(t testing.TB, o *Outcome, oldNames []string, old []*threshold.KeyShare, threshold, faults int, parties []string) *world {
	t.Helper()
	terms := terms(2, Signing(o.Committee.Attributes()), threshold, faults, parties)
	terms.Old = o.Old()
	return begin(t, terms, parties, oldNames, old)
}

func TestReshare(t *testing.T) {
	first := generate(t, 1, Signing(2), 3, 1, 4).run(nil)
	o, old := first.outcome(), first.shares(1, 2, 3, 4)
	seven := append(names(4), "party 5", "party 6", "party 7")
	for name, c := range map[string]struct {
		without []int // old parties that have lost their shares
		t, f    int
		parties []string
	}{
		"refresh":            {nil, 3, 1, names(4)},
		"recover a lost one": {[]int{2}, 3, 1, names(4)},
		"replace a party":    {[]int{4}, 3, 1, []string{"party 1", "party 2", "party 3", "new"}},
		"other places":       {nil, 3, 1, []string{"party 4", "party 3", "party 1", "party 2"}},
		"more":               {nil, 5, 2, seven},
		"fewer, lower":       {nil, 2, 1, names(3)},
		"nobody of the old":  {nil, 3, 1, []string{"a", "b", "c", "d"}},
	} {
		t.Run(name, func(t *testing.T) {
			shares := append([]*threshold.KeyShare(nil), old...)
			for _, i := range c.without {
				shares[i-1] = nil
			}
			w := reshare(t, o, names(4), shares, c.t, c.f, c.parties).run(nil)
			n := w.outcome()
			require.True(t, n.Committee.Group().Equal(o.Committee.Group()), "[RES-SAME]")
			require.NotEqual(t, o.Committee.Generation(), n.Committee.Generation())
			require.Len(t, n.Members, len(c.parties))
			require.Len(t, w.ends, 3)
			for k, i := range c.without {
				require.Equal(t, Blame{Dealer: OldIndex(i), Detail: "deal: silent"}, n.Blames[k])
			}
			fresh := w.shares(upTo(len(c.parties))...)
			requireSigns(t, n.Committee, fresh)
			requireNoMix(t, o.Committee, n.Committee, old, fresh)
		})
	}
}

// requireNoMix demands that shares of two generations neither combine nor, when their
// generation is forged, make a signature.
func requireNoMix(t *testing.T, a, b *threshold.Committee, old, fresh []*threshold.KeyShare) {
	t.Helper()
	m := newMessage(t, a.Attributes())
	sign := func(k *threshold.KeyShare) *threshold.SignatureShare {
		s, err := k.Sign(m)
		require.NoError(t, err)
		return s
	}
	for mixed := 1; mixed < b.Threshold(); mixed++ {
		var shares, forged []*threshold.SignatureShare
		for j := range b.Threshold() {
			s := sign(fresh[j])
			if j < mixed && j < len(old) {
				s = sign(old[j])
			}
			shares = append(shares, s)
			forged = append(forged, threshold.ShareOf(b.Generation(), threshold.Index(j+1), s.Point()))
		}
		_, err := b.Combine(m, shares)
		require.ErrorIs(t, err, threshold.ErrGeneration)
		_, err = b.Combine(m, forged)
		require.ErrorIs(t, err, threshold.ErrTooFew)
	}
}

func TestReshareOfEncryptionKeys(t *testing.T) {
	first := generate(t, 1, Encryption(3), 2, 1, 3).run(nil)
	o := first.outcome()
	terms := terms(2, Encryption(3), 3, 1, names(4))
	terms.Old = o.Old()
	w := begin(t, terms, names(4), names(3), nil)
	for i, p := range first.parties {
		k, err := p.EncryptionKeyShare()
		require.NoError(t, err)
		require.NoError(t, w.dealers[i].DealsEncryption(o.Old(), k))
	}
	n := w.run(nil).outcome()
	require.Equal(t, o.Encryption.Keys(0), n.Encryption.Keys(0))
	require.NotEqual(t, o.Encryption.Generation(), n.Encryption.Generation())
	for _, p := range w.parties {
		k, err := p.EncryptionKeyShare()
		require.NoError(t, err)
		require.NoError(t, n.Encryption.VerifyKeyShare(k))
	}
}

// A committee is resharable again and again, and its key stays.
func TestReshareInSuccession(t *testing.T) {
	w := generate(t, 1, Signing(1), 3, 1, 4).run(nil)
	group := w.outcome().Committee.Group()
	for k := range 3 {
		next := reshare(t, w.outcome(), w.names, w.shares(1, 2, 3, 4), 3, 1, []string{fmt.Sprint("a", k), "b", "c", "d"}).run(nil)
		require.True(t, next.outcome().Committee.Group().Equal(group))
		requireSigns(t, next.outcome().Committee, next.shares(1, 2, 3, 4))
		w = next
	}
}

// What a participant deals it has a copy of: its owner erases the share when another
// generation signs, also in the midst of a session. An erased one is not dealt.
func TestDealsWhatWasErasedSince(t *testing.T) {
	first, old := oldCommittee(t)
	w := reshare(t, first, names(4), old, 3, 1, names(4))
	erased := new(threshold.KeyShare)
	require.NoError(t, erased.UnmarshalBinary(encode(t, old[0])))
	for _, k := range old {
		k.Erase()
	}
	p := w.dealers[0]
	require.ErrorIs(t, p.Deals(w.setup.Terms.Old, old[0]), ErrArgument)
	require.NoError(t, p.Deals(w.setup.Terms.Old, erased))
	erased.Erase()
	w.run(nil)
	require.Empty(t, w.outcome().Blames)
	requireSigns(t, w.outcome().Committee, w.shares(1, 2, 3, 4))
	held := p.old
	zero := make([]byte, len(held.Append(nil)))
	require.NotEqual(t, zero, held.Append(nil))
	p.Erase()
	require.Equal(t, zero, held.Append(nil))
	require.ErrorIs(t, p.Deals(w.setup.Terms.Old, old[0]), ErrArgument)
}

func TestDealsEncryptionKeysThatWereErasedSince(t *testing.T) {
	w := generate(t, 90, Encryption(2), 2, 1, 4).run(nil)
	o := w.outcome()
	terms := terms(91, Encryption(2), 2, 1, names(4))
	terms.Old = o.Old()
	v := begin(t, terms, names(4), names(4), nil)
	for i, p := range v.dealers {
		k, err := w.parties[i].EncryptionKeyShare()
		require.NoError(t, err)
		require.NoError(t, p.DealsEncryption(o.Old(), k))
		k.Erase()
		require.ErrorIs(t, p.DealsEncryption(o.Old(), k), ErrArgument)
	}
	v.run(nil)
	require.Empty(t, v.outcome().Blames)
	require.Len(t, v.outcome().Members, 4)
	requireDecrypts(t, v, []int{1, 2, 3, 4})
}
