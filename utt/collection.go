package utt

import (
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/sig"
	"github.com/utt-ecash/utt-go/threshold"
)

// Collection credits the tax of a batch to the account of the tax office, once t of those
// who decrypt have opened it together. It needs no signature: their shares show that it is
// right, and anybody may hand it in.
//
//	[TAX-OPEN]  T·G = ΣE_t − Σ λ_j·D_tj  with t shares that are valid for this batch
type Collection struct {
	sealed
	collectionOrder
	sum    *threshold.Ciphertext // of the batch
	shares []*threshold.DecryptionShare
}

// collectionOrder is what goes on record.
type collectionOrder struct {
	asset  string
	batch  uint64
	amount Amount
}

// NewCollection credits the tax of a closed batch, by the shares of exactly t decryptors on
// TaxTotal. The error is ErrInvalid if they do not show that it is the amount.
func NewCollection(p *Parameters, b *TaxBatch, amount Amount, shares []*threshold.DecryptionShare) (*Collection, error) {
	r, err := p.TaxTotal(b)
	if err != nil {
		return nil, err
	}
	if err := p.config.Tax.Decryptors.VerifyOpening(r, shares, sig.Uint64(uint64(amount))); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	return newCollection(collectionOrder{b.Asset, b.Number, amount}, b.total(), shares)
}

func newCollection(order collectionOrder, sum *threshold.Ciphertext, shares []*threshold.DecryptionShare) (*Collection, error) {
	c := &Collection{collectionOrder: order, sum: sum, shares: slices.Clone(shares)}
	slices.SortFunc(c.shares, func(a, b *threshold.DecryptionShare) int { return cmp.Compare(a.Index(), b.Index()) })
	b, err := c.encode()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	c.sealed = seal(b)
	return c, nil
}

func (c *Collection) encode() ([]byte, error) {
	b := c.sum.Append(c.append(opening(KindCollection)))
	b = wire.AppendUint16(b, uint16(len(c.shares)))
	for _, s := range c.shares {
		encoded, err := s.MarshalBinary()
		if err != nil {
			return nil, err
		}
		b = wire.AppendBytes(b, encoded)
	}
	return b, nil
}

// noCollection stands in for a nil one.
var noCollection Collection

// Asset is the asset of the batch.
func (c *Collection) Asset() string { return cmp.Or(c, &noCollection).asset }

// Batch is the number of the batch.
func (c *Collection) Batch() uint64 { return cmp.Or(c, &noCollection).batch }

// Amount is the tax of the whole batch.
func (c *Collection) Amount() Amount { return cmp.Or(c, &noCollection).amount }

// Opens reports whether what was opened is the sum of a batch. It is for ledgers.
func (c *Collection) Opens(b *TaxBatch) bool {
	return c != nil && b != nil && c.asset == b.Asset && c.batch == b.Number && len(b.sums) > 0 && c.sum.Equal(b.total())
}

func (o *collectionOrder) append(b []byte) []byte {
	b = wire.AppendUint64(wire.AppendBytes(b, []byte(o.asset)), o.batch)
	return wire.AppendUint64(b, uint64(o.amount))
}

func readCollectionOrder(r *wire.Reader) collectionOrder {
	return collectionOrder{readAsset(r), r.Uint64(), Amount(r.Uint64())}
}

func readCollection(r *wire.Reader, raw []byte) *Collection {
	c := &Collection{sealed: seal(raw), collectionOrder: readCollectionOrder(r), sum: threshold.ReadCiphertext(r, TaxComponents)}
	c.shares = make([]*threshold.DecryptionShare, r.Count(MaxDecryptors, 4))
	for i := range c.shares {
		b := r.Bytes(maxOperation)
		if r.Err() != nil {
			break
		}
		c.shares[i] = new(threshold.DecryptionShare)
		if err := c.shares[i].UnmarshalBinary(b); err != nil {
			r.Fail("%v", err)
		} else if i > 0 && c.shares[i].Index() < c.shares[i-1].Index() {
			r.Fail("shares out of order")
		}
	}
	return c
}

// claims claims that the shares open the sum to the amount. Whether it is a batch's, and
// that is not collected yet, the ledger says.
func (c *Collection) claims(p *Parameters, _ Epoch, claims *batch.Claims, _ bases) entry {
	office := p.config.Tax
	if claims.Require("POLICY-TAX", office != nil, "no tax office here") && office != nil {
		r, err := p.totalOf(c.asset, c.batch, c.sum)
		if claims.Require("TAX-OPEN", err == nil, "%v", err) && err == nil {
			office.Decryptors.ClaimOpening(claims, r, c.shares, []curve.Scalar{curve.Uint64(uint64(c.amount))})
		}
	}
	return &c.collectionOrder
}

func (o *collectionOrder) kind() Kind { return KindCollection }

func (o *collectionOrder) commitments(*Parameters) []*sig.Commitment { return nil }

func (o *collectionOrder) read(p *Parameters) (Entry, error) {
	e := Entry{Asset: o.asset, Amount: o.amount, Batch: o.batch}
	if p.config.Tax == nil {
		return e, fmt.Errorf("%w: a tax that these parameters do not have", ErrInvalid)
	}
	e.To = p.config.Tax.Account
	return e, nil
}

// Purposes of decryption shares.
const (
	taxTotal  = "tax total"
	taxVolume = "tax volume"
)

// TaxTotal asks decryptors for what is due of a closed batch. Shares on it go into a
// Collection, for all to see.
func (p *Parameters) TaxTotal(b *TaxBatch) (*threshold.Request, error) {
	if err := p.canOpen(b); err != nil {
		return nil, err
	}
	return p.totalOf(b.Asset, b.Number, b.total())
}

// TaxVolume asks for the halves of what the payments of a closed batch at a rate come to.
// Shares on it are for the other decryptors only: the sum of the upper halves may be that of
// the one payment that is large.
func (p *Parameters) TaxVolume(b *TaxBatch, rate uint16) (*threshold.Request, error) {
	if err := p.canOpen(b); err != nil {
		return nil, err
	}
	for _, s := range b.sums {
		if s.rate == rate {
			return p.request(taxVolume, s.sum, []int{TaxLow, TaxHigh}, []byte(b.Asset), be64(b.Number), binary.BigEndian.AppendUint16(nil, rate))
		}
	}
	return nil, fmt.Errorf("%w: no payments at %d basis points in batch %d of %q", ErrNotFound, rate, b.Number, b.Asset)
}

// canOpen reports a batch of which nothing is to be opened.
func (p *Parameters) canOpen(b *TaxBatch) error {
	switch {
	case p.Usable() != nil:
		return p.Usable()
	case p.config.Tax == nil:
		return fmt.Errorf("%w: no tax office here", ErrPolicy)
	case b == nil || len(b.sums) == 0 || b.Status != BatchClosed && b.Status != BatchCollected:
		return fmt.Errorf("%w: a batch that is open: of one that differs from it by a payment, that payment would show", ErrPolicy)
	}
	return nil
}

func (p *Parameters) totalOf(asset string, number uint64, sum *threshold.Ciphertext) (*threshold.Request, error) {
	return p.request(taxTotal, sum, []int{TaxDue}, []byte(asset), be64(number))
}

func (p *Parameters) request(purpose string, e *threshold.Ciphertext, components []int, parts ...[]byte) (*threshold.Request, error) {
	s, err := threshold.NewSubject(p.network, purpose, parts...)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	r, err := threshold.NewRequest(s, e, components...)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	return r, nil
}

// TaxShares are a decryptor's on a batch. They are for the other decryptors; of these only
// Total is published, in a Collection.
type TaxShares struct {
	Total   *threshold.DecryptionShare
	Volumes []*threshold.DecryptionShare // by ascending rate, of those that not everybody reads
}

// DecryptTax makes a decryptor's shares on a closed batch, which he has from a ledger of his
// own: on a sum that somebody shows him he would open what that one likes.
func (p *Parameters) DecryptTax(key *threshold.EncryptionKeyShare, b *TaxBatch) (*TaxShares, error) {
	r, err := p.TaxTotal(b)
	if err != nil {
		return nil, err
	}
	s := new(TaxShares)
	if s.Total, err = key.Decrypt(nil, r); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	for _, sum := range b.sums {
		if !sum.sum.Secret() {
			continue // everybody reads it
		}
		if r, err = p.TaxVolume(b, sum.rate); err != nil {
			return nil, err
		}
		v, err := key.Decrypt(nil, r)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
		}
		s.Volumes = append(s.Volumes, v)
	}
	return s, nil
}

// OpenTax finds the tax of a closed batch from the shares of t decryptors or more, with a
// table to find numbers by. False shares do not keep t good ones from it. The error is
// ErrInvalid with threshold.ErrTooFew, and a *threshold.BlameError if any was false.
//
// What is due of a payment of v is ⌈bp·v/10000⌉. So of n payments that come to V at a rate it
// is from bp·V/10000 to (bp·V + 9999·n)/10000, where it is looked for.
func (p *Parameters) OpenTax(ctx context.Context, table *threshold.LogTable, b *TaxBatch, shares []*TaxShares) (*Collection, error) {
	total, err := p.TaxTotal(b)
	if err != nil {
		return nil, err
	}
	requests, on := []*threshold.Request{total}, [][]*threshold.DecryptionShare{nil}
	for _, sum := range b.sums {
		if !sum.sum.Secret() {
			continue
		}
		r, err := p.TaxVolume(b, sum.rate)
		if err != nil {
			return nil, err
		}
		requests, on = append(requests, r), append(on, nil)
	}
	for _, s := range shares {
		if s == nil {
			continue
		}
		on[0] = append(on[0], s.Total)
		for i, v := range s.Volumes {
			if i+1 < len(on) {
				on[i+1] = append(on[i+1], v)
			}
		}
	}
	office := p.config.Tax.Decryptors
	opened := office.OpenResults(ctx, requests, on)
	for _, o := range opened {
		if o.Err != nil {
			return nil, fmt.Errorf("%w: batch %d of %q: %w", ErrInvalid, b.Number, b.Asset, o.Err)
		}
	}
	var low, high dues
	next := 1
	for _, s := range b.sums {
		lo, plain := s.sum.Plain(TaxLow)
		hi, _ := s.sum.Plain(TaxHigh)
		if !plain {
			lo, hi = opened[next].Plaintexts[0], opened[next].Plaintexts[1]
			next++
		}
		v, err := volume(ctx, table, lo, hi, s.count)
		if err != nil {
			return nil, fmt.Errorf("%w: volume at %d basis points: %w", ErrInvalid, s.rate, err)
		}
		low.add(v, s.rate, 0)
		high.add(v, s.rate, s.count)
	}
	from, to, ok := bounds(&low, &high)
	if !ok {
		return nil, fmt.Errorf("%w: a tax of 2^64 or more", ErrInvalid)
	}
	due, err := table.Find(ctx, opened[0].Plaintexts[0], from, to)
	if err != nil {
		return nil, fmt.Errorf("%w: tax: %w", ErrInvalid, err)
	}
	return NewCollection(p, b, Amount(due), good(ctx, office, total, on[0]))
}

// good are t valid shares of distinct parties.
func good(ctx context.Context, c *threshold.EncryptionCommittee, r *threshold.Request, shares []*threshold.DecryptionShare) (chosen []*threshold.DecryptionShare) {
	requests := make([]*threshold.Request, len(shares))
	for i := range requests {
		requests[i] = r
	}
	seen := make(map[threshold.Index]bool)
	for i, err := range c.VerifyShares(ctx, requests, shares) {
		if err == nil && !seen[shares[i].Index()] && len(chosen) < c.Threshold() {
			seen[shares[i].Index()] = true
			chosen = append(chosen, shares[i])
		}
	}
	return chosen
}
