package wallet_test

import (
	"context"
	"fmt"
	"log"
	"math"
	"os"
	"path/filepath"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/local"
	"github.com/utt-ecash/utt-go/utt/store"
	"github.com/utt-ecash/utt-go/utt/wallet"
)

// A wallet in a file outlives its process, and a seed on paper outlives the file.
func ExampleOpen() {
	ctx := context.Background()
	check := func(err error) {
		if err != nil {
			log.Fatal(err)
		}
	}
	net, err := local.New(ctx, local.Config{})
	check(err)
	ben, err := net.Wallet("ben", nil)
	check(err)
	check(net.Enroll(ctx, ben, "ben", 0))
	dir, err := os.MkdirTemp("", "wallet")
	check(err)
	defer func() { check(os.RemoveAll(dir)) }()

	const paper = `hamster diagram private dutch cause delay private meat slide toddler razor book
		happy fancy gospel tennis maple dilemma loan word shrug inflict delay length`
	seed, err := wallet.ParseWords(paper) // wallet.Words writes those of 32 random bytes
	check(err)
	open := func(file string) (*wallet.Wallet, *store.File) {
		s, err := store.Open(filepath.Join(dir, file))
		check(err)
		w, err := wallet.Open(net.Parameters(), "ann", seed, s, wallet.Config{ProvingKeys: net.ProvingKeys(), Now: net.Now})
		check(err)
		return w, s
	}
	ann, file := open("ann.wallet")
	check(net.Enroll(ctx, ann, "ann", 0))
	check(net.Issue(ctx, "ann", "cash", 80))
	check(ann.Sync(ctx, net))
	minted, err := ann.Mint(ctx, net, "cash", 80)
	check(err)
	check(ann.Await(ctx, net, minted))
	_, err = ann.Pay(ctx, net, "ben", "cash", 50, "for lunch")
	check(err)
	check(file.Close()) // the process ends before it learns what became of the payment

	ann, file = open("ann.wallet")
	fmt.Println(len(ann.Pending()), "pending, spendable", ann.Balance("cash").Spendable)
	check(ann.Sync(ctx, net))
	fmt.Println(len(ann.Pending()), "pending, spendable", ann.Balance("cash").Spendable)
	for it, err := range ann.Latest(math.MaxUint64) {
		check(err)
		fmt.Println(it.Kind, it.State, it.Amount, it.Party, it.Memo)
		break
	}
	check(file.Close())

	ann, file = open("another.wallet") // from the seed: the money, and not whom it paid
	check(ann.Sync(ctx, net))
	fmt.Println(ann.Balance("cash").Spendable, ann.PID() == utt.PIDOf("ann"))
	check(file.Close())
	// Output:
	// 1 pending, spendable 0
	// 0 pending, spendable 30
	// paid executed 50 ben for lunch
	// 30 true
}
