package batch

import (
	"fmt"

	"github.com/utt-ecash/utt-go/internal/curve"
)

// Error says which check an item failed.
type Error struct {
	Label  string // of the equation, as in the protocol document
	Detail string // what is wrong; holds no secret
}

func (e *Error) Error() string { return fmt.Sprintf("[%s] %s", e.Label, e.Detail) }

// Pair is one factor e(Times·P, Q) of a pairing product.
type Pair struct {
	P curve.G1
	// Times multiplies P in the exponent; nil means 1. A public attribute is
	// verified so, as e(h, m·Y) = e(m·h, Y). P must then be claimed or known to be
	// in the subgroup.
	Times *curve.Scalar
	// Q is the fixed point of G2, or nil and then Var is the other argument.
	Q   *curve.Fixed
	Var curve.G2
}

// Claims is what must hold for one item to be valid. The zero value claims
// nothing. After a failed requirement further claims are ignored.
type Claims struct {
	relations []relation
	second    []relation2
	products  []product
	g1        []membership[curve.G1]
	g2        []membership[curve.G2]
	err       *Error
}

type relation struct {
	label        string
	terms, bases []curve.Term
}

type relation2 struct {
	label string
	terms []curve.Term2
}

type product struct {
	label string
	pairs []Pair
}

type membership[P any] struct {
	label string
	point P
}

// Require claims a condition already known. It returns false if the item has
// failed, now or before, so that the caller can stop.
func (c *Claims) Require(label string, ok bool, format string, args ...any) bool {
	if c.err != nil {
		return false
	}
	if !ok && Enforced(label) {
		c.err = &Error{label, fmt.Sprintf(format, args...)}
	}
	return c.err == nil
}

// Enforced reports whether the checks with a label are made. It is false only in
// test builds that take a check out to show that its negative test needs it.
func Enforced(label string) bool { return enforced(label) }

// Err is the first failed requirement.
func (c *Claims) Err() error {
	if c.err != nil {
		return c.err
	}
	return nil
}

// Relation claims Σ s_i·P_i = 0 in the subgroup, over terms and bases. The points of
// terms need only be on the curve; what they hold off the subgroup is ignored, in a batch
// and alone alike. The points of bases must be claimed or known to be in the subgroup,
// which makes long scalars cheaper.
func (c *Claims) Relation(label string, terms []curve.Term, bases ...curve.Term) {
	if c.err == nil && enforced(label) {
		c.relations = append(c.relations, relation{label, terms, bases})
	}
}

// Pairing claims Π e(Times_i·P_i, Q_i) = 1. What the P of a fixed Q hold off the
// subgroup is ignored, as in Relation; the other points must be claimed or known to
// be in their subgroups.
func (c *Claims) Pairing(label string, pairs ...Pair) {
	if c.err == nil && enforced(label) {
		c.products = append(c.products, product{label, pairs})
	}
}

// InG1 claims that points of the curve are in the subgroup.
func (c *Claims) InG1(label string, points ...curve.G1) {
	if c.err == nil && enforced(label) {
		for _, p := range points {
			c.g1 = append(c.g1, membership[curve.G1]{label, p})
		}
	}
}

// InG2 claims that points of the twist are in the subgroup.
func (c *Claims) InG2(label string, points ...curve.G2) {
	if c.err == nil && enforced(label) {
		for _, p := range points {
			c.g2 = append(c.g2, membership[curve.G2]{label, p})
		}
	}
}
