// Package local runs a whole network in one process, for examples, tests and
// first steps: n replicas that hold shares of the coin key, a registration
// committee, an issuer and an endorser, with real keys, proofs and signatures.
//
// There is no consensus among them. One sequencer hands every block to every
// replica, and all are honest. The replicas and the registrars make their keys by
// package dkg, so that no code holds the whole of one, but all shares are in this
// one process. The circuit is set up by a single party, who could forge. A real ledger
// replaces all of that; what it keeps is how blocks go through Check, Execute and Work.
package local

import (
	"bytes"
	"cmp"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/utt-ecash/utt-go/budget"
	"github.com/utt-ecash/utt-go/rangeproof"
	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/ledger"
	"github.com/utt-ecash/utt-go/utt/policies"
	"github.com/utt-ecash/utt-go/utt/replica"
	"github.com/utt-ecash/utt-go/utt/store"
	"github.com/utt-ecash/utt-go/utt/wallet"
)

// Config says what to found. The zero value is one faulty replica tolerated, one
// asset and a budget of 1000 a month. Under makes one of rules that are ready-made.
type Config struct {
	Name   string        // of the network; default "local"
	Faults int           // f: there are 3f+1 replicas, and as many registrars; default 1, at most 10 unless Dealt
	Assets []string      // default "cash"
	Policy budget.Policy // default, if all of it is zero: epochs of 30 days from 2026-01-01, one class of 1000

	// Threshold is t, how many replicas sign, and how many registrars: f < t ≤ 2f+1, by
	// default f+1. Any two sets of 2f+1 have an honest one in common, so that nothing is
	// signed on two histories, whatever orders the blocks.
	Threshold int

	// Tax is what a private payment costs its sender besides, in basis points of the
	// amount. It is due to TaxOffice, an identity that must be enrolled before
	// anybody pays.
	Tax       uint16
	TaxOffice string
	// TaxByTotal has four decryptors, any two of which find what is due of many payments
	// together, instead of paying the tax of each to the office: CollectTax credits it to the
	// office's account. TaxBatch is how many payments that are at least; default 1.
	TaxByTotal bool
	TaxBatch   int

	// Fee is what every transfer costs its sender, but for those of rows of Held that have
	// their own. It is credited to the account of FeeAccount, an identity.
	Fee        utt.Fee
	FeeAccount string

	// Held are rows of the policy for audited and delayed payments. Their circuit, and to
	// whom it pays tax, is that of anonymous ones. There are auditors if there are any.
	Held []utt.Row

	// Authority can amend the policy and suspend users; nobody, if it is left out.
	Authority utt.Authority

	// Dealt has one dealer, who knows them, deal the keys. It saves some hundredths of a
	// second for the default, and is the way to more parties than make a key together.
	Dealt bool
}

// Under is a Config with rules such as those of package policies. It leaves the rest to
// be filled in: a TaxOffice where there is a tax, and a FeeAccount where there is a fee.
func Under(r policies.Rules) Config {
	return Config{Held: r.Held, Tax: r.Tax, TaxByTotal: r.TaxByTotal, Fee: r.Fee}
}

// Network is a running network, as New makes it. It implements wallet.ReceiptNode. Its clock
// stands still but for Advance.
type Network struct {
	p          *utt.Parameters
	proving    []*rangeproof.ProvingKey
	committees utt.Committees
	auditors   *AuditorKeys
	decryptors *TaxKeys
	issuer     ed25519.PrivateKey
	endorser   ed25519.PrivateKey
	share      *threshold.KeyShare   // of the first replica
	certifying []*threshold.KeyShare // the replicas', of the ledger key

	now atomic.Int64 // the time, for wallets, which wait for no block

	mu       sync.Mutex
	time     uint64
	replicas []*replica.Replica // first those that sign coins and certify, then the registrars
	away     bool               // the registrars do not answer
}

var _ wallet.ReceiptNode = (*Network)(nil)

// noNetwork stands in for a nil one.
var noNetwork Network

// usable reports a network that New did not make.
func (n *Network) usable() error {
	if n == nil || n.p == nil {
		return fmt.Errorf("%w: no network: make it with New", utt.ErrInvalid)
	}
	return nil
}

// Parameters are the network's rules, with all amendments so far.
func (n *Network) Parameters() *utt.Parameters { return n.Ledger().Parameters() }

// ProvingKey makes private transfers of a case, of any asset; nil if there are none.
func (n *Network) ProvingKey(use utt.Case) *rangeproof.ProvingKey {
	if n.usable() != nil {
		return nil
	}
	r, ok := n.p.RowFor(n.p.Assets()[0], use)
	if !ok {
		return nil
	}
	return n.proving[r.Circuit]
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

// Auditors are the auditors' keys, nil if there are none.
func (n *Network) Auditors() *AuditorKeys {
	if n.usable() != nil || n.auditors == nil {
		return nil
	}
	k := *n.auditors
	return &k
}

// Issuer is the key that signs new money, Endorser who vouches for identities: for
// tests of what they can do and what they cannot.
func (n *Network) Issuer() ed25519.PrivateKey { return cmp.Or(n, &noNetwork).issuer }

// Endorser vouches for identities, under the parameters as they are now: nil once an
// amendment has dropped it.
func (n *Network) Endorser() *utt.Endorser {
	if n.usable() != nil {
		return nil
	}
	e, err := utt.NewEndorser(n.Parameters(), n.endorser)
	if err != nil {
		return nil
	}
	return e
}

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
	return n.replicas[0].Ledger()
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
	n.now.Store(int64(n.time))
	return nil
}

// Now is the network's time, which Advance moves: the clock of its wallets.
func (n *Network) Now() time.Time { return time.Unix(cmp.Or(n, &noNetwork).now.Load(), 0).UTC() }

// Wallet makes the wallet of an identity with a seed, a fresh one if it is nil.
// For another way, on a disk, or to restore one, draw 32 bytes and call
//
//	wallet.Open(n.Parameters(), identity, seed, store, wallet.Config{ProvingKeys: n.ProvingKeys(), Now: n.Now, Way: wallet.Light})
func (n *Network) Wallet(identity string, seed []byte) (*wallet.Wallet, error) {
	if err := n.usable(); err != nil {
		return nil, err
	}
	if seed == nil {
		seed = make([]byte, utt.SeedSize)
		_, _ = rand.Read(seed) // never fails
	}
	return wallet.New(n.Parameters(), identity, seed, wallet.Config{ProvingKeys: n.ProvingKeys(), Now: n.Now})
}

// Enroll registers a wallet under its identity with a budget class, asks for the
// budget of the present epoch in every asset, if the class has one, and syncs. What was done before is no
// error: a wallet made again from its seed, or enrolled in a later epoch, has the rest
// done. Registered with other keys or another class, it is utt.ErrConflict.
// Of a watched wallet it fails until its provider has followed the registration: have him Follow, and Enroll again.
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
	if r, err = n.Endorser().Endorse(identity, r); err != nil {
		return err
	}
	if err := n.Submit(ctx, r); err != nil {
		return err
	}
	if err := w.Sync(ctx, n); err != nil {
		return err
	}
	if amount, err := n.Parameters().Allowance(budget.Privacy, class, n.Ledger().Head().Epoch); err != nil || amount == 0 {
		return err // a class without budget
	}
	for _, asset := range n.Parameters().Assets() {
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
	o, err := utt.NewIssue(n.Parameters(), n.issuer, nonce, utt.PIDOf(to), asset, amount)
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
	head := n.Ledger().Head()
	block := &utt.Block{Height: head.Height + 1, Time: n.time, Ops: ops}
	// every replica verifies for itself in a real network; here once for all
	verdicts, err := n.Parameters().Check(ctx, n.time, ops)
	if err != nil {
		return nil, err
	}
	ctx = context.WithoutCancel(ctx) // a block that is decided is finished
	var receipts []utt.Receipt
	for i, r := range n.replicas {
		got, err := r.Execute(block, verdicts)
		if err != nil {
			return nil, err
		}
		if i == 0 {
			receipts = got
		}
	}
	return receipts, n.publish(ctx)
}

// Registrars has the registrars answer, as they do at first, or not: for tests of what goes on
// without them. What they owe then, they sign when they are back.
func (n *Network) Registrars(ctx context.Context, answer bool) error {
	if err := n.usable(); err != nil {
		return err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.away = !answer; n.away {
		return nil
	}
	for _, r := range n.replicas {
		r.Overdue(r.Ledger().Head().Height)
	}
	return n.publish(context.WithoutCancel(ctx))
}

// publish has all replicas that answer work, and carries their messages, until nothing is left
// to say.
func (n *Network) publish(ctx context.Context) error {
	replicas := n.replicas
	if n.away {
		replicas = replicas[:n.committees.Coin.Parties()]
	}
	for quiet := false; !quiet; {
		quiet = true
		for _, from := range replicas {
			messages, err := from.Work(ctx)
			if err != nil {
				return err
			}
			for _, m := range messages {
				quiet = false
				for _, to := range replicas {
					if m.To() != (replica.Party{}) && m.To() != to.Party() || to == from {
						continue
					}
					if err := to.Receive(from.Party(), m); err != nil {
						return err
					}
				}
			}
		}
	}
	return nil
}

// Certificate is the last one of a height up to the one given.
func (n *Network) Certificate(ctx context.Context, height uint64) (*utt.Certificate, error) {
	if err := n.usable(); err != nil {
		return nil, err
	}
	return n.replicas[0].Certificate(ctx, height)
}

// Certify has t replicas sign a checkpoint as it is given, of whatever ledger, as replicas that
// conspire could: for tests and benchmarks of who reads what is certified.
func (n *Network) Certify(c utt.Checkpoint) (*utt.Certificate, error) {
	if err := n.usable(); err != nil {
		return nil, err
	}
	certify := n.committees.Certify
	switch c.Kind {
	case utt.LedgerCheckpoint:
	case utt.CredentialCheckpoint:
		certify = n.committees.CertifyCredentials
	default:
		return nil, fmt.Errorf("%w: a checkpoint of a kind that there is not: %v", utt.ErrInvalid, c.Kind)
	}
	m := c.Commitment(n.p.Network())
	var shares []*utt.CertificateShare
	for _, k := range n.certifying[:n.committees.Ledger.Threshold()] {
		s, err := k.Sign(m)
		if err != nil {
			return nil, err
		}
		shares = append(shares, &utt.CertificateShare{Checkpoint: c, Share: s})
	}
	return certify(n.p, shares)
}

// CredentialCertificate is the last one of the credentials of a height up to the one given.
func (n *Network) CredentialCertificate(ctx context.Context, height uint64) (*utt.Certificate, error) {
	if err := n.usable(); err != nil {
		return nil, err
	}
	return n.replicas[0].CredentialCertificate(ctx, height)
}

// Credentials yields the signatures on credentials that are published, from the record of a
// number on.
func (n *Network) Credentials(ctx context.Context, from uint64) iter.Seq2[utt.CredentialLeaf, error] {
	if err := n.usable(); err != nil {
		return func(yield func(utt.CredentialLeaf, error) bool) { yield(utt.CredentialLeaf{}, err) }
	}
	return n.replicas[0].Credentials(ctx, from)
}

// Records yields what is published, from a place on.
func (n *Network) Records(ctx context.Context, from utt.Cursor) iter.Seq2[*utt.Record, error] {
	if err := n.usable(); err != nil {
		return func(yield func(*utt.Record, error) bool) { yield(nil, err) }
	}
	return n.replicas[0].Records(ctx, from)
}

// Entries yields the log's entries that are published, from a number on.
func (n *Network) Entries(ctx context.Context, from uint64) iter.Seq2[[]byte, error] {
	if err := n.usable(); err != nil {
		return func(yield func([]byte, error) bool) { yield(nil, err) }
	}
	return n.replicas[0].Entries(ctx, from)
}

// Section is what the entries of a section leave out: see follow.EntrySource.
func (n *Network) Section(ctx context.Context, number, size uint64) (*utt.Section, error) {
	if err := n.usable(); err != nil {
		return nil, err
	}
	return n.replicas[0].Section(ctx, number, size)
}

// Signed are all records that are published, registrations with the signatures on their
// credentials as far as there are any: for tests that look at records without a wallet.
func (n *Network) Signed(ctx context.Context) ([]*utt.Record, error) {
	var all []*utt.Record
	for r, err := range n.Records(ctx, utt.Cursor{}) {
		if err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	for l, err := range n.Credentials(ctx, 0) {
		if err != nil {
			return nil, err
		}
		if l.Record < uint64(len(all)) {
			if all[l.Record], err = all[l.Record].WithCredentials(l); err != nil {
				return nil, err
			}
		}
	}
	return all, nil
}

// Wait returns once there is a published record from a place on, or the context ends.
func (n *Network) Wait(ctx context.Context, from utt.Cursor) error {
	if err := n.usable(); err != nil {
		return err
	}
	return n.replicas[0].Wait(ctx, from)
}

// Inclusion proves what is on record at a place, with the signatures, under the last
// certificate.
func (n *Network) Inclusion(ctx context.Context, at utt.Cursor) (*utt.Inclusion, error) {
	if err := n.usable(); err != nil {
		return nil, err
	}
	return n.replicas[0].Inclusion(ctx, at)
}

// Places are where the records of an ID are: see replica.Replica.Places.
func (n *Network) Places(ctx context.Context, id utt.ID) ([]utt.Cursor, error) {
	if err := n.usable(); err != nil {
		return nil, err
	}
	return n.replicas[0].Places(ctx, id)
}

// Tile is part of the log as published: see replica.Replica.Tile.
func (n *Network) Tile(ctx context.Context, t utt.Tree, level int, index uint64, width int) ([]byte, error) {
	if err := n.usable(); err != nil {
		return nil, err
	}
	return n.replicas[0].Tile(ctx, t, level, index, width)
}

// Leaves are those of the log itself: see replica.Replica.Leaves.
func (n *Network) Leaves(ctx context.Context, t utt.Tree, index uint64, width int) ([]byte, error) {
	if err := n.usable(); err != nil {
		return nil, err
	}
	return n.replicas[0].Leaves(ctx, t, index, width)
}

// Receipt says what became of an operation, by its digest.
func (n *Network) Receipt(ctx context.Context, op utt.Digest) (utt.Receipt, error) {
	if err := n.usable(); err != nil {
		return utt.Receipt{}, err
	}
	return n.replicas[0].Receipt(ctx, op)
}

// Agree reports whether all replicas have the same digest.
func (n *Network) Agree() error {
	if err := n.usable(); err != nil {
		return err
	}
	want := n.Ledger().Digest()
	for i, r := range n.replicas {
		if got := r.Ledger().Digest(); !bytes.Equal(got[:], want[:]) {
			return fmt.Errorf("replica %d has digest %x, the first has %x", i, got, want)
		}
	}
	return nil
}
