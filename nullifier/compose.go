package nullifier

import (
	"fmt"

	"github.com/utt-ecash/utt-go/internal/attr"
	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/sigma"
	"github.com/utt-ecash/utt-go/internal/wire"
)

// This file is how the packages above compose nullifiers into proofs. It takes
// internal types and is of no use outside the module.

// Append appends the 96 bytes of nf, without a version.
func (n Nullifier) Append(b []byte) []byte { return n.p.Append(b) }

// Read decodes what Append appended. The point is on the curve and not 0; Claim
// checks the subgroup.
func Read(r *wire.Reader) Nullifier { return Nullifier{curve.ReadG1(r)} }

// Relate states (s + sn)·nf = N. It determines nf within the subgroup only: the
// verifier must Claim as well.
func (n Nullifier) Relate(st *sigma.Statement, label string, key, serial sigma.Var) {
	st.Relation(label, sigma.Point(generator()),
		sigma.Secret{Var: key, Base: n.p},
		sigma.Secret{Var: serial, Base: n.p}) // [NF-1]
}

// Claim claims that nf is in the subgroup and not 0.
func (n Nullifier) Claim(claims *batch.Claims, label string) {
	if claims.Require(label, !n.IsZero(), "the nullifier is the identity") {
		claims.InG1(label, n.p)
	}
}

// Derive is the nullifier of the coin with a serial number under its owner's
// secret key. It fails with ErrUndefined if their sum is 0.
func Derive(key, serial attr.Attribute) (Nullifier, error) {
	sum := key.Scalar().Add(serial.Scalar())
	if sum.IsZero() {
		return Nullifier{}, fmt.Errorf("%w: [NF-1] key and serial number cancel", ErrUndefined)
	}
	return Nullifier{fixed().MulSecret(sum.Inverse())}, nil // [NF-1]
}
