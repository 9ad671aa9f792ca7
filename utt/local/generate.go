package local

import (
	"context"
	"crypto"
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
	var shares []*threshold.KeyShare
	outcome, err := p.session(ctx, network, purpose, dkg.Signing(attributes), func(q *dkg.Participant) error {
		share, err := q.KeyShare()
		shares = append(shares, share)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	return outcome.Committee, shares, nil
}

// generateEncryption makes keys to encrypt to, of which any t decrypt.
func (p *parties) generateEncryption(ctx context.Context, network [32]byte, purpose string, components int) (*threshold.EncryptionCommittee, []*threshold.EncryptionKeyShare, error) {
	var shares []*threshold.EncryptionKeyShare
	outcome, err := p.session(ctx, network, purpose, dkg.Encryption(components), func(q *dkg.Participant) error {
		share, err := q.EncryptionKeyShare()
		shares = append(shares, share)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	return outcome.Encryption, shares, nil
}

// session makes a key of a kind, of which take is given each party's participant in the
// end.
func (p *parties) session(ctx context.Context, network [32]byte, purpose string, kind dkg.Kind, take func(*dkg.Participant) error) (*dkg.Outcome, error) {
	terms := &dkg.Terms{Network: network, Purpose: purpose, Key: kind, Threshold: p.threshold, Faults: p.faults}
	var signers []crypto.Signer
	for _, identity := range p.identities {
		terms.Parties, signers = append(terms.Parties, identity.Public().(ed25519.PublicKey)), append(signers, identity)
	}
	return dkg.Together(ctx, terms, signers, take)
}
