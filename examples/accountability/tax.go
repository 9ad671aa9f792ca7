package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/utt"
)

// rate is that of the tax, in basis points, and treasury who gets it.
const (
	rate     = 200
	treasury = "treasury"
)

// due is the tax on a payment.
func due(amount utt.Amount) utt.Amount { return (amount*rate + 9999) / 10000 }

// taxed makes payments of which each is taxed, within the budget and beyond it.
func (t *town) taxed(ctx context.Context) (string, error) {
	if err := errors.Join(
		t.done(ctx, t.ann)(t.ann.Pay(ctx, t.net, "ben", asset, 600, "")),
		t.done(ctx, t.carol)(t.carol.Pay(ctx, t.net, "ben", asset, 55, "")),
	); err != nil {
		return "", err
	}
	h, err := t.hold(ctx, t.ann, utt.Audited, "ben", 4000, "")
	if err != nil {
		return "", err
	}
	if err := t.decide(ctx, h, 4000, "ben", nil); err != nil {
		return "", err
	}
	if err := t.ann.Await(ctx, t.net, h); err != nil {
		return "", err
	}
	t.due = due(600) + due(55) + due(4000)
	return fmt.Sprintf("of 600, 55 and 4000 they owe %d, %d and %d, which leave their coins and are credited to nobody yet", due(600), due(55), due(4000)),
		t.expect(ctx, 40_000-4600-due(600)-due(4000), 4655, 15_000-55-due(55))
}

// collect has decryptors open what is due of all payments of the epoch.
func (t *town) collect(ctx context.Context) (string, error) {
	keys := t.net.Decryptors()
	open, err := t.net.Ledger().TaxBatch(asset, 0)
	if err != nil {
		return "", err
	}
	if _, err := t.net.Parameters().DecryptTax(keys.Shares[0], open); !errors.Is(err, utt.ErrPolicy) {
		return "", fmt.Errorf("a decryptor gives a share of what payments still join: %v", err)
	}
	if err := t.net.Advance(ctx, 30*24*time.Hour); err != nil { // the epoch ends, and with it the batch
		return "", err
	}
	p := t.net.Parameters()
	closed, err := t.net.Ledger().TaxBatch(asset, 0)
	if err != nil {
		return "", err
	}
	one, err := p.DecryptTax(keys.Shares[1], closed)
	if err != nil {
		return "", err
	}
	table, err := threshold.NewLogTable(threshold.SmallLogTable)
	if err != nil {
		return "", err
	}
	if _, err := p.OpenTax(ctx, table, closed, []*utt.TaxShares{one}); !errors.Is(err, threshold.ErrTooFew) {
		return "", fmt.Errorf("one decryptor alone opened a total, or was not refused as such: %v", err)
	}
	collected, err := t.net.CollectTax(ctx, asset, 0)
	if err != nil {
		return "", err
	}
	credited, err := t.net.Ledger().Balance(utt.PIDOf(treasury), asset)
	if err != nil || collected != t.due || credited != t.due {
		return "", errors.Join(fmt.Errorf("collected %d, credited %d, due %d", collected, credited, t.due), err)
	}
	return fmt.Sprintf("the treasury is credited %d for %d payments, of none of which decryptors opened anything alone", collected, closed.Payments()), t.net.Agree()
}
