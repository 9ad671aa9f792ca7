package dkg_test

import (
	"crypto/ed25519"
	"fmt"

	"github.com/utt-ecash/utt-go/sig"
	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/threshold/dkg"
)

// Four parties make a key that none of them knows, and three of them sign with it. Here a
// loop is the broadcast; each party would have a Session of its own.
func Example() {
	terms := &dkg.Terms{Purpose: "example", Key: dkg.Signing(1), Threshold: 3, Faults: 1}
	var identities []ed25519.PrivateKey
	for range 4 {
		public, private, err := ed25519.GenerateKey(nil)
		if err != nil {
			panic(err)
		}
		identities = append(identities, private)
		terms.Parties = append(terms.Parties, public)
	}

	// every party enrols
	setup := &dkg.Setup{Terms: terms}
	var secrets []*dkg.Secret
	for _, identity := range identities {
		secret, err := dkg.NewSecret(nil)
		if err != nil {
			panic(err)
		}
		enrolment, err := secret.Enrol(terms, identity)
		if err != nil {
			panic(err)
		}
		secrets = append(secrets, secret)
		setup.Enrolments = append(setup.Enrolments, enrolment)
	}
	session, err := dkg.NewSession(setup)
	if err != nil {
		panic(err)
	}
	var parties []*dkg.Participant
	for j, identity := range identities {
		p, err := session.Join(identity, secrets[j])
		if err != nil {
			panic(err)
		}
		parties = append(parties, p)
	}

	// rounds of broadcast; party 2 does not open what it dealt
	for session.Round() < dkg.Done {
		var broadcast [][]byte
		for _, p := range parties {
			m, err := p.Message()
			if err != nil {
				panic(err)
			}
			if m != nil && (session.Round() != dkg.Open || p.Index() != 2) {
				broadcast = append(broadcast, m)
			}
		}
		for _, m := range broadcast {
			if err := session.Step(m); err != nil {
				panic(err)
			}
		}
		session.EndRound()
	}
	outcome, err := session.Outcome()
	if err != nil {
		panic(err)
	}
	fmt.Println("members:", outcome.Members)
	fmt.Println(outcome.Blames[0])

	message, _, err := sig.Commit(nil, sig.NewBase("example", []byte("coin 1")), []sig.Attribute{sig.Uint64(100)}, 0)
	if err != nil {
		panic(err)
	}
	var shares []*threshold.SignatureShare
	for _, p := range parties[:3] {
		key, err := p.KeyShare()
		if err != nil {
			panic(err)
		}
		share, err := key.Sign(message)
		if err != nil {
			panic(err)
		}
		shares = append(shares, share)
		p.Erase()
	}
	signature, err := outcome.Committee.Combine(message, shares)
	if err != nil {
		panic(err)
	}
	err = outcome.Committee.Group().Verify(&sig.Signed{Commitment: message, Signature: signature})
	fmt.Println("valid:", err == nil)
	// Output:
	// members: [1 2 3 4]
	// party 2: open: silent
	// valid: true
}
