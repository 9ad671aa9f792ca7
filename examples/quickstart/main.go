// Quickstart runs the library's main job once, on real cryptography, and tells what
// happens and what an observer of the ledger sees of it: four replicas of which two
// must sign, registrars, an issuer, three users. Its exit status is 0 only if every step did
// what it says.
package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/local"
	"github.com/utt-ecash/utt-go/utt/wallet"
)

const asset = "cash"

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "quickstart:", err)
		os.Exit(1)
	}
}

// tour is what the steps share.
type tour struct {
	net               *local.Network
	alice, bob, carol *wallet.Wallet
}

func run(ctx context.Context) error {
	t := new(tour)
	steps := []struct {
		title, observer string
		do              func(context.Context) (string, error)
	}{
		{"Found a network", "the public parameters, the same for everybody", t.found},
		{"Register alice, bob and carol", "who registers, in which budget class; not their secret keys", t.register},
		{"Issue 2000 to alice's account", "account and amount: ordinary money is public", t.issue},
		{"Mint 1500 of it as a private coin", "account and amount; not what becomes of the coin", t.mint},
		{"Pay bob 400 within the monthly budget", "that a private payment was made; not from whom, to whom, how much", t.pay},
		{"Try to pay beyond the budget", "nothing: the wallet refuses", t.beyond},
		{"Try to spend one coin twice", "two transfers that show the same nullifier, the mark of a spent coin; the second is refused", t.doubleSpend},
		{"Convert 100 of bob's coins back and 40 in again", "account and amounts; the coins stay unlinkable", t.convert},
		{"Pay carol in many small coins; she merges them to pay", "a number of private transfers", t.merge},
		{"Lose alice's wallet and restore it from the seed", "nothing: she reads the public records", t.restore},
		{"Audit the value: issued = accounts + coins", "the supply and the accounts; the coins are opened by their owners", t.audit},
	}
	start := time.Now()
	for i, s := range steps {
		began := time.Now()
		result, err := s.do(ctx)
		if err != nil {
			return fmt.Errorf("%s: %w", s.title, err)
		}
		fmt.Printf("%2d. %s  (%d ms)\n    %s\n    observer sees: %s\n", i+1, s.title, time.Since(began).Milliseconds(), result, s.observer)
	}
	fmt.Printf("\nAll %d steps held, in %v.\n", len(steps), time.Since(start).Round(time.Millisecond))
	fmt.Println("All in one process, with a circuit set up by one party and unaudited code: a demonstration.")
	return nil
}

func seed(identity string) []byte {
	// a real seed is random and kept secret
	s := sha256.Sum256([]byte("quickstart " + identity))
	return s[:]
}

func (t *tour) found(ctx context.Context) (string, error) {
	var err error
	if t.net, err = local.New(ctx, local.Config{}); err != nil {
		return "", err
	}
	for _, w := range []struct {
		name string
		to   **wallet.Wallet
	}{{"alice", &t.alice}, {"bob", &t.bob}, {"carol", &t.carol}} {
		if *w.to, err = t.net.Wallet(w.name, seed(w.name)); err != nil {
			return "", err
		}
	}
	c := t.net.Committees()
	return fmt.Sprintf("%d replicas, any %d of which sign coins; %d registrars, any %d of which sign users' credentials; one circuit of rules on amounts, for Groth16 proofs",
		c.Coin.Parties(), c.Coin.Threshold(), c.Credential.Parties(), c.Credential.Threshold()), nil
}

func (t *tour) register(ctx context.Context) (string, error) {
	err := errors.Join(
		t.net.Enroll(ctx, t.alice, "alice", 0),
		t.net.Enroll(ctx, t.bob, "bob", 0),
		t.net.Enroll(ctx, t.carol, "carol", 0),
		t.sync(ctx))
	if err != nil {
		return "", err
	}
	return "each has a credential and a privacy budget of 1000 this month", t.expect(t.alice, 0, 0, 1000)
}

func (t *tour) issue(ctx context.Context) (string, error) {
	if err := t.net.Issue(ctx, "alice", asset, 2000); err != nil {
		return "", err
	}
	if err := t.alice.Sync(ctx, t.net); err != nil {
		return "", err
	}
	return "alice's account holds 2000", t.expect(t.alice, 0, 2000, 1000)
}

func (t *tour) mint(ctx context.Context) (string, error) {
	if err := done(ctx, t.net, t.alice)(t.alice.Mint(ctx, t.net, asset, 1500)); err != nil {
		return "", err
	}
	return "alice has a coin of 1500 and 500 in her account", t.expect(t.alice, 1500, 500, 1000)
}

func (t *tour) pay(ctx context.Context) (string, error) {
	if err := done(ctx, t.net, t.alice)(t.alice.Pay(ctx, t.net, "bob", asset, 400, "rent")); err != nil {
		return "", err
	}
	if err := t.bob.Sync(ctx, t.net); err != nil {
		return "", err
	}
	got := t.bob.Received()
	if len(got) != 1 || got[0].Amount != 400 || got[0].Memo != "rent" {
		return "", errors.New("bob did not receive what alice paid")
	}
	return "bob received 400 with the memo \"rent\" and does not learn from whom; alice's budget is 600", t.expect(t.alice, 1100, 500, 600)
}

func (t *tour) beyond(ctx context.Context) (string, error) {
	_, err := t.alice.Pay(ctx, t.net, "bob", asset, 700, "")
	var funds *wallet.FundsError
	if !errors.As(err, &funds) || funds.What != "budget" {
		return "", fmt.Errorf("a payment beyond the budget was not refused as such: %v", err)
	}
	return "refused: " + err.Error(), t.expect(t.alice, 1100, 500, 600)
}

// doubleSpend lets two wallets of one seed spend the same coin in one block.
func (t *tour) doubleSpend(ctx context.Context) (string, error) {
	twin, err := t.net.Wallet("alice", seed("alice"))
	if err != nil {
		return "", err
	}
	if err := twin.Sync(ctx, t.net); err != nil {
		return "", err
	}
	box := &outbox{Network: t.net}
	first, err := t.alice.Pay(ctx, box, "bob", asset, 50, "first")
	if err != nil {
		return "", err
	}
	second, err := twin.Pay(ctx, box, "carol", asset, 50, "second")
	if err != nil {
		return "", err
	}
	receipts, err := t.net.Execute(ctx, box.ops...)
	if err != nil {
		return "", err
	}
	if receipts[0].Status != utt.Executed || receipts[1].Rejection == nil || receipts[1].Rejection.Code != utt.CodeSpent {
		return "", fmt.Errorf("the ledger let a coin be spent twice: %+v", receipts)
	}
	if err := t.alice.Await(ctx, t.net, first); err != nil {
		return "", err
	}
	if err := twin.Await(ctx, t.net, second); !errors.Is(err, utt.ErrConflict) {
		return "", fmt.Errorf("the second wallet did not notice: %v", err)
	}
	return fmt.Sprintf("the first, 50 to bob, is executed, the second, 50 to carol, rejected: %v", receipts[1].Rejection.Code), t.expect(t.alice, 1050, 500, 550)
}

func (t *tour) convert(ctx context.Context) (string, error) {
	if err := t.bob.Sync(ctx, t.net); err != nil {
		return "", err
	}
	if err := done(ctx, t.net, t.bob)(t.bob.Burn(ctx, t.net, asset, 100)); err != nil {
		return "", err
	}
	if err := t.expect(t.bob, 350, 100, 1000); err != nil {
		return "", err
	}
	if err := done(ctx, t.net, t.bob)(t.bob.Mint(ctx, t.net, asset, 40)); err != nil {
		return "", err
	}
	return "of 450 bob has 390 in coins and 60 in his account; conversion costs no budget", t.expect(t.bob, 390, 60, 1000)
}

func (t *tour) merge(ctx context.Context) (string, error) {
	const coins = 12
	for i := range coins {
		if err := done(ctx, t.net, t.alice)(t.alice.Pay(ctx, t.net, "carol", asset, utt.Amount(10+i), "")); err != nil {
			return "", err
		}
	}
	if err := t.carol.Sync(ctx, t.net); err != nil {
		return "", err
	}
	held := t.carol.Balance(asset).Spendable
	plan, err := t.carol.Plan("bob", asset, held, "")
	if err != nil {
		return "", err
	}
	if err := done(ctx, t.net, t.carol)(t.carol.Pay(ctx, t.net, "bob", asset, held, "all I have")); err != nil {
		return "", err
	}
	return fmt.Sprintf("carol's %d coins do not fit into one transfer: %d merge first, then all %d goes to bob", coins, plan.Merges, held),
		t.expect(t.carol, 0, 0, 1000-held)
}

func (t *tour) restore(ctx context.Context) (string, error) {
	before := t.alice.Balance(asset)
	lost, err := t.net.Wallet("alice", seed("alice"))
	if err != nil {
		return "", err
	}
	if err := lost.Sync(ctx, t.net); err != nil {
		return "", err
	}
	if after := lost.Balance(asset); after != before {
		return "", fmt.Errorf("restored %+v, had %+v", after, before)
	}
	t.alice = lost
	return fmt.Sprintf("coins, account and budget are back: %d, %d and %d", before.Spendable, before.Account, before.Budget), nil
}

func (t *tour) audit(ctx context.Context) (string, error) {
	if err := t.sync(ctx); err != nil {
		return "", err
	}
	if err := t.net.Agree(); err != nil {
		return "", err
	}
	supply, err := t.net.Ledger().Supply(asset)
	if err != nil {
		return "", err
	}
	accounts, err := t.net.Ledger().Accounts(asset)
	if err != nil {
		return "", err
	}
	var coins utt.Amount
	for _, w := range []*wallet.Wallet{t.alice, t.bob, t.carol} {
		coins += w.Balance(asset).Spendable
	}
	if supply != accounts+coins {
		return "", fmt.Errorf("issued %d, accounts %d, coins %d", supply, accounts, coins)
	}
	return fmt.Sprintf("%d issued = %d in accounts + %d in coins; all ledgers have one digest", supply, accounts, coins), nil
}

func (t *tour) sync(ctx context.Context) error {
	return errors.Join(t.alice.Sync(ctx, t.net), t.bob.Sync(ctx, t.net), t.carol.Sync(ctx, t.net))
}

// expect compares a wallet's balance.
func (t *tour) expect(w *wallet.Wallet, coins, account, budget utt.Amount) error {
	want := wallet.Balance{Spendable: coins, Account: account, Budget: budget}
	if got := w.Balance(asset); got != want {
		return fmt.Errorf("balance %+v, expected %+v", got, want)
	}
	return nil
}

// done waits for what a wallet handed in.
func done(ctx context.Context, n wallet.Node, w *wallet.Wallet) func(wallet.Handle, error) error {
	return func(id wallet.Handle, err error) error {
		if err != nil {
			return err
		}
		return w.Await(ctx, n, id)
	}
}

// outbox keeps what is handed in, for one block.
type outbox struct {
	*local.Network
	ops []utt.Operation
}

func (o *outbox) Submit(_ context.Context, op utt.Operation) error {
	o.ops = append(o.ops, op)
	return nil
}

var _ wallet.Node = (*outbox)(nil)
