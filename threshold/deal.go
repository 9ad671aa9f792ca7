package threshold

import (
	"fmt"
	"io"

	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/sig"
)

// Deal is for tests and simulations: whoever calls it knows the key and can forge, which
// package dkg makes without a dealer.
//
// It draws a key for l attributes and shares it among n parties with threshold t,
// 1 ≤ t ≤ n ≤ MaxParties. The share of party j is at j − 1. A nil reader is crypto/rand;
// with one that repeats itself, up to sign, nothing is dealt (ErrArgument).
func Deal(rand io.Reader, t, n, attributes int) (*Committee, []*KeyShare, error) {
	if err := checkSize(t, n); err != nil {
		return nil, nil, err
	}
	if attributes < 0 || attributes > sig.MaxAttributes {
		return nil, nil, fmt.Errorf("%w: %d attributes, of at most %d", ErrArgument, attributes, sig.MaxAttributes)
	}
	polynomials, drawn := make([][]curve.Scalar, 1+attributes), make([]curve.Scalar, 0, t*(1+attributes))
	for k := range polynomials {
		polynomials[k] = make([]curve.Scalar, t)
		for i := range polynomials[k] {
			var err error
			if polynomials[k][i], err = curve.RandomNonZero(rand); err != nil {
				return nil, nil, err
			}
		}
		drawn = append(drawn, polynomials[k]...)
	}
	if curve.Repeated(drawn) {
		return nil, nil, fmt.Errorf("%w: the reader of randomness repeats itself", ErrArgument)
	}
	group := shareAt(polynomials, 0).Public()
	shares, parties := make([]*KeyShare, n), make([]partyKey, n)
	for j := range shares {
		shares[j] = &KeyShare{index: Index(j + 1), key: shareAt(polynomials, Index(j+1))}
		parties[j] = newPartyKey(shares[j].key.Public().Points())
	}
	c, err := newCommittee(t, group, parties)
	if err != nil {
		return nil, nil, err
	}
	for _, k := range shares {
		k.generation = c.generation
	}
	return c, shares, nil
}

func shareAt(polynomials [][]curve.Scalar, j Index) *sig.SecretKey {
	s := make([]curve.Scalar, len(polynomials))
	for k := range s {
		s[k] = evaluate(polynomials[k], j)
	}
	return sig.NewSecretKey(s)
}
