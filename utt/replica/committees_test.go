package replica_test

import (
	"crypto/ed25519"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/utt"
)

// Registrars have shares of the credential key and no other; one replica is a registrar,
// with another index there. All publish, whoever is away, and go on after a restart.
func TestRegistrars(t *testing.T) {
	f := found(quorum, n)
	committee, shares, err := threshold.Deal(nil, quorum, n, utt.CredentialAttributes)
	require.NoError(t, err)
	endorser, key, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	f.p = must(utt.NewParameters(utt.Config{
		Name: "registrars", Genesis: f.p.Genesis(),
		CoinKey: f.committees.Coin.Group(), CredentialKey: committee.Group(), LedgerKey: f.committees.Ledger.Group(),
		Assets: f.p.Assets(), Circuits: f.p.Circuits(), Rows: f.p.Rows(), Policy: f.p.Policy(), Issuer: f.p.Issuer(),
		Endorsers: []ed25519.PublicKey{endorser},
	}))
	f.endorser = must(utt.NewEndorser(f.p, key))
	f.committees.Credential = committee
	f.coin, f.ledger = append(f.coin, nil, nil, nil), append(f.ledger, nil, nil, nil)
	f.credential = []*threshold.KeyShare{nil, nil, nil, shares[2], shares[0], shares[1], shares[3]}
	c := newClusterOf(t, f, 50)
	c.decide(c.register()...)
	c.settle()
	c.requireAllPublished()
	for away := range c.replicas {
		c.replicas[away], c.inboxes[away] = nil, nil
		c.decide(c.register()...)
		c.settle()
		c.overdue()
		c.settle()
		c.open(away)
		c.overdue()
		c.settle()
		c.overdue()
		c.settle()
		c.requireAllPublished()
	}
	for _, r := range c.replicas {
		require.Empty(t, r.Blamed())
	}
}
