package local

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"fmt"
	"sync"
	"time"

	"github.com/utt-ecash/utt-go/budget"
	"github.com/utt-ecash/utt-go/rangeproof"
	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/policies"
	"github.com/utt-ecash/utt-go/utt/replica"
	"github.com/utt-ecash/utt-go/utt/store"
)

// New founds a network. It takes a fraction of a second while few faults are tolerated. A
// Policy that is not zero is taken as it is; utt.ErrPolicy says what is wrong with it, or
// with the rest.
func New(ctx context.Context, c Config) (*Network, error) {
	c.defaults()
	if (c.Tax > 0 || c.TaxByTotal) && c.TaxOffice == "" {
		return nil, fmt.Errorf("%w: a tax of %d basis points and no TaxOffice to pay it to", utt.ErrPolicy, c.Tax)
	}
	if c.Fee != (utt.Fee{}) && c.FeeAccount == "" {
		return nil, fmt.Errorf("%w: a fee and no FeeAccount to credit it to", utt.ErrPolicy)
	}
	if err := c.Policy.Validate(); err != nil {
		return nil, fmt.Errorf("%w: %w", utt.ErrPolicy, err)
	}
	for _, identity := range []string{c.TaxOffice, c.FeeAccount} {
		if identity == "" {
			continue
		}
		if err := utt.CheckIdentity(identity); err != nil {
			return nil, err
		}
	}
	n := &Network{time: uint64(c.Policy.Start.Unix())}
	n.now.Store(c.Policy.Start.Unix())
	var network [32]byte
	if _, err := rand.Read(network[:]); err != nil {
		return nil, err
	}
	shares, err := n.makeKeys(ctx, c, network)
	if err != nil {
		return nil, err
	}
	circuits, rows, err := n.setUp(ctx, c)
	if err != nil {
		return nil, err
	}
	issuer, issuerKey, err := ed25519.GenerateKey(nil)
	if err != nil {
		return nil, err
	}
	endorser, endorserKey, err := ed25519.GenerateKey(nil)
	if err != nil {
		return nil, err
	}
	n.issuer = issuerKey
	config := utt.Config{
		Name:          c.Name,
		Genesis:       network,
		CoinKey:       n.committees.Coin.Group(),
		CredentialKey: n.committees.Credential.Group(),
		LedgerKey:     n.committees.Ledger.Group(),
		Assets:        c.Assets,
		Circuits:      circuits,
		Rows:          rows,
		Policy:        c.Policy,
		Issuer:        issuer,
		Endorsers:     []ed25519.PublicKey{endorser},
		Authority:     c.Authority,
	}
	if k := n.auditors; k != nil {
		config.Auditors = &utt.Auditors{Opening: k.Opening.Key(), Approval: k.Approval.Group()}
		config.Warrants = utt.Warrants{Authority: k.Warrant.Public().(ed25519.PublicKey), MaxSeal: maxSeal}
		config.MinSum = minSum
	}
	if k := n.decryptors; k != nil {
		config.Tax = &utt.TaxOffice{Decryptors: k.Decryptors, Account: utt.PIDOf(c.TaxOffice), MinPayments: c.TaxBatch}
	}
	if c.FeeAccount != "" {
		config.FeeAccount = utt.PIDOf(c.FeeAccount)
	}
	if n.p, err = utt.NewParameters(config); err != nil {
		return nil, err
	}
	n.endorser = endorserKey
	n.share, n.certifying = shares.coin[0], shares.ledger
	if err := n.start(shares.coin, shares.credential, shares.ledger); err != nil {
		return nil, err
	}
	return n, nil
}

// shares are those of the group keys, of party j at j − 1.
type shares struct{ coin, credential, ledger []*threshold.KeyShare }

// makeKeys has the replicas make the coin key and the ledger key, and the registrars the
// credential key; or a dealer all of them.
func (n *Network) makeKeys(ctx context.Context, c Config, network [32]byte) (s shares, err error) {
	deal := func(p *parties, purpose string, attributes int) (*threshold.Committee, []*threshold.KeyShare, error) {
		if c.Dealt {
			return threshold.Deal(nil, c.Threshold, 3*c.Faults+1, attributes)
		}
		return p.generate(ctx, network, purpose, attributes)
	}
	if c.Threshold <= c.Faults || c.Threshold > 2*c.Faults+1 {
		return s, fmt.Errorf("%w: a threshold of %d with %d faults: need f < t ≤ 2f + 1", threshold.ErrArgument, c.Threshold, c.Faults)
	}
	var replicas, registrars *parties
	if !c.Dealt {
		if replicas, err = newParties(c.Faults, c.Threshold); err != nil {
			return s, err
		}
		if registrars, err = newParties(c.Faults, c.Threshold); err != nil {
			return s, err
		}
	}
	if n.committees.Coin, s.coin, err = deal(replicas, "coin", utt.CoinAttributes); err != nil {
		return s, err
	}
	if n.committees.Credential, s.credential, err = deal(registrars, "credential", utt.CredentialAttributes); err != nil {
		return s, err
	}
	if n.committees.Ledger, s.ledger, err = deal(replicas, "ledger", utt.LedgerAttributes); err != nil {
		return s, err
	}
	if len(c.Held) > 0 {
		if n.auditors, err = newAuditorKeys(ctx, network); err != nil {
			return s, err
		}
	}
	if c.TaxByTotal {
		n.decryptors, err = newTaxKeys(ctx, network)
	}
	return s, err
}

// setUp makes the policy table and sets up its circuits.
func (n *Network) setUp(ctx context.Context, c Config) (circuits []utt.Circuit, rows []utt.Row, err error) {
	rules := policies.Rules{Held: c.Held, Tax: c.Tax, TaxByTotal: c.TaxByTotal, Fee: c.Fee}
	if c.TaxOffice != "" {
		rules.TaxTo = utt.PIDOf(c.TaxOffice)
	}
	t := rules.Table()
	for _, circuit := range t.Circuits {
		k, err := keysOf(ctx, circuit)
		if err != nil {
			return nil, nil, err
		}
		n.proving, circuits = append(n.proving, k), append(circuits, utt.Circuit{Key: k.VerifyingKey()})
	}
	return circuits, t.Rows, nil
}

// setUps are the keys that this process has set up, by circuit. They are of no network.
var setUps struct {
	sync.Mutex
	keys map[[32]byte]*rangeproof.ProvingKey
}

func keysOf(ctx context.Context, of policies.Circuit) (*rangeproof.ProvingKey, error) {
	circuit, err := of.Compile()
	if err != nil {
		return nil, err
	}
	setUps.Lock()
	defer setUps.Unlock()
	if k := setUps.keys[circuit.ID()]; k != nil {
		return k, nil
	}
	k, _, err := rangeproof.SetupSingleParty(ctx, circuit)
	if err != nil {
		return nil, err
	}
	if setUps.keys == nil {
		setUps.keys = make(map[[32]byte]*rangeproof.ProvingKey)
	}
	setUps.keys[circuit.ID()] = k
	return k, nil
}

func (c *Config) defaults() {
	if c.TaxBatch == 0 {
		c.TaxBatch = 1
	}
	if c.Name == "" {
		c.Name = "local"
	}
	if c.Faults == 0 {
		c.Faults = 1
	}
	if c.Threshold == 0 {
		c.Threshold = c.Faults + 1
	}
	if len(c.Assets) == 0 {
		c.Assets = []string{"cash"}
	}
	if unset(&c.Policy) {
		c.Policy = budget.Policy{
			Start:       time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
			EpochLength: 30 * 24 * time.Hour,
			Classes:     []utt.Amount{1000},
		}
	}
}

func unset(p *budget.Policy) bool {
	return p.Start.IsZero() && p.End.IsZero() && p.EpochLength == 0 && len(p.Classes) == 0 && len(p.Counters) == 0
}

// start gives every share of the coin and of the credential key a party of its own; the
// shares of the ledger key go to those that sign coins.
func (n *Network) start(coin, credential, certifying []*threshold.KeyShare) error {
	add := func(c replica.Config) error {
		c.Parameters, c.Committees, c.Store = n.p, &n.committees, new(store.Memory)
		r, err := replica.Open(c)
		n.replicas = append(n.replicas, r)
		return err
	}
	for i, share := range coin {
		if err := add(replica.Config{Coin: share, Ledger: certifying[i]}); err != nil {
			return err
		}
	}
	for _, share := range credential {
		if err := add(replica.Config{Credential: share}); err != nil {
			return err
		}
	}
	return nil
}
