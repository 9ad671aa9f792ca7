package threshold

import (
	"cmp"
	"slices"

	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/dst"
	"github.com/utt-ecash/utt-go/internal/transcript"
	"github.com/utt-ecash/utt-go/sig"
)

// This file is how the packages above pack shares into messages of their own, and
// make committees without a dealer. It takes internal types and is of no use outside
// the module.

// Point is S_j.
func (s *SignatureShare) Point() curve.G1 { return cmp.Or(s, &noShare).s }

// ShareOf is the share with the value p, unchecked. A point of the curve will do:
// Combine and VerifyShares check the subgroup.
func ShareOf(g Generation, j Index, p curve.G1) *SignatureShare { return &SignatureShare{g, j, p} }

// Points are X2, all Y2_i and all Y1_i of a public key.
type Points struct {
	X2 curve.G2
	Y2 []curve.G2
	Y1 []curve.G1
}

// Points are those of a party, or of the group for j = 0; the zero value for none. The
// slices are not to be changed.
func (c *Committee) Points(j Index) (p Points) {
	switch {
	case c.Group() == nil || int(j) > c.Parties():
	case j == 0:
		p.X2, p.Y2, p.Y1 = c.group.Points()
	default:
		party := &c.parties[j-1]
		p = Points{party.x2, party.y2, party.y1}
	}
	return p
}

// CommitteeOf is the committee with threshold t and the keys of the group, first, and of
// all parties. They must lie on polynomials of degree t − 1, which is not checked;
// [SIG-KEY] of the group's is.
func CommitteeOf(t int, keys []Points) (*Committee, error) {
	if err := checkSize(t, len(keys)-1); err != nil {
		return nil, err
	}
	encoded, err := sig.NewPublicKey(keys[0].X2, keys[0].Y2, keys[0].Y1).MarshalBinary()
	if err != nil {
		return nil, err
	}
	group := new(sig.PublicKey)
	if err := group.UnmarshalBinary(encoded); err != nil {
		return nil, err
	}
	parties := make([]partyKey, len(keys)-1)
	for j, p := range keys[1:] {
		parties[j] = newPartyKey(p.X2, p.Y2, p.Y1)
	}
	return newCommittee(t, group, parties)
}

// KeyShareOf is party j's share, unchecked.
func KeyShareOf(g Generation, j Index, key *sig.SecretKey) *KeyShare { return &KeyShare{g, j, key} }

// Key is what the share consists of, nil of an empty one.
func (k *KeyShare) Key() *sig.SecretKey { return cmp.Or(k, &noKeyShare).key }

// Lagrange is the coefficients λ_j for which f(0) = Σ λ_j·f(at_j) for every f of degree
// below len(at). The indices must be distinct.
func Lagrange(at []Index) []curve.Scalar { return lagrange(0, at) }

// EncryptionCommitteeOf is the committee with threshold t and the keys of the group,
// first, and of all parties, if they satisfy [ENC-KEY].
func EncryptionCommitteeOf(t int, keys [][]curve.G1) (*EncryptionCommittee, error) {
	if err := checkSize(t, len(keys)-1); err != nil {
		return nil, err
	}
	c := &EncryptionCommittee{t: t, keys: keys}
	c.generation = transcript.Hash(dst.EncryptionKeys, c.appendBody(nil))
	if err := c.check(); err != nil {
		return nil, err
	}
	return c, nil
}

// Keys are those of party j, or of the group for j = 0. They are not to be changed.
func (c *EncryptionCommittee) Keys(j Index) []curve.G1 {
	if c == nil || int(j) >= len(c.keys) {
		return nil
	}
	return c.keys[j]
}

// EncryptionKeyShareOf is party j's share, unchecked.
func EncryptionKeyShareOf(g Generation, j Index, secrets []curve.Scalar) *EncryptionKeyShare {
	return &EncryptionKeyShare{g, j, secrets}
}

// Secrets are what the share consists of.
func (k *EncryptionKeyShare) Secrets() []curve.Scalar {
	return slices.Clone(cmp.Or(k, &noEncryptionShare).secrets)
}
