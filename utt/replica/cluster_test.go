package replica_test

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"math"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/budget"
	"github.com/utt-ecash/utt-go/rangeproof"
	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/replica"
	"github.com/utt-ecash/utt-go/utt/store"
)

// foundation is what all clusters are founded on: four replicas with shares of all keys.
type foundation struct {
	p                        *utt.Parameters
	committees               utt.Committees
	coin, credential, ledger []*threshold.KeyShare
	apart                    int // so many registrars are none of the replicas
	issuer                   ed25519.PrivateKey
	endorser                 *utt.Endorser
}

const (
	n, faults = 4, 1
	quorum    = 2*faults + 1 // t, of which any two have an honest one in common
	asset     = "cash"

	ever = math.MaxUint64 // all heights
)

var endorserKey = ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

var founded = sync.OnceValue(func() *foundation { return found(quorum, n) })

// provingKeys are those of the circuits.
var provingKeys []*rangeproof.ProvingKey

// circuits are those of transfers to oneself, and of payments.
var circuits = sync.OnceValue(func() (all []utt.Circuit) {
	for _, rules := range [][]rangeproof.Rule{nil, {rangeproof.Pays()}} {
		proving, key, err := rangeproof.SetupSingleParty(context.Background(), must(rangeproof.Compile(2, rules...)))
		must(0, err)
		all = append(all, utt.Circuit{Key: key})
		provingKeys = append(provingKeys, proving)
	}
	return all
})

// apart is a foundation whose registrars are others, two of three of whom sign.
var apart = sync.OnceValue(func() *foundation { return foundOf(quorum, n, 3) })

// found is a foundation of so many replicas, t of whom sign.
func found(t, n int) *foundation { return foundOf(t, n, 0) }

func foundOf(t, n, registrars int) *foundation {
	f := &foundation{apart: registrars}
	deal := func(t, n, attributes int) (c *threshold.Committee, shares []*threshold.KeyShare) {
		c, shares, err := threshold.Deal(nil, t, n, attributes)
		must(0, err)
		return c, shares
	}
	f.committees.Coin, f.coin = deal(t, n, utt.CoinAttributes)
	f.committees.Ledger, f.ledger = deal(t, n, utt.LedgerAttributes)
	if registrars > 0 {
		t, n = registrars-1, registrars
	}
	f.committees.Credential, f.credential = deal(t, n, utt.CredentialAttributes)
	issuer, issuerKey, err := ed25519.GenerateKey(nil)
	must(0, err)
	endorser := endorserKey.Public().(ed25519.PublicKey)
	f.issuer = issuerKey
	f.p = must(utt.NewParameters(utt.Config{
		Name: "cluster", Genesis: [32]byte{1},
		CoinKey: f.committees.Coin.Group(), CredentialKey: f.committees.Credential.Group(), LedgerKey: f.committees.Ledger.Group(),
		Assets:   []string{asset},
		Circuits: circuits(),
		Rows:     []utt.Row{{Case: utt.Self}, {Case: utt.Anonymous, Circuit: 1, Counter: budget.Privacy}},
		Policy: budget.Policy{
			Start: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), EpochLength: 30 * 24 * time.Hour, Classes: []utt.Amount{1000},
		},
		Issuer: issuer, Endorsers: []ed25519.PublicKey{endorser},
	}))
	f.endorser = must(utt.NewEndorser(f.p, endorserKey))
	return f
}

// cluster is some replicas on one network, whose blocks are decided by the test.
type cluster struct {
	t        testing.TB
	f        *foundation
	rng      *rand.Rand
	stores   []store.Store
	replicas []*replica.Replica // nil while one is down
	blocks   []*utt.Block
	inboxes  [][]delivery
	users    []*utt.Keys
	issued   uint64
	later    uint64 // by how many seconds blocks are, besides one for each
	nonces   []uint64

	// forge changes what a replica sends to another; nil sends nothing.
	forge func(from, to int, m *replica.Message) *replica.Message
}

type delivery struct {
	from replica.Party
	m    *replica.Message
}

func newCluster(t testing.TB, seed uint64) *cluster {
	t.Helper()
	return newClusterOf(t, founded(), seed)
}

func newClusterOf(t testing.TB, f *foundation, seed uint64) *cluster {
	t.Helper()
	n := len(f.coin) + f.apart
	c := &cluster{t: t, f: f, rng: rand.New(rand.NewPCG(seed, 1)), inboxes: make([][]delivery, n), replicas: make([]*replica.Replica, n)}
	for i := range n {
		c.stores = append(c.stores, new(store.Memory))
		c.open(i)
	}
	return c
}

func (c *cluster) config(i int) replica.Config {
	config := replica.Config{Parameters: c.f.p, Committees: &c.f.committees, Store: c.stores[i]}
	replicas := len(c.f.coin)
	if i < replicas {
		config.Coin, config.Ledger = c.f.coin[i], c.f.ledger[i]
	}
	switch {
	case c.f.apart == 0:
		config.Credential = c.f.credential[i]
	case i >= replicas:
		config.Credential = c.f.credential[i-replicas]
	}
	return config
}

// open opens a replica from its store, and has it execute what was decided meanwhile.
func (c *cluster) open(i int) {
	c.t.Helper()
	var err error
	c.replicas[i], err = replica.Open(c.config(i))
	require.NoError(c.t, err)
	c.catchUp(i)
}

func (c *cluster) catchUp(i int) {
	c.t.Helper()
	for _, b := range c.blocks[c.replicas[i].Ledger().Head().Height:] {
		c.execute(i, b)
	}
}

func (c *cluster) execute(i int, b *utt.Block) []utt.Receipt {
	c.t.Helper()
	v, err := c.replicas[i].Check(context.Background(), b.Time, b.Ops)
	require.NoError(c.t, err)
	receipts, err := c.replicas[i].Execute(b, v)
	require.NoError(c.t, err)
	return receipts
}

// decide decides a block, which all who are up execute.
func (c *cluster) decide(ops ...utt.Operation) []utt.Receipt {
	c.t.Helper()
	b := &utt.Block{Height: uint64(len(c.blocks) + 1), Time: uint64(c.f.p.Policy().Start.Unix()) + uint64(len(c.blocks)) + c.later, Ops: ops}
	c.blocks = append(c.blocks, b)
	var receipts []utt.Receipt
	for i, r := range c.replicas {
		if r != nil {
			receipts = c.execute(i, b)
		}
	}
	return receipts
}

// register makes a block of a new user with budget, money and a coin: outputs under both
// keys.
func (c *cluster) register() []utt.Operation {
	c.t.Helper()
	identity := fmt.Sprint("user ", len(c.users))
	seed := utt.PIDOf("seed of " + identity)
	k := must(utt.DeriveKeys(c.f.p, utt.PIDOf(identity), seed[:]))
	r := must(c.f.endorser.Endorse(identity, must(k.Register(nil, 0))))
	c.users, c.nonces = append(c.users, k), append(c.nonces, 1)
	issue := must(utt.NewIssue(c.f.p, c.f.issuer, c.issued, k.PID(), asset, 100))
	c.issued++
	return []utt.Operation{
		r, issue, must(utt.NewGrant(c.f.p, k.PID(), budget.Privacy, asset, 1, 0)),
		must(utt.NewMint(c.f.p, k.Account(), k.PID(), 0, asset, 10)),
	}
}

// work has a replica work, and puts what it sends into the inboxes of the others.
func (c *cluster) work(i int) {
	c.t.Helper()
	if c.replicas[i] == nil {
		return
	}
	out, err := c.replicas[i].Work(context.Background())
	require.NoError(c.t, err)
	c.send(i, out)
}

func (c *cluster) send(i int, out []*replica.Message) {
	for _, m := range out {
		for j, to := range c.replicas {
			if j == i || to == nil || m.To() != (replica.Party{}) && m.To() != to.Party() {
				continue
			}
			sent := m
			if c.forge != nil {
				sent = c.forge(i, j, m)
			}
			if sent == nil {
				continue
			}
			// as bytes, as over a wire
			b, err := sent.MarshalBinary()
			require.NoError(c.t, err)
			d := new(replica.Message)
			require.NoError(c.t, d.UnmarshalBinary(b))
			again, err := d.MarshalBinary()
			require.NoError(c.t, err)
			require.Equal(c.t, b, again)
			c.inboxes[j] = append(c.inboxes[j], delivery{c.replicas[i].Party(), d})
		}
	}
}

// deliver hands a replica one of its messages, any of them, now and then twice.
func (c *cluster) deliver(i int) {
	c.t.Helper()
	in := c.inboxes[i]
	if len(in) == 0 || c.replicas[i] == nil {
		return
	}
	k := c.rng.IntN(len(in))
	d := in[k]
	if c.rng.IntN(8) > 0 {
		c.inboxes[i] = append(in[:k:k], in[k+1:]...)
	}
	if err := c.replicas[i].Receive(d.from, d.m); err != nil {
		require.ErrorIs(c.t, err, utt.ErrInvalid)
	}
}

// settle lets everything happen, in some order, until nothing is left to say.
func (c *cluster) settle() {
	c.t.Helper()
	for steps := 0; ; steps++ {
		require.Less(c.t, steps, 100_000, "they talk for ever")
		waiting := 0
		for i := range c.replicas {
			c.work(i)
		}
		for _, in := range c.inboxes {
			waiting += len(in)
		}
		if waiting == 0 {
			return
		}
		for range waiting {
			c.deliver(c.rng.IntN(len(c.replicas)))
		}
	}
}

func (c *cluster) overdue() {
	for _, r := range c.replicas {
		if r != nil {
			r.Overdue(ever)
		}
	}
}

// publishedAt is the height that a replica has published up to.
func (c *cluster) publishedAt(i int) uint64 {
	c.t.Helper()
	certificate, err := c.replicas[i].Certificate(context.Background(), 1<<62)
	if err != nil {
		require.ErrorIs(c.t, err, utt.ErrNotFound)
		return 0
	}
	require.NoError(c.t, c.f.p.VerifyCertificate(certificate))
	return certificate.Height
}

// at is where the first replica was when it had published a certificate: with all credentials
// so far.
func (c *cluster) at(certificate *utt.Certificate) (at replica.Published) {
	c.t.Helper()
	ctx := context.Background()
	var records []*utt.Record
	for r, err := range c.replicas[0].Records(ctx, utt.Cursor{}) {
		require.NoError(c.t, err)
		if r.Cursor().Height <= certificate.Height {
			records = append(records, r)
		}
	}
	at.Certificate, at.Frontier = certificate, must(utt.Frontier{}.Lead(certificate, records))
	credentials, err := c.replicas[0].CredentialCertificate(ctx, certificate.Height)
	if err == nil {
		at.Credentials, at.CredentialFrontier = credentials, c.credentialsAt(0, credentials)
	}
	return at
}

// credentialsAt is where a replica is at a certificate of the credentials.
func (c *cluster) credentialsAt(i int, certificate *utt.Certificate) utt.Frontier {
	c.t.Helper()
	require.NoError(c.t, c.f.p.VerifyCredentialCertificate(certificate))
	leaves := utt.Leaves(c.leaves(i, 0, certificate.Records))
	return must(utt.Frontier{}.LeadCredentials(context.Background(), certificate, leaves, nil))
}

// leaves are what a replica serves of credentials, of records from one number up to another.
func (c *cluster) leaves(i int, from, to uint64) (leaves []utt.CredentialLeaf) {
	c.t.Helper()
	for l, err := range c.replicas[i].Credentials(context.Background(), from) {
		require.NoError(c.t, err)
		if l.Record < to {
			leaves = append(leaves, l)
		}
	}
	return leaves
}

// requireAllPublished demands that all have published everything that was decided: the
// same, and signed.
func (c *cluster) requireAllPublished() {
	c.t.Helper()
	c.requireLedgerPublished()
	for i, r := range c.replicas {
		require.EqualValues(c.t, len(c.blocks), r.Settled(), "replica %d", i)
		at := must(r.Where())
		if at.Credentials != nil {
			require.Equal(c.t, at.CredentialFrontier, c.credentialsAt(i, at.Credentials))
		}
		require.Equal(c.t, must(c.replicas[0].Where()).CredentialFrontier, at.CredentialFrontier)
	}
}

// requireLedgerPublished is requireAllPublished but for credentials.
func (c *cluster) requireLedgerPublished() {
	c.t.Helper()
	var first [][]byte
	for i := range c.replicas {
		if c.replicas[i] == nil {
			continue
		}
		require.EqualValues(c.t, len(c.blocks), c.publishedAt(i), "replica %d", i)
		var all [][]byte
		var records []*utt.Record
		for r, err := range c.replicas[i].Records(context.Background(), utt.Cursor{}) {
			require.NoError(c.t, err)
			records = append(records, r)
			all = append(all, must(r.MarshalBinary()))
		}
		at := must(c.replicas[i].Where())
		reached, err := utt.Frontier{}.Lead(at.Certificate, records)
		require.NoError(c.t, err)
		require.Equal(c.t, at.Frontier, reached)
		if first == nil {
			first = all
		}
		require.Equal(c.t, first, all)
		require.Equal(c.t, c.replicas[0].Ledger().Digest(), c.replicas[i].Ledger().Digest())
	}
}
