package local

import (
	"context"
	"crypto/ed25519"
	"fmt"

	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/threshold/dkg"
)

// parties are those who make a key together, by their identity keys, of whom so many may
// be faulty, and so many sign.
type parties struct {
	faults, threshold int
	identities        []ed25519.PrivateKey
}

// newParties are 3f+1, of whom t sign.
func newParties(faults, t int) (*parties, error) {
	if faults < 1 || faults > (dkg.MaxParties-1)/3 {
		return nil, fmt.Errorf("%w: %d faults, of 1 to %d among parties that make their keys", threshold.ErrArgument, faults, (dkg.MaxParties-1)/3)
	}
	p := &parties{faults: faults, threshold: t}
	for range 3*faults + 1 {
		_, identity, err := ed25519.GenerateKey(nil)
		if err != nil {
			return nil, err
		}
		p.identities = append(p.identities, identity)
	}
	return p, nil
}

// generate makes a key, of which any t sign.
func (p *parties) generate(ctx context.Context, network [32]byte, purpose string, attributes int) (*threshold.Committee, []*threshold.KeyShare, error) {
	shares := make([]*threshold.KeyShare, len(p.identities))
	outcome, err := p.session(ctx, network, purpose, dkg.Signing(attributes), func(j int, q *dkg.Participant) (err error) {
		shares[j], err = q.KeyShare()
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	return outcome.Committee, shares, nil
}

// generateEncryption makes keys to encrypt to, of which any t decrypt.
func (p *parties) generateEncryption(ctx context.Context, network [32]byte, purpose string, components int) (*threshold.EncryptionCommittee, []*threshold.EncryptionKeyShare, error) {
	shares := make([]*threshold.EncryptionKeyShare, len(p.identities))
	outcome, err := p.session(ctx, network, purpose, dkg.Encryption(components), func(j int, q *dkg.Participant) (err error) {
		shares[j], err = q.EncryptionKeyShare()
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	return outcome.Encryption, shares, nil
}

// session makes a key of a kind, of which take is given each party's participant in the
// end. All follow one session, which in a real network each steps for itself.
func (p *parties) session(ctx context.Context, network [32]byte, purpose string, kind dkg.Kind, take func(j int, q *dkg.Participant) error) (*dkg.Outcome, error) {
	terms := &dkg.Terms{Network: network, Purpose: purpose, Key: kind, Threshold: p.threshold, Faults: p.faults}
	for _, identity := range p.identities {
		terms.Parties = append(terms.Parties, identity.Public().(ed25519.PublicKey))
	}
	setup := &dkg.Setup{Terms: terms}
	secrets := make([]*dkg.Secret, len(p.identities))
	for j, identity := range p.identities {
		var err error
		if secrets[j], err = dkg.NewSecret(nil); err != nil {
			return nil, err
		}
		defer secrets[j].Erase()
		e, err := secrets[j].Enrol(terms, identity)
		if err != nil {
			return nil, err
		}
		setup.Enrolments = append(setup.Enrolments, e)
	}
	session, err := dkg.NewSession(setup)
	if err != nil {
		return nil, err
	}
	participants := make([]*dkg.Participant, len(p.identities))
	for j, identity := range p.identities {
		if participants[j], err = session.Join(identity, secrets[j]); err != nil {
			return nil, err
		}
		defer participants[j].Erase()
	}
	for session.Round() < dkg.Done {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		for _, q := range participants {
			m, err := q.Message()
			if err != nil {
				return nil, err
			}
			if m == nil {
				continue
			}
			if err := session.Step(m); err != nil {
				return nil, err
			}
		}
		session.EndRound()
	}
	for j, q := range participants {
		if err := take(j, q); err != nil {
			return nil, err
		}
	}
	return session.Outcome()
}
