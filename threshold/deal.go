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
	polynomials, err := drawPolynomials(rand, t, 1+attributes)
	if err != nil {
		return nil, nil, err
	}
	group := sig.NewSecretKey(valuesAt(polynomials, 0)).Public()
	shares, parties := make([]*KeyShare, n), make([]partyKey, n)
	for j := range shares {
		shares[j] = &KeyShare{index: Index(j + 1), key: sig.NewSecretKey(valuesAt(polynomials, Index(j+1)))}
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

// DealEncryption is Deal of ElGamal keys for some components, 1 to MaxComponents: whoever
// calls it decrypts everything.
func DealEncryption(rand io.Reader, t, n, components int) (*EncryptionCommittee, []*EncryptionKeyShare, error) {
	if err := checkSize(t, n); err != nil {
		return nil, nil, err
	}
	if components < 1 || components > MaxComponents {
		return nil, nil, fmt.Errorf("%w: %d components, of 1 to %d", ErrArgument, components, MaxComponents)
	}
	polynomials, err := drawPolynomials(rand, t, components)
	if err != nil {
		return nil, nil, err
	}
	keys, shares := make([][]curve.G1, n+1), make([]*EncryptionKeyShare, n)
	for j := range keys {
		secrets := valuesAt(polynomials, Index(j))
		sums := make([][]curve.Term, components)
		for i, a := range secrets {
			sums[i] = []curve.Term{{Scalar: a, Point: curve.Generator()}}
		}
		if keys[j] = curve.SumsSecret(sums); j > 0 {
			shares[j-1] = &EncryptionKeyShare{index: Index(j), secrets: secrets}
		}
	}
	c, err := EncryptionCommitteeOf(t, keys)
	if err != nil {
		return nil, nil, err
	}
	for _, k := range shares {
		k.generation = c.generation
	}
	return c, shares, nil
}

// drawPolynomials draws some polynomials of degree t − 1.
func drawPolynomials(rand io.Reader, t, n int) ([][]curve.Scalar, error) {
	polynomials, drawn := make([][]curve.Scalar, n), make([]curve.Scalar, 0, t*n)
	for k := range polynomials {
		polynomials[k] = make([]curve.Scalar, t)
		for i := range polynomials[k] {
			var err error
			if polynomials[k][i], err = curve.RandomNonZero(rand); err != nil {
				return nil, err
			}
		}
		drawn = append(drawn, polynomials[k]...)
	}
	if curve.Repeated(drawn) {
		return nil, fmt.Errorf("%w: the reader of randomness repeats itself", ErrArgument)
	}
	return polynomials, nil
}

func valuesAt(polynomials [][]curve.Scalar, j Index) []curve.Scalar {
	s := make([]curve.Scalar, len(polynomials))
	for k := range s {
		s[k] = evaluate(polynomials[k], j)
	}
	return s
}
