package home

import (
	"context"
	"crypto"
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
	o, err := p.session(ctx, purpose, dkg.Signing(attributes), func(q *dkg.Participant) error {
		share, err := q.KeyShare()
		shares = append(shares, share)
		return err
	})
	if err != nil {
		return nil, nil, h, err
	}
	return o.Committee, shares, utt.HoldersOf(purpose, o), nil
}

// encryption makes keys to encrypt to, of which any t decrypt.
func (p *parties) encryption(ctx context.Context, purpose string, components int) (*threshold.EncryptionCommittee, []*threshold.EncryptionKeyShare, utt.Holders, error) {
	var shares []*threshold.EncryptionKeyShare
	o, err := p.session(ctx, purpose, dkg.Encryption(components), func(q *dkg.Participant) error {
		share, err := q.EncryptionKeyShare()
		shares = append(shares, share)
		return err
	})
	if err != nil {
		return nil, nil, utt.Holders{}, err
	}
	return o.Encryption, shares, utt.HoldersOf(purpose, o), nil
}

// session makes a key of a kind, of which take is given each party's participant in the end.
// All parties are in this process, and follow one session.
func (p *parties) session(ctx context.Context, purpose string, kind dkg.Kind, take func(*dkg.Participant) error) (*dkg.Outcome, error) {
	p.sessions++
	terms := &dkg.Terms{
		Network: p.network, Purpose: purpose, Number: p.sessions, Key: kind,
		Threshold: p.threshold, Faults: p.faults, Parties: p.public(),
	}
	var signers []crypto.Signer
	for _, identity := range p.identities {
		signers = append(signers, identity)
	}
	return dkg.Together(ctx, terms, signers, take)
}
