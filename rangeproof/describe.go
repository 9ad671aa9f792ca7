package rangeproof

import (
	"fmt"
	"slices"
	"strings"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/dst"
	"github.com/utt-ecash/utt-go/internal/transcript"
	"github.com/utt-ecash/utt-go/internal/wire"
)

const (
	maxRules    = 16
	maxRuleName = 64
)

// description is what a circuit says of itself, and its keys say of it. The circuit's ID
// binds it.
type description struct {
	outputs int
	rules   []string // names, in order
	known   []Rule   // the same, nil where the rule is not of this package
}

// describe checks all of a circuit's description that can be told without third
// parties' rules.
func describe(outputs int, names []string) (description, error) {
	d := description{outputs: outputs, rules: names, known: make([]Rule, len(names))}
	if outputs < 1 || outputs > MaxOutputs || len(names) > maxRules {
		return d, fmt.Errorf("%d outputs, of at most %d, and %d rules, of at most %d", outputs, MaxOutputs, len(names), maxRules)
	}
	bounder := ""
	for i, n := range names {
		if n == "" || len(n) > maxRuleName || slices.Contains(names[:i], n) {
			return d, &RuleError{n, "its name is empty, too long or twice in the circuit"}
		}
		r, err := ParseRule(n)
		if err != nil {
			if ours(n) {
				return d, &RuleError{n, "[RULE-NAME] its name is one of package rangeproof, which has no such rule"}
			}
			continue
		}
		d.known[i] = r
		if err := r.(slotRule).applies(outputs); err != nil {
			return d, &RuleError{n, err.Error()}
		}
		if bounds(r) {
			if err := second(bounder, n); err != nil {
				return d, err
			}
			bounder = n
		}
	}
	return d, nil
}

// admit checks the rules that a circuit is compiled with, which the description names. It
// returns the Bounder's name and the output whose range it sees to, if there is one.
func (d description) admit(rules []Rule) (bounder string, bounded []int, err error) {
	for i, r := range rules {
		name := d.rules[i]
		if d.known[i] != nil && r != d.known[i] && batch.Enforced("RULE-NAME") {
			return "", nil, &RuleError{name, "[RULE-NAME] its name is that of a rule of package rangeproof, which it is not"}
		}
		if !bounds(r) {
			continue
		}
		if err := second(bounder, name); err != nil {
			return "", nil, err
		}
		bounder = name
		if r, ok := r.(Bounder); ok {
			j := r.Bounds()
			if j < 1 || j >= d.outputs {
				return "", nil, &RuleError{name, fmt.Sprintf("it bounds output %d of %d, and may bound any but the first", j, d.outputs)}
			}
			bounded = append(bounded, j)
		}
	}
	return bounder, bounded, nil
}

// bounds reports whether a rule sees to the range of an amount in the circuit's place.
func bounds(r Rule) bool {
	if _, ok := r.(taxByTotal); ok {
		return true
	}
	_, ok := r.(Bounder)
	return ok
}

// second refuses a Bounder beside another, if there is one [RULE-BOUNDER].
func second(first, name string) error {
	if first != "" && batch.Enforced("RULE-BOUNDER") {
		return &RuleError{name, fmt.Sprintf("[RULE-BOUNDER] it bounds an amount by the balance, as %q does: a circuit has one such rule at most", first)}
	}
	return nil
}

// id is a circuit's ID. relation is the hash of its constraints.
func (d description) id(relation [32]byte) [32]byte {
	return transcript.Hash(dst.CircuitDigest, d.append(nil), relation[:])
}

// append appends outputs and the names of the rules.
func (d description) append(b []byte) []byte {
	b = wire.AppendUint16(append(b, byte(d.outputs)), uint16(len(d.rules)))
	for _, n := range d.rules {
		b = wire.AppendBytes(b, []byte(n))
	}
	return b
}

// readDescription reads what append made, which describe has yet to check.
func readDescription(r *wire.Reader) description {
	d := description{outputs: int(r.Byte()), rules: []string{}}
	for range r.Count(maxRules, 4) {
		d.rules = append(d.rules, string(r.Bytes(maxRuleName)))
	}
	return d
}

func (d *description) has(r Rule) bool { return slices.Contains(d.known, r) }

// taxByTotal is the rate of the tax by total.
func (d *description) taxByTotal() (basisPoints uint16, ok bool) {
	for _, r := range d.known {
		if r, ok := r.(taxByTotal); ok {
			return uint16(r.rate), true
		}
	}
	return 0, false
}

// taxOutput is the output that is a tax, and its rate.
func (d *description) taxOutput() (output int, basisPoints uint16, ok bool) {
	for _, r := range d.known {
		if r, ok := r.(tax); ok {
			return r.output, uint16(r.rate), true
		}
	}
	return 0, 0, false
}

// ours reports whether a name is one of this package, be there a rule with it or not.
func ours(name string) bool {
	first, _, _ := strings.Cut(name, "/")
	return slices.Contains([]string{"pays", "limited", "tax", "tax-by-total"}, first)
}

// ParseRule is the rule of this package that has a name, such as Tax. The error is
// ErrArgument for the names of others.
func ParseRule(name string) (Rule, error) {
	if len(name) <= maxRuleName {
		var t tax
		var total taxByTotal
		_, _ = fmt.Sscanf(name, "tax/%d/%d", &t.output, &t.rate) // its name tells whether it was read
		_, _ = fmt.Sscanf(name, "tax-by-total/%d", &total.rate)
		for _, r := range []Rule{Pays(), Limited(), t, total} {
			if r.Name() == name {
				return r, nil
			}
		}
	}
	return nil, fmt.Errorf("%w: no rule of this package has the name %.64q", ErrArgument, name)
}
