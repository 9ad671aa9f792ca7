package wallet

import (
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/utt"
)

// banks are two endorsers, each for identities of its own, and a shop for all others.
type banks struct {
	p        *utt.Parameters
	a, b, or *utt.Endorser
	lawless  *utt.Endorser // b, which does not check itself
}

func newBanks(t *testing.T) *banks {
	t.Helper()
	raw, err := os.ReadFile("../testdata/chain.json")
	require.NoError(t, err)
	var c struct{ Parameters string }
	require.NoError(t, json.Unmarshal(raw, &c))
	encoded, err := hex.DecodeString(c.Parameters)
	require.NoError(t, err)
	p, err := utt.ParseParameters(encoded)
	require.NoError(t, err)
	keys := make([]ed25519.PrivateKey, 3)
	config := utt.Config{Name: p.Name(), Genesis: p.Genesis(), CoinKey: p.CoinKey(), CredentialKey: p.CredentialKey(), LedgerKey: p.LedgerKey(),
		Assets: p.Assets(), Auditors: p.Auditors(), Circuits: p.Circuits(), Rows: p.Rows(), Policy: p.Policy(), Issuer: p.Issuer()}
	for i := range keys {
		keys[i] = ed25519.NewKeyFromSeed(slices.Repeat([]byte{byte(i + 1)}, ed25519.SeedSize))
		config.Endorsers = append(config.Endorsers, keys[i].Public().(ed25519.PublicKey))
	}
	endorser := func(p *utt.Parameters, i int) *utt.Endorser {
		e, err := utt.NewEndorser(p, keys[i])
		require.NoError(t, err)
		return e
	}
	unbound, err := utt.NewParameters(config)
	require.NoError(t, err)
	config.Prefixes = []string{"bank:", "bank:branch:", ""}
	bound, err := utt.NewParameters(config)
	require.NoError(t, err)
	require.Equal(t, unbound.Network(), bound.Network())
	require.Equal(t, config.Prefixes, bound.Prefixes())
	again, err := bound.MarshalBinary()
	require.NoError(t, err)
	parsed, err := utt.ParseParameters(again)
	require.NoError(t, err)
	return &banks{parsed, endorser(parsed, 0), endorser(parsed, 1), endorser(parsed, 2), endorser(unbound, 1)}
}

// registration is that of an identity, by an endorser.
func (b *banks) registration(t *testing.T, identity string, by *utt.Endorser) (*utt.Registration, error) {
	t.Helper()
	k, err := utt.DeriveKeys(b.p, utt.PIDOf(identity), append(make([]byte, utt.SeedSize-1), 7))
	require.NoError(t, err)
	r, err := k.Register(nil, 0)
	require.NoError(t, err)
	return by.Endorse(identity, r)
}

// paying is the member whom a wallet pays that has a registration on record.
func (b *banks) paying(t *testing.T, identity string, r *utt.Registration) (*utt.Member, error) {
	t.Helper()
	policy := b.p.Policy()
	now := policy.StartOf(1)
	v, err := b.p.Check(t.Context(), now, []utt.Operation{r})
	require.NoError(t, err)
	record, err := v.Record(r, utt.Cursor{Height: 1}, now) // ledgers take it from any endorser
	require.NoError(t, err)
	w, err := New(b.p, "payer", append(make([]byte, utt.SeedSize-1), 8), Config{})
	require.NoError(t, err)
	encoded, err := record.MarshalBinary()
	require.NoError(t, err)
	pid := r.PID()
	w.keep(t, entryMember+string(pid[:]), encoded)
	return w.payeeNamed(identity)
}

// keep puts an entry on the wallet's disk.
func (w *Wallet) keep(t testing.TB, name string, value []byte) {
	t.Helper()
	require.NoError(t, w.state.begin())
	w.state.put(name, value)
	require.NoError(t, w.state.commit())
}

// The longest prefix that fits decides who vouches for an identity.
func TestEndorsersKeepToTheirPrefixes(t *testing.T) {
	b := newBanks(t)
	for identity, by := range map[string]*utt.Endorser{
		"bank:alice": b.a, "bank:": b.a, "bank:branch": b.a, "bank:branch:bob": b.b, "carol": b.or, "bank": b.or, "bank.alice": b.or,
	} {
		for _, e := range []*utt.Endorser{b.a, b.b, b.or} {
			r, err := b.registration(t, identity, e)
			if e != by {
				require.ErrorIs(t, err, utt.ErrPolicy, identity)
				require.ErrorContains(t, err, "[POLICY-PREFIX]")
				continue
			}
			require.NoError(t, err, identity)
			m, err := b.paying(t, identity, r)
			require.NoError(t, err)
			require.Equal(t, utt.PIDOf(identity), m.PID())
		}
	}
	require.ErrorIs(t, b.p.MayEndorse(make([]byte, 32), "carol"), utt.ErrPolicy)
	require.ErrorIs(t, new(utt.Parameters).MayEndorse(nil, "carol"), utt.ErrInvalid)
}

// An endorser who registers another's customer first is not paid in his place.
func TestRejectsPayeeOfAnotherEndorser(t *testing.T) {
	b := newBanks(t)
	r, err := b.registration(t, "bank:alice", b.lawless)
	require.NoError(t, err)
	_, err = b.paying(t, "bank:alice", r)
	require.ErrorIs(t, err, utt.ErrPolicy)
	require.ErrorContains(t, err, "[POLICY-PREFIX]")
}

func TestMemberNamed(t *testing.T) {
	b := newBanks(t)
	r, err := b.registration(t, "bank:alice", b.a)
	require.NoError(t, err)
	policy := b.p.Policy()
	v, err := b.p.Check(t.Context(), policy.StartOf(1), []utt.Operation{r})
	require.NoError(t, err)
	record, err := v.Record(r, utt.Cursor{Height: 1}, policy.StartOf(1))
	require.NoError(t, err)
	_, err = record.MemberNamed(b.p, "bank:bob")
	require.ErrorIs(t, err, utt.ErrInvalid)
	m, err := record.MemberNamed(b.p, "bank:alice")
	require.NoError(t, err)
	require.Equal(t, r.Member(), m)
	_, err = new(utt.Record).MemberNamed(b.p, "bank:alice")
	require.ErrorIs(t, err, utt.ErrNotFound)
}

// Nor is an endorser paid in the place of another's customer by giving him an address, with the
// customer's stolen account key.
func TestRejectsAddressOfAnotherEndorser(t *testing.T) {
	b := newBanks(t)
	const identity = "bank:alice"
	r, err := b.registration(t, identity, b.a)
	require.NoError(t, err)
	k, err := utt.DeriveKeys(b.p, utt.PIDOf(identity), append(make([]byte, utt.SeedSize-1), 7))
	require.NoError(t, err)
	moved, err := k.Readdress(1, uint64(b.p.Policy().End.Unix()))
	require.NoError(t, err)
	_, err = b.b.EndorseReaddress(identity, moved, moved.Expires())
	require.ErrorContains(t, err, "[POLICY-PREFIX]")
	now := b.p.Policy().StartOf(1)
	for by, ok := range map[*utt.Endorser]bool{b.a: true, b.lawless: false} {
		endorsed, err := by.EndorseReaddress(identity, moved, moved.Expires())
		require.NoError(t, err)
		v, err := b.p.Check(t.Context(), now, []utt.Operation{r, endorsed})
		require.NoError(t, err)
		w, err := New(b.p, "payer", append(make([]byte, utt.SeedSize-1), 8), Config{})
		require.NoError(t, err)
		pid := r.PID()
		for kind, op := range map[string]utt.Operation{entryMember: r, entryMoved: endorsed} {
			record, err := v.Record(op, utt.Cursor{Height: 1}, now)
			require.NoError(t, err)
			encoded, err := record.MarshalBinary()
			require.NoError(t, err)
			w.keep(t, kind+string(pid[:]), encoded)
		}
		m, err := w.payeeNamed(identity)
		if !ok {
			require.ErrorIs(t, err, utt.ErrPolicy)
			require.ErrorContains(t, err, "[POLICY-PREFIX]")
			continue
		}
		require.NoError(t, err)
		require.Equal(t, moved.Address(), m.Address())
	}
}
