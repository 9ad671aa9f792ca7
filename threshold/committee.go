package threshold

import (
	"cmp"
	"context"
	"fmt"
	"sync"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/dst"
	"github.com/utt-ecash/utt-go/internal/transcript"
	"github.com/utt-ecash/utt-go/sig"
)

// Committee is what is public of a shared key: t, the group's public key and the
// public keys of the n parties. It is immutable and safe for concurrent use. The
// zero value, of use only to decode into, has no party.
type Committee struct {
	t          int
	generation Generation
	group      *sig.PublicKey
	parties    []partyKey // that of party j at j − 1
}

// partyKey is a party's public key. Prepared for pairings it takes some 100 kB,
// and most are never used: shares are verified one by one only to name culprits.
type partyKey struct {
	x2  curve.G2
	y2  []curve.G2
	y1  []curve.G1
	key func() *sig.PublicKey
}

func newPartyKey(x2 curve.G2, y2 []curve.G2, y1 []curve.G1) partyKey {
	return partyKey{x2, y2, y1, sync.OnceValue(func() *sig.PublicKey { return sig.NewPublicKey(x2, y2, y1) })}
}

// checkSize demands 1 ≤ t ≤ n ≤ MaxParties. How many of the n may fail, so that t are
// left, is for those who form the committee.
func checkSize(t, n int) error {
	if t < 1 || n > MaxParties || n < t {
		return fmt.Errorf("%w: %d of %d parties: need 1 ≤ t ≤ n ≤ %d", ErrArgument, t, n, MaxParties)
	}
	return nil
}

// newCommittee is the committee with these keys, unchecked.
func newCommittee(t int, group *sig.PublicKey, parties []partyKey) (*Committee, error) {
	c := &Committee{t: t, group: group, parties: parties}
	b, err := c.appendBody(nil)
	if err != nil {
		return nil, err
	}
	c.generation = transcript.Hash(dst.ThresholdGeneration, b)
	return c, nil
}

// noCommittee stands in for a nil one.
var noCommittee Committee

// Threshold is t, the number of shares that make a signature.
func (c *Committee) Threshold() int { return cmp.Or(c, &noCommittee).t }

// Parties is n.
func (c *Committee) Parties() int { return len(cmp.Or(c, &noCommittee).parties) }

// Attributes is the number of attributes of the key.
func (c *Committee) Attributes() int { return c.Group().Attributes() }

// Generation names this sharing of the key.
func (c *Committee) Generation() Generation { return cmp.Or(c, &noCommittee).generation }

// Group is the public key that signatures verify under. Another sharing of the
// same key has the same.
func (c *Committee) Group() *sig.PublicKey { return cmp.Or(c, &noCommittee).group }

// PartyKey is the public key that a party's shares verify under.
func (c *Committee) PartyKey(j Index) (*sig.PublicKey, error) {
	if err := c.checkIndex(j); err != nil {
		return nil, err
	}
	return c.parties[j-1].key(), nil
}

// VerifyKeyShare checks that a key share is one of this committee's: a party does
// so when it loads its share.
func (c *Committee) VerifyKeyShare(k *KeyShare) error {
	if k == nil || k.key == nil {
		return fmt.Errorf("%w: the key share is empty, or was erased", ErrArgument)
	}
	if err := c.checkOrigin(k.generation, k.index); err != nil {
		return err
	}
	x2, y2, y1 := k.key.Public().Points()
	if !c.parties[k.index-1].equal(x2, y2, y1) {
		return fmt.Errorf("%w: key share of party %d is not of its public key", ErrInvalid, k.index)
	}
	return nil
}

func (p *partyKey) equal(x2 curve.G2, y2 []curve.G2, y1 []curve.G1) bool {
	if p.x2 != x2 || len(p.y2) != len(y2) {
		return false
	}
	for i := range y2 {
		if p.y2[i] != y2[i] || p.y1[i] != y1[i] {
			return false
		}
	}
	return true
}

func (c *Committee) checkIndex(j Index) error {
	if j < 1 || int(j) > c.Parties() {
		return fmt.Errorf("%w: party %d of %d", ErrIndex, j, c.Parties())
	}
	return nil
}

func (c *Committee) checkOrigin(g Generation, j Index) error {
	if own := c.Generation(); g != own {
		return fmt.Errorf("%w: %v… where %v… is meant", ErrGeneration, g.String()[:8], own.String()[:8])
	}
	return c.checkIndex(j)
}

// check demands what doc.go says a committee must satisfy. The group's key has
// been checked by itself.
func (c *Committee) check() error {
	items := make([]*batch.Claims, 0, 1+len(c.parties))
	for j := range c.parties {
		p := &c.parties[j]
		claims := new(batch.Claims)
		claims.InG2("THR-KEY", p.x2)
		claims.InG2("THR-KEY", p.y2...)
		claims.InG1("THR-KEY", p.y1...)
		minus := curve.Generator().Neg()
		for i := range p.y1 {
			claims.Pairing("THR-KEY",
				batch.Pair{P: p.y1[i], Q: curve.FixedGenerator2},
				batch.Pair{P: minus, Var: p.y2[i]})
		}
		items = append(items, claims)
	}
	polynomials, err := c.claimPolynomials()
	if err != nil {
		return err
	}
	for j, err := range batch.Verify(context.Background(), append(items, polynomials)) {
		if err != nil && j < len(c.parties) {
			return fmt.Errorf("%w: key of party %d: %w", ErrInvalid, j+1, err)
		}
		if err != nil {
			return fmt.Errorf("%w: no sharing of the group's key among %d with threshold %d: %w",
				ErrInvalid, len(c.parties), c.t, err)
		}
	}
	return nil
}

// claimPolynomials claims [THR-KEY]. The Y2 follow from the Y1 by the consistency
// of each key.
func (c *Committee) claimPolynomials() (*batch.Claims, error) {
	w, err := dualWord(c.t, len(c.parties))
	if err != nil {
		return nil, err
	}
	claims := new(batch.Claims)
	x2, _, y1 := c.group.Points()
	pairs := make([]batch.Pair, len(w))
	pairs[0] = batch.Pair{P: curve.Generator(), Times: &w[0], Var: x2}
	for j := range c.parties {
		pairs[j+1] = batch.Pair{P: curve.Generator(), Times: &w[j+1], Var: c.parties[j].x2}
	}
	claims.Pairing("THR-KEY", pairs...)
	for i := range y1 {
		terms := make([]curve.Term, len(w))
		terms[0] = curve.Term{Scalar: w[0], Point: y1[i]}
		for j := range c.parties {
			terms[j+1] = curve.Term{Scalar: w[j+1], Point: c.parties[j].y1[i]}
		}
		claims.Relation("THR-KEY", terms)
	}
	return claims, nil
}
