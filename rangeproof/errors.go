package rangeproof

import (
	"errors"
	"fmt"
)

var (
	// ErrMalformed is returned for encodings that are not canonical, not on the
	// curve or of the wrong length.
	ErrMalformed = errors.New("rangeproof: malformed encoding")
	// ErrUnsatisfied is returned for values that violate an equation of the
	// circuit; the detail has its label.
	ErrUnsatisfied = errors.New("rangeproof: values violate the circuit")
	// ErrInvalid is returned for a proof that does not verify.
	ErrInvalid = errors.New("rangeproof: verification failed")
	// ErrKey is returned for keys that are unsafe to use, or that do not belong to
	// the circuit or to each other.
	ErrKey = errors.New("rangeproof: unusable key")
	// ErrArgument is returned for a call with values that do not fit together: the
	// number of outputs, a rule that does not apply.
	ErrArgument = errors.New("rangeproof: arguments do not fit")
	// ErrCeremony is returned for a contribution that does not follow its
	// predecessor, and for a ceremony that lacks one.
	ErrCeremony = errors.New("rangeproof: invalid ceremony")
)

// RuleError is the detail of an ErrArgument or ErrKey about a rule that a circuit cannot
// have.
type RuleError struct {
	Rule   string // its name
	Reason string
}

func (e *RuleError) Error() string {
	if e == nil {
		return "no rule"
	}
	return fmt.Sprintf("rule %.64q: %s", e.Rule, e.Reason)
}

// SlotError is the detail of an ErrArgument or ErrKey about a slot that nothing
// constrains: a prover could put any value there.
type SlotError struct {
	Slot string // in_sum, v_out[0] …, b_in, b_out, lo, hi, ρ, public_out, budgeted or limit
	Rule string // that was to constrain it, empty if none was
}

func (e *SlotError) Error() string {
	switch {
	case e == nil:
		return "no slot"
	case e.Rule != "":
		return fmt.Sprintf("[RULE-SLOT] rule %.64q bounds %s and constrains it nowhere", e.Rule, e.Slot)
	default:
		return fmt.Sprintf("[RULE-SLOT] no constraint has %s", e.Slot)
	}
}
