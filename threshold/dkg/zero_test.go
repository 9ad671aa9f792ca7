package dkg_test

import (
	"crypto/ed25519"
	"encoding"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/testrand"
	"github.com/utt-ecash/utt-go/internal/testzero"
	"github.com/utt-ecash/utt-go/threshold/dkg"
)

func TestNothingPanics(t *testing.T) {
	public, private, err := ed25519.GenerateKey(testrand.New("dkg zero"))
	require.NoError(t, err)
	terms := &dkg.Terms{Key: dkg.Signing(1), Threshold: 1, Parties: []ed25519.PublicKey{public}}
	secret, err := dkg.NewSecret(nil)
	require.NoError(t, err)
	enrolment, err := secret.Enrol(terms, private)
	require.NoError(t, err)
	setup := &dkg.Setup{Terms: terms, Enrolments: []*dkg.Enrolment{enrolment}}
	session, err := dkg.NewSession(setup)
	require.NoError(t, err)
	testzero.Run(t, testzero.Package{
		Types: []any{new(dkg.Authorisation), new(dkg.Blame), new(dkg.Endorsement), new(dkg.Enrolment), new(dkg.Envelope), new(dkg.OldOutline), new(dkg.Outline), new(dkg.FailureError), new(dkg.Kind),
			new(dkg.NewIndex), new(dkg.Old), new(dkg.OldIndex), new(dkg.Outcome), new(dkg.Participant), new(dkg.Round),
			new(dkg.Secret), new(dkg.Session), new(dkg.SessionID), new(dkg.Setup), new(dkg.Terms)},
		Functions: map[string]any{"Encryption": dkg.Encryption, "NewSecret": dkg.NewSecret, "NewSession": dkg.NewSession, "ReadEnvelope": dkg.ReadEnvelope, "ReadOutline": dkg.ReadOutline, "Signing": dkg.Signing, "Together": dkg.Together},
		Errors: []error{dkg.ErrAbsent, dkg.ErrArgument, dkg.ErrFailed, dkg.ErrInvalid, dkg.ErrMalformed, dkg.ErrRound,
			dkg.ErrSession},
		Usable:  []string{"NewSecret"},
		Encoded: []encoding.BinaryMarshaler{enrolment, secret, session, setup, terms},
	})
}
