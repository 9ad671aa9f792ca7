package audit_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/audit"
	"github.com/utt-ecash/utt-go/utt/local"
)

// A payment beyond the budget, of which auditors see the amount and whom it is for.
func Example() {
	ctx := context.Background()
	check := func(err error) {
		if err != nil {
			log.Fatal(err)
		}
	}
	net, err := local.New(ctx, local.Config{Held: []utt.Row{
		{Case: utt.Audited, Limit: 10_000, Audit: utt.Audit{Reveals: utt.RevealAmountAndPayee, Expire: time.Hour}},
	}})
	check(err)
	auditors, err := net.NewAuditors(func(o audit.Opened) utt.Verb {
		fmt.Println("auditors read", o.Amount, o.Payee == utt.PIDOf("ben"), o.Payer == utt.PID{})
		return utt.Approve
	})
	check(err)
	ann, err := net.Wallet("ann", nil)
	check(err)
	ben, err := net.Wallet("ben", nil)
	check(err)
	check(net.Enroll(ctx, ann, "ann", 0))
	check(net.Enroll(ctx, ben, "ben", 0))
	check(net.Issue(ctx, "ann", "cash", 5000))
	check(ann.Sync(ctx, net))
	h, err := ann.Mint(ctx, net, "cash", 5000)
	check(err)
	check(ann.Await(ctx, net, h))

	plan, err := ann.PlanAs(utt.Audited, "ben", "cash", 4000, "a boat")
	check(err)
	fmt.Println(plan)
	h, err = ann.PayAs(ctx, net, plan.Case, "ben", "cash", 4000, "a boat")
	check(err)
	s, err := ann.AwaitHeld(ctx, net, h)
	check(err)
	check(ben.Sync(ctx, net))
	fmt.Println(s.State, ben.Incoming()[0].Amount, len(ben.Received()))

	check(net.Audit(ctx, auditors[:2]...)) // any two of four
	check(ann.Await(ctx, net, h))
	check(ben.Sync(ctx, net))
	fmt.Println(len(ben.Incoming()), ben.Received()[0].Memo, ben.Balance("cash").Spendable)
	// Output:
	// 4000 audited, 4000 in all; auditors open the amount and whom it is for, who pays stays sealed, and have 1h0m0s to decide
	// held 4000 0
	// auditors read 4000 true true
	// auditors read 4000 true true
	// 0 a boat 4000
}

// A sealed warrant for whom a payment was for, which was approved by its amount alone.
func ExampleAuditor_OpenUnder() {
	ctx := context.Background()
	check := func(err error) {
		if err != nil {
			log.Fatal(err)
		}
	}
	net, err := local.New(ctx, local.Config{Held: []utt.Row{
		{Case: utt.Audited, Limit: 10_000, Audit: utt.Audit{Reveals: utt.RevealAmount, Expire: time.Hour}},
	}})
	check(err)
	auditors, err := net.NewAuditors(func(audit.Opened) utt.Verb { return utt.Approve })
	check(err)
	ann, err := net.Wallet("ann", nil)
	check(err)
	ben, err := net.Wallet("ben", nil)
	check(err)
	check(net.Enroll(ctx, ann, "ann", 0))
	check(net.Enroll(ctx, ben, "ben", 0))
	check(net.Issue(ctx, "ann", "cash", 5000))
	check(ann.Sync(ctx, net))
	h, err := ann.Mint(ctx, net, "cash", 5000)
	check(err)
	check(ann.Await(ctx, net, h))
	h, err = ann.PayAs(ctx, net, utt.Audited, "ben", "cash", 4000, "")
	check(err)
	_, err = ann.AwaitHeld(ctx, net, h)
	check(err)
	check(net.Audit(ctx, auditors...))

	// the authority's warrant is on record, and its opening goes to two auditors
	opening, err := net.Warrant(ctx, utt.WarrantTerms{Transfers: []utt.ID{h.ID}, Components: utt.ComponentPayee, Reason: "case 7"}, time.Hour, true)
	check(err)
	for _, a := range auditors[:2] {
		check(a.Sync(ctx, net))
		check(a.OpenUnder(opening.Number(), opening))
	}
	check(net.Audit(ctx, auditors...))
	disclosed, err := auditors[0].Disclosed(opening.Number())
	check(err)
	fmt.Println(disclosed[0].Payee == utt.PIDOf("ben"), disclosed[0].Amount, disclosed[0].Payer == utt.PID{})
	_, err = auditors[2].Disclosed(opening.Number())
	fmt.Println(err != nil)

	// what everybody sees, before and after it is opened on record
	w := auditors[3].Warrants()[0]
	fmt.Println(w.State, w.Payments, len(w.Transfers))
	check(net.Submit(ctx, opening))
	check(auditors[3].Sync(ctx, net))
	w = auditors[3].Warrants()[0]
	fmt.Println(w.State, w.Payments, len(w.Transfers), w.Components, w.Reason)
	// Output:
	// true 0 true
	// true
	// waiting 1 0
	// opened 1 1 payee case 7
}
