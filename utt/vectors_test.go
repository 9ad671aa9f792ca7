package utt_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"iter"
	"os"
	"slices"
	"testing"
	"testing/cryptotest"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/budget"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/ledger"
	"github.com/utt-ecash/utt-go/utt/store"
	"github.com/utt-ecash/utt-go/utt/wallet"
)

var update = flag.Bool("update", false, "write new vectors to testdata")

const (
	chainFile, derivationFile = "testdata/chain.json", "testdata/derivations.json"

	provenance = "written by the tests of package utt with -update; only the secrets of its own test network are in it"
)

func readVectors(t testing.TB, file string, v any) {
	t.Helper()
	b, err := os.ReadFile(file)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(b, v))
}

func writeVectors(t testing.TB, file string, v any) {
	t.Helper()
	b, err := json.MarshalIndent(v, "", "  ")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(file, append(b, '\n'), 0o644))
}

func hexOf(t testing.TB, m encoding.BinaryMarshaler) string {
	t.Helper()
	b, err := m.MarshalBinary()
	require.NoError(t, err)
	return hex.EncodeToString(b)
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	require.NoError(t, err)
	return b
}

// chainScan is the secret of who looks out for bob on the chain, once he is readdressed.
var chainScan = bytes.Repeat([]byte{0x5c}, 32)

// chain is a whole ledger, with the operations of every kind that made it.
type chain struct {
	Provenance string `json:"provenance"`
	Parameters string `json:"parameters"`
	Digest     string `json:"parameters_digest"`
	Network    string `json:"network"`
	IssuerSeed string `json:"issuer_seed"`

	Time       uint64             `json:"time"`
	Operations []chainedOperation `json:"operations"` // each a block of its own
	Ledger     string             `json:"ledger_digest"`
	Users      []chainedUser      `json:"users"`
}

type chainedOperation struct {
	Kind        byte             `json:"kind"`
	Encoding    string           `json:"encoding"`
	Digest      string           `json:"digest"`
	ID          string           `json:"id"`
	Record      string           `json:"record"` // with signatures, but for those on credentials
	Certificate string           `json:"certificate"`
	Inclusion   string           `json:"inclusion"` // under the last certificates
	Nullifiers  []string         `json:"nullifiers,omitempty"`
	Outputs     []utt.SeedVector `json:"outputs,omitempty"`

	Credentials           string `json:"credentials,omitempty"` // of a registration
	CredentialCertificate string `json:"credential_certificate,omitempty"`
}

type chainedUser struct {
	Identity string      `json:"identity"`
	Seed     string      `json:"seed"`
	State    walletState `json:"state"`
}

type walletState struct {
	Balance  wallet.Balance   `json:"balance"`
	Coins    []utt.Amount     `json:"coins"`
	Received []wallet.Payment `json:"received"`
}

func walletStateOf(w *wallet.Wallet) walletState {
	return walletState{w.Balance(cash), w.Coins(cash), w.Received()}
}

// newChain makes the vectors anew.
func newChain(t *testing.T) *chain {
	ctx := context.Background()
	net := newNetwork(t)
	c := &chain{
		Provenance: provenance,
		Parameters: hexOf(t, net.Parameters()),
		Digest:     fmt.Sprintf("%x", net.Parameters().Digest()),
		Network:    net.Parameters().Network().String(),
		IssuerSeed: fmt.Sprintf("%x", net.Issuer().Seed()),
		Time:       net.Ledger().Head().Time,
	}
	at := &node{Node: net, submit: func(ctx context.Context, op utt.Operation) error {
		o := chainedOperation{
			Kind: utt.RawOperation(op)[1], Encoding: hex.EncodeToString(utt.RawOperation(op)),
			Digest: fmt.Sprintf("%x", [32]byte(op.Digest())), ID: fmt.Sprintf("%x", [32]byte(op.ID())),
		}
		if p, ok := op.(*utt.Transfer); ok {
			o.Nullifiers = utt.Nullifiers(p)
			for j := range 3 {
				o.Outputs = append(o.Outputs, utt.TransferSeed(p, j))
			}
		}
		c.Operations = append(c.Operations, o)
		return net.Submit(ctx, op)
	}}
	wallets := make(map[string]*wallet.Wallet)
	for _, identity := range []string{alice, bob} {
		seed := utt.PIDOf("seed of " + identity)
		c.Users = append(c.Users, chainedUser{Identity: identity, Seed: hex.EncodeToString(seed[:])})
		w := restore(t, net, identity)
		wallets[identity] = w
		r, err := w.Registration(0)
		require.NoError(t, err)
		r, err = net.Endorser().Endorse(identity, r)
		require.NoError(t, err)
		require.NoError(t, at.Submit(ctx, r))
		sync1(t, net, w)
		done(t, w, net)(w.RequestBudget(ctx, at, cash, 1))
	}
	o, err := utt.NewIssue(net.Parameters(), net.Issuer(), 0, utt.PIDOf(alice), cash, 1000)
	require.NoError(t, err)
	require.NoError(t, at.Submit(ctx, o))
	a := wallets[alice]
	sync1(t, net, a)
	done(t, a, net)(a.Mint(ctx, at, cash, 600))
	done(t, a, net)(a.PayPublicly(ctx, at, bob, cash, 150))
	done(t, a, net)(a.Split(ctx, at, cash, 200))
	done(t, a, net)(a.Pay(ctx, at, bob, cash, 250, "a vector"))
	done(t, a, net)(a.Burn(ctx, at, cash, 50))
	moved, err := wallets[bob].Readdress(utt.ScanKey(unhex(t, utt.ClueOf(net.Parameters().Network(), bob, chainScan, chainScan, chainScan, 0).Key)), net.Now().Add(month))
	require.NoError(t, err)
	moved, err = net.Endorser().EndorseReaddress(bob, moved, moved.Expires())
	require.NoError(t, err)
	require.NoError(t, at.Submit(ctx, moved))
	sync1(t, net, a)
	done(t, a, net)(a.Pay(ctx, at, bob, cash, 40, "a vector with a clue"))
	c.Ledger = fmt.Sprintf("%x", net.Ledger().Digest())
	i := 0
	for r, err := range net.Records(ctx, utt.Cursor{}) {
		require.NoError(t, err)
		c.Operations[i].Record = hexOf(t, r)
		at, err := net.Certificate(ctx, uint64(i+1))
		require.NoError(t, err)
		c.Operations[i].Certificate = hexOf(t, at)
		i++
	}
	for l, err := range net.Credentials(ctx, 0) {
		require.NoError(t, err)
		at, err := net.CredentialCertificate(ctx, l.Record+1)
		require.NoError(t, err)
		c.Operations[l.Record].Credentials, c.Operations[l.Record].CredentialCertificate = hexOf(t, l), hexOf(t, at)
	}
	for i := range c.Operations {
		inclusion, err := net.Inclusion(ctx, utt.Cursor{Height: uint64(i + 1)})
		require.NoError(t, err)
		c.Operations[i].Inclusion = hexOf(t, inclusion)
	}
	for i := range c.Users {
		w := restore(t, net, c.Users[i].Identity)
		sync1(t, net, w)
		c.Users[i].State = walletStateOf(w)
	}
	return c
}

// served is a node that has only records, and credentials.
type served struct {
	wallet.Node
	last        *utt.Certificate
	records     []*utt.Record
	credentials *utt.Certificate
	leaves      []utt.CredentialLeaf
}

// signed is the record with all of its signatures.
func (o *chainedOperation) signed(t testing.TB) *utt.Record {
	t.Helper()
	at := new(served)
	at.take(t, o)
	if len(at.leaves) == 0 {
		return at.records[0]
	}
	r, err := at.records[0].WithCredentials(at.leaves[0])
	require.NoError(t, err)
	return r
}

// take takes in what an operation has left.
func (s *served) take(t testing.TB, o *chainedOperation) {
	t.Helper()
	r := new(utt.Record)
	require.NoError(t, r.UnmarshalBinary(unhex(t, o.Record)))
	s.records, s.last = append(s.records, r), new(utt.Certificate)
	require.NoError(t, s.last.UnmarshalBinary(unhex(t, o.Certificate)))
	if o.Credentials != "" {
		var l utt.CredentialLeaf
		require.NoError(t, l.UnmarshalBinary(unhex(t, o.Credentials)))
		require.Equal(t, o.Credentials, hexOf(t, l))
		s.leaves, s.credentials = append(s.leaves, l), new(utt.Certificate)
		require.NoError(t, s.credentials.UnmarshalBinary(unhex(t, o.CredentialCertificate)))
		require.Equal(t, o.CredentialCertificate, hexOf(t, s.credentials))
	}
}

func (s *served) CredentialCertificate(context.Context, uint64) (*utt.Certificate, error) {
	if s.credentials == nil {
		return nil, utt.ErrNotFound
	}
	return s.credentials, nil
}

func (s *served) Credentials(context.Context, uint64) iter.Seq2[utt.CredentialLeaf, error] {
	return utt.Leaves(s.leaves)
}

func (s *served) Certificate(context.Context, uint64) (*utt.Certificate, error) { return s.last, nil }

func (s *served) Records(context.Context, utt.Cursor) iter.Seq2[*utt.Record, error] {
	return func(yield func(*utt.Record, error) bool) {
		for _, r := range s.records {
			if !yield(r, nil) {
				return
			}
		}
	}
}

// A ledger of the past is still what it was: its parameters, the encoding and the
// names of every kind of operation and record, all proofs and signatures, what
// execution makes of them, and what wallets find.
func TestChainVectors(t *testing.T) {
	if *update {
		writeVectors(t, chainFile, newChain(t))
	}
	var c chain
	readVectors(t, chainFile, &c)
	p, err := utt.ParseParameters(unhex(t, c.Parameters))
	require.NoError(t, err)
	require.Equal(t, c.Parameters, hexOf(t, p))
	require.Equal(t, c.Digest, fmt.Sprintf("%x", p.Digest()))
	require.Equal(t, c.Network, p.Network().String())

	l, err := ledger.New(p, new(store.Memory))
	require.NoError(t, err)
	all := new(served)
	kinds := make(map[byte]bool)
	for i, o := range c.Operations {
		op, err := utt.ParseOperation(unhex(t, o.Encoding))
		require.NoError(t, err)
		kinds[o.Kind] = true
		require.Equal(t, o.Kind, unhex(t, o.Encoding)[1])
		require.Equal(t, o.Encoding, hex.EncodeToString(utt.Encode(op)))
		require.Equal(t, o.Digest, fmt.Sprintf("%x", [32]byte(op.Digest())))
		require.Equal(t, o.ID, fmt.Sprintf("%x", [32]byte(op.ID())))
		if transfer, ok := op.(*utt.Transfer); ok {
			require.Equal(t, o.Nullifiers, utt.Nullifiers(transfer))
			for j, want := range o.Outputs {
				require.Equal(t, want, utt.TransferSeed(transfer, j))
			}
		}
		requireExecuted(t, execute(t, l, c.Time, op))

		all.take(t, &o)
		r, last := all.records[i], all.last
		require.Equal(t, o.Record, hexOf(t, r))
		made := records(t, l, uint64(i+1))
		require.Len(t, made, 1)
		require.Equal(t, hexOf(t, r.Unsigned()), hexOf(t, made[0]))
		require.Equal(t, o.Certificate, hexOf(t, last))
		require.NoError(t, p.VerifyCertificate(last))
		require.EqualValues(t, i+1, last.Records)
		if r.Owes() {
			require.NoError(t, p.VerifyCredentialCertificate(all.credentials))
			require.EqualValues(t, i+1, all.credentials.Records)
			require.EqualValues(t, i, all.leaves[len(all.leaves)-1].Record)
		}
		shown := new(utt.Inclusion)
		require.NoError(t, shown.UnmarshalBinary(unhex(t, o.Inclusion)))
		require.Equal(t, o.Inclusion, hexOf(t, shown))
		require.NoError(t, p.VerifyInclusion(shown))
		require.EqualValues(t, i, shown.Index())
		require.Equal(t, hexOf(t, o.signed(t)), hexOf(t, shown.Record()))
	}
	require.Len(t, kinds, 7, "every kind of operation")
	scan, err := utt.NewScanSecret(chainScan)
	require.NoError(t, err)
	for i, r := range all.records {
		var want []utt.ScanHandle
		if i == len(all.records)-1 {
			want = append(want, utt.PIDOf(bob).ScanHandle(p.Network()))
		}
		handles := slices.DeleteFunc(scan.Handles(r), func(h utt.ScanHandle) bool { return i == 8 }) // of nobody's clue
		require.ElementsMatch(t, want, handles, "operation %d", i)
	}
	require.Equal(t, c.Ledger, fmt.Sprintf("%x", l.Digest()))

	for _, u := range c.Users {
		w, err := wallet.New(p, u.Identity, unhex(t, u.Seed), atStart())
		require.NoError(t, err)
		sync1(t, all, w)
		require.NoError(t, w.Credited(), u.Identity)
		require.Equal(t, u.State, walletStateOf(w), u.Identity)
	}
}

// What needs no randomness is made again, to the byte.
func TestChainIsReproduced(t *testing.T) {
	var c chain
	readVectors(t, chainFile, &c)
	p, err := utt.ParseParameters(unhex(t, c.Parameters))
	require.NoError(t, err)
	w := utt.NewParty(p, alice, unhex(t, c.Users[0].Seed), nil)
	issue, err := utt.NewIssue(p, ed25519.NewKeyFromSeed(unhex(t, c.IssuerSeed)), 0, utt.PIDOf(alice), cash, 1000)
	require.NoError(t, err)
	grant, err := utt.NewGrant(p, utt.PIDOf(alice), budget.Privacy, cash, 1, 0)
	require.NoError(t, err)
	for i, op := range map[int]utt.Operation{
		1: grant, 4: issue, 5: w.Minted(0, cash, 600), 6: w.Public(1, bob, cash, 150),
	} {
		require.Equal(t, c.Operations[i].Encoding, hex.EncodeToString(utt.RawOperation(op)), "operation %d", i)
	}
}

// derivations are hashes and keys for fixed arguments.
type derivations struct {
	Provenance string            `json:"provenance"`
	PIDs       map[string]string `json:"pids"`
	Money      map[string]string `json:"money_kinds"`
	Budget     map[string]string `json:"budget_kinds"` // by asset and epoch
	Wallet     map[string]string `json:"wallet_keys"`  // of the first identity; the address is hashed
	Mint       []utt.SeedVector  `json:"mint_outputs"`
	Grant      []utt.SeedVector  `json:"grant_outputs"`
	Blindings  map[string]string `json:"note_blindings"`
	Clues      []utt.ClueVector  `json:"clues"`
	Request    string            `json:"payment_request"`
}

func derive() *derivations {
	network := utt.NetworkID(utt.PIDOf("network"))
	pid := utt.PIDOf(alice)
	d := &derivations{
		Provenance: provenance + "; network id, wallet seed and note seed are the pids of \"network\", \"seed\" and \"note\"",
		PIDs:       make(map[string]string), Money: make(map[string]string), Budget: make(map[string]string), Blindings: make(map[string]string),
		Wallet: utt.SecretsOf(network, alice, utt.PIDOf("seed")),
		Request: utt.RequestOf(network, utt.PIDOf("seed"), utt.PaymentRequest{
			Identity: alice, Asset: cash, Amount: 120, Memo: "a request", Expires: 1_800_000_000, Address: 2,
		}),
	}
	for _, identity := range []string{"", alice, bob, "\x00", "ü"} {
		d.PIDs[identity] = fmt.Sprintf("%x", [32]byte(utt.PIDOf(identity)))
	}
	for _, asset := range []string{cash, gold} {
		d.Money[asset] = fmt.Sprintf("%x", budget.MoneyKind(asset).Bytes())
		for _, e := range []utt.Epoch{1, 2, 1 << 40} {
			d.Budget[fmt.Sprint(asset, " ", e)] = fmt.Sprintf("%x", budget.Kind(budget.Privacy, asset, e).Bytes())
		}
	}
	for j := range 2 {
		d.Mint = append(d.Mint, utt.MintSeed(network, pid, 7, cash, 100, j))
		d.Grant = append(d.Grant, utt.GrantSeed(network, pid, budget.Privacy, cash, 3, 1000, j))
		owner, value := utt.Blindings(network, utt.PIDOf("note"), utt.PIDOf("transfer"), j)
		d.Blindings[fmt.Sprint("pid ", j)] = fmt.Sprintf("%x", owner)
		d.Blindings[fmt.Sprint("val ", j)] = fmt.Sprintf("%x", value)
		r, seed := bytes.Repeat([]byte{byte(j + 1)}, 32), utt.PIDOf("transfer")
		d.Clues = append(d.Clues, utt.ClueOf(network, alice, r, chainScan, seed[:], j), utt.ClueOf(network, bob, r, nil, seed[:], j))
	}
	return d
}

func TestDerivationVectors(t *testing.T) {
	got := derive()
	if *update {
		writeVectors(t, derivationFile, got)
	}
	var want derivations
	readVectors(t, derivationFile, &want)
	require.Equal(t, want, *got)
}

// A transfer is a function of what goes into it and of the randomness, all of
// which comes from crypto/rand.
func TestTransferIsReproducible(t *testing.T) {
	w := sharedWorld()
	make3 := func(seed uint64) (encodings []string) {
		cryptotest.SetGlobalRandom(t, seed)
		for _, op := range []utt.Operation{w.HonestPayment(), w.HonestSplit(), w.enrolled(t, "carol@example.org", 0)} {
			encodings = append(encodings, hex.EncodeToString(utt.RawOperation(op)))
		}
		return encodings
	}
	first := make3(1)
	require.Equal(t, first, make3(1))
	for i, other := range make3(2) {
		require.NotEqual(t, first[i], other)
	}
}
