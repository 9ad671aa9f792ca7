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
	s.Peers = like.peers()
	s.Names = append(append([]string(nil), like.Settings.Names...), fmt.Sprintf("%s=%s", ID(public), name))
	if err := h.Keep(); err != nil {
		return nil, err
	}
	if err := h.KeepShares(); err != nil {
		return nil, err
	}
	if err := like.copyTo(folder); err != nil {
		return nil, err
	}
	return h, newVotes(h)
}

// peers are those of a home, and it.
func (h *Home) peers() []string {
	all := append([]string(nil), h.Settings.Peers...)
	if h.Identity == nil { // an invitation has whose it is among them
		return all
	}
	return append(all, fmt.Sprintf("%s@%s", ID(h.Identity.Public().(ed25519.PublicKey)), strings.TrimPrefix(h.Settings.P2P, "tcp://")))
}

// copyTo copies what is the same in all homes of a network.
func (h *Home) copyTo(folder string) error {
	for _, name := range append([]string{parametersFile, GenesisFile}, provingFiles(len(h.Proving))...) {
		b, err := os.ReadFile(h.Path(name))
		if err != nil {
			return err
		}
		if err := replace(filepath.Join(folder, name), b, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// Invite writes what one who is to become a validator needs into a folder: nothing in it is
// secret, and he compares the digest of the parameters.
func (h *Home) Invite(folder string) error {
	if _, err := os.Stat(folder); err == nil {
		return fmt.Errorf("%s is there already", folder)
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	public := &Home{Folder: folder, Settings: h.Settings, Committees: h.Committees}
	public.Settings.Peers, public.Settings.Sync, public.Settings.Profile = h.peers(), nil, ""
	if err := public.Keep(); err != nil {
		return err
	}
	committees, err := h.Committees.MarshalBinary()
	if err != nil {
		return err
	}
	if err := writeJSON(public.Path(keysFile), keys{Committees: committees}, 0o644); err != nil {
		return err
	}
	return h.copyTo(folder)
}

func provingFiles(n int) (names []string) {
	for i := range n {
		names = append(names, fmt.Sprintf(provingFile, i))
	}
	return names
}
