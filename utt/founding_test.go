package utt_test

import (
	"context"
	"crypto/ed25519"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/budget"
	"github.com/utt-ecash/utt-go/rangeproof"
	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/wallet"
)

// founded is a network of one replica with circuits of the test's choice.
type founded struct {
	service
	t        testing.TB
	proving  []*rangeproof.ProvingKey
	issuer   ed25519.PrivateKey
	endorser *utt.Endorser
}

// setUp makes the keys of a circuit, new ones at every call.
func setUp(t testing.TB, outputs int, rules ...rangeproof.Rule) *rangeproof.ProvingKey {
	t.Helper()
	circuit, err := rangeproof.Compile(outputs, rules...)
	require.NoError(t, err)
	key, _, err := rangeproof.SetupSingleParty(context.Background(), circuit)
	require.NoError(t, err)
	return key
}

// uses are rows for transfers to oneself by one circuit, and for payments by the next.
func uses(circuit int, row utt.Row) []utt.Row {
	self, pay := row, row
	self.Case, self.Circuit = utt.Self, circuit
	pay.Case, pay.Circuit, pay.Counter = utt.Anonymous, circuit+1, budget.Privacy
	return []utt.Row{self, pay}
}

// found founds a network, whose circuits are those of the keys.
func found(t testing.TB, proving []*rangeproof.ProvingKey, rows ...utt.Row) *founded {
	t.Helper()
	deal := func(attributes int) (*threshold.Committee, *threshold.KeyShare) {
		c, shares, err := threshold.Deal(nil, 1, 1, attributes)
		require.NoError(t, err)
		return c, shares[0]
	}
	coin, coinShare := deal(utt.CoinAttributes)
	credential, credentialShare := deal(utt.CredentialAttributes)
	ledger, ledgerShare := deal(utt.LedgerAttributes)
	issuer, issuerKey, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	endorser, endorserKey, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	var circuits []utt.Circuit
	for _, k := range proving {
		circuits = append(circuits, utt.Circuit{Key: k.VerifyingKey()})
	}
	n := &founded{t: t, proving: proving, issuer: issuerKey}
	n.committees = utt.Committees{Coin: coin, Credential: credential, Ledger: ledger}
	n.p, err = utt.NewParameters(utt.Config{
		Name: "founded", Genesis: [32]byte{1}, CoinKey: coin.Group(), CredentialKey: credential.Group(), LedgerKey: ledger.Group(),
		Assets: []string{cash, gold}, Circuits: circuits, Rows: rows, Policy: testPolicy, Issuer: issuer, Endorsers: []ed25519.PublicKey{endorser},
	})
	require.NoError(t, err)
	n.endorser, err = utt.NewEndorser(n.p, endorserKey)
	require.NoError(t, err)
	require.NoError(t, n.start(coinShare, credentialShare, ledgerShare))
	return n
}

// join enrolls a user, with budget and coins of some values of an asset.
func (n *founded) join(identity, asset string, coins ...utt.Amount) *wallet.Wallet {
	n.t.Helper()
	ctx := context.Background()
	seed := utt.PIDOf("seed of " + identity)
	w, err := wallet.New(n.p, identity, seed[:], atStart(n.proving...))
	require.NoError(n.t, err)
	r, err := w.Registration(0)
	require.NoError(n.t, err)
	r, err = n.endorser.Endorse(identity, r)
	require.NoError(n.t, err)
	require.NoError(n.t, n.Submit(ctx, r))
	require.NoError(n.t, w.Sync(ctx, n))
	n.done(w)(w.RequestBudget(ctx, n, asset, 1))
	for _, v := range coins {
		nonce, err := n.replicas[0].ledger.IssueNonce()
		require.NoError(n.t, err)
		o, err := utt.NewIssue(n.p, n.issuer, nonce, w.PID(), asset, v)
		require.NoError(n.t, err)
		require.NoError(n.t, n.Submit(ctx, o))
		require.NoError(n.t, w.Sync(ctx, n))
		n.done(w)(w.Mint(ctx, n, asset, v))
	}
	require.NoError(n.t, w.Sync(ctx, n))
	return w
}

// done waits for an operation of a wallet.
func (n *founded) done(w *wallet.Wallet) func(wallet.Handle, error) {
	return func(id wallet.Handle, err error) {
		n.t.Helper()
		require.NoError(n.t, err)
		require.NoError(n.t, w.Await(context.Background(), n, id))
	}
}

// Two assets may have keys of their own for one circuit.
func TestKeysOfOneCircuitForTwoAssets(t *testing.T) {
	ctx := context.Background()
	keys := []*rangeproof.ProvingKey{setUp(t, 2), setUp(t, 2, rangeproof.Pays()), setUp(t, 2), setUp(t, 2, rangeproof.Pays())}
	require.Equal(t, keys[0].CircuitID(), keys[2].CircuitID())
	n := found(t, keys,
		slices.Concat(uses(0, utt.Row{Assets: []string{cash}}), uses(2, utt.Row{Assets: []string{gold}}))...)
	for _, asset := range []string{cash, gold} {
		payer, payee := n.join("payer of "+asset, asset, 40, 60), n.join("payee of "+asset, asset)
		require.NoError(t, payer.Sync(ctx, n))
		n.done(payer)(payer.Split(ctx, n, asset, 15))
		n.done(payer)(payer.Pay(ctx, n, "payee of "+asset, asset, 50, ""))
		require.NoError(t, payee.Sync(ctx, n))
		require.Equal(t, []utt.Amount{50}, payee.Coins(asset))
	}
}

// A rule of the circuit for transfers to oneself binds them too: a tax on output 0 is
// due for what is split off and not for what is merged.
func TestRulesOfTransfersToOneself(t *testing.T) {
	ctx := context.Background()
	const office = "tax office"
	taxed := []*rangeproof.ProvingKey{setUp(t, 3, rangeproof.Tax(2, 1000)), setUp(t, 3, rangeproof.Pays(), rangeproof.Tax(2, 1000))}
	n := found(t, taxed, uses(0, utt.Row{Fixed: map[int]utt.PID{2: utt.PIDOf(office)}})...)
	o, payee := n.join(office, cash), n.join(bob, cash)
	values := []utt.Amount{10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 40}
	w := n.join(alice, cash, values...)
	n.done(w)(w.Merge(ctx, n, cash))
	require.Equal(t, []utt.Amount{80, 40, 10, 10}, w.Coins(cash))
	n.done(w)(w.Split(ctx, n, cash, 20))
	require.Equal(t, []utt.Amount{80, 20, 18, 10, 10}, w.Coins(cash), "2 of tax on the 20")
	n.done(w)(w.Burn(ctx, n, cash, 8))
	require.Equal(t, []utt.Amount{80, 20, 18, 10, 2}, w.Coins(cash))
	n.done(w)(w.Pay(ctx, n, bob, cash, 100, ""))
	require.NoError(t, o.Sync(ctx, n))
	require.NoError(t, payee.Sync(ctx, n))
	require.Equal(t, []utt.Amount{10, 2}, o.Coins(cash))
	require.Equal(t, []utt.Amount{100}, payee.Coins(cash))

	// more coins than a transfer has inputs: merged first
	m := n.join(mallory, cash, slices.Repeat([]utt.Amount{10}, utt.MaxInputs+2)...)
	n.done(m)(m.Pay(ctx, n, bob, cash, 90, ""))
	require.NoError(t, payee.Sync(ctx, n))
	require.Equal(t, []utt.Amount{100, 90}, payee.Coins(cash))
	require.Equal(t, []utt.Amount{1}, m.Coins(cash))
}
