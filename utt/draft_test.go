package utt_test

import (
	"context"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/rangeproof"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/local"
)

// holdingsOf are a user's credential, one coin of money and one of budget of epoch 1.
func holdingsOf(t testing.TB, net *local.Network, keys *utt.Keys) (credential, money, budget *utt.Holding) {
	t.Helper()
	records, err := net.Signed(context.Background())
	require.NoError(t, err)
	for _, r := range records {
		for _, o := range keys.Look(r).Received(false) {
			h, err := o.Holding()
			require.NoError(t, err)
			switch o.Role {
			case utt.Credential:
				credential = h
			case utt.Minted:
				money = h
			case utt.Granted:
				budget = h
			default:
			}
		}
	}
	return credential, money, budget
}

// To a payee who is nobody, whose note nobody but the sender could open, no transfer is
// made.
func TestDraftToNobody(t *testing.T) {
	net := newNetwork(t)
	join(t, net, alice, 500)
	keys, err := utt.DeriveKeys(net.Parameters(), utt.PIDOf(alice), seedOf(alice))
	require.NoError(t, err)
	credential, money, budget := holdingsOf(t, net, keys)
	d := &utt.Draft{
		Case: utt.Anonymous, Asset: cash, Epoch: 1, Credential: credential, Inputs: []*utt.Holding{money}, Budget: budget,
		Values: []utt.Amount{120, 380}, Change: 880, Payee: new(utt.Member),
	}
	made, err := keys.Transfer(nil, d, net.ProvingKey(utt.Anonymous))
	require.ErrorIs(t, err, utt.ErrInvalid)
	require.Nil(t, made)
}

// A credential is no coin, and a coin no credential.
func TestDraftOfOtherHoldings(t *testing.T) {
	net := newNetwork(t)
	join(t, net, alice, 500)
	join(t, net, bob)
	keys, err := utt.DeriveKeys(net.Parameters(), utt.PIDOf(alice), seedOf(alice))
	require.NoError(t, err)
	credential, money, budget := holdingsOf(t, net, keys)
	for name, alter := range map[string]func(d *utt.Draft){
		"credential as money":  func(d *utt.Draft) { d.Inputs[0] = credential },
		"credential as budget": func(d *utt.Draft) { d.Budget = credential },
		"money as credential":  func(d *utt.Draft) { d.Credential = money },
	} {
		t.Run(name, func(t *testing.T) {
			d := &utt.Draft{
				Case: utt.Anonymous, Asset: cash, Epoch: 1, Credential: credential, Inputs: []*utt.Holding{money}, Budget: budget,
				Values: []utt.Amount{120, 380}, Change: 880, Payee: partyOf(t, net, bob).Registered,
			}
			alter(d)
			_, err := keys.Transfer(nil, d, net.ProvingKey(utt.Anonymous))
			require.Error(t, err)
		})
	}
}

// What the rules give somebody is not made out to somebody else.
func TestDraftOfOtherOwners(t *testing.T) {
	net := newTaxed(t)
	join(t, net, alice, 500)
	join(t, net, bob)
	join(t, net, taxOffice)
	keys, err := utt.DeriveKeys(net.Parameters(), utt.PIDOf(alice), seedOf(alice))
	require.NoError(t, err)
	credential, money, budget := holdingsOf(t, net, keys)
	row, ok := net.Parameters().RowFor(cash, utt.Anonymous)
	require.True(t, ok)
	key := net.ProvingKeys()[slices.IndexFunc(net.ProvingKeys(), func(k *rangeproof.ProvingKey) bool {
		return k.VerifyingKey().Digest() == net.Parameters().Circuits()[row.Circuit].Key.Digest()
	})]
	for name, c := range map[string]struct {
		owner *utt.Member
		err   error
	}{
		"its owner": {partyOf(t, net, taxOffice).Registered, nil},
		"nobody":    {nil, utt.ErrNotFound},
		"empty":     {new(utt.Member), utt.ErrInvalid},
		"another":   {partyOf(t, net, bob).Registered, utt.ErrInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			values := make([]utt.Amount, 3)
			var fixed int
			for fixed = range row.Fixed {
			}
			values[0], values[3-fixed], values[fixed] = 100, 395, 5
			_, err := keys.Transfer(nil, &utt.Draft{
				Case: utt.Anonymous, Asset: cash, Epoch: 1, Credential: credential, Inputs: []*utt.Holding{money}, Budget: budget,
				Values: values, Change: 900, Payee: partyOf(t, net, bob).Registered,
				Fixed: map[utt.PID]*utt.Member{utt.PIDOf(taxOffice): c.owner},
			}, key)
			require.ErrorIs(t, err, c.err)
		})
	}
}
