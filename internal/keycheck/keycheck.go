// Package keycheck refuses public keys of strangers under which nobody, or everybody, is
// authentic. Under an Ed25519 key A of small order anybody signs: in R = S·B − k·A the last
// term takes at most eight values. Nobody can encrypt to an X25519 key of small order, since
// crypto/ecdh refuses the secret that comes of it. Keys are public: the time depends on them.
package keycheck

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"math/big"
	"slices"
)

// montgomeryA is that of v² = u³ + A·u² + u, the form of RFC 7748 of both curves.
const montgomeryA = 486662

// Ed25519 reports why a key is not the canonical encoding of a point A ≠ 0 with L·A = 0: of
// a point of which the discrete logarithm to B exists, and no other encoding.
func Ed25519(key []byte) error {
	if len(key) != ed25519.PublicKeySize {
		return fmt.Errorf("a key of %d bytes, of %d", len(key), ed25519.PublicKeySize)
	}
	y := littleEndian(key)
	y.SetBit(y, 255, 0) // the sign of x
	one := big.NewInt(1)
	if y.Cmp(fieldPrime) >= 0 {
		return errors.New("a key that is not encoded canonically")
	}
	// y = 1 is 0, whose u is infinite; y = −1 has order 2 and u = 0, where the ladder errs
	if y.Cmp(one) == 0 || y.Cmp(new(big.Int).Sub(fieldPrime, one)) == 0 {
		return errors.New("a key of small order")
	}
	denominator := new(big.Int).ModInverse(new(big.Int).Sub(new(big.Int).Add(one, fieldPrime), y), fieldPrime)
	u := new(big.Int).Mul(y.Add(y, one), denominator) // u = (1 + y)/(1 − y)
	u.Mod(u, fieldPrime)
	switch {
	case !onMontgomery(u):
		return errors.New("a key that is no point of the curve")
	case !timesOrderIsZero(u):
		return errors.New("a key with a part of small order")
	}
	return nil
}

// X25519 reports why a key, of 32 bytes, is not the canonical encoding of a point, of the
// curve or of its twist, that is not of small order.
func X25519(key []byte) error {
	u := littleEndian(key)
	if u.Cmp(fieldPrime) >= 0 {
		return errors.New("not encoded canonically")
	}
	if hasSmallOrder(u) {
		return errors.New("of small order")
	}
	return nil
}

// onMontgomery reports whether u³ + A·u² + u is a square: whether u is of the curve, and
// not of its twist.
func onMontgomery(u *big.Int) bool {
	v := new(big.Int).Add(u, big.NewInt(montgomeryA))
	v.Mul(v, u).Add(v, big.NewInt(1)).Mul(v, u)
	return big.Jacobi(v.Mod(v, fieldPrime), fieldPrime) == 1
}

// timesOrderIsZero reports whether L·P = 0 for a point P ≠ 0 with u ≠ 0, by the ladder of
// RFC 7748, section 5: (x2 : z2) is a multiple of P and (x3 : z3) the one after it.
func timesOrderIsZero(u *big.Int) bool {
	u1, a24 := elementOf(u), element{(montgomeryA - 2) / 4}
	x2, z2, x3, z3 := element{1}, element{}, u1, element{1}
	for i := groupOrder.BitLen() - 1; i >= 0; i-- {
		if groupOrder.Bit(i) == 1 {
			x2, z2, x3, z3 = x3, z3, x2, z2
		}
		a, b := x2.add(z2), x2.sub(z2)
		da, cb := x3.sub(z3).mul(a), x3.add(z3).mul(b)
		aa, bb := a.mul(a), b.mul(b)
		e := aa.sub(bb)
		sum, difference := da.add(cb), da.sub(cb)
		x3, z3 = sum.mul(sum), u1.mul(difference.mul(difference))
		x2, z2 = aa.mul(bb), e.mul(aa.add(a24.mul(e)))
		if groupOrder.Bit(i) == 1 {
			x2, z2, x3, z3 = x3, z3, x2, z2
		}
	}
	return z2.isZero()
}

// hasSmallOrder reports whether 8·P = 0, for a point of the curve or of its twist: the
// orders of both are primes times 8 and 4.
func hasSmallOrder(u *big.Int) bool {
	x, z, coefficient := elementOf(u), element{1}, element{montgomeryA}
	for range 3 { // x' = (x² − z²)², z' = 4xz·(x² + A·xz + z²)
		xx, zz, xz := x.mul(x), z.mul(z), x.mul(z)
		d := xx.sub(zz)
		x, z = d.mul(d), xz.mul(element{4}).mul(xx.add(coefficient.mul(xz)).add(zz))
	}
	return z.isZero()
}

func littleEndian(b []byte) *big.Int {
	b = slices.Clone(b)
	slices.Reverse(b)
	return new(big.Int).SetBytes(b)
}
