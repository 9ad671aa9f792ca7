package dkg_test

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/threshold/dkg"
)

func TestTogether(t *testing.T) {
	terms := &dkg.Terms{Network: [32]byte{1}, Purpose: "test", Key: dkg.Signing(1), Threshold: 3, Faults: 1}
	var signers []crypto.Signer
	for range 4 {
		public, key, err := ed25519.GenerateKey(nil)
		require.NoError(t, err)
		terms.Parties, signers = append(terms.Parties, public), append(signers, key)
	}
	var shares []*threshold.KeyShare
	keep := func(p *dkg.Participant) error {
		share, err := p.KeyShare()
		shares = append(shares, share)
		return err
	}
	o, err := dkg.Together(t.Context(), terms, signers, keep)
	require.NoError(t, err)
	require.Len(t, o.Members, 4)
	for j, s := range shares {
		require.EqualValues(t, j+1, s.Index())
		require.Equal(t, o.Committee.Generation(), s.Generation())
	}

	failure := errors.New("no disk")
	_, err = dkg.Together(t.Context(), terms, signers, func(*dkg.Participant) error { return failure })
	require.ErrorIs(t, err, failure)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = dkg.Together(gone, terms, signers, keep)
	require.ErrorIs(t, err, context.Canceled)
	signers[0], signers[1] = signers[1], signers[0]
	_, err = dkg.Together(t.Context(), terms, signers, keep)
	require.Error(t, err, "in another order")
	again := *terms
	again.Old = o.Old()
	for _, bad := range []error{
		second(dkg.Together(t.Context(), nil, signers, keep)), second(dkg.Together(t.Context(), terms, signers[1:], keep)),
		second(dkg.Together(t.Context(), terms, signers, nil)), second(dkg.Together(t.Context(), &again, signers, keep)),
		second(dkg.Together(t.Context(), terms, make([]crypto.Signer, 4), keep)),
	} {
		require.ErrorIs(t, bad, dkg.ErrArgument)
	}
}

func second[T any](_ T, err error) error { return err }
