package threshold

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/curve"
)

// encryptionKeys are a dealer's, with the polynomials to the seeds.
func encryptionKeys(t testing.TB, threshold, n, components int) ([][]curve.G1, [][]curve.Scalar) {
	t.Helper()
	keys, secrets := make([][]curve.G1, n+1), make([][]curve.Scalar, n+1)
	for j := range keys {
		for c := range components {
			f := make([]curve.Scalar, threshold)
			for k := range f {
				f[k] = random(t, fmt.Sprint("encryption/", c, "/", k))
			}
			a := evaluate(f, Index(j))
			secrets[j] = append(secrets[j], a)
			keys[j] = append(keys[j], curve.Generator().Mul(a))
		}
	}
	return keys, secrets
}

func newEncryption(t testing.TB) (*EncryptionCommittee, *EncryptionKeyShare) {
	t.Helper()
	keys, secrets := encryptionKeys(t, 2, 4, 3)
	c, err := EncryptionCommitteeOf(2, keys)
	require.NoError(t, err)
	return c, EncryptionKeyShareOf(c.generation, 2, secrets[2])
}

// encryptionMutations are keys that [ENC-KEY] refuses.
var encryptionMutations = map[string]func(keys [][]curve.G1){
	"a party's off the polynomial":  func(k [][]curve.G1) { k[3][1] = k[3][1].Add(curve.Generator()) },
	"the group's another":           func(k [][]curve.G1) { k[0][0] = curve.Generator().Mul(curve.Uint64(5)) },
	"two parties' exchanged":        func(k [][]curve.G1) { k[1], k[2] = k[2], k[1] },
	"a party's off the subgroup":    func(k [][]curve.G1) { k[4][2] = k[4][2].Add(smallOrder(11)) },
	"two keys equal":                func(k [][]curve.G1) { equal(k) },
	"two keys opposite":             func(k [][]curve.G1) { opposite(k) },
	"a key that is 0":               func(k [][]curve.G1) { constant(k, curve.G1{}) },
	"a key that is the generator":   func(k [][]curve.G1) { constant(k, curve.Generator()) },
	"a key that is minus generator": func(k [][]curve.G1) { constant(k, curve.Generator().Neg()) },
}

func equal(k [][]curve.G1) {
	for j := range k {
		k[j][1] = k[j][0]
	}
}

func opposite(k [][]curve.G1) {
	for j := range k {
		k[j][2] = k[j][1].Neg()
	}
}

func constant(k [][]curve.G1, p curve.G1) {
	for j := range k {
		k[j][0] = p
	}
}

func TestRejectsENCKEY(t *testing.T) {
	for name, mutate := range encryptionMutations {
		keys, _ := encryptionKeys(t, 2, 4, 3)
		mutate(keys)
		_, err := EncryptionCommitteeOf(2, keys)
		require.ErrorIs(t, err, ErrInvalid, name)
		require.ErrorContains(t, err, "[ENC-KEY]", name)
	}
	keys, _ := encryptionKeys(t, 3, 4, 3)
	_, err := EncryptionCommitteeOf(2, keys)
	require.ErrorContains(t, err, "[ENC-KEY]", "a higher degree")
}

func TestEncryptionCommittee(t *testing.T) {
	c, k := newEncryption(t)
	require.Equal(t, []int{2, 4, 3}, []int{c.Threshold(), c.Parties(), c.Components()})
	require.NoError(t, c.VerifyKeyShare(k))
	require.Equal(t, "redacted", fmt.Sprint(k))
	require.ErrorIs(t, c.VerifyKeyShare(EncryptionKeyShareOf(c.generation, 1, k.secrets)), ErrInvalid)
	require.ErrorIs(t, c.VerifyKeyShare(EncryptionKeyShareOf(c.generation, 5, k.secrets)), ErrIndex)
	require.ErrorIs(t, c.VerifyKeyShare(EncryptionKeyShareOf(Generation{}, 2, k.secrets)), ErrGeneration)
	var d EncryptionCommittee
	require.NoError(t, d.UnmarshalBinary(encode(t, c)))
	require.Equal(t, c, &d)
}

func TestEncryptionCommitteeRefuses(t *testing.T) {
	c, k := newEncryption(t)
	b := encode(t, c)
	for name, at := range map[string]struct {
		offset int
		v      []byte
	}{
		"version":           {0, []byte{2}},
		"t is 0":            {1, []byte{0, 0}},
		"t above n":         {1, []byte{0, 5}},
		"no key":            {3, []byte{0, 0}},
		"too many keys":     {3, []byte{0, 17}},
		"n is 0":            {5, []byte{0, 0}},
		"n too large":       {5, []byte{0xff, 0xff}},
		"a key is identity": {7, curve.G1{}.Append(nil)},
	} {
		m := append([]byte(nil), b...)
		copy(m[at.offset:], at.v)
		got := new(EncryptionCommittee)
		require.ErrorIs(t, got.UnmarshalBinary(m), ErrMalformed, name)
		require.Equal(t, new(EncryptionCommittee), got)
	}
	s := encode(t, k)
	for _, m := range [][]byte{nil, s[:len(s)-1], append(s[:len(s):len(s)], 0), append([]byte{9}, s[1:]...)} {
		require.ErrorIs(t, new(EncryptionKeyShare).UnmarshalBinary(m), ErrMalformed)
	}
	copy(s[len(s)-32:], make([]byte, 32))
	require.ErrorIs(t, new(EncryptionKeyShare).UnmarshalBinary(s), ErrMalformed)
}
