package local_test

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/utt-ecash/utt-go/budget"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/local"
	"github.com/utt-ecash/utt-go/utt/wallet"
)

// A network with a weekly budget and a tax of 10 % on private payments.
func Example() {
	ctx := context.Background()
	check := func(err error) {
		if err != nil {
			log.Fatal(err)
		}
	}
	net, err := local.New(ctx, local.Config{
		Assets: []string{"points"},
		Policy: budget.Policy{
			Start:       time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC),
			EpochLength: 7 * 24 * time.Hour,
			Classes:     []utt.Amount{100},
		},
		Tax:       1000,
		TaxOffice: "city",
	})
	check(err)
	wallets := make(map[string]*wallet.Wallet)
	for _, name := range []string{"city", "ann", "ben"} {
		wallets[name], err = net.Wallet(name, nil)
		check(err)
		check(net.Enroll(ctx, wallets[name], name, 0))
	}
	ann := wallets["ann"]
	check(net.Issue(ctx, "ann", "points", 80))
	check(ann.Sync(ctx, net))
	id, err := ann.Mint(ctx, net, "points", 80)
	check(err)
	check(ann.Await(ctx, net, id))
	id, err = ann.Pay(ctx, net, "ben", "points", 50, "")
	check(err)
	check(ann.Await(ctx, net, id))

	check(net.Advance(ctx, 7*24*time.Hour))
	for _, name := range []string{"city", "ann", "ben"} {
		check(wallets[name].Sync(ctx, net))
		b := wallets[name].Balance("points")
		fmt.Println(name, "has", b.Spendable, "and a budget of", b.Budget)
	}
	fmt.Println(net.Agree())
	// Output:
	// city has 5 and a budget of 0
	// ann has 25 and a budget of 0
	// ben has 50 and a budget of 0
	// <nil>
}

// A payer proves a payment to somebody who has nothing but the ledger's parameters.
func Example_proven() {
	ctx := context.Background()
	check := func(err error) {
		if err != nil {
			log.Fatal(err)
		}
	}
	net, err := local.New(ctx, local.Config{})
	check(err)
	wallets := make(map[string]*wallet.Wallet)
	for _, name := range []string{"ann", "ben"} {
		wallets[name], err = net.Wallet(name, nil)
		check(err)
		check(net.Enroll(ctx, wallets[name], name, 0))
	}
	ann := wallets["ann"]
	check(net.Issue(ctx, "ann", "cash", 80))
	check(ann.Sync(ctx, net))
	id, err := ann.Mint(ctx, net, "cash", 80)
	check(err)
	check(ann.Await(ctx, net, id))
	paid, err := ann.Pay(ctx, net, "ben", "cash", 50, "")
	check(err)
	check(ann.Await(ctx, net, paid))

	text, err := ann.ProofOf(paid, 0, "") // to be kept, and shown to anybody
	check(err)
	answer, err := ann.ProofOf(paid, 0, "a word that the judge drew")
	check(err)

	encoded, err := net.Parameters().MarshalBinary()
	check(err)
	judge, err := utt.ParseParameters(encoded) // compare the digest
	check(err)
	shown, err := judge.VerifyPaymentProof(text, "")
	check(err)
	fmt.Println(shown.Payee == utt.PIDOf("ben"), shown.Amount, shown.Asset)
	_, err = judge.VerifyPaymentProof(answer, "a word that the judge drew")
	fmt.Println(err)
	_, err = judge.VerifyPaymentProof(text, "a word that the judge drew")
	fmt.Println(errors.Is(err, utt.ErrInvalid))
	// Output:
	// true 50 cash
	// <nil>
	// true
}

// Two of three holders of the authority's keys lower the budget, two epochs ahead, and
// suspend a user, at once.
func Example_amended() {
	ctx := context.Background()
	check := func(err error) {
		if err != nil {
			log.Fatal(err)
		}
	}
	authority := utt.Authority{Threshold: 2}
	var holders []ed25519.PrivateKey
	for range 3 {
		public, private, err := ed25519.GenerateKey(nil)
		check(err)
		authority.Keys, holders = append(authority.Keys, public), append(holders, private)
	}
	net, err := local.New(ctx, local.Config{Authority: authority})
	check(err)
	ann, err := net.Wallet("ann", nil)
	check(err)
	check(net.Enroll(ctx, ann, "ann", 0))

	p := net.Parameters()
	c := p.Newest().Config()
	c.Policy.Classes[0] = 400
	amendment, err := utt.NewAmendment(p, 3, c)
	check(err)
	suspension, err := utt.NewSuspension(p, 0, ann.PID(), true)
	check(err)
	for _, key := range holders[:2] { // each reads what he signs
		amendment, err = amendment.Sign(p, key)
		check(err)
		suspension, err = suspension.Sign(p, key)
		check(err)
	}
	check(net.Submit(ctx, amendment))
	check(net.Submit(ctx, suspension))

	check(ann.Sync(ctx, net))
	for epoch := range utt.Epoch(4) {
		fmt.Println("epoch", epoch, "has version", ann.Parameters().At(epoch).Version(), "and a budget of", ann.Parameters().At(epoch).Policy().Classes[0])
	}
	_, err = ann.RequestBudget(ctx, net, "cash", 2)
	fmt.Println(ann.Suspended(), errors.Is(err, utt.ErrPolicy))
	// Output:
	// epoch 0 has version 0 and a budget of 1000
	// epoch 1 has version 0 and a budget of 1000
	// epoch 2 has version 0 and a budget of 1000
	// epoch 3 has version 1 and a budget of 400
	// true true
}

// A tax of 10 % on private payments, of which the city learns what many come to together.
func ExampleNetwork_CollectTax() {
	ctx := context.Background()
	check := func(err error) {
		if err != nil {
			log.Fatal(err)
		}
	}
	net, err := local.New(ctx, local.Config{Tax: 1000, TaxOffice: "city", TaxByTotal: true, TaxBatch: 2})
	check(err)
	pay := func(from, to string, amount utt.Amount) {
		w, err := net.Wallet(from, nil)
		check(err)
		check(net.Enroll(ctx, w, from, 0))
		check(net.Issue(ctx, from, "cash", 100))
		check(w.Sync(ctx, net))
		id, err := w.Mint(ctx, net, "cash", 100)
		check(err)
		check(w.Await(ctx, net, id))
		id, err = w.Pay(ctx, net, to, "cash", amount, "")
		check(err)
		check(w.Await(ctx, net, id))
		fmt.Println(from, "has", w.Balance("cash").Spendable)
	}
	shop, err := net.Wallet("shop", nil)
	check(err)
	check(net.Enroll(ctx, shop, "shop", 0))
	pay("ann", "shop", 50)
	pay("ben", "shop", 37)
	check(net.Advance(ctx, 30*24*time.Hour)) // the epoch ends, and with it the batch
	due, err := net.CollectTax(ctx, "cash", 0)
	check(err)
	fmt.Println("the city gets", due)
	// Output:
	// ann has 45
	// ben has 59
	// the city gets 9
}

// Who has nothing but the ledger's parameters sees that money was issued, and when.
func ExampleNetwork_Inclusion() {
	ctx := context.Background()
	check := func(err error) {
		if err != nil {
			log.Fatal(err)
		}
	}
	net, err := local.New(ctx, local.Config{Assets: []string{"points"}})
	check(err)
	w, err := net.Wallet("ann", nil)
	check(err)
	check(net.Enroll(ctx, w, "ann", 0))
	check(net.Issue(ctx, "ann", "points", 80))
	var issue utt.Cursor
	for r, err := range net.Records(ctx, utt.Cursor{}) {
		check(err)
		if r.Kind() == utt.KindIssue {
			issue = r.Cursor()
		}
	}
	shown, err := net.Inclusion(ctx, issue)
	check(err)
	text, err := shown.MarshalText()
	check(err)

	received := new(utt.Inclusion) // by somebody else
	check(received.UnmarshalText(text))
	check(net.Parameters().VerifyInclusion(received))
	e, err := received.Record().Entry(net.Parameters())
	check(err)
	fmt.Println(received.Index(), e.Kind, e.Amount, e.Asset)
	// Output:
	// 2 issue 80 points
}
