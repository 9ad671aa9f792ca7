package home

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/utt-ecash/utt-go/budget"
	"github.com/utt-ecash/utt-go/rangeproof"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/policies"
)

// Terms are what those agree on who found a network, each on a machine of his own. Their
// digest names them: all compare it by other means than the board.
type Terms struct {
	Name       string              `json:"name"`
	Genesis    []byte              `json:"genesis"` // 32 bytes at random
	Start      time.Time           `json:"start"`   // of the first epoch
	Asset      string              `json:"asset"`
	Decimals   int                 `json:"decimals"`
	Budget     utt.Amount          `json:"budget"` // what each user may pay in private in an epoch
	Epoch      time.Duration       `json:"epoch"`  // in nanoseconds, as the next
	Pause      time.Duration       `json:"pause"`  // between two blocks
	Retain     uint64              `json:"retain"`
	Every      uint64              `json:"every"`
	Private    bool                `json:"private"`
	Issuer     ed25519.PublicKey   `json:"issuer"`
	Endorsers  []ed25519.PublicKey `json:"endorsers"`
	Validators []Validator         `json:"validators"`
	Ceremonies [][]byte            `json:"ceremonies"` // SHA-256 of the transcript of each circuit's
}

// Names of files on the board.
const (
	termsFile      = "terms.json"
	cardFile       = "card.json" // of one's own home
	cardsFolder    = "validators"
	transcriptFile = "ceremony-%d"
)

// Digest is what terms are called by.
func Digest(terms []byte) string { return fmt.Sprintf("%x", sha256.Sum256(terms)) }

// table are the rules of a network that is founded by terms: a budget, and nothing beyond it.
func table() *policies.Table { return policies.BudgetOnly().Table() }

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
func (v Validator) Show(b Board) error {
	data, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	return b.put(cardsFolder+"/"+v.Name+".json", data)
}

// Shown is the validator of a name whose card is on a board.
func Shown(b Board, name string) (v Validator, err error) {
	if err := checkName(name); err != nil {
		return v, err
	}
	return v, readJSON(b.path(cardsFolder+"/"+name+".json"), &v)
}

// checkName demands a name that is a file's.
func checkName(name string) error {
	if name == "" || strings.ContainsFunc(name, func(r rune) bool { return !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-') }) {
		return fmt.Errorf("a name of small letters, digits and -, not %q", name)
	}
	return nil
}

// Propose puts terms on the board, for the validators whose cards are there and with the
// transcripts of ceremonies, and returns their digest.
func (t *Terms) Propose(b Board, transcripts []string) (digest string, err error) {
	if there, err := b.there(termsFile); err != nil || there != nil {
		return "", errors.Join(err, fmt.Errorf("%s has terms already", b))
	}
	cards, err := filepath.Glob(b.path(cardsFolder + "/*.json"))
	if err != nil {
		return "", err
	}
	slices.Sort(cards)
	for _, path := range cards {
		var v Validator
		if err := readJSON(path, &v); err != nil {
			return "", err
		}
		t.Validators = append(t.Validators, v)
	}
	t.Genesis = make([]byte, 32)
	_, _ = rand.Read(t.Genesis) // never fails
	if len(transcripts) != len(table().Circuits) {
		return "", fmt.Errorf("%d transcripts, and there are %d circuits: %s", len(transcripts), len(table().Circuits), circuits())
	}
	for k, path := range transcripts {
		data, err := os.ReadFile(path)
		if err != nil {
			return "", err
		}
		sum := sha256.Sum256(data)
		t.Ceremonies = append(t.Ceremonies, sum[:])
		if err := b.put(fmt.Sprintf(transcriptFile, k), data); err != nil {
			return "", err
		}
	}
	if err := t.check(); err != nil {
		return "", err
	}
	data, err := json.MarshalIndent(t, "", "  ")
	if err != nil {
		return "", err
	}
	return Digest(data), b.put(termsFile, data)
}

// circuits says how the ceremonies begin.
func circuits() string {
	var all []string
	for _, c := range table().Circuits {
		text := fmt.Sprint("ceremony begin FILE ", c.Outputs)
		for _, r := range c.Rules {
			text += fmt.Sprint(" ", r)
		}
		all = append(all, text)
	}
	return strings.Join(all, ", ")
}

// ReadTerms reads the terms of a board, by their digest.
func ReadTerms(b Board, digest string) (*Terms, error) {
	data, err := b.get(termsFile, maxSaid)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s has no terms yet: one of you proposes them, with uttd found terms", b)
	}
	if err != nil {
		return nil, err
	}
	if Digest(data) != digest {
		return nil, fmt.Errorf("the terms on the board have digest %s, not %s: look at them, and ask the others which are meant", Digest(data), digest)
	}
	t := new(Terms)
	if err := json.Unmarshal(data, t); err != nil {
		return nil, fmt.Errorf("terms: %w", err)
	}
	return t, t.check()
}

// faults is f, of 3f + 1 validators at least.
func (t *Terms) faults() int { return (len(t.Validators) - 1) / 3 }

func (t *Terms) check() error {
	switch {
	case len(t.Genesis) != 32:
		return errors.New("terms without 32 bytes of a beginning")
	case t.faults() < 1:
		return fmt.Errorf("%d validators tolerate no fault: 4 or more found a network", len(t.Validators))
	case t.Decimals < 0 || t.Decimals > 18:
		return fmt.Errorf("an asset of %d decimals", t.Decimals)
	case t.Pause < 0:
		return fmt.Errorf("a pause of %v", t.Pause)
	case len(t.Ceremonies) != len(table().Circuits):
		return fmt.Errorf("%d ceremonies of %d circuits", len(t.Ceremonies), len(table().Circuits))
	}
	for i, v := range t.Validators {
		if slices.ContainsFunc(t.Validators[:i], func(o Validator) bool { return o.Name == v.Name }) {
			return fmt.Errorf("two validators of the name %s", v.Name)
		}
	}
	return nil
}

// founded is what follows from the terms by itself.
func (t *Terms) founded() founded {
	return founded{
		name: t.Name, decimals: map[string]int{t.Asset: t.Decimals}, start: t.Start.UTC(), pause: t.Pause,
		retain: t.Retain, every: t.Every, private: t.Private, validators: slices.Clone(t.Validators),
	}
}

// config is the part of the parameters that has no keys yet.
func (t *Terms) config() utt.Config {
	return utt.Config{
		Name: t.Name, Genesis: [32]byte(t.Genesis), Assets: []string{t.Asset}, Rows: table().Rows,
		Policy: budget.Policy{Start: t.Start.UTC(), EpochLength: t.Epoch, Classes: []utt.Amount{t.Budget}},
		Issuer: t.Issuer, Endorsers: t.Endorsers,
	}
}

// proving makes the proof system's keys of the transcripts on the board, each of which it
// verifies, step by step.
func (t *Terms) proving(ctx context.Context, b Board) (all []*rangeproof.ProvingKey, err error) {
	for k, of := range table().Circuits {
		data, err := b.get(fmt.Sprintf(transcriptFile, k), maxTranscript)
		if err != nil {
			return nil, err
		}
		if sum := sha256.Sum256(data); !slices.Equal(sum[:], t.Ceremonies[k]) {
			return nil, fmt.Errorf("the transcript of ceremony %d is not that of the terms", k)
		}
		circuit, err := of.Compile()
		if err != nil {
			return nil, err
		}
		c, err := rangeproof.ParseCeremony(ctx, data)
		if err != nil {
			return nil, fmt.Errorf("ceremony %d: %w", k, err)
		}
		if c.Circuit().ID() != circuit.ID() {
			return nil, fmt.Errorf("ceremony %d is of another circuit; they are %s", k, circuits())
		}
		key, _, err := c.Keys()
		if err != nil {
			return nil, fmt.Errorf("ceremony %d: %w", k, err)
		}
		all = append(all, key)
	}
	return all, nil
}
