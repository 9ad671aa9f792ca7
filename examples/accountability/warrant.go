package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/utt-ecash/utt-go/utt"
)

// order puts a sealed warrant for the payment that expired on record, which two auditors
// answer, and then what was in it. It names amount and payee, not the payer.
func (t *town) order(ctx context.Context) (string, error) {
	what := utt.ComponentAmount | utt.ComponentPayee
	terms := utt.WarrantTerms{Transfers: []utt.ID{t.lost.ID}, Components: what, Reason: "case 17"}
	opening, err := t.net.Warrant(ctx, terms, 7*24*time.Hour, true)
	if err != nil {
		return "", err
	}
	number, two := opening.Number(), t.auditors[:2]
	for _, a := range two {
		if err := a.Sync(ctx, t.net); err != nil {
			return "", err
		}
		if err := a.OpenUnder(number, nil); !errors.Is(err, utt.ErrPolicy) {
			return "", fmt.Errorf("an auditor answers a sealed warrant without knowing what is in it: %v", err)
		}
	}
	for i, a := range two {
		if err := a.OpenUnder(number, opening); err != nil {
			return "", err
		}
		for _, b := range two[:i+1] {
			b.Overdue() // what one said while he was alone
		}
		if err := t.net.Audit(ctx, two[:i+1]...); err != nil {
			return "", err
		}
		opened, err := two[0].Disclosed(number)
		if err != nil {
			return "", err
		}
		if i == 0 && len(opened) > 0 {
			return "", errors.New("one auditor alone opened a payment")
		}
		if i == 0 {
			continue
		}
		if len(opened) != 1 || opened[0].Amount != 2500 || opened[0].Payee != t.ben.PID() || opened[0].Payer != (utt.PID{}) || opened[0].Components != what {
			return "", errors.New("auditors opened something else than the warrant names")
		}
	}
	// whoever ordered it must say in time, for all to read, what it was about
	if err := t.net.Submit(ctx, opening); err != nil {
		return "", err
	}
	return "an auditor answers nothing that he has not seen; one alone opens nothing; two open amount and payee, 2500 to ben, and not the payer, whom the warrant does not name", nil
}
