package utt_test

import (
	"context"
	"crypto/ed25519"
	"iter"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/rangeproof"
	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/utt"
)

// founded is a network of one replica with circuits of the test's choice.
type founded struct {
	t          testing.TB
	p          *utt.Parameters
	proving    []*rangeproof.ProvingKey
	ledger     *utt.Ledger
	signers    []*utt.Signer
	committees utt.Committees
	issuer     ed25519.PrivateKey
	endorser   *utt.Endorser
	records    []*utt.Record
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

func found(t testing.TB, proving []*rangeproof.ProvingKey, circuits ...utt.Circuit) *founded {
	t.Helper()
	coin, coinShares, err := threshold.Deal(nil, 1, 1, utt.CoinAttributes)
	require.NoError(t, err)
	credential, credentialShares, err := threshold.Deal(nil, 1, 1, utt.CredentialAttributes)
	require.NoError(t, err)
	issuer, issuerKey, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	endorser, endorserKey, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	n := &founded{t: t, proving: proving, committees: utt.Committees{Coin: coin, Credential: credential}, issuer: issuerKey}
	n.p, err = utt.NewParameters(utt.Config{
		Name: "founded", CoinKey: coin.Group(), CredentialKey: credential.Group(), Assets: []string{cash, gold},
		Circuits: circuits, Policy: testPolicy, Issuer: issuer, Endorsers: []ed25519.PublicKey{endorser},
	})
	require.NoError(t, err)
	n.endorser, err = utt.NewEndorser(n.p, endorserKey)
	require.NoError(t, err)
	n.ledger, err = utt.NewLedger(n.p, new(utt.MemoryStore))
	require.NoError(t, err)
	for c, share := range map[*threshold.Committee]*threshold.KeyShare{coin: coinShares[0], credential: credentialShares[0]} {
		s, err := utt.NewSigner(n.ledger, c, share, utt.SignerState{})
		require.NoError(t, err)
		n.signers = append(n.signers, s)
	}
	return n
}

// execute puts operations into a block and publishes their records, signed.
func (n *founded) execute(ops ...utt.Operation) []utt.Receipt {
	n.t.Helper()
	ctx := context.Background()
	receipts := execute(n.t, n.ledger, 0, ops...)
	height := n.ledger.Head().Height
	var shares []*utt.Share
	for _, s := range n.signers {
		more, err := s.SignBlock(ctx, height)
		require.NoError(n.t, err)
		shares = append(shares, more...)
	}
	var records []*utt.Record
	for r, err := range n.ledger.Records(ctx, utt.Cursor{Height: height}) {
		require.NoError(n.t, err)
		records = append(records, r)
	}
	records, err := n.committees.Combine(ctx, n.p, records, shares)
	require.NoError(n.t, err)
	n.records = append(n.records, records...)
	return receipts
}

// join enrolls a user, with budget and coins of some values of an asset.
func (n *founded) join(identity, asset string, coins ...utt.Amount) *utt.Wallet {
	n.t.Helper()
	ctx := context.Background()
	seed := utt.PIDOf("seed of " + identity)
	w, err := utt.NewWallet(n.p, identity, seed[:], n.proving...)
	require.NoError(n.t, err)
	r, err := w.Registration(0)
	require.NoError(n.t, err)
	r, err = n.endorser.Endorse(identity, r)
	require.NoError(n.t, err)
	g, err := utt.NewGrant(n.p, w.PID(), asset, 1, 0)
	require.NoError(n.t, err)
	requireExecuted(n.t, n.execute(r, g))
	for _, v := range coins {
		nonce, err := n.ledger.IssueNonce()
		require.NoError(n.t, err)
		o, err := utt.NewIssue(n.p, n.issuer, nonce, w.PID(), asset, v)
		require.NoError(n.t, err)
		requireExecuted(n.t, n.execute(o))
		require.NoError(n.t, w.Sync(ctx, n))
		n.done(w)(w.Mint(ctx, n, asset, v))
	}
	require.NoError(n.t, w.Sync(ctx, n))
	return w
}

// done waits for an operation of a wallet.
func (n *founded) done(w *utt.Wallet) func(utt.ID, error) {
	return func(id utt.ID, err error) {
		n.t.Helper()
		require.NoError(n.t, err)
		require.NoError(n.t, w.Await(context.Background(), n, id))
	}
}

// Submit implements utt.Node.
func (n *founded) Submit(_ context.Context, op utt.Operation) error {
	if no := n.execute(op)[0].Rejection; no != nil {
		return no
	}
	return nil
}

// Head implements utt.Node.
func (n *founded) Head(context.Context) (utt.Head, error) { return n.ledger.Head(), nil }

// Records implements utt.Node.
func (n *founded) Records(_ context.Context, from utt.Cursor) iter.Seq2[*utt.Record, error] {
	return func(yield func(*utt.Record, error) bool) {
		for _, r := range n.records {
			c := r.Cursor()
			if (c.Height > from.Height || c.Height == from.Height && c.Index >= from.Index) && !yield(r, nil) {
				return
			}
		}
	}
}

// Wait implements utt.Node. Nothing happens unless the test makes it.
func (n *founded) Wait(ctx context.Context, _ utt.Cursor) error { return ctx.Err() }

// Two assets may have keys of their own for one circuit.
func TestKeysOfOneCircuitForTwoAssets(t *testing.T) {
	ctx := context.Background()
	a, b := setUp(t, 2), setUp(t, 2)
	require.Equal(t, a.CircuitID(), b.CircuitID())
	both := []utt.Case{utt.Self, utt.Anonymous}
	n := found(t, []*rangeproof.ProvingKey{a, b},
		utt.Circuit{Key: a.VerifyingKey(), Assets: []string{cash}, Cases: both},
		utt.Circuit{Key: b.VerifyingKey(), Assets: []string{gold}, Cases: both})
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
	taxed := setUp(t, 3, rangeproof.Tax(2, 1000))
	n := found(t, []*rangeproof.ProvingKey{taxed}, utt.Circuit{
		Key: taxed.VerifyingKey(), Cases: []utt.Case{utt.Self, utt.Anonymous}, Fixed: map[int]utt.PID{2: utt.PIDOf(office)},
	})
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
