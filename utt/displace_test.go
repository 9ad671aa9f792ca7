package utt

import (
	"fmt"
	"maps"
	"reflect"
	"slices"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/sigma"
	"github.com/utt-ecash/utt-go/internal/testrand"
	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/nullifier"
	"github.com/utt-ecash/utt-go/rangeproof"
)

// Displaced is an operation with a point of small order added to one of its points,
// by a prover who makes everything else fit.
type Displaced struct {
	Field  string
	Order  string
	Op     Operation
	Claims *batch.Claims // in epoch 1
}

func (d *Displaced) String() string { return d.Field + " plus a point of order " + d.Order }

// displacement is a point of small order of each group.
type displacement struct {
	order string
	g1    curve.G1
	g2    curve.G2
}

// displacements have every prime order that there is in E(Fp), and on the twist but
// for the one of 136 bits, and a composite one.
func displacements() (all []displacement) {
	var sum displacement
	for i, q := range testrand.SmallOrders {
		q2 := testrand.SmallOrders2[i]
		d := displacement{fmt.Sprintf("%d, %d", q, q2), smallOrder(q), curve.FromG2Affine(testrand.SmallOrder2(q2))}
		all = append(all, d)
		sum.g1, sum.g2 = sum.g1.Add(d.g1), sum.g2.Add(d.g2)
	}
	sum.order = "their product"
	return append(all, sum)
}

// DisplacedOperations are a payment and a registration displaced in every point, by
// every order; and a burn, which has one relation that a payment has not, in every
// point by the composite one, whose part of any prime order would show.
func (w *World) DisplacedOperations() (all []*Displaced) {
	pay := w.payDraft(w.Mallory, w.Bob, []Amount{120, 180}, w.Mallory.coinOf(300))
	burn := w.selfDraft(w.Mallory, []Amount{0, 130}, 70, w.Mallory.coinOf(200))
	payment, burning := w.newDisplacer(pay), w.newDisplacer(burn)
	add := func(kind string, d displacement, op Operation, field string) {
		all = append(all, &Displaced{kind + field, d.order, op, w.ClaimsOf(op)})
	}
	orders := displacements()
	last := orders[len(orders)-1]
	burning.each(last, func(field string, t *Transfer) { add("burn", last, t, field) })
	for _, d := range orders {
		payment.each(d, func(field string, t *Transfer) { add("payment", d, t, field) })
		add("registration", d, w.displacedRegistration(d.g1, curve.G1{}), ".member.secret")
		add("registration", d, w.displacedRegistration(curve.G1{}, d.g1), ".proof.Commitments[0]")
	}
	return all
}

// ClaimsOf are those of an operation in epoch 1.
func (w *World) ClaimsOf(op Operation) *batch.Claims {
	c := new(batch.Claims)
	op.claims(w.Parameters, 1, c, nil)
	return c
}

// displacer makes displaced transfers of one that is honest.
type displacer struct {
	*forgery
	raw   []byte
	proof *sigma.Proof
	c     curve.Scalar // its challenge
}

func (w *World) newDisplacer(d *draft) *displacer {
	x := new(displacer)
	w.forge(d, hooks{proof: func(f *forgery) { x.forgery = f }})
	x.raw, x.proof = x.t.raw, x.t.sigma
	x.c = bound(x.statement(), x.transcript(), x.w, x.proof.Commitments)
	return x
}

// each calls f with the transfer displaced in each of its points.
func (x *displacer) each(d displacement, f func(field string, t *Transfer)) {
	for k, at := range fields("", reflect.ValueOf(x.copied())) {
		displace := func(part string, set func(*Transfer)) { f(at.path+part, x.displaced(set)) }
		switch v := at.value.Interface().(type) {
		case curve.G1:
			displace("", func(t *Transfer) { at.of(k, t).Set(reflect.ValueOf(v.Add(d.g1))) })
		case nullifier.Nullifier:
			n := nullifier.Read(wire.NewReader(readPoint(v.Append(nil)).Add(d.g1).Append(nil)))
			displace("", func(t *Transfer) { at.of(k, t).Set(reflect.ValueOf(n)) })
		case *rangeproof.Proof:
			requireFields[rangeproof.Proof](4)
			a, b, c, e := groth16Parts(v)
			for part, p := range map[string]*rangeproof.Proof{
				".A": groth16(a.Add(d.g1), b, c, e), ".B": groth16(a, b.Add(d.g2), c, e),
				".C": groth16(a, b, c.Add(d.g1), e), ".D": groth16(a, b, c, e.Add(d.g1)),
			} {
				displace(part, func(t *Transfer) { t.groth16 = p })
			}
		}
	}
}

// of is the same field of another transfer.
func (f *field) of(k int, t *Transfer) reflect.Value { return fields("", reflect.ValueOf(t))[k].value }

func (x *displacer) copied() *Transfer { return must(ParseOperation(x.raw)).(*Transfer) }

// displaced is the transfer with a change, and all that depends on it made anew: what
// the prover knows is not changed, so that the relations hold up to H.
func (x *displacer) displaced(change func(*Transfer)) *Transfer {
	g := *x
	f := *x.forgery
	g.forgery, f.t, f.w = &f, x.copied(), maps.Clone(x.w)
	clean := f.t.nullifiers()
	change(f.t)
	proof, c := &sigma.Proof{Commitments: f.t.sigma.Commitments, Responses: x.proof.Responses}, x.c
	if seed := f.t.seed(); seed != x.t.seed() {
		// other outputs; the proof is made with the nullifiers as they were, since
		// secrets are multiplied in the subgroup only
		f.t.outputs = nil
		f.outputs = must(f.d.makeOutputs(nil, f.p, f.t, f.sh, f.w))
		displaced := f.t.nullifiers()
		g.setNullifiers(clean)
		proof = must(f.statement().Prove(nil, f.transcript(), f.w))
		c = bound(f.statement(), f.transcript(), f.w, proof.Commitments)
		g.setNullifiers(displaced)
	} else {
		f.outputs = slices.Clone(f.outputs)
		for j := range f.outputs {
			f.outputs[j] = f.t.outputs[j].commitment(seed.base(j), seed, f.sh, j)
		}
	}
	f.shown = &shownHoldings{credential: f.t.credential.signed().Commitment}
	for i := range f.t.inputs {
		f.shown.inputs = append(f.shown.inputs, f.t.inputs[i].signed(f.sh.money).Commitment)
	}
	if f.t.budget != nil {
		f.shown.budget = f.t.budget.signed(f.sh.budget).Commitment
	}
	f.t.sigma = respond(f.statement(), bound(f.statement(), f.transcript(), f.w, proof.Commitments).Sub(c), proof, f.w)
	f.t.finish()
	return must(ParseOperation(f.t.raw)).(*Transfer)
}

func (x *displacer) setNullifiers(n []nullifier.Nullifier) {
	for i := range x.t.inputs {
		x.t.inputs[i].nullifier = n[i]
	}
	if x.t.budget != nil {
		x.t.budget.nullifier = n[len(n)-1]
	}
}

// respond turns a proof into that for a challenge which is larger by some difference.
func respond(st *sigma.Statement, difference curve.Scalar, p *sigma.Proof, w sigma.Witness) *sigma.Proof {
	q := &sigma.Proof{Commitments: p.Commitments, Responses: slices.Clone(p.Responses)}
	_, vars := st.Size()
	for name, v := range w {
		if i := int(st.Var(name)); i < vars {
			q.Responses[i] = q.Responses[i].Add(difference.Mul(v))
		}
	}
	return q
}

// displacedRegistration is carol's, with a point added to C_s1 and one to the
// commitment of its proof.
func (w *World) displacedRegistration(secret, commitment curve.G1) Operation {
	r := w.enrol("carol@example.org",
		func(e *enrolment) { e.member.secret = e.member.secret.Add(secret) },
		func(e *enrolment) {
			p, n := w.Parameters, w.Parameters.network
			m := &e.Registration.member
			witness := sigma.Witness{"s1": e.keys.s1, "a": e.keys.blinding}
			c := bound(m.statement(n), m.transcript(p.network), witness, e.proof.Commitments)
			proof := &sigma.Proof{Commitments: []curve.G1{e.proof.Commitments[0].Add(commitment)}, Responses: e.proof.Responses}
			e.proof = respond(m.statement(n), bound(m.statement(n), m.transcript(n), witness, proof.Commitments).Sub(c), proof, witness)
		})
	return must(ParseOperation(must(r.MarshalBinary())))
}
