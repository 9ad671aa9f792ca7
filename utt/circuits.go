package utt

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/rangeproof"
)

// Circuit puts a proof system to use for some assets and cases. The usual key is of
// two outputs, for the payee and for the change, and of one more for each of Fixed. With
// one output there is no change: only coins that fit exactly can be spent.
type Circuit struct {
	Key    *rangeproof.VerifyingKey
	Assets []string // none for all
	Cases  []Case
	// Fixed are outputs owned by a public identifier, such as a tax office, by
	// index; the others, but for the payee's output 0, are the sender's own.
	Fixed map[int]PID
	// Rules are the names of the circuit's rules, as rangeproof.Circuit.Rules has them, for
	// wallets to compile it: see Compile. The circuit's ID binds them.
	Rules []string
}

type circuitUse struct {
	asset string
	kind  Case
}

// Circuits are those of the transfers. A wallet's machine compiles each, finds the proving
// key by Key.ProvingKeyDigest, and loads it with rangeproof.ParseProvingKey.
func (p *Parameters) Circuits() []Circuit {
	return cmp.Or(p, &noParameters).config.clone().Circuits
}

// CircuitFor is the circuit of transfers of an asset in a case; ok is false where there
// are none.
func (p *Parameters) CircuitFor(asset string, use Case) (c Circuit, ok bool) {
	at := cmp.Or(p, &noParameters).circuits[circuitUse{asset, use}]
	if at == nil {
		return Circuit{}, false
	}
	return at.clone(), true
}

// OutputsFor are the outputs of transfers of an asset in a case, in order, nil where there
// are no such transfers. The owners of fixed ones are public.
func (p *Parameters) OutputsFor(asset string, use Case) []Output {
	at := cmp.Or(p, &noParameters).circuits[circuitUse{asset, use}]
	if at == nil {
		return nil
	}
	var outputs []Output
	for _, r := range p.derive(&header{use: use, asset: asset}, at).roles {
		outputs = append(outputs, Output{r.kind, r.pid})
	}
	return outputs
}

// Compile is the circuit of which the key is. Rules that rangeproof.ParseRule does not
// know are given, in any order. The error is ErrPolicy if that circuit has another ID: the
// parameters name other rules than it has, or none.
func (c Circuit) Compile(known ...rangeproof.Rule) (*rangeproof.Circuit, error) {
	if c.Key == nil {
		return nil, fmt.Errorf("%w: a circuit without key", ErrInvalid)
	}
	rules := make([]rangeproof.Rule, len(c.Rules))
	for i, name := range c.Rules {
		var err error
		if k := slices.IndexFunc(known, func(r rangeproof.Rule) bool { return r != nil && r.Name() == name }); k >= 0 {
			rules[i] = known[k]
		} else if rules[i], err = rangeproof.ParseRule(name); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrNotFound, err)
		}
	}
	circuit, err := rangeproof.Compile(c.Key.Outputs(), rules...)
	if err != nil {
		return nil, fmt.Errorf("%w: circuit of %d outputs and rules %q: %w", ErrPolicy, c.Key.Outputs(), c.Rules, err)
	}
	if circuit.ID() != c.Key.CircuitID() {
		return nil, fmt.Errorf("%w: the key is not of the circuit of %d outputs and rules %q, which the parameters name", ErrPolicy, c.Key.Outputs(), c.Rules)
	}
	return circuit, nil
}

// assignCircuits gives every asset exactly one circuit per case: were there two, a
// sender would pick the one without tax.
func (p *Parameters) assignCircuits(bad func(string, ...any) error) error {
	for i := range p.config.Circuits {
		c := &p.config.Circuits[i]
		if c.Key == nil || len(c.Cases) == 0 {
			return bad("circuit %d without key or cases", i)
		}
		if n := c.Key.Outputs(); n < 1 || n > maxOutputs-1 {
			return bad("circuit %d with %d outputs", i, n)
		}
		if err := checkRules(c.Rules); err != nil {
			return bad("circuit %d: %v", i, err)
		}
		for j, pid := range c.Fixed {
			if j < 1 || j >= c.Key.Outputs() {
				return bad("circuit %d fixes output %d of %d; output 0 is the payee's", i, j, c.Key.Outputs())
			}
			r := wire.NewReader(pid[:])
			if readPID(r); r.Close() != nil {
				return bad("circuit %d pays an identifier that is not canonical", i)
			}
		}
		assets := c.Assets
		if len(assets) == 0 {
			assets = p.config.Assets
		}
		for _, a := range assets {
			if !p.Knows(a) {
				return bad("circuit %d is for the unknown asset %.*q", i, maxAssetName, a)
			}
			for _, k := range c.Cases {
				if _, ok := cases[k]; !ok {
					return bad("circuit %d is for the unknown %v", i, k)
				}
				use := circuitUse{a, k}
				if p.circuits[use] != nil {
					return bad("two circuits for %q, %v", a, k)
				}
				p.circuits[use] = c
			}
		}
	}
	for _, a := range p.config.Assets {
		for _, k := range []Case{Self, Anonymous} {
			if p.circuits[circuitUse{a, k}] == nil {
				return bad("no circuit for %q, %v", a, k)
			}
		}
	}
	return nil
}

// checkRules reports names that no rules have.
func checkRules(rules []string) error {
	if len(rules) > maxRules {
		return fmt.Errorf("%d rules, of at most %d", len(rules), maxRules)
	}
	for i, r := range rules {
		if r == "" || len(r) > maxName || slices.Contains(rules[:i], r) {
			return fmt.Errorf("rule %.*q empty, too long or twice", maxName, r)
		}
	}
	return nil
}

func (c Circuit) clone() Circuit {
	c.Key = copied(c.Key)
	c.Assets, c.Cases, c.Rules = slices.Clone(c.Assets), slices.Clone(c.Cases), slices.Clone(c.Rules)
	fixed := make(map[int]PID, len(c.Fixed))
	for j, pid := range c.Fixed {
		fixed[j] = pid
	}
	c.Fixed = fixed
	return c
}
