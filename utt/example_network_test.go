package utt_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"fmt"
	"iter"
	"time"

	"github.com/utt-ecash/utt-go/budget"
	"github.com/utt-ecash/utt-go/rangeproof"
	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/utt"
)

// party holds a share of the coin key and one of the credential key, and runs the
// ledger.
type party struct {
	ledger           *utt.Ledger
	coin, credential *utt.Signer
}

// execute is what a party does with a block that consensus has decided: it checks,
// executes and signs. Shares and receipts go to whoever asks.
func (r *party) execute(ctx context.Context, b *utt.Block) ([]utt.Receipt, []*utt.Share, error) {
	verdicts, err := r.ledger.Parameters().Check(ctx, b.Time, b.Ops)
	if err != nil {
		return nil, nil, err
	}
	receipts, err := r.ledger.Execute(b, verdicts)
	if err != nil {
		return nil, nil, err
	}
	var shares []*utt.Share
	for _, s := range []*utt.Signer{r.coin, r.credential} {
		more, err := s.SignBlock(ctx, b.Height) // store s.State() before the shares leave
		if err != nil {
			return nil, nil, err
		}
		shares = append(shares, more...)
	}
	return receipts, shares, nil
}

// service is the utt.Node in front of four parties. In the place of consensus it
// makes a block of every operation.
type service struct {
	p          *utt.Parameters
	committees utt.Committees
	parties    [4]*party
	records    []*utt.Record
}

func (s *service) Submit(ctx context.Context, op utt.Operation) error {
	ledger := s.parties[0].ledger
	head := ledger.Head()
	block := &utt.Block{Height: head.Height + 1, Time: head.Time, Ops: []utt.Operation{op}}
	var receipts []utt.Receipt
	var shares []*utt.Share
	for _, r := range s.parties {
		got, more, err := r.execute(ctx, block)
		if err != nil {
			return err
		}
		receipts, shares = got, append(shares, more...)
	}
	if no := receipts[0].Rejection; no != nil {
		return no
	}
	var records []*utt.Record
	for r, err := range ledger.Records(ctx, utt.Cursor{Height: block.Height}) {
		if err != nil {
			return err
		}
		records = append(records, r)
	}
	records, err := s.committees.Combine(ctx, s.p, records, shares)
	s.records = append(s.records, records...)
	return err
}

func (s *service) Head(context.Context) (utt.Head, error) { return s.parties[0].ledger.Head(), nil }

func (s *service) Records(_ context.Context, from utt.Cursor) iter.Seq2[*utt.Record, error] {
	return func(yield func(*utt.Record, error) bool) {
		for _, r := range s.records {
			c := r.Cursor()
			if before := c.Height < from.Height || c.Height == from.Height && c.Index < from.Index; !before && !yield(r, nil) {
				return
			}
		}
	}
}

// Wait need not wait here: an operation is executed when Submit returns.
func (s *service) Wait(ctx context.Context, _ utt.Cursor) error { return ctx.Err() }

// A network without package local: every party's part is where it belongs. Real
// parties generate their keys and the circuit's together, order blocks by consensus,
// and keep their ledgers on disk.
func Example_network() {
	ctx := context.Background()
	check := func(err error) {
		if err != nil {
			panic(err)
		}
	}

	// founding: two group keys, shared 2 of 4, and a circuit of two outputs
	coin, coinShares, err := threshold.Deal(nil, 2, 4, utt.CoinAttributes)
	check(err)
	credential, credentialShares, err := threshold.Deal(nil, 2, 4, utt.CredentialAttributes)
	check(err)
	circuit, err := rangeproof.Compile(2)
	check(err)
	proving, verifying, err := rangeproof.SetupSingleParty(ctx, circuit)
	check(err)
	issuer, issuerKey, err := ed25519.GenerateKey(nil)
	check(err)
	bank, bankKey, err := ed25519.GenerateKey(nil)
	check(err)
	config := utt.Config{
		Name: "example", CoinKey: coin.Group(), CredentialKey: credential.Group(), Assets: []string{"cash"},
		Circuits: []utt.Circuit{{Key: verifying, Cases: []utt.Case{utt.Self, utt.Anonymous}}},
		Policy: budget.Policy{
			Start: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), Epoch: 30 * 24 * time.Hour, Classes: []utt.Amount{1000},
		},
		Issuer: issuer, Endorsers: []ed25519.PublicKey{bank},
	}
	_, err = rand.Read(config.Genesis[:])
	check(err)
	p, err := utt.NewParameters(config)
	check(err)

	node := &service{p: p, committees: utt.Committees{Coin: coin, Credential: credential}}
	for i := range node.parties {
		ledger, err := utt.NewLedger(p, new(utt.MemoryStore))
		check(err)
		r := &party{ledger: ledger}
		r.coin, err = utt.NewSigner(ledger, coin, coinShares[i], utt.SignerState{})
		check(err)
		r.credential, err = utt.NewSigner(ledger, credential, credentialShares[i], utt.SignerState{})
		check(err)
		node.parties[i] = r
	}

	// the bank knows its customers; each asks for a credential and this month's budget
	endorser, err := utt.NewEndorser(p, bankKey)
	check(err)
	wallets := map[string]*utt.Wallet{}
	for _, name := range []string{"alice", "bob"} {
		seed := make([]byte, utt.SeedSize)
		_, err := rand.Read(seed)
		check(err)
		w, err := utt.NewWallet(p, name, seed, proving)
		check(err)
		r, err := w.Registration(0)
		check(err)
		r, err = endorser.Endorse(name, r)
		check(err)
		check(node.Submit(ctx, r))
		check(w.Sync(ctx, node))
		_, err = w.RequestBudget(ctx, node, "cash", 1)
		check(err)
		wallets[name] = w
	}

	// money is issued in public, minted, and paid in private
	issue, err := utt.NewIssue(p, issuerKey, 0, utt.PIDOf("alice"), "cash", 100)
	check(err)
	check(node.Submit(ctx, issue))
	alice, bob := wallets["alice"], wallets["bob"]
	check(alice.Sync(ctx, node))
	mint, err := alice.Mint(ctx, node, "cash", 100)
	check(err)
	check(alice.Await(ctx, node, mint))
	payment, err := alice.Pay(ctx, node, "bob", "cash", 30, "lunch")
	check(err)
	check(alice.Await(ctx, node, payment))
	check(bob.Sync(ctx, node))
	fmt.Println("alice:", alice.Balance("cash").Spendable, "and", alice.Balance("cash").Budget, "of budget")
	fmt.Println("bob:", bob.Balance("cash").Spendable, bob.Received()[0].Memo)
	// Output:
	// alice: 70 and 970 of budget
	// bob: 30 lunch
}
