package home

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	cmted25519 "github.com/cometbft/cometbft/crypto/ed25519"
	"github.com/cometbft/cometbft/p2p"

	"github.com/utt-ecash/utt-go/rangeproof"
	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/utt"
)

// Settings are what an operator chooses, in settings.json.
type Settings struct {
	Name     string         `json:"name"`               // of the validator, for logs and its page
	P2P      string         `json:"p2p"`                // where it listens for validators, tcp://…
	RPC      string         `json:"rpc"`                // CometBFT's RPC, for state sync: tcp://…, or "" for none
	HTTP     string         `json:"http"`               // wallets and the page: host:port
	Metrics  string         `json:"metrics"`            // Prometheus: host:port, or "" for none
	Profile  string         `json:"profile,omitempty"`  // Go's profiles: host:port, or "" for none; they show what it works at
	Peers    []string       `json:"peers"`              // the others: ID@host:port
	Names    []string       `json:"names,omitempty"`    // of the validators, by identity, for the page: ID=name
	Retain   uint64         `json:"retain,omitempty"`   // how many blocks are kept for others to catch up by; 0 for all
	Details  string         `json:"details,omitempty"`  // how long those of payments are kept, such as 2160h; "" for ever
	Every    uint64         `json:"every,omitempty"`    // a snapshot is taken every so many blocks; 0 for none
	Pause    string         `json:"pause"`              // between two blocks, such as 300ms
	Phrase   string         `json:"passphrase"`         // the file with the passphrase of the shares
	Private  bool           `json:"private,omitempty"`  // addresses are of this machine or network only
	Decimals map[string]int `json:"decimals,omitempty"` // of amounts on the page, by asset
	Sync     *Sync          `json:"sync,omitempty"`     // where a validator without a state gets one
}

// Sync says from where, and by which block, that the operator has from a source he trusts,
// the state is taken.
type Sync struct {
	Servers []string `json:"servers"` // RPC of two or more validators
	Height  int64    `json:"height"`
	Hash    string   `json:"hash"`
}

// Home is a validator's folder, opened.
type Home struct {
	Folder     string
	Settings   Settings
	Identity   ed25519.PrivateKey
	Parameters *utt.Parameters
	Committees *utt.Committees
	Coin       *threshold.KeyShare // nil where it has none
	Credential *threshold.KeyShare
	Ledger     *threshold.KeyShare
	Proving    []*rangeproof.ProvingKey
	Details    time.Duration // how long those of payments are kept, 0 for ever
}

// The names of files.
const (
	settingsFile   = "settings.json"
	GenesisFile    = "genesis.json"
	IdentityFile   = "identity.json"
	phraseFile     = "passphrase"
	parametersFile = "parameters"
	keysFile       = "keys.json"
	provingFile    = "proving-key-%d"
	dataFolder     = "data"
)

// Path is that of a file of the home.
func (h *Home) Path(name ...string) string {
	return filepath.Join(append([]string{h.Folder}, name...)...)
}

// Data is the path of a file that the validator makes by itself.
func (h *Home) Data(name ...string) string { return h.Path(append([]string{dataFolder}, name...)...) }

// Open reads a home.
func Open(folder string) (*Home, error) {
	h, err := OpenInvitation(folder)
	if err != nil {
		return nil, err
	}
	if d := h.Settings.Details; d != "" {
		var err error
		if h.Details, err = time.ParseDuration(d); err != nil || h.Details < time.Second {
			return nil, fmt.Errorf("settings.json: details %q is no duration such as 2160h", d)
		}
	}
	key, err := p2p.LoadNodeKey(h.Path(IdentityFile))
	if err != nil {
		return nil, fmt.Errorf("identity: %w", err)
	}
	h.Identity = ed25519.PrivateKey(key.PrivKey.Bytes())
	return h, h.Shares()
}

// OpenInvitation reads what is public in a home: all that an invitation has.
func OpenInvitation(folder string) (*Home, error) {
	h := &Home{Folder: folder, Parameters: new(utt.Parameters), Committees: new(utt.Committees)}
	if err := readJSON(h.Path(settingsFile), &h.Settings); err != nil {
		return nil, fmt.Errorf("no home of a validator: %w", err)
	}
	var k keys
	if err := readJSON(h.Path(keysFile), &k); err != nil {
		return nil, err
	}
	if err := h.Committees.UnmarshalBinary(k.Committees); err != nil {
		return nil, err
	}
	b, err := os.ReadFile(h.Path(parametersFile))
	if err != nil {
		return nil, err
	}
	if h.Parameters, err = utt.ParseParameters(b); err != nil {
		return nil, err
	}
	for i, c := range h.Parameters.Circuits() {
		b, err := os.ReadFile(h.Path(fmt.Sprintf(provingFile, i)))
		if err != nil {
			return nil, err
		}
		circuit, err := c.Compile()
		if err != nil {
			return nil, err
		}
		k, err := rangeproof.ParseProvingKey(circuit, c.Key, b)
		if err != nil {
			return nil, err
		}
		h.Proving = append(h.Proving, k)
	}
	return h, nil
}

// keys are committees and key shares, in one file that is written whole.
type keys struct {
	Committees []byte            `json:"committees"`
	Shares     map[string][]byte `json:"shares"` // by purpose, sealed
}

// Shares reads committees and key shares, such as others that a resharing has made.
func (h *Home) Shares() error {
	var k keys
	if err := readJSON(h.Path(keysFile), &k); err != nil {
		return err
	}
	if err := h.Committees.UnmarshalBinary(k.Committees); err != nil {
		return err
	}
	phrase, err := h.passphrase()
	if err != nil {
		return err
	}
	for purpose, into := range h.shares() {
		if *into = nil; k.Shares[purpose] == nil {
			continue
		}
		if *into, err = threshold.OpenKeyShare(k.Shares[purpose], phrase); err != nil {
			return fmt.Errorf("share of the %s key: %w", purpose, err)
		}
	}
	return nil
}

func (h *Home) shares() map[string]**threshold.KeyShare {
	return map[string]**threshold.KeyShare{
		utt.PurposeCoin: &h.Coin, utt.PurposeCredential: &h.Credential, utt.PurposeLedger: &h.Ledger,
	}
}

// KeepShares writes committees and key shares over those of a generation before.
func (h *Home) KeepShares() error {
	phrase, err := h.passphrase()
	if err != nil {
		return err
	}
	k := keys{Shares: make(map[string][]byte)}
	for purpose, share := range h.shares() {
		if *share == nil {
			continue
		}
		if k.Shares[purpose], err = (*share).Seal(nil, phrase); err != nil {
			return err
		}
	}
	if k.Committees, err = h.Committees.MarshalBinary(); err != nil {
		return err
	}
	return writeJSON(h.Path(keysFile), k, 0o600)
}

func (h *Home) passphrase() ([]byte, error) {
	path := h.Settings.Phrase
	if !filepath.IsAbs(path) {
		path = h.Path(path)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("the passphrase of the key shares, which settings.json says is in a file: %w", err)
	}
	return bytes.TrimSpace(b), nil
}

// replace writes a file anew, all of it or nothing.
func replace(path string, b []byte, mode os.FileMode) error {
	f, err := os.OpenFile(path+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, mode)
	if err != nil {
		return err
	}
	if err := fill(f, b); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// fill writes a file to the disk, and closes it.
func fill(f *os.File, b []byte) error {
	_, err := f.Write(b)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// Keep writes the settings.
func (h *Home) Keep() error { return writeJSON(h.Path(settingsFile), h.Settings, 0o644) }

func readJSON(path string, v any) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, v); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

func writeJSON(path string, v any, mode os.FileMode) error {
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	return replace(path, append(b, '\n'), mode)
}

// ID is the name of an identity in CometBFT's network.
func ID(identity ed25519.PublicKey) p2p.ID { return p2p.PubKeyToID(cmted25519.PubKey(identity)) }
