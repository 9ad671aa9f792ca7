package rangeproof

import "fmt"

// Rules are the names of the circuit's rules, in order. With the number of outputs they
// say all that Compile needs, of rules that ParseRule knows.
func (c *Circuit) Rules() []string {
	if c.empty() {
		return nil
	}
	names := make([]string, len(c.rules))
	for i, r := range c.rules {
		names[i] = r.Name()
	}
	return names
}

// ParseRule is the rule of this package that has a name, such as Tax. The error is
// ErrArgument for the names of others.
func ParseRule(name string) (Rule, error) {
	var t tax
	if len(name) <= maxRuleName {
		if _, err := fmt.Sscanf(name, "tax/%d/%d", &t.output, &t.rate); err == nil && t.Name() == name {
			return t, nil
		}
	}
	return nil, fmt.Errorf("%w: no rule of this package has the name %.64q", ErrArgument, name)
}
