package utt_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/wallet"
)

// What a wallet refuses, it refuses at once, by name, and changes nothing.
func TestWalletRefuses(t *testing.T) {
	ctx := context.Background()
	w := sharedWorld()
	m := restore(t, w.net, mallory)
	sync1(t, w.net, m)
	before := stateOf(m)
	stranger, err := w.net.Wallet("stranger", nil)
	require.NoError(t, err)
	sync1(t, w.net, stranger)
	seed := utt.PIDOf("seed of " + mallory)
	viewer, err := wallet.New(w.Parameters, mallory, seed[:], atStart())
	require.NoError(t, err)
	sync1(t, w.net, viewer)
	require.Equal(t, before, stateOf(viewer), "it receives without proving keys")

	id := func(_ wallet.Handle, err error) error { return err }
	long := strings.Repeat("a", 1<<20)
	for name, c := range map[string]struct{ err, want error }{
		"pay nothing":              {id(m.Pay(ctx, w.net, bob, cash, 0, "")), utt.ErrInvalid},
		"split nothing":            {id(m.Split(ctx, w.net, cash, 0)), utt.ErrInvalid},
		"burn nothing":             {id(m.Burn(ctx, w.net, cash, 0)), utt.ErrInvalid},
		"mint nothing":             {id(m.Mint(ctx, w.net, cash, 0)), utt.ErrInvalid},
		"pay nothing publicly":     {id(m.PayPublicly(ctx, w.net, bob, cash, 0)), utt.ErrInvalid},
		"plan nothing":             {second(m.Plan(bob, cash, 0, "")), utt.ErrInvalid},
		"pay in tulips":            {id(m.Pay(ctx, w.net, bob, "tulips", 1, "")), utt.ErrPolicy},
		"split tulips":             {id(m.Split(ctx, w.net, long, 1)), utt.ErrPolicy},
		"merge tulips":             {id(m.Merge(ctx, w.net, "tulips")), utt.ErrPolicy},
		"mint tulips":              {id(m.Mint(ctx, w.net, "", 1)), utt.ErrPolicy},
		"budget for tulips":        {id(m.RequestBudget(ctx, w.net, "tulips", 1)), utt.ErrPolicy},
		"merge nothing":            {id(m.Merge(ctx, w.net, gold)), utt.ErrConflict},
		"pay nobody":               {id(m.Pay(ctx, w.net, "nobody", cash, 1, "")), utt.ErrNotFound},
		"pay a long name":          {id(m.Pay(ctx, w.net, long, cash, 1, "")), utt.ErrNotFound},
		"pay nobody publicly":      {id(m.PayPublicly(ctx, w.net, "nobody", cash, 1)), utt.ErrNotFound},
		"plan to pay nobody":       {second(m.Plan("", cash, 1, "")), utt.ErrInvalid},
		"a long memo":              {id(m.Pay(ctx, w.net, bob, cash, 1, long)), utt.ErrPolicy},
		"a class that is none":     {second(m.Registration(math.MaxUint16)), utt.ErrPolicy},
		"pay without a node":       {id(m.Pay(ctx, nil, bob, cash, 1, "")), utt.ErrInvalid},
		"split without a node":     {id(m.Split(ctx, nil, cash, 1)), utt.ErrInvalid},
		"merge without a node":     {id(m.Merge(ctx, nil, cash)), utt.ErrInvalid},
		"burn without a node":      {id(m.Burn(ctx, nil, cash, 1)), utt.ErrInvalid},
		"mint without a node":      {id(m.Mint(ctx, nil, cash, 1)), utt.ErrInvalid},
		"pay publicly without one": {id(m.PayPublicly(ctx, nil, bob, cash, 1)), utt.ErrInvalid},
		"budget without a node":    {id(m.RequestBudget(ctx, nil, cash, 2)), utt.ErrInvalid},
		"sync without a node":      {m.Sync(ctx, nil), utt.ErrInvalid},
		"await without a node":     {m.Await(ctx, nil, wallet.Handle{}), utt.ErrInvalid},
		"resubmit without a node":  {m.Resubmit(ctx, nil, wallet.Handle{}), utt.ErrInvalid},

		"stranger pays":         {id(stranger.Pay(ctx, w.net, bob, cash, 1, "")), utt.ErrNotFound},
		"stranger plans":        {second(stranger.Plan(bob, cash, 1, "")), utt.ErrNotFound},
		"stranger splits":       {id(stranger.Split(ctx, w.net, cash, 1)), utt.ErrNotFound},
		"stranger merges":       {id(stranger.Merge(ctx, w.net, cash)), utt.ErrNotFound},
		"stranger burns":        {id(stranger.Burn(ctx, w.net, cash, 1)), utt.ErrNotFound},
		"stranger mints":        {id(stranger.Mint(ctx, w.net, cash, 1)), utt.ErrNotFound},
		"stranger pays so":      {id(stranger.PayPublicly(ctx, w.net, bob, cash, 1)), utt.ErrNotFound},
		"stranger has a budget": {id(stranger.RequestBudget(ctx, w.net, cash, 1)), utt.ErrNotFound},
		"pay a stranger":        {id(m.Pay(ctx, w.net, "stranger", cash, 1, "")), utt.ErrNotFound},
		"no proving key":        {id(viewer.Pay(ctx, w.net, bob, cash, 1, "")), utt.ErrNotFound},
		"no key to split":       {id(viewer.Split(ctx, w.net, cash, 1)), utt.ErrNotFound},
	} {
		require.ErrorIs(t, c.err, c.want, name)
		require.Less(t, len(c.err.Error()), 1<<10, "%s: no essay", name)
	}
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	_, err = m.Pay(cancelled, w.net, bob, cash, 1, "")
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, before, stateOf(m))
	require.Empty(t, stranger.Pending())
}

func TestNewWalletArguments(t *testing.T) {
	p, key := sharedWorld().Parameters, sharedWorld().Key
	seed := seedOf(alice)
	for name, c := range map[string]struct{ err, want error }{
		"no parameters":    {second(wallet.New(nil, alice, seed, wallet.Config{})), utt.ErrInvalid},
		"empty parameters": {second(wallet.New(new(utt.Parameters), alice, seed, wallet.Config{})), utt.ErrInvalid},
		"no seed":          {second(wallet.New(p, alice, nil, wallet.Config{})), utt.ErrMalformed},
		"a short seed":     {second(wallet.New(p, alice, seed[1:], wallet.Config{})), utt.ErrMalformed},
		"a long seed":      {second(wallet.New(p, alice, make([]byte, 1<<16), wallet.Config{})), utt.ErrMalformed},
		"a nil key":        {second(wallet.New(p, alice, seed, atStart(key, nil))), utt.ErrInvalid},
		"another's key":    {second(wallet.New(p, alice, seed, atStart(utt.TaxKey()))), utt.ErrPolicy},
	} {
		require.ErrorIs(t, c.err, c.want, name)
	}
	w, err := wallet.New(p, alice, seed, wallet.Config{})
	require.NoError(t, err)
	seed[0] ^= 1 // the caller's to wipe
	again, err := wallet.New(p, alice, seedOf(alice), wallet.Config{})
	require.NoError(t, err)
	one, err := again.Registration(0)
	require.NoError(t, err)
	other, err := w.Registration(0)
	require.NoError(t, err)
	require.Equal(t, one.Member(), other.Member())
}

func TestWalletIsRedacted(t *testing.T) {
	party, w := sharedWorld().Alice, restore(t, sharedWorld().net, alice)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t"} {
		require.Equal(t, "redacted", fmt.Sprintf(verb, w), verb)
	}
	require.Equal(t, "redacted", fmt.Sprint(w))
	for _, verb := range []string{"%v", "%+v", "%#v", "%d"} { // dereferenced, without its methods
		printed := fmt.Sprintf(verb, reflect.ValueOf(w).Elem())
		for _, limb := range party.SecretLimbs() {
			require.NotContains(t, printed, fmt.Sprint(limb), verb)
			require.NotContains(t, printed, fmt.Sprintf("%#x", limb), verb)
		}
	}
	b, err := json.Marshal(map[string]any{"wallet": w})
	require.NoError(t, err)
	require.Equal(t, `{"wallet":"redacted"}`, string(b))
}

// What a wallet returns is the caller's.
func TestWalletReturnsCopies(t *testing.T) {
	s := newStory()
	w := restore(t, s.net, bob)
	sync1(t, s.net, w)
	w.Received()[0].Amount = 1
	w.Coins(cash)[0] = 1
	require.Equal(t, s.bob, stateOf(w))
}
