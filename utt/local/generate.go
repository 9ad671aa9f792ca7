package local

import (
	"context"
	"crypto/ed25519"
	"fmt"

	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/threshold/dkg"
)

// parties are those who make a key together, by their identity keys, and of whom as many
// may be faulty.
type parties struct {
	faults     int
	identities []ed25519.PrivateKey
}

// newParties are 3f+1.
func newParties(faults int) (*parties, error) {
	if faults < 1 || faults > (dkg.MaxParties-1)/3 {
		return nil, fmt.Errorf("%w: %d faults, of 1 to %d among parties that make their keys", threshold.ErrArgument, faults, (dkg.MaxParties-1)/3)
	}
	p := &parties{faults: faults}
	for range 3*faults + 1 {
		_, identity, err := ed25519.GenerateKey(nil)
		if err != nil {
			return nil, err
		}
		p.identities = append(p.identities, identity)
	}
	return p, nil
}

// generate makes a key, of which any f+1 sign.
func (p *parties) generate(ctx context.Context, network [32]byte, purpose string, attributes int) (*threshold.Committee, []*threshold.KeyShare, error) {
	outcome, participants, err := p.session(ctx, network, purpose, dkg.Signing(attributes))
	if err != nil {
		return nil, nil, err
	}
	defer erase(participants)
	shares := make([]*threshold.KeyShare, len(participants))
	for j, q := range participants {
		if shares[j], err = q.KeyShare(); err != nil {
			return nil, nil, err
		}
	}
	return outcome.Committee, shares, nil
}

// generateEncryption makes keys to encrypt to, of which any f+1 decrypt.
func (p *parties) generateEncryption(ctx context.Context, network [32]byte, purpose string, components int) (*threshold.EncryptionCommittee, []*threshold.EncryptionKeyShare, error) {
	outcome, participants, err := p.session(ctx, network, purpose, dkg.Encryption(components))
	if err != nil {
		return nil, nil, err
	}
	defer erase(participants)
	shares := make([]*threshold.EncryptionKeyShare, len(participants))
	for j, q := range participants {
		if shares[j], err = q.EncryptionKeyShare(); err != nil {
			return nil, nil, err
		}
	}
	return outcome.Encryption, shares, nil
}

func erase(participants []*dkg.Participant) {
	for _, q := range participants {
		q.Erase()
	}
}

// session makes a key of a kind. All follow one session, which in a real network each steps
// for itself. Erase the participants.
func (p *parties) session(ctx context.Context, network [32]byte, purpose string, kind dkg.Kind) (*dkg.Outcome, []*dkg.Participant, error) {
	terms := &dkg.Terms{Network: network, Purpose: purpose, Key: kind, Threshold: p.faults + 1, Faults: p.faults}
	for _, identity := range p.identities {
		terms.Parties = append(terms.Parties, identity.Public().(ed25519.PublicKey))
	}
	setup := &dkg.Setup{Terms: terms}
	secrets := make([]*dkg.Secret, len(p.identities))
	for j, identity := range p.identities {
		var err error
		if secrets[j], err = dkg.NewSecret(nil); err != nil {
			return nil, nil, err
		}
		defer secrets[j].Erase()
		e, err := secrets[j].Enrol(terms, identity)
		if err != nil {
			return nil, nil, err
		}
		setup.Enrolments = append(setup.Enrolments, e)
	}
	session, err := dkg.NewSession(setup)
	if err != nil {
		return nil, nil, err
	}
	participants := make([]*dkg.Participant, len(p.identities))
	for j, identity := range p.identities {
		if participants[j], err = session.Join(identity, secrets[j]); err != nil {
			return nil, nil, err
		}
	}
	for session.Round() < dkg.Done {
		if err := ctx.Err(); err != nil {
			return nil, nil, err
		}
		for _, q := range participants {
			m, err := q.Message()
			if err != nil {
				return nil, nil, err
			}
			if m == nil {
				continue
			}
			if err := session.Step(m); err != nil {
				return nil, nil, err
			}
		}
		session.EndRound()
	}
	outcome, err := session.Outcome()
	return outcome, participants, err
}
