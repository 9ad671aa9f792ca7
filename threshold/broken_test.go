//go:build uttbroken

package threshold

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/batch"
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
