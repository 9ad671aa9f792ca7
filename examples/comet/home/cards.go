package home

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/utt-ecash/utt-go/utt/audit"
)

// Where cards are.
const (
	cardFile       = "card.json"  // of one's own home
	cardsFolder    = "validators" // on the board
	auditorsFolder = "auditors"
)

// NewCard makes the home of one that is to found a network with others, and puts on the board
// what they need to know of it.
func NewCard(b Board, folder string, name, host string, port int) (Validator, error) {
	if _, err := os.Stat(filepath.Join(folder, IdentityFile)); err == nil {
		return Validator{}, fmt.Errorf("%s has an identity already", folder)
	}
	if err := checkName(name); err != nil {
		return Validator{}, err
	}
	public, identity, err := ed25519.GenerateKey(nil)
	if err != nil {
		return Validator{}, err
	}
	h := &Home{Folder: folder, Identity: identity}
	if err := h.begin(); err != nil {
		return Validator{}, err
	}
	v := NewValidator(name, public, host, port)
	h.Settings.Metrics = v.Metrics
	if err := h.Keep(); err != nil {
		return v, err
	}
	if err := writeJSON(h.Path(cardFile), v, 0o644); err != nil {
		return v, err
	}
	return v, v.Show(b)
}

// Show puts what others need to know of a validator on a board.
func (v Validator) Show(b Board) error { return b.putJSON(cardsFolder+"/"+v.Name+".json", v) }

// Shown is the validator of a name whose card is on a board.
func Shown(b Board, name string) (Validator, error) { return card[Validator](b, cardsFolder, name) }

// AuditorCard is what all may know of an auditor that a network is founded with.
type AuditorCard struct {
	Name     string            `json:"name"`
	Identity ed25519.PublicKey `json:"identity"` // by which he makes keys with the others, and holds shares
	Peer     audit.Peer        `json:"peer"`     // by which they write to him
}

func (c AuditorCard) equal(o AuditorCard) bool {
	return c.Name == o.Name && c.Identity.Equal(o.Identity) &&
		c.Peer.Identity.Equal(o.Peer.Identity) && bytes.Equal(c.Peer.Address, o.Peer.Address)
}

// NewAuditor makes the file of an auditor who is to found a network with others, in a folder of
// his own, and puts on the board what they need to know of him. Nothing is written over.
func NewAuditor(b Board, path, name string) (card AuditorCard, err error) {
	for _, p := range []string{path, filepath.Join(filepath.Dir(path), NetworkFile)} {
		if _, err := os.Stat(p); err == nil {
			return card, fmt.Errorf("%s is there already: an auditor's file is made in a folder of its own", p)
		}
	}
	if err := checkName(name); err != nil {
		return card, err
	}
	a, err := newAuditor(name)
	if err != nil {
		return card, err
	}
	if card, err = a.card(); err != nil {
		return card, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return card, err
	}
	if err := writeJSON(path, a, 0o600); err != nil {
		return card, err
	}
	return card, b.putJSON(auditorsFolder+"/"+name+".json", card)
}

// newAuditor draws the secrets of an auditor, who has no shares yet.
func newAuditor(name string) (*Auditor, error) {
	_, identity, err := ed25519.GenerateKey(nil)
	if err != nil {
		return nil, err
	}
	a := &Auditor{Name: name, Identity: identity.Seed(), Seed: make([]byte, audit.SeedSize), Phrase: rand.Text()}
	_, _ = rand.Read(a.Seed) // never fails
	return a, nil
}

// identity is the key by which he makes keys with the others; card has checked its size.
func (a *Auditor) identity() ed25519.PrivateKey { return ed25519.NewKeyFromSeed(a.Identity) }

func (a *Auditor) card() (AuditorCard, error) {
	if len(a.Identity) != ed25519.SeedSize {
		return AuditorCard{}, fmt.Errorf("auditor %s has no identity to make keys with", a.Name)
	}
	k, err := audit.DeriveKeys(a.Seed)
	if err != nil {
		return AuditorCard{}, err
	}
	return AuditorCard{a.Name, a.identity().Public().(ed25519.PublicKey), k.Peer()}, nil
}

// checkName demands a name that is a file's.
func checkName(name string) error {
	if name == "" || strings.ContainsFunc(name, func(r rune) bool { return !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-') }) {
		return fmt.Errorf("a name of small letters, digits and -, not %q", name)
	}
	return nil
}

// check looks at what strangers say of themselves.
func (v Validator) check() error {
	if len(v.Identity) != ed25519.PublicKeySize {
		return errors.New("no identity")
	}
	for _, at := range []string{v.P2P, v.RPC, v.HTTP} {
		host, port, err := net.SplitHostPort(at)
		if _, no := strconv.ParseUint(port, 10, 16); err != nil || no != nil || host == "" || strings.ContainsAny(host, ",/@ ") {
			return fmt.Errorf("%q is no address: host:port", at)
		}
	}
	return nil
}

func (c AuditorCard) check() error {
	if len(c.Identity) != ed25519.PublicKeySize {
		return errors.New("no identity")
	}
	return c.Peer.Validate()
}

func (v Validator) called() string   { return v.Name }
func (c AuditorCard) called() string { return c.Name }

// shown is what a card says.
type shown interface {
	called() string
	check() error
}

// card is that of a name in a folder of a board.
func card[T shown](b Board, folder, name string) (c T, err error) {
	if err := checkName(name); err != nil {
		return c, err
	}
	if err := b.readJSON(folder+"/"+name+".json", &c); err != nil {
		return c, err
	}
	if c.called() != name {
		return c, fmt.Errorf("the card %s/%s.json is that of %q", folder, name, c.called())
	}
	if err := c.check(); err != nil {
		return c, fmt.Errorf("the card %s/%s.json: %w", folder, name, err)
	}
	return c, nil
}

// cards are those in a folder of a board, by their names.
func cards[T shown](b Board, folder string) (all []T, err error) {
	names, err := b.list(folder, ".json")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		c, err := card[T](b, folder, name)
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, nil
}
