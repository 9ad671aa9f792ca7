package rangeproof

import (
	"cmp"
	"fmt"
	"slices"
	"sync"

	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr/fft"
	groth16 "github.com/consensys/gnark/backend/groth16/bls12-381"
	"github.com/consensys/gnark/constraint"

	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/dst"
	"github.com/utt-ecash/utt-go/internal/transcript"
)

// Origin is how a key pair was set up.
type Origin byte

const (
	// SingleParty means that one party knew the trapdoor: for tests.
	SingleParty Origin = 1
	// MultiParty means a ceremony, safe if one of its contributors was honest.
	MultiParty Origin = 2
)

func (o Origin) String() string {
	switch o {
	case SingleParty:
		return "single-party"
	case MultiParty:
		return "multi-party"
	default:
		return fmt.Sprintf("origin %d", byte(o))
	}
}

// VerifyingKey verifies the proofs of one circuit. It is immutable; the zero
// value is of use only to decode into.
type VerifyingKey struct {
	description description
	relation    [32]byte // hash of the circuit's constraints
	circuit     [32]byte // the circuit's ID, which binds both
	origin      Origin
	proving     [32]byte // digest of the proving key

	alpha              curve.G1
	beta, gamma, delta *curve.Fixed
	k                  []curve.G1

	negAlpha  curve.G1
	negPublic [4]curve.G1 // of K_0 and the three public slots
	encoding  []byte
	keyDigest [32]byte
}

// noKey stands in for a nil key.
var noKey VerifyingKey

func (k *VerifyingKey) empty() bool { return k == nil || len(k.k) == 0 }

// CircuitID is the ID of the circuit.
func (k *VerifyingKey) CircuitID() [32]byte { return cmp.Or(k, &noKey).circuit }

// Outputs is the circuit's number of outputs.
func (k *VerifyingKey) Outputs() int { return cmp.Or(k, &noKey).description.outputs }

// Rules are the names of the circuit's rules, in order. What the key says of its circuit
// is what every circuit of CircuitID says of itself.
func (k *VerifyingKey) Rules() []string { return slices.Clone(cmp.Or(k, &noKey).description.rules) }

// Pays reports whether the circuit has the rule Pays.
func (k *VerifyingKey) Pays() bool { return cmp.Or(k, &noKey).description.has(Pays()) }

// Limited reports whether the circuit has the rule Limited.
func (k *VerifyingKey) Limited() bool { return cmp.Or(k, &noKey).description.has(Limited()) }

// TaxByTotal is the rate of the circuit's rule TaxByTotal, not ok if it has none. Then
// its proofs let the inputs hold more than the outputs, by the tax, of which the caller has
// to demand that it is not lost.
func (k *VerifyingKey) TaxByTotal() (basisPoints uint16, ok bool) {
	return cmp.Or(k, &noKey).description.taxByTotal()
}

// TaxOutput is the output that the circuit's rule Tax determines, and its rate; not ok
// if it has none.
func (k *VerifyingKey) TaxOutput() (output int, basisPoints uint16, ok bool) {
	return cmp.Or(k, &noKey).description.taxOutput()
}

// Origin is how the key was set up, as its maker says.
func (k *VerifyingKey) Origin() Origin { return cmp.Or(k, &noKey).origin }

// Digest commits to the key, and through it to the proving key.
func (k *VerifyingKey) Digest() [32]byte { return cmp.Or(k, &noKey).keyDigest }

// ProvingKeyDigest is the digest of the proving key made with this key.
func (k *VerifyingKey) ProvingKeyDigest() [32]byte { return cmp.Or(k, &noKey).proving }

// finish checks the key and derives what is not encoded.
func (k *VerifyingKey) finish(beta, gamma, delta curve.G2) error {
	bad := func(format string, args ...any) error {
		return fmt.Errorf("%w: verifying key: %s", ErrKey, fmt.Sprintf(format, args...))
	}
	d, err := describe(k.description.outputs, k.description.rules)
	if err != nil {
		return fmt.Errorf("%w: verifying key: %w", ErrKey, err)
	}
	k.description, k.circuit = d, d.id(k.relation)
	s := slotsOf(d.outputs)
	switch {
	case k.origin != SingleParty && k.origin != MultiParty:
		return bad("%v", k.origin)
	case len(k.k) != 1+s.count():
		return bad("%d points for %d outputs", len(k.k), d.outputs)
	case k.alpha.IsIdentity() || beta.IsIdentity() || gamma.IsIdentity() || delta.IsIdentity():
		return bad("α, β, γ or δ is 0")
	case gamma.Equal(delta):
		// then anybody shifts between the public input and C, and forges
		return bad("γ = δ")
	}
	for i := range k.k {
		// an unconstrained input: any value would do, and for ρ, D would hide nothing
		if k.k[i].IsIdentity() {
			if i == 0 {
				return bad("K_0 is 0")
			}
			return fmt.Errorf("%w: verifying key: K_%d is 0: %w", ErrKey, i, &SlotError{Slot: s.name(i - 1)})
		}
	}
	if !curve.Subgroup(append([]curve.G1{k.alpha}, k.k...)) || !curve.Subgroup2([]curve.G2{beta, gamma, delta}) {
		return bad("a point is not in the subgroup")
	}
	k.beta, k.gamma, k.delta = curve.NewFixed(beta), curve.NewFixed(gamma), curve.NewFixed(delta)
	k.negAlpha = k.alpha.Neg()
	k.negPublic[0] = k.k[0].Neg()
	for i := range 3 {
		k.negPublic[1+i] = k.k[1+s.publicOut+i].Neg()
	}
	k.encoding = k.encode()
	k.keyDigest = transcript.Hash(dst.VerifyingKeyDigest, k.encoding)
	return nil
}

// ProvingKey makes the proofs of one circuit. It is immutable. The zero value makes
// none.
type ProvingKey struct {
	circuit  *Circuit
	verifier *VerifyingKey
	groth16  groth16.ProvingKey
	encoding []byte

	once   sync.Once
	prover *prover // made at first use
}

func (k *ProvingKey) empty() bool { return k == nil || k.verifier == nil }

// VerifyingKey is the key that verifies the proofs, nil of an empty key.
func (k *ProvingKey) VerifyingKey() *VerifyingKey {
	if k == nil {
		return nil
	}
	return k.verifier
}

// Circuit is the circuit, nil of an empty key.
func (k *ProvingKey) Circuit() *Circuit {
	if k == nil {
		return nil
	}
	return k.circuit
}

// CircuitID is the ID of the circuit.
func (k *ProvingKey) CircuitID() [32]byte { return k.Circuit().ID() }

// Digest commits to the key.
func (k *ProvingKey) Digest() [32]byte { return k.VerifyingKey().ProvingKeyDigest() }

// newKeys takes over what gnark set up, after checking it.
func newKeys(c *Circuit, pk *groth16.ProvingKey, vk *groth16.VerifyingKey, origin Origin) (*ProvingKey, *VerifyingKey, error) {
	s := c.shape()
	if !s.fits(pk) || len(vk.CommitmentKeys) != 0 {
		return nil, nil, fmt.Errorf("%w: the setup has not the shape of the circuit", ErrKey)
	}
	p := &ProvingKey{circuit: c, groth16: *pk}
	p.encoding = p.encode()
	v := &VerifyingKey{
		description: c.description, relation: c.relation, origin: origin,
		proving: transcript.Hash(dst.ProvingKeyDigest, p.encoding),
		alpha:   curve.FromG1Affine(vk.G1.Alpha),
		k:       make([]curve.G1, len(vk.G1.K)),
	}
	for i := range v.k {
		v.k[i] = curve.FromG1Affine(vk.G1.K[i])
	}
	err := v.finish(curve.FromG2Affine(vk.G2.Beta), curve.FromG2Affine(vk.G2.Gamma), curve.FromG2Affine(vk.G2.Delta))
	if err != nil {
		return nil, nil, err
	}
	p.verifier = v
	return p, v, nil
}

// shape is what a circuit determines of its proving keys: which wires never
// occur on the left or right of a constraint, and the domain of the polynomials.
type shape struct {
	absentA, absentB []bool
	a, b, k          int // wires that occur left, right; wires that are not inputs
	domain           *fft.Domain
}

func (c *Circuit) shape() shape {
	internal, secret, public := c.r1cs.GetNbVariables()
	wires := internal + secret + public
	s := shape{
		absentA: slices.Repeat([]bool{true}, wires),
		absentB: slices.Repeat([]bool{true}, wires),
		k:       internal + secret,
		domain:  fft.NewDomain(uint64(c.r1cs.GetNbConstraints())),
	}
	mark := func(absent []bool, n *int, l constraint.LinearExpression) {
		for _, t := range l {
			if absent[t.WireID()] && !c.coefficient(t).IsZero() {
				absent[t.WireID()] = false
				*n++
			}
		}
	}
	it := c.r1cs.GetR1CIterator()
	for k := it.Next(); k != nil; k = it.Next() {
		mark(s.absentA, &s.a, k.L)
		mark(s.absentB, &s.b, k.R)
	}
	return s
}

// z is the number of powers of τ times the vanishing polynomial.
func (s *shape) z() int { return int(s.domain.Cardinality) - 1 }

func (s *shape) fits(pk *groth16.ProvingKey) bool {
	return len(pk.G1.A) == s.a && len(pk.G1.B) == s.b && len(pk.G2.B) == s.b &&
		len(pk.G1.K) == s.k && len(pk.G1.Z) == s.z() && len(pk.CommitmentKeys) == 0 &&
		slices.Equal(pk.InfinityA, s.absentA) && slices.Equal(pk.InfinityB, s.absentB) &&
		pk.Domain.Cardinality == s.domain.Cardinality
}
