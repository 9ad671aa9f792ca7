package utt

import (
	"slices"
	"strings"
)

// Components is a set of what an audit record holds, which auditors open one without the
// others.
type Components uint8

// What an audit record holds.
const (
	ComponentPayer  Components = 1
	ComponentPayee  Components = 2
	ComponentAmount Components = 4

	allComponents = ComponentPayer | ComponentPayee | ComponentAmount
)

// componentNames are the names of all sets that are not empty.
var componentNames = func() map[Components]string {
	names := make(map[Components]string)
	for c := Components(1); c <= allComponents; c++ {
		var of []string
		for _, one := range []struct {
			component Components
			name      string
		}{{ComponentPayer, "payer"}, {ComponentPayee, "payee"}, {ComponentAmount, "amount"}} {
			if c&one.component != 0 {
				of = append(of, one.name)
			}
		}
		names[c] = strings.Join(of, ", ")
	}
	return names
}()

// Valid reports a set of components that there are, and not of none.
func (c Components) Valid() bool { return c != 0 && c&^allComponents == 0 }

// In reports whether all of c is in a set.
func (c Components) In(set Components) bool { return c&^set == 0 }

// Indices are those of the set in a ciphertext: the amount is in two.
func (c Components) Indices() (at []int) {
	for _, one := range []struct {
		component Components
		at        []int
	}{{ComponentPayer, []int{AuditPayer}}, {ComponentPayee, []int{AuditPayee}}, {ComponentAmount, []int{AuditLow, AuditHigh}}} {
		if c&one.component != 0 {
			at = append(at, one.at...)
		}
	}
	slices.Sort(at)
	return at
}

func (c Components) String() string { return nameIn(componentNames, c, "components") }

// MarshalText is the names.
func (c Components) MarshalText() ([]byte, error) {
	return marshalName(componentNames, c, "components")
}

// UnmarshalText parses names, in the order of the constants and with commas between them.
func (c *Components) UnmarshalText(text []byte) error {
	return unmarshalName(componentNames, c, text, "components")
}

// Components are what auditors open to decide.
func (r Reveals) Components() Components {
	switch r {
	case RevealAmount:
		return ComponentAmount
	case RevealAmountAndPayee:
		return ComponentAmount | ComponentPayee
	case RevealAll:
		return allComponents
	}
	return 0
}
