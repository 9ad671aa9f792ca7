package testrand

import (
	"crypto/ed25519"
	"crypto/sha512"
	"math/big"
	"slices"
)

// Numbers of the field of Curve25519 and of its subgroup.
var (
	Prime25519 = new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 255), big.NewInt(19))
	Order25519 = func() *big.Int { // L of RFC 8032
		c, _ := new(big.Int).SetString("27742317777372353535851937790883648493", 10)
		return c.Add(c, new(big.Int).Lsh(big.NewInt(1), 252))
	}()
)

// Edwards is a point of −x² + y² = 1 + d·x²·y², by formulas that the code does not use.
type Edwards struct{ X, Y *big.Int }

func mod(v *big.Int) *big.Int    { return v.Mod(v, Prime25519) }
func mul(a, b *big.Int) *big.Int { return mod(new(big.Int).Mul(a, b)) }
func inv(a *big.Int) *big.Int    { return new(big.Int).ModInverse(a, Prime25519) }
func neg(a *big.Int) *big.Int    { return mod(new(big.Int).Neg(a)) }

var edwardsD = mul(big.NewInt(-121665), inv(big.NewInt(121666)))

// Add is the sum of two points.
func (p Edwards) Add(q Edwards) Edwards {
	one := big.NewInt(1)
	d := mul(edwardsD, mul(mul(p.X, q.X), mul(p.Y, q.Y)))
	x := mod(new(big.Int).Add(mul(p.X, q.Y), mul(p.Y, q.X)))
	y := mod(new(big.Int).Add(mul(p.Y, q.Y), mul(p.X, q.X)))
	return Edwards{mul(x, inv(mod(new(big.Int).Add(one, d)))), mul(y, inv(mod(new(big.Int).Sub(one, d))))}
}

// Times is n times the point.
func (p Edwards) Times(n *big.Int) Edwards {
	sum := Edwards{new(big.Int), big.NewInt(1)}
	for i := n.BitLen() - 1; i >= 0; i-- {
		if sum = sum.Add(sum); n.Bit(i) == 1 {
			sum = sum.Add(p)
		}
	}
	return sum
}

// Encode is the encoding of RFC 8032.
func (p Edwards) Encode() []byte {
	b := new(big.Int).SetBit(p.Y, 255, p.X.Bit(0)).FillBytes(make([]byte, 32))
	slices.Reverse(b)
	return b
}

// EdwardsAt is the point with a y, if the curve has one.
func EdwardsAt(y *big.Int) (Edwards, bool) {
	yy := mul(y, y)
	xx := mul(mod(new(big.Int).Sub(yy, big.NewInt(1))), inv(mod(new(big.Int).Add(mul(edwardsD, yy), big.NewInt(1)))))
	x := new(big.Int).ModSqrt(xx, Prime25519)
	return Edwards{x, y}, x != nil
}

// DecodeEdwards is the point that Encode has encoded.
func DecodeEdwards(b []byte) Edwards {
	y := littleEndian(b)
	sign := y.Bit(255)
	p, ok := EdwardsAt(y.SetBit(y, 255, 0))
	if !ok {
		panic("no point")
	}
	if p.X.Bit(0) != sign {
		p.X = neg(p.X)
	}
	return p
}

// EdwardsTorsion are the eight points of small order.
func EdwardsTorsion() (points []Edwards) {
	for y := int64(2); ; y++ {
		p, ok := EdwardsAt(big.NewInt(y))
		if !ok {
			continue
		}
		t := p.Times(Order25519)
		if points = nil; t.Times(big.NewInt(4)).Y.Cmp(big.NewInt(1)) == 0 {
			continue // of a smaller order than 8
		}
		for i := range int64(8) {
			points = append(points, t.Times(big.NewInt(i)))
		}
		return points
	}
}

// MixedKey is A + T with T of order 2, and who knows the logarithm of A to sign with it:
// for a nonce for which k is even, R = S·B − k·(A + T) is r·B.
func MixedKey(seed []byte) (key []byte, sign func(message []byte) []byte) {
	scalar := func(seed []byte) *big.Int { // RFC 8032, section 5.1.5
		h := sha512.Sum512(seed)
		h[0], h[31] = h[0]&248, h[31]&127|64
		return littleEndian(h[:32])
	}
	public := func(seed []byte) []byte { return ed25519.NewKeyFromSeed(seed).Public().(ed25519.PublicKey) }
	key = DecodeEdwards(public(seed)).Add(EdwardsTorsion()[4]).Encode()
	return key, func(message []byte) []byte {
		for i := byte(0); ; i++ {
			nonce := slices.Repeat([]byte{i}, 32)
			r := public(nonce)
			h := sha512.Sum512(slices.Concat(r, key, message))
			k := littleEndian(h[:])
			if k.Mod(k, Order25519).Bit(0) != 0 {
				continue
			}
			s := k.Mul(k, scalar(seed)).Add(k, scalar(nonce))
			b := s.Mod(s, Order25519).FillBytes(make([]byte, 32))
			slices.Reverse(b)
			return append(r, b...)
		}
	}
}

func littleEndian(b []byte) *big.Int {
	b = slices.Clone(b)
	slices.Reverse(b)
	return new(big.Int).SetBytes(b)
}
