package threshold

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/sig"
)

// rooted are polynomials of degree 1, those in zero with their root at j.
func rooted(t testing.TB, n int, j Index, zero ...int) [][]curve.Scalar {
	t.Helper()
	f := make([][]curve.Scalar, n)
	for i := range f {
		f[i] = []curve.Scalar{random(t, fmt.Sprint("rooted/", i)), random(t, fmt.Sprint("rooted slope/", i))}
	}
	for _, i := range zero {
		f[i][1] = f[i][0].Mul(curve.Uint64(uint64(j)).Inverse()).Neg()
	}
	return f
}

// newRootedScene is a scene of four, any two of whom sign, in which some components of party
// 3's share are 0.
func newRootedScene(t testing.TB, zero ...int) *scene {
	t.Helper()
	const l = 2
	polynomials := rooted(t, 1+l, 3, zero...)
	keys := make([]Points, 5)
	s := &scene{keys: make([]*KeyShare, 4)}
	for j := range keys {
		key := sig.NewSecretKey(valuesAt(polynomials, Index(j)))
		keys[j].X2, keys[j].Y2, keys[j].Y1 = key.Public().Points()
		if j > 0 {
			s.keys[j-1] = KeyShareOf(Generation{}, Index(j), key)
		}
	}
	var err error
	s.committee, err = CommitteeOf(2, keys)
	require.NoError(t, err)
	for _, k := range s.keys {
		k.generation = s.committee.generation
	}
	s.message = newMessage(t, "1", l)
	s.shares = s.sign(t, s.message)
	return s
}

// A party that deals last makes its own share 0, or a part of it. The committee is what any
// other is, with or without that party, and a false share in its name is found; nothing but
// the share itself is not encoded.
func TestPartyWithAShareOfZero(t *testing.T) {
	for name, zero := range map[string][]int{"x": {0}, "y": {2}, "all": {0, 1, 2}} {
		t.Run(name, func(t *testing.T) {
			s := newRootedScene(t, zero...)
			var c Committee
			b := encode(t, s.committee)
			require.NoError(t, c.UnmarshalBinary(b))
			require.Equal(t, b, encode(t, &c))
			require.Equal(t, s.committee.generation, c.generation)
			for j, k := range s.keys {
				require.NoError(t, c.VerifyKeyShare(k))
				require.NoError(t, c.VerifyShare(s.message, s.shares[j]))
				requireTHR1(t, c.VerifyShare(s.message, forged(s.shares[j])))
			}
			subsets(4, 2, func(which []int) {
				got, err := c.Combine(s.message, pick(s.shares, which))
				require.NoError(t, err)
				s.verify(t, s.message, got)
			})
			bad := forged(s.shares[2])
			_, err := c.Combine(s.message, []*SignatureShare{bad, s.shares[0]})
			requireCulprits(t, err, 3)
			got, err := c.Combine(s.message, []*SignatureShare{bad, s.shares[0], s.shares[3]})
			require.NoError(t, err)
			s.verify(t, s.message, got)

			require.ErrorIs(t, new(KeyShare).UnmarshalBinary(encode(t, s.keys[2])), ErrMalformed)
			sealed, err := s.keys[2].Seal(nil, []byte("passphrase"))
			require.NoError(t, err)
			_, err = OpenKeyShare(sealed, []byte("passphrase"))
			require.ErrorIs(t, err, ErrMalformed)
			_, err = s.shares[2].MarshalBinary()
			require.Equal(t, name == "all", err != nil, "the identity")
		})
	}
}

// And so it is with encryption keys.
func TestPartyWithADecryptionShareOfZero(t *testing.T) {
	r := newRecord(t, 2, 4)
	polynomials := rooted(t, 3, 3, 1)
	keys := make([][]curve.G1, 5)
	r.keys = nil
	for j := range keys {
		secrets := valuesAt(polynomials, Index(j))
		for _, a := range secrets {
			keys[j] = append(keys[j], curve.Generator().Mul(a))
		}
		if j > 0 {
			r.keys = append(r.keys, EncryptionKeyShareOf(Generation{}, Index(j), secrets))
		}
	}
	first, err := EncryptionCommitteeOf(2, keys)
	require.NoError(t, err)
	r.committee = new(EncryptionCommittee)
	require.NoError(t, r.committee.UnmarshalBinary(encode(t, first)))
	require.Equal(t, first, r.committee)
	for _, k := range r.keys {
		k.generation = first.generation
		require.NoError(t, r.committee.VerifyKeyShare(k))
	}
	r.request = r.ask(t, r.subject, r.encrypt(t, "1"), 1, 2)
	r.shares = r.decrypt(t, r.request)
	want := plaintexts(numbers()[1:]...)
	subsets(4, 2, func(which []int) {
		got, err := r.committee.Open(r.request, pick(r.shares, which))
		require.NoError(t, err)
		require.Equal(t, want, got)
	})
	bad := *r.shares[2]
	bad.points = []curve.G1{curve.Generator(), bad.points[1]}
	requireLabel(t, r.committee.VerifyShare(r.request, &bad), "ENC-SHARE")
	got, err := r.committee.Open(r.request, []*DecryptionShare{&bad, r.shares[0], r.shares[1]})
	require.NoError(t, err)
	require.Equal(t, want, got)
	require.ErrorIs(t, new(DecryptionShare).UnmarshalBinary(encode(t, r.shares[2])), ErrMalformed)
	require.ErrorIs(t, new(EncryptionKeyShare).UnmarshalBinary(encode(t, r.keys[2])), ErrMalformed)
}

// The group's key is not 0, whoever its parties are.
func TestGroupKeyOfZero(t *testing.T) {
	s := newRootedScene(t)
	keys := make([]Points, 5)
	for j := range keys {
		keys[j] = s.committee.Points(Index(j))
	}
	keys[0].X2 = curve.G2{}
	_, err := CommitteeOf(2, keys)
	require.ErrorIs(t, err, sig.ErrMalformed)
}
