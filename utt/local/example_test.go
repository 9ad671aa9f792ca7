package local_test

import (
	"context"
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
