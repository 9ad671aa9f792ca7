package utt

import (
	"context"
	"encoding/binary"
	"math"
	"slices"

	"github.com/utt-ecash/utt-go/internal/attr"
	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/dst"
	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/threshold"
)

// LikeTaxed is a transfer like another one, with a nullifier of its own, a tax and an amount
// that is taxed, whose proofs are wrong: for ledgers that are told to trust it.
func (w *World) LikeTaxed(honest *Transfer, n int, due, amount uint64) *Transfer {
	key := w.Parameters.config.Tax.Decryptors.Key()
	return w.likeTaxed(honest, n, must(key.Encrypt(nil, attr.Uint64(due), attr.Uint64(amount&math.MaxUint32), attr.Uint64(amount>>32))))
}

// TaxedIn is LikeTaxed, in an epoch and under the version of that.
func (w *World) TaxedIn(p *Parameters, honest *Transfer, e Epoch, n int, due, amount uint64) *Transfer {
	t, at := *w.LikeTaxed(honest, n, due, amount), p.At(e)
	row := at.rows[rowUse{t.header.asset, t.header.use}]
	t.header.epoch, t.header.parameters, t.header.circuit = e, at.digest, at.config.Circuits[row.Circuit].Key.CircuitID()
	t.finish()
	return &t
}

// Reshared are the tax office's keys, without one of the decryptors.
func Reshared() (*threshold.EncryptionCommittee, []*threshold.EncryptionKeyShare) {
	c, keys := taxDecryptors()
	public := make([][]curve.G1, c.Parties())
	for j := range public {
		public[j] = c.Keys(threshold.Index(j))
	}
	d := must(threshold.EncryptionCommitteeOf(c.Threshold(), public))
	shares := make([]*threshold.EncryptionKeyShare, d.Parties())
	for j := range shares {
		shares[j] = threshold.EncryptionKeyShareOf(d.Generation(), keys[j].Index(), keys[j].Secrets())
	}
	return d, shares
}

// Opposed is such a transfer, whose randomness is opposed to that of another's.
func (w *World) Opposed(to *Transfer, n int) *Transfer {
	points := make([]curve.G1, 1+TaxComponents)
	for i, p := range to.tax.Points() {
		points[i] = p.Neg()
	}
	return w.likeTaxed(to, n, threshold.CiphertextOf(points))
}

func (w *World) likeTaxed(honest *Transfer, n int, tax *threshold.Ciphertext) *Transfer {
	t := *honest
	t.inputs = []input{t.inputs[0]}
	t.inputs[0].nullifier = w.nullifierAt(curve.HashToG1(dst.Base, binary.BigEndian.AppendUint64([]byte("taxed"), uint64(n))))
	if t.budget != nil {
		b := *t.budget
		b.nullifier = w.nullifierAt(curve.HashToG1(dst.Base, binary.BigEndian.AppendUint64([]byte("budget"), uint64(n))))
		t.budget = &b
	}
	t.tax = tax
	t.finish()
	return &t
}

// DecryptorKeys are those of the tax office of a world that taxes by total.
func DecryptorKeys() []*threshold.EncryptionKeyShare {
	_, keys := taxDecryptors()
	return keys
}

// AddAt adds a transfer's tax as if it were at another rate.
func (b *TaxBatch) AddAt(rate uint16, t *Transfer) { b.Add(&Taxed{rate, t.tax}) }

// ConfigOf is what the world's parameters were founded on.
func (w *World) ConfigOf() Config { return w.Parameters.config.clone() }

// OpeningAsTax is a committee for taxes, one of whose keys is one of the auditors' opening key.
func (w *World) OpeningAsTax() *threshold.EncryptionCommittee {
	c, _, err := threshold.DealEncryption(nil, 1, 1, TaxComponents)
	must(0, err)
	key := [][]curve.G1{slices.Clone(c.Keys(0)), slices.Clone(c.Keys(1))}
	audit := must(w.Parameters.config.Auditors.Opening.MarshalBinary())
	first := curve.ReadG1(wire.NewReader(audit[3:]))
	key[0][0], key[1][0] = first, first
	return must(threshold.EncryptionCommitteeOf(1, key))
}

// HeldTaxed is mallory's audited payment of 100, with a tax of 10, by her coin of 200.
func (w *World) HeldTaxed() *Transfer {
	d := w.payDraft(w.Mallory, w.Bob, []Amount{100, 90}, w.Mallory.coinOf(200))
	d.Case, d.Budget, d.Change = Audited, nil, 0
	return w.forge(d, hooks{})
}

// SumOf is what is due of a batch, as t decryptors could open it against the rules at any
// time.
func (b *TaxBatch) SumOf(p *Parameters, keys []*threshold.EncryptionKeyShare, table *threshold.LogTable) (Amount, error) {
	if len(b.sums) == 0 {
		return 0, nil
	}
	r, err := p.totalOf(b.Asset, b.Number, b.total())
	if err != nil {
		return 0, err
	}
	var shares []*threshold.DecryptionShare
	for _, k := range keys[:p.config.Tax.Decryptors.Threshold()] {
		shares = append(shares, must(k.Decrypt(nil, r)))
	}
	m, err := p.config.Tax.Decryptors.Open(r, shares)
	if err != nil {
		return 0, err
	}
	v, err := table.Find(context.Background(), m[0], 0, 1<<32)
	return Amount(v), err
}
