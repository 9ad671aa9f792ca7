package utt

import (
	"math"

	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/sig"
	"github.com/utt-ecash/utt-go/threshold"
)

// auditedDraft is mallory's payment of 120 to bob with her coin of 300, in an audited case.
func (w *World) auditedDraft(use Case) *draft {
	d := w.pay()
	d.Case, d.Budget, d.Change = use, nil, 0
	return d
}

// HonestAudited is that payment.
func (w *World) HonestAudited(use Case) *Transfer { return w.forge(w.auditedDraft(use), hooks{}) }

// Decide is the decision of some auditors, by index from 0, on a transfer.
func (w *World) Decide(verb Verb, id ID, auditors ...int) *Decision {
	m := DecisionCommitment(w.Parameters.network, verb, id)
	var shares []*threshold.SignatureShare
	for _, j := range auditors {
		shares = append(shares, must(w.ApprovalShares[j].Sign(m)))
	}
	return must(NewDecision(verb, id, must(w.Approval.Combine(m, shares))))
}

// auditPoints are E_0 … E_4 of a transfer.
func (t *Transfer) auditPoints() []curve.G1 {
	r := wire.NewReader(t.audit.Append(nil))
	points := make([]curve.G1, 1+AuditComponents)
	for i := range points {
		points[i] = curve.ReadG1(r)
	}
	return points
}

// shifted adds a point to one of E_0 … E_4.
func (f *forgery) shifted(i int, by curve.G1) {
	points := f.t.auditPoints()
	points[i] = points[i].Add(by)
	f.t.audit = threshold.CiphertextOf(points)
}

// auditCheats are those against audited transfers and the auditors' decisions.
func (w *World) auditCheats() []*Cheat {
	g := curve.Generator()
	refund := 2
	shifted := func(i int) *Transfer {
		return w.forge(w.auditedDraft(Audited), hooks{outputs: func(f *forgery) { f.shifted(i, g) }})
	}
	victim := w.HonestAudited(Audited)
	copied := func(f *forgery) { f.t.audit = victim.audit }
	rerandomised := func(f *forgery) { // by k' = k + 1
		points := victim.auditPoints()
		points[0] = points[0].Add(g)
		for c, m := range w.Parameters.config.Auditors.Opening.Encryption(curve.Uint64(1), make([]curve.Scalar, AuditComponents)...)[1:] {
			points[1+c] = points[1+c].Add(m[1].Point)
		}
		f.t.audit = threshold.CiphertextOf(points)
	}
	other := w.auditedDraft(Audited)
	other.Inputs, other.Values = []*Holding{w.Mallory.coinOf(200)}, []Amount{80, 120}
	tight := w.otherParameters(func(c *Config) { c.Rows[2].Limit = 100 })
	inTight := *w
	inTight.Parameters = tight
	dear := w.otherParameters(func(c *Config) { c.Rows[0].Fee, c.FeeAccount = Fee{Base: 5}, w.Bob.pid })
	inDear := *w
	inDear.Parameters = dear
	wrapped := inDear.selfDraft(w.Mallory, []Amount{0, 299}, math.MaxUint64-3, w.Mallory.coinOf(300))
	alone := must(w.ApprovalShares[0].Sign(DecisionCommitment(w.Parameters.network, Approve, victim.id)))
	held := []Operation{victim}
	foreign := *w
	p := *w.Parameters
	p.network[0] ^= 1
	foreign.Parameters = &p
	mute := w.otherParameters(func(c *Config) { c.Rows, c.Auditors, c.Warrants, c.MinSum = c.Rows[:2], nil, Warrants{}, 0 })

	return []*Cheat{
		{Name: "an audit record with another nonce", Label: "AUD-0", Op: shifted(0)},
		{Name: "an audit record with another payer", Label: "AUD-1", Op: shifted(1)},
		{Name: "an audit record with another payee", Label: "AUD-2", Op: shifted(2)},
		{Name: "an audit record with another lower half", Label: "AUD-3", Op: shifted(3)},
		{Name: "an audit record with another upper half", Label: "AUD-4", Op: shifted(4)},
		{Name: "another's audit record", Label: "AUD-0",
			Op: w.forge(other, hooks{outputs: copied}), Before: held, Also: []string{"AUD-1", "AUD-2", "AUD-3", "AUD-4"}},
		{Name: "another's audit record, re-randomised", Label: "AUD-0",
			Op: w.forge(other, hooks{outputs: rerandomised}), Before: held, Also: []string{"AUD-1", "AUD-2", "AUD-3", "AUD-4"}},
		{Name: "a nonce off the subgroup", Label: "ENC-SUB",
			Op: w.forge(w.auditedDraft(Audited), hooks{outputs: func(f *forgery) { f.shifted(0, smallOrder(3)) }})},
		{Name: "an encrypted payer off the subgroup", Label: "ENC-SUB",
			Op: w.forge(w.auditedDraft(Delayed), hooks{outputs: func(f *forgery) { f.shifted(1, smallOrder(11)) }})},
		{Name: "a refund for somebody else", Label: "TX-OUT-PID",
			Op: w.forge(w.auditedDraft(Audited), hooks{outputs: func(f *forgery) { f.output(refund, w.Bob.pid, 300) }})},
		{Name: "a refund of more than was put in", Label: "TX-OUT-VAL",
			Op: w.forge(w.auditedDraft(Audited), hooks{outputs: func(f *forgery) { f.output(refund, w.Mallory.pid, million) }})},
		{Name: "an audited payment with a budget coin", Label: "TX-BUDGET",
			Op: w.forge(w.auditedDraft(Audited), hooks{proof: func(f *forgery) {
				f.t.budget = &input{f.t.inputs[0].presentation, w.nullifierAt(randomPoint("another"))}
			}}), Unbreakable: "no statement has a place for it"},
		{Name: "no refund", Label: "TX-OUTPUTS",
			Op:          w.forge(w.auditedDraft(Audited), hooks{proof: func(f *forgery) { f.t.outputs = f.t.outputs[:2] }}),
			Unbreakable: "no statement can be built without it"},
		{Name: "money out of an audited payment", Label: "TX-BURN",
			Op: w.forge(func() *draft { d := w.auditedDraft(Audited); d.Values, d.Burn = []Amount{120, 110}, 70; return d }(), hooks{})},
		{Name: "more than the tier's limit", Label: "TX-G16", On: tight,
			Op: inTight.forge(inTight.auditedDraft(Audited), hooks{outputs: func(f *forgery) { f.public.Limit = w.Parameters.config.Rows[3].Limit }})},
		{Name: "burn and fee of 2^64", Label: "FEE-SUM", On: dear, Before: []Operation{w.RegistrationOf("mallory@example.org")},
			Op: inDear.forge(wrapped, hooks{})},
		{Name: "a veto that says approve", Label: "AUD-SIGNED", Before: held,
			Op: must(NewDecision(Approve, victim.id, w.Decide(Veto, victim.id, 0, 1).signature))},
		{Name: "an approval that says veto", Label: "AUD-SIGNED", Before: held,
			Op: must(NewDecision(Veto, victim.id, w.Decide(Approve, victim.id, 0, 1).signature))},
		{Name: "an approval of another payment", Label: "AUD-SIGNED", Before: held,
			Op: must(NewDecision(Approve, victim.id, w.Decide(Approve, ID{1}, 2, 3).signature))},
		{Name: "an approval on another network", Label: "AUD-SIGNED", Before: held, Op: foreign.Decide(Approve, victim.id, 0, 3)},
		{Name: "an approval by one auditor", Label: "AUD-SIGNED", Before: held,
			Op: must(NewDecision(Approve, victim.id, sig.SignatureOf(alone.Point())))},
		{Name: "an approval where there are no auditors", Label: "POLICY-AUDIT", Code: CodePolicy, On: mute,
			Op: w.Decide(Approve, victim.id, 0, 1), Unbreakable: "nothing is held there"},
	}
}

// HeldOf is somebody's payment to another with a coin, in an audited case.
func (w *World) HeldOf(use Case, from, to *Party, coin, amount Amount) *Transfer {
	d := w.selfDraft(from, []Amount{amount, coin - amount}, 0, from.coinOf(coin))
	d.Case, d.Payee = use, to.Registered
	return w.forge(d, hooks{})
}
