package home

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"time"

	cmted25519 "github.com/cometbft/cometbft/crypto/ed25519"
	"github.com/cometbft/cometbft/p2p"
	cmttypes "github.com/cometbft/cometbft/types"

	"github.com/utt-ecash/utt-go/rangeproof"
	"github.com/utt-ecash/utt-go/utt"
)

// Validator is what all may know of one that a network is founded with.
type Validator struct {
	Name     string            `json:"name"`
	Identity ed25519.PublicKey `json:"identity"`
	P2P      string            `json:"p2p"`  // host:port for validators,
	RPC      string            `json:"rpc"`  // for state sync,
	HTTP     string            `json:"http"` // and for wallets
	Metrics  string            `json:"-"`    // its operator's own
}

// portsOfNode is how many ports a validator has, one after the other.
const portsOfNode = 4

// NewValidator is one with ports from one on.
func NewValidator(name string, identity ed25519.PublicKey, host string, port int) Validator {
	at := func(k int) string { return fmt.Sprintf("%s:%d", host, port+k) }
	return Validator{name, identity, at(0), at(1), at(2), at(3)}
}

// founded is what all who found a network come to, each by himself or all in one process.
type founded struct {
	name          string
	decimals      map[string]int
	start         time.Time
	pause         time.Duration
	retain, every uint64
	private       bool // addresses are of one machine or network
	validators    []Validator
	committees    utt.Committees
	proving       []*rangeproof.ProvingKey
	parameters    *utt.Parameters
}

// network is what wallets are made with.
func (f *founded) network() Network {
	digest := f.parameters.Digest()
	n := Network{Name: f.name, Parameters: hex.EncodeToString(digest[:]), Decimals: f.decimals}
	for _, v := range f.validators {
		n.Nodes, n.RPC = append(n.Nodes, "http://"+v.HTTP), append(n.RPC, "http://"+v.RPC)
	}
	return n
}

// AppState is what the genesis file says of the ledger.
type AppState struct {
	Parameters string `json:"parameters"` // their digest
}

func (f *founded) genesis() (*cmttypes.GenesisDoc, error) {
	digest := f.parameters.Digest()
	state, err := json.Marshal(AppState{hex.EncodeToString(digest[:])})
	if err != nil {
		return nil, err
	}
	p := cmttypes.DefaultConsensusParams()
	p.Block.MaxBytes = 4 << 20
	p.Evidence.MaxBytes = 64 << 10
	d := &cmttypes.GenesisDoc{
		GenesisTime: f.start, ChainID: chainID(f.name, digest), InitialHeight: 1, ConsensusParams: p, AppState: state,
	}
	for _, v := range f.validators {
		public := cmted25519.PubKey(v.Identity)
		d.Validators = append(d.Validators, cmttypes.GenesisValidator{Address: public.Address(), PubKey: public, Power: Power, Name: v.Name})
	}
	return d, d.ValidateAndComplete()
}

// Power is that of each validator.
const Power = 10

// chainID names the chain after the parameters, so that no two networks are taken for one.
func chainID(name string, digest [32]byte) string {
	return fmt.Sprintf("%.32s-%x", name, digest[:6])
}

// begin makes the folder of a home, with its identity and a passphrase for its shares.
func (h *Home) begin() error {
	if err := os.MkdirAll(h.Data(), 0o700); err != nil {
		return err
	}
	key := p2p.NodeKey{PrivKey: cmted25519.PrivKey(h.Identity)}
	if err := key.SaveAs(h.Path(IdentityFile)); err != nil {
		return err
	}
	h.Settings.Phrase = phraseFile
	return replace(h.Path(phraseFile), []byte(rand.Text()+"\n"), 0o600)
}

// writeHome writes all else of the home of a validator, which has its shares.
func (f *founded) writeHome(h *Home, i int) error {
	own := f.validators[i]
	h.Committees = &f.committees
	h.Settings = Settings{
		Name: own.Name, P2P: "tcp://" + own.P2P, RPC: "tcp://" + own.RPC, HTTP: own.HTTP, Metrics: own.Metrics,
		Retain: f.retain, Every: f.every, Pause: f.pause.String(), Phrase: phraseFile, Private: f.private, Decimals: f.decimals,
	}
	for j, v := range f.validators {
		h.Settings.Names = append(h.Settings.Names, fmt.Sprintf("%s=%s", ID(v.Identity), v.Name))
		if j != i {
			h.Settings.Peers = append(h.Settings.Peers, fmt.Sprintf("%s@%s", ID(v.Identity), v.P2P))
		}
	}
	if err := h.Keep(); err != nil {
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
	genesis, err := f.genesis()
	if err != nil {
		return err
	}
	return genesis.SaveAs(h.Path(GenesisFile))
}
