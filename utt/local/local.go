// Package local runs a whole network in one process, for examples, tests and
// first steps: n replicas that hold shares of the coin key, a registration
// committee, an issuer and an endorser, with real keys, proofs and signatures.
//
// There is no consensus among them. One sequencer hands every block to every
// replica, and all are honest. Keys are dealt by a trusted dealer and the circuit
// is set up by a single party. A real ledger replaces all of that; what it keeps
// is how blocks go through Check, Execute, SignBlock and Combine.
package local

import (
	"bytes"
	"cmp"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"sync"
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

// Config says what to found. The zero value is one faulty replica tolerated, one
// asset and a budget of 1000 a month.
type Config struct {
	Name   string        // of the network; default "local"
	Faults int           // f: there are 3f+1 replicas, f+1 of which sign; default 1
	Assets []string      // default "cash"
	Policy budget.Policy // default, if all of it is zero: epochs of 30 days from 2026-01-01, one class of 1000

	// Tax is what a private payment costs its sender besides, in basis points of the
	// amount. It is due to TaxOffice, an identity that must be enrolled before
	// anybody pays.
	Tax       uint16
	TaxOffice string
}

// Network is a running network, as New makes it. It implements wallet.Node. Its clock
// stands still but for Advance.
type Network struct {
	replica.Publication

	p          *utt.Parameters
	proving    []*rangeproof.ProvingKey
	committees utt.Committees
	issuer     ed25519.PrivateKey
	endorser   *utt.Endorser
	share      *threshold.KeyShare // of the first replica

	mu       sync.Mutex
	time     uint64
	replicas []*party
}

// party is one: a ledger and a signer for its key share. Those that sign
// coins certify as well.
type party struct {
	ledger    *ledger.Ledger
	signer    *replica.Signer
	certifier *replica.Certifier // nil for registrars
}

// noNetwork stands in for a nil one.
var noNetwork Network

// usable reports a network that New did not make.
func (n *Network) usable() error {
	if n == nil || n.p == nil {
		return fmt.Errorf("%w: no network: make it with New", utt.ErrInvalid)
	}
	return nil
}

// Parameters are the network's rules.
func (n *Network) Parameters() *utt.Parameters { return cmp.Or(n, &noNetwork).p }

// ProvingKey makes private transfers; with a tax, those to oneself.
func (n *Network) ProvingKey() *rangeproof.ProvingKey {
	if n.usable() != nil {
		return nil
	}
	return n.proving[0]
}

// ProvingKeys are those of all circuits.
func (n *Network) ProvingKeys() []*rangeproof.ProvingKey {
	return slices.Clone(cmp.Or(n, &noNetwork).proving)
}

// Committees are the public shares of the group keys.
func (n *Network) Committees() *utt.Committees {
	c := cmp.Or(n, &noNetwork).committees
	return &c
}

// Issuer is the key that signs new money, Endorser who vouches for identities: for
// tests of what they can do and what they cannot.
func (n *Network) Issuer() ed25519.PrivateKey { return cmp.Or(n, &noNetwork).issuer }

// Endorser vouches for identities.
func (n *Network) Endorser() *utt.Endorser { return cmp.Or(n, &noNetwork).endorser }

// NewReplica is a party with the first replica's share of the coin key and a ledger
// without a block, to measure or compare with. In a real network a share has one
// holder, and a signer is never given another history.
func (n *Network) NewReplica() (*ledger.Ledger, *replica.Signer, error) {
	if err := n.usable(); err != nil {
		return nil, nil, err
	}
	l, err := ledger.New(n.p, new(store.Memory))
	if err != nil {
		return nil, nil, err
	}
	s, err := n.Signer(l, replica.SignerState{})
	return l, s, err
}

// Signer holds the first replica's share of the coin key, on a ledger of the caller's:
// see NewReplica.
func (n *Network) Signer(l *ledger.Ledger, state replica.SignerState) (*replica.Signer, error) {
	if err := n.usable(); err != nil {
		return nil, err
	}
	return replica.NewSigner(l, n.committees.Coin, n.share, state)
}

// Ledger is that of the first replica.
func (n *Network) Ledger() *ledger.Ledger {
	if n.usable() != nil {
		return nil
	}
	return n.replicas[0].ledger
}

// Advance moves the clock on by whole seconds, with an empty block, so that wallets
// learn of it.
func (n *Network) Advance(ctx context.Context, d time.Duration) error {
	if err := n.usable(); err != nil || d < time.Second {
		return err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	before := n.time
	n.time += uint64(d / time.Second)
	if _, err := n.execute(ctx, nil); err != nil {
		n.time = before
		return err
	}
	return nil
}

// Wallet makes the wallet of an identity with a seed, a fresh one if it is nil.
func (n *Network) Wallet(identity string, seed []byte) (*wallet.Wallet, error) {
	if err := n.usable(); err != nil {
		return nil, err
	}
	if seed == nil {
		seed = make([]byte, utt.SeedSize)
		_, _ = rand.Read(seed) // never fails
	}
	return wallet.New(n.p, identity, seed, n.proving...)
}

// Enroll registers a wallet under its identity with a budget class, asks for the
// budget of the present epoch in every asset, and syncs. What was done before is no
// error: a wallet made again from its seed, or enrolled in a later epoch, has the rest
// done. Registered with other keys or another class, it is utt.ErrConflict.
func (n *Network) Enroll(ctx context.Context, w *wallet.Wallet, identity string, class utt.Class) error {
	if err := n.usable(); err != nil {
		return err
	}
	if w == nil {
		return fmt.Errorf("%w: no wallet", utt.ErrInvalid)
	}
	r, err := w.Registration(class)
	if err != nil {
		return err
	}
	if r, err = n.endorser.Endorse(identity, r); err != nil {
		return err
	}
	if err := n.Submit(ctx, r); err != nil {
		return err
	}
	if err := w.Sync(ctx, n); err != nil {
		return err
	}
	for _, asset := range n.p.Assets() {
		_, err := w.RequestBudget(ctx, n, asset, n.Ledger().Head().Epoch)
		if err != nil && !errors.Is(err, utt.ErrConflict) { // granted before
			return err
		}
	}
	return w.Sync(ctx, n)
}

// Issue creates ordinary money in a registered user's account.
func (n *Network) Issue(ctx context.Context, to, asset string, amount utt.Amount) error {
	if err := n.usable(); err != nil {
		return err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	nonce, err := n.Ledger().IssueNonce()
	if err != nil {
		return err
	}
	o, err := utt.NewIssue(n.p, n.issuer, nonce, utt.PIDOf(to), asset, amount)
	if err != nil {
		return err
	}
	return n.submit(ctx, o)
}

// Submit executes an operation in a block of its own. The error is its rejection.
func (n *Network) Submit(ctx context.Context, op utt.Operation) error {
	if err := n.usable(); err != nil {
		return err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.submit(ctx, op)
}

func (n *Network) submit(ctx context.Context, op utt.Operation) error {
	receipts, err := n.execute(ctx, []utt.Operation{op})
	if err != nil {
		return err
	}
	if no := receipts[0].Rejection; no != nil {
		return no
	}
	return nil
}

// Execute puts operations into one block, which all replicas check, execute and
// sign, and returns the receipts.
func (n *Network) Execute(ctx context.Context, ops ...utt.Operation) ([]utt.Receipt, error) {
	if err := n.usable(); err != nil {
		return nil, err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.execute(ctx, ops)
}

func (n *Network) execute(ctx context.Context, ops []utt.Operation) ([]utt.Receipt, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	head := n.replicas[0].ledger.Head()
	block := &utt.Block{Height: head.Height + 1, Time: n.time, Ops: ops}
	// every replica verifies for itself in a real network; here once for all
	verdicts, err := n.p.Check(ctx, n.time, ops)
	if err != nil {
		return nil, err
	}
	ctx = context.WithoutCancel(ctx) // a block that is decided is finished
	var receipts []utt.Receipt
	var shares []*utt.Share
	for i, r := range n.replicas {
		got, err := r.ledger.Execute(block, verdicts)
		if err != nil {
			return nil, err
		}
		if i == 0 {
			receipts = got
		}
		signed, err := r.signer.SignBlock(ctx, block.Height)
		if err != nil {
			return nil, err
		}
		shares = append(shares, signed...)
	}
	return receipts, n.publish(ctx, block.Height, shares)
}

// publish joins the signatures to the block's records, and certifies the records, for
// wallets to read.
func (n *Network) publish(ctx context.Context, height uint64, shares []*utt.Share) error {
	var records []*utt.Record
	for r, err := range n.replicas[0].ledger.Records(ctx, utt.Cursor{Height: height}) {
		if err != nil {
			return err
		}
		records = append(records, r)
	}
	records, err := n.committees.Combine(ctx, n.p, records, shares)
	if err != nil {
		return err
	}
	var certified []*utt.CertificateShare
	for _, r := range n.replicas {
		if r.certifier == nil {
			continue
		}
		share, err := r.certifier.Certify(ctx, height, records)
		if err != nil {
			return err
		}
		certified = append(certified, share)
	}
	certificate, err := n.committees.Certify(n.p, certified)
	if err != nil {
		return err
	}
	return n.Publish(certificate, records)
}

// Agree reports whether all replicas have the same digest.
func (n *Network) Agree() error {
	if err := n.usable(); err != nil {
		return err
	}
	want := n.replicas[0].ledger.Digest()
	for i, r := range n.replicas {
		if got := r.ledger.Digest(); !bytes.Equal(got[:], want[:]) {
			return fmt.Errorf("replica %d has digest %x, the first has %x", i, got, want)
		}
	}
	return nil
}
