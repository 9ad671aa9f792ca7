package session_test

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/budget"
	"github.com/utt-ecash/utt-go/internal/dst"
	"github.com/utt-ecash/utt-go/internal/transcript"
	"github.com/utt-ecash/utt-go/rangeproof"
	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/threshold/dkg"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/ledger"
	"github.com/utt-ecash/utt-go/utt/session"
	"github.com/utt-ecash/utt-go/utt/store"
)

var ctx = context.Background()

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// who is a party of a name, by its identity key.
func who(name string) ed25519.PrivateKey {
	seed := sha256.Sum256([]byte(name))
	return ed25519.NewKeyFromSeed(seed[:])
}

func whos(names ...string) (keys []ed25519.PrivateKey) {
	for _, n := range names {
		keys = append(keys, who(n))
	}
	return keys
}

func public(keys []ed25519.PrivateKey) (p []ed25519.PublicKey) {
	for _, k := range keys {
		p = append(p, k.Public().(ed25519.PublicKey))
	}
	return p
}

var replicas = whos("replica 1", "replica 2", "replica 3", "replica 4")

// foundation is parameters of a ledger whose keys four replicas hold, three of whom sign.
type foundation struct {
	p      *utt.Parameters
	coin   *threshold.Committee
	shares []*threshold.KeyShare

	committees utt.Committees
	certifying []*threshold.KeyShare // of the ledger key
}

var founded = sync.OnceValue(func() *foundation {
	f := new(foundation)
	config := utt.Config{
		Name: "sessions", Genesis: [32]byte{1}, Assets: []string{"cash"},
		Policy: budget.Policy{
			Start: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), EpochLength: 30 * 24 * time.Hour, Classes: []utt.Amount{1000},
		},
		Issuer: public(whos("issuer"))[0], Endorsers: public(whos("endorser")),
	}
	deal := func(purpose string, attributes int) (*threshold.Committee, []*threshold.KeyShare) {
		c, shares, err := threshold.Deal(nil, 3, 4, attributes)
		must(0, err)
		config.Holders = append(config.Holders, utt.Holders{Purpose: purpose, Generation: c.Generation(), Faults: 1, Parties: public(replicas)})
		return c, shares
	}
	f.coin, f.shares = deal(utt.PurposeCoin, utt.CoinAttributes)
	credential, _ := deal(utt.PurposeCredential, utt.CredentialAttributes)
	ledgerKey, certifying := deal(utt.PurposeLedger, utt.LedgerAttributes)
	f.committees, f.certifying = utt.Committees{Coin: f.coin, Credential: credential, Ledger: ledgerKey}, certifying
	config.CoinKey, config.CredentialKey, config.LedgerKey = f.coin.Group(), credential.Group(), ledgerKey.Group()
	_, self, err := rangeproof.SetupSingleParty(ctx, must(rangeproof.Compile(2)))
	must(0, err)
	_, pay, err := rangeproof.SetupSingleParty(ctx, must(rangeproof.Compile(2, rangeproof.Pays())))
	must(0, err)
	config.Circuits = []utt.Circuit{{Key: self}, {Key: pay}}
	config.Rows = []utt.Row{{Case: utt.Self}, {Case: utt.Anonymous, Circuit: 1, Counter: budget.Privacy}}
	f.p = must(utt.NewParameters(config))
	return f
})

// chain is a ledger, block by block, and who follows it.
type chain struct {
	t testing.TB
	*foundation
	ledger *ledger.Ledger
	log    *session.Log
	time   uint64
	old    *dkg.Old // who holds the coin key
}

func newChain(t testing.TB) *chain {
	c := &chain{t: t, foundation: founded()}
	c.ledger = must(ledger.New(c.p, new(store.Memory)))
	c.log = must(session.NewLog(c.p))
	c.time = c.ledger.Head().Time
	c.old = &dkg.Old{Committee: c.coin, Faults: 1, Parties: public(replicas)}
	return c
}

// parsed are operations as a stranger hands them in.
func parsed(ops ...utt.Operation) (again []utt.Operation) {
	for _, op := range ops {
		again = append(again, must(utt.ParseOperation(must(op.AppendBinary(nil)))))
	}
	return again
}

// try puts operations into the next block, a second later.
func (c *chain) try(ops ...utt.Operation) []utt.Receipt {
	c.t.Helper()
	c.time++
	ops = parsed(ops...)
	v, err := c.p.Check(ctx, c.time, ops)
	require.NoError(c.t, err)
	height := c.ledger.Head().Height + 1
	receipts, err := c.ledger.Execute(&utt.Block{Height: height, Time: c.time, Ops: ops}, v)
	require.NoError(c.t, err)
	records, err := c.ledger.BlockRecords(height)
	require.NoError(c.t, err)
	for _, r := range records {
		require.NoError(c.t, c.log.Take(r))
	}
	require.NoError(c.t, c.log.Advance(height, c.time))
	return receipts
}

// block is try of operations that are all executed.
func (c *chain) block(ops ...utt.Operation) {
	c.t.Helper()
	for _, r := range c.try(ops...) {
		require.NoError(c.t, r.Err())
	}
}

// schedule has rounds of two blocks, the first of which ends with the sixth block from now.
func (c *chain) schedule() []byte {
	return must(utt.Schedule{Height: c.ledger.Head().Height + 6, Time: c.time + 6, Blocks: 2, Seconds: 1}.MarshalBinary())
}

// terms are those of a session among some parties, without a committee that is replaced.
func (c *chain) terms(purpose string, key dkg.Kind, t, f int, parties []ed25519.PrivateKey) *dkg.Terms {
	return &dkg.Terms{Network: c.p.Network(), Purpose: purpose, Number: c.ledger.Head().Height, Key: key, Threshold: t, Faults: f,
		Parties: public(parties), Schedule: c.schedule()}
}

// enrolled is a setup that all parties have enrolled for, with their secrets.
func enrolled(terms *dkg.Terms, parties []ed25519.PrivateKey) (*dkg.Setup, []*dkg.Secret) {
	setup, secrets := &dkg.Setup{Terms: terms}, []*dkg.Secret{}
	for _, k := range parties {
		secret := must(dkg.NewSecret(nil))
		setup.Enrolments = append(setup.Enrolments, must(secret.Enrol(terms, k)))
		secrets = append(secrets, secret)
	}
	return setup, secrets
}

// resharing is a setup that replaces the coin key's holders, authorised by some of them.
func (c *chain) resharing(t, f int, parties, by []ed25519.PrivateKey) (*dkg.Setup, []*dkg.Secret) {
	terms := c.terms(utt.PurposeCoin, dkg.Signing(utt.CoinAttributes), t, f, parties)
	terms.Old = c.old
	setup, secrets := enrolled(terms, parties)
	for _, k := range by {
		setup.Authorisations = append(setup.Authorisations, must(setup.Authorise(k)))
	}
	return setup, secrets
}

// auditors is a setup that makes keys for three auditors.
func (c *chain) auditors() (*dkg.Setup, []*dkg.Secret) {
	return enrolled(c.terms("audit", dkg.Encryption(4), 2, 1, auditors), auditors)
}

var auditors = whos("auditor 1", "auditor 2", "auditor 3")

// opening asks for a session, with the word of some holders of the ledger key.
func (c *chain) opening(setup *dkg.Setup, by ...ed25519.PrivateKey) *utt.SessionOpening {
	var approved []utt.SessionAuthorisation
	for _, k := range by {
		approved = append(approved, must(utt.AuthoriseSession(c.p, setup, k)))
	}
	return must(utt.NewSessionOpening(c.p, setup, approved...))
}

// run hands in what is due of parties until a session's rounds have ended. Those that are
// nil are away.
func (c *chain) run(id dkg.SessionID, parties ...*session.Party) {
	c.t.Helper()
	for {
		r, err := c.log.Round(id)
		require.NoError(c.t, err)
		if r >= dkg.Done {
			return
		}
		c.block(c.due(parties)...)
	}
}

func (c *chain) due(parties []*session.Party) (ops []utt.Operation) {
	for _, p := range parties {
		if p == nil {
			continue
		}
		op, err := p.Due()
		require.NoError(c.t, err)
		if op != nil {
			ops = append(ops, op)
		}
	}
	return ops
}

// join joins parties to a session; a nil secret stands for a fresh one.
func (c *chain) join(id dkg.SessionID, keys []ed25519.PrivateKey, secrets []*dkg.Secret) (parties []*session.Party) {
	for i, k := range keys {
		secret := must(dkg.NewSecret(nil))
		if i < len(secrets) {
			secret = secrets[i]
		}
		parties = append(parties, must(c.log.Join(id, k, secret)))
	}
	return parties
}

// adopt hands in the adoptions of parties, each in a block of its own, and returns the
// heights.
func (c *chain) adopt(parties ...*session.Party) (heights []uint64) {
	for _, p := range parties {
		c.block(must(p.Adopt()))
		heights = append(heights, c.ledger.Head().Height)
	}
	return heights
}

// resign is a message with the signature of somebody else.
func resign(m []byte, by ed25519.PrivateKey) []byte {
	body := slices.Clone(m[:len(m)-ed25519.SignatureSize])
	digest := transcript.Hash(dst.DKGMessage, body)
	return append(body, ed25519.Sign(by, digest[:])...)
}

// certified is the records of blocks, and the certificate to which they lead, and where that
// is.
func (c *chain) certified(at utt.Frontier, to uint64) (*utt.Certificate, []*utt.Record, utt.Frontier) {
	var records []*utt.Record
	for h := at.Height + 1; h <= to; h++ {
		of := must(c.ledger.BlockRecords(h))
		records = append(records, must(c.committees.Combine(ctx, c.p, of, nil))...)
	}
	next := must(at.Extend(records))
	next.Height, next.Time = to, must(c.ledger.Block(to)).Time
	var shares []*utt.CertificateShare
	for _, k := range c.certifying[:3] {
		shares = append(shares, &utt.CertificateShare{Checkpoint: next.Checkpoint, Share: must(k.Sign(next.Commitment(c.p.Network())))})
	}
	return must(c.committees.Certify(c.p, shares)), records, next
}
