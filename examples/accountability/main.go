// Accountability tells what becomes of payments beyond a privacy budget: who has to agree,
// and what each of those concerned gets to see of it. Four auditors, of whom any two act
// together, approve and refuse, at once and after a delay, or say nothing; the authority
// amends the budget and suspends a user; a warrant has one payment opened. In another town
// payments are taxed, of which only the total is opened. What the public sees is read off the ledger's
// records. Its exit status is 0 only if every step did what it says.
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/utt-ecash/utt-go/utt/policies"
)

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "accountability:", err)
		os.Exit(1)
	}
}

// view is what those concerned see of a step, besides what the public sees.
type view struct{ payee, replica, auditor, auditors string }

// step is a part of the story.
type step struct {
	in    *town
	title string
	do    func(context.Context) (string, error)
	view
}

func run(ctx context.Context) error {
	t, u := &town{rules: policies.Audited(5_000, 50_000)}, &town{rules: policies.TaxedByTotal(5_000, 50_000, rate)}
	const hidden = "no more than the public, and proofs that all rules hold"
	// what is seen of every payment that is held
	held := func(payee, auditors string) view {
		return view{payee, "what the public sees, proofs that all rules hold, and the encrypted audit record", "the audit record, of which he can read nothing", auditors}
	}
	nothing := view{"nothing", hidden, "nothing", "nothing"}
	steps := []step{
		{t, "Found a network by ready-made rules: budget, audit, delay", t.found, view{"nothing", "its shares of the keys", "his shares of the auditors' keys", "nothing: there are no payments"}},
		{t, "Register ann, ben and carol, with money in private coins", t.register, nothing},
		{t, "Ann uses up her budget of 1000", t.useUp, view{"amount and memo, not from whom", hidden, "nothing", "nothing: there is no audit record"}},
		{t, "She pays 4000 beyond it, in case audited; one auditor alone tries to read it", t.beyond, held("amount and memo, and that it is not his yet; not from whom", "nothing yet")},
		{t, "Two auditors open amount and payee, and approve", t.approve, held("that it is his now", "4000 and ben; who pays stays sealed")},
		{t, "They refuse another, to carol, which is refunded", t.refuse, held("that it never became hers", "700 and carol; who pays stays sealed")},
		{t, "A delayed payment of 20000 executes a day after its approval", t.delayed, held("amount and memo, and when it is due", "20000, ben, and ann, who pays")},
		{t, "Another, of carol's, is vetoed in that day; she spends the refund privately", t.vetoed, held("that it never became his", "15000, ben, and carol; of what she spends the refund on nothing")},
		{t, "The auditors say nothing for an hour: refunded", t.silent, held("amount, and that it never became his", "nothing: they looked at nothing")},
		{u, "Found another, by the same rules with a tax of 2 % by total", u.found, view{"nothing", "its shares of the keys", "his shares of their keys, and so every decryptor of taxes", "nothing: there are no payments"}},
		{u, "Register the same there", u.register, nothing},
		{u, "Payments within the budget and beyond it are taxed", u.taxed, held("amounts, and by the rate the tax; not from whom", "4000 and ben of the audited one; decryptors: nothing yet")},
		{u, "The epoch ends: two decryptors open what is due of all payments together", u.collect, view{"nothing", "the sum, and the proof that it was opened rightly", "nothing, and one decryptor nothing", "nothing; two decryptors: the total, and what the taxed payments come to"}},
		{t, "Two of three holders of the authority's keys lower the budget, and suspend carol", t.amend, view{"nothing", "who signed, and the new rules, which it applies in time", "the same: he audits by the rules of each payment's epoch", "the same"}},
		{t, "Under a sealed warrant, two auditors open the payment that nobody looked at", t.order, view{"nothing", "what the public sees", "what the warrant names, once its author tells him, and nothing of what is in it", "2500 and ben; who paid stays sealed"}},
	}
	start := time.Now()
	for i, s := range steps {
		began := time.Now()
		result, err := s.do(ctx)
		if err != nil {
			return fmt.Errorf("%s: %w", s.title, err)
		}
		public, err := s.in.public()
		if err != nil {
			return fmt.Errorf("%s: %w", s.title, err)
		}
		fmt.Printf("%2d. %s  (%d ms)\n    %s\n", i+1, s.title, time.Since(began).Milliseconds(), result)
		for _, v := range []struct{ who, what string }{
			{"the public", public}, {"the payee", s.payee}, {"a replica", s.replica}, {"one auditor", s.auditor}, {"two auditors", s.auditors},
		} {
			fmt.Printf("      %-12s  %s\n", v.who, v.what)
		}
	}
	fmt.Printf("\nAll %d steps held, in %v.\n", len(steps), time.Since(start).Round(time.Millisecond))
	fmt.Println("All in one process, with circuits set up by one party and unaudited code: a demonstration.")
	return nil
}
