package utt_test

import (
	"context"
	"fmt"
	"log"

	"github.com/utt-ecash/utt-go/utt/local"
)

// A first private payment: found a network, register two users, give one of them
// money, turn it into a coin, and pay.
func Example() {
	ctx := context.Background()
	check := func(err error) {
		if err != nil {
			log.Fatal(err)
		}
	}
	net, err := local.New(ctx, local.Config{})
	check(err)
	alice, err := net.Wallet("alice@example.org", nil)
	check(err)
	bob, err := net.Wallet("bob@example.org", nil)
	check(err)
	check(net.Enroll(ctx, alice, "alice@example.org", 0))
	check(net.Enroll(ctx, bob, "bob@example.org", 0))
	check(net.Issue(ctx, "alice@example.org", "cash", 500))
	check(alice.Sync(ctx, net))
	minted, err := alice.Mint(ctx, net, "cash", 300)
	check(err)
	check(alice.Await(ctx, net, minted))

	paid, err := alice.Pay(ctx, net, "bob@example.org", "cash", 120, "for lunch")
	check(err)
	check(alice.Await(ctx, net, paid))
	check(bob.Sync(ctx, net))

	fmt.Println("alice:", alice.Balance("cash").Spendable, "and a budget of", alice.Balance("cash").Budget)
	fmt.Println("bob:", bob.Balance("cash").Spendable, bob.Received()[0].Memo)
	// Output:
	// alice: 180 and a budget of 880
	// bob: 120 for lunch
}
