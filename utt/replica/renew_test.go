package replica_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/threshold/dkg"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/replica"
	"github.com/utt-ecash/utt-go/utt/store"
)

var purposes = []string{utt.PurposeCoin, utt.PurposeCredential, utt.PurposeLedger}

// renewal is a cluster whose parameters name the holders of the keys, with new shares of all
// of them, made by sessions that the ledger is to open and adopt.
type renewal struct {
	*cluster
	fresh  *foundation
	setups []*dkg.Setup
}

func newRenewal(t testing.TB, seed uint64) *renewal {
	f := *founded()
	copied := func(shares []*threshold.KeyShare) (all []*threshold.KeyShare) { // which are erased
		for _, s := range shares {
			c := new(threshold.KeyShare)
			must(0, c.UnmarshalBinary(must(s.MarshalBinary())))
			all = append(all, c)
		}
		return all
	}
	f.coin, f.credential, f.ledger = copied(f.coin), copied(f.credential), copied(f.ledger)
	committees := []*threshold.Committee{f.committees.Coin, f.committees.Credential, f.committees.Ledger}
	config := utt.Config{
		Name: "held", Genesis: [32]byte{2}, CoinKey: f.p.CoinKey(), CredentialKey: f.p.CredentialKey(), LedgerKey: f.p.LedgerKey(),
		Assets: f.p.Assets(), Circuits: f.p.Circuits(), Rows: f.p.Rows(), Policy: f.p.Policy(), Issuer: f.p.Issuer(), Endorsers: f.p.Endorsers(),
	}
	for k, c := range committees {
		config.Holders = append(config.Holders, utt.Holders{Purpose: purposes[k], Generation: c.Generation(), Faults: faults, Parties: publicIdentities()})
	}
	f.p = must(utt.NewParameters(config))
	f.endorser = must(utt.NewEndorser(f.p, endorserKey))
	fresh := f
	r := &renewal{cluster: &cluster{t: t, f: &f, rng: rand.New(rand.NewPCG(seed, 3)), inboxes: make([][]delivery, n), replicas: make([]*replica.Replica, n)}, fresh: &fresh}
	schedule := must(utt.Schedule{Height: 3, Blocks: 2}.MarshalBinary())
	deal := func(k int, shares []*threshold.KeyShare) (*threshold.Committee, []*threshold.KeyShare) {
		setup, c, dealt := reshared(committees[k], shares, func(t *dkg.Terms) {
			t.Network, t.Purpose, t.Schedule = f.p.Network(), purposes[k], schedule
		})
		r.setups = append(r.setups, setup)
		return c, dealt
	}
	fresh.committees.Coin, fresh.coin = deal(0, f.coin)
	fresh.committees.Credential, fresh.credential = deal(1, f.credential)
	fresh.committees.Ledger, fresh.ledger = deal(2, f.ledger)
	for i := range n {
		r.stores = append(r.stores, new(store.Memory))
		r.open(i)
	}
	return r
}

// openings are operations that open the sessions, and adoptions those of so many parties
// that adopt what they made.
func (r *renewal) openings() (ops []utt.Operation) {
	for _, s := range r.setups {
		ops = append(ops, must(utt.NewSessionOpening(r.f.p, s)))
	}
	return ops
}

func (r *renewal) adoptions(from, to int) (ops []utt.Operation) {
	committees := []*threshold.Committee{r.fresh.committees.Coin, r.fresh.committees.Credential, r.fresh.committees.Ledger}
	for k, s := range r.setups {
		for _, identity := range identities()[from:to] {
			ops = append(ops, must(utt.NewSessionAdoption(r.f.p, identity, must(s.ID()), committees[k].Generation())))
		}
	}
	return ops
}

// adopted decides what leads to new holders of the keys, while nobody publishes.
func (r *renewal) adopted() {
	r.decide(append(r.openings(), r.register()...)...)
	for range 6 {
		r.decide(r.register()...)
	}
	for _, receipt := range r.decide(append(r.adoptions(0, n-faults), r.register()...)...) {
		require.NoError(r.t, receipt.Err())
	}
}

func (r *renewal) renew(i int) error {
	c := r.fresh.committees
	return r.replicas[i].Renew(&c, r.fresh.coin[i], r.fresh.credential[i], r.fresh.ledger[i])
}

// [RES-HEIGHT]: from the block on with which n − f have adopted new shares, replicas sign
// with these or not at all, also what was decided before; each when it gets to it, and the
// others wait for nothing but enough of them. The old shares are erased.
func TestRenew(t *testing.T) {
	for seed := range uint64(6) {
		r := newRenewal(t, seed)
		r.decide(r.openings()...)
		for range 6 {
			r.decide(r.register()...)
		}
		some := func() {
			for step := range 40 {
				if i := r.rng.IntN(n); step%2 == 0 {
					r.work(i)
				} else {
					r.deliver(i)
				}
			}
		}
		some()
		r.decide(r.adoptions(0, n-faults-1)...)
		some()
		require.ErrorIs(t, r.renew(0), utt.ErrPolicy, "n − f − 1 have adopted")
		r.decide(append(r.adoptions(n-faults-1, n-faults), r.register()...)...)
		since := must(r.replicas[0].Ledger().Holders(utt.PurposeCoin)).Since
		require.EqualValues(t, len(r.blocks), since)
		for _, i := range r.rng.Perm(n) {
			require.Equal(t, []replica.Key{replica.CoinKey, replica.CredentialKey, replica.LedgerKey}, must(r.replicas[i].Replaced()))
			for _, m := range must(r.replicas[i].Work(ctx)) {
				require.NotContains(t, []replica.Kind{replica.KindShares, replica.KindCertificateShare, replica.KindSignatures}, m.Kind())
			}
			r.decide(r.register()...)
			some()
			require.NoError(t, r.renew(i))
			require.Empty(t, must(r.replicas[i].Replaced()))
			some()
		}
		r.settle()
		r.overdue()
		r.settle()
		r.requireAllPublished()
		for i, x := range r.replicas {
			require.Empty(t, x.Blamed(), "replica %d", i)
			for _, old := range []*threshold.KeyShare{r.f.coin[i], r.f.credential[i], r.f.ledger[i]} {
				require.Zero(t, old.Index(), "not erased")
				_, err := old.Sign(nil)
				require.Error(t, err)
			}
			old := r.f.committees
			require.ErrorIs(t, x.Renew(&old, nil, nil, nil), utt.ErrPolicy, "the generation before")
			require.NotZero(t, x.Party().Coin)
		}
	}
}

// The old shares are kept until a block that is signed without them is certified.
func TestSharesAreErasedWithTheFirstCertificate(t *testing.T) {
	r := newRenewal(t, 9)
	r.adopted()
	for i := range n {
		require.NoError(t, r.renew(i))
		require.NotZero(t, r.f.coin[i].Index())
	}
	r.settle()
	r.requireAllPublished()
	for i := range n {
		require.Zero(t, r.f.coin[i].Index())
	}
}

// One that is opened with the shares of before, after they were replaced, follows the
// others, and signs once it has the new ones.
func TestOpenWithReplacedShares(t *testing.T) {
	r := newRenewal(t, 10)
	r.replicas[2] = nil
	r.adopted()
	for _, i := range []int{0, 1, 3} {
		require.NoError(t, r.renew(i))
	}
	r.settle()
	r.overdue()
	r.settle()
	r.open(2)
	require.NotEmpty(t, must(r.replicas[2].Replaced()))
	r.overdue()
	r.settle()
	r.requireAllPublished()
	require.NoError(t, r.renew(2))
	r.decide(r.register()...)
	r.settle()
	r.requireAllPublished()
	require.Zero(t, r.f.coin[2].Index())
}

// Renew demands the shares to be of the committees, and these of the keys.
func TestRenewRefuses(t *testing.T) {
	r := newRenewal(t, 11)
	require.ErrorIs(t, r.replicas[0].Renew(nil, nil, nil, nil), utt.ErrInvalid)
	require.ErrorIs(t, r.renew(0), utt.ErrPolicy)
	r.adopted()
	c, x := r.fresh.committees, r.replicas[0]
	require.ErrorIs(t, x.Renew(&c, r.f.coin[0], r.fresh.credential[0], r.fresh.ledger[0]), utt.ErrInvalid)
	c.Coin = r.f.committees.Coin
	require.ErrorIs(t, x.Renew(&c, r.f.coin[0], r.fresh.credential[0], r.fresh.ledger[0]), utt.ErrPolicy)
	c.Coin = c.Credential
	require.ErrorIs(t, x.Renew(&c, r.fresh.coin[0], r.fresh.credential[0], r.fresh.ledger[0]), utt.ErrPolicy)
	require.NotEmpty(t, must(x.Replaced()), "nothing has changed")
	require.NoError(t, r.renew(0))
}

// What was kept of others' messages is gone with a renewal, and does not count against what
// is kept of them afterwards: after a few, a replica would keep nothing.
func TestRenewedReplicasKeepAsMuchAsBefore(t *testing.T) {
	r := newRenewal(t, 12)
	r.decide(append(r.openings(), r.register()...)...)
	for range 6 {
		r.decide(r.register()...)
	}
	x, other := r.replicas[0], r.replicas[1].Party()
	for _, m := range must(r.replicas[1].Work(ctx)) {
		require.NoError(t, x.Receive(other, m))
	}
	about, _ := x.Kept(other)
	require.NotZero(t, about)
	require.Equal(t, about, x.Counted(other))
	for _, receipt := range r.decide(r.adoptions(0, n-faults)...) {
		require.NoError(t, receipt.Err())
	}
	require.NoError(t, r.renew(0))
	about, _ = x.Kept(other)
	require.Zero(t, about)
	require.Zero(t, x.Counted(other))
	r.settle()
	for i := 1; i < n; i++ {
		require.NoError(t, r.renew(i))
	}
	r.settle()
	r.overdue()
	r.settle()
	r.requireAllPublished()
}

// Nobody is blamed, by an index that he has had since, for what its holder of before had sent.
func TestRenewedReplicasBlameNobodyForHisPredecessor(t *testing.T) {
	junk := samples(t)[replica.KindCertified]
	r := newRenewal(t, 13)
	r.adopted()
	x := r.replicas[0]
	require.NoError(t, x.Receive(r.replicas[1].Party(), junk.Junk(1, 1<<10)))
	require.NoError(t, r.renew(0))
	for i := 1; i < n; i++ {
		require.NoError(t, r.renew(i))
	}
	r.settle()
	r.overdue()
	r.settle()
	r.requireAllPublished()
	require.Empty(t, x.Blamed())
}

// One that is opened with shares that nobody has adopted yet signs nothing with them, before
// the first resharing as before any other: f others would make signatures and certificates
// with them, of a generation that may never hold the key.
func TestOpenBeforeItsGenerationHoldsTheKeys(t *testing.T) {
	r := newRenewal(t, 14)
	r.decide(append(r.openings(), r.register()...)...)
	old := r.f
	r.f = r.fresh
	for i := range n {
		r.open(i)
		require.Len(t, must(r.replicas[i].Replaced()), 3)
	}
	r.f = old
	r.settle()
	r.overdue()
	r.settle()
	for i, x := range r.replicas {
		require.Zero(t, x.Published(), "replica %d", i)
	}
	for range 6 {
		r.decide(r.register()...)
	}
	for _, receipt := range r.decide(r.adoptions(0, n-faults)...) {
		require.NoError(t, receipt.Err())
	}
	for i := range n {
		require.Empty(t, must(r.replicas[i].Replaced()))
	}
	r.settle()
	r.overdue()
	r.settle()
	r.requireAllPublished()
}

// Shares that were put away and taken up again are in use: they are not erased.
func TestRenewedTwiceAndBack(t *testing.T) {
	r := newRenewal(t, 15)
	r.adopted()
	copied := func(k *threshold.KeyShare) *threshold.KeyShare {
		c := new(threshold.KeyShare)
		must(0, c.UnmarshalBinary(must(k.MarshalBinary())))
		return c
	}
	coin, credential, ledgerShare := copied(r.fresh.coin[0]), copied(r.fresh.credential[0]), copied(r.fresh.ledger[0])
	require.NoError(t, r.renew(0))
	c := r.fresh.committees
	require.NoError(t, r.replicas[0].Renew(&c, coin, credential, ledgerShare))
	require.NoError(t, r.renew(0))
	for i := 1; i < n; i++ {
		require.NoError(t, r.renew(i))
	}
	r.settle()
	r.requireAllPublished()
	require.Equal(t, replica.Party{Coin: 1, Credential: 1, Ledger: 1}, r.replicas[0].Party())
	require.Zero(t, coin.Index(), "it was put away for good")
	require.Zero(t, r.f.coin[0].Index())
	r.decide(r.register()...)
	r.settle()
	r.requireAllPublished()
}

// What a party says of signatures counts under the generation of the ledger key in which it
// has its index: one that has another index since, or none, does not vouch twice.
func TestVouchersAreOfOneGeneration(t *testing.T) {
	const liar, victim = 1, 0 // the liar combines block 1, and was party 4 before
	r := newRenewal(t, 16)
	before := r.f.committees.Ledger.Generation()
	r.adopted()
	for i := range n {
		require.NoError(t, r.renew(i))
	}
	x := r.replicas[victim]
	as4 := r.replicas[3].Party()
	r.forge = func(from, to int, m *replica.Message) *replica.Message {
		if m.Kind() != replica.KindSignatures || from != liar {
			return m
		}
		lie, _ := m.Lie(nil)
		if to == victim {
			require.NoError(t, x.Receive(as4, lie.Endorsing().Of(before)))
			require.NoError(t, x.Receive(as4, lie.Of(before)))
		}
		return lie
	}
	r.settle()
	r.overdue()
	r.settle()
	r.requireAllPublished()
	for _, b := range x.Blamed() {
		require.Equal(t, replica.Blame{Key: replica.LedgerKey, Index: liar + 1, Height: b.Height, What: "signatures"}, b)
	}
}

// Who asked before by an index is not who has it now.
func TestAsksOfBeforeAreNotAnswered(t *testing.T) {
	r := newRenewal(t, 17)
	r.decide(r.register()...)
	r.settle()
	ask := samples(t)[replica.KindAsk].About(1)
	x, other := r.replicas[0], r.replicas[1].Party()
	r.adopted()
	require.NoError(t, x.Receive(other, ask))
	require.NoError(t, r.renew(0))
	to := func() bool {
		return slices.ContainsFunc(must(x.Work(ctx)), func(m *replica.Message) bool { return m.To() == other })
	}
	require.False(t, to())
	require.NoError(t, x.Receive(other, ask))
	require.True(t, to())
}

// How many may be faulty is what the ledger says of who holds its key, after a restart too,
// whatever the host configures: it may know the holders of before.
func TestFaultsAreThoseOfTheHolders(t *testing.T) {
	const given = faults + 1
	r := newRenewal(t, 18)
	reopened := func() int {
		c := r.config(0)
		c.Faults = given
		return must(replica.Open(c)).Faults()
	}
	require.Equal(t, faults, reopened(), "the parameters name them")
	r.adopted()
	require.NoError(t, r.renew(0))
	require.Equal(t, faults, r.replicas[0].Faults())
	old := r.f
	r.f = r.fresh
	require.Equal(t, faults, reopened())
	r.f = old
}
