// Package policies has the policies of three jurisdictions ready-made, and makes the policy
// table and the circuits of others out of few choices.
//
//	BudgetOnly     a private payment within the budget, and no other
//	Audited        besides, beyond the budget: with the auditors' approval, and above that
//	               after a delay
//	TaxedByTotal   the same, with a tax on every payment of which only totals are opened
//
// Each yields Rules, to be changed as one likes. Rules.Table yields the rows for
// utt.Config.Rows and the circuits that they name by index: compile each, hold a ceremony
// for each, and put the keys into utt.Config.Circuits in the same order.
//
//	Rules ── Table ──> Rows       ──────────────────────────────> utt.Config.Rows
//	                   Circuits ── Compile, ceremony, keys ──────> utt.Config.Circuits
//
// What a table leaves to the founder: budgets and their epochs (utt.Config.Policy), the
// auditors' keys (Auditors), who decrypts taxes, and the account of fees. utt.NewParameters
// says if any is missing. A rule of one's own on hidden amounts is a rangeproof.Rule in a
// circuit of the table: see rangeproof's ExampleRule.
//
// # Who learns what
//
// Within the budget: nobody anything, but that a payment was made, and of which asset. Of an
// audited payment any t auditors together what its row reveals; one of them alone, and
// everybody else, nothing. Of taxed payments those who decrypt, any t together, could open
// each; they open totals.
package policies
