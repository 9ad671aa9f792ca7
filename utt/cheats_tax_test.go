package utt

import (
	"context"
	"slices"
	"sync"

	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/testrand"
	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/rangeproof"
	"github.com/utt-ecash/utt-go/threshold"
)

// taxDecryptors are two of four.
var taxDecryptors = sync.OnceValues(func() (*threshold.EncryptionCommittee, []*threshold.EncryptionKeyShare) {
	c, keys, err := threshold.DealEncryption(testrand.New("tax office"), 2, 4, TaxComponents)
	must(0, err)
	return c, keys
})

// totalKey is of the circuit with a tax of a tenth by total.
var totalKey = sync.OnceValue(func() *rangeproof.ProvingKey {
	key, _, err := rangeproof.SetupSingleParty(context.Background(), must(rangeproof.Compile(2, rangeproof.Pays(), rangeproof.TaxByTotal(1000))))
	return must(key, err)
})

// ByTotal is the world where a tenth of anonymous and audited payments is due as tax, by
// total, to bob's account.
func (w *World) ByTotal() *World {
	d := *w
	decryptors, _ := taxDecryptors()
	d.Parameters = w.otherParameters(func(c *Config) {
		c.Tax = &TaxOffice{Decryptors: decryptors, Account: w.Bob.pid, MinPayments: 1}
		c.Rows[1].Circuit, c.Rows[2].Circuit = len(c.Circuits), len(c.Circuits)
		c.Circuits = append(c.Circuits, Circuit{Key: totalKey().VerifyingKey()})
	})
	d.Key, d.Keys = totalKey(), append(slices.Clip(w.Keys), totalKey())
	return &d
}

// taxedDraft is mallory's payment of 100 to bob, with a tax of 10, by her coin of 300.
func (w *World) taxedDraft(use Case) *draft {
	d := w.payDraft(w.Mallory, w.Bob, []Amount{100, 190}, w.Mallory.coinOf(300))
	if d.Case = use; use == Audited {
		d.Budget, d.Change = nil, 0
	}
	return d
}

// HonestTaxed is that payment, in a case that is taxed by total: of a world that is.
func (w *World) HonestTaxed(use Case) *Transfer { return w.forge(w.taxedDraft(use), hooks{}) }

// BatchOf is the closed batch of some transfers.
func (w *World) BatchOf(number uint64, transfers ...*Transfer) *TaxBatch {
	b := &TaxBatch{Asset: "cash", Number: number, Status: BatchClosed}
	for _, t := range transfers {
		b.Add(w.Parameters.TaxOf(t))
	}
	return b
}

// SharesOn are the shares of some decryptors, by index from 0, on what is due of a batch.
func (w *World) SharesOn(b *TaxBatch, decryptors ...int) (shares []*threshold.DecryptionShare) {
	_, keys := taxDecryptors()
	for _, j := range decryptors {
		shares = append(shares, must(w.Parameters.DecryptTax(keys[j], b)).Total)
	}
	return shares
}

// Collected says that something is due of a batch, with some shares, true or not.
func Collected(b *TaxBatch, amount Amount, shares ...*threshold.DecryptionShare) *Collection {
	return must(newCollection(collectionOrder{b.Asset, b.Number, amount}, b.total(), shares))
}

// taxShifted adds a point to one of E_0 … E_3.
func (f *forgery) taxShifted(i int, by curve.G1) {
	points := slices.Clone(f.t.tax.Points())
	points[i] = points[i].Add(by)
	f.t.tax = threshold.CiphertextOf(points)
}

// displacedShare is a share with a point of small order added to it.
func displacedShare(s *threshold.DecryptionShare) *threshold.DecryptionShare {
	const head = 1 + 32 + 2 + 2
	b := must(s.MarshalBinary())
	p := curve.ReadG1(wire.NewReader(b[head:])).Add(smallOrder(11))
	b = append(p.Append(b[:head:head]), b[head+curve.G1Size:]...)
	d := new(threshold.DecryptionShare)
	must(0, d.UnmarshalBinary(b))
	return d
}

// taxCheats are those against taxes by total.
func (w *World) taxCheats() []*Cheat {
	plain := w
	w = plain.ByTotal()
	g := curve.Generator()
	on := w.Parameters
	shifted := func(use Case, i int, by curve.G1) *Transfer {
		return w.forge(w.taxedDraft(use), hooks{outputs: func(f *forgery) { f.taxShifted(i, by) }})
	}
	victim := w.HonestTaxed(Anonymous)
	other := w.payDraft(w.Mallory, w.Bob, []Amount{100, 90}, w.Mallory.coinOf(200))
	retained := func(f *forgery) { // 5 more in the change than the circuit allows
		f.output(1, w.Mallory.pid, 195)
		f.d.Values = []Amount{100, 195}
		f.t.tax = nil
		must(0, f.d.tax(nil, f.t, f.sh, f.w))
	}
	inD := func(f *forgery) {
		f.w[varOut(1)] = curve.Uint64(195)
		k := w.circuitPoints().k
		a, b, c, d := groth16Parts(f.t.groth16)
		f.t.groth16 = groth16(a, b, c, d.Add(k[3].Mul(curve.Uint64(5))))
	}
	paid := []Operation{victim}
	next := uint64(w.Parameters.config.Policy.Start.Add(w.Parameters.config.Policy.EpochLength).Unix())
	batch := w.BatchOf(0, victim)
	honest := Collected(batch, 10, w.SharesOn(batch, 0, 1)...)
	rich := w.forge(w.payDraft(w.Mallory, w.Bob, []Amount{100, 90}, w.Mallory.coinOf(200)), hooks{})
	madeUp := w.BatchOf(0, victim, rich)
	second := w.BatchOf(1, victim)
	offSubgroup := w.BatchOf(0, victim)
	points := slices.Clone(offSubgroup.sums[0].sum.Points())
	points[0] = points[0].Add(smallOrder(3))
	offSubgroup.sums[0].sum = threshold.CiphertextOf(points)
	displaced := w.SharesOn(batch, 0, 1)
	displaced[0] = displacedShare(displaced[0])
	stranger, _, err := threshold.DealEncryption(testrand.New("other decryptors"), 2, 4, TaxComponents)
	must(0, err)

	return []*Cheat{
		{Name: "a tax with another nonce", Label: "TAX-3", On: on, Op: shifted(Anonymous, 0, g)},
		{Name: "another tax than is paid", Label: "TAX-3", On: on, Op: shifted(Audited, 1, g)},
		{Name: "a tax with another lower half", Label: "TAX-3", On: on, Op: shifted(Anonymous, 2, g)},
		{Name: "a tax with another upper half", Label: "TAX-3", On: on, Op: shifted(Anonymous, 3, g)},
		{Name: "another's tax", Label: "TAX-3", On: on, Before: paid,
			Op: w.forge(func() *draft { d := other; d.Budget = nil; d.Case, d.Change = Audited, 0; return d }(),
				hooks{outputs: func(f *forgery) { f.t.tax = victim.tax }})},
		{Name: "less tax than is due", Label: "TX-G16", On: on, Op: w.forge(w.taxedDraft(Anonymous), hooks{outputs: retained, balance: inD})},
		{Name: "a tax off the subgroup", Label: "ENC-SUB", On: on, Op: shifted(Anonymous, 1, smallOrder(3))},
		{Name: "no tax", Label: "TX-TAX", On: on, Unbreakable: "no statement can be built without it",
			Op: w.forge(w.taxedDraft(Anonymous), hooks{proof: func(f *forgery) { f.t.tax = nil }})},
		{Name: "a tax where none is due", Label: "TX-TAX", On: on,
			Op: w.forge(w.selfDraft(w.Mallory, []Amount{100, 200}, 0, w.Mallory.coinOf(300)), hooks{outputs: func(f *forgery) { f.t.tax = victim.tax }})},
		{Name: "a tax collected twice", Label: "TAX-ONCE", Code: CodeCollected, On: on, Earlier: paid, Time: next,
			Before: []Operation{honest}, Op: Collected(batch, 10, w.SharesOn(batch, 1, 2)...)},
		{Name: "a tax that no payments owe", Label: "TAX-BATCH", Code: CodeNotClosed, On: on, Earlier: paid, Time: next,
			Op: Collected(madeUp, 20, w.SharesOn(madeUp, 0, 3)...)},
		{Name: "the tax of a batch that is open", Label: "TAX-BATCH", Code: CodeNotClosed, On: on, Earlier: paid, Op: honest},
		{Name: "a sum off the subgroup", Label: "TAX-OPEN", On: on, Earlier: paid, Time: next, Also: []string{"TAX-BATCH"},
			Op: Collected(offSubgroup, 10, w.SharesOn(batch, 0, 1)...)},
		{Name: "a tax where there is no office", Label: "POLICY-TAX", Code: CodePolicy, On: plain.Parameters, Op: honest, Also: []string{"TAX-BATCH"}},
		{Name: "an amendment to decryptors of another key", Label: "AMD-SOUND", Code: CodePolicy, On: on, Unbreakable: "no parameters can be made of it",
			Op: ForgeAmendment(on, 1, 3, func(c *Config) { c.Tax.Decryptors = stranger }, 0, 1)},
		{Name: "more tax than was paid", Label: "ENC-OPEN", On: on, Earlier: paid, Time: next, Op: Collected(batch, 11, w.SharesOn(batch, 0, 1)...)},
		{Name: "a tax opened by one decryptor", Label: "ENC-OPEN", On: on, Earlier: paid, Time: next, Op: Collected(batch, 10, w.SharesOn(batch, 2)...)},
		{Name: "a tax opened by one decryptor twice", Label: "ENC-OPEN", On: on, Earlier: paid, Time: next, Op: Collected(batch, 10, w.SharesOn(batch, 2, 2)...)},
		{Name: "a tax opened with shares on another batch", Label: "ENC-SHARE", On: on, Earlier: paid, Time: next, Op: Collected(batch, 10, w.SharesOn(second, 0, 1)...)},
		{Name: "a tax opened with a share off the subgroup", Label: "ENC-SHARE", On: on, Earlier: paid, Time: next, Op: Collected(batch, 10, displaced...)},
	}
}
