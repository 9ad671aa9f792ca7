package replica_test

import (
	"crypto/ed25519"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/threshold/dkg"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/replica"
)

// refreshed is the foundation with new shares of the same keys.
var refreshed = sync.OnceValue(func() *foundation {
	f := *founded()
	f.committees.Coin, f.coin = refresh(f.committees.Coin, f.coin)
	f.committees.Credential, f.credential = refresh(f.committees.Credential, f.credential)
	f.committees.Ledger, f.ledger = refresh(f.committees.Ledger, f.ledger)
	return &f
})

// identities are those of the replicas as holders of keys.
var identities = sync.OnceValue(func() (keys []ed25519.PrivateKey) {
	for range n {
		_, key, err := ed25519.GenerateKey(nil)
		must(0, err)
		keys = append(keys, key)
	}
	return keys
})

func publicIdentities() (keys []ed25519.PublicKey) {
	for _, k := range identities() {
		keys = append(keys, k.Public().(ed25519.PublicKey))
	}
	return keys
}

// refresh deals a key anew to those who hold it.
func refresh(c *threshold.Committee, shares []*threshold.KeyShare) (*threshold.Committee, []*threshold.KeyShare) {
	_, o, fresh := reshared(c, shares, func(*dkg.Terms) {})
	return o, fresh
}

// reshared deals a key anew to those who hold it, by terms of one's own.
func reshared(c *threshold.Committee, shares []*threshold.KeyShare, change func(*dkg.Terms)) (*dkg.Setup, *threshold.Committee, []*threshold.KeyShare) {
	old := &dkg.Old{Committee: c, Faults: faults, Parties: publicIdentities()}
	terms := &dkg.Terms{Key: dkg.Signing(c.Attributes()), Threshold: c.Threshold(), Faults: faults, Parties: old.Parties, Old: old}
	change(terms)
	identities := identities()
	setup := &dkg.Setup{Terms: terms}
	var secrets []*dkg.Secret
	for i, identity := range identities {
		secrets = append(secrets, must(dkg.NewSecret(nil)))
		setup.Enrolments = append(setup.Enrolments, must(secrets[i].Enrol(terms, identity)))
	}
	for _, identity := range identities {
		setup.Authorisations = append(setup.Authorisations, must(setup.Authorise(identity)))
	}
	session := must(dkg.NewSession(setup))
	var parties []*dkg.Participant
	for i, identity := range identities {
		p := must(session.Join(identity, secrets[i]))
		must(0, p.Deals(old, shares[i]))
		parties = append(parties, p)
	}
	for session.Round() < dkg.Done {
		for _, p := range parties {
			if m := must(p.Message()); m != nil {
				must(0, session.Step(m))
			}
		}
		session.EndRound()
	}
	var fresh []*threshold.KeyShare
	for _, p := range parties {
		fresh = append(fresh, must(p.KeyShare()))
	}
	return setup, must(session.Outcome()).Committee, fresh
}

// Replicas are opened with new shares one after the other, while blocks are half signed
// and messages of both generations are on their way: everything is published, the same by
// all, and nobody is blamed.
func TestReshared(t *testing.T) {
	old, fresh := founded(), refreshed()
	for seed := range uint64(8) {
		c := newCluster(t, 200+seed)
		some := func() {
			for step := range 30 {
				if i := c.rng.IntN(n); step%2 == 0 {
					c.work(i)
				} else {
					c.deliver(i)
				}
			}
		}
		c.decide(c.register()...)
		c.settle()
		c.decide(c.register()...)
		some()
		c.f = fresh
		for _, i := range c.rng.Perm(n) {
			c.decide(c.register()...)
			some()
			c.open(i)
		}
		some()
		c.settle()
		c.overdue()
		c.settle()
		c.requireAllPublished()
		for i, r := range c.replicas {
			require.Empty(t, r.Blamed(), "replica %d", i)
		}
		require.Equal(t, old.p.Digest(), c.f.p.Digest())
	}
}

// Shares of the other generation keep no place that those of this one then lack.
func TestStaleSharesKeepNoPlace(t *testing.T) {
	c := newCluster(t, 210)
	c.decide(c.register()...)
	const combiner = 1 // of block 1
	var stale []delivery
	for i, r := range c.replicas {
		if i == combiner {
			continue
		}
		for _, m := range must(r.Work(ctx)) {
			stale = append(stale, delivery{r.Party(), m})
		}
	}
	c.f = refreshed()
	for i := range n {
		c.open(i)
	}
	require.NotEmpty(t, stale)
	for _, d := range stale {
		require.NoError(t, c.replicas[combiner].Receive(d.from, d.m))
	}
	c.settle() // nobody asks twice
	c.requireAllPublished()
	for _, r := range c.replicas {
		require.Empty(t, r.Blamed())
	}
}

// With the shares of one generation and the committee of another no replica opens.
func TestOpenWithSharesOfAnotherGeneration(t *testing.T) {
	c := newCluster(t, 211)
	old, fresh := founded(), refreshed()
	for _, change := range []func(*replica.Config){
		func(x *replica.Config) { x.Coin = old.coin[0] },
		func(x *replica.Config) { x.Credential = old.credential[0] },
		func(x *replica.Config) { x.Ledger = old.ledger[0] },
	} {
		c.f = fresh
		x := c.config(0)
		change(&x)
		_, err := replica.Open(x)
		require.ErrorIs(t, err, utt.ErrInvalid)
	}
	_, err := replica.Open(c.config(0))
	require.NoError(t, err)
}
