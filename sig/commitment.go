package sig

import (
	"fmt"
	"io"
	"slices"

	"github.com/utt-ecash/utt-go/internal/curve"
)

// Commitment commits to attributes under a base, each hidden perfectly or public.
type Commitment struct {
	base  curve.G1
	parts []Part
}

// Part is one attribute of a commitment: a hidden point or a public value.
type Part struct {
	hidden bool
	point  curve.G1
	value  Attribute
}

// Opening is what the owner of a commitment knows: attributes and blindings. It
// prints as "redacted".
type Opening struct {
	m, r []curve.Scalar
}

// Attributes is the number of attributes.
func (c *Commitment) Attributes() int {
	if c == nil {
		return 0
	}
	return len(c.parts)
}

// Public is the i-th attribute, if it is public.
func (c *Commitment) Public(i int) (Attribute, bool) {
	if i < 0 || i >= c.Attributes() || c.parts[i].hidden {
		return Attribute{}, false
	}
	return c.parts[i].value, true
}

// Equal reports whether two commitments are the same.
func (c *Commitment) Equal(d *Commitment) bool {
	if c == nil || d == nil {
		return c == d
	}
	return c.base == d.base && slices.EqualFunc(c.parts, d.parts, func(a, b Part) bool {
		return a.hidden == b.hidden && a.point == b.point && a.value.Scalar().Equal(b.value.Scalar())
	})
}

// Opens reports whether o opens c.
func (c *Commitment) Opens(o *Opening) bool {
	if c == nil || o == nil || len(o.m) != len(c.parts) {
		return false
	}
	var points []curve.G1
	var sums [][]curve.Term
	for i, p := range c.parts {
		if !p.hidden {
			if !p.value.Scalar().Equal(o.m[i]) || !o.r[i].IsZero() {
				return false
			}
			continue
		}
		points, sums = append(points, p.point), append(sums, openingTerms(c.base, o.m[i], o.r[i]))
	}
	return slices.Equal(points, curve.SumsSecret(sums))
}

// Attribute is the i-th attribute of the opening.
func (o *Opening) Attribute(i int) (Attribute, error) {
	if o == nil || i < 0 || i >= len(o.m) {
		return Attribute{}, fmt.Errorf("%w: no attribute %d", ErrArgument, i)
	}
	return fromScalar(o.m[i]), nil
}

// Format prints "redacted".
func (o Opening) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "redacted") }

// MarshalJSON refuses to leak: it encodes "redacted".
func (o Opening) MarshalJSON() ([]byte, error) { return []byte(`"redacted"`), nil }

// openingTerms are those of m·h + r·G.
func openingTerms(base curve.G1, m, r curve.Scalar) []curve.Term {
	return []curve.Term{{Scalar: m, Point: base}, {Scalar: r, Point: curve.Generator()}}
}

func checkHidden(n int, hide []int) error {
	if n > MaxAttributes {
		return fmt.Errorf("%w: %d attributes, of at most %d", ErrArgument, n, MaxAttributes)
	}
	for k, i := range hide {
		if i < 0 || i >= n || slices.Contains(hide[:k], i) {
			return fmt.Errorf("%w: hidden attribute %d of %d", ErrArgument, i, n)
		}
	}
	return nil
}
