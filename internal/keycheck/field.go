package keycheck

import (
	"math/big"
	"math/bits"
)

// Numbers of the field of Curve25519 and of its subgroup.
var (
	fieldPrime = new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 255), big.NewInt(19))
	groupOrder = func() *big.Int { // L of RFC 8032
		c, _ := new(big.Int).SetString("27742317777372353535851937790883648493", 10)
		return c.Add(c, new(big.Int).Lsh(big.NewInt(1), 252))
	}()
)

// element is a number modulo p = 2^255 − 19, in four words from the lowest, below 2^256
// and not reduced further: 2^256 ≡ 38. Public values only: its time may depend on them.
type element [4]uint64

func elementOf(v *big.Int) (e element) {
	b := new(big.Int).Mod(v, fieldPrime).FillBytes(make([]byte, 32))
	for i, c := range b {
		e[3-i/8] = e[3-i/8]<<8 | uint64(c)
	}
	return e
}

// isZero reports e ≡ 0: below 2^256 there are 0, p and 2p.
func (e element) isZero() bool {
	high := e[1] & e[2]
	switch e[0] {
	case 0:
		return e == element{}
	case 1<<64 - 19: // p
		return high == 1<<64-1 && e[3] == 1<<63-1
	case 1<<64 - 38: // 2p
		return high == 1<<64-1 && e[3] == 1<<64-1
	}
	return false
}

// plus38 is e + 38·n for a small n; of 2^256 that it goes above there are 38 more.
func (e element) plus38(n uint64) element {
	for n > 0 {
		var c uint64
		e[0], c = bits.Add64(e[0], 38*n, 0)
		for i := 1; i < 4; i++ {
			e[i], c = bits.Add64(e[i], 0, c)
		}
		n = c
	}
	return e
}

func (e element) add(f element) element {
	var c uint64
	for i := range e {
		e[i], c = bits.Add64(e[i], f[i], c)
	}
	return e.plus38(c)
}

func (e element) sub(f element) element {
	var b uint64
	for i := range e {
		e[i], b = bits.Sub64(e[i], f[i], b)
	}
	for b > 0 { // e − f + 2^256 is 38 too many
		e[0], b = bits.Sub64(e[0], 38, 0)
		for i := 1; i < 4; i++ {
			e[i], b = bits.Sub64(e[i], 0, b)
		}
	}
	return e
}

func (e element) mul(f element) element {
	var t [8]uint64
	for i, a := range e {
		var carry uint64
		for j, b := range f {
			hi, lo := bits.Mul64(a, b)
			var c uint64
			lo, c = bits.Add64(lo, t[i+j], 0)
			hi += c
			lo, c = bits.Add64(lo, carry, 0)
			hi += c
			t[i+j], carry = lo, hi
		}
		t[i+4] = carry
	}
	var r element
	var carry uint64
	for i := range r { // low + 38·high
		hi, lo := bits.Mul64(t[4+i], 38)
		var c uint64
		lo, c = bits.Add64(lo, t[i], 0)
		hi += c
		lo, c = bits.Add64(lo, carry, 0)
		hi += c
		r[i], carry = lo, hi
	}
	return r.plus38(carry)
}
