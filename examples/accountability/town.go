package main

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"strings"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/audit"
	"github.com/utt-ecash/utt-go/utt/local"
	"github.com/utt-ecash/utt-go/utt/policies"
	"github.com/utt-ecash/utt-go/utt/wallet"
)

const asset = "cash"

// town is what the steps share.
type town struct {
	rules           policies.Rules
	net             *local.Network
	auditors        []*audit.Auditor
	holders         []ed25519.PrivateKey // of the authority's keys
	ann, ben, carol *wallet.Wallet
	read            []audit.Opened // what auditors have read
	next            utt.Cursor     // of the records that the public has not seen yet
	bought, lost    wallet.Handle  // the payment that was approved, and the one that expired
	due             utt.Amount     // of tax
}

func (t *town) found(ctx context.Context) (string, error) {
	c := local.Under(t.rules)
	if c.TaxByTotal {
		c.TaxOffice, c.TaxBatch = treasury, 3
	}
	c.Authority.Threshold = 2
	for range 3 {
		public, private, err := ed25519.GenerateKey(nil)
		if err != nil {
			return "", err
		}
		c.Authority.Keys, t.holders = append(c.Authority.Keys, public), append(t.holders, private)
	}
	var err error
	if t.net, err = local.New(ctx, c); err != nil {
		return "", err
	}
	if t.auditors, err = t.net.NewAuditors(t.judge); err != nil {
		return "", err
	}
	var tiers []string
	for _, r := range t.net.Parameters().Rows() {
		if r.Audit.Reveals != 0 {
			tiers = append(tiers, fmt.Sprintf("up to %d %v: auditors open %v, have %v, then a delay of %v", r.Limit, r.Case, r.Audit.Reveals, r.Audit.Expire, r.Audit.Delay))
		}
	}
	if c.TaxByTotal {
		tiers = append(tiers, fmt.Sprintf("a tax of %d basis points, opened in totals of %d payments and more", c.Tax, c.TaxBatch))
	}
	return strings.Join(tiers, "; "), nil
}

// judge is how every auditor decides: carol is not to be paid beyond the budget.
func (t *town) judge(o audit.Opened) utt.Verb {
	t.read = append(t.read, o)
	if o.Payee == utt.PIDOf("carol") {
		return utt.Veto
	}
	return utt.Approve
}

func (t *town) register(ctx context.Context) (string, error) {
	for _, u := range []struct {
		name   string
		to     **wallet.Wallet
		amount utt.Amount
	}{{"ann", &t.ann, 40_000}, {"ben", &t.ben, 0}, {"carol", &t.carol, 15_000}} {
		w, err := t.net.Wallet(u.name, nil)
		if err != nil {
			return "", err
		}
		*u.to = w
		if err := t.net.Enroll(ctx, w, u.name, 0); err != nil {
			return "", err
		}
		if u.amount == 0 {
			continue
		}
		if err := errors.Join(t.net.Issue(ctx, u.name, asset, u.amount), w.Sync(ctx, t.net)); err != nil {
			return "", err
		}
		if err := t.done(ctx, w)(w.Mint(ctx, t.net, asset, u.amount)); err != nil {
			return "", err
		}
	}
	return "ann has 40000, carol 15000, all have a privacy budget of 1000 this month", t.expect(ctx, 40_000, 0, 15_000)
}

// done waits for what a wallet handed in.
func (t *town) done(ctx context.Context, w *wallet.Wallet) func(wallet.Handle, error) error {
	return func(h wallet.Handle, err error) error {
		if err != nil {
			return err
		}
		return w.Await(ctx, t.net, h)
	}
}

// expect compares what all have in coins, and the replicas' ledgers.
func (t *town) expect(ctx context.Context, amounts ...utt.Amount) error {
	for i, w := range []*wallet.Wallet{t.ann, t.ben, t.carol} {
		if err := w.Sync(ctx, t.net); err != nil {
			return err
		}
		if got := w.Balance(asset).Spendable; got != amounts[i] {
			return fmt.Errorf("%s has %d in coins, expected %d", w.Identity(), got, amounts[i])
		}
	}
	return t.net.Agree()
}

// public is what everybody sees of what was put on record since the last call. Of a private
// payment no amount and nobody may be among it.
func (t *town) public() (string, error) {
	var seen []string
	count := make(map[string]int)
	p := t.net.Parameters()
	for r, err := range t.net.Records(context.Background(), t.next) {
		if err != nil {
			return "", err
		}
		t.next = r.Cursor()
		t.next.Index++
		e, err := r.Entry(p)
		if err != nil {
			return "", err
		}
		what := e.Kind.String()
		switch e.Kind {
		case utt.KindTransfer:
			what = fmt.Sprintf("%v payment, %v", e.Case, r.Status())
		case utt.KindSettlement:
			what = fmt.Sprintf("%v payment, %v by %v", e.Case, r.Status(), e.Cause)
		case utt.KindCollection:
			what = fmt.Sprintf("collection of %d from batch %d", e.Amount, e.Batch)
		case utt.KindWarrant:
			if what = fmt.Sprintf("warrant %d for %d payment", e.Nonce, e.Count); len(e.Transfers) == 0 {
				what += ", sealed, not saying which"
			}
		case utt.KindWarrantOpening:
			what = fmt.Sprintf("its opening: which payment, that %v were opened, and why: %q", e.Components, e.Reason)
		}
		if private := e.Kind == utt.KindTransfer || e.Kind == utt.KindSettlement; private && (e.Amount != 0 || e.PID != utt.PID{} || e.To != utt.PID{}) {
			return "", fmt.Errorf("the record of a private payment says %+v", e)
		}
		if count[what]++; count[what] == 1 {
			seen = append(seen, what)
		}
	}
	for i, what := range seen {
		if n := count[what]; n > 1 {
			seen[i] = fmt.Sprintf("%s, %d times", what, n)
		}
	}
	if len(seen) == 0 {
		return "the parameters", nil
	}
	return "records: " + strings.Join(seen, "; "), nil
}
