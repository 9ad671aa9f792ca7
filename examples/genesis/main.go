// Genesis founds a ledger without a dealer and changes who holds its keys, and tells what
// happens and who learns what: four replicas make the coin key and the ledger key, three
// registrars the credential key, three auditors theirs, of which nobody ever holds the
// whole; three contributors make the proof system's keys. Then, in sessions on the ledger
// itself, a replica is replaced, all shares are refreshed, a lost one is recovered, and what
// users hold stays good; and two of the auditors open and approve a payment. Its exit status is 0 only if every step did what it says.
package main

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"os"
	"time"

	"github.com/utt-ecash/utt-go/rangeproof"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/wallet"
)

const asset = "cash"

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "genesis:", err)
		os.Exit(1)
	}
}

// genesis is what the steps share.
type genesis struct {
	dir                      string
	network                  [32]byte // names the founding
	replicas, registrars     []*party
	auditors                 []*party
	audit, approval          *key // the auditors'
	coin, credential, ledger *key
	first                    *key // the coin key as it was founded
	sessions                 uint64

	circuits   []utt.Circuit
	proving    []*rangeproof.ProvingKey
	issuer     ed25519.PrivateKey
	endorser   *utt.Endorser
	net        *network
	alice, bob *wallet.Wallet
}

// keys are the keys there are, in an order.
func (g *genesis) keys() []*key { return []*key{g.coin, g.credential, g.ledger} }

func (g *genesis) committees() *utt.Committees {
	return &utt.Committees{Coin: g.coin.committee(), Credential: g.credential.committee(), Ledger: g.ledger.committee()}
}

func run(ctx context.Context) (err error) {
	g := &genesis{net: &network{}}
	if g.dir, err = os.MkdirTemp("", "genesis"); err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(g.dir) }()
	defer func() { _ = g.net.close() }()
	steps := []struct {
		title, learns string
		do            func(context.Context) (string, error)
	}{
		{"Name the parties", "everybody: the identity keys; each keeps its own secret", g.name},
		{"Make the coin key; replica 4 falls silent", "everybody: the public keys and who was silent; each replica: its share; nobody: the key", g.makeCoin},
		{"Make the ledger key; replica 2 cheats", "everybody: the public keys, who cheated, and the false share; nobody: the key", g.makeLedger},
		{"Make the credential key", "the same, of the registrars", g.makeCredential},
		{"Make the auditors' keys; auditor 1 deals nothing", "the same, of the auditors: any two decrypt what is encrypted to all, one nothing", g.makeAudit},
		{"Hold the ceremony for the circuit", "everybody: the contributions and the beacons; a contributor: his randomness, which he forgets", g.ceremony},
		{"Write parameters, committees and sealed shares to files", "who reads the files: what is public; a share only with its passphrase", g.writeAll},
		{"Start the replicas from the files", "each party: its share, with its passphrase", g.open},
		{"Register alice and bob, issue, mint and pay", "observers: who registers, what is issued and minted, that a private payment was made", g.pay},
		{"Replace replica 3 by replica 5, with a payment in flight", "replica 5: shares of its own; replica 3: nothing more, and its old shares are of no use alone", g.replace},
		{"Refresh the shares of all keys", "each party: a new share; who stole fewer than t old ones: nothing", g.refresh},
		{"Recover the shares that replica 1 lost", "replica 1: new shares; the others: nothing of these", g.recover},
		{"Combine shares of two generations", "nobody: anything", g.mix},
		{"Pay with a coin that is older than all of this", "observers: that a private payment was made", g.payOld},
		{"Audit a payment beyond the budget", "observers: that a payment was held, then executed by approval; two auditors: amount and payee; one: nothing", g.payAudited},
	}
	start := time.Now()
	for i, s := range steps {
		began := time.Now()
		result, err := s.do(ctx)
		if err != nil {
			return fmt.Errorf("%s: %w", s.title, err)
		}
		fmt.Printf("%2d. %s  (%d ms)\n    %s\n    who learns what: %s\n", i+1, s.title, time.Since(began).Milliseconds(), result, s.learns)
	}
	fmt.Printf("\nAll %d steps held, in %v.\n", len(steps), time.Since(start).Round(time.Millisecond))
	fmt.Println("All in one process, with lists in place of the founders' bulletin and of consensus, and unaudited code: a demonstration.")
	return nil
}
