package bft

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"sync"
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

// Founding is what there is before the first block of consensus: parameters, keys
// and a ledger. A single party executes and signs while it is founded, for whoever
// holds the keys first, so that a simulation can start with money in circulation. All keys are dealt, and the
// circuit is set up, by that party: no founding of a real ledger. It implements
// wallet.Node: operations wait until Seal executes them as one block.
type Founding struct {
	Parameters *utt.Parameters
	Proving    []*rangeproof.ProvingKey
	Issuer     ed25519.PrivateKey
	Endorsers  []*utt.Endorser

	approval dealt // the auditors' key to decide with

	secret  [32]byte
	dealing sync.Mutex
	dealt   map[size]*keys
	store   *store.Memory
	all     []*replica.Replica // of those who hold the keys, by the party: one, or those named
	ledger  *ledger.Ledger     // of the first
	queue   []utt.Operation
	replica.Publication
}

// size is of how many replicas f may be faulty, and how many t sign: n = 3f+1.
type size struct{ faults, threshold int }

// usual is the size with t = f+1, which makes certificates some ms earlier than 2f+1.
func usual(faults int) size { return size{faults, faults + 1} }

// Auditors, of whom two decide, in the time that there is before a payment is refunded.
const (
	auditors         = 4
	auditorThreshold = 2
	expire           = 20 * time.Second
)

// NewFounding founds a ledger with some assets and endorsers, and a budget per
// asset and month of 30 days, beyond which auditors decide.
func NewFounding(ctx context.Context, name string, privacy utt.Amount, endorsers int, assets ...string) (*Founding, error) {
	return newFounding(ctx, 0, name, privacy, endorsers, assets...)
}

// newFounding is NewFounding with parameters that name 3f+1 replicas as holders of the keys,
// unless f is 0.
func newFounding(ctx context.Context, faults int, name string, privacy utt.Amount, endorsers int, assets ...string) (*Founding, error) {
	f := &Founding{store: new(store.Memory), dealt: make(map[size]*keys)}
	_, _ = rand.Read(f.secret[:]) // never fails
	k, err := f.deal(usual(faults))
	if err != nil {
		return nil, err
	}
	rules := policies.Rules{Held: []utt.Row{{
		Case: utt.Audited, Limit: 10_000, Audit: utt.Audit{Reveals: utt.RevealAmountAndPayee, Expire: expire},
	}}}
	table := rules.Table()
	var circuits []utt.Circuit
	for _, c := range table.Circuits {
		circuit, err := c.Compile()
		if err != nil {
			return nil, err
		}
		proving, verifying, err := rangeproof.SetupSingleParty(ctx, circuit)
		if err != nil {
			return nil, err
		}
		f.Proving, circuits = append(f.Proving, proving), append(circuits, utt.Circuit{Key: verifying})
	}
	opening, _, err := threshold.DealEncryption(nil, auditorThreshold, auditors, utt.AuditComponents)
	if err != nil {
		return nil, err
	}
	if f.approval.committee, f.approval.shares, err = threshold.Deal(nil, auditorThreshold, auditors, utt.ApprovalAttributes); err != nil {
		return nil, err
	}
	f.Issuer = f.signingKey("issuer", 0)
	config := utt.Config{
		Name:          name,
		Genesis:       sha256.Sum256(f.secret[:]),
		CoinKey:       k.coin.committee.Group(),
		CredentialKey: k.credential.committee.Group(),
		LedgerKey:     k.ledger.committee.Group(),
		Assets:        assets,
		Circuits:      circuits,
		Rows:          table.Rows,
		Auditors:      &utt.Auditors{Opening: opening.Key(), Approval: f.approval.committee.Group()},
		Policy: budget.Policy{
			Start:       time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
			EpochLength: 30 * 24 * time.Hour,
			Classes:     []utt.Amount{privacy},
		},
		Issuer: f.Issuer.Public().(ed25519.PublicKey),
	}
	for i := range endorsers {
		config.Endorsers = append(config.Endorsers, f.signingKey("endorser", i).Public().(ed25519.PublicKey))
	}
	if config.Holders, err = f.holders(faults); err != nil {
		return nil, err
	}
	if f.Parameters, err = utt.NewParameters(config); err != nil {
		return nil, err
	}
	for i := range endorsers {
		e, err := utt.NewEndorser(f.Parameters, f.signingKey("endorser", i))
		if err != nil {
			return nil, err
		}
		f.Endorsers = append(f.Endorsers, e)
	}
	committees := k.committees()
	for i, share := range k.coin.shares {
		c := replica.Config{
			Parameters: f.Parameters, Committees: &committees, Store: f.store,
			Coin: share, Credential: k.credential.shares[i], Ledger: k.ledger.shares[i],
		}
		if i > 0 {
			c.Store = new(store.Memory)
		}
		r, err := replica.Open(c)
		if err != nil {
			return nil, err
		}
		f.all = append(f.all, r)
	}
	f.ledger = f.all[0].Ledger()
	return f, nil
}

// holders are those of the keys as they are dealt to replicas, who hold them under identity
// keys of their own.
func (f *Founding) holders(faults int) (all []utt.Holders, err error) {
	if faults == 0 {
		return nil, nil
	}
	k, err := f.deal(usual(faults))
	if err != nil {
		return nil, err
	}
	var parties []ed25519.PublicKey
	for i := range 3*faults + 1 {
		parties = append(parties, f.signingKey("holder", i).Public().(ed25519.PublicKey))
	}
	for i, of := range []*dealt{&k.coin, &k.credential, &k.ledger} {
		all = append(all, utt.Holders{Purpose: purposes[i], Generation: of.committee.Generation(), Faults: faults, Parties: parties})
	}
	return all, nil
}

// signingKey is an Ed25519 key of the founding's.
func (f *Founding) signingKey(purpose string, i int) ed25519.PrivateKey {
	seed := f.seed(purpose, uint64(i))
	return ed25519.NewKeyFromSeed(seed[:])
}

func (f *Founding) seed(purpose string, i uint64) [32]byte {
	return sha256.Sum256(binary.BigEndian.AppendUint64(append(f.secret[:], purpose...), i))
}

type dealt struct {
	committee *threshold.Committee
	shares    []*threshold.KeyShare
}

// keys are the three that replicas share.
type keys struct{ coin, credential, ledger dealt }

func (k *keys) committees() utt.Committees {
	return utt.Committees{Coin: k.coin.committee, Credential: k.credential.committee, Ledger: k.ledger.committee}
}

// deal shares the keys among 3f+1 replicas, t of whom sign. The keys are the same for
// every size, so that payments made once serve networks of all.
func (f *Founding) deal(z size) (*keys, error) {
	f.dealing.Lock()
	defer f.dealing.Unlock()
	if k, done := f.dealt[z]; done {
		return k, nil
	}
	k := new(keys)
	for i, of := range []*dealt{&k.coin, &k.credential, &k.ledger} {
		attributes := []int{utt.CoinAttributes, utt.CredentialAttributes, utt.LedgerAttributes}[i]
		d := &dealer{
			t:      z.threshold,
			secret: mathrand.NewChaCha8(f.seed("secret", uint64(i))),
			rest:   mathrand.NewChaCha8(f.seed("coefficients", uint64(i)<<32|uint64(z.threshold)<<16|uint64(z.faults))),
		}
		var err error
		if of.committee, of.shares, err = threshold.Deal(d, z.threshold, 3*z.faults+1, attributes); err != nil {
			return nil, err
		}
	}
	f.dealt[z] = k
	return k, nil
}

// dealer is the randomness of threshold.Deal, which reads for every part of the
// key the part itself and then t−1 coefficients.
type dealer struct {
	t, calls     int
	secret, rest io.Reader
}

func (d *dealer) Read(b []byte) (int, error) {
	from := d.rest
	if d.calls%d.t == 0 {
		from = d.secret
	}
	d.calls++
	return from.Read(b)
}

// Replicas configures n = 3f+1 replicas, f+1 of which sign, that start from the founding's
// ledger, of which each gets a copy.
func (f *Founding) Replicas(faults int) ([]Config, error) { return f.replicas(usual(faults)) }

// ReplicasOf is Replicas of which t sign: f < t ≤ 2f+1. Any two sets of 2f+1 have an honest
// one in common. With fewer an engine that forks has two messages signed under one base,
// with whose signatures anybody makes money.
func (f *Founding) ReplicasOf(faults, t int) ([]Config, error) {
	return f.replicas(size{faults, t})
}

func (f *Founding) replicas(z size) ([]Config, error) {
	k, err := f.deal(z)
	if err != nil {
		return nil, err
	}
	configs := make([]Config, 3*z.faults+1)
	keys := make([]ed25519.PublicKey, len(configs))
	for i := range configs {
		key := f.signingKey("replica", i)
		keys[i] = key.Public().(ed25519.PublicKey)
		store, err := copyStore(f.store)
		if err != nil {
			return nil, err
		}
		configs[i] = Config{
			ID: NodeID(i), Faults: z.faults, Keys: keys, Key: key, Parameters: f.Parameters,
			Committees: k.committees(),
			Coin:       k.coin.shares[i], Credential: k.credential.shares[i], Ledger: k.ledger.shares[i],
			Published: f.Where(),
			Store:     store, Block: 256, Clock: f.ledger.Head().Time, Timing: DefaultTiming,
		}
	}
	return configs, nil
}

// WalletConfig is that of wallets in a simulation, whose clock stands at the start.
func (f *Founding) WalletConfig() wallet.Config {
	start := f.Parameters.Policy().Start
	return wallet.Config{ProvingKeys: f.Proving, Now: func() time.Time { return start }}
}

// Submit implements wallet.Node.
func (f *Founding) Submit(_ context.Context, op utt.Operation) error {
	f.queue = append(f.queue, op)
	return nil
}

// Seal executes what was submitted. Everything must be valid.
func (f *Founding) Seal(ctx context.Context) error {
	head := f.ledger.Head()
	block := &utt.Block{Height: head.Height + 1, Time: head.Time, Ops: f.queue}
	verdicts, err := f.Parameters.Check(ctx, block.Time, block.Ops)
	if err != nil {
		return err
	}
	for _, x := range f.all {
		receipts, err := x.Execute(block, verdicts)
		if err != nil {
			return err
		}
		for _, r := range receipts {
			if r.Rejection != nil {
				return fmt.Errorf("bft: founding: %w", r.Rejection)
			}
		}
	}
	f.queue = nil
	if err := f.work(ctx); err != nil {
		return err
	}
	return publishFrom(f.all[0], &f.Publication, block.Height)
}

// work has the replicas work until none has anything to say.
func (f *Founding) work(ctx context.Context) error {
	for said := true; said; {
		said = false
		for from, x := range f.all {
			messages, err := x.Work(ctx)
			if err != nil {
				return err
			}
			for _, m := range messages {
				for to, other := range f.all {
					if to == from || m.To() != (replica.Party{}) && m.To() != other.Party() {
						continue
					}
					if err := other.Receive(x.Party(), m); err != nil {
						return err
					}
					said = true
				}
			}
		}
	}
	return nil
}

// Issue orders money for an account. The founding's other orders are in the queue.
func (f *Founding) Issue(ctx context.Context, nonce uint64, to, asset string, amount utt.Amount) error {
	op, err := utt.NewIssue(f.Parameters, f.Issuer, nonce, utt.PIDOf(to), asset, amount)
	if err != nil {
		return err
	}
	return f.Submit(ctx, op)
}

// Wait implements wallet.Node.
func (f *Founding) Wait(ctx context.Context, _ utt.Cursor) error { return f.Seal(ctx) }
