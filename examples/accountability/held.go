package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/audit"
	"github.com/utt-ecash/utt-go/utt/wallet"
)

func (t *town) useUp(ctx context.Context) (string, error) {
	if err := t.done(ctx, t.ann)(t.ann.Pay(ctx, t.net, "ben", asset, 1000, "a bicycle")); err != nil {
		return "", err
	}
	_, err := t.ann.Pay(ctx, t.net, "ben", asset, 4000, "a boat")
	var funds *wallet.FundsError
	if !errors.As(err, &funds) || funds.What != wallet.FundsBudget || funds.Beyond == nil {
		return "", fmt.Errorf("a payment beyond the budget was not refused as such: %v", err)
	}
	return fmt.Sprintf("ben has 1000; another 4000 her wallet does not pay, but says how it could: %v", funds.Beyond), t.expect(ctx, 39_000, 1000, 15_000)
}

// hold pays in a case that auditors decide on, and sees to it that it is held.
func (t *town) hold(ctx context.Context, w *wallet.Wallet, use utt.Case, to string, amount utt.Amount, memo string) (h wallet.Handle, err error) {
	if h, err = w.PayAs(ctx, t.net, use, to, asset, amount, memo); err != nil {
		return h, err
	}
	s, err := w.AwaitHeld(ctx, t.net, h)
	if err == nil && s.State != wallet.Held {
		err = fmt.Errorf("the payment is %v", s.State)
	}
	t.read = nil
	return h, err
}

func (t *town) beyond(ctx context.Context) (string, error) {
	h, err := t.hold(ctx, t.ann, utt.Audited, "ben", 4000, "a boat")
	if err != nil {
		return "", err
	}
	t.bought = h
	if err := t.net.Audit(ctx, t.auditors[0]); err != nil {
		return "", err
	}
	if _, err := t.auditors[0].Opened(h.ID); !errors.Is(err, utt.ErrNotFound) || len(t.read) > 0 {
		return "", fmt.Errorf("one auditor alone opened a payment: %v", err)
	}
	if err := t.expect(ctx, 0, 1000, 15_000); err != nil {
		return "", err
	}
	in := t.ben.Incoming()
	if len(in) != 1 || in[0].Amount != 4000 || in[0].Memo != "a boat" || len(t.ben.Received()) != 1 {
		return "", fmt.Errorf("ben sees %+v of what is held for him", in)
	}
	out := t.ann.Outgoing()
	if len(out) != 1 || out[0].Amount != 4000 || out[0].Refund != 39_000 {
		return "", fmt.Errorf("ann sees %+v of what is held", out)
	}
	return "it is held: ann's coin of 39000 is gone, of which 35000, or all, comes back; ben knows of it and has nothing yet; one auditor opens nothing", nil
}

// decide has two auditors decide, who must read what is expected; payer is nil where it stays
// sealed.
func (t *town) decide(ctx context.Context, h wallet.Handle, amount utt.Amount, payee string, payer *wallet.Wallet) error {
	two := t.auditors[:2]
	for _, a := range two { // they ask each other for what one said while he was alone
		if err := a.Sync(ctx, t.net); err != nil {
			return err
		}
		a.Overdue()
	}
	if err := t.net.Audit(ctx, two...); err != nil {
		return err
	}
	want := audit.Opened{Amount: amount, Payee: utt.PIDOf(payee)}
	if payer != nil {
		want.Payer = payer.PID()
	}
	for _, o := range t.read {
		if o.Transfer != h.ID || o.Amount != want.Amount || o.Payee != want.Payee || o.Payer != want.Payer {
			return errors.New("auditors read something else than was paid")
		}
	}
	if len(t.read) == 0 {
		return errors.New("auditors decided on nothing")
	}
	return nil
}

func (t *town) approve(ctx context.Context) (string, error) {
	if err := t.decide(ctx, t.bought, 4000, "ben", nil); err != nil {
		return "", err
	}
	if err := t.ann.Await(ctx, t.net, t.bought); err != nil {
		return "", err
	}
	return "executed in the block of their decision: ben has 5000", t.expect(ctx, 35_000, 5000, 15_000)
}

// refunded demands that a payment has come back.
func (t *town) refunded(ctx context.Context, w *wallet.Wallet, h wallet.Handle) error {
	err := w.Await(ctx, t.net, h)
	var no *wallet.OperationError
	if !errors.As(err, &no) || no.State != wallet.Refunded {
		return fmt.Errorf("the payment was not refunded: %v", err)
	}
	return nil
}

func (t *town) refuse(ctx context.Context) (string, error) {
	h, err := t.hold(ctx, t.ann, utt.Audited, "carol", 700, "")
	if err != nil {
		return "", err
	}
	if err := t.decide(ctx, h, 700, "carol", nil); err != nil {
		return "", err
	}
	if err := t.refunded(ctx, t.ann, h); err != nil {
		return "", err
	}
	return "ann has all of her money back, in a new coin that nobody can tell from others", t.expect(ctx, 35_000, 5000, 15_000)
}

func (t *town) delayed(ctx context.Context) (string, error) {
	h, err := t.hold(ctx, t.ann, utt.Delayed, "ben", 20_000, "a house")
	if err != nil {
		return "", err
	}
	if err := t.decide(ctx, h, 20_000, "ben", t.ann); err != nil {
		return "", err
	}
	s, err := t.ann.Status(ctx, t.net, h)
	if err != nil || s.State != wallet.Approved {
		return "", errors.Join(fmt.Errorf("the payment is %v", s.State), err)
	}
	if err := t.expect(ctx, 0, 5000, 15_000); err != nil {
		return "", err
	}
	if err := errors.Join(t.net.Advance(ctx, 24*time.Hour), t.ann.Await(ctx, t.net, h)); err != nil {
		return "", err
	}
	return "approved, and ben has nothing for a day; then 25000", t.expect(ctx, 15_000, 25_000, 15_000)
}

func (t *town) vetoed(ctx context.Context) (string, error) {
	h, err := t.hold(ctx, t.carol, utt.Delayed, "ben", 15_000, "all I have")
	if err != nil {
		return "", err
	}
	if err := t.decide(ctx, h, 15_000, "ben", t.carol); err != nil {
		return "", err
	}
	if err := t.net.Advance(ctx, 12*time.Hour); err != nil {
		return "", err
	}
	for _, a := range t.auditors[2:] { // they have learned something since
		if err := a.Sync(ctx, t.net); err != nil {
			return "", err
		}
		if err := a.Decide(h.ID, utt.Veto); err != nil {
			return "", err
		}
	}
	if err := t.net.Audit(ctx, t.auditors[2:]...); err != nil {
		return "", err
	}
	if err := t.refunded(ctx, t.carol, h); err != nil {
		return "", err
	}
	if err := t.expect(ctx, 15_000, 25_000, 15_000); err != nil {
		return "", err
	}
	if err := t.done(ctx, t.carol)(t.carol.Pay(ctx, t.net, "ann", asset, 900, "out of the refund")); err != nil {
		return "", err
	}
	return "carol has her 15000 back, and of them pays ann 900 within her own budget", t.expect(ctx, 15_900, 25_000, 14_100)
}

func (t *town) silent(ctx context.Context) (string, error) {
	h, err := t.hold(ctx, t.ann, utt.Audited, "ben", 2500, "a mast")
	if err != nil {
		return "", err
	}
	t.lost = h
	if err := t.net.Advance(ctx, time.Hour); err != nil {
		return "", err
	}
	if err := t.refunded(ctx, t.ann, h); err != nil {
		return "", err
	}
	if err := t.net.Audit(ctx, t.auditors...); err != nil { // too late
		return "", err
	}
	if len(t.read) > 0 {
		return "", errors.New("auditors opened what had expired")
	}
	return "nobody had to ask for it: ann has her money back, and whoever comes late opens nothing", t.expect(ctx, 15_900, 25_000, 14_100)
}
