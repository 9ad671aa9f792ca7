package curve

import (
	bls12381 "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fp"

	"github.com/utt-ecash/utt-go/internal/dst"
)

// HashToG1 is RFC 9380 BLS12381G1_XMD:SHA-256_SSWU_RO_.
func HashToG1(tag dst.Tag, msg []byte) G1 { return HashManyToG1(tag, [][]byte{msg})[0] }

// HashManyToG1 is HashToG1 of every message, for public messages. gnark-crypto's
// function inverts five times for each; here all share three inversions, and the
// two points of a message are added before the isogeny.
func HashManyToG1(tag dst.Tag, msgs [][]byte) []G1 {
	u := make([]fp.Element, 0, 2*len(msgs))
	for _, m := range msgs {
		two, err := fp.Hash(m, []byte(tag), 2)
		if err != nil {
			panic("curve: hash to G1: " + err.Error()) // only for tags above 255 bytes
		}
		u = append(u, two...)
	}
	return mapToG1(u)
}

// mapToG1 is the sum of the points that every two elements are mapped to, in G1.
func mapToG1(u []fp.Element) []G1 {
	var sums []bls12381.G1Jac
	if lanes && len(u) >= fewMaps {
		sums = mapInLanes(u)
	} else {
		sums = mapScalar(u)
	}
	out := make([]G1, len(sums))
	for i, p := range bls12381.BatchJacobianToAffineG1(sums) {
		out[i].p = p
	}
	return out
}
