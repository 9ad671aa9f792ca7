//go:build uttbroken

package threshold

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/testrand"
	"github.com/utt-ecash/utt-go/sig"
)

// With a check taken out, the forgery that it stops is accepted.

func TestBrokenShare(t *testing.T) {
	s := newScene(t, 2, 4, 2)
	bad := forged(s.shares[0])
	requireTHR1(t, s.committee.VerifyShare(s.message, bad))
	defer batch.Break("THR-1")()
	require.NoError(t, s.committee.VerifyShare(s.message, bad))

	// Combine still makes nothing invalid, but can blame nobody
	_, err := s.committee.Combine(s.message, []*SignatureShare{bad, s.shares[1]})
	require.ErrorIs(t, err, ErrInvalid)
	require.NotErrorIs(t, err, ErrTooFew)
}

func TestBrokenCombination(t *testing.T) {
	s := newScene(t, 2, 4, 2)
	shares := []*SignatureShare{forged(s.shares[0]), s.shares[1]}
	_, err := s.committee.Combine(s.message, shares)
	requireCulprits(t, err, 1)

	restore := batch.Break("SIG-1")
	got, err := s.committee.Combine(s.message, shares)
	restore()
	require.NoError(t, err)
	require.Error(t, s.committee.Group().Verify(&sig.Signed{Commitment: s.message, Signature: got}))
}

func TestBrokenCommittee(t *testing.T) {
	for name, mutate := range committeeMutations {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, 2, 4, 2)
			b := encodeMutant(t, s.committee, mutate)
			require.ErrorIs(t, new(Committee).UnmarshalBinary(b), ErrInvalid)
			defer batch.Break("THR-KEY")()
			require.NoError(t, new(Committee).UnmarshalBinary(b))
		})
	}
}

func TestBrokenEncryptionCommittee(t *testing.T) {
	for name, mutate := range encryptionMutations {
		t.Run(name, func(t *testing.T) {
			keys, _ := encryptionKeys(t, 2, 4, 3)
			mutate(keys)
			_, err := EncryptionCommitteeOf(2, keys)
			require.ErrorContains(t, err, "[ENC-KEY]")
			defer batch.Break("ENC-KEY")()
			_, err = EncryptionCommitteeOf(2, keys)
			require.NoError(t, err)
		})
	}
}

// Without the check every ciphertext is asked for, and the share of one with a point of small
// order, which is of the key, goes out with it.
func TestBrokenENCSUB(t *testing.T) {
	r := newRecord(t, 2, 4)
	for name, e := range subgroupForgeries(r) {
		_, err := NewRequest(r.subject, e, 1, 2)
		requireLabel(t, err, "ENC-SUB")
		restore := batch.Break("ENC-SUB")
		q, err := NewRequest(r.subject, e, 1, 2)
		require.NoError(t, err, name)
		restore()
		_, err = r.keys[0].Decrypt(nil, q)
		require.NoError(t, err, name)
	}
	first, second := cancelling(t, r.committee)
	_, err := new(CiphertextSum).Add(first, second)
	requireLabel(t, err, "ENC-SUB")
	defer batch.Break("ENC-SUB")()
	sum, err := new(CiphertextSum).Add(first, second)
	require.NoError(t, err)
	require.Equal(t, curve.Generator().Mul(curve.Uint64(2)), sum.Ciphertext().points[1], "everybody reads it")

	// What goes out beside the share of E_0 + T is a multiple of T. TestSmallOrderTellsTheKeyModuloIt
	// reads the key from it, by a multiplication that is right on the whole curve. That of package
	// curve is not: there T meets random representations of a, which hide it by chance.
	low := smallOrder(11)
	q, err := NewRequest(r.subject, ciphertextOf(r.ciphertext.points[0].Add(low), r.ciphertext.points[1:]...), 1)
	require.NoError(t, err)
	beside := map[curve.G1]bool{}
	for range 64 {
		s, err := r.keys[0].Decrypt(testrand.Constant(1), q)
		require.NoError(t, err)
		rest := s.points[0].Sub(r.shares[0].points[0])
		require.True(t, curve.MSM([]curve.Term{{Scalar: curve.Uint64(11), Point: rest}}).IsIdentity())
		beside[rest] = true
	}
	require.Greater(t, len(beside), 1)
}

// Without the check false shares open records to something else, and nobody is blamed.
func TestBrokenENCSHARE(t *testing.T) {
	r := newRecord(t, 2, 4)
	for name, bad := range falseShares(t, r) {
		if bad.proof == nil || bad.generation != r.committee.generation || len(bad.points) != 2 || len(bad.proof.Commitments) != 4 || len(bad.proof.Responses) != 2 {
			continue // of another form, which other checks see
		}
		requireLabel(t, r.committee.VerifyShare(r.request, bad), "ENC-SHARE")
		restore := batch.Break("ENC-SHARE")
		require.NoError(t, r.committee.VerifyShare(r.request, bad), name)
		got, err := r.committee.Open(r.request, []*DecryptionShare{bad, r.shares[1]})
		require.NoError(t, err, name)
		require.Len(t, got, 2)
		restore()
	}
	bad := falseShares(t, r)["a wrong value"]
	defer batch.Break("ENC-SHARE")()
	got, err := r.committee.Open(r.request, []*DecryptionShare{bad, r.shares[1]})
	require.NoError(t, err)
	require.Equal(t, NewPlaintext(numbers()[1]), got[0])
	require.NotEqual(t, NewPlaintext(numbers()[2]), got[1])
}

func TestBrokenENCOPEN(t *testing.T) {
	r := newRecord(t, 2, 4)
	for name, f := range falseOpenings(r) {
		if name == "a plaintext too few" {
			continue
		}
		requireLabel(t, f(), "ENC-OPEN")
		restore := batch.Break("ENC-OPEN")
		require.NoError(t, f(), name)
		restore()
	}
}

func TestBrokenENCKEYOfPurposes(t *testing.T) {
	keys, _ := encryptionKeys(t, 2, 4, 3)
	a, err := EncryptionCommitteeOf(2, keys)
	require.NoError(t, err)
	for name, c := range sharedKeys(t, keys) {
		requireLabel(t, a.Key().Distinct(c.Key()), "ENC-KEY")
		restore := batch.Break("ENC-KEY")
		require.NoError(t, a.Key().Distinct(c.Key()), name)
		restore()
	}
}
