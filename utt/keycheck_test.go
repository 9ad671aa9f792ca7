package utt

import (
	"crypto/ecdh"
	"crypto/ed25519"
	"crypto/sha512"
	"math/big"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// edwards is a point of −x² + y² = 1 + d·x²·y², by formulas that the code does not use.
type edwards struct{ x, y *big.Int }

func mod(v *big.Int) *big.Int    { return v.Mod(v, fieldPrime) }
func mul(a, b *big.Int) *big.Int { return mod(new(big.Int).Mul(a, b)) }
func inv(a *big.Int) *big.Int    { return new(big.Int).ModInverse(a, fieldPrime) }
func neg(a *big.Int) *big.Int    { return mod(new(big.Int).Neg(a)) }

var edwardsD = mul(big.NewInt(-121665), inv(big.NewInt(121666)))

func (p edwards) add(q edwards) edwards {
	one := big.NewInt(1)
	d := mul(edwardsD, mul(mul(p.x, q.x), mul(p.y, q.y)))
	x := mod(new(big.Int).Add(mul(p.x, q.y), mul(p.y, q.x)))
	y := mod(new(big.Int).Add(mul(p.y, q.y), mul(p.x, q.x)))
	return edwards{mul(x, inv(mod(new(big.Int).Add(one, d)))), mul(y, inv(mod(new(big.Int).Sub(one, d))))}
}

func (p edwards) times(n *big.Int) edwards {
	sum := edwards{new(big.Int), big.NewInt(1)}
	for i := n.BitLen() - 1; i >= 0; i-- {
		if sum = sum.add(sum); n.Bit(i) == 1 {
			sum = sum.add(p)
		}
	}
	return sum
}

func (p edwards) encode() []byte {
	b := new(big.Int).SetBit(p.y, 255, p.x.Bit(0)).FillBytes(make([]byte, 32))
	slices.Reverse(b)
	return b
}

// at is a point with a y, if the curve has one.
func edwardsAt(y *big.Int) (edwards, bool) {
	yy := mul(y, y)
	xx := mul(mod(new(big.Int).Sub(yy, big.NewInt(1))), inv(mod(new(big.Int).Add(mul(edwardsD, yy), big.NewInt(1)))))
	x := new(big.Int).ModSqrt(xx, fieldPrime)
	return edwards{x, y}, x != nil
}

func decodeEdwards(b []byte) edwards {
	y := littleEndian(b)
	sign := y.Bit(255)
	p, ok := edwardsAt(y.SetBit(y, 255, 0))
	if !ok {
		panic("no point")
	}
	if p.x.Bit(0) != sign {
		p.x = neg(p.x)
	}
	return p
}

// torsion are the eight points of small order.
func torsion() (points []edwards) {
	for y := int64(2); ; y++ {
		p, ok := edwardsAt(big.NewInt(y))
		if !ok {
			continue
		}
		t := p.times(groupOrder)
		if points = nil; t.times(big.NewInt(4)).y.Cmp(big.NewInt(1)) == 0 {
			continue // of a smaller order than 8
		}
		for i := range int64(8) {
			points = append(points, t.times(big.NewInt(i)))
		}
		return points
	}
}

// Elements compute as big numbers do, on all that is near a multiple of p, a word's end, or
// at random.
func TestElements(t *testing.T) {
	top := new(big.Int).Lsh(big.NewInt(1), 256)
	var values []*big.Int
	for _, v := range []*big.Int{new(big.Int), fieldPrime, new(big.Int).Lsh(fieldPrime, 1), top,
		new(big.Int).Lsh(big.NewInt(1), 64), new(big.Int).Lsh(big.NewInt(1), 128), new(big.Int).Lsh(big.NewInt(1), 192)} {
		for d := int64(-40); d <= 40; d += 2 {
			if w := new(big.Int).Add(v, big.NewInt(d)); w.Sign() >= 0 && w.Cmp(top) < 0 {
				values = append(values, w)
			}
		}
	}
	values = append(values, fieldPrime, new(big.Int).Sub(fieldPrime, big.NewInt(1)), big.NewInt(1), new(big.Int).Sub(top, big.NewInt(1)))
	for i := range byte(20) {
		h := sha512.Sum512_256([]byte{i})
		values = append(values, new(big.Int).SetBytes(h[:]))
	}
	whole := func(v *big.Int) (e element) { // not reduced
		for i := range e {
			e[i] = new(big.Int).And(new(big.Int).Rsh(v, uint(64*i)), new(big.Int).SetUint64(1<<64-1)).Uint64()
		}
		return e
	}
	value := func(e element) *big.Int {
		v := new(big.Int)
		for i := 3; i >= 0; i-- {
			v.Lsh(v, 64).Or(v, new(big.Int).SetUint64(e[i]))
		}
		return mod(v)
	}
	for _, a := range values {
		x := whole(a)
		require.Zero(t, value(x).Cmp(mod(new(big.Int).Set(a))), "%x", a)
		require.Zero(t, value(x).Cmp(value(elementOf(a))), "%x", a)
		require.Equal(t, value(x).Sign() == 0, x.isZero(), "%x", a)
		for _, b := range values {
			y := whole(b)
			require.Zero(t, value(x.add(y)).Cmp(mod(new(big.Int).Add(a, b))), "%x + %x", a, b)
			require.Zero(t, value(x.sub(y)).Cmp(mod(new(big.Int).Sub(a, b))), "%x - %x", a, b)
			require.Zero(t, value(x.mul(y)).Cmp(mul(a, b)), "%x * %x", a, b)
		}
	}
}

// Of the points A + T with T of small order only A is a key, and of encodings only the
// canonical ones.
func TestEd25519KeysOfStrangers(t *testing.T) {
	small := torsion()
	require.Len(t, small, 8)
	for i, p := range small {
		require.Equal(t, i == 0, p.y.Cmp(big.NewInt(1)) == 0)
		require.ErrorContains(t, checkEd25519(p.encode()), "[REG-KEY]", "%d·T", i)
	}
	for i := range byte(4) {
		key := ed25519.NewKeyFromSeed(slices.Repeat([]byte{i}, 32)).Public().(ed25519.PublicKey)
		a := decodeEdwards(key)
		require.Equal(t, []byte(key), a.encode())
		for j, s := range small {
			mixed := a.add(s).encode()
			if j == 0 {
				require.NoError(t, checkEd25519(mixed))
				continue
			}
			require.ErrorContains(t, checkEd25519(mixed), "part of small order", "%d·T", j)
		}
	}
	for y := new(big.Int).Set(fieldPrime); y.BitLen() == 255; y.Add(y, big.NewInt(1)) {
		for sign := range uint(2) {
			b := new(big.Int).SetBit(y, 255, sign).FillBytes(make([]byte, 32))
			slices.Reverse(b)
			require.ErrorContains(t, checkEd25519(b), "canonically", "%x", b)
		}
	}
	for y := int64(0); y < 100; y++ { // every y is a point of the curve, or of its twist
		p, ok := edwardsAt(big.NewInt(y))
		if p.x == nil {
			p.x = new(big.Int)
		}
		err := checkEd25519(p.encode())
		require.Equal(t, ok && y != 1 && p.times(groupOrder).y.Cmp(big.NewInt(1)) == 0, err == nil, "y = %d: %v", y, err)
	}
	for _, n := range []int{0, 31, 33, 1 << 16} {
		require.Error(t, checkEd25519(make([]byte, n)))
	}
	for _, sign := range []byte{0, 0x80} { // 0 with x = −0
		zero := append([]byte{1}, make([]byte, 31)...)
		zero[31] |= sign
		require.Error(t, checkEd25519(zero))
	}
}

// What crypto/ecdh cannot agree on a secret with is refused, and no more but what is not
// canonical.
func TestAddressesOfStrangers(t *testing.T) {
	private, err := addressKEM.DeriveKeyPair(make([]byte, 32))
	require.NoError(t, err)
	honest := private.PublicKey().Bytes()
	require.NoError(t, checkAddress(honest))
	with := func(u *big.Int) []byte {
		half := u.FillBytes(make([]byte, 32))
		slices.Reverse(half)
		return append(slices.Clone(honest[:len(honest)-32]), half...)
	}
	secret, err := ecdh.X25519().NewPrivateKey(sha512.New512_256().Sum(nil))
	require.NoError(t, err)
	agrees := func(address []byte) bool {
		public, err := ecdh.X25519().NewPublicKey(address[len(address)-32:])
		require.NoError(t, err)
		_, err = secret.ECDH(public)
		return err == nil
	}
	us := []*big.Int{new(big.Int).Sub(fieldPrime, big.NewInt(1))} // of order 4 on the twist
	for _, p := range torsion() {
		if d := new(big.Int).ModInverse(mod(new(big.Int).Sub(big.NewInt(1), p.y)), fieldPrime); d != nil {
			us = append(us, mul(mod(new(big.Int).Add(big.NewInt(1), p.y)), d))
		}
	}
	refused := make(map[string]bool)
	for _, u := range us {
		require.False(t, agrees(with(u)))
		require.ErrorContains(t, checkAddress(with(u)), "of small order")
		refused[u.String()] = true
	}
	require.Len(t, refused, 5)
	for u := int64(0); u < 200; u++ {
		address := with(big.NewInt(u))
		require.Equal(t, agrees(address), checkAddress(address) == nil, "u = %d", u)
	}
	for v := new(big.Int).Set(fieldPrime); v.BitLen() == 255; v.Add(v, big.NewInt(1)) {
		require.ErrorContains(t, checkAddress(with(v)), "canonically")
	}
	masked := slices.Clone(honest) // RFC 7748 ignores the bit
	masked[len(masked)-1] |= 0x80
	require.True(t, agrees(masked))
	require.ErrorContains(t, checkAddress(masked), "canonically")

	for at := 0; at < 1152; at += 3 { // every pair of coefficients of ML-KEM, of 12 bits each
		for _, b := range [][3]byte{{0x01, 0x0d, 0}, {0, 0x10, 0xd0}, {0xff, 0xff, 0xff}} { // q = 0xd01
			address := slices.Clone(honest)
			copy(address[at:], b[:])
			require.ErrorContains(t, checkAddress(address), "no public key", "coefficient at %d", at)
		}
	}
	for _, n := range []int{0, addressSize - 1, addressSize + 1} {
		require.Error(t, checkAddress(make([]byte, n)))
	}
}

// mixedKey is A + T with T of order 2, and who knows the logarithm of A to sign with it:
// for a nonce for which k is even, R = S·B − k·(A + T) is r·B.
func mixedKey(seed []byte) (key []byte, sign func(message []byte) []byte) {
	scalar := func(seed []byte) *big.Int { // RFC 8032, section 5.1.5
		h := sha512.Sum512(seed)
		h[0], h[31] = h[0]&248, h[31]&127|64
		return littleEndian(h[:32])
	}
	public := func(seed []byte) []byte { return ed25519.NewKeyFromSeed(seed).Public().(ed25519.PublicKey) }
	key = decodeEdwards(public(seed)).add(torsion()[4]).encode()
	return key, func(message []byte) []byte {
		for i := byte(0); ; i++ {
			nonce := slices.Repeat([]byte{i}, 32)
			r := public(nonce)
			h := sha512.Sum512(slices.Concat(r, key, message))
			k := littleEndian(h[:])
			if k.Mod(k, groupOrder).Bit(0) != 0 {
				continue
			}
			s := k.Mul(k, scalar(seed)).Add(k, scalar(nonce))
			b := s.Mod(s, groupOrder).FillBytes(make([]byte, 32))
			slices.Reverse(b)
			return append(r, b...)
		}
	}
}
