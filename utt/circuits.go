package utt

import (
	"fmt"
	"slices"

	"github.com/utt-ecash/utt-go/rangeproof"
)

// Circuit is a proof system that rows of the policy table use. The usual key is of
// two outputs, for the payee and for the change, and of one more for each output that a
// row fixes. With one output there is no change: only coins that fit exactly can be spent.
type Circuit struct {
	Key *rangeproof.VerifyingKey
}

// Compile is the circuit of which the key is. Rules that rangeproof.ParseRule does not
// know are given, in any order. The error is ErrPolicy if that circuit has another ID: the
// parameters name other rules than it has, or none.
func (c Circuit) Compile(known ...rangeproof.Rule) (*rangeproof.Circuit, error) {
	if c.Key == nil {
		return nil, fmt.Errorf("%w: a circuit without key", ErrInvalid)
	}
	names := c.Key.Rules()
	rules := make([]rangeproof.Rule, len(names))
	for i, name := range names {
		var err error
		if k := slices.IndexFunc(known, func(r rangeproof.Rule) bool { return r != nil && r.Name() == name }); k >= 0 {
			rules[i] = known[k]
		} else if rules[i], err = rangeproof.ParseRule(name); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrNotFound, err)
		}
	}
	circuit, err := rangeproof.Compile(c.Key.Outputs(), rules...)
	if err != nil {
		return nil, fmt.Errorf("%w: circuit of %d outputs and rules %q: %w", ErrPolicy, c.Key.Outputs(), names, err)
	}
	if circuit.ID() != c.Key.CircuitID() {
		return nil, fmt.Errorf("%w: the key is not of the circuit of %d outputs and rules %q, which the parameters name", ErrPolicy, c.Key.Outputs(), names)
	}
	return circuit, nil
}

func (c Circuit) clone() Circuit {
	return Circuit{copied(c.Key)}
}

// copied keeps a key from whoever decodes another one into it.
func copied[K any](key *K) *K {
	if key == nil {
		return nil
	}
	k := *key
	return &k
}
