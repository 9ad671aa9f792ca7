package main

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/utt-ecash/utt-go/budget"
	"github.com/utt-ecash/utt-go/rangeproof"
	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/replica"
	"github.com/utt-ecash/utt-go/utt/store"
)

const (
	parties = 4
	asset   = "cash"
)

func main() {
	ctx := context.Background()
	var err error
	if dir, i := os.Getenv("UTT_DIR"), os.Getenv("UTT_PARTY"); i != "" {
		err = child(ctx, dir, i)
	} else {
		err = story(ctx)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "processes:", err)
		os.Exit(1)
	}
}

// child is one of the four processes.
func child(ctx context.Context, dir, name string) error {
	i, err := strconv.Atoi(name)
	if err != nil {
		return err
	}
	f, err := load(dir, i)
	if err != nil {
		return err
	}
	return serve(ctx, f, i)
}

// founding is what a process is started with: what all know, and the shares of one.
type founding struct {
	dir        string
	parameters *utt.Parameters
	committees *utt.Committees
	shares     [3]*threshold.KeyShare
	tokens     [parties]string // their hashes
	token      string
	ports      [parties]int
}

// files are a founding on disk.
type files struct {
	Parameters, Committees []byte
	Shares                 [3][]byte
	Tokens                 [parties]string
	Token                  string
	Ports                  [parties]int
}

func (f *founding) address(j int) string { return fmt.Sprint("127.0.0.1:", f.ports[j]) }

// party is who a process is to the others: it has the same index in all committees.
func (f *founding) party(j int) replica.Party {
	k := threshold.Index(j + 1)
	return replica.Party{Coin: k, Credential: k, Ledger: k}
}

func (f *founding) config(int) replica.Config {
	return replica.Config{
		Parameters: f.parameters, Committees: f.committees,
		Coin: f.shares[0], Credential: f.shares[1], Ledger: f.shares[2],
	}
}

func founded(dir string, i int) string { return filepath.Join(dir, fmt.Sprint("party-", i, ".json")) }

func load(dir string, i int) (*founding, error) {
	b, err := os.ReadFile(founded(dir, i))
	if err != nil {
		return nil, err
	}
	var d files
	if err := json.Unmarshal(b, &d); err != nil {
		return nil, err
	}
	f := &founding{dir: dir, committees: new(utt.Committees), tokens: d.Tokens, token: d.Token, ports: d.Ports}
	if f.parameters, err = utt.ParseParameters(d.Parameters); err != nil {
		return nil, err
	}
	if err := f.committees.UnmarshalBinary(d.Committees); err != nil {
		return nil, err
	}
	for k := range f.shares {
		f.shares[k] = new(threshold.KeyShare)
		if err := f.shares[k].UnmarshalBinary(d.Shares[k]); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// secrets are what the story itself needs of the founding.
type secrets struct {
	*founding
	proving  []*rangeproof.ProvingKey
	issuer   ed25519.PrivateKey
	endorser *utt.Endorser
}

// found deals keys and writes for every process what it is started with.
func found(ctx context.Context, dir string) (*secrets, error) {
	var committees [3]*threshold.Committee
	var shares [3][]*threshold.KeyShare
	for k, attributes := range []int{utt.CoinAttributes, utt.CredentialAttributes, utt.LedgerAttributes} {
		var err error
		if committees[k], shares[k], err = threshold.Deal(nil, 2, parties, attributes); err != nil {
			return nil, err
		}
	}
	s := &secrets{founding: &founding{dir: dir, committees: &utt.Committees{Coin: committees[0], Credential: committees[1], Ledger: committees[2]}}}
	var circuits []utt.Circuit // of transfers to oneself, and of payments
	for _, rules := range [][]rangeproof.Rule{nil, {rangeproof.Pays()}} {
		circuit, err := rangeproof.Compile(2, rules...)
		if err != nil {
			return nil, err
		}
		proving, verifying, err := rangeproof.SetupSingleParty(ctx, circuit)
		if err != nil {
			return nil, err
		}
		s.proving, circuits = append(s.proving, proving), append(circuits, utt.Circuit{Key: verifying})
	}
	issuer, issuerKey, err := ed25519.GenerateKey(nil)
	if err != nil {
		return nil, err
	}
	endorser, endorserKey, err := ed25519.GenerateKey(nil)
	if err != nil {
		return nil, err
	}
	s.issuer = issuerKey
	config := utt.Config{
		Name: "processes", CoinKey: committees[0].Group(), CredentialKey: committees[1].Group(), LedgerKey: committees[2].Group(),
		Assets:   []string{asset},
		Circuits: circuits,
		Rows:     []utt.Row{{Case: utt.Self}, {Case: utt.Anonymous, Circuit: 1, Counter: budget.Privacy}},
		Policy: budget.Policy{
			Start: time.Now().Truncate(time.Second).UTC(), EpochLength: 30 * 24 * time.Hour, Classes: []utt.Amount{1000},
		},
		Issuer: issuer, Endorsers: []ed25519.PublicKey{endorser},
	}
	_, _ = rand.Read(config.Genesis[:]) // never fails
	if s.parameters, err = utt.NewParameters(config); err != nil {
		return nil, err
	}
	if s.endorser, err = utt.NewEndorser(s.parameters, endorserKey); err != nil {
		return nil, err
	}
	return s, s.write(shares)
}

// write writes what the processes are started with.
func (s *secrets) write(shares [3][]*threshold.KeyShare) error {
	var d files
	var err error
	if d.Parameters, err = s.parameters.MarshalBinary(); err != nil {
		return err
	}
	if d.Committees, err = s.committees.MarshalBinary(); err != nil {
		return err
	}
	var tokens [parties]string
	for i := range parties {
		tokens[i] = rand.Text()
		h := sha256.Sum256([]byte(tokens[i]))
		d.Tokens[i] = hex.EncodeToString(h[:])
		if d.Ports[i], err = freePort(); err != nil {
			return err
		}
	}
	s.ports, s.tokens = d.Ports, d.Tokens
	for i := range parties {
		d.Token = tokens[i]
		for k := range d.Shares {
			if d.Shares[k], err = shares[k][i].MarshalBinary(); err != nil {
				return err
			}
		}
		b, err := json.Marshal(d)
		if err != nil {
			return err
		}
		if err := os.WriteFile(founded(s.dir, i), b, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// freePort is one that nobody listens on now.
func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	return l.Addr().(*net.TCPAddr).Port, l.Close()
}

// crash kills the process at the named point, once, if the story asked for it.
func crash(point string) {
	path := filepath.Join(os.Getenv("UTT_DIR"), "crash-"+os.Getenv("UTT_PARTY"))
	if b, err := os.ReadFile(path); err == nil && string(b) == point && os.Remove(path) == nil {
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {} // until it is dead
	}
}

// crashing is a store in which a process can die before and after a write.
type crashing struct{ store.Store }

func (s crashing) Apply(writes []store.Write) error {
	what := "block"
	if len(writes) > 0 && strings.HasPrefix(string(writes[0].Key), "~c") { // a certificate
		what = "certificate"
	}
	crash("before the " + what + " is written")
	err := s.Store.Apply(writes)
	crash("after the " + what + " is written")
	return err
}
