package rangeproof

import (
	"context"
	"fmt"
	"slices"

	"github.com/utt-ecash/utt-go/internal/wire"
)

const (
	maxSteps        = 1 << 12
	maxContribution = 1 << 24
)

// AppendBinary appends the ceremony's transcript: version, the circuit's number of outputs
// and the names of its rules, the number of steps, and each: 0 for a contribution or 1 for a
// beacon, and its bytes behind their length. It is all that anybody needs to verify the keys,
// at any time.
func (c *Ceremony) AppendBinary(b []byte) ([]byte, error) {
	if c == nil || c.circuit == nil {
		return nil, fmt.Errorf("%w: no circuit: make it with NewCeremony", ErrCeremony)
	}
	if len(c.steps) > maxSteps {
		return nil, fmt.Errorf("%w: %d steps, of at most %d", ErrCeremony, len(c.steps), maxSteps)
	}
	b = append(b, version, byte(c.circuit.Outputs()))
	rules := c.circuit.Rules()
	b = wire.AppendUint16(b, uint16(len(rules)))
	for _, r := range rules {
		b = wire.AppendBytes(b, []byte(r))
	}
	b = wire.AppendUint16(b, uint16(len(c.steps)))
	for _, s := range c.steps {
		kind := byte(0)
		if s.Beacon {
			kind = 1
		}
		b = wire.AppendBytes(append(b, kind), s.Bytes)
	}
	return b, nil
}

// MarshalBinary is the ceremony's transcript.
func (c *Ceremony) MarshalBinary() ([]byte, error) { return c.AppendBinary(nil) }

// StepError says which step of a transcript does not hold, counted from 1, and why.
type StepError struct {
	Index int
	Step  Step
	Err   error
}

func (e *StepError) Error() string {
	if e == nil {
		return ErrCeremony.Error()
	}
	return fmt.Sprintf("rangeproof: step %d of the ceremony, %v: %v", e.Index, e.Step, e.Err)
}

// Unwrap is why the step does not hold: ErrMalformed, ErrArgument or ErrCeremony.
func (e *StepError) Unwrap() error {
	if e == nil || e.Err == nil {
		return ErrCeremony
	}
	return e.Err
}

// ParseCeremony verifies a transcript, step by step, and goes on from there: with the next
// contribution, or with the keys. Rules that ParseRule does not know are given. A step that
// does not hold is a *StepError. It takes up to a second for each.
func ParseCeremony(ctx context.Context, transcript []byte, known ...Rule) (*Ceremony, error) {
	r := wire.NewReader(transcript)
	r.Version(version)
	outputs := int(r.Byte())
	names := make([]string, r.Count(maxRules, 4))
	for i := range names {
		names[i] = string(r.Bytes(maxRuleName))
	}
	type step struct {
		beacon bool
		b      []byte
	}
	steps := make([]step, r.Count(maxSteps, 5))
	for i := range steps {
		steps[i].beacon = r.Bool()
		n := int(min(r.Uint32(), maxContribution+1))
		if n > maxContribution {
			r.Fail("step of more than %d bytes", maxContribution)
		}
		steps[i].b = r.Take(n)
	}
	if err := r.Close(); err != nil {
		return nil, fmt.Errorf("%w: transcript of a ceremony: %w", ErrMalformed, err)
	}
	rules := make([]Rule, len(names))
	for i, name := range names {
		var err error
		if k := slices.IndexFunc(known, func(r Rule) bool { return r != nil && r.Name() == name }); k >= 0 {
			rules[i] = known[k]
		} else if rules[i], err = ParseRule(name); err != nil {
			return nil, err
		}
	}
	circuit, err := Compile(outputs, rules...)
	if err != nil {
		return nil, err
	}
	c := NewCeremony(circuit)
	for i, s := range steps {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		phase := c.phase()
		if s.beacon {
			err = c.Seal(s.b)
		} else {
			err = c.Accept(s.b)
		}
		if err != nil {
			at := Ceremony{}
			at.took(phase, s.beacon, s.b)
			return nil, &StepError{i + 1, at.steps[0], err}
		}
	}
	return c, nil
}
