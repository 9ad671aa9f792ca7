package home

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// audited are terms of four validators and four auditors, whose files are in a folder.
func audited(t *testing.T, b Board, folder string) *Terms {
	authority, _, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	terms := &Terms{
		Genesis: make([]byte, 32), Asset: "cash", Ceremonies: make([][]byte, 2), Private: true,
		Budget: 1, Epoch: time.Hour, Issuer: authority, Endorsers: []ed25519.PublicKey{authority}, Start: time.Now().UTC(),
		Auditing: &Auditing{Threshold: 2, Approved: 10, Delayed: 20, Authority: authority, MaxSeal: time.Hour, MinSum: 100},
	}
	for j := range 4 {
		public, _, err := ed25519.GenerateKey(nil)
		require.NoError(t, err)
		terms.Validators = append(terms.Validators, NewValidator(fmt.Sprint("node", j+1), public, "127.0.0.1", 1000+portsOfNode*j))
		name := fmt.Sprint("auditor", j+1)
		card, err := NewAuditor(b, filepath.Join(folder, name, "auditor.json"), name)
		require.NoError(t, err)
		terms.Auditing.Auditors = append(terms.Auditing.Auditors, card)
	}
	require.NoError(t, terms.check())
	return terms
}

func TestTermsOfAuditors(t *testing.T) {
	board, folder := Board(t.TempDir()), t.TempDir()
	good := audited(t, board, folder)
	shown, err := cards[AuditorCard](board, auditorsFolder)
	require.NoError(t, err)
	require.Equal(t, good.Auditing.Auditors, shown)
	for says, alter := range map[string]func(t *Terms, a *Auditing){
		"3 auditors tolerate no fault":       func(_ *Terms, a *Auditing) { a.Auditors = a.Auditors[:3] },
		"a threshold of 1 of 4 auditors":     func(_ *Terms, a *Auditing) { a.Threshold = 1 },
		"a threshold of 4 of 4 auditors":     func(_ *Terms, a *Auditing) { a.Threshold = 4 },
		"two auditors of the name auditor2":  func(_ *Terms, a *Auditing) { a.Auditors[3].Name = "auditor2" },
		"auditor4 has no identity":           func(_ *Terms, a *Auditing) { a.Auditors[3].Identity = a.Auditors[0].Identity },
		"auditor4 has the identity of a":     func(t *Terms, a *Auditing) { a.Auditors[3].Identity = t.Validators[0].Identity },
		"auditor4 has the peer of another":   func(_ *Terms, a *Auditing) { a.Auditors[3].Peer.Address = a.Auditors[0].Peer.Address },
		"an auditor's address":               func(_ *Terms, a *Auditing) { a.Auditors[3].Peer.Address = []byte{1} },
		"an auditor's identity":              func(_ *Terms, a *Auditing) { a.Auditors[3].Peer.Identity = nil },
		"no less with a delay":               func(_ *Terms, a *Auditing) { a.Delayed = 9 },
		"no public key of who signs":         func(_ *Terms, a *Auditing) { a.Authority = nil },
		"warrants that stay sealed for 1ms":  func(_ *Terms, a *Auditing) { a.MaxSeal = time.Millisecond },
		"sums of at least 1 payments":        func(_ *Terms, a *Auditing) { a.MinSum = 1 },
		"say --private":                      func(t *Terms, _ *Auditing) { t.Private = false },
		"is no address":                      func(t *Terms, _ *Auditing) { t.Validators[1].P2P = "a.example,b.example:1" },
		"a name of small letters":            func(t *Terms, _ *Auditing) { t.Validators[1].Name = "../node" },
		"a budget of 0":                      func(t *Terms, _ *Auditing) { t.Budget = 0 },
		"no endorsers":                       func(t *Terms, _ *Auditing) { t.Endorsers = nil },
		"two validators of the name node1":   func(t *Terms, _ *Auditing) { t.Validators[1].Name = "node1" },
		"validator node2 has no identity of": func(t *Terms, _ *Auditing) { t.Validators[1].Identity = t.Validators[0].Identity },
	} {
		bad, auditing := *good, *good.Auditing
		bad.Validators, auditing.Auditors, bad.Auditing = slices.Clone(good.Validators), slices.Clone(auditing.Auditors), &auditing
		alter(&bad, &auditing)
		require.ErrorContains(t, bad.check(), says)
	}
}

// An auditor takes part by terms that have him as his own file does, and by no others.
func TestAuditorTakesPartAsHeIs(t *testing.T) {
	board, folder := Board(t.TempDir()), t.TempDir()
	terms := audited(t, board, folder)
	path := filepath.Join(folder, "auditor1", "auditor.json")
	_, err := NewAuditor(board, path, "auditor1")
	require.ErrorContains(t, err, "is there already")
	found := func() error {
		_, err := (&Party{File: path, Board: board, Terms: terms, Say: func(string) {}}).open()
		return err
	}
	require.NoError(t, found())
	_, err = OpenAuditor(path, nil)
	require.ErrorContains(t, err, "uttd found run --auditor")

	all := terms.Auditing.Auditors
	terms.Auditing.Auditors = slices.Clone(all)
	terms.Auditing.Auditors[0].Peer = all[1].Peer
	require.ErrorContains(t, found(), "another peer of this auditor than his card")
	terms.Auditing.Auditors = all[1:]
	require.ErrorContains(t, found(), "do not name this auditor")
	terms.Auditing = nil
	require.ErrorContains(t, found(), "without auditors")
}

// What the board's keeper puts where a card, or terms, are to be is no way to one's own files, and
// reads to the program as it does to people.
func TestBoardIsNotTrusted(t *testing.T) {
	b, folder := Board(t.TempDir()), t.TempDir()
	terms := audited(t, b, folder)
	own := filepath.Join(folder, "auditor1", "auditor.json")
	secret, err := os.ReadFile(own)
	require.NoError(t, err)
	at := func(name string) string { return filepath.Join(string(b), name) }

	for _, v := range terms.Validators {
		require.NoError(t, v.Show(b))
	}
	require.NoError(t, os.Symlink(own, at("validators/zed.json")))
	_, err = cards[Validator](b, cardsFolder)
	require.ErrorContains(t, err, "escapes")
	require.NoError(t, os.Remove(at("validators/zed.json")))
	require.NoError(t, os.WriteFile(at("validators/zed.json"), secret, 0o600)) // a card of another kind
	_, err = cards[Validator](b, cardsFolder)
	require.ErrorContains(t, err, "not as uttd writes it")
	require.NoError(t, os.WriteFile(at("validators/zed.json"), must(os.ReadFile(at("validators/node1.json"))), 0o600))
	_, err = cards[Validator](b, cardsFolder)
	require.ErrorContains(t, err, `is that of "node1"`)
	require.NoError(t, os.Remove(at("validators/zed.json")))

	for _, link := range []string{"ann.json", "ann.json.new"} {
		require.NoError(t, os.Symlink(own, at("auditors/"+link)))
	}
	_, err = NewAuditor(b, filepath.Join(folder, "ann", "auditor.json"), "ann")
	require.NoError(t, err)
	require.Equal(t, secret, must(os.ReadFile(own)))
	_, err = card[AuditorCard](b, auditorsFolder, "ann")
	require.NoError(t, err, "in the link's place")

	data, err := json.MarshalIndent(terms, "", "  ")
	require.NoError(t, err)
	require.NoError(t, b.put(termsFile, data))
	read, err := ReadTerms(b, Digest(data))
	require.NoError(t, err)
	require.Contains(t, read.String(), "any 2 of whom open and decide")
	for _, more := range []string{",\n\"ISSUER\":null\n}", ",\"auditing\":{\"Approved\":99}\n}", ",\"other\":1\n}", "\n}\n"} {
		twice := append(bytes.TrimSuffix(bytes.Clone(data), []byte("\n}")), more...)
		require.NoError(t, b.put(termsFile, twice))
		_, err = ReadTerms(b, Digest(twice))
		require.ErrorContains(t, err, "not as uttd writes it", more)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
