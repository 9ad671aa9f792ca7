package provider_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/budget"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/local"
	"github.com/utt-ecash/utt-go/utt/provider"
	"github.com/utt-ecash/utt-go/utt/wallet"
)

const (
	cash       = "cash"
	alice, bob = "alice@example.org", "bob@example.org"
	carol      = "carol@example.org"
)

func seedOf(identity string) []byte {
	seed := utt.PIDOf("seed of " + identity)
	return seed[:]
}

// town is a network with a provider.
type town struct {
	*local.Network
	scanner *provider.Scanner
	seen    utt.Cursor
}

func newTown(t testing.TB) *town {
	t.Helper()
	net, err := local.New(t.Context(), local.Config{
		Dealt: true, Assets: []string{cash}, Policy: budget.Policy{Start: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), EpochLength: 30 * 24 * time.Hour, Classes: []utt.Amount{1000}},
		Held: []utt.Row{
			{Case: utt.Audited, Limit: 10000, Audit: utt.Audit{Reveals: utt.RevealAmountAndPayee, Expire: time.Hour}},
			{Case: utt.Delayed, Limit: 10000, Audit: utt.Audit{Reveals: utt.RevealAll, Delay: time.Hour, Expire: time.Hour}},
		},
	})
	require.NoError(t, err)
	return &town{Network: net, scanner: newScanner(t, net)}
}

func newScanner(t testing.TB, net *local.Network) *provider.Scanner {
	t.Helper()
	secret, err := utt.GenerateScanSecret(nil)
	require.NoError(t, err)
	s, err := provider.New(net.Parameters(), secret)
	require.NoError(t, err)
	return s
}

// join registers a user whom the holder of a scan key looks out for.
func (n *town) join(t testing.TB, identity string, d utt.ScanKey, coins ...utt.Amount) *wallet.Wallet {
	t.Helper()
	w, err := wallet.New(n.Parameters(), identity, seedOf(identity), wallet.Config{ProvingKeys: n.ProvingKeys(), ScanKey: d, Now: n.Now})
	require.NoError(t, err)
	require.NoError(t, n.Enroll(t.Context(), w, identity, 0))
	for _, v := range coins {
		require.NoError(t, n.Issue(t.Context(), identity, cash, v))
		require.NoError(t, w.Sync(t.Context(), n))
		h, err := w.Mint(t.Context(), n, cash, v)
		require.NoError(t, err)
		require.NoError(t, w.Await(t.Context(), n, h))
	}
	return w
}

// someday is a time after all of the tests'.
func (n *town) someday() uint64 { return uint64(n.Parameters().Policy().End.Unix()) }

// mandate is a user's for a scan key, by his seed.
func (n *town) mandate(t testing.TB, identity string, d utt.ScanKey) *utt.Mandate {
	t.Helper()
	k, err := utt.DeriveKeys(n.Parameters(), utt.PIDOf(identity), seedOf(identity))
	require.NoError(t, err)
	m, err := k.Mandate(d, n.someday())
	require.NoError(t, err)
	return m
}

func (n *town) admit(t testing.TB, identity string) {
	t.Helper()
	m, err := n.Ledger().Registered(utt.PIDOf(identity))
	require.NoError(t, err)
	require.NoError(t, n.scanner.Admit(m, n.mandate(t, identity, n.scanner.ScanKey())))
}

// news is what is on record since the last call.
func (n *town) news(t testing.TB) (records []*utt.Record) {
	t.Helper()
	for r, err := range n.Records(t.Context(), n.seen) {
		require.NoError(t, err)
		records = append(records, r)
		n.seen = utt.Cursor{Height: r.Cursor().Height, Index: r.Cursor().Index + 1}
	}
	return records
}

// look is to whom something new is to be shown.
func (n *town) look(t testing.TB) (shown []utt.PID) {
	t.Helper()
	found, err := n.scanner.Look(t.Context(), n.news(t))
	require.NoError(t, err)
	return slices.Concat(found...)
}

func paid(t testing.TB, w *wallet.Wallet, n *town, to string, v utt.Amount) {
	t.Helper()
	require.NoError(t, w.Sync(t.Context(), n))
	h, err := w.Pay(t.Context(), n, to, cash, v, "")
	require.NoError(t, err)
	require.NoError(t, w.Await(t.Context(), n, h))
}

// A scanner finds the payments to its customers, and no others: not those by them, to
// nobody's customers, or to customers of another provider.
func TestScannerFindsCustomers(t *testing.T) {
	n := newTown(t)
	other := newScanner(t, n.Network)
	a := n.join(t, alice, n.scanner.ScanKey(), 100, 50, 20)
	b := n.join(t, bob, n.scanner.ScanKey(), 100)
	n.join(t, carol, utt.ScanKey{})
	dave := n.join(t, "dave", other.ScanKey())
	for _, u := range []string{alice, bob, carol} { // carol has none look out, and says so to nobody
		n.admit(t, u)
	}
	require.ElementsMatch(t, []utt.PID{a.PID(), b.PID(), utt.PIDOf(carol)}, n.scanner.Customers())
	require.Empty(t, n.look(t), "what is public is nobody's payment")

	paid(t, a, n, bob, 10)
	require.Equal(t, []utt.PID{b.PID()}, n.look(t))
	paid(t, b, n, alice, 5)
	require.Equal(t, []utt.PID{a.PID()}, n.look(t))
	paid(t, a, n, carol, 10)
	paid(t, a, n, "dave", 10)
	records := n.news(t)
	for s, want := range map[*provider.Scanner][]utt.PID{n.scanner: nil, other: nil} {
		found, err := s.Look(t.Context(), records)
		require.NoError(t, err)
		require.Equal(t, want, slices.Concat(found...))
	}
	m, err := n.Ledger().Registered(dave.PID())
	require.NoError(t, err)
	require.NoError(t, other.Admit(m, n.mandate(t, "dave", other.ScanKey())))
	found, err := other.Look(t.Context(), records)
	require.NoError(t, err)
	require.Equal(t, []utt.PID{dave.PID()}, slices.Concat(found...))

	h, err := a.Merge(t.Context(), n, cash)
	require.NoError(t, err)
	require.NoError(t, a.Await(t.Context(), n, h))
	require.Empty(t, n.look(t), "a transfer to oneself has no clue")

	m, err = n.Ledger().Registered(b.PID())
	require.NoError(t, err)
	charge, err := b.Mandate(n.scanner.ScanKey(), n.Now().Add(time.Hour))
	require.NoError(t, err)
	require.NoError(t, n.scanner.Admit(m, charge))
	n.scanner.Drop(b.PID())
	paid(t, a, n, bob, 10)
	require.Empty(t, n.look(t))
	require.NoError(t, b.Sync(t.Context(), n))
	require.Len(t, b.Received(), 2, "who reads all finds all")
}

// Of a payment that is held a customer is shown what becomes of it.
func TestScannerFollowsWhatIsHeld(t *testing.T) {
	n := newTown(t)
	a := n.join(t, alice, utt.ScanKey{}, 100, 100, 100)
	n.join(t, bob, n.scanner.ScanKey())
	n.admit(t, bob)
	n.look(t)
	b := utt.PIDOf(bob)
	hold := func(use utt.Case) utt.ID {
		require.NoError(t, a.Sync(t.Context(), n))
		h, err := a.PayAs(t.Context(), n, use, bob, cash, 60, "")
		require.NoError(t, err)
		_, err = a.AwaitHeld(t.Context(), n, h)
		require.NoError(t, err)
		return h.ID
	}
	id := hold(utt.Audited)
	require.Equal(t, []utt.PID{b}, n.look(t))
	decide := func(verb utt.Verb, id utt.ID) {
		require.NoError(t, n.Decide(t.Context(), verb, id))
	}
	decide(utt.Veto, id)
	require.Equal(t, []utt.PID{b}, n.look(t))
	id = hold(utt.Delayed)
	require.Equal(t, []utt.PID{b}, n.look(t))
	decide(utt.Approve, id)
	require.Equal(t, []utt.PID{b}, n.look(t))
	require.NoError(t, n.Advance(t.Context(), 2*time.Hour))
	require.Equal(t, []utt.PID{b}, n.look(t))
	id = hold(utt.Audited)
	n.scanner.Drop(b)
	decide(utt.Approve, id)
	require.Empty(t, n.look(t))
}

// [CLUE-MANDATE]: nobody is looked out for who has not said so himself, to this provider, on
// this ledger.
func TestRejectsMandates(t *testing.T) {
	n, foreign := newTown(t), newTown(t)
	d := n.scanner.ScanKey()
	n.join(t, bob, d)
	n.join(t, carol, d)
	member := func(identity string) *utt.Member {
		m, err := n.Ledger().Registered(utt.PIDOf(identity))
		require.NoError(t, err)
		return m
	}
	good := n.mandate(t, bob, d)
	raw, err := good.MarshalBinary()
	require.NoError(t, err)
	require.Len(t, raw, 137)
	mangled := func(i int) *utt.Mandate {
		b := slices.Clone(raw)
		b[i] ^= 1
		m := new(utt.Mandate)
		require.NoError(t, m.UnmarshalBinary(b))
		return m
	}
	thiefs, err := utt.DeriveKeys(n.Parameters(), utt.PIDOf(bob), seedOf("mallory"))
	require.NoError(t, err)
	thief, err := thiefs.Mandate(d, n.someday())
	require.NoError(t, err)
	for name, err := range map[string]error{
		"another's":              n.scanner.Admit(member(bob), n.mandate(t, carol, d)),
		"of who is not the user": n.scanner.Admit(member(bob), thief),
		"shown by another":       n.scanner.Admit(member(carol), good),
		"for another provider":   n.scanner.Admit(member(bob), n.mandate(t, bob, foreign.scanner.ScanKey())),
		"of another ledger":      n.scanner.Admit(member(bob), foreign.mandate(t, bob, d)),
		"of nobody":              n.scanner.Admit(nil, good),
		"none":                   n.scanner.Admit(member(bob), nil),
		"an empty one":           n.scanner.Admit(member(bob), new(utt.Mandate)),
		"with another signature": n.scanner.Admit(member(bob), mangled(136)),
		"with another scan key":  n.scanner.Admit(member(bob), mangled(64)),
	} {
		require.ErrorIs(t, err, utt.ErrInvalid, name)
		require.Empty(t, n.scanner.Customers(), name)
	}
	for i := range raw {
		require.ErrorIs(t, new(utt.Mandate).UnmarshalBinary(raw[:i]), utt.ErrMalformed)
	}
	require.ErrorIs(t, new(utt.Mandate).UnmarshalBinary(append(slices.Clone(raw), 0)), utt.ErrMalformed)
	again := new(utt.Mandate)
	require.NoError(t, again.UnmarshalBinary(raw))
	require.NoError(t, n.scanner.Admit(member(bob), again))
	require.NoError(t, n.scanner.Admit(member(bob), again), "twice is once")
	require.Equal(t, []utt.PID{utt.PIDOf(bob)}, n.scanner.Customers())
	_, err = provider.New(n.Parameters(), nil)
	require.ErrorIs(t, err, utt.ErrInvalid)
	_, err = thiefs.Mandate(utt.ScanKey{}, n.someday())
	require.ErrorIs(t, err, utt.ErrInvalid)
}

// Many payments with one handle cost what as many others do, and name the customer once each.
func TestScannerWithManyCluesToOne(t *testing.T) {
	n := newTown(t)
	a := n.join(t, alice, utt.ScanKey{}, 100)
	n.join(t, bob, n.scanner.ScanKey())
	n.admit(t, bob)
	n.look(t)
	paid(t, a, n, bob, 10)
	records := slices.Repeat(n.news(t)[:1], 3000)
	found, err := n.scanner.Look(t.Context(), records)
	require.NoError(t, err)
	require.Len(t, found, len(records))
	for _, f := range found {
		require.Equal(t, []utt.PID{utt.PIDOf(bob)}, f)
	}
	ended, stop := context.WithCancel(t.Context())
	stop()
	_, err = n.scanner.Look(ended, records)
	require.ErrorIs(t, err, context.Canceled)
	found, err = n.scanner.Look(t.Context(), []*utt.Record{nil, new(utt.Record)})
	require.NoError(t, err)
	require.Equal(t, [][]utt.PID{nil, nil}, found)
}

func TestScannersAreRedacted(t *testing.T) {
	n := newTown(t)
	for _, s := range []string{fmt.Sprintf("%v", n.scanner), fmt.Sprintf("%+v", *provider.SecretOf(n.scanner)), fmt.Sprint(provider.SecretOf(n.scanner))} {
		require.Equal(t, "redacted", s)
	}
	b, err := json.Marshal(n.scanner)
	require.NoError(t, err)
	require.JSONEq(t, `"redacted"`, string(b))
}

// BenchmarkLook is a scanner that looks at payments, for one customer and for a hundred
// thousand.
func BenchmarkLook(b *testing.B) {
	n := newTown(b)
	a := n.join(b, alice, utt.ScanKey{}, 100)
	n.join(b, bob, n.scanner.ScanKey())
	n.admit(b, bob)
	n.news(b)
	paid(b, a, n, bob, 10)
	records := slices.Repeat(n.news(b)[:1], 64)
	for _, customers := range []int{1, 100_000} {
		b.Run(fmt.Sprintf("customers=%d", customers), func(b *testing.B) {
			provider.Crowd(n.scanner, customers)
			for b.Loop() {
				if _, err := n.scanner.Look(b.Context(), records); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*len(records)), "µs/payment")
		})
	}
}
