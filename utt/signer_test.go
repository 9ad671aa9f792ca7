package utt_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/budget"
	"github.com/utt-ecash/utt-go/internal/testrand"
	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/ledger"
	"github.com/utt-ecash/utt-go/utt/replica"
	"github.com/utt-ecash/utt-go/utt/store"
	"github.com/utt-ecash/utt-go/utt/wallet"
)

// lab is a network without anybody in it, whose key shares the test holds.
type lab struct {
	p                        *utt.Parameters
	committees               utt.Committees
	coin, credential, others []*threshold.KeyShare
	certifying               []*threshold.KeyShare // of the ledger key
	otherCommittee           *threshold.Committee
	issuer                   ed25519.PrivateKey
	endorser                 *utt.Endorser
}

// newLab deals keys to four replicas, two of which sign. Another committee has
// nothing to do with it.
var newLab = sync.OnceValue(func() *lab {
	var t fatal
	var n lab
	var err error
	random := testrand.New("lab")
	n.committees.Coin, n.coin, err = threshold.Deal(random, 2, 4, utt.CoinAttributes)
	require.NoError(t, err)
	n.committees.Credential, n.credential, err = threshold.Deal(random, 2, 4, utt.CredentialAttributes)
	require.NoError(t, err)
	n.committees.Ledger, n.certifying, err = threshold.Deal(random, 2, 4, utt.LedgerAttributes)
	require.NoError(t, err)
	n.otherCommittee, n.others, err = threshold.Deal(random, 2, 4, utt.CoinAttributes)
	require.NoError(t, err)
	n.issuer = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, ed25519.SeedSize))
	endorser := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{2}, ed25519.SeedSize))

	c := sharedWorld().Config()
	c.CoinKey, c.CredentialKey, c.LedgerKey = n.committees.Coin.Group(), n.committees.Credential.Group(), n.committees.Ledger.Group()
	c.Issuer = n.issuer.Public().(ed25519.PublicKey)
	c.Endorsers = []ed25519.PublicKey{endorser.Public().(ed25519.PublicKey)}
	n.p, err = utt.NewParameters(c)
	require.NoError(t, err)
	n.endorser, err = utt.NewEndorser(n.p, endorser)
	require.NoError(t, err)
	return &n
})

func (n *lab) ledger(t testing.TB) *ledger.Ledger {
	t.Helper()
	l, err := ledger.New(n.p, new(store.Memory))
	require.NoError(t, err)
	return l
}

func (n *lab) signer(t testing.TB, l *ledger.Ledger, share *threshold.KeyShare, state replica.SignerState) *replica.Signer {
	t.Helper()
	c := n.committees.Coin
	if share.Generation() == n.committees.Credential.Generation() {
		c = n.committees.Credential
	}
	s, err := replica.NewSigner(l, c, share, state)
	require.NoError(t, err)
	return s
}

func (n *lab) registration(t testing.TB, identity string) utt.Operation {
	t.Helper()
	seed := utt.PIDOf("seed of " + identity)
	w, err := wallet.New(n.p, identity, seed[:], atStart())
	require.NoError(t, err)
	r, err := w.Registration(0)
	require.NoError(t, err)
	r, err = n.endorser.Endorse(identity, r)
	require.NoError(t, err)
	return r
}

func (n *lab) grant(t testing.TB, identity, asset string) utt.Operation {
	t.Helper()
	g, err := utt.NewGrant(n.p, utt.PIDOf(identity), budget.Privacy, asset, 1, 0)
	require.NoError(t, err)
	return g
}

// population executes two blocks: registrations, then grants and an issue.
func (n *lab) population(t testing.TB) *ledger.Ledger {
	t.Helper()
	l := n.ledger(t)
	requireExecuted(t, execute(t, l, 0, n.registration(t, alice), n.registration(t, bob)))
	o, err := utt.NewIssue(n.p, n.issuer, 0, utt.PIDOf(bob), cash, 10)
	require.NoError(t, err)
	requireExecuted(t, execute(t, l, 0, n.grant(t, alice, cash), o, n.grant(t, bob, cash)))
	return l
}

func records(t testing.TB, l *ledger.Ledger, height uint64) (all []*utt.Record) {
	t.Helper()
	for r, err := range l.Records(context.Background(), utt.Cursor{Height: height}) {
		require.NoError(t, err)
		if r.Cursor().Height == height {
			all = append(all, r)
		}
	}
	return all
}

func encode(t testing.TB, shares []*utt.Share) (all [][]byte) {
	t.Helper()
	for _, s := range shares {
		b, err := s.MarshalBinary()
		require.NoError(t, err)
		all = append(all, b)
	}
	return all
}

// A signer signs every output on record for its key, nothing else, and always
// alike.
func TestSignBlock(t *testing.T) {
	ctx := context.Background()
	n := newLab()
	l := n.population(t)
	coin, credential := n.signer(t, l, n.coin[0], replica.SignerState{}), n.signer(t, l, n.credential[0], replica.SignerState{})

	for _, c := range []struct {
		signer  *replica.Signer
		height  uint64
		records []uint32
	}{
		{credential, 1, []uint32{0, 1}},
		{coin, 1, nil},
		{coin, 2, []uint32{0, 2}}, // grants; the issue has no outputs
		{credential, 2, nil},
		{coin, 1, nil}, // an earlier one again
	} {
		shares, err := c.signer.SignBlock(ctx, c.height)
		require.NoError(t, err)
		var signed []uint32
		for _, s := range shares {
			require.Equal(t, c.height, s.Record.Height)
			require.Len(t, s.Outputs, 1)
			signed = append(signed, s.Record.Index)
		}
		require.Equal(t, c.records, signed)
		again, err := c.signer.SignBlock(ctx, c.height)
		require.NoError(t, err)
		require.Equal(t, encode(t, shares), encode(t, again), "deterministic")
	}
	require.Equal(t, uint64(2), coin.State().Height, "to sign an earlier block again takes nothing back")

	// another replica on another ledger of the same history signs alike
	twin := n.signer(t, restoredFrom(t, l), n.coin[0], coin.State())
	a, err := coin.SignBlock(ctx, 2)
	require.NoError(t, err)
	b, err := twin.SignBlock(ctx, 2)
	require.NoError(t, err)
	require.Equal(t, encode(t, a), encode(t, b))
}

// A replica that lost everything starts with the zero state on a ledger restored from
// others: it signs all of its blocks again, and makes the shares that it had sent.
func TestSignerWithoutAState(t *testing.T) {
	n := newLab()
	l := n.population(t)
	before := n.signer(t, l, n.coin[0], replica.SignerState{})
	after := n.signer(t, restoredFrom(t, l), n.coin[0], replica.SignerState{})
	for _, height := range []uint64{2, 1} {
		want, err := before.SignBlock(context.Background(), height)
		require.NoError(t, err)
		got, err := after.SignBlock(context.Background(), height)
		require.NoError(t, err)
		require.Equal(t, encode(t, want), encode(t, got))
	}
	require.Equal(t, before.State(), after.State())
}

func restoredFrom(t testing.TB, l *ledger.Ledger) *ledger.Ledger {
	t.Helper()
	restored, err := ledger.Restore(l.Parameters(), new(store.Memory), bytes.NewReader(snapshot(t, l)), l.Digest())
	require.NoError(t, err)
	return restored
}

func TestSignBlockRefuses(t *testing.T) {
	n := newLab()
	l := n.population(t)
	s := n.signer(t, l, n.coin[0], replica.SignerState{})
	for _, height := range []uint64{0, 3, 1 << 63} {
		shares, err := s.SignBlock(context.Background(), height)
		require.ErrorIs(t, err, utt.ErrNotFound)
		require.ErrorContains(t, err, fmt.Sprintf("block %d: execute it first", height))
		require.Nil(t, shares)
	}
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := s.SignBlock(cancelled, 2)
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, replica.SignerState{}, s.State(), "nothing was signed")
}

// Having signed a block, a replica signs no other history of it, whatever happened
// to its ledger; and with the same history it goes on.
func TestSignerRefusesAnotherHistory(t *testing.T) {
	ctx := context.Background()
	n := newLab()
	registrations := []utt.Operation{n.registration(t, alice), n.registration(t, bob)}
	build := func(blocks ...[]utt.Operation) *ledger.Ledger {
		l := n.ledger(t)
		for _, ops := range blocks {
			requireExecuted(t, execute(t, l, 0, ops...))
		}
		return l
	}
	a, b := []utt.Operation{n.grant(t, alice, cash)}, []utt.Operation{n.grant(t, bob, cash)}
	right := build(registrations, a, b)
	signer := n.signer(t, right, n.coin[1], replica.SignerState{})
	_, err := signer.SignBlock(ctx, 2)
	require.NoError(t, err)
	state := signer.State()
	require.Equal(t, uint64(2), state.Height)

	for name, c := range map[string]struct {
		l    *ledger.Ledger
		want error
	}{
		"the block is another":    {build(registrations, b), utt.ErrConflict},
		"longer, and another":     {build(registrations, b, a, nil), utt.ErrConflict},
		"an earlier is another":   {build(registrations[:1], a), utt.ErrConflict},
		"the order is another":    {build([]utt.Operation{registrations[1], registrations[0]}, a), utt.ErrConflict},
		"an empty block more":     {build(registrations, nil, a), utt.ErrConflict},
		"not replayed so far":     {build(registrations), utt.ErrNotFound},
		"replayed from the start": {build(), utt.ErrNotFound},
	} {
		s, err := replica.NewSigner(c.l, n.committees.Coin, n.coin[1], state)
		require.ErrorIs(t, err, c.want, name)
		require.Nil(t, s, name)
	}
	forged := state
	forged.History[0] ^= 1
	_, err = replica.NewSigner(right, n.committees.Coin, n.coin[1], forged)
	require.ErrorIs(t, err, utt.ErrConflict)

	for _, l := range []*ledger.Ledger{build(registrations, a), build(registrations, a, b), restoredFrom(t, right)} {
		s := n.signer(t, l, n.coin[1], state)
		for height := uint64(1); height <= l.Head().Height; height++ {
			_, err := s.SignBlock(ctx, height)
			require.NoError(t, err)
		}
		require.Equal(t, l.Head().Height, s.State().Height)
	}
}

func TestNewSignerArguments(t *testing.T) {
	n := newLab()
	l, c := n.ledger(t), n.committees.Coin
	for name, args := range map[string]struct {
		l     *ledger.Ledger
		c     *threshold.Committee
		share *threshold.KeyShare
		want  error
	}{
		"no ledger":                  {nil, c, n.coin[0], utt.ErrInvalid},
		"no committee":               {l, nil, n.coin[0], utt.ErrInvalid},
		"an empty committee":         {l, new(threshold.Committee), n.coin[0], utt.ErrPolicy},
		"no share":                   {l, c, nil, utt.ErrInvalid},
		"an empty share":             {l, c, new(threshold.KeyShare), utt.ErrInvalid},
		"a share of the other key":   {l, c, n.credential[0], utt.ErrInvalid},
		"a committee of another key": {l, n.otherCommittee, n.others[0], utt.ErrPolicy},
		"a share of another key":     {l, c, n.others[0], utt.ErrInvalid},
	} {
		s, err := replica.NewSigner(args.l, args.c, args.share, replica.SignerState{})
		require.ErrorIs(t, err, args.want, name)
		require.Nil(t, s, name)
	}
}

// shares are those of all replicas on a block.
func (n *lab) shares(t testing.TB, l *ledger.Ledger, height uint64, of ...*threshold.KeyShare) (all []*utt.Share) {
	t.Helper()
	for _, k := range of {
		s, err := n.signer(t, l, k, replica.SignerState{}).SignBlock(context.Background(), height)
		require.NoError(t, err)
		all = append(all, s...)
	}
	return all
}

func TestCombine(t *testing.T) {
	ctx := context.Background()
	n := newLab()
	l := n.population(t)
	all := slices.Concat(records(t, l, 1), records(t, l, 2))
	good := slices.Concat(n.shares(t, l, 1, n.credential...), n.shares(t, l, 2, n.coin...))
	want, err := n.committees.Combine(ctx, n.p, all, good)
	require.NoError(t, err)
	for i, r := range want {
		require.True(t, r.Signed())
		require.False(t, all[i].Signed(), "the records given stay as they are")
		require.Equal(t, all[i].Cursor(), r.Cursor())
	}

	same := func(name string, shares []*utt.Share) {
		got, err := n.committees.Combine(ctx, n.p, all, shares)
		require.NoError(t, err, name)
		for i := range got {
			a, err := want[i].MarshalBinary()
			require.NoError(t, err)
			b, err := got[i].MarshalBinary()
			require.NoError(t, err)
			require.Equal(t, a, b, name)
		}
	}
	// of party i on some record, with the output of another
	bad := func(from, to *utt.Share, party int) *utt.Share {
		o := threshold.ShareOf(to.Outputs[0].Generation(), threshold.Index(party), from.Outputs[0].Point())
		return &utt.Share{Record: to.Record, Outputs: []*threshold.SignatureShare{o}}
	}
	replaced := slices.Clone(good)
	replaced[0] = bad(good[2], good[0], 1)
	same("a bad share instead of a good one", replaced)
	same("any two", slices.Concat(n.shares(t, l, 1, n.credential[1], n.credential[3]), n.shares(t, l, 2, n.coin[2:]...)))
	same("each twice", slices.Concat(good, good))
	same("a bad one under a party's name before its own", slices.Concat([]*utt.Share{bad(good[2], good[0], 1), bad(good[4], good[0], 1)}, good))
	just := slices.Concat(n.shares(t, l, 1, n.credential[:2]...), n.shares(t, l, 2, n.coin[:2]...))
	same("the same, and none to spare", slices.Concat([]*utt.Share{bad(good[2], good[0], 1)}, just, []*utt.Share{bad(good[4], good[0], 1)}))
	same("a bad one under a party's name after its own", append(slices.Clone(good), bad(good[2], good[0], 1)))
	same("nil, empty and foreign shares besides", append([]*utt.Share{
		nil, {}, {Record: good[0].Record}, {Record: utt.Cursor{Height: 9}, Outputs: good[0].Outputs},
		{Record: good[0].Record, Outputs: []*threshold.SignatureShare{nil}},
		{Record: good[0].Record, Outputs: []*threshold.SignatureShare{good[0].Outputs[0], good[1].Outputs[0]}},
		{Record: good[0].Record, Outputs: someShare(t)},
	}, good...))

	empty, err := n.committees.Combine(ctx, n.p, all[3:4], nil)
	require.NoError(t, err, "the issue has no outputs")
	require.True(t, empty[0].Signed())
	none, err := n.committees.Combine(ctx, n.p, nil, good)
	require.NoError(t, err)
	require.Empty(t, none)
}

func TestCombineNamesCulprits(t *testing.T) {
	ctx := context.Background()
	n := newLab()
	l := n.population(t)
	all := records(t, l, 2)
	good := n.shares(t, l, 2, n.coin...) // two records for each of four parties
	spoil := func(parties ...int) []*utt.Share {
		c := slices.Clone(good)
		for _, j := range parties {
			o := threshold.ShareOf(good[0].Outputs[0].Generation(), threshold.Index(j), good[(2*j+3)%8].Outputs[0].Point())
			c[2*(j-1)] = &utt.Share{Record: good[0].Record, Outputs: []*threshold.SignatureShare{o}}
		}
		return c
	}
	_, err := n.committees.Combine(ctx, n.p, all, spoil(1, 4))
	require.NoError(t, err, "two good ones are enough")

	var blame *threshold.BlameError
	got, err := n.committees.Combine(ctx, n.p, all, spoil(1, 2, 4))
	require.ErrorAs(t, err, &blame)
	require.Equal(t, []threshold.Index{1, 2, 4}, blame.Culprits)
	require.ErrorIs(t, err, threshold.ErrTooFew)
	require.Contains(t, err.Error(), all[0].ID().String(), "of which record")
	require.Nil(t, got)

	got, err = n.committees.Combine(ctx, n.p, all, good[:2])
	require.ErrorIs(t, err, threshold.ErrTooFew)
	require.Nil(t, got)

	// shares on another history of the same place
	other := n.ledger(t)
	requireExecuted(t, execute(t, other, 0, n.registration(t, bob), n.registration(t, alice)))
	requireExecuted(t, execute(t, other, 0, n.grant(t, bob, cash), n.grant(t, alice, gold)))
	_, err = n.committees.Combine(ctx, n.p, all[:1], slices.Concat(n.shares(t, other, 2, n.coin[:3]...), n.shares(t, l, 2, n.coin[3])))
	require.ErrorAs(t, err, &blame)
	require.Equal(t, []threshold.Index{1, 2, 3}, blame.Culprits)
}

func TestCombineArguments(t *testing.T) {
	ctx := context.Background()
	n := newLab()
	l := n.population(t)
	all, shares := records(t, l, 2), n.shares(t, l, 2, n.coin...)
	half := utt.Committees{Coin: n.committees.Coin}
	for name, err := range map[string]error{
		"no parameters":    second(n.committees.Combine(ctx, nil, all, shares)),
		"no committees":    second((*utt.Committees)(nil).Combine(ctx, n.p, all, shares)),
		"empty committees": second(new(utt.Committees).Combine(ctx, n.p, all, shares)),
		"half of them":     second(half.Combine(ctx, n.p, all, shares)),
		"a nil record":     second(n.committees.Combine(ctx, n.p, []*utt.Record{nil}, shares)),
		"an empty record":  second(n.committees.Combine(ctx, n.p, []*utt.Record{{}}, shares)),
	} {
		require.ErrorIs(t, err, utt.ErrInvalid, name)
	}
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	require.ErrorIs(t, second(n.committees.Combine(cancelled, n.p, all, shares)), context.Canceled)
}

func TestShareCodec(t *testing.T) {
	n := newLab()
	l := n.population(t)
	shares := append(n.shares(t, l, 2, n.coin[0]), &utt.Share{}, &utt.Share{Record: utt.Cursor{Height: 1 << 60, Index: 7}})
	for _, s := range shares {
		b, err := s.MarshalBinary()
		require.NoError(t, err)
		var d utt.Share
		require.NoError(t, d.UnmarshalBinary(b))
		require.Equal(t, s.Record, d.Record)
		require.Equal(t, len(s.Outputs), len(d.Outputs))
		again, err := d.AppendBinary([]byte{1, 2})
		require.NoError(t, err)
		require.Equal(t, append([]byte{1, 2}, b...), again)

		known := d
		for cut := range b {
			require.ErrorIs(t, d.UnmarshalBinary(b[:cut]), utt.ErrMalformed)
		}
		require.ErrorIs(t, d.UnmarshalBinary(append(slices.Clone(b), 0)), utt.ErrMalformed)
		require.Equal(t, known, d)
	}
	many := utt.Share{Outputs: slices.Repeat(shares[0].Outputs, 1<<16)}
	require.ErrorIs(t, second(many.MarshalBinary()), utt.ErrInvalid)
	hole := utt.Share{Outputs: []*threshold.SignatureShare{nil}}
	require.ErrorIs(t, second(hole.MarshalBinary()), utt.ErrInvalid)
}

// A signer keeps its share to itself.
func TestSignerPrintsNoShare(t *testing.T) {
	n := newLab()
	s := n.signer(t, n.ledger(t), n.coin[0], replica.SignerState{})
	secret, err := n.coin[0].MarshalBinary()
	require.NoError(t, err)
	tail := fmt.Sprintf("%x", secret[len(secret)-16:])
	for _, verb := range []string{"%v", "%+v", "%#v", "%x"} {
		require.NotContains(t, fmt.Sprintf(verb, s), tail)
	}
}

// Collectors tell by Expects what to combine, before any computation.
func TestExpectsShares(t *testing.T) {
	n := newLab()
	l := n.population(t)
	c := &n.committees
	coins := records(t, l, 2)
	r := coins[0]
	own := n.shares(t, l, 2, n.coin[0])[0]
	require.NoError(t, c.Expects(n.p, r, own, 1))
	registration := records(t, l, 1)[0]
	credential := n.shares(t, l, 1, n.credential[0])[0]
	require.NoError(t, c.Expects(n.p, registration, credential, 1))
	with := func(at utt.Cursor, outputs ...*threshold.SignatureShare) *utt.Share {
		return &utt.Share{Record: at, Outputs: outputs}
	}
	for name, s := range map[string]*utt.Share{
		"none":           nil,
		"another record": with(coins[1].Cursor(), own.Outputs...),
		"too few":        with(r.Cursor()),
		"too many":       with(r.Cursor(), own.Outputs[0], own.Outputs[0]),
		"nil":            with(r.Cursor(), nil),
		"another key":    with(r.Cursor(), credential.Outputs...),
		"another party":  with(r.Cursor(), n.shares(t, l, 2, n.coin[1])[0].Outputs...),
	} {
		require.ErrorIs(t, c.Expects(n.p, r, s, 1), utt.ErrInvalid, name)
	}
	require.ErrorIs(t, c.Expects(n.p, r, own, 2), utt.ErrInvalid)
}
