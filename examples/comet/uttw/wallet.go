package main

import (
	"bufio"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"github.com/utt-ecash/utt-go/examples/comet/cli"
	"github.com/utt-ecash/utt-go/examples/comet/home"
	"github.com/utt-ecash/utt-go/rangeproof"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/httpnode"
	"github.com/utt-ecash/utt-go/utt/store"
	"github.com/utt-ecash/utt-go/utt/wallet"
)

// command is what all commands share.
type command struct {
	folder     string
	phraseFile string
	asJSON     bool
	quiet      bool
}

// settings are what is in the open in the wallet's folder.
type settings struct {
	Identity string       `json:"identity"`
	Network  home.Network `json:"network"`
	Born     time.Time    `json:"born,omitzero"` // before which nothing was paid to it
}

// purse is a wallet that is open.
type purse struct {
	*wallet.Wallet
	c        *command
	file     *store.File
	settings settings
	node     *httpnode.Client
	p        *utt.Parameters
}

// The files of a wallet.
const (
	settingsFile = "wallet.json"
	seedFile     = "seed.json"
	stateFile    = "state"
	rulesFile    = "parameters"
)

// here is the folder of a wallet, if none is given.
const here = "wallet"

// call is how a command of this wallet is called.
func (c *command) call(command string) string {
	if c.folder != here {
		command += " --wallet " + cli.Quote(c.folder)
	}
	return "uttw " + command
}

func (c *command) path(name string) string { return filepath.Join(c.folder, name) }

// passphrase reads it from its file, or asks for it.
func (c *command) passphrase(ask string, twice bool) (string, error) {
	if c.phraseFile != "" {
		b, err := os.ReadFile(c.phraseFile)
		if err != nil {
			return "", err
		}
		return strings.TrimSpace(string(b)), nil
	}
	if !term.IsTerminal(int(os.Stdin.Fd())) {
		return "", cli.Usage(errors.New("no terminal to ask for the passphrase at: say --passphrase-file, or set UTTW_PASSPHRASE_FILE"))
	}
	read := func(ask string) (string, error) {
		fmt.Fprint(os.Stderr, ask, ": ")
		b, err := term.ReadPassword(int(os.Stdin.Fd()))
		fmt.Fprintln(os.Stderr)
		return string(b), err
	}
	first, err := read(ask)
	if err != nil || !twice {
		return first, err
	}
	again, err := read("once more")
	if err == nil && again != first {
		err = errors.New("these are two different passphrases: begin again")
	}
	return first, err
}

// create makes the folder of a wallet.
func (c *command) create(identity, network string, seed []byte, born time.Time) error {
	if _, err := os.Stat(c.path(seedFile)); err == nil {
		return fmt.Errorf("there is a wallet in %s: say --wallet for another folder", c.folder)
	}
	if err := utt.CheckIdentity(identity); err != nil {
		return cli.Usage(err)
	}
	n, err := home.ReadNetwork(network)
	if err != nil {
		return err
	}
	phrase, err := c.passphrase("a passphrase for this wallet", true)
	if err != nil {
		return err
	}
	if phrase == "" {
		return cli.Usage(errors.New("an empty passphrase protects nothing"))
	}
	sealed, err := home.Seal(seed, phrase, "seed of "+identity)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(c.folder, 0o700); err != nil {
		return err
	}
	b, err := json.MarshalIndent(settings{identity, n, born}, "", "  ")
	if err != nil {
		return err
	}
	if err := write(c.path(settingsFile), b); err != nil {
		return err
	}
	return write(c.path(seedFile), sealed)
}

// write writes a file anew, all of it or nothing.
func write(path string, b []byte) error {
	if err := os.WriteFile(path+".new", b, 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// read reads what is in the open.
func (c *command) read() (s settings, err error) {
	b, err := os.ReadFile(c.path(settingsFile))
	if errors.Is(err, fs.ErrNotExist) {
		return s, fmt.Errorf("there is no wallet in %s: make one with %s, or say --wallet for another", c.folder, c.call("new"))
	}
	if err != nil {
		return s, err
	}
	if err := json.Unmarshal(b, &s); err != nil {
		return s, fmt.Errorf("%s: %w", c.path(settingsFile), err)
	}
	return s, nil
}

// open opens the wallet.
func (c *command) open(ctx context.Context) (*purse, error) {
	s, err := c.read()
	if err != nil {
		return nil, err
	}
	w := &purse{c: c, settings: s}
	if w.node, err = httpnode.NewClient(&http.Client{Timeout: time.Minute}, s.Network.Nodes...); err != nil {
		return nil, err
	}
	if w.p, err = c.rules(ctx, s, w.node); err != nil {
		return nil, err
	}
	phrase, err := c.passphrase("passphrase of "+s.Identity, false)
	if err != nil {
		return nil, err
	}
	sealed, err := os.ReadFile(c.path(seedFile))
	if err != nil {
		return nil, err
	}
	seed, err := home.Unseal(sealed, phrase, "seed of "+s.Identity)
	if err != nil {
		return nil, err
	}
	w.Wallet, w.file, err = c.openState(w.p, s, seed)
	return w, err
}

// close ends the use of the wallet's file. What it holds is there after every write.
func (w *purse) close() { _ = w.file.Close() }

// rules are the parameters, from a node the first time: their digest decides.
func (c *command) rules(ctx context.Context, s settings, node *httpnode.Client) (*utt.Parameters, error) {
	var digest [32]byte
	b, err := hex.DecodeString(s.Network.Parameters)
	if err != nil || len(b) != len(digest) {
		return nil, fmt.Errorf("%s: the digest of the parameters is none", settingsFile)
	}
	copy(digest[:], b)
	if b, err := os.ReadFile(c.path(rulesFile)); err == nil {
		if p, err := utt.ParseParameters(b); err == nil && p.Digest() == digest {
			return p, nil
		}
	}
	p, err := node.Parameters(ctx, digest)
	if err != nil {
		return nil, err
	}
	if b, err = p.MarshalBinary(); err != nil {
		return nil, err
	}
	return p, write(c.path(rulesFile), b)
}

// provers gives the wallet its proving keys, from a node the first time: the parameters name
// them.
func (w *purse) provers(ctx context.Context) error {
	for _, c := range w.Parameters().Circuits() {
		circuit, err := c.Compile()
		if err != nil {
			return err
		}
		digest := c.Key.Digest()
		path := w.c.path(fmt.Sprintf("proving-key-%x", digest[:8]))
		var key *rangeproof.ProvingKey
		if b, err := os.ReadFile(path); err == nil {
			key, _ = rangeproof.ParseProvingKey(circuit, c.Key, b) // a damaged one is fetched again
		}
		if key == nil {
			done := w.c.busy("fetching a proving key")
			key, err = w.node.ProvingKey(ctx, circuit, c.Key)
			done()
			if err != nil {
				return err
			}
			b, err := key.MarshalBinary()
			if err != nil {
				return err
			}
			if err := write(path, b); err != nil {
				return err
			}
		}
		if err := w.AddProvingKey(key); err != nil {
			return err
		}
	}
	return nil
}

// busy shows that something takes long, until what it returns is called.
func (c *command) busy(what string) (done func()) {
	if c.quiet || c.asJSON || !term.IsTerminal(int(os.Stderr.Fd())) {
		return func() {}
	}
	bar := progressbar.NewOptions(-1, progressbar.OptionSetWriter(os.Stderr), progressbar.OptionSetDescription(what), progressbar.OptionSpinnerType(14), progressbar.OptionClearOnFinish())
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		for t := time.NewTicker(100 * time.Millisecond); ; {
			select {
			case <-ctx.Done():
				t.Stop()
				return
			case <-t.C:
				_ = bar.Add(1)
			}
		}
	}()
	return func() {
		cancel()
		_ = bar.Finish()
	}
}

// sync takes in what is certified, and shows how far it is. A node that lags is no fault.
func (w *purse) sync(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
	defer cancel()
	if !w.c.quiet && !w.c.asJSON && term.IsTerminal(int(os.Stderr.Fd())) {
		if last, err := w.node.Certificate(ctx, math.MaxUint64); err == nil {
			bar := progressbar.NewOptions64(int64(last.Records), progressbar.OptionSetWriter(os.Stderr), progressbar.OptionSetDescription("syncing"), progressbar.OptionClearOnFinish())
			showing, stop := context.WithCancel(ctx)
			defer stop()
			go func() {
				for showing.Err() == nil {
					_ = bar.Set64(int64(min(w.Checkpoint().Records, last.Records)))
					time.Sleep(100 * time.Millisecond)
				}
			}()
			defer func() { _ = bar.Finish() }()
		}
	}
	for range w.settings.Network.Nodes {
		if err := w.Sync(ctx, w.node); err != nil && !wallet.Behind.Is(err) {
			return err
		}
		if time.Since(time.Unix(int64(w.Checkpoint().Time), 0)) < old {
			break
		}
		w.node.Answering()(&wallet.NodeError{Fault: wallet.Behind}) // it was just started: the next one is asked
	}
	return nil
}

// old is what a node knows that knows of no block for so long. All certify one every second.
const old = 5 * time.Second

// finish waits until what was handed in is executed, or held. Broken off, it stays pending,
// and the wallet goes on with it.
func (w *purse) finish(ctx context.Context, h wallet.Handle, err error) (wallet.State, error) {
	if err != nil {
		return 0, err
	}
	done := w.c.busy("waiting for the validators")
	defer done()
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	s, err := w.AwaitHeld(ctx, w.node, h)
	return s.State, err
}

// funded asks for the present epoch's budget, if the wallet has none yet.
func (w *purse) funded(ctx context.Context, asset string) error {
	b, err := w.Budget(asset)
	if err != nil || b.Granted || b.Next != b.Epoch || b.Suspended {
		return err
	}
	h, err := w.RequestBudget(ctx, w.node, asset, b.Epoch)
	_, err = w.finish(ctx, h, err)
	return err
}

// asset is the one given, or the only one.
func (w *purse) asset(name string) (string, int, error) {
	assets := w.p.Assets()
	if name == "" && len(assets) == 1 {
		name = assets[0]
	}
	for _, a := range assets {
		if a == name {
			return a, w.settings.Network.Decimals[a], nil
		}
	}
	return "", 0, cli.Usage(fmt.Errorf("asset %q is none of %v: say --asset", name, assets))
}

// print prints the answer, as JSON or as text.
func (c *command) print(v any, format string, args ...any) error {
	if c.asJSON {
		return cli.Encode(v)
	}
	_, err := fmt.Printf(format+"\n", args...)
	return err
}

// line reads a line at the terminal, or from a pipe.
func line(ask string) (string, error) {
	if term.IsTerminal(int(os.Stdin.Fd())) {
		fmt.Fprint(os.Stderr, ask, ": ")
	}
	text, err := bufio.NewReader(os.Stdin).ReadString('\n')
	if text == "" && err != nil {
		return "", err
	}
	return strings.TrimSpace(text), nil
}
