package ifma

import (
	"flag"
	"math/big"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/consensys/gnark-crypto/ecc/bls12-381/fp"
	"github.com/stretchr/testify/require"
)

var multiplications = flag.Int("multiplications", 1_000_000, "how many are compared with gnark-crypto's")

// eachWay runs a test in Go, and with the kernels where there are some.
func eachWay(t *testing.T, f func(t *testing.T)) {
	before := Enabled
	t.Cleanup(func() { Enabled = before })
	Enabled = false
	t.Run("go", f)
	if Enabled = before; Enabled {
		t.Run("kernels", f)
	}
}

func random(source *rand.Rand) (e fp.Element) {
	for i := range e {
		e[i] = source.Uint64()
	}
	e[5] %= 0x1a0111ea397fe69a // less than p
	return e
}

// edges are numbers whose limbs and words are at their bounds, all below p.
func edges() []fp.Element {
	p := fp.Modulus()
	var all []fp.Element
	add := func(v *big.Int) {
		if v.Sign() >= 0 && v.Cmp(p) < 0 {
			all = append(all, words(v))
		}
	}
	for d := range int64(3) {
		add(big.NewInt(d))
		add(new(big.Int).Sub(p, big.NewInt(d)))
		half := new(big.Int).Rsh(p, 1)
		add(half.Add(half, big.NewInt(d-1)))
	}
	for _, n := range []uint{32, 51, 52, 53, 64, 104, 156, 208, 260, 312, 363, 364, 365, 380} {
		for d := int64(-1); d <= 1; d++ {
			v := new(big.Int).Lsh(big.NewInt(1), n)
			add(v.Add(v, big.NewInt(d)))
			add(new(big.Int).Sub(p, v))
		}
	}
	return all
}

// words are those of a number below 2^384.
func words(v *big.Int) (e fp.Element) {
	for i := range e {
		e[i] = new(big.Int).Rsh(v, uint(64*i)).Uint64() // the lowest word
	}
	return e
}

func (x *Element) number(l int) *big.Int {
	v := new(big.Int)
	for j := 7; j >= 0; j-- {
		v.Lsh(v, 52).Add(v, new(big.Int).SetUint64(x[j][l]))
	}
	return v
}

func (x *Element) setNumber(l int, v *big.Int) {
	for j := range x {
		x[j][l] = new(big.Int).Rsh(v, uint(52*j)).Uint64() & mask52
	}
}

func pointers(e *[Lanes]fp.Element) (p Pointers) {
	for l := range e {
		p[l] = &e[l]
	}
	return p
}

func load(e *[Lanes]fp.Element) (z Element) {
	p := pointers(e)
	z.Load(&p)
	return z
}

func (x *Element) elements() (e [Lanes]fp.Element) {
	p := pointers(&e)
	x.Store(&p)
	return e
}

// compare requires that all functions do to x and y what gnark-crypto does.
func compare(t *testing.T, x, y *[Lanes]fp.Element) {
	u, v := load(x), load(y)
	require.Equal(t, *x, u.elements())
	check := func(name string, z *Element, want func(l int) fp.Element) {
		for l, e := range z.elements() {
			if w := want(l); e != w {
				t.Fatalf("%s of %v and %v is %v, not %v, in lane %d", name, x[l], y[l], e, w, l)
			}
		}
	}
	var z Element
	z.Mul(&u, &v)
	check("Mul", &z, func(l int) (e fp.Element) { e.Mul(&x[l], &y[l]); return e })
	product := z
	z.Square(&u)
	check("Square", &z, func(l int) (e fp.Element) { e.Square(&x[l]); return e })
	z.Sub(&z, &product)
	check("Sub", &z, func(l int) (e fp.Element) {
		var f fp.Element
		e.Square(&x[l])
		f.Mul(&x[l], &y[l])
		e.Sub(&e, &f)
		return e
	})
	z.Neg(&u)
	check("Neg", &z, func(l int) (e fp.Element) { e.Neg(&x[l]); return e })
	z.Halve(&v)
	check("Halve", &z, func(l int) (e fp.Element) { e = y[l]; e.Halve(); return e })
	z.Add(&u, &v)
	check("Add", &z, func(l int) (e fp.Element) { e.Add(&x[l], &y[l]); return e })
	z.Mul(&z, &z)
	check("Mul of a sum", &z, func(l int) (e fp.Element) { e.Add(&x[l], &y[l]); e.Square(&e); return e })
	z.Sub(&u, &v)
	for l := range x {
		require.Equal(t, x[l] == y[l], z.Zeros()>>l&1 != 0)
	}
	for l := range x {
		require.Equal(t, x[l].Bits()[0]&1 != 0, u.Odd()>>l&1 != 0)
	}
	inverses := []Element{u, v}
	none := slices.ContainsFunc(append(x[:], y[:]...), func(e fp.Element) bool { return e.IsZero() })
	require.Equal(t, !none, Invert(inverses))
	for i, of := range []*[Lanes]fp.Element{x, y} {
		check("Invert", &inverses[i], func(l int) (e fp.Element) {
			if e = of[l]; !none {
				e.Inverse(&e)
			}
			return e
		})
	}
	var scaled [Lanes]fp.Element
	from, to := pointers(x), pointers(&scaled)
	v.Scale(&to, &from)
	for l := range scaled {
		var e fp.Element
		require.Equal(t, *e.Mul(&x[l], &y[l]), scaled[l])
	}
	z.Blend(0b10110010, &u, &v)
	check("Blend", &z, func(l int) fp.Element {
		if 0b10110010>>l&1 != 0 {
			return x[l]
		}
		return y[l]
	})
}

func TestEdges(t *testing.T) {
	all := edges()
	eachWay(t, func(t *testing.T) {
		for i := range all {
			for j := 0; j < len(all); j += Lanes {
				var x, y [Lanes]fp.Element
				for l := range x {
					x[l], y[l] = all[(i+l)%len(all)], all[(j+2*l)%len(all)]
				}
				compare(t, &x, &y)
				for l := range x {
					x[l] = all[i]
				}
				compare(t, &x, &x)
				for l := range x {
					y[l].Neg(&x[l])
				}
				compare(t, &x, &y)
			}
		}
	})
}

func TestRandom(t *testing.T) {
	eachWay(t, func(t *testing.T) {
		source := rand.New(rand.NewPCG(1, 2))
		n := *multiplications / Lanes
		if !Enabled {
			n = min(n, 10_000)
		}
		var x, y, product [Lanes]fp.Element
		to := pointers(&product)
		for l := range x {
			x[l], y[l] = random(source), random(source)
		}
		compare(t, &x, &y)
		// x ← x·y, y ← (x − y)·x², each compared
		u, v := load(&x), load(&y)
		for i := range n {
			u.Mul(&u, &v)
			for l := range x {
				x[l].Mul(&x[l], &y[l])
			}
			u.Store(&to)
			if product != x {
				t.Fatalf("multiplication %d: %v, not %v", i, product, x)
			}
			var w Element
			w.Square(&u)
			v.Sub(&u, &v)
			v.Mul(&v, &w)
			for l := range y {
				var s fp.Element
				s.Square(&x[l])
				y[l].Sub(&x[l], &y[l])
				y[l].Mul(&y[l], &s)
			}
			if i%64 == 0 {
				v.Store(&to)
				if product != y {
					t.Fatalf("after %d: %v, not %v", i, product, y)
				}
				u = load(&x)
			}
		}
		compare(t, &x, &y)
	})
}

// At the bounds that doc.go gives, results are right and in theirs.
func TestBounds(t *testing.T) {
	p := fp.Modulus()
	times := func(n int64) *big.Int { return new(big.Int).Mul(p, big.NewInt(n)) }
	rInverse := new(big.Int).ModInverse(new(big.Int).Lsh(big.NewInt(1), 416), p)
	ones := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 364), big.NewInt(1)) // limbs of ones
	most := new(big.Int).Sub(times(4096), big.NewInt(1))
	values := []*big.Int{new(big.Int), big.NewInt(1), p, times(2), times(1000), most, ones, times(4095)}
	for n := int64(1); n < 4096; n *= 2 { // at and beside multiples of p and of the top limb
		top := new(big.Int).Lsh(big.NewInt(n*(0x1a011+1)), 364)
		for d := int64(-1); d <= 1; d++ {
			values = append(values, new(big.Int).Add(times(n), big.NewInt(d)))
			if v := new(big.Int).Add(top, big.NewInt(d)); v.Cmp(most) < 0 {
				values = append(values, v)
			}
		}
	}
	source := rand.New(rand.NewPCG(3, 4))
	for range 50 {
		v := new(big.Int)
		for range 7 {
			v.Lsh(v, 64).Add(v, new(big.Int).SetUint64(source.Uint64()))
		}
		values = append(values, v.Mod(v, most))
	}
	eachWay(t, func(t *testing.T) {
		for i, a := range values {
			for j := 0; j < len(values); j += Lanes {
				var x, y, z Element
				for l := range Lanes {
					x.setNumber(l, a)
					y.setNumber(l, values[(i+j+l)%len(values)])
				}
				check := func(name string, bound int64, want func(b *big.Int) *big.Int) {
					for l := range Lanes {
						got := z.number(l)
						for j := range z {
							require.Less(t, z[j][l], uint64(1)<<52, name)
						}
						require.Negative(t, got.Cmp(new(big.Int).Div(times(bound), big.NewInt(1000))), "%s: %x %x", name, a, y.number(l))
						w := want(y.number(l))
						require.Zero(t, w.Sub(w, got).Mod(w, p).Sign(), "%s: %x %x", name, a, y.number(l))
					}
				}
				z.Mul(&x, &y)
				check("Mul", 1001, func(b *big.Int) *big.Int { return b.Mul(b, a).Mul(b, rInverse) })
				z.Square(&y)
				check("Square", 1001, func(b *big.Int) *big.Int { return b.Mul(b, b).Mul(b, rInverse) })
				z.Sub(&x, &y)
				check("Sub", 1100, func(b *big.Int) *big.Int { return b.Sub(a, b) })
				z.Add(&x, &y)
				check("Add", 2*4096*1000, func(b *big.Int) *big.Int { return b.Add(a, b) })
				z.Halve(&y)
				check("Halve", 2049*1000, func(b *big.Int) *big.Int {
					if b.Bit(0) != 0 {
						b.Add(b, p)
					}
					return b.Rsh(b, 1)
				})
			}
		}
	})
}

// The kernels and the functions in Go leave the same limbs.
func TestSameLimbs(t *testing.T) {
	if !Enabled {
		require.NotPanics(t, func() { new(Element).Mul(&One, &One) })
		return
	}
	source := rand.New(rand.NewPCG(5, 6))
	for range 2000 {
		var x, y, z, w Element
		for j := range x {
			for l := range x[j] {
				x[j][l], y[j][l] = source.Uint64()&mask52, source.Uint64()&mask52
				if source.IntN(4) == 0 {
					x[j][l] = mask52 * (x[j][l] & 1)
				}
				if j == 7 { // below 2^12·p
					x[j][l], y[j][l] = x[j][l]%(0x1a011<<12), y[j][l]%(0x1a011<<12)
				}
			}
		}
		z.Mul(&x, &y)
		w.mul(&x, &y)
		require.Equal(t, w, z)
		z.Square(&x)
		w.mul(&x, &x)
		require.Equal(t, w, z)
		z.Sub(&x, &y)
		w.sub(&x, &y)
		require.Equal(t, w, z)
		z.Add(&x, &y)
		w.add(&x, &y)
		require.Equal(t, w, z)
		z.Halve(&x)
		w.halve(&x)
		require.Equal(t, w, z)
		x.Mul(&x, &y)
		z.shift(&x)
		Enabled = false
		w.shift(&x)
		Enabled = true
		require.Equal(t, w, z)
		for l := range Lanes {
			require.Equal(t, new(big.Int).Lsh(x.number(l), 32), z.number(l))
		}
	}
}

// The functions in Go know what the kernels' generator knows.
func TestConstants(t *testing.T) {
	p := fp.Modulus()
	var m Element
	for l := range Lanes {
		for j := range m {
			m[j][l] = modulus[j]
		}
	}
	require.Equal(t, p, m.number(3))
	eachWay(t, func(t *testing.T) {
		require.Equal(t, uint8(0xff), m.Zeros())
		var twice Element
		twice.Add(&m, &m)
		require.Equal(t, uint8(0xff), twice.Zeros())
		require.Equal(t, uint8(0xff), new(Element).Zeros())
		for l := range Lanes {
			for j := range m {
				one := twice
				one[j][l] ^= 1
				require.Equal(t, ^(uint8(1) << l), one.Zeros())
				one = m
				one[j][l] ^= 1
				require.Equal(t, ^(uint8(1) << l), one.Zeros())
			}
		}
	})
	require.Equal(t, uint64(mask52), modulus[0]*modulusInverse&mask52)
	require.Equal(t, [Lanes]fp.Element{fp.One(), fp.One(), fp.One(), fp.One(), fp.One(), fp.One(), fp.One(), fp.One()}, One.elements())
}

// UTT_LANES=off turns the kernels off.
func TestEnvironment(t *testing.T) {
	const inside = "UTT_TEST_ENVIRONMENT"
	if os.Getenv(inside) != "" {
		require.False(t, Enabled)
		return
	}
	self := exec.Command(os.Args[0], "-test.run", "^TestEnvironment$")
	self.Env = append(os.Environ(), "UTT_LANES=off", inside+"=1")
	out, err := self.CombinedOutput()
	require.NoError(t, err, "%s", out)
	if os.Getenv("UTT_LANES") == "" {
		require.Equal(t, supported(), Enabled)
	}
}

// The assembly is what the generator makes.
func TestGenerated(t *testing.T) {
	made := filepath.Join(t.TempDir(), "lanes.s")
	out, err := exec.Command("go", "run", "./gen", "-o", made).CombinedOutput()
	require.NoError(t, err, "%s", out)
	want, err := os.ReadFile(made)
	require.NoError(t, err)
	got, err := os.ReadFile("lanes_amd64.s")
	require.NoError(t, err)
	require.True(t, string(want) == string(got), "lanes_amd64.s is not what gen makes: go generate ./internal/ifma")
}

func FuzzElement(f *testing.F) {
	for _, e := range edges() {
		b := e.Bytes()
		f.Add(b[:], b[:])
	}
	f.Fuzz(func(t *testing.T, a, b []byte) {
		var x, y [Lanes]fp.Element
		for l := range x {
			if len(a) > 0 && len(b) > 0 { // every lane another rotation
				a, b = append(a[1:], a[0]), append(b[2%len(b):], b[:2%len(b)]...)
			}
			x[l].SetBytes(a)
			y[l].SetBytes(b)
		}
		compare(t, &x, &y)
	})
}

func BenchmarkMul(b *testing.B) {
	x, y := load(&[Lanes]fp.Element{{1}, {2}, {3}}), load(&[Lanes]fp.Element{{5}, {6}})
	for b.Loop() {
		x.Mul(&x, &y)
	}
}

func BenchmarkSquare(b *testing.B) {
	x := load(&[Lanes]fp.Element{{1}, {2}, {3}})
	for b.Loop() {
		x.Square(&x)
	}
}

func BenchmarkSub(b *testing.B) {
	x, y := load(&[Lanes]fp.Element{{1}, {2}, {3}}), load(&[Lanes]fp.Element{{5}, {6}})
	for b.Loop() {
		x.Sub(&x, &y)
	}
}

func BenchmarkSquareTimes(b *testing.B) {
	x := load(&[Lanes]fp.Element{{1}, {2}, {3}})
	for b.Loop() {
		x.SquareTimes(&x, 100)
	}
}
