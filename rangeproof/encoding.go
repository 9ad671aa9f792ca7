package rangeproof

import (
	"fmt"
	"slices"

	bls12381 "github.com/consensys/gnark-crypto/ecc/bls12-381"
	groth16 "github.com/consensys/gnark/backend/groth16/bls12-381"

	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/dst"
	"github.com/utt-ecash/utt-go/internal/transcript"
	"github.com/utt-ecash/utt-go/internal/wire"
)

const (
	version    = 1
	keyVersion = 2 // of a verifying key; those of version 1 did not say what rules their circuit has
)

var errInto = fmt.Errorf("%w: nil to decode into", ErrArgument)

// AppendBinary appends version, A, B, C, D.
func (p *Proof) AppendBinary(b []byte) ([]byte, error) {
	if p == nil || *p == noProof {
		return nil, fmt.Errorf("%w: no proof", ErrArgument)
	}
	return p.Append(append(b, version)), nil
}

// MarshalBinary encodes the proof.
func (p *Proof) MarshalBinary() ([]byte, error) { return p.AppendBinary(nil) }

// UnmarshalBinary decodes a proof, which it does not verify.
func (p *Proof) UnmarshalBinary(b []byte) error {
	if p == nil {
		return errInto
	}
	r := wire.NewReader(b)
	r.Version(version)
	d := ReadProof(r)
	if err := r.Close(); err != nil {
		return fmt.Errorf("%w: proof: %w", ErrMalformed, err)
	}
	*p = d
	return nil
}

// encode is version, origin, outputs and rules, hash of the constraints, digest of the
// proving key, α, β, γ, δ and all K, whose number follows from the outputs.
func (k *VerifyingKey) encode() []byte {
	b := k.description.append([]byte{keyVersion, byte(k.origin)})
	b = append(append(b, k.relation[:]...), k.proving[:]...)
	b = k.alpha.Append(b)
	for _, q := range []*curve.Fixed{k.beta, k.gamma, k.delta} {
		b = q.G2().Append(b)
	}
	for i := range k.k {
		b = k.k[i].Append(b)
	}
	return b
}

// AppendBinary appends the encoding that Digest is of.
func (k *VerifyingKey) AppendBinary(b []byte) ([]byte, error) {
	if k.empty() {
		return nil, fmt.Errorf("%w: an empty verifying key", ErrKey)
	}
	return append(b, k.encoding...), nil
}

// MarshalBinary encodes the key.
func (k *VerifyingKey) MarshalBinary() ([]byte, error) { return k.AppendBinary(nil) }

// UnmarshalBinary decodes a key and refuses what a setup without contributions yields:
// an input unconstrained, a point that is 0 or off the subgroup, γ = δ. From another
// key, with γ = 2δ for instance, anybody may forge all the same: whether it was made
// honestly no check can tell. Compare its digest with a trusted one.
func (k *VerifyingKey) UnmarshalBinary(b []byte) error {
	if k == nil {
		return errInto
	}
	r := wire.NewReader(b)
	r.Version(keyVersion)
	d := VerifyingKey{origin: Origin(r.Byte()), description: readDescription(r)}
	if n := d.description.outputs; n < 1 || n > MaxOutputs {
		r.Fail("%d outputs", n)
		d.description.outputs = 1
	}
	r.Fill(d.relation[:])
	r.Fill(d.proving[:])
	d.alpha = curve.ReadG1(r)
	beta, gamma, delta := curve.ReadG2(r), curve.ReadG2(r), curve.ReadG2(r)
	d.k = make([]curve.G1, 1+slotsOf(d.description.outputs).count())
	for i := range d.k {
		d.k[i] = curve.ReadG1(r)
	}
	if err := r.Close(); err != nil {
		return fmt.Errorf("%w: verifying key: %w", ErrMalformed, err)
	}
	if err := d.finish(beta, gamma, delta); err != nil {
		return err
	}
	*k = d
	return nil
}

// encode is version, circuit and the points α, β, δ, A, B, K, Z of G1 and β, δ, B
// of G2. The circuit determines the number of each, and where A and B have gaps.
func (k *ProvingKey) encode() []byte {
	g := &k.groth16
	b := append([]byte{version}, k.circuit.id[:]...)
	for _, p := range g1Points(g) {
		b = curve.FromG1Affine(*p).Append(b)
	}
	for _, q := range g2Points(g) {
		b = curve.FromG2Affine(*q).Append(b)
	}
	return b
}

func g1Points(g *groth16.ProvingKey) []*bls12381.G1Affine {
	p := []*bls12381.G1Affine{&g.G1.Alpha, &g.G1.Beta, &g.G1.Delta}
	for _, list := range [][]bls12381.G1Affine{g.G1.A, g.G1.B, g.G1.K, g.G1.Z} {
		for i := range list {
			p = append(p, &list[i])
		}
	}
	return p
}

func g2Points(g *groth16.ProvingKey) []*bls12381.G2Affine {
	q := []*bls12381.G2Affine{&g.G2.Beta, &g.G2.Delta}
	for i := range g.G2.B {
		q = append(q, &g.G2.B[i])
	}
	return q
}

// AppendBinary appends the encoding that Digest is of, 96 to 256 KiB for the usual
// circuits.
func (k *ProvingKey) AppendBinary(b []byte) ([]byte, error) {
	if k.empty() {
		return nil, fmt.Errorf("%w: an empty proving key", ErrKey)
	}
	return append(b, k.encoding...), nil
}

// MarshalBinary encodes the key.
func (k *ProvingKey) MarshalBinary() ([]byte, error) { return k.AppendBinary(nil) }

// ParseProvingKey decodes the proving key of a circuit and a verifying key. A
// proving key made with malice betrays the values in the proofs, and no check
// shows that; so it must be the one whose digest the verifying key holds, and the
// verifying key must come from a trusted source, such as utt.Parameters.Circuits.
// The error is ErrKey if the three do not belong together.
func ParseProvingKey(c *Circuit, v *VerifyingKey, b []byte) (*ProvingKey, error) {
	switch {
	case c.empty():
		return nil, fmt.Errorf("%w: no circuit: Compile makes it", ErrKey)
	case v.empty():
		return nil, fmt.Errorf("%w: no verifying key", ErrKey)
	case v.circuit != c.id:
		return nil, fmt.Errorf("%w: the verifying key is of another circuit: compile it with the same outputs and rules", ErrKey)
	}
	if transcript.Hash(dst.ProvingKeyDigest, b) != v.proving {
		return nil, fmt.Errorf("%w: the proving key is not the verifying key's", ErrKey)
	}
	k := &ProvingKey{circuit: c, verifier: v, encoding: slices.Clone(b)}
	if err := k.decode(b); err != nil {
		return nil, err
	}
	return k, nil
}

func (k *ProvingKey) decode(b []byte) error {
	r := wire.NewReader(b)
	r.Version(version)
	var id [32]byte
	if r.Fill(id[:]); id != k.circuit.id {
		r.Fail("a proving key for another circuit")
	}
	s, g := k.circuit.shape(), &k.groth16
	g.Domain = *s.domain
	g.InfinityA, g.InfinityB = s.absentA, s.absentB
	g.NbInfinityA, g.NbInfinityB = uint64(len(s.absentA)-s.a), uint64(len(s.absentB)-s.b)
	g.G1.A = make([]bls12381.G1Affine, s.a)
	g.G1.B = make([]bls12381.G1Affine, s.b)
	g.G1.K = make([]bls12381.G1Affine, s.k)
	g.G1.Z = make([]bls12381.G1Affine, s.z())
	g.G2.B = make([]bls12381.G2Affine, s.b)
	g1, g2 := make([]curve.G1, 0, 1024), make([]curve.G2, 0, 256)
	for _, p := range g1Points(g) {
		g1 = append(g1, curve.ReadG1(r))
		*p = g1[len(g1)-1].Affine()
	}
	for _, q := range g2Points(g) {
		g2 = append(g2, curve.ReadG2(r))
		*q = g2[len(g2)-1].Affine()
	}
	if err := r.Close(); err != nil {
		return fmt.Errorf("%w: proving key: %w", ErrMalformed, err)
	}
	if !curve.Subgroup(g1) || !curve.Subgroup2(g2) {
		return fmt.Errorf("%w: proving key: a point is not in the subgroup", ErrKey)
	}
	return nil
}
