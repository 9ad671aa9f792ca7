package home

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/utt-ecash/utt-go/budget"
	"github.com/utt-ecash/utt-go/rangeproof"
	"github.com/utt-ecash/utt-go/threshold/dkg"
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
	Ceremonies [][]byte            `json:"ceremonies"`         // SHA-256 of the transcript of each circuit's
	Auditing   *Auditing           `json:"auditing,omitempty"` // nil for no auditors

	digest string // of those that were read
}

// Auditing is what those agree on besides who found a network with auditors.
type Auditing struct {
	Auditors  []AuditorCard     `json:"auditors"`
	Threshold int               `json:"threshold"` // how many of them open and decide, f + 1 to 2f + 1 of 3f + 1
	Approved  utt.Amount        `json:"approved"`  // up to which they may approve a payment beyond the budget, and
	Delayed   utt.Amount        `json:"delayed"`   // up to which they may with a delay
	Authority ed25519.PublicKey `json:"authority"` // who signs warrants, and
	MaxSeal   time.Duration     `json:"max_seal"`  // how long one may stay sealed, in nanoseconds
	MinSum    int               `json:"min_sum"`   // of how many payments a sum is opened, at least
}

// Names of files on the board.
const (
	termsFile      = "terms.json"
	transcriptFile = "ceremony-%d"
)

// Digest is what terms are called by.
func Digest(terms []byte) string { return fmt.Sprintf("%x", sha256.Sum256(terms)) }

// table are the rules of a network: a budget, and payments beyond it only where there are auditors,
// that is, a limit up to which they may approve with a delay.
func table(approved, delayed utt.Amount) *policies.Table {
	if delayed > 0 {
		return policies.Audited(approved, delayed).Table()
	}
	return policies.BudgetOnly().Table()
}

func (t *Terms) table() *policies.Table {
	if t.Auditing == nil {
		return table(0, 0)
	}
	return table(t.Auditing.Approved, t.Auditing.Delayed)
}

// Propose puts terms on the board, for the validators and auditors whose cards are there and with
// the transcripts of ceremonies, and returns their digest.
func (t *Terms) Propose(ctx context.Context, b Board, transcripts []string) (digest string, err error) {
	if there, err := b.there(termsFile); err != nil || there != nil {
		return "", errors.Join(err, fmt.Errorf("%s has terms already: to propose others, remove terms.json and ceremony-* from it", b))
	}
	if t.Validators, err = cards[Validator](b, cardsFolder); err != nil {
		return "", err
	}
	auditors, err := cards[AuditorCard](b, auditorsFolder)
	if err != nil {
		return "", err
	}
	if t.Auditing != nil {
		t.Auditing.Auditors = auditors
		if t.Auditing.Threshold == 0 {
			t.Auditing.Threshold = faults(len(auditors)) + 1
		}
	} else if len(auditors) > 0 {
		return "", fmt.Errorf("%s has cards of auditors: say --audited, or remove them", b)
	}
	t.Genesis = make([]byte, 32)
	_, _ = rand.Read(t.Genesis) // never fails
	if len(transcripts) != len(t.table().Circuits) {
		return "", fmt.Errorf("%d transcripts, and there are %d circuits: %s", len(transcripts), len(t.table().Circuits), t.circuits())
	}
	all := make([][]byte, len(transcripts))
	for k, path := range transcripts {
		if all[k], err = os.ReadFile(path); err != nil {
			return "", err
		}
		sum := sha256.Sum256(all[k])
		t.Ceremonies = append(t.Ceremonies, sum[:])
	}
	if err := t.check(); err != nil { // before what takes long
		return "", err
	}
	for k, data := range all {
		if _, err := t.provingKey(ctx, k, data); err != nil {
			return "", fmt.Errorf("%s: %w", transcripts[k], err)
		}
		if err := b.put(fmt.Sprintf(transcriptFile, k), data); err != nil {
			return "", err
		}
	}
	return b.propose(termsFile, t)
}

// circuits says how the ceremonies begin.
func (t *Terms) circuits() string {
	var all []string
	for _, c := range t.table().Circuits {
		text := fmt.Sprint("ceremony begin FILE ", c.Outputs)
		for _, r := range c.Rules {
			text += " " + r.Name()
		}
		all = append(all, text)
	}
	return strings.Join(all, ", ")
}

// ReadTerms reads the terms of a board, by their digest, or whatever they are, for "".
func ReadTerms(b Board, digest string) (*Terms, error) {
	if digest == "" {
		if data, err := b.get(termsFile, maxSaid); err == nil {
			digest = Digest(data)
		}
	}
	t := &Terms{digest: digest}
	err := b.agreed(termsFile, digest, "the terms on the board have digest %s, not %s: look at them, and ask the others which are meant", t)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s has no terms yet: one of you proposes them, with uttd found terms", b)
	}
	if err != nil {
		return nil, err
	}
	return t, t.check()
}

// Digest names the terms, once they were read.
func (t *Terms) Digest() string { return t.digest }

// String says what everybody is to look at, before he takes part.
func (t *Terms) String() string {
	var b strings.Builder
	v := t.validators()
	fmt.Fprintf(&b, "%s: %d validators, of whom %d may be faulty\n", t.Name, len(v.names), v.faults)
	for _, v := range t.Validators {
		fmt.Fprintf(&b, "  %s at %s, %x\n", v.Name, v.P2P, v.Identity)
	}
	if a := t.Auditing; a != nil {
		fmt.Fprintf(&b, "%d auditors, any %d of whom open and decide\n", len(a.Auditors), a.Threshold)
		for _, c := range a.Auditors {
			fmt.Fprintf(&b, "  %s, %x\n", c.Name, c.Identity)
		}
		fmt.Fprintf(&b, "they approve up to %s, and with a delay up to %s; the authority for warrants is %x\n",
			FormatAmount(a.Approved, t.Decimals), FormatAmount(a.Delayed, t.Decimals), a.Authority)
	}
	fmt.Fprintf(&b, "issuer %x\n", t.Issuer)
	for _, k := range t.Endorsers {
		fmt.Fprintf(&b, "endorser %x\n", k)
	}
	fmt.Fprintf(&b, "a budget of %s %s in %v, from %s on\n", FormatAmount(t.Budget, t.Decimals), t.Asset, t.Epoch, t.Start.UTC().Format(time.RFC3339))
	for k, sum := range t.Ceremonies {
		fmt.Fprintf(&b, "ceremony %d has SHA-256 %x\n", k+1, sum)
	}
	return b.String()
}

// faults is f, of 3f + 1 parties at least.
func faults(n int) int { return (n - 1) / 3 }

// validators are those who make the keys of the ledger.
func (t *Terms) validators() *committee {
	f := faults(len(t.Validators))
	c := &committee{of: "validator", faults: f, threshold: 2*f + 1}
	for _, v := range t.Validators {
		c.names, c.identities = append(c.names, v.Name), append(c.identities, v.Identity)
	}
	return c
}

// auditors are those who make theirs; there are some in the terms.
func (t *Terms) auditors() *committee {
	c := &committee{of: "auditor", faults: faults(len(t.Auditing.Auditors)), threshold: t.Auditing.Threshold}
	for _, a := range t.Auditing.Auditors {
		c.names, c.identities = append(c.names, a.Name), append(c.identities, a.Identity)
	}
	return c
}

// keys are those that a network is founded with.
func (t *Terms) keys() []groupKey {
	v := t.validators()
	keys := []groupKey{
		{utt.PurposeCoin, dkg.Signing(utt.CoinAttributes), v},
		{utt.PurposeCredential, dkg.Signing(utt.CredentialAttributes), v},
		{utt.PurposeLedger, dkg.Signing(utt.LedgerAttributes), v},
	}
	if t.Auditing == nil {
		return keys
	}
	a := t.auditors()
	return append(keys, groupKey{purposeOpening, dkg.Encryption(utt.AuditComponents), a}, groupKey{purposeApproval, dkg.Signing(utt.ApprovalAttributes), a})
}

func (t *Terms) check() error {
	switch {
	case len(t.Genesis) != 32:
		return errors.New("terms without 32 bytes of a beginning")
	case t.Decimals < 0 || t.Decimals > 18:
		return fmt.Errorf("an asset of %d decimals", t.Decimals)
	case t.Pause < 0:
		return fmt.Errorf("a pause of %v", t.Pause)
	case t.Epoch < time.Second || t.Budget < 1:
		return fmt.Errorf("a budget of %d in %v", t.Budget, t.Epoch)
	case len(t.Issuer) != ed25519.PublicKeySize || len(t.Endorsers) == 0:
		return errors.New("no public key of the issuer, or no endorsers")
	case slices.ContainsFunc(t.Endorsers, func(k ed25519.PublicKey) bool { return len(k) != ed25519.PublicKeySize }):
		return errors.New("an endorser without a public key")
	}
	for _, v := range t.Validators {
		if err := errors.Join(checkName(v.Name), v.check()); err != nil {
			return fmt.Errorf("validator %q: %w", v.Name, err)
		}
		host, _, _ := net.SplitHostPort(v.P2P)
		if at, err := netip.ParseAddr(host); err == nil && !t.Private && (at.IsPrivate() || at.IsLoopback() || at.IsUnspecified() || at.IsLinkLocalUnicast()) {
			return fmt.Errorf("validator %s at %s, which is an address of one machine or network: say --private, or no validator connects to it", v.Name, host)
		}
	}
	if err := t.validators().check(); err != nil {
		return err
	}
	if t.Auditing != nil {
		if err := t.checkAuditing(); err != nil {
			return err
		}
	}
	if len(t.Ceremonies) != len(t.table().Circuits) {
		return fmt.Errorf("%d ceremonies of %d circuits", len(t.Ceremonies), len(t.table().Circuits))
	}
	return nil
}

func (t *Terms) checkAuditing() error {
	a := t.Auditing
	switch {
	case a.Approved < 1 || a.Delayed < a.Approved:
		return fmt.Errorf("auditors who approve up to %d, and with a delay up to %d: from 1 on, and no less with a delay", a.Approved, a.Delayed)
	case len(a.Authority) != ed25519.PublicKeySize:
		return errors.New("auditors, and no public key of who signs warrants")
	case a.MaxSeal < time.Second || a.MaxSeal%time.Second != 0:
		return fmt.Errorf("warrants that stay sealed for %v: whole seconds, and at least one", a.MaxSeal)
	case a.MinSum < 0 || a.MinSum == 1:
		return fmt.Errorf("sums of at least %d payments: 2 or more, or 0 for none", a.MinSum)
	}
	if err := t.auditors().check(); err != nil {
		return err
	}
	validators := t.validators()
	for i, c := range a.Auditors {
		if validators.index(c.Identity) >= 0 {
			return fmt.Errorf("auditor %s has the identity of a validator", c.Name)
		}
		if err := errors.Join(checkName(c.Name), c.check()); err != nil {
			return fmt.Errorf("auditor %q: %w", c.Name, err)
		}
		if slices.ContainsFunc(a.Auditors[:i], func(o AuditorCard) bool {
			return o.Peer.Identity.Equal(c.Peer.Identity) || bytes.Equal(o.Peer.Address, c.Peer.Address)
		}) {
			return fmt.Errorf("auditor %s has the peer of another", c.Name)
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
	c := utt.Config{
		Name: t.Name, Genesis: [32]byte(t.Genesis), Assets: []string{t.Asset}, Rows: t.table().Rows,
		Policy: budget.Policy{Start: t.Start.UTC(), EpochLength: t.Epoch, Classes: []utt.Amount{t.Budget}},
		Issuer: t.Issuer, Endorsers: t.Endorsers,
	}
	if a := t.Auditing; a != nil {
		c.Warrants, c.MinSum = utt.Warrants{Authority: a.Authority, MaxSeal: a.MaxSeal}, a.MinSum
	}
	return c
}

// proving makes the proof system's keys of the transcripts on the board, each of which it
// verifies, step by step.
func (t *Terms) proving(ctx context.Context, b Board) (all []*rangeproof.ProvingKey, err error) {
	for k := range t.table().Circuits {
		data, err := b.get(fmt.Sprintf(transcriptFile, k), maxTranscript)
		if err != nil {
			return nil, err
		}
		if sum := sha256.Sum256(data); !slices.Equal(sum[:], t.Ceremonies[k]) {
			return nil, fmt.Errorf("the transcript of ceremony %d is not that of the terms", k)
		}
		key, err := t.provingKey(ctx, k, data)
		if err != nil {
			return nil, err
		}
		all = append(all, key)
	}
	return all, nil
}

// provingKey makes the proof system's key for a circuit, of the transcript of its ceremony, which it
// verifies.
func (t *Terms) provingKey(ctx context.Context, k int, transcript []byte) (*rangeproof.ProvingKey, error) {
	circuit, err := t.table().Circuits[k].Compile()
	if err != nil {
		return nil, err
	}
	c, err := rangeproof.ParseCeremony(ctx, transcript)
	if err != nil {
		return nil, fmt.Errorf("ceremony %d: %w", k+1, err)
	}
	if c.Circuit().ID() != circuit.ID() {
		return nil, fmt.Errorf("ceremony %d is of another circuit; they are, in order: %s", k+1, t.circuits())
	}
	key, _, err := c.Keys()
	if err != nil {
		return nil, fmt.Errorf("ceremony %d: %w", k+1, err)
	}
	return key, nil
}
