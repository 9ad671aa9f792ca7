package replica_test

import (
	"crypto/ed25519"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/replica"
	"github.com/utt-ecash/utt-go/utt/store"
)

// Registrars have shares of the credential key and no other; one replica is a registrar,
// with another index there. All publish, whoever is away, and go on after a restart.
func TestRegistrars(t *testing.T) {
	f := found(faults+1, n)
	committee, shares, err := threshold.Deal(nil, 2, 3, utt.CredentialAttributes)
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
	f.coin, f.ledger = append(f.coin, nil, nil), append(f.ledger, nil, nil)
	f.credential = []*threshold.KeyShare{nil, nil, nil, shares[2], shares[0], shares[1]}
	const all = n + 2
	c := &cluster{t: t, f: f, rng: rand.New(rand.NewPCG(50, 1)), inboxes: make([][]delivery, all), replicas: make([]*replica.Replica, all)}
	for i := range all {
		c.stores = append(c.stores, new(store.Memory))
		c.open(i)
	}
	settle := func() {
		for steps := 0; ; steps++ {
			require.Less(t, steps, 10_000)
			waiting := 0
			for i := range all {
				c.work(i)
			}
			for _, in := range c.inboxes {
				waiting += len(in)
			}
			if waiting == 0 {
				return
			}
			for range waiting {
				c.deliver(c.rng.IntN(all))
			}
		}
	}
	c.decide(c.register()...)
	settle()
	c.requireAllPublished()
	for away := range all {
		c.replicas[away], c.inboxes[away] = nil, nil
		c.decide(c.register()...)
		settle()
		c.overdue()
		settle()
		c.open(away)
		c.overdue()
		settle()
		c.overdue()
		settle()
		c.requireAllPublished()
	}
	for _, r := range c.replicas {
		require.Empty(t, r.Blamed())
	}
}
