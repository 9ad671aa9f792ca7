package home

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	cmted25519 "github.com/cometbft/cometbft/crypto/ed25519"
	"github.com/cometbft/cometbft/p2p"
	cmttypes "github.com/cometbft/cometbft/types"

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
	all, done  int
	identities []ed25519.PrivateKey
	shares     [3][]*threshold.KeyShare
	committees utt.Committees
	proving    []*rangeproof.ProvingKey
	transcript [][]byte
	issuer     ed25519.PrivateKey
	endorser   ed25519.PrivateKey
	parameters *utt.Parameters
	start      time.Time
}

// Found makes the homes of a network's validators, and what issuer, endorsers and auditors
// need. All keys are made in this process, by parties that talk to each other as those of a
// real network would.
func Found(ctx context.Context, c Founding) error {
	f := &founder{Founding: c, start: time.Now().Add(-time.Second).Truncate(time.Second).UTC()}
	if f.Progress == nil {
		f.Progress = func(string, int, int) {}
	}
	faults := (c.Validators - 1) / 3
	if faults < 1 {
		return fmt.Errorf("a network of %d validators tolerates no fault: found it with 4 or more", c.Validators)
	}
	if err := os.MkdirAll(c.Folder, 0o755); err != nil {
		return err
	}
	if left, err := os.ReadDir(c.Folder); err != nil || len(left) > 0 {
		return fmt.Errorf("%s is not empty: found the network in a folder of its own, or remove what is there (%v)", c.Folder, err)
	}
	table := policies.BudgetOnly().Table()
	if c.Delayed > 0 {
		table = policies.Audited(c.Approved, c.Delayed).Table()
	}
	f.all = 3 + len(table.Circuits) + 2
	if c.Delayed > 0 {
		f.all += 2
	}
	var network [32]byte
	_, _ = rand.Read(network[:]) // never fails
	for range c.Validators {
		_, k, err := ed25519.GenerateKey(nil)
		if err != nil {
			return err
		}
		f.identities = append(f.identities, k)
	}
	config := utt.Config{Name: c.Name, Genesis: network, Assets: []string{c.Asset}, Rows: table.Rows}
	if err := f.keys(ctx, &config, &parties{network: network, identities: f.identities, faults: faults, threshold: 2*faults + 1, dealt: c.Dealt}); err != nil {
		return err
	}
	if c.Delayed > 0 {
		if err := f.auditors(ctx, &config); err != nil {
			return err
		}
	}
	for i, circuit := range table.Circuits {
		f.step("proof system of circuit %d of %d", i+1, len(table.Circuits))
		if err := f.setUp(ctx, circuit); err != nil {
			return err
		}
		config.Circuits = append(config.Circuits, utt.Circuit{Key: f.proving[i].VerifyingKey()})
	}
	config.Policy = budget.Policy{Start: f.start, EpochLength: c.Epoch, Classes: []utt.Amount{c.Budget}}
	var err error
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

func (f *founder) home(i int) string { return filepath.Join(f.Folder, fmt.Sprint("node", i+1)) }

// port is one of the four of a validator.
func (f *founder) port(i, k int) int { return f.Port + 4*i + k }

func (f *founder) write() error {
	genesis, err := f.genesis()
	if err != nil {
		return err
	}
	for i := range f.identities {
		if err := f.writeHome(i, genesis); err != nil {
			return err
		}
	}
	digest := f.parameters.Digest()
	n := Network{Name: f.Name, Parameters: hex.EncodeToString(digest[:]), Decimals: map[string]int{f.Asset: f.Decimals}}
	for i := range f.identities {
		n.Nodes = append(n.Nodes, fmt.Sprintf("http://%s:%d", f.Host, f.port(i, 2)))
		n.RPC = append(n.RPC, fmt.Sprintf("http://%s:%d", f.Host, f.port(i, 1)))
	}
	if err := n.Write(filepath.Join(f.Folder, NetworkFile)); err != nil {
		return err
	}
	for name, key := range map[string]ed25519.PrivateKey{IssuerFile: f.issuer, EndorserFile: f.endorser} {
		if err := replace(filepath.Join(f.Folder, name), []byte(hex.EncodeToString(key.Seed())+"\n"), 0o600); err != nil {
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

// AppState is what the genesis file says of the ledger.
type AppState struct {
	Parameters string `json:"parameters"` // their digest
}

func (f *founder) genesis() (*cmttypes.GenesisDoc, error) {
	digest := f.parameters.Digest()
	state, err := json.Marshal(AppState{hex.EncodeToString(digest[:])})
	if err != nil {
		return nil, err
	}
	p := cmttypes.DefaultConsensusParams()
	p.Block.MaxBytes = 4 << 20
	p.Evidence.MaxBytes = 64 << 10
	d := &cmttypes.GenesisDoc{
		GenesisTime: f.start, ChainID: chainID(f.Name, digest), InitialHeight: 1, ConsensusParams: p, AppState: state,
	}
	for i, k := range f.identities {
		public := cmted25519.PubKey(k.Public().(ed25519.PublicKey))
		d.Validators = append(d.Validators, cmttypes.GenesisValidator{Address: public.Address(), PubKey: public, Power: Power, Name: fmt.Sprint("node", i+1)})
	}
	return d, d.ValidateAndComplete()
}

// Power is that of each validator.
const Power = 10

// chainID names the chain after the parameters, so that no two networks are taken for one.
func chainID(name string, digest [32]byte) string {
	return fmt.Sprintf("%.32s-%x", name, digest[:6])
}

func (f *founder) writeHome(i int, genesis *cmttypes.GenesisDoc) error {
	h := &Home{Folder: f.home(i), Committees: &f.committees, Coin: f.shares[0][i], Credential: f.shares[1][i], Ledger: f.shares[2][i]}
	if err := os.MkdirAll(h.Data(), 0o700); err != nil {
		return err
	}
	address := func(k int) string { return fmt.Sprintf("%s:%d", f.Host, f.port(i, k)) }
	h.Settings = Settings{
		Name: fmt.Sprint("node", i+1), P2P: "tcp://" + address(0), RPC: "tcp://" + address(1), HTTP: address(2), Metrics: address(3),
		Retain: f.Retain, Every: f.Every, Pause: f.Pause.String(), Phrase: phraseFile, Private: true,
		Decimals: map[string]int{f.Asset: f.Decimals},
	}
	for j, k := range f.identities {
		id := ID(k.Public().(ed25519.PublicKey))
		h.Settings.Names = append(h.Settings.Names, fmt.Sprintf("%s=node%d", id, j+1))
		if j != i {
			h.Settings.Peers = append(h.Settings.Peers, fmt.Sprintf("%s@%s:%d", id, f.Host, f.port(j, 0)))
		}
	}
	if err := h.Keep(); err != nil {
		return err
	}
	key := p2p.NodeKey{PrivKey: cmted25519.PrivKey(f.identities[i])}
	if err := key.SaveAs(h.Path(IdentityFile)); err != nil {
		return err
	}
	if err := replace(h.Path(phraseFile), []byte(rand.Text()+"\n"), 0o600); err != nil {
		return err
	}
	if err := h.KeepShares(); err != nil {
		return err
	}
	b, err := f.parameters.MarshalBinary()
	if err != nil {
		return err
	}
	if err := replace(h.Path(parametersFile), b, 0o644); err != nil {
		return err
	}
	for k, of := range f.proving {
		if b, err = of.MarshalBinary(); err != nil {
			return err
		}
		if err := replace(h.Path(fmt.Sprintf(provingFile, k)), b, 0o644); err != nil {
			return err
		}
	}
	if err := newVotes(h); err != nil {
		return err
	}
	return genesis.SaveAs(h.Path(GenesisFile))
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
