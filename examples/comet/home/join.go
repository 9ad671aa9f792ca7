package home

import (
	"crypto/ed25519"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Join makes the home of one that is to become a validator, after another's: it has an
// identity of its own and no key shares, and follows the ledger until a resharing gives it
// some.
func Join(like *Home, folder, name, host string, port int) (*Home, error) {
	if _, err := os.Stat(folder); err == nil {
		return nil, fmt.Errorf("%s is there already", folder)
	}
	h := &Home{Folder: folder, Settings: like.Settings, Parameters: like.Parameters, Committees: like.Committees, Proving: like.Proving}
	public, identity, err := ed25519.GenerateKey(nil)
	if err != nil {
		return nil, err
	}
	h.Identity = identity
	if err := h.begin(); err != nil {
		return nil, err
	}
	v, s := NewValidator(name, public, host, port), &h.Settings
	s.Name, s.P2P, s.RPC, s.HTTP, s.Metrics, s.Sync = name, "tcp://"+v.P2P, "tcp://"+v.RPC, v.HTTP, v.Metrics, nil
	own := ID(like.Identity.Public().(ed25519.PublicKey))
	s.Peers = append(append([]string(nil), like.Settings.Peers...), fmt.Sprintf("%s@%s", own, strings.TrimPrefix(like.Settings.P2P, "tcp://")))
	s.Names = append(append([]string(nil), like.Settings.Names...), fmt.Sprintf("%s=%s", ID(public), name))
	if err := h.Keep(); err != nil {
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
