package ifma

import (
	"math/bits"

	"github.com/consensys/gnark-crypto/ecc/bls12-381/fp"
)

// The kernels' results in Go, limb for limb.

const mask52 = 1<<52 - 1

var (
	modulus = [8]uint64{
		0xeffffffffaaab, 0xfeb153ffffb9f, 0x6b0f6241eabff, 0x12bf6730d2a0f,
		0x764774b84f385, 0x1ba7b6434bacd, 0x1ea397fe69a4b, 0x1a011,
	}
	modulusInverse uint64 // −1/p modulo 2^52
	multiple       = timesModulus(4097)
	twice          = timesModulus(2)
)

const reciprocal = 1 << 36 / (0x1a011 + 1)

func init() {
	x := uint64(1)
	for range 6 { // Newton: right bits double
		x *= 2 - modulus[0]*x
	}
	modulusInverse = -x & mask52
}

// timesModulus is k·p.
func timesModulus(k uint64) (z [8]uint64) {
	carry := uint64(0)
	for j, v := range modulus {
		hi, lo := bits.Mul64(v, k)
		lo, c := bits.Add64(lo, carry, 0)
		z[j], carry = lo&mask52, (hi+c)<<12|lo>>52
	}
	return z
}

// sum is a number of 9 limbs.
type sum [9]uint64

// addMultiple adds m·y, for an m below 2^52.
func (t *sum) addMultiple(m uint64, y *[8]uint64) {
	carry := uint64(0)
	for j := range y {
		hi, lo := bits.Mul64(m, y[j])
		lo, c := bits.Add64(lo, t[j]+carry, 0)
		t[j], carry = lo&mask52, (hi+c)<<12|lo>>52
	}
	t[8] += carry
}

// lane is the limbs of one.
func (z *Element) lane(l int) (v [8]uint64) {
	for j := range v {
		v[j] = z[j][l]
	}
	return v
}

// set puts limbs into a lane, after their carries, modulo 2^416.
func (z *Element) set(l int, v *[8]int64) {
	carry := int64(0)
	for j := range v {
		carry += v[j]
		z[j][l] = uint64(carry) & mask52
		carry >>= 52
	}
}

func (z *Element) mul(x, y *Element) {
	for l := range Lanes {
		a, b := x.lane(l), y.lane(l)
		var t sum
		for i := range a {
			t.addMultiple(a[i], &b)
			t.addMultiple(t[0]*modulusInverse&mask52, &modulus)
			copy(t[:], t[1:])
			t[8] = 0
		}
		for j := range b {
			z[j][l] = t[j]
		}
	}
}

func (z *Element) add(x, y *Element) {
	for l := range Lanes {
		var v [8]int64
		for j := range v {
			v[j] = int64(x[j][l] + y[j][l])
		}
		z.set(l, &v)
	}
}

func (z *Element) sub(x, y *Element) {
	for l := range Lanes {
		var v [8]int64
		for j := range v {
			v[j] = int64(multiple[j]+x[j][l]) - int64(y[j][l])
		}
		q := uint64(v[7]+v[6]>>52-1) * reciprocal >> 36
		carry := uint64(0)
		for j := range v {
			hi, lo := bits.Mul64(q, modulus[j])
			lo, c := bits.Add64(lo, carry, 0)
			v[j] -= int64(lo & mask52)
			carry = (hi+c)<<12 | lo>>52
		}
		z.set(l, &v)
	}
}

func (z *Element) halve(x *Element) {
	for l := range Lanes {
		v := x.lane(l)
		odd, carry := v[0]&1, uint64(0)
		for j := range v {
			carry += v[j] + odd*modulus[j]
			v[j], carry = carry&mask52, carry>>52
		}
		for j := range v {
			z[j][l] = v[j] >> 1
			if j < 7 {
				z[j][l] |= v[j+1] << 51 & mask52
			}
		}
	}
}

func (x *Element) zeros() (mask uint8) {
	for l := range Lanes {
		if v := x.lane(l); v == [8]uint64{} || v == modulus || v == twice {
			mask |= 1 << l
		}
	}
	return mask
}

func (z *Element) blend(mask uint8, x, y *Element) {
	for l := range Lanes {
		from := y
		if mask>>l&1 != 0 {
			from = x
		}
		for j := range z {
			z[j][l] = from[j][l]
		}
	}
}

// split puts a number into a lane.
func (z *Element) split(l int, w *fp.Element) {
	for j := range z {
		word, bit := 52*j/64, 52*j%64
		v := w[word] >> bit
		if bit > 12 && word < 5 {
			v |= w[word+1] << (64 - bit)
		}
		z[j][l] = v & mask52
	}
}

// join is a lane's number, reduced; it is below 2p.
func (x *Element) join(l int) (w fp.Element) {
	v := x.lane(l)
	var less [8]uint64
	borrow := int64(0)
	for j := range v {
		borrow += int64(v[j]) - int64(modulus[j])
		less[j], borrow = uint64(borrow)&mask52, borrow>>52
	}
	if borrow == 0 {
		v = less
	}
	for j := range v {
		word, bit := 52*j/64, 52*j%64
		w[word] |= v[j] << bit
		if bit > 12 && word < 5 {
			w[word+1] |= v[j] >> (64 - bit)
		}
	}
	return w
}
