package utt_test

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/wallet"
)

// An identity has one spelling. Neither wallets nor endorsers, nor payers, take another.
func TestIdentityHasOneSpelling(t *testing.T) {
	ctx := context.Background()
	w := sharedWorld()
	m := restore(t, w.net, mallory)
	sync1(t, w.net, m)
	r, err := m.Registration(0)
	require.NoError(t, err)
	for _, right := range []string{alice, "a", "~", "+49 30 901820", "user 7", "de89370400440532013000", strings.Repeat("a", 1<<12)} {
		require.NoError(t, utt.CheckIdentity(right), right)
		_, err := wallet.New(w.Parameters, right, seedOf(alice), wallet.Config{})
		require.NoError(t, err, right)
	}
	for wrong, why := range map[string]string{
		"":                       "empty",
		"Alice@example.org":      `"alice@example.org"`,
		"alice@example.orG":      `"alice@example.org"`,
		" alice@example.org":     "space",
		"alice@example.org ":     "space",
		"alice  smith":           "space",
		" ":                      "space",
		"alice\t":                "printable",
		"alice\n":                "printable",
		"alice\x00":              "printable",
		"alice\x7f":              "printable",
		"jos\u00e9":              "printable",
		"jose\u0301":             "printable",
		"\u0430lice@example.org": "printable", // a Cyrillic а
		"alice\u200b":            "printable",
		"\xff":                   "printable",
	} {
		_, errNew := wallet.New(w.Parameters, wrong, seedOf(alice), wallet.Config{})
		_, errEndorse := w.Endorser.Endorse(wrong, r)
		_, errPay := m.Pay(ctx, w.net, wrong, cash, 1, "")
		_, errPublic := m.PayPublicly(ctx, w.net, wrong, cash, 1)
		_, errPlan := m.Plan(wrong, cash, 1, "")
		for _, err := range []error{utt.CheckIdentity(wrong), errNew, errEndorse, errPay, errPublic, errPlan} {
			require.ErrorIs(t, err, utt.ErrInvalid, "%q", wrong)
			require.ErrorContains(t, err, why, "%q", wrong)
		}
	}
	require.Empty(t, m.Pending())
}

// What nobody filled is no seed.
func TestSeedOfOneByteIsNone(t *testing.T) {
	p := sharedWorld().Parameters
	for _, b := range []byte{0, 1, 0xff} {
		_, err := utt.DeriveKeys(p, utt.PIDOf(alice), bytes.Repeat([]byte{b}, utt.SeedSize))
		require.ErrorIs(t, err, utt.ErrMalformed)
		_, err = wallet.New(p, alice, bytes.Repeat([]byte{b}, utt.SeedSize), wallet.Config{})
		require.ErrorIs(t, err, utt.ErrMalformed)
	}
	almost := make([]byte, utt.SeedSize)
	almost[utt.SeedSize-1] = 1
	_, err := utt.DeriveKeys(p, utt.PIDOf(alice), almost)
	require.NoError(t, err)
}

// A wallet made again with the right seed and another identity says that the ledger does
// not know that, and so does all that cannot be done without.
func TestIdentityThatTheLedgerDoesNotKnow(t *testing.T) {
	ctx := context.Background()
	s := newStory()
	w, err := s.net.Wallet("alise@example.org", seedOf(alice))
	require.NoError(t, err)
	require.Equal(t, "alise@example.org", w.Identity())
	demand := func(err error) {
		t.Helper()
		var unknown *wallet.UnregisteredError
		require.ErrorAs(t, err, &unknown)
		require.Equal(t, wallet.UnregisteredError{Identity: "alise@example.org", Checkpoint: w.Checkpoint()}, *unknown)
		require.ErrorIs(t, err, utt.ErrNotFound)
	}
	_, err = w.Member()
	demand(err)
	require.ErrorContains(t, err, "Sync first")
	sync1(t, s.net, w)
	require.False(t, w.Registered())
	_, err = w.Member()
	demand(err)
	require.ErrorContains(t, err, "check how the identity is spelled")
	for _, err := range []error{
		second(w.Pay(ctx, s.net, bob, cash, 1, "")), second(w.Plan(bob, cash, 1, "")), second(w.Split(ctx, s.net, cash, 1)),
		second(w.Burn(ctx, s.net, cash, 1)), second(w.Merge(ctx, s.net, cash)), second(w.Mint(ctx, s.net, cash, 1)),
		second(w.PayPublicly(ctx, s.net, bob, cash, 1)), second(w.RequestBudget(ctx, s.net, cash, 1)), second(w.Budget(cash)),
		second(w.MaxPayment(cash)),
	} {
		demand(err)
	}

	a := restore(t, s.net, alice)
	sync1(t, s.net, a)
	m, err := a.Member()
	require.NoError(t, err)
	require.Equal(t, a.PID(), m.PID())
	require.Equal(t, utt.Class(0), m.Class())
}
