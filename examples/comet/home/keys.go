package home

import (
	"context"
	"crypto/ed25519"

	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/threshold/dkg"
	"github.com/utt-ecash/utt-go/utt"
)

// parties are those who make a key together, by their identity keys.
type parties struct {
	network           [32]byte
	identities        []ed25519.PrivateKey
	faults, threshold int
	dealt             bool // by one party, who then knows the key
	sessions          uint64
}

func (p *parties) public() (keys []ed25519.PublicKey) {
	for _, k := range p.identities {
		keys = append(keys, k.Public().(ed25519.PublicKey))
	}
	return keys
}

// signing makes a key of which any t sign.
func (p *parties) signing(ctx context.Context, purpose string, attributes int) (c *threshold.Committee, shares []*threshold.KeyShare, h utt.Holders, err error) {
	if p.dealt {
		if c, shares, err = threshold.Deal(nil, p.threshold, len(p.identities), attributes); err != nil {
			return nil, nil, h, err
		}
		return c, shares, utt.Holders{Purpose: purpose, Generation: c.Generation(), Faults: p.faults, Parties: p.public()}, nil
	}
	shares = make([]*threshold.KeyShare, len(p.identities))
	o, err := p.session(ctx, purpose, dkg.Signing(attributes), func(j int, q *dkg.Participant) (err error) {
		shares[j], err = q.KeyShare()
		return err
	})
	if err != nil {
		return nil, nil, h, err
	}
	return o.Committee, shares, utt.HoldersOf(purpose, o), nil
}

// encryption makes keys to encrypt to, of which any t decrypt.
func (p *parties) encryption(ctx context.Context, purpose string, components int) (*threshold.EncryptionCommittee, []*threshold.EncryptionKeyShare, utt.Holders, error) {
	shares := make([]*threshold.EncryptionKeyShare, len(p.identities))
	o, err := p.session(ctx, purpose, dkg.Encryption(components), func(j int, q *dkg.Participant) (err error) {
		shares[j], err = q.EncryptionKeyShare()
		return err
	})
	if err != nil {
		return nil, nil, utt.Holders{}, err
	}
	return o.Encryption, shares, utt.HoldersOf(purpose, o), nil
}

// session makes a key of a kind, of which take is given each party's participant in the end.
// All parties are in this process, and follow one session.
func (p *parties) session(ctx context.Context, purpose string, kind dkg.Kind, take func(j int, q *dkg.Participant) error) (*dkg.Outcome, error) {
	p.sessions++
	terms := &dkg.Terms{
		Network: p.network, Purpose: purpose, Number: p.sessions, Key: kind,
		Threshold: p.threshold, Faults: p.faults, Parties: p.public(),
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
