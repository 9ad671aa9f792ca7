package sig

import (
	"fmt"
	"io"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/curve"
)

// MaxAttributes bounds the attributes of a key.
const MaxAttributes = 16

// SecretKey signs commitments to a fixed number of attributes. It is immutable, but for
// Erase, and prints as "redacted". The zero value is of use only to decode into.
type SecretKey struct {
	x      curve.Scalar
	y      []curve.Scalar
	public *PublicKey
}

// PublicKey verifies. It is immutable; the zero value, of use only to decode into,
// verifies nothing.
type PublicKey struct {
	x2 *curve.Fixed
	y2 []*curve.Fixed
	y1 []curve.G1
	// folded speeds up signatures with one public attribute of a known value
	folded *folded
}

// folded is X2 + m·Y2_i.
type folded struct {
	i  int
	m  curve.Scalar
	x2 *curve.Fixed
}

func (k *SecretKey) empty() bool { return k == nil || k.public == nil }

// Attributes is the number of attributes of the key.
func (k *SecretKey) Attributes() int { return k.Public().Attributes() }

// Public is the key's public part, nil of an empty key.
func (k *SecretKey) Public() *PublicKey {
	if k == nil {
		return nil
	}
	return k.public
}

// Erase overwrites the key, in memory: it signs nothing any more. No other call may be in
// progress. What was written to disk, and what the runtime has copied, is left.
func (k *SecretKey) Erase() {
	if k == nil {
		return
	}
	k.x = curve.Scalar{}
	clear(k.y)
	*k = SecretKey{}
}

// Format prints "redacted".
func (k SecretKey) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "redacted") }

// MarshalJSON refuses to leak: it encodes "redacted".
func (k SecretKey) MarshalJSON() ([]byte, error) { return []byte(`"redacted"`), nil }

func (k *PublicKey) empty() bool { return k == nil || k.x2 == nil }

// Attributes is the number of attributes of the key.
func (k *PublicKey) Attributes() int {
	if k == nil {
		return 0
	}
	return len(k.y2)
}

// Equal reports whether two keys are the same.
func (k *PublicKey) Equal(o *PublicKey) bool {
	if k.empty() || o.empty() {
		return k.empty() && o.empty()
	}
	if len(k.y2) != len(o.y2) || k.x2.G2() != o.x2.G2() {
		return false
	}
	for i := range k.y2 {
		if k.y2[i].G2() != o.y2[i].G2() || k.y1[i] != o.y1[i] {
			return false
		}
	}
	return true
}

// check demands subgroup membership and e(Y1_i, G2g) = e(G, Y2_i): the halves of
// an inconsistent key would let its maker tell presentations apart. And it refuses
// what a broken generator makes: with x = ±y_i, ±Y1_i is the key x·G that forges, and
// with y_i = ±y_j a signature holds for other attributes.
func (k *PublicKey) check() error {
	var c batch.Claims
	minus := curve.Generator().Neg()
	for i := range k.y2 {
		c.Require("SIG-KEY", !k.y2[i].G2().EqualOrOpposite(k.x2.G2()), "X2 = ±Y2_%d: the key of a broken generator", i+1)
		for j := range i {
			c.Require("SIG-KEY", !k.y2[i].G2().EqualOrOpposite(k.y2[j].G2()), "Y2_%d = ±Y2_%d: the key of a broken generator", j+1, i+1)
		}
	}
	c.InG2("SIG-KEY", k.x2.G2())
	for i := range k.y2 {
		c.InG2("SIG-KEY", k.y2[i].G2())
		c.InG1("SIG-KEY", k.y1[i])
		c.Pairing("SIG-KEY",
			batch.Pair{P: k.y1[i], Q: curve.FixedGenerator2},
			batch.Pair{P: minus, Q: k.y2[i]})
	}
	if err := batch.One(&c); err != nil {
		return fmt.Errorf("%w: public key: %w", ErrInvalid, err)
	}
	return nil
}
