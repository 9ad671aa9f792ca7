package ledger

import (
	"fmt"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/utt"
)

// This file sums the encrypted taxes of what executes, in batches of which each is opened
// as a whole.
//
//	[TAX-CLOSE]  the batch of an asset is closed with its TaxBatchSize-th payment, in the
//	             midst of a block if need be, or before the first block of an epoch if it has
//	             the payments that it needs; with fewer it goes on
//	[TAX-HELD]   a payment that is held joins the batch of when it executes, and one that is
//	             refunded none
//	[TAX-ONCE]   a batch is collected once

// joinTax adds the tax of a payment that executes to the open batch of its asset.
func (x *execution) joinTax(asset string, t *utt.Taxed) {
	if t == nil {
		return
	}
	b := x.openBatch(asset)
	b.Add(t)
	if b.Ready(utt.TaxBatchSize) {
		x.closeBatch(b)
		return
	}
	x.putBatch(b)
}

// closeBatches closes, before the first block of an epoch, the batches of the one before.
// They need the payments that the rules of that epoch say.
func (x *execution) closeBatches() {
	last, err := x.policy.EpochAt(x.last)
	office := x.p.At(last).Tax()
	if office == nil || err == nil && last == x.epoch() {
		return
	}
	x.current, x.pending = x.current[:0], nil
	for _, asset := range x.p.Assets() {
		if b := x.openBatch(asset); b.Ready(office.MinPayments) {
			x.closeBatch(b)
		}
	}
	x.commit()
}

// closeBatch closes a batch. The next one is open.
func (x *execution) closeBatch(b *utt.TaxBatch) {
	b.Status = utt.BatchClosed
	x.putBatch(b)
	x.putNumber(openBatchKey(b.Asset), b.Number+1)
}

// collect credits the tax of a batch.
func (x *execution) collect(o *utt.Collection) *utt.Rejection {
	b := x.batch(o.Asset(), o.Batch())
	if b.Status == utt.BatchCollected && batch.Enforced("TAX-ONCE") {
		return x.reject(utt.CodeCollected, "TAX-ONCE", "batch %d of %q was collected before", o.Batch(), o.Asset())
	}
	if (b.Status == utt.BatchOpen || !o.Opens(b)) && batch.Enforced("TAX-BATCH") {
		return x.reject(utt.CodeNotClosed, "TAX-BATCH", "batch %d of %q is open, or not what was opened", o.Batch(), o.Asset())
	}
	b.Status = utt.BatchCollected
	x.putBatch(b)
	if office := x.p.Tax(); o.Amount() > 0 && office != nil {
		x.credit(office.Account, o.Asset(), o.Amount())
	}
	x.record()
	return nil
}

func (x *execution) openBatch(asset string) *utt.TaxBatch {
	return x.batch(asset, x.number(openBatchKey(asset)))
}

// batch is a batch of the state, an open one without payments if there is none.
func (x *execution) batch(asset string, number uint64) *utt.TaxBatch {
	b, err := decodeBatch(asset, number, x.get(batchKey(asset, number)))
	if err != nil {
		x.fail(err)
	}
	return b
}

func (x *execution) putBatch(b *utt.TaxBatch) {
	v, err := b.MarshalBinary()
	if err != nil {
		x.fail(err)
		return
	}
	x.put(batchKey(b.Asset, b.Number), v)
}

func decodeBatch(asset string, number uint64, v []byte) (*utt.TaxBatch, error) {
	b := &utt.TaxBatch{Asset: asset, Number: number, Status: utt.BatchOpen}
	if v == nil {
		return b, nil
	}
	if err := b.UnmarshalBinary(v); err != nil {
		return b, fmt.Errorf("%w: batch %d of %q", err, number, asset)
	}
	return b, nil
}

// TaxBatch is a batch of an asset, by number: for those who decrypt. One that payments have
// not reached yet is open and empty.
func (l *Ledger) TaxBatch(asset string, number uint64) (*utt.TaxBatch, error) {
	v, _, err := l.get(batchKey(asset, number))
	if err != nil {
		return nil, err
	}
	b, err := decodeBatch(asset, number, v)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", utt.ErrStore, err)
	}
	return b, nil
}

// OpenTaxBatch is the number of the batch that payments of an asset join. Those before are
// closed or collected.
func (l *Ledger) OpenTaxBatch(asset string) (uint64, error) { return l.number(openBatchKey(asset)) }
