package home

import (
	"crypto/ed25519"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	cmted25519 "github.com/cometbft/cometbft/crypto/ed25519"
	"github.com/cometbft/cometbft/p2p"
)

// Join makes the home of one that is to become a validator, after another's: it has an
// identity of its own and no key shares, and follows the ledger until a resharing gives it
// some.
func Join(like *Home, folder, name, host string, port int) (*Home, error) {
	if _, err := os.Stat(folder); err == nil {
		return nil, fmt.Errorf("%s is there already", folder)
	}
	h := &Home{Folder: folder, Settings: like.Settings, Parameters: like.Parameters, Committees: like.Committees, Proving: like.Proving}
	if err := os.MkdirAll(h.Data(), 0o700); err != nil {
		return nil, err
	}
	var err error
	if _, h.Identity, err = ed25519.GenerateKey(nil); err != nil {
		return nil, err
	}
	address := func(k int) string { return fmt.Sprintf("%s:%d", host, port+k) }
	s := &h.Settings
	s.Name, s.P2P, s.RPC, s.HTTP, s.Metrics = name, "tcp://"+address(0), "tcp://"+address(1), address(2), address(3)
	s.Phrase, s.Sync = phraseFile, nil
	own := ID(like.Identity.Public().(ed25519.PublicKey))
	s.Peers = append(append([]string(nil), like.Settings.Peers...), fmt.Sprintf("%s@%s", own, strings.TrimPrefix(like.Settings.P2P, "tcp://")))
	s.Names = append(append([]string(nil), like.Settings.Names...), fmt.Sprintf("%s=%s", ID(h.Identity.Public().(ed25519.PublicKey)), name))
	if err := h.Keep(); err != nil {
		return nil, err
	}
	key := p2p.NodeKey{PrivKey: cmted25519.PrivKey(h.Identity)}
	if err := key.SaveAs(h.Path(IdentityFile)); err != nil {
		return nil, err
	}
	if err := replace(h.Path(phraseFile), []byte(rand.Text()+"\n"), 0o600); err != nil {
		return nil, err
	}
	if err := h.KeepShares(); err != nil {
		return nil, err
	}
	for _, name := range append([]string{parametersFile, GenesisFile}, provingFiles(len(h.Proving))...) {
		b, err := os.ReadFile(filepath.Join(like.Folder, name))
		if err != nil {
			return nil, err
		}
		if err := replace(h.Path(name), b, 0o644); err != nil {
			return nil, err
		}
	}
	return h, newVotes(h)
}

func provingFiles(n int) (names []string) {
	for i := range n {
		names = append(names, fmt.Sprintf(provingFile, i))
	}
	return names
}
