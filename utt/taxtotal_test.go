package utt_test

import (
	"bytes"
	"context"
	"math"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/rangeproof"
	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/ledger"
	"github.com/utt-ecash/utt-go/utt/local"
	"github.com/utt-ecash/utt-go/utt/store"
	"github.com/utt-ecash/utt-go/utt/wallet"
)

// newTaxedByTotal founds a network with a tax of 5 % on private payments, by total.
func newTaxedByTotal(t testing.TB, least int) *local.Network {
	t.Helper()
	net, err := local.New(context.Background(), local.Config{
		Assets: []string{cash, gold}, Policy: testPolicy, Held: testHeld, Tax: 500, TaxOffice: taxOffice, TaxByTotal: true, TaxBatch: least})
	require.NoError(t, err)
	return net
}

// taxedWorld is a world that taxes by total, of no network.
var taxedWorld = sync.OnceValue(func() *utt.World { return sharedWorld().ByTotal() })

// smallTable finds numbers in tests.
var smallTable = sync.OnceValue(func() *threshold.LogTable {
	table, err := threshold.NewLogTable(threshold.SmallLogTable)
	if err != nil {
		panic(err)
	}
	return table
})

// Whoever pays, pays the tax as well; nobody is told what it is of a payment, and in the end
// the office has that of all.
func TestTaxByTotal(t *testing.T) {
	sequential(t)
	ctx := context.Background()
	net := newTaxedByTotal(t, 2)
	a, b, office := join(t, net, alice, 500), join(t, net, bob), join(t, net, taxOffice)
	sync1(t, net, a)
	plan, err := a.Plan(bob, cash, 100, "")
	require.NoError(t, err)
	require.Equal(t, utt.Amount(105), plan.Total)
	require.Len(t, plan.Learns, 3)
	require.Contains(t, plan.Learns[2], "tax")
	most, err := a.MaxPayment(cash)
	require.NoError(t, err)
	require.Equal(t, utt.Amount(476), most, "with a tax of 24")
	done(t, a, net)(a.Pay(ctx, net, bob, cash, 100, "taxed"))
	sync1(t, net, b)
	require.Equal(t, wallet.Balance{Spendable: 395, Account: 100, Budget: 900}, a.Balance(cash), "tax costs no budget")
	require.Equal(t, wallet.Balance{Spendable: 100, Account: 100, Budget: 1000}, b.Balance(cash))
	_, err = b.Pay(ctx, net, alice, cash, 97, "")
	requireFunds(t, err, wallet.FundsError{What: wallet.FundsMoney, Need: 102, Spendable: 100})
	done(t, a, net)(a.Split(ctx, net, cash, 60))
	require.Equal(t, utt.Amount(395), a.Balance(cash).Spendable, "what stays with its owner is not taxed")

	require.NoError(t, net.Advance(ctx, month)) // one payment is too few
	open, err := net.Ledger().OpenTaxBatch(cash)
	require.NoError(t, err)
	require.Zero(t, open)
	_, err = net.CollectTax(ctx, cash, 0)
	require.ErrorIs(t, err, utt.ErrPolicy, "open")
	sync1(t, net, a, b)
	done(t, a, net)(a.RequestBudget(ctx, net, cash, 2))
	done(t, b, net)(b.RequestBudget(ctx, net, cash, 2))
	done(t, b, net)(b.Pay(ctx, net, alice, cash, 19, "")) // of which not a whole unit is due, and a unit is taken
	require.NoError(t, net.Advance(ctx, month))
	batch, err := net.Ledger().TaxBatch(cash, 0)
	require.NoError(t, err)
	require.Equal(t, utt.BatchClosed, batch.Status)
	require.Equal(t, 2, batch.Payments())
	require.Equal(t, []uint16{500}, batch.Rates())

	c, err := net.OpenTax(ctx, cash, 0)
	require.NoError(t, err)
	outlook, no, err := net.Ledger().Preview(c, 0)
	require.NoError(t, err)
	require.Equal(t, ledger.Now, outlook, "%v", no)
	before := inAccounts(t, net.Ledger(), cash)
	due, err := net.CollectTax(ctx, cash, 0)
	require.NoError(t, err)
	require.Equal(t, utt.Amount(6), due)
	require.Equal(t, before+6, inAccounts(t, net.Ledger(), cash))
	sync1(t, net, office)
	require.Equal(t, utt.Amount(106), office.Balance(cash).Account, "the office's wallet saw it come")
	_, err = net.CollectTax(ctx, cash, 0)
	require.ErrorAs(t, err, &no)
	require.Equal(t, utt.CodeCollected, no.Code)
	outlook, no, err = net.Ledger().Preview(c, 0)
	require.NoError(t, err)
	require.Equal(t, ledger.Never, outlook)
	require.Equal(t, utt.CodeCollected, no.Code)
	require.ErrorIs(t, no, utt.ErrConflict)
	require.NoError(t, net.Agree())
	var last *utt.Record
	for r, err := range net.Records(ctx, utt.Cursor{}) {
		require.NoError(t, err)
		if r.Kind() == utt.KindCollection {
			last = r
		}
	}
	e, err := last.Entry(net.Parameters())
	require.NoError(t, err)
	require.Equal(t, utt.Entry{Kind: utt.KindCollection, To: utt.PIDOf(taxOffice), Asset: cash, Amount: 6}, e)
	for identity, w := range map[string]*wallet.Wallet{alice: a, taxOffice: office} {
		sync1(t, net, w)
		again := restore(t, net, identity)
		sync1(t, net, again)
		require.Equal(t, stateOf(w), stateOf(again))
	}
}

func inAccounts(t testing.TB, l *ledger.Ledger, asset string) utt.Amount {
	t.Helper()
	sum, err := l.Accounts(asset)
	require.NoError(t, err)
	return sum
}

// taxedLedger is an empty one of a world that taxes by total, which is told to trust.
func taxedLedger(t testing.TB) *trusting {
	t.Helper()
	l, err := ledger.New(taxedWorld().Parameters, new(store.Memory))
	require.NoError(t, err)
	return &trusting{l, t}
}

// A batch is closed with its 4096th payment, in the midst of a block; or before the first
// block of an epoch; and one without the payments that it needs goes on [TAX-CLOSE].
func TestTaxBatchesClose(t *testing.T) {
	sequential(t)
	w := taxedWorld()
	now, next := uint64(testPolicy.Start.Unix()), uint64(testPolicy.Start.Add(testPolicy.EpochLength).Unix())
	honest := w.HonestTaxed(utt.Anonymous)
	n := 0
	some := func(count int) (ops []utt.Operation) {
		for range count {
			n++
			ops = append(ops, w.LikeTaxed(honest, n, 1, 7))
		}
		return ops
	}
	l := taxedLedger(t)
	states := func(want ...any) {
		t.Helper()
		for i := 0; i < len(want); i += 2 {
			b, err := l.TaxBatch(cash, uint64(i/2))
			require.NoError(t, err)
			require.Equal(t, want[i:i+2], []any{b.Status, b.Payments()}, "batch %d", i/2)
		}
	}
	most := some(utt.TaxBatchSize - 10)
	begun := time.Now()
	l.block(now, most...)
	t.Logf("%d payments in %v", len(most), time.Since(begun).Round(time.Millisecond))
	states(utt.BatchOpen, utt.TaxBatchSize-10)
	l = l.restored() // in the midst of a batch
	l.block(now, some(10+5)...)
	states(utt.BatchClosed, utt.TaxBatchSize, utt.BatchOpen, 5)
	open, err := l.OpenTaxBatch(cash)
	require.NoError(t, err)
	require.EqualValues(t, 1, open)
	l.block(next - 1)
	states(utt.BatchClosed, utt.TaxBatchSize, utt.BatchOpen, 5)
	twin := l.restored()
	l.block(next)
	states(utt.BatchClosed, utt.TaxBatchSize, utt.BatchClosed, 5, utt.BatchOpen, 0)
	l.block(next)
	twin.block(next)
	twin.block(next)
	require.Equal(t, twin.Digest(), l.Digest())
	l.block(next + 100*day) // of an empty batch none is closed
	states(utt.BatchClosed, utt.TaxBatchSize, utt.BatchClosed, 5, utt.BatchOpen, 0)
}

// A payment that is held joins the batch of when it executes, whenever that is, and one that
// is refunded none [TAX-HELD].
func TestTaxOfHeldPayments(t *testing.T) {
	w := taxedWorld()
	next := uint64(testPolicy.Start.Add(testPolicy.EpochLength).Unix())
	honest := w.HonestTaxed(utt.Audited)
	l := taxedLedger(t)
	batch := func(number uint64) *utt.TaxBatch {
		b, err := l.TaxBatch(cash, number)
		require.NoError(t, err)
		return b
	}
	approved, vetoed, expired := w.LikeTaxed(honest, 1, 1, 9), w.LikeTaxed(honest, 2, 2, 19), w.LikeTaxed(honest, 3, 4, 39)
	l.block(next-2, approved, vetoed, expired)
	require.Zero(t, batch(0).Payments(), "none is executed")
	l = l.restored()
	anonymous := w.HonestTaxed(utt.Anonymous)
	l.block(next-1, w.LikeTaxed(anonymous, 4, 8, 79))
	l.block(next, utt.Undecided(utt.Approve, approved.ID()), utt.Undecided(utt.Veto, vetoed.ID()))
	require.Equal(t, utt.BatchClosed, batch(0).Status)
	require.Equal(t, 1, batch(0).Payments())
	require.Equal(t, 1, batch(1).Payments(), "the batch of when it was executed")
	l.block(next+2*hour, utt.Undecided(utt.Approve, approved.ID()))
	require.Equal(t, 1, batch(1).Payments())
	l.block(next + 60*day)
	require.Equal(t, utt.Amount(8), opened(t, w, batch(0)).Amount())
	require.Equal(t, utt.Amount(1), opened(t, w, batch(1)).Amount())
	require.Empty(t, batch(2).Rates())
}

// Taxes go by the version of their epoch, also where they are held [HOLD-VERSION]; how many a
// batch needs by that of the epoch that is over; whoever collects, by the present one. What
// was encrypted before is opened by those who hold shares now.
func TestTaxIsAmended(t *testing.T) {
	w := taxedWorld()
	policy := w.Parameters.Policy()
	third, fourth, fifth := policy.StartOf(3), policy.StartOf(4), policy.StartOf(5)
	decryptors, shares := utt.Reshared()
	l := taxedLedger(t)
	l.block(uint64(testPolicy.Start.Unix()), drafted(t, l.Parameters(), 3, func(c *utt.Config) {
		c.Circuits[c.Rows[1].Circuit].Key = keyOf(rangeproof.Pays(), rangeproof.TaxByTotal(500))
		c.Tax = &utt.TaxOffice{Decryptors: decryptors, Account: utt.PIDOf(alice), MinPayments: 3}
	}))
	p := l.Parameters()
	anonymous, audited := w.HonestTaxed(utt.Anonymous), w.HonestTaxed(utt.Audited)
	states := func(want ...any) {
		t.Helper()
		for i := 0; i < len(want); i += 2 {
			b, err := l.TaxBatch(cash, uint64(i/2))
			require.NoError(t, err)
			require.Equal(t, want[i:i+2], []any{b.Status, b.Rates()}, "batch %d", i/2)
		}
	}
	held := w.TaxedIn(p, audited, 2, 1, 4, 40)
	requireExecuted(t, first(l.block(third-2, w.TaxedIn(p, anonymous, 2, 2, 3, 21))))
	l.block(third-1, held)
	l = l.restored()
	l.block(third, utt.Undecided(utt.Approve, held.ID()), w.TaxedIn(p, anonymous, 3, 3, 2, 40))
	states(utt.BatchClosed, []uint16{1000}, utt.BatchOpen, []uint16{500, 1000})
	l = l.restored()
	l.block(fourth)
	states(utt.BatchClosed, []uint16{1000}, utt.BatchOpen, []uint16{500, 1000})
	l.block(fourth, w.TaxedIn(p, anonymous, 4, 4, 1, 1))
	l.block(fifth)
	states(utt.BatchClosed, []uint16{1000}, utt.BatchClosed, []uint16{500, 1000}, utt.BatchOpen, []uint16(nil))

	before := inAccounts(t, l.Ledger, cash)
	for number, due := range []utt.Amount{3, 4 + 2 + 1} {
		b, err := l.TaxBatch(cash, uint64(number))
		require.NoError(t, err)
		_, err = utt.NewCollection(l.Parameters(), b, due, w.SharesOn(b, 0, 1))
		require.ErrorIs(t, err, utt.ErrInvalid, "shares of those who were decryptors before")
		var all []*utt.TaxShares
		for _, k := range shares[1:] {
			s, err := l.Parameters().DecryptTax(k, b)
			require.NoError(t, err)
			all = append(all, s)
		}
		c, err := l.Parameters().OpenTax(t.Context(), smallTable(), b, all)
		require.NoError(t, err)
		require.Equal(t, due, c.Amount())
		requireExecuted(t, execute(t, l.Ledger, fifth, parse(t, c)...))
		e, err := only(t, l.Ledger).Entry(p.At(2))
		require.NoError(t, err)
		require.Equal(t, utt.PIDOf(alice), e.To, "the account of the version of the record's time")
	}
	got, err := l.Balance(utt.PIDOf(alice), cash)
	require.NoError(t, err)
	require.Equal(t, utt.Amount(10), got)
	require.Equal(t, before+10, inAccounts(t, l.Ledger, cash))
}

func first[A, B any](a A, _ B) A { return a }

// opened is a batch as its decryptors open it.
func opened(t testing.TB, w *utt.World, b *utt.TaxBatch) *utt.Collection {
	t.Helper()
	var shares []*utt.TaxShares
	for _, k := range utt.DecryptorKeys()[1:3] {
		s, err := w.Parameters.DecryptTax(k, b)
		require.NoError(t, err)
		shares = append(shares, s)
	}
	c, err := w.Parameters.OpenTax(context.Background(), smallTable(), b, shares)
	require.NoError(t, err)
	return c
}

// Payments whose randomness cancels would leave a sum that everybody reads, and on which
// nobody makes a share: the batch waits for another one.
func TestTaxBatchWithoutSecretGoesOn(t *testing.T) {
	w := taxedWorld()
	next := uint64(testPolicy.Start.Add(testPolicy.EpochLength).Unix())
	honest := w.HonestTaxed(utt.Audited)
	first := w.LikeTaxed(honest, 1, 5, 50)
	second := w.Opposed(first, 2)
	third := w.LikeTaxed(honest, 3, 7, 70)
	l := taxedLedger(t)
	l.block(next-3, first, second, third)
	l.block(next-2, utt.Undecided(utt.Approve, first.ID()), utt.Undecided(utt.Approve, second.ID()))
	l.block(next)
	b, err := l.TaxBatch(cash, 0)
	require.NoError(t, err)
	require.Equal(t, utt.BatchOpen, b.Status)
	require.Equal(t, 2, b.Payments())
	l = l.restored()
	l.block(next+1, utt.Undecided(utt.Approve, third.ID()))
	l.block(next + 60*day)
	b, err = l.TaxBatch(cash, 0)
	require.NoError(t, err)
	require.Equal(t, utt.BatchClosed, b.Status)
	require.Equal(t, 3, b.Payments())
}

// Decryptors open nothing but closed batches, blame who gives false shares, and find the tax
// at several rates, and of volumes beyond what a number holds.
func TestOpenTax(t *testing.T) {
	ctx := context.Background()
	w := taxedWorld()
	p, keys := w.Parameters, utt.DecryptorKeys()
	honest := w.HonestTaxed(utt.Anonymous)
	n := 0
	batchOf := func(amounts ...uint64) (*utt.TaxBatch, utt.Amount) {
		var all []*utt.Transfer
		var sum utt.Amount
		for _, v := range amounts {
			n++
			due := v/10 + min(1, v%10)
			sum += utt.Amount(due)
			all = append(all, w.LikeTaxed(honest, n, due, v))
		}
		return w.BatchOf(0, all...), sum
	}
	sharesOn := func(b *utt.TaxBatch, decryptors ...int) (shares []*utt.TaxShares) {
		for _, j := range decryptors {
			s, err := p.DecryptTax(keys[j], b)
			require.NoError(t, err)
			shares = append(shares, s)
		}
		return shares
	}
	for _, amounts := range [][]uint64{{1}, {9, 10, 11}, {math.MaxUint32, 1 << 32}, {math.MaxUint64 - 3}, {math.MaxUint64, math.MaxUint64, 1, 1}, slices.Repeat([]uint64{19}, 40)} {
		b, sum := batchOf(amounts...)
		c, err := p.OpenTax(ctx, smallTable(), b, sharesOn(b, 3, 0))
		require.NoError(t, err, "%v", amounts)
		require.Equal(t, sum, c.Amount(), "%v", amounts)
		again, err := utt.ParseOperation(utt.RawOperation(c))
		require.NoError(t, err)
		require.Equal(t, utt.RawOperation(c), utt.RawOperation(again))
	}
	rates, sum := batchOf(100, 50)
	rates.AddAt(2500, w.LikeTaxed(honest, 999, 26, 101))
	require.Equal(t, []uint16{1000, 2500}, rates.Rates())
	c, err := p.OpenTax(ctx, smallTable(), rates, sharesOn(rates, 1, 2))
	require.NoError(t, err)
	require.Equal(t, sum+26, c.Amount())

	// somebody whose payments at a rate cancel keeps nobody's tax from being collected
	mine := w.LikeTaxed(honest, 997, 25, 99)
	rates.AddAt(2000, mine)
	rates.AddAt(2000, w.Opposed(mine, 998))
	require.True(t, rates.Ready(1))
	c, err = p.OpenTax(ctx, smallTable(), rates, sharesOn(rates, 1, 2))
	require.NoError(t, err)
	require.Equal(t, sum+26, c.Amount(), "what cancels comes to nothing")

	b, sum := batchOf(100, 7)
	other, _ := batchOf(100, 7)
	false3 := sharesOn(other, 3)[0]
	c, err = p.OpenTax(ctx, smallTable(), b, append(sharesOn(b, 0), false3, nil, sharesOn(b, 2)[0]))
	require.NoError(t, err, "t good ones suffice")
	require.Equal(t, sum, c.Amount())
	_, err = p.OpenTax(ctx, smallTable(), b, append(sharesOn(b, 0), false3))
	require.ErrorIs(t, err, threshold.ErrTooFew)
	var blame *threshold.BlameError
	require.ErrorAs(t, err, &blame)
	require.Equal(t, []threshold.Index{4}, blame.Culprits)
	require.ErrorIs(t, err, utt.ErrInvalid)

	_, err = utt.NewCollection(p, b, sum+1, w.SharesOn(b, 0, 1))
	require.ErrorIs(t, err, utt.ErrInvalid)
	b.Status = utt.BatchOpen
	_, err = p.DecryptTax(keys[0], b)
	require.ErrorIs(t, err, utt.ErrPolicy)
	_, err = p.TaxVolume(b, 1000)
	require.ErrorIs(t, err, utt.ErrPolicy)
	b.Status = utt.BatchClosed
	_, err = p.TaxVolume(b, 999)
	require.ErrorIs(t, err, utt.ErrNotFound)
	_, err = sharedWorld().Parameters.TaxTotal(b)
	require.ErrorIs(t, err, utt.ErrPolicy)

	// an amount that no payment of the circuit's can owe
	lie := w.BatchOf(0, w.LikeTaxed(honest, 1000, 12, 100))
	_, err = p.OpenTax(ctx, smallTable(), lie, sharesOn(lie, 0, 1))
	require.ErrorIs(t, err, threshold.ErrRange)
}

// A batch reads back as it is written, and nothing else reads.
func TestTaxBatchEncoding(t *testing.T) {
	w := taxedWorld()
	honest := w.HonestTaxed(utt.Anonymous)
	b := w.BatchOf(3, honest)
	for rate := range 2 * utt.MaxCircuits { // of many versions
		b.AddAt(uint16(rate), honest)
	}
	require.False(t, b.Full())
	raw, err := b.MarshalBinary()
	require.NoError(t, err)
	many := w.BatchOf(3)
	for rate := range utt.TaxBatchRates + 2*utt.MaxCircuits {
		require.Equal(t, rate >= utt.TaxBatchRates, many.Full())
		many.AddAt(uint16(rate), honest)
	}
	large, err := many.MarshalBinary()
	require.NoError(t, err)
	require.Less(t, len(large), 1<<16, "a value that snapshots take")
	require.NoError(t, new(utt.TaxBatch).UnmarshalBinary(large))
	for i := range raw {
		d := &utt.TaxBatch{Asset: cash, Number: 3}
		bad := slices.Clone(raw)
		bad[i] ^= 1
		if err := d.UnmarshalBinary(bad); err != nil {
			require.ErrorIs(t, err, utt.ErrMalformed)
			require.Equal(t, &utt.TaxBatch{Asset: cash, Number: 3}, d, "as it was")
			continue
		}
		again, err := d.MarshalBinary()
		require.NoError(t, err)
		require.True(t, bytes.Equal(bad, again))
	}
	d := &utt.TaxBatch{Asset: cash, Number: 3}
	require.NoError(t, d.UnmarshalBinary(raw))
	require.Equal(t, b, d)
	require.ErrorIs(t, d.UnmarshalBinary(raw[:len(raw)-1]), utt.ErrMalformed)
}

// Parameters are refused in which a tax would be lost, opened for other purposes, or be due of what is
// paid to nobody.
func TestTaxParameters(t *testing.T) {
	w := taxedWorld()
	for name, change := range map[string]func(*utt.Config){
		"set Tax":                  func(c *utt.Config) { c.Tax = nil },
		"canonical account":        func(c *utt.Config) { c.Tax.Account = utt.PID{} },
		"at least 0 taxed":         func(c *utt.Config) { c.Tax.MinPayments = 0 },
		"at least 4097 taxed":      func(c *utt.Config) { c.Tax.MinPayments = utt.TaxBatchSize + 1 },
		"decrypts 0 components":    func(c *utt.Config) { c.Tax.Decryptors = nil },
		"decrypts 4 components":    func(c *utt.Config) { c.Tax.Decryptors = dealt(2, 4, utt.AuditComponents) },
		"of 129 decryptors":        func(c *utt.Config) { c.Tax.Decryptors = dealt(2, 129, utt.TaxComponents) },
		"what is paid to nobody":   func(c *utt.Config) { c.Circuits[0].Key = keyOf(rangeproof.TaxByTotal(1000)) },
		"at most 0":                func(c *utt.Config) { c.Rows[1].Fixed = map[int]utt.PID{1: utt.PIDOf(bob)} },
		"key 1 of another purpose": func(c *utt.Config) { c.Tax.Decryptors = w.OpeningAsTax() },
	} {
		c := w.ConfigOf()
		change(&c)
		_, err := utt.NewParameters(c)
		require.ErrorIs(t, err, utt.ErrPolicy, name)
		require.ErrorContains(t, err, name)
	}
	raw, err := w.Parameters.MarshalBinary()
	require.NoError(t, err)
	again, err := utt.ParseParameters(raw)
	require.NoError(t, err)
	require.Equal(t, w.Parameters.Digest(), again.Digest())
	require.Equal(t, w.Parameters.Tax().Account, again.Tax().Account)
	// a group key that is not the decryptors'
	key, err := w.Parameters.Tax().Decryptors.Key().MarshalBinary()
	require.NoError(t, err)
	another, err := dealt(2, 4, utt.TaxComponents).Key().MarshalBinary()
	require.NoError(t, err)
	_, err = utt.ParseParameters(bytes.Replace(raw, key, another, 1))
	require.ErrorIs(t, err, utt.ErrMalformed)
}

func dealt(t, n, components int) *threshold.EncryptionCommittee {
	c, _, err := threshold.DealEncryption(nil, t, n, components)
	if err != nil {
		panic(err)
	}
	return c
}

func keyOf(rules ...rangeproof.Rule) *rangeproof.VerifyingKey {
	c, err := rangeproof.Compile(2, rules...)
	if err != nil {
		panic(err)
	}
	key, _, err := rangeproof.SetupSingleParty(context.Background(), c)
	if err != nil {
		panic(err)
	}
	return key.VerifyingKey()
}
