package home

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/utt-ecash/utt-go/budget"
	"github.com/utt-ecash/utt-go/rangeproof"
	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/policies"
)

// Founding is what a network is founded on.
type Founding struct {
	Folder     string // of the homes, node1 and so on
	Name       string
	Validators int           // 3f + 1 at least, of whom f may be faulty
	Dealt      bool          // keys by one party, who could forge: for tests
	Asset      string        // such as cash
	Decimals   int           // of its amounts, as people write them
	Budget     utt.Amount    // what each user may pay in private in an epoch
	Approved   utt.Amount    // up to which auditors may approve a payment beyond it, and
	Delayed    utt.Amount    // up to which they may with a delay; 0 for no auditors
	Epoch      time.Duration // how long it is
	Pause      time.Duration // between two blocks
	Retain     uint64
	Every      uint64
	Port       int // the first of the ports, four for each validator
	Host       string
	// Progress, if there is one, is told what is being done, and how much of it is done.
	Progress func(what string, done, of int)
}

// Network is what everybody may know of a network, and what wallets are made with:
// network.json.
type Network struct {
	Name       string         `json:"name"`
	Parameters string         `json:"parameters"` // their digest, by which all know them
	Nodes      []string       `json:"nodes"`
	Decimals   map[string]int `json:"decimals"`
	RPC        []string       `json:"rpc,omitempty"`
}

// The files of those who found a network, beside the homes.
const (
	NetworkFile  = "network.json"
	IssuerFile   = "issuer.key"
	EndorserFile = "endorser.key"
)

// founder does it.
type founder struct {
	Founding
	founded
	all, done  int
	identities []ed25519.PrivateKey
	shares     [3][]*threshold.KeyShare
	transcript [][]byte
	issuer     ed25519.PrivateKey
	endorser   ed25519.PrivateKey
}

// Found makes the homes of a network's validators, and what issuer, endorsers and auditors
// need. All keys are made in this process, by parties that talk to each other as those of a
// real network would.
func Found(ctx context.Context, c Founding) error {
	f := &founder{Founding: c, founded: founded{
		name: c.Name, decimals: map[string]int{c.Asset: c.Decimals}, start: time.Now().Add(-time.Second).Truncate(time.Second).UTC(),
		pause: c.Pause, retain: c.Retain, every: c.Every, private: true,
	}}
	if f.Progress == nil {
		f.Progress = func(string, int, int) {}
	}
	tolerated := faults(c.Validators)
	if tolerated < 1 {
		return fmt.Errorf("a network of %d validators tolerates no fault: found it with 4 or more", c.Validators)
	}
	if err := os.MkdirAll(c.Folder, 0o755); err != nil {
		return err
	}
	left, err := os.ReadDir(c.Folder)
	if err != nil {
		return err
	}
	if len(left) > 0 {
		return fmt.Errorf("%s is not empty: found the network in a folder of its own, or remove what is there", c.Folder)
	}
	rules := table(c.Approved, c.Delayed)
	f.all = 3 + len(rules.Circuits) + 2
	if c.Delayed > 0 {
		f.all += 2
	}
	var network [32]byte
	_, _ = rand.Read(network[:]) // never fails
	for i := range c.Validators {
		public, k, err := ed25519.GenerateKey(nil)
		if err != nil {
			return err
		}
		f.identities = append(f.identities, k)
		f.validators = append(f.validators, NewValidator(fmt.Sprint("node", i+1), public, c.Host, c.Port+portsOfNode*i))
	}
	config := utt.Config{Name: c.Name, Genesis: network, Assets: []string{c.Asset}, Rows: rules.Rows}
	if err := f.keys(ctx, &config, &parties{network: network, identities: f.identities, faults: tolerated, threshold: 2*tolerated + 1, dealt: c.Dealt}); err != nil {
		return err
	}
	if c.Delayed > 0 {
		if err := f.auditors(ctx, &config); err != nil {
			return err
		}
	}
	for i, circuit := range rules.Circuits {
		f.step("proof system of circuit %d of %d", i+1, len(rules.Circuits))
		if err := f.setUp(ctx, circuit); err != nil {
			return err
		}
		config.Circuits = append(config.Circuits, utt.Circuit{Key: f.proving[i].VerifyingKey()})
	}
	config.Policy = budget.Policy{Start: f.start, EpochLength: c.Epoch, Classes: []utt.Amount{c.Budget}}
	if config.Issuer, f.issuer, err = ed25519.GenerateKey(nil); err != nil {
		return err
	}
	endorser, endorserKey, err := ed25519.GenerateKey(nil)
	if err != nil {
		return err
	}
	config.Endorsers, f.endorser = []ed25519.PublicKey{endorser}, endorserKey
	f.step("parameters")
	if f.parameters, err = utt.NewParameters(config); err != nil {
		return err
	}
	f.step("the homes of %d validators", c.Validators)
	if err := f.write(); err != nil {
		return err
	}
	f.Progress("done", f.all, f.all)
	return nil
}

func (f *founder) step(format string, args ...any) {
	f.Progress(fmt.Sprintf(format, args...), f.done, f.all)
	f.done++
}

// keys makes the group keys.
func (f *founder) keys(ctx context.Context, config *utt.Config, p *parties) error {
	for k, of := range []struct {
		purpose    string
		attributes int
		committee  **threshold.Committee
	}{
		{utt.PurposeCoin, utt.CoinAttributes, &f.committees.Coin},
		{utt.PurposeCredential, utt.CredentialAttributes, &f.committees.Credential},
		{utt.PurposeLedger, utt.LedgerAttributes, &f.committees.Ledger},
	} {
		f.step("the %s key, by %d validators", of.purpose, len(p.identities))
		c, shares, holders, err := p.signing(ctx, of.purpose, of.attributes)
		if err != nil {
			return err
		}
		*of.committee, f.shares[k] = c, shares
		config.Holders = append(config.Holders, holders)
	}
	config.CoinKey, config.CredentialKey, config.LedgerKey = f.committees.Coin.Group(), f.committees.Credential.Group(), f.committees.Ledger.Group()
	return nil
}

// setUp makes the proof system's keys of a circuit.
func (f *founder) setUp(ctx context.Context, of policies.Circuit) error {
	circuit, err := of.Compile()
	if err != nil {
		return err
	}
	var key *rangeproof.ProvingKey
	var transcript []byte
	if f.Dealt {
		key, _, err = rangeproof.SetupSingleParty(ctx, circuit)
	} else {
		key, transcript, err = ceremony(ctx, circuit)
	}
	if err != nil {
		return err
	}
	f.proving, f.transcript = append(f.proving, key), append(f.transcript, transcript)
	return nil
}

func (f *founder) write() error {
	for i, identity := range f.identities {
		h := &Home{Folder: filepath.Join(f.Folder, f.validators[i].Name), Identity: identity, Coin: f.shares[0][i], Credential: f.shares[1][i], Ledger: f.shares[2][i]}
		if err := h.begin(); err != nil {
			return err
		}
		if err := f.writeHome(h, i); err != nil {
			return err
		}
	}
	if err := f.network().Write(filepath.Join(f.Folder, NetworkFile)); err != nil {
		return err
	}
	for name, key := range map[string]ed25519.PrivateKey{IssuerFile: f.issuer, EndorserFile: f.endorser} {
		if err := WriteKey(filepath.Join(f.Folder, name), key); err != nil {
			return err
		}
	}
	for i, b := range f.transcript {
		if b == nil {
			continue
		}
		if err := replace(filepath.Join(f.Folder, fmt.Sprintf("ceremony-%d", i)), b, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// Write writes it.
func (n Network) Write(path string) error { return writeJSON(path, n, 0o644) }

// ReadNetwork reads what everybody may know of a network.
func ReadNetwork(path string) (n Network, err error) {
	if err := readJSON(path, &n); err != nil {
		return n, err
	}
	if len(n.Nodes) == 0 || slices.Contains(n.Nodes, "") {
		return n, fmt.Errorf("%s names no node", path)
	}
	return n, nil
}

// WriteKey writes the key of an issuer or endorser.
func WriteKey(path string, key ed25519.PrivateKey) error {
	return replace(path, []byte(hex.EncodeToString(key.Seed())+"\n"), 0o600)
}

// ReadKey reads the key of an issuer or endorser.
func ReadKey(path string) (ed25519.PrivateKey, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if len(b) > 0 && b[len(b)-1] == '\n' {
		b = b[:len(b)-1]
	}
	seed, err := hex.DecodeString(string(b))
	if err != nil || len(seed) != ed25519.SeedSize {
		return nil, fmt.Errorf("%s holds no key: 64 hexadecimal digits", path)
	}
	return ed25519.NewKeyFromSeed(seed), nil
}
