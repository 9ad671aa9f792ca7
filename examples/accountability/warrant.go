package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/follow"
)

// order puts a sealed warrant for the payment that expired on record, which the auditors
// answer, and then what was in it. The payer is not named.
func (t *town) order(ctx context.Context) (string, error) {
	p := t.net.Parameters()
	number, err := t.net.Ledger().WarrantNumber()
	if err != nil {
		return "", err
	}
	what := utt.ComponentAmount | utt.ComponentPayee
	terms := utt.WarrantTerms{Transfers: []utt.ID{t.lost.ID}, Components: what, Reason: "case 17"}
	until := uint64(t.net.Now().Add(7 * 24 * time.Hour).Unix())
	warrant, opening, err := utt.NewWarrant(nil, p, t.net.Auditors().Warrant, number, terms, until, true)
	if err != nil {
		return "", err
	}
	before, err := t.grounds(ctx)
	if err != nil {
		return "", err
	}
	if _, err := p.Disclose(before, what); !errors.Is(err, utt.ErrPolicy) {
		return "", fmt.Errorf("auditors open a payment that is over without a warrant: %v", err)
	}
	if err := t.net.Submit(ctx, warrant); err != nil {
		return "", err
	}
	read, err := t.answer(ctx, opening, what)
	if err != nil {
		return "", err
	}
	// whoever ordered it must say in time, for all to read, what it was about
	if err := t.net.Submit(ctx, opening); err != nil {
		return "", err
	}
	return fmt.Sprintf("without a warrant auditors give no share of what is over; under the sealed one, one share opens nothing, two open amount and payee, %s; the payer, whom it does not name, nobody opens", read), nil
}

// grounds reads what auditors rest their shares on, of certified records only.
func (t *town) grounds(ctx context.Context) (g utt.Grounds, err error) {
	err = follow.Records(ctx, t.net.Parameters().Founding(), utt.Checkpoint{}, t.net, func(_ context.Context, records []*utt.Record, to utt.Checkpoint) error {
		g.Now = to.Time
		for _, r := range records {
			switch _, _, ordered := r.Warrant(); {
			case ordered:
				g.Warrant = r
			case r.ID() != t.lost.ID:
			case r.Status() == utt.Held:
				g.Payment = r
			default:
				g.Settlement = r
			}
		}
		return nil
	})
	return g, err
}

// answer has auditors open what a warrant on record names, of which its author has told them
// what is in it.
func (t *town) answer(ctx context.Context, opening *utt.WarrantOpening, what utt.Components) (string, error) {
	p, keys := t.net.Parameters(), t.net.Auditors()
	g, err := t.grounds(ctx)
	if err != nil {
		return "", err
	}
	g.Opening = opening
	if _, err := p.Disclose(g, what|utt.ComponentPayer); !errors.Is(err, utt.ErrPolicy) {
		return "", fmt.Errorf("auditors open more than the warrant names: %v", err)
	}
	request, err := p.Disclose(g, what)
	if err != nil {
		return "", err
	}
	var shares []*threshold.DecryptionShare
	for _, k := range keys.OpeningShares[:keys.Opening.Threshold()] {
		s, err := k.Decrypt(nil, request)
		if err != nil {
			return "", err
		}
		shares = append(shares, s)
	}
	if _, err := keys.Opening.Open(request, shares[1:]); !errors.Is(err, threshold.ErrTooFew) {
		return "", fmt.Errorf("one auditor alone opened a payment, or was not refused as such: %v", err)
	}
	plain, err := keys.Opening.Open(request, shares)
	if err != nil {
		return "", err
	}
	of := make(map[int]threshold.Plaintext)
	for i, component := range request.Components() {
		of[component] = plain[i]
	}
	table, err := threshold.NewLogTable(threshold.SmallLogTable)
	if err != nil {
		return "", err
	}
	amount, err := table.Amount(ctx, of[utt.AuditLow], of[utt.AuditHigh])
	if err != nil {
		return "", err
	}
	if _, payer := of[utt.AuditPayer]; payer || amount != 2500 || of[utt.AuditPayee] != t.ben.PID().Plaintext() {
		return "", errors.New("auditors opened something else than was paid")
	}
	return fmt.Sprintf("%d to ben", amount), nil
}
