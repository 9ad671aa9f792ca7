package utt_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"fmt"
	"time"

	"github.com/utt-ecash/utt-go/budget"
	"github.com/utt-ecash/utt-go/rangeproof"
	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/ledger"
	"github.com/utt-ecash/utt-go/utt/replica"
	"github.com/utt-ecash/utt-go/utt/store"
	"github.com/utt-ecash/utt-go/utt/wallet"
)

// machine is one of four: what an integrator runs on each machine.
type machine struct {
	ledger             *ledger.Ledger
	coins, credentials *replica.Signer
	certifier          *replica.Certifier
	crediting          *replica.Certifier
}

// service is the integrator's own: it orders operations, here by itself, and serves
// wallets. It implements wallet.Node. Records with their signatures, and certificates, no
// ledger keeps; here they are in memory.
type service struct {
	replica.Publication
	p          *utt.Parameters
	committees utt.Committees
	replicas   []machine
}

// start adds a replica that holds a share of each key.
func (s *service) start(coin, credential, certifying *threshold.KeyShare) (err error) {
	var r machine
	if r.ledger, err = ledger.New(s.p, new(store.Memory)); err != nil {
		return err
	}
	if r.coins, err = replica.NewSigner(r.ledger, s.committees.Coin, coin, replica.SignerState{}); err != nil {
		return err
	}
	if r.credentials, err = replica.NewSigner(r.ledger, s.committees.Credential, credential, replica.SignerState{}); err != nil {
		return err
	}
	if r.certifier, err = replica.NewCertifier(r.ledger, s.committees.Ledger, certifying, nil, utt.Frontier{}); err != nil {
		return err
	}
	r.crediting, err = replica.NewCredentialCertifier(r.ledger, s.committees.Ledger, certifying, nil, utt.Frontier{})
	s.replicas = append(s.replicas, r)
	return err
}

// Submit makes a block of one operation, which consensus would decide.
func (s *service) Submit(ctx context.Context, op utt.Operation) error {
	head := s.replicas[0].ledger.Head()
	block := &utt.Block{Height: head.Height + 1, Time: head.Time, Ops: []utt.Operation{op}}
	var shares []*utt.Share
	for _, r := range s.replicas { // each by itself: check, execute, sign
		verdicts, err := s.p.Check(ctx, block.Time, block.Ops)
		if err != nil {
			return err
		}
		receipts, err := r.ledger.Execute(block, verdicts)
		if err != nil {
			return err
		}
		if no := receipts[0].Rejection; no != nil {
			return no
		}
		for _, signer := range []*replica.Signer{r.coins, r.credentials} {
			signed, err := signer.SignBlock(ctx, block.Height)
			if err != nil {
				return err
			}
			shares = append(shares, signed...)
		}
	}
	return s.publish(ctx, block.Height, shares)
}

// publish combines the shares that replicas sent each other, once for the outputs and
// once for each certificate: that of credentials need not wait for the ledger's next, nor that
// for registrars.
func (s *service) publish(ctx context.Context, height uint64, shares []*utt.Share) error {
	var records, registered []*utt.Record
	var leaves []utt.CredentialLeaf
	number := s.Where().Frontier.Records
	for r, err := range s.replicas[0].ledger.Records(ctx, utt.Cursor{Height: height}) {
		if err != nil {
			return err
		}
		signed, err := s.committees.Combine(ctx, s.p, []*utt.Record{r}, shares)
		if err != nil {
			return err
		}
		if l, ok := signed[0].Credentials(number); ok {
			registered, leaves = append(registered, signed[0]), append(leaves, l)
			signed[0] = r // is published without
		}
		records = append(records, signed[0])
		number++
	}
	var certified, credited []*utt.CertificateShare
	for _, r := range s.replicas {
		share, err := r.certifier.Certify(ctx, height, records)
		if err != nil {
			return err
		}
		certified = append(certified, share)
		if len(registered) > 0 {
			if share, err = r.crediting.Certify(ctx, height, registered); err != nil {
				return err
			}
			credited = append(credited, share)
		}
	}
	certificate, err := s.committees.Certify(s.p, certified)
	if err != nil {
		return err
	}
	if err := s.Publish(certificate, records); err != nil || len(registered) == 0 {
		return err
	}
	if certificate, err = s.committees.CertifyCredentials(s.p, credited); err != nil {
		return err
	}
	return s.PublishCredentials(certificate, leaves)
}

// A network of one's own, without utt/local: keys, circuit, parameters, replicas and
// the service in front of them. Here one dealer makes all keys, which is for tests.
func Example_network() {
	ctx := context.Background()
	s := new(service)
	deal := func(attributes int) (*threshold.Committee, []*threshold.KeyShare) {
		c, shares, err := threshold.Deal(nil, 2, 4, attributes)
		must(err)
		return c, shares
	}
	coin, coinShares := deal(utt.CoinAttributes)
	credential, credentialShares := deal(utt.CredentialAttributes)
	ledger, ledgerShares := deal(utt.LedgerAttributes)
	s.committees = utt.Committees{Coin: coin, Credential: credential, Ledger: ledger}
	issuer, issuerKey, err := ed25519.GenerateKey(nil)
	must(err)
	provider, providerKey, err := ed25519.GenerateKey(nil)
	must(err)
	var proving []*rangeproof.ProvingKey
	var circuits []utt.Circuit
	for _, rules := range [][]rangeproof.Rule{nil, {rangeproof.Pays()}} { // for transfers to oneself, and for payments
		circuit, err := rangeproof.Compile(2, rules...) // outputs: the payee's and the change
		must(err)
		key, verifying, err := rangeproof.SetupSingleParty(ctx, circuit)
		must(err)
		proving, circuits = append(proving, key), append(circuits, utt.Circuit{Key: verifying})
	}

	var genesis [32]byte
	_, _ = rand.Read(genesis[:]) // never fails
	s.p, err = utt.NewParameters(utt.Config{
		Name: "example", Genesis: genesis,
		CoinKey: coin.Group(), CredentialKey: credential.Group(), LedgerKey: ledger.Group(),
		Assets:   []string{"cash"},
		Circuits: circuits,
		Rows:     []utt.Row{{Case: utt.Self}, {Case: utt.Anonymous, Circuit: 1, Counter: budget.Privacy}},
		Policy:   budget.Policy{Start: time.Unix(1767225600, 0), EpochLength: 30 * 24 * time.Hour, Classes: []utt.Amount{1000}},
		Issuer:   issuer, Endorsers: []ed25519.PublicKey{provider},
	})
	must(err)
	for i := range coinShares {
		must(s.start(coinShares[i], credentialShares[i], ledgerShares[i]))
	}

	endorser, err := utt.NewEndorser(s.p, providerKey)
	must(err)
	enroll := func(identity string) *wallet.Wallet {
		seed := make([]byte, utt.SeedSize) // kept by its owner
		_, _ = rand.Read(seed)             // never fails
		w, err := wallet.New(s.p, identity, seed, wallet.Config{
			ProvingKeys: proving,
			Now:         func() time.Time { return s.p.Policy().Start }, // the ledger's clock stands still
		})
		must(err)
		r, err := w.Registration(0)
		must(err)
		r, err = endorser.Endorse(identity, r) // whose identity the provider has made sure of
		must(err)
		must(s.Submit(ctx, r))
		must(w.Sync(ctx, s))
		_, err = w.RequestBudget(ctx, s, "cash", 1)
		must(err)
		return w
	}
	ann, ben := enroll("ann"), enroll("ben")
	money, err := utt.NewIssue(s.p, issuerKey, 0, ann.PID(), "cash", 500)
	must(err)
	must(s.Submit(ctx, money))
	must(ann.Sync(ctx, s))
	id, err := ann.Mint(ctx, s, "cash", 300)
	must(err)
	must(ann.Await(ctx, s, id))
	_, err = ann.Pay(ctx, s, "ben", "cash", 120, "for lunch")
	must(err)
	must(ben.Sync(ctx, s))
	fmt.Println(ben.Balance("cash").Spendable, ben.Received()[0].Memo)
	// Output: 120 for lunch
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
