package rangeproof

import (
	"errors"

	"github.com/consensys/gnark/frontend"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/curve"
)

// Pays is the rule of circuits whose output 0 goes to somebody else:
//
//	[BAL-6]  Out[0] ≠ 0
//
// Without it a payment of nothing is valid, and costs its sender nothing but the coins'
// renewal. It has no place in a circuit for transfers to oneself, where Out[0] = 0 burns
// all. A verifying key tells whether its circuit has it: see VerifyingKey.Pays.
func Pays() Rule { return pays{} }

// Limited is the rule that the limit binds beside the budget as well:
//
//	[BAL-7]  limit − Out[0] ∈ [0, 2^64)
//
// BAL-4 has one or the other. As limit and Out[0] are in [0, 2^64), a negative
// difference is modulo r above r − 2^64: the equation says Out[0] ≤ limit, of budgeted
// proofs and of others. It costs 65 constraints, which make a domain of 512 of that of 256.
func Limited() Rule { return limited{} }

// slotRule is a rule of this package. Its native twin takes the slots, of any scalars.
type slotRule interface {
	// applies reports why the rule cannot hold for a number of outputs.
	applies(outputs int) error
	violated(x []curve.Scalar, s slots) error
}

// twin is Holds of a rule of this package.
func twin(r slotRule, v Values, pub Public) error {
	if err := r.applies(len(v.Out)); err != nil {
		return err
	}
	return r.violated(assign(v, pub, curve.Scalar{}), slotsOf(len(v.Out)))
}

// payable reports that there is an output 0.
func payable(outputs int) error {
	if outputs < 1 {
		return errors.New("no output 0")
	}
	return nil
}

type pays struct{}

func (pays) Name() string                       { return "pays" }
func (pays) applies(outputs int) error          { return payable(outputs) }
func (p pays) Holds(v Values, pub Public) error { return twin(p, v, pub) }

func (p pays) Constrain(api frontend.API, w Wires) error {
	if err := p.applies(len(w.Out)); err != nil {
		return err
	}
	if batch.Enforced("BAL-6") {
		api.AssertIsDifferent(w.Out[0], 0) // [BAL-6]
	}
	return nil
}

func (pays) violated(x []curve.Scalar, s slots) error {
	if x[s.out].IsZero() {
		return errors.New("[BAL-6] a payment of nothing")
	}
	return nil
}

type limited struct{}

func (limited) Name() string                       { return "limited" }
func (limited) applies(outputs int) error          { return payable(outputs) }
func (l limited) Holds(v Values, pub Public) error { return twin(l, v, pub) }

func (l limited) Constrain(api frontend.API, w Wires) error {
	if err := l.applies(len(w.Out)); err != nil {
		return err
	}
	if batch.Enforced("BAL-7") {
		api.ToBinary(api.Sub(w.Limit, w.Out[0]), 64) // [BAL-7]
	}
	return nil
}

func (limited) violated(x []curve.Scalar, s slots) error {
	if !below(x[s.limit].Sub(x[s.out]), 64) {
		return errors.New("[BAL-7] output 0 exceeds the limit")
	}
	return nil
}
