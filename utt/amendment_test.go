package utt_test

import (
	"bytes"
	"cmp"
	"context"
	"crypto/ed25519"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/budget"
	"github.com/utt-ecash/utt-go/rangeproof"
	"github.com/utt-ecash/utt-go/sig"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/ledger"
	"github.com/utt-ecash/utt-go/utt/local"
	"github.com/utt-ecash/utt-go/utt/store"
	"github.com/utt-ecash/utt-go/utt/wallet"
)

// drafted is the next amendment of parameters, signed by two of three.
func drafted(t testing.TB, p *utt.Parameters, from utt.Epoch, change func(*utt.Config)) *utt.Amendment {
	t.Helper()
	c := p.Newest().Config()
	change(&c)
	a, err := utt.NewAmendment(p, from, c)
	require.NoError(t, err)
	for _, i := range []int{2, 0} {
		a, err = a.Sign(p, utt.AuthorityKey(i))
		require.NoError(t, err)
	}
	return a
}

// budgetOf is a change of class 0.
func budgetOf(v utt.Amount) func(*utt.Config) {
	return func(c *utt.Config) { c.Policy.Classes[0] = v }
}

// An epoch has one version: of those that take effect by then, the last. What is amended in
// an epoch leaves it and the next as they were.
func TestVersionsOfEpochs(t *testing.T) {
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 18))
		p := sharedWorld().Parameters
		var froms []utt.Epoch
		version := func(e utt.Epoch) (v uint64) { // by the definition
			for i, from := range froms {
				if from <= e {
					v = uint64(i) + 1
				}
			}
			return v
		}
		for now := utt.Epoch(1); now < 12; now++ {
			final := p.At(now + 1).Digest()
			for range r.IntN(3) {
				from := now + 2 + utt.Epoch(r.IntN(4))
				froms = append(froms, from)
				a := drafted(t, p, from, budgetOf(utt.Amount(1000+len(froms))))
				next, err := p.Amend(a)
				require.NoError(t, err)
				require.EqualValues(t, len(froms), next.Version())
				require.Equal(t, next.Digest(), next.Newest().Digest())
				p = next
			}
			require.Equal(t, final, p.At(now+1).Digest(), "final when the epoch before begins")
			for e := range utt.Epoch(20) {
				v := version(e)
				at := p.At(e)
				require.Equal(t, v, at.Version())
				require.Equal(t, uint64(len(froms)), at.Amendments())
				amount, err := p.Allowance(budget.Privacy, 0, e)
				require.NoError(t, err)
				require.Equal(t, utt.Amount(1000+v), amount)
				require.Equal(t, amount, at.Policy().Classes[0])
				require.Equal(t, sharedWorld().Parameters.Digest(), at.Founding().Digest())
				require.Equal(t, sharedWorld().Parameters.Network(), at.Network())
			}
		}
		digests := map[[32]byte]bool{}
		for e := range utt.Epoch(20) {
			digests[p.At(e).Digest()] = true
		}
		require.Greater(t, len(digests), 1)
	}
}

// Two versions that say the same are two, and parameters that were amended in another order
// are others.
func TestVersionsHaveDigestsOfTheirOwn(t *testing.T) {
	p := sharedWorld().Parameters
	once, err := p.Amend(drafted(t, p, 3, budgetOf(7)))
	require.NoError(t, err)
	back, err := once.Amend(drafted(t, once, 4, budgetOf(testPolicy.Classes[0])))
	require.NoError(t, err)
	require.Equal(t, p.Config(), back.Config())
	require.NotEqual(t, p.Digest(), back.Digest())
	b, err := back.MarshalBinary()
	require.NoError(t, err)
	founded, err := utt.ParseParameters(b)
	require.NoError(t, err)
	require.Equal(t, p.Digest(), founded.Digest(), "encoded is what the ledger was founded on")
	later, err := p.Amend(drafted(t, p, 4, budgetOf(7)))
	require.NoError(t, err)
	require.NotEqual(t, once.Digest(), later.Digest())
}

// NewAmendment and Sign say what is wrong.
func TestAmendmentRefuses(t *testing.T) {
	w := sharedWorld()
	p := w.Parameters
	_, stranger, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	for name, change := range map[string]func(*utt.Config){
		"another name":            func(c *utt.Config) { c.Name += "2" },
		"another genesis":         func(c *utt.Config) { c.Genesis[0]++ },
		"another key for coins":   func(c *utt.Config) { c.CoinKey = anotherKey(t) },
		"no auditors":             func(c *utt.Config) { c.Auditors, c.Rows = nil, c.Rows[:2] },
		"one class":               func(c *utt.Config) { c.Policy.Classes, c.Policy.Counters = c.Policy.Classes[:1], nil },
		"one asset":               func(c *utt.Config) { c.Assets = c.Assets[:1] },
		"another start":           func(c *utt.Config) { c.Policy.Start = c.Policy.Start.Add(time.Second) },
		"an authority of 3 of 2":  func(c *utt.Config) { c.Authority.Threshold, c.Authority.Keys = 3, c.Authority.Keys[:2] },
		"a holder who counts two": func(c *utt.Config) { c.Authority.Keys[1] = c.Authority.Keys[0] },
		"a key that is none":      func(c *utt.Config) { c.Authority.Keys[1] = make([]byte, 32) },
		"a short key":             func(c *utt.Config) { c.Authority.Keys[1] = c.Authority.Keys[1][:31] },
		"no threshold":            func(c *utt.Config) { c.Authority.Threshold = 0 },
		"too many holders": func(c *utt.Config) {
			for range utt.MaxAuthority {
				c.Authority.Keys = append(c.Authority.Keys, anEd25519Key(t))
			}
		},
	} {
		c := p.Config()
		change(&c)
		_, err := utt.NewAmendment(p, 3, c)
		require.ErrorIs(t, err, utt.ErrPolicy, name)
	}
	c := p.Config()
	c.Authority = utt.Authority{}
	ungoverned, err := utt.NewParameters(c)
	require.NoError(t, err)
	_, err = utt.NewAmendment(ungoverned, 3, c)
	require.ErrorIs(t, err, utt.ErrPolicy)
	_, err = utt.NewSuspension(ungoverned, 0, utt.PIDOf(bob), true)
	require.ErrorIs(t, err, utt.ErrPolicy)
	_, err = utt.NewSuspension(p, 0, utt.PID(bytes.Repeat([]byte{255}, 32)), true)
	require.ErrorIs(t, err, utt.ErrMalformed)

	a, err := utt.NewAmendment(p, 3, p.Config())
	require.NoError(t, err)
	_, err = a.Sign(p, stranger)
	require.ErrorIs(t, err, utt.ErrPolicy)
	_, err = a.Sign(p, nil)
	require.ErrorIs(t, err, utt.ErrInvalid)
	s, err := utt.NewSuspension(p, 0, utt.PIDOf(bob), true)
	require.NoError(t, err)
	_, err = s.Sign(p, stranger)
	require.ErrorIs(t, err, utt.ErrPolicy)

	// whoever signs first, and however often
	for _, order := range [][]int{{0, 1}, {1, 0}, {0, 1, 0, 1}} {
		b, q := a, s
		for _, i := range order {
			if b, err = b.Sign(p, utt.AuthorityKey(i)); err == nil {
				q, err = q.Sign(p, utt.AuthorityKey(i))
			}
			require.NoError(t, err)
		}
		require.Equal(t, []int{2, 2}, []int{b.Signatures(), q.Signatures()})
		require.Zero(t, a.Signatures())
		require.Equal(t, utt.RawOperation(utt.ForgeAmendment(p, 1, 3, func(*utt.Config) {}, 0, 1)), utt.RawOperation(b))
		require.Equal(t, utt.RawOperation(utt.ForgeSuspension(p, 0, utt.PIDOf(bob), true, 0, 1)), utt.RawOperation(q))
	}
	got, err := parse(t, a)[0].(*utt.Amendment).Config(p)
	require.NoError(t, err)
	require.Equal(t, p.Config(), got, "what is signed can be read")
}

func anotherKey(t testing.TB) *sig.PublicKey {
	t.Helper()
	k, err := sig.GenerateKey(nil, utt.CoinAttributes)
	require.NoError(t, err)
	return k.Public()
}

func anEd25519Key(t testing.TB) ed25519.PublicKey {
	t.Helper()
	k, _, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	return k
}

// The largest amendment that can be made goes through all that an operation goes through.
func TestLargestAmendment(t *testing.T) {
	ctx := context.Background()
	net := newNetwork(t)
	p := net.Parameters()
	large := func(c *utt.Config, circuits int) {
		c.Endorsers, c.Prefixes = nil, nil
		for i := range utt.MaxEndorsers {
			c.Endorsers = append(c.Endorsers, anEd25519Key(t))
			c.Prefixes = append(c.Prefixes, fmt.Sprintf("%064d", i))
		}
		base := c.Rows
		c.Rows = nil
		for len(c.Assets) < utt.MaxAssets {
			c.Assets = append(c.Assets, fmt.Sprintf("%032d", len(c.Assets)))
		}
		for _, asset := range c.Assets {
			for _, r := range base[:2] {
				r.Assets = []string{asset}
				c.Rows = append(c.Rows, r)
			}
		}
		key := c.Circuits[0].Key
		b, err := key.MarshalBinary()
		require.NoError(t, err)
		for i := 0; len(c.Circuits) < utt.MaxCircuits && (i+1)*len(b) < circuits; i++ {
			c.Rows[2*i].Circuit = len(c.Circuits)
			c.Circuits = append(c.Circuits, utt.Circuit{Key: key})
		}
	}
	c := p.Config()
	large(&c, 1<<20)
	_, err := utt.NewAmendment(p, 3, c)
	require.ErrorIs(t, err, utt.ErrPolicy)
	require.ErrorContains(t, err, "of at most 61440")
	a := drafted(t, p, 3, func(c *utt.Config) { large(c, 17_000) })
	require.Greater(t, len(utt.RawOperation(a)), 50_000)
	require.NoError(t, net.Submit(ctx, a))
	require.NoError(t, net.Advance(ctx, 2*month))
	require.Len(t, net.Parameters().Assets(), utt.MaxAssets)
	require.NoError(t, net.Agree())
	l := net.Ledger()
	restored, err := ledger.Restore(p, new(store.Memory), bytes.NewReader(snapshot(t, l)), l.Digest())
	require.NoError(t, err)
	require.Equal(t, l.Parameters().Digest(), restored.Parameters().Digest())
	w := restoredWallet(t, net, alice)
	sync1(t, net, w)
	require.Equal(t, l.Parameters().Digest(), w.Parameters().Digest())
}

// One holder counts once: signatures are in the order of their keys, each once, or the
// encoding is refused.
func TestAmendmentSignedTwiceByOne(t *testing.T) {
	p := sharedWorld().Parameters
	a := utt.ForgeAmendment(p, 1, 3, budgetOf(7))
	_, err := utt.ParseOperation(a.Unordered(p, 0, 2))
	require.NoError(t, err)
	for _, holders := range [][]int{{1, 1}, {0, 0, 1}, {1, 0}, {0, 2, 1}, {0, 1, 1}} {
		_, err := utt.ParseOperation(a.Unordered(p, holders...))
		require.ErrorIs(t, err, utt.ErrMalformed, "%v", holders)
	}
}

// A ledger takes grants for an epoch by the version of that, operations by the version of
// theirs, and has its amendments from its state, however it is opened.
func TestLedgerIsAmended(t *testing.T) {
	w := sharedWorld()
	s := new(store.Memory)
	l, err := ledger.Restore(w.Parameters, s, bytes.NewReader(w.snapshot), w.digest)
	require.NoError(t, err)
	start := w.Parameters.Policy().StartOf
	a := drafted(t, l.Parameters(), 3, func(c *utt.Config) {
		c.Policy.Classes[0] = 50
		c.Assets = append(c.Assets, "silver")
	})
	before := l.Digest()
	for _, o := range []struct {
		op   utt.Operation
		want ledger.Outlook
	}{
		{a, ledger.Now},
		{utt.ForgeAmendment(w.Parameters, 2, 3, budgetOf(1), 0, 1), ledger.Later},
		{utt.ForgeAmendment(w.Parameters, 0, 3, budgetOf(1), 0, 1), ledger.Never},
		{utt.ForgeSuspension(w.Parameters, 1, utt.PIDOf(bob), true, 0, 1), ledger.Later},
		{utt.ForgeSuspension(w.Parameters, 0, utt.PIDOf(bob), true, 0, 1), ledger.Now},
	} {
		got, _, err := l.Preview(o.op, w.head.Time)
		require.NoError(t, err)
		require.Equal(t, o.want, got)
	}
	require.Equal(t, before, l.Digest())
	require.Zero(t, l.Parameters().Amendments(), "a preview amends nothing")
	requireExecuted(t, execute(t, l, 0, parse(t, a)...))
	require.NotEqual(t, before, l.Digest())
	require.EqualValues(t, 1, l.Parameters().Amendments())
	require.Zero(t, l.Parameters().Version())
	r := records(t, l, l.Head().Height)[0]
	require.True(t, r.Of(a))
	followed, err := w.Parameters.Follow(r)
	require.NoError(t, err)
	require.Equal(t, l.Parameters().Newest().Digest(), followed.Newest().Digest())
	require.Equal(t, w.Parameters.Digest(), followed.Digest(), "it speaks for the version that it spoke for")
	again, err := followed.Follow(r)
	require.NoError(t, err)
	require.Same(t, followed, again)
	e, err := r.Entry(followed)
	require.NoError(t, err)
	require.Equal(t, utt.Entry{Kind: utt.KindAmendment, Nonce: 1, Epoch: 3}, e)
	other, err := w.Parameters.Amend(drafted(t, w.Parameters, 5, budgetOf(4)))
	require.NoError(t, err)
	_, err = other.Follow(r)
	require.ErrorIs(t, err, utt.ErrInvalid, "another amendment of the number")

	grant := func(user string, asset string, e utt.Epoch, p *utt.Parameters) utt.Operation {
		g, err := utt.NewGrant(p, utt.PIDOf(user), budget.Privacy, asset, e, 0)
		require.NoError(t, err)
		return g
	}
	reopened := func() []*ledger.Ledger {
		restored, err := ledger.Restore(w.Parameters, new(store.Memory), bytes.NewReader(snapshot(t, l)), l.Digest())
		require.NoError(t, err)
		opened, err := ledger.New(l.Parameters().Newest(), s)
		require.NoError(t, err)
		return []*ledger.Ledger{restored, opened}
	}
	old, now := w.Parameters, l.Parameters()
	for _, block := range []struct {
		time uint64
		op   utt.Operation
		want string // label
	}{
		{start(2) - 1, grant(alice, cash, 2, now), ""},
		{start(2), grant(bob, cash, 2, now), ""},
		{start(2), grant(alice, cash, 3, old), "GRANT-AMOUNT"}, // a grant for e + 1 under a changed class
		{start(2), grant(alice, cash, 3, now), ""},
		{start(2), grant(alice, "silver", 3, now), ""},
		{start(2), w.issue(t, l, alice, cash, 5), ""},
		{start(3) - 1, utt.ForgeAmendment(now, 2, 3, budgetOf(60), 0, 1), "AMD-FROM"},
		{start(3), grant(bob, cash, 3, old), "GRANT-AMOUNT"},
		{start(3), grant(bob, cash, 3, now), ""},
		{start(3), w.honest, "POLICY-EPOCH"},
		{start(3), utt.ForgeAmendment(now, 2, 5, budgetOf(60), 0, 1), ""},
	} {
		var digests [][32]byte
		copies := reopened()
		for _, c := range copies[:1] {
			execute(t, c, block.time, parse(t, block.op)...)
			digests = append(digests, c.Digest())
		}
		require.Equal(t, l.Digest(), copies[1].Digest())
		require.Equal(t, l.Parameters().Digest(), copies[1].Parameters().Digest())
		receipts := execute(t, l, block.time, parse(t, block.op)...)
		if block.want == "" {
			requireExecuted(t, receipts)
		} else {
			require.Equal(t, block.want, receipts[0].Rejection.Label, receipts[0].Rejection.Detail)
		}
		require.Equal(t, l.Digest(), digests[0])
	}
	require.EqualValues(t, 1, l.Parameters().Version())
	require.EqualValues(t, 2, l.Parameters().Amendments())

	// a state that no ledger writes
	for name, v := range map[string][]byte{"no operation": {1, 2, 3}, "another operation": utt.RawOperation(w.honest),
		"another number": utt.RawOperation(utt.ForgeAmendment(w.Parameters, 7, 5, budgetOf(60), 0, 1))} {
		garbled := new(store.Memory)
		view, err := s.View()
		require.NoError(t, err)
		for pair, err := range view.Ascend(nil, nil) {
			require.NoError(t, err)
			require.NoError(t, garbled.Apply([]store.Write{{Key: pair.Key, Value: pair.Value}}))
		}
		require.NoError(t, view.Close())
		require.NoError(t, garbled.Apply([]store.Write{{Key: []byte("v\x00\x00\x00\x00\x00\x00\x00\x02"), Value: v}}))
		_, err = ledger.New(w.Parameters, garbled)
		require.ErrorIs(t, err, utt.ErrStore, name)
	}
}

// Verdicts by another version than the block's are refused as a whole, also by one that is
// not in force yet, but in the next epoch, for which budgets are granted.
func TestVerdictsOfAnotherVersion(t *testing.T) {
	ctx := context.Background()
	w := sharedWorld()
	l := w.fork(t)
	stale := l.Parameters()
	requireExecuted(t, execute(t, l, 0, parse(t, drafted(t, stale, 3, budgetOf(50)))...))
	start := stale.Policy().StartOf
	in := func(p *utt.Parameters, checked, time uint64) error {
		v, err := p.Check(ctx, checked, nil)
		require.NoError(t, err)
		trusted, err := p.Trust(checked, nil)
		require.NoError(t, err)
		b := &utt.Block{Height: l.Head().Height + 1, Time: time}
		_, errTrusted := l.Prepare(b, trusted)
		_, err = l.Prepare(b, v)
		require.Equal(t, err == nil, errTrusted == nil)
		return err
	}
	p := l.Parameters()
	require.NoError(t, in(stale, start(2)-1, start(2)-1), "neither this epoch nor the next is amended")
	require.ErrorIs(t, in(stale, start(2), start(2)), utt.ErrInvalid)
	require.NoError(t, in(p, start(2), start(2)))
	require.ErrorIs(t, in(p, start(3)-1, start(3)), utt.ErrInvalid, "checked in one version and executed in the next")
	require.ErrorIs(t, in(stale, start(3), start(3)), utt.ErrInvalid)
	require.NoError(t, in(p, start(3), start(3)))

	// and none is taken over
	ops := []utt.Operation{w.honest}
	now := w.head.Time + 1
	known, err := stale.Check(ctx, start(3), ops)
	require.NoError(t, err)
	v, err := p.Check(ctx, start(3), nil, known)
	require.NoError(t, err)
	require.ErrorIs(t, v.Join(known).Err(w.honest), utt.ErrNotFound)
	c := new(utt.Checker)
	_, err = c.Check(ctx, stale, start(3), ops)
	require.NoError(t, err)
	require.Zero(t, utt.VerifiedBy(c, stale, start(3), ops))
	require.Equal(t, 1, utt.VerifiedBy(c, p, start(3), ops))
	_, err = c.Check(ctx, p, now, ops)
	require.NoError(t, err)
}

// What is held keeps its version, whatever becomes of its row: how long it waits, what it
// pays, and to whom. What waits in two versions is settled in the order in which it is due.
func TestHeldInOneVersionDecidedInTheNext(t *testing.T) {
	w := sharedWorld()
	l := &trusting{w.fork(t), t}
	fee := func(c *utt.Config, row int, v utt.Amount, to string) {
		c.Rows[row].Fee, c.FeeAccount = utt.Fee{Base: v}, utt.PIDOf(to)
	}
	l.block(w.head.Time,
		drafted(t, l.Parameters(), 3, func(c *utt.Config) { fee(c, 2, 5, alice); fee(c, 3, 3, alice) }))
	l.block(w.head.Time,
		drafted(t, l.Parameters(), 4, func(c *utt.Config) { // nothing is delayed any more
			c.Rows = c.Rows[:3]
			c.Rows[2].Audit.Expire = 10 * time.Minute
			fee(c, 2, 7, bob)
		}))
	p := l.Parameters()
	fourth := p.Policy().StartOf(4)
	audited, delayed := w.HonestAudited(utt.Audited), w.HonestAudited(utt.Delayed)
	n := 0
	hold := func(like *utt.Transfer, e utt.Epoch, at uint64) *utt.Transfer {
		t.Helper()
		op := w.Moved(p, like, e, n)
		n++
		receipts, _ := l.block(at, op)
		require.Equal(t, utt.Held, receipts[0].Status, "%v", receipts[0].Rejection)
		return op
	}
	balance := func(of string) utt.Amount {
		v, err := l.Balance(utt.PIDOf(of), cash)
		require.NoError(t, err)
		return v
	}
	slow, waits := hold(audited, 3, fourth-1800), hold(delayed, 3, fourth-100)
	soon, vetoed := hold(audited, 3, fourth-10), hold(delayed, 3, fourth-10)
	quick, next := hold(audited, 4, fourth+60), hold(audited, 4, fourth+60)
	refused, _ := l.block(fourth+60, w.Moved(p, delayed, 4, 100), w.Moved(p, audited, 3, 101))
	require.Equal(t, "POLICY-CASE", refused[0].Rejection.Label)
	require.Equal(t, "POLICY-EPOCH", refused[1].Rejection.Label)
	l = l.restored()
	had := map[string]utt.Amount{alice: balance(alice), bob: balance(bob)}

	receipts, settled := l.block(fourth+61, utt.Undecided(utt.Approve, soon.ID()), utt.Undecided(utt.Approve, waits.ID()),
		utt.Undecided(utt.Veto, vetoed.ID()), utt.Undecided(utt.Approve, next.ID()))
	requireExecuted(t, receipts)
	for i, want := range [][]int{{0, 1}, nil, {2}, {0, 1}} {
		require.Equal(t, want, utt.SettledOutputs(settled[i]))
		require.Len(t, settled[i].Commitments(l.Parameters()), len(want))
	}
	require.Equal(t, had[alice]+5, balance(alice), "the fee of the version in which it was held")
	require.Equal(t, had[bob]+7, balance(bob))
	l = l.restored()

	_, settled = l.block(fourth + 61 + hour)
	var got []utt.ID
	for _, r := range settled {
		got = append(got, r.ID())
		e, err := r.Entry(l.Parameters())
		require.NoError(t, err)
		require.NotEmpty(t, e.Outputs)
		_, err = r.Entry(w.Parameters)
		require.ErrorIs(t, err, utt.ErrInvalid, "who followed no amendment cannot read it")
	}
	require.Equal(t, []utt.ID{quick.ID(), slow.ID(), waits.ID()}, got)
	for id, want := range map[utt.ID]utt.Status{slow.ID(): utt.Refunded, quick.ID(): utt.Refunded, waits.ID(): utt.Executed} {
		status, _, err := l.Hold(id)
		require.NoError(t, err)
		require.Equal(t, want, status)
	}
	require.Equal(t, had[alice]+8, balance(alice))
}

// amend hands in an amendment in a block of its own.
func amend(t testing.TB, net *local.Network, from utt.Epoch, change func(*utt.Config)) {
	t.Helper()
	require.NoError(t, net.Submit(context.Background(), drafted(t, net.Parameters(), from, change)))
}

// A network is amended while its users go on: budgets, classes, circuit and endorsers. What was
// pending ends with its epoch, what was registered stays payable, and wallets made again
// find what is theirs in all versions.
func TestNetworkIsAmended(t *testing.T) {
	ctx := context.Background()
	net := newNetwork(t)
	a, b, m := join(t, net, alice, 500), join(t, net, bob), join(t, net, mallory)
	old := net.Endorser()
	endorser, endorserKey, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	key := setUp(t, 2, rangeproof.Pays())
	amend(t, net, 3, func(c *utt.Config) {
		c.Policy.Classes[0] = 300
		c.Policy.Classes = append(c.Policy.Classes, 70)
		c.Policy.Counters[0].Classes = append(c.Policy.Counters[0].Classes, 0)
		c.Rows[1].Circuit = len(c.Circuits)
		c.Circuits = append(c.Circuits, utt.Circuit{Key: key.VerifyingKey()})
		c.Endorsers = []ed25519.PublicKey{endorser}
	})
	require.NoError(t, net.Advance(ctx, month)) // epoch 2
	sync1(t, net, a, b, m)
	require.NoError(t, a.AddProvingKey(key))
	require.ErrorIs(t, a.AddProvingKey(setUp(t, 2)), utt.ErrPolicy)
	require.ErrorIs(t, a.AddProvingKey(nil), utt.ErrInvalid)
	done(t, a, net)(a.RequestBudget(ctx, net, cash, 2))
	done(t, a, net)(a.RequestBudget(ctx, net, cash, 3))
	done(t, b, net)(b.RequestBudget(ctx, net, cash, 3))
	require.Equal(t, utt.Amount(1000), a.Balance(cash).Budget)
	var late []utt.Operation
	pending, err := a.Pay(ctx, keeping(net, &late), bob, cash, 400, "")
	require.NoError(t, err)
	_, err = a.Registration(2)
	require.ErrorIs(t, err, utt.ErrPolicy, "no such class in this epoch")

	require.NoError(t, net.Advance(ctx, month)) // epoch 3
	require.EqualValues(t, 1, net.Parameters().Version())
	require.Nil(t, net.Endorser())
	s, err := a.Status(ctx, net, pending)
	require.NoError(t, err)
	require.Equal(t, wallet.Failed, s.State)
	require.ErrorIs(t, net.Submit(ctx, late[0]), utt.ErrPolicy)
	require.Equal(t, wallet.Balance{Spendable: 500, Account: 100, Budget: 300}, a.Balance(cash))
	require.EqualValues(t, 1, a.Parameters().Version())
	_, err = a.Pay(ctx, net, bob, cash, 301, "")
	require.ErrorIs(t, err, utt.ErrInsufficient)
	done(t, a, net)(a.Pay(ctx, net, bob, cash, 300, "by the new rules"))
	sync1(t, net, b, m)
	require.Equal(t, wallet.Balance{Spendable: 300, Account: 100, Budget: 300}, b.Balance(cash))
	require.Equal(t, wallet.Balance{Spendable: 200, Account: 100}, a.Balance(cash))

	// bob lacks the key of the circuit that came
	_, err = b.Pay(ctx, net, alice, cash, 10, "")
	require.ErrorIs(t, err, utt.ErrNotFound)
	digest := key.VerifyingKey().Digest()
	require.ErrorContains(t, err, fmt.Sprintf("%x", digest))
	require.NoError(t, b.AddProvingKey(key))
	done(t, b, net)(b.Pay(ctx, net, alice, cash, 10, ""))

	// a new user, of the new class, by the new endorser
	r, err := restoredWallet(t, net, "carol@example.org").Registration(0)
	require.NoError(t, err)
	r, err = old.Endorse("carol@example.org", r)
	require.NoError(t, err)
	require.ErrorIs(t, net.Submit(ctx, r), utt.ErrPolicy, "the endorser was dropped")
	current, err := utt.NewEndorser(net.Parameters(), endorserKey)
	require.NoError(t, err)
	c := restoredWallet(t, net, "carol@example.org")
	sync1(t, net, c)
	r, err = c.Registration(2)
	require.NoError(t, err)
	r, err = current.Endorse("carol@example.org", r)
	require.NoError(t, err)
	require.NoError(t, net.Submit(ctx, r))
	sync1(t, net, c)
	got, err := c.Budget(cash)
	require.NoError(t, err)
	require.Equal(t, utt.Amount(70), got.Allowance)

	// whom the old endorser registered, the new one moves
	sync1(t, net, m)
	moved, err := m.Readdress(utt.ScanKey{}, net.Now().Add(time.Hour))
	require.NoError(t, err)
	byOld, err := old.EndorseReaddress(mallory, moved, moved.Expires())
	require.NoError(t, err)
	require.ErrorIs(t, net.Submit(ctx, byOld), utt.ErrPolicy)
	byCurrent, err := current.EndorseReaddress(mallory, moved, moved.Expires())
	require.NoError(t, err)
	require.NoError(t, net.Submit(ctx, byCurrent))

	// from the seed, and from founding parameters alone
	require.NoError(t, net.Agree())
	for _, w := range []*wallet.Wallet{a, b, m} {
		sync1(t, net, w)
		again, err := wallet.New(net.Parameters().Founding(), w.Identity(), seedOf(w.Identity()), wallet.Config{ProvingKeys: net.ProvingKeys(), Now: net.Now})
		require.NoError(t, err)
		sync1(t, net, again)
		require.Equal(t, w.Balance(cash), again.Balance(cash))
		require.Equal(t, w.Received(), again.Received())
		require.Equal(t, w.Parameters().Digest(), again.Parameters().Digest())
	}
	disk := new(store.Memory)
	sync1(t, net, onDisk(t, net, alice, disk))
	again, err := wallet.Open(net.Parameters().Founding(), alice, seedOf(alice), disk, wallet.Config{ProvingKeys: append(net.ProvingKeys(), key), Now: net.Now})
	require.NoError(t, err, "its store has the amendments")
	require.Equal(t, a.Parameters().Digest(), again.Parameters().Digest())
	require.Equal(t, stateOf(a), stateOf(again))
	_, err = wallet.New(net.Parameters(), alice, seedOf(alice), wallet.Config{ProvingKeys: append(net.ProvingKeys(), key)})
	require.NoError(t, err)
	_, err = wallet.New(net.Parameters().Founding(), alice, seedOf(alice), wallet.Config{ProvingKeys: []*rangeproof.ProvingKey{key}})
	require.ErrorIs(t, err, utt.ErrPolicy)
	paid := map[uint64]int{}
	for r, err := range net.Records(ctx, utt.Cursor{}) {
		require.NoError(t, err)
		e, err := r.Entry(net.Parameters())
		require.NoError(t, err)
		if e.Kind == utt.KindTransfer {
			paid[net.Parameters().At(e.Epoch).Version()]++
			_, err = r.Entry(net.Parameters().Founding())
			require.ErrorIs(t, err, utt.ErrInvalid)
		}
	}
	require.Equal(t, map[uint64]int{1: 2}, paid)
}

// restoredWallet is the wallet of an identity, not synced.
func restoredWallet(t testing.TB, net *local.Network, identity string) *wallet.Wallet {
	t.Helper()
	w, err := wallet.New(net.Parameters(), identity, seedOf(identity), wallet.Config{ProvingKeys: net.ProvingKeys(), Now: net.Now})
	require.NoError(t, err)
	return w
}

// The clock tells a wallet of an epoch whose rules it may not know: it makes no transfer by
// others.
func TestWalletKnowsThatItMayNotKnow(t *testing.T) {
	ctx := context.Background()
	net := newNetwork(t)
	join(t, net, alice, 300, 200)
	a, now := clocked(t, net, alice)
	now.epoch(3)
	_, err := a.Merge(ctx, net, cash)
	require.ErrorIs(t, err, utt.ErrConflict)
	require.ErrorContains(t, err, "Sync")
	require.Empty(t, a.Pending())
	now.epoch(2)
	_, err = a.Merge(ctx, keeping(net, new([]utt.Operation)), cash)
	require.NoError(t, err, "the next epoch's are final")
}

// The authority changes its keys by an amendment: from then on the new ones sign, and the
// old ones do not.
func TestAuthorityIsAmended(t *testing.T) {
	ctx := context.Background()
	net := newNetwork(t)
	next := utt.AuthorityKey(7)
	join(t, net, alice)
	amend(t, net, 3, func(c *utt.Config) {
		c.Authority = utt.Authority{Threshold: 1, Keys: []ed25519.PublicKey{next.Public().(ed25519.PublicKey)}}
	})
	suspend := func(number uint64, key ed25519.PrivateKey) error {
		s, err := utt.NewSuspension(net.Parameters(), number, utt.PIDOf(alice), number%2 == 0)
		require.NoError(t, err)
		s, err = s.Sign(net.Parameters(), key)
		require.NoError(t, err)
		return net.Submit(ctx, s)
	}
	require.NoError(t, net.Advance(ctx, month))
	require.NoError(t, net.Submit(ctx, utt.ForgeSuspension(net.Parameters(), 0, utt.PIDOf(alice), true, 1, 2)))
	require.NoError(t, net.Advance(ctx, month))
	require.ErrorIs(t, net.Submit(ctx, utt.ForgeSuspension(net.Parameters(), 1, utt.PIDOf(alice), false, 1, 2)), utt.ErrInvalid)
	require.NoError(t, suspend(1, next))
	n, err := net.Ledger().SuspensionNumber()
	require.NoError(t, err)
	require.EqualValues(t, 2, n)
}

// A suspended user is granted nothing and his account takes no orders, as his wallet says;
// his coins, with the budget that he has, he still spends, and what comes he receives.
func TestSuspension(t *testing.T) {
	ctx := context.Background()
	net := newNetwork(t)
	a, b := join(t, net, alice, 300, 200), join(t, net, bob, 100)
	sync1(t, net, a, b)
	suspend := func(number uint64, on bool) {
		s, err := utt.NewSuspension(net.Parameters(), number, a.PID(), on)
		require.NoError(t, err)
		for i := range 2 {
			s, err = s.Sign(net.Parameters(), utt.AuthorityKey(i))
			require.NoError(t, err)
		}
		require.NoError(t, net.Submit(ctx, s))
		got, err := net.Ledger().Suspended(a.PID())
		require.NoError(t, err)
		require.Equal(t, on, got)
	}
	order, err := a.Mint(ctx, dropping(net, nil), cash, 30)
	require.NoError(t, err)
	suspend(0, true)
	require.ErrorIs(t, a.Resubmit(ctx, net, order), utt.ErrPolicy)
	s, err := a.Status(ctx, net, order)
	require.NoError(t, err)
	require.Equal(t, wallet.Rejected, s.State)
	require.Equal(t, []any{utt.CodeSuspended, "SUS-ORDER"}, []any{s.Rejection.Code, s.Rejection.Label})
	require.True(t, a.Suspended())
	require.False(t, b.Suspended())
	for name, try := range map[string]func() error{
		"mint":            func() error { return second(a.Mint(ctx, net, cash, 30)) },
		"public transfer": func() error { return second(a.PayPublicly(ctx, net, bob, cash, 30)) },
		"grant":           func() error { return second(a.RequestBudget(ctx, net, cash, 2)) },
		"abandon":         func() error { return second(a.Abandon(ctx, net, order)) },
	} {
		var suspended *wallet.SuspendedError
		err := try()
		require.ErrorAs(t, err, &suspended, name)
		require.ErrorIs(t, err, utt.ErrPolicy)
		require.Equal(t, a.PID(), suspended.PID)
		require.NotZero(t, suspended.Checkpoint)
	}
	got, err := a.Budget(cash)
	require.NoError(t, err)
	require.True(t, got.Suspended)
	_, err = a.Pay(ctx, net, bob, cash, 1001, "")
	require.ErrorContains(t, err, "suspended")

	done(t, a, net)(a.Pay(ctx, net, bob, cash, 250, ""))
	done(t, a, net)(a.Burn(ctx, net, cash, 50))
	done(t, b, net)(b.PayPublicly(ctx, net, alice, cash, 7))
	require.NoError(t, net.Issue(ctx, alice, cash, 3))
	sync1(t, net, b)
	done(t, b, net)(b.Pay(ctx, net, alice, cash, 60, ""))
	sync1(t, net, a)
	require.Equal(t, wallet.Balance{Spendable: 260, Account: 160, Budget: 750}, a.Balance(cash))

	disk := new(store.Memory)
	sync1(t, net, onDisk(t, net, alice, disk))
	again := onDisk(t, net, alice, disk)
	require.True(t, again.Suspended())
	suspend(1, false)
	sync1(t, net, a, again)
	require.False(t, a.Suspended())
	require.False(t, again.Suspended())
	require.NoError(t, a.Resubmit(ctx, net, order))
	require.NoError(t, a.Await(ctx, net, order))
	done(t, a, net)(a.RequestBudget(ctx, net, cash, 2))
	var entries []utt.Entry
	for r, err := range net.Records(ctx, utt.Cursor{}) {
		require.NoError(t, err)
		if r.Kind() == utt.KindSuspension {
			e, err := r.Entry(net.Parameters())
			require.NoError(t, err)
			entries = append(entries, e)
		}
	}
	require.Equal(t, []utt.Entry{
		{Kind: utt.KindSuspension, PID: a.PID(), Suspended: true},
		{Kind: utt.KindSuspension, PID: a.PID(), Nonce: 1},
	}, entries)
	require.NoError(t, net.Agree())
}

// What waits in many versions, at random, against a reference of a few lines: the waits of
// its version, settled in the order of (due, version, row, wait, when it came).
func TestHeldInManyVersions(t *testing.T) {
	sequential(t)
	w := sharedWorld()
	audited, delayed := w.HonestAudited(utt.Audited), w.HonestAudited(utt.Delayed)
	type waiting struct {
		due, version uint64
		delayed      bool
		wait         int // 1 expiry, 2 delay
		came         int
		status       utt.Status
	}
	n := 1 << 20
	for seed := range uint64(3) {
		r := rand.New(rand.NewPCG(seed, 13))
		l := &trusting{w.fork(t), t}
		of := map[utt.ID]*waiting{}
		var ids []utt.ID
		came := 0
		for now := w.head.Time; now < w.Parameters.Policy().StartOf(9); now += uint64(r.IntN(9*24)) * hour / 2 {
			p, epoch := l.Parameters(), func() utt.Epoch { e, err := w.Parameters.Policy().EpochAt(now); require.NoError(t, err); return e }()
			// what is due, in the order in which it is to be settled
			var due []utt.ID
			for _, id := range ids {
				if h := of[id]; h.due <= now && (h.status == utt.Held || h.status == utt.Approved) {
					due = append(due, id)
				}
			}
			slices.SortStableFunc(due, func(a, b utt.ID) int {
				x, y := of[a], of[b]
				row := func(h *waiting) int {
					if h.delayed {
						return 3
					}
					return 2
				}
				return cmp.Or(cmp.Compare(x.due, y.due), cmp.Compare(x.version, y.version), cmp.Compare(row(x), row(y)), cmp.Compare(x.wait, y.wait), cmp.Compare(x.came, y.came))
			})
			var ops []utt.Operation
			if r.IntN(3) == 0 {
				ops = append(ops, drafted(t, p, epoch+2+utt.Epoch(r.IntN(2)), func(c *utt.Config) {
					c.Rows[2].Audit.Expire = time.Duration(1+r.IntN(400)) * time.Hour
					c.Rows[3].Audit.Expire = time.Duration(1+r.IntN(400)) * time.Hour
					c.Rows[3].Audit.Delay = time.Duration(1+r.IntN(400)) * time.Hour
				}))
			}
			at := p.At(epoch)
			var fresh []utt.ID
			for range r.IntN(4) {
				like, use := audited, utt.Audited
				if r.IntN(2) == 0 {
					like, use = delayed, utt.Delayed
				}
				op := w.Moved(p, like, epoch, n)
				n++
				row, ok := at.RowFor(cash, use)
				require.True(t, ok)
				of[op.ID()] = &waiting{now + uint64(row.Audit.Expire/time.Second), at.Version(), use == utt.Delayed, 1, came, utt.Held}
				came++
				ops, fresh = append(ops, op), append(fresh, op.ID())
			}
			for _, id := range due {
				if h := of[id]; h.status == utt.Held {
					h.status = utt.Refunded
				} else {
					h.status = utt.Executed
				}
			}
			approves := len(ops)
			for _, id := range ids {
				if h := of[id]; h.status == utt.Held && r.IntN(3) == 0 {
					ops = append(ops, utt.Undecided(utt.Approve, id))
					if h.status = utt.Executed; h.delayed {
						held := p.Founding()
						for e := range utt.Epoch(12) { // the version in which it was held
							if p.At(e).Version() == h.version {
								held = p.At(e)
								break
							}
						}
						row, _ := held.RowFor(cash, utt.Delayed)
						h.status, h.due, h.wait, h.came = utt.Approved, now+uint64(row.Audit.Delay/time.Second), 2, came
						came++
					}
				}
			}
			ids = append(ids, fresh...)
			receipts, records := l.block(now, ops...)
			for i, r := range receipts {
				require.NoError(t, r.Err(), "operation %d, approvals from %d on", i, approves)
			}
			records = withoutSums(records)
			require.Len(t, records, len(due)+len(ops))
			for i, id := range due {
				require.Equal(t, id, records[i].ID(), "seed %d", seed)
				require.Equal(t, of[id].status, records[i].Status())
			}
			for id, h := range of {
				status, _, err := l.Hold(id)
				require.NoError(t, err)
				require.Equal(t, h.status, status)
			}
			if r.IntN(3) == 0 {
				l = l.restored()
			}
		}
		require.Greater(t, l.Parameters().Version(), uint64(2))
		require.Greater(t, len(ids), 50)
	}
}
