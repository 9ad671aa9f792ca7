package main

import (
	"context"
	"crypto/ed25519"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/budget"
	"github.com/utt-ecash/utt-go/rangeproof"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/replica"
	"github.com/utt-ecash/utt-go/utt/store"
)

// founded is a ledger of the replicas and registrars, without files, and without a ceremony.
func founded(t *testing.T) *genesis {
	t.Helper()
	ctx := context.Background()
	g := &genesis{}
	for _, step := range []func(context.Context) (string, error){g.name, g.makeCoin, g.makeLedger, g.makeCredential} {
		_, err := step(ctx)
		require.NoError(t, err)
	}
	var circuits []utt.Circuit
	for _, rules := range [][]rangeproof.Rule{nil, {rangeproof.Pays()}} {
		circuit, err := rangeproof.Compile(2, rules...)
		require.NoError(t, err)
		_, key, err := rangeproof.SetupSingleParty(ctx, circuit)
		require.NoError(t, err)
		circuits = append(circuits, utt.Circuit{Key: key})
	}
	issuer, _, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	endorser, _, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	config := utt.Config{
		Name: "genesis", Genesis: g.network,
		CoinKey: g.coin.committee().Group(), CredentialKey: g.credential.committee().Group(), LedgerKey: g.ledger.committee().Group(),
		Assets: []string{asset}, Circuits: circuits,
		Rows:   []utt.Row{{Case: utt.Self}, {Case: utt.Anonymous, Circuit: 1, Counter: budget.Privacy}},
		Policy: budget.Policy{Start: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), EpochLength: 30 * 24 * time.Hour, Classes: []utt.Amount{500}},
		Issuer: issuer, Endorsers: []ed25519.PublicKey{endorser},
	}
	for _, k := range g.keys() {
		config.Holders = append(config.Holders, utt.HoldersOf(k.terms.Purpose, k.outcome))
	}
	p, err := utt.NewParameters(config)
	require.NoError(t, err)
	g.net = newNetwork(p, uint64(config.Policy.Start.Unix()))
	for _, of := range slices.Concat(g.replicas, g.registrars) {
		r, err := replica.Open(replica.Config{
			Parameters: p, Committees: g.committees(), Store: new(store.Memory),
			Coin: g.coin.shareOf(of), Credential: g.credential.shareOf(of), Ledger: g.ledger.shareOf(of),
		})
		require.NoError(t, err)
		g.net.running = append(g.net.running, r)
	}
	g.net.Replica = g.net.running[0]
	return g
}

// A party that stops at any time has the share that holds the key, or can make it: it adopts
// one that is on disk, and keeps the secret of the session until that is done.
func TestSharesAreWrittenBeforeTheyAreAdopted(t *testing.T) {
	g := founded(t)
	full := errors.New("the disk is full")
	write := func(next *key) error {
		held, err := g.net.Ledger().Holders(utt.PurposeCoin)
		require.NoError(t, err)
		require.Equal(t, g.coin.committee().Generation(), held.Generation)
		for _, p := range g.replicas {
			_, err := p.secret.MarshalBinary()
			require.NoError(t, err)
		}
		return full
	}
	_, err := g.coin.reshare(context.Background(), g.net, 9, g.replicas, write)
	require.ErrorIs(t, err, full)
	for _, p := range g.replicas {
		_, err := p.secret.MarshalBinary()
		require.NoError(t, err)
		share, err := p.part.KeyShare()
		require.NoError(t, err)
		require.NotZero(t, share.Index())
	}
	held, err := g.net.Ledger().Holders(utt.PurposeCoin)
	require.NoError(t, err)
	require.Equal(t, g.coin.committee().Generation(), held.Generation)

	written := false
	next, err := g.coin.reshare(context.Background(), g.net, 10, g.replicas, func(*key) error { written = true; return nil })
	require.NoError(t, err)
	require.True(t, written)
	held, err = g.net.Ledger().Holders(utt.PurposeCoin)
	require.NoError(t, err)
	require.Equal(t, next.committee().Generation(), held.Generation)
	require.Nil(t, g.replicas[0].secret)
}
