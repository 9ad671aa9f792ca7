package keycheck

import (
	"crypto/ecdh"
	"crypto/ed25519"
	"crypto/sha512"
	"math/big"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/testrand"
)

func mod(v *big.Int) *big.Int    { return v.Mod(v, fieldPrime) }
func mul(a, b *big.Int) *big.Int { return mod(new(big.Int).Mul(a, b)) }

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
	small := testrand.EdwardsTorsion()
	require.Len(t, small, 8)
	for i, p := range small {
		require.Equal(t, i == 0, p.Y.Cmp(big.NewInt(1)) == 0)
		require.Error(t, Ed25519(p.Encode()), "%d·T", i)
	}
	for i := range byte(4) {
		key := ed25519.NewKeyFromSeed(slices.Repeat([]byte{i}, 32)).Public().(ed25519.PublicKey)
		a := testrand.DecodeEdwards(key)
		require.Equal(t, []byte(key), a.Encode())
		for j, s := range small {
			mixed := a.Add(s).Encode()
			if j == 0 {
				require.NoError(t, Ed25519(mixed))
				continue
			}
			require.ErrorContains(t, Ed25519(mixed), "part of small order", "%d·T", j)
		}
	}
	for y := new(big.Int).Set(fieldPrime); y.BitLen() == 255; y.Add(y, big.NewInt(1)) {
		for sign := range uint(2) {
			b := new(big.Int).SetBit(y, 255, sign).FillBytes(make([]byte, 32))
			slices.Reverse(b)
			require.ErrorContains(t, Ed25519(b), "canonically", "%x", b)
		}
	}
	for y := int64(0); y < 100; y++ { // every y is a point of the curve, or of its twist
		p, ok := testrand.EdwardsAt(big.NewInt(y))
		if p.X == nil {
			p.X = new(big.Int)
		}
		err := Ed25519(p.Encode())
		require.Equal(t, ok && y != 1 && p.Times(testrand.Order25519).Y.Cmp(big.NewInt(1)) == 0, err == nil, "y = %d: %v", y, err)
	}
	for _, n := range []int{0, 31, 33, 1 << 16} {
		require.Error(t, Ed25519(make([]byte, n)))
	}
	for _, sign := range []byte{0, 0x80} { // 0 with x = −0
		zero := append([]byte{1}, make([]byte, 31)...)
		zero[31] |= sign
		require.Error(t, Ed25519(zero))
	}
}

// What crypto/ecdh cannot agree on a secret with is refused, and no more but what is not
// canonical.
func TestX25519KeysOfStrangers(t *testing.T) {
	encode := func(u *big.Int) []byte {
		b := u.FillBytes(make([]byte, 32))
		slices.Reverse(b)
		return b
	}
	secret, err := ecdh.X25519().NewPrivateKey(sha512.New512_256().Sum(nil))
	require.NoError(t, err)
	agrees := func(key []byte) bool {
		public, err := ecdh.X25519().NewPublicKey(key)
		require.NoError(t, err)
		_, err = secret.ECDH(public)
		return err == nil
	}
	us := []*big.Int{new(big.Int).Sub(fieldPrime, big.NewInt(1))} // of order 4 on the twist
	for _, p := range testrand.EdwardsTorsion() {
		if d := new(big.Int).ModInverse(mod(new(big.Int).Sub(big.NewInt(1), p.Y)), fieldPrime); d != nil {
			us = append(us, mul(mod(new(big.Int).Add(big.NewInt(1), p.Y)), d))
		}
	}
	refused := make(map[string]bool)
	for _, u := range us {
		require.False(t, agrees(encode(u)))
		require.ErrorContains(t, X25519(encode(u)), "of small order")
		refused[u.String()] = true
	}
	require.Len(t, refused, 5)
	for u := int64(0); u < 200; u++ {
		key := encode(big.NewInt(u))
		require.Equal(t, agrees(key), X25519(key) == nil, "u = %d", u)
	}
	for v := new(big.Int).Set(fieldPrime); v.BitLen() == 255; v.Add(v, big.NewInt(1)) {
		require.ErrorContains(t, X25519(encode(v)), "canonically")
	}
}
