package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/wallet"
)

// amend lowers the budget two epochs ahead, which is as soon as it can be, suspends carol at
// once, and goes there.
func (t *town) amend(ctx context.Context) (string, error) {
	p := t.net.Parameters()
	now := t.net.Ledger().Head().Epoch
	c := p.Newest().Config()
	c.Policy.Classes[0] = 400
	amendment, err := utt.NewAmendment(p, now+2, c)
	if err != nil {
		return "", err
	}
	suspension, err := utt.NewSuspension(p, 0, t.carol.PID(), true)
	if err != nil {
		return "", err
	}
	for i, key := range t.holders[:2] { // each reads what he signs
		if amendment, err = amendment.Sign(p, key); err != nil {
			return "", err
		}
		if suspension, err = suspension.Sign(p, key); err != nil {
			return "", err
		}
		if i > 0 {
			break
		}
		var no *utt.Rejection
		if err := t.net.Submit(ctx, amendment); !errors.As(err, &no) {
			return "", fmt.Errorf("one holder amended the rules, or was not refused as such: %v", err)
		}
	}
	if err := errors.Join(t.net.Submit(ctx, amendment), t.net.Submit(ctx, suspension)); err != nil {
		return "", err
	}
	if err := errors.Join(t.carol.Sync(ctx, t.net), t.ann.Sync(ctx, t.net)); err != nil {
		return "", err
	}
	var suspended *wallet.SuspendedError
	if _, err := t.carol.RequestBudget(ctx, t.net, asset, now+1); !errors.As(err, &suspended) {
		return "", fmt.Errorf("carol gets a budget, or was not refused as such: %v", err)
	}
	for _, budget := range []utt.Amount{1000, 400} {
		start := p.Policy().StartOf(t.net.Ledger().Head().Epoch + 1)
		if err := t.net.Advance(ctx, time.Duration(start-uint64(t.net.Now().Unix()))*time.Second); err != nil {
			return "", err
		}
		if err := t.net.Enroll(ctx, t.ann, "ann", 0); err != nil { // what is left of it: the budget of the epoch
			return "", err
		}
		if got := t.ann.Balance(asset).Budget; got != budget {
			return "", fmt.Errorf("a budget of %d in epoch %d, expected %d", got, t.net.Ledger().Head().Epoch, budget)
		}
	}
	return fmt.Sprintf("one signature is refused, two are taken; carol gets no more budgets, and can still spend what she has; ann's budget is 1000 in epoch %d, 400 in epoch %d", now+1, now+2),
		t.expect(ctx, 15_900, 25_000, 14_100)
}
