package main

import "math/big"

// carry leaves limbs of 52 bits of a value in [0, 2^416). Limbs may have 63 bits, with a
// sign if signed; the top one is cut to 52 bits if so asked, which takes the value modulo
// 2^416.
func (g *generator) carry(r []string, signed, cut bool) {
	shift := "VPSRLQ"
	if signed {
		shift = "VPSRAQ"
	}
	for j := range 7 {
		g.op("%s $52, %s, Z29", shift, r[j])
		g.op("VPANDQ %s, %s, %s", mask, r[j], r[j])
		g.op("VPADDQ Z29, %s, %s", r[j+1], r[j+1])
	}
	if cut {
		g.op("VPANDQ %s, %s, %s", mask, r[7], r[7])
	}
}

// factor puts limb i of a number into a register. Limbs are asked for in order.
type factor func(i int, register string)

// limbsOf is a number in memory.
func (g *generator) limbsOf(x at) factor {
	return func(i int, register string) { g.op("VMOVDQU64 %s, %s", x(i), register) }
}

// difference is 2^shift·x − y + k·p, made limb by limb; its carry stays in Z27 meanwhile.
func (g *generator) difference(k, shift int, x, y at) factor {
	const carried = "Z27"
	return func(i int, r string) {
		g.op("VMOVDQU64 %s, %s", x(i), r)
		if shift > 0 {
			g.op("VPSLLQ $%d, %s, %s", shift, r, r)
		}
		g.op("VPSUBQ %s, %s, %s", y(i), r, r)
		g.op("VPADDQ.BCST p%d<>+%d(SB), %s, %s", k, 8*i, r, r)
		if i > 0 {
			g.op("VPADDQ %s, %s, %s", carried, r, r)
		}
		if i < 7 {
			g.op("VPSRAQ $52, %s, %s", r, carried)
			g.op("VPANDQ %s, %s, %s", mask, r, r)
		}
	}
}

// multiply is x·y/2^416 modulo p.
func (g *generator) multiply(x, y at) []string {
	r := g.product(factors{g.limbsOf(x), y})
	g.carry(r, false, false)
	return r
}

// twoProducts is multiply for a sum of two products.
func (g *generator) twoProducts(x0, y0, x1, y1 at) []string {
	r := g.product(factors{g.limbsOf(x0), y0}, factors{g.limbsOf(x1), y1})
	g.carry(r, false, false)
	return r
}

type factors struct {
	x factor
	y at
}

// product is a sum of at most two products, divided by 2^416 modulo p, before its carries:
// limbs are below 2^58. Of column j there are a lower and an upper half, t[j] of
// weight 2^(52j) and u[j] of weight 2^(52(j+1)); each takes up at most 16 halves of products
// below 2^52, or 24, and a carry below 2^6 before it leaves. The next row of products is
// added before the multiple of p, whose factor waits for the column before; that multiple
// makes the lower 52 bits of column 0 zero, so that it carries ⌈t[0]/2^52⌉.
func (g *generator) product(products ...factors) []string {
	t, u := registers(0, 9), registers(9, 9)
	const own, m, carried = "Z26", "Z28", "Z29"
	row := func(i, shift int) {
		for _, f := range products {
			f.x(i, own)
			for j := range 8 {
				g.op("VPMADD52LUQ %s, %s, %s", f.y(j), own, t[j+shift])
				g.op("VPMADD52HUQ %s, %s, %s", f.y(j), own, u[j+shift])
			}
		}
	}
	g.zero(t...)
	g.zero(u...)
	row(0, 0)
	for i := range 8 {
		g.zero(m)
		g.op("VPMADD52LUQ %s, %s, %s", inverse, t[0], m)
		g.op("VPADDQ %s, %s, %s", mask, t[0], carried)
		g.op("VPSRLQ $52, %s, %s", carried, carried)
		g.op("VPADDQ %s, %s, %s", carried, u[0], u[0])
		if i < 7 {
			row(i+1, 1)
		}
		g.op("VPMADD52HUQ %s, %s, %s", p(0), m, u[0])
		g.op("VPMADD52LUQ %s, %s, %s", p(1), m, t[1])
		g.op("VPADDQ %s, %s, %s", u[0], t[1], t[1])
		for j := 1; j < 8; j++ {
			if j > 1 {
				g.op("VPMADD52LUQ %s, %s, %s", p(j), m, t[j])
			}
			g.op("VPMADD52HUQ %s, %s, %s", p(j), m, u[j])
		}
		t, u = append(t[1:], t[0]), append(u[1:], u[0])
		if i < 6 {
			g.zero(t[8], u[8])
		}
	}
	for j := 1; j < 7; j++ {
		g.op("VPADDQ %s, %s, %s", u[j-1], t[j], t[j])
	}
	return append(t[:7:7], u[6])
}

// square is x²/2^416 modulo p.
func (g *generator) square(x at) []string {
	r := g.squared(x)
	g.carry(r, false, false)
	return r
}

// squared is square before its carries: limbs are below 2^58.
func (g *generator) squared(x at) []string {
	c := registers(0, 16)
	g.zero(c...)
	return g.montgomery(c, func(j int) { g.squareColumn(x, c, j) })
}

// squareColumn adds the products of x² that complete column j. Each product of two limbs is
// made once, of x_i and of the limb j > i of twice what x has from limb i + 1 on: 2x_j modulo
// 2^52 and, unless j = i + 1, the highest bit of x_(j−1). A column takes up less than 2^5
// halves of products below 2^52.
func (g *generator) squareColumn(x at, c []string, j int) {
	const own, twice, all = "Z26", "Z17", "Z27" // x_j, 2x_j modulo 2^52, and with the bit from below
	g.op("VMOVDQU64 %s, %s", x(j), own)
	if j > 0 {
		g.op("VPSLLQ $1, %s, %s", own, twice)
		g.op("VPANDQ %s, %s, %s", mask, twice, twice)
	}
	if j > 1 {
		g.op("VPSRLQ $51, %s, %s", x(j-1), all)
		g.op("VPORQ %s, %s, %s", twice, all, all)
	}
	for i := range j + 1 {
		factor := all
		if i >= j-1 {
			factor = []string{twice, own}[i-j+1]
		}
		g.op("VPMADD52LUQ %s, %s, %s", x(i), factor, c[i+j])
		g.op("VPMADD52HUQ %s, %s, %s", x(i), factor, c[i+j+1])
	}
}

// productLessSquare is (x·y − 8b²)/2^416 modulo p before its carries, for x·y below 2^24·p²
// and b below 1.001p. offset makes up for what a column of 8b² has more than one of x·y.
func (g *generator) productLessSquare(x factor, y, b at) []string {
	const own = "Z26"
	c := registers(0, 16)
	g.zero(c...)
	for j := range 8 {
		g.squareColumn(b, c, j)
	}
	for j := range c {
		g.op("VPSLLQ $3, %s, %s", c[j], c[j])
		g.op("VPBROADCASTQ offset<>+%d(SB), %s", 8*j, own)
		g.op("VPSUBQ %s, %s, %s", c[j], own, c[j])
	}
	for i := range 8 {
		x(i, own)
		for j := range 8 {
			g.op("VPMADD52LUQ %s, %s, %s", y(j), own, c[i+j])
			g.op("VPMADD52HUQ %s, %s, %s", y(j), own, c[i+j+1])
		}
	}
	return g.montgomery(c, func(int) {})
}

// offset is a multiple of p in columns, below 2^769. Of b < 1.001p, whose limb 7 is below
// 2^17, a column of 8b² is below 2^59, 2^57 for column 13, 2^38 for column 14 and 0 for 15.
func offset() []uint64 {
	columns, value := make([]uint64, 16), new(big.Int)
	for j := range 15 {
		columns[j] = 1 << 60
		switch j {
		case 13:
			columns[j] = 1 << 58
		case 14:
			columns[j] = 1 << 40
		}
		v := new(big.Int).SetUint64(columns[j])
		value.Add(value, v.Lsh(v, uint(52*j)))
	}
	value.Mod(value, modulus)
	for j := range 8 {
		columns[j] -= limb(value, j)
	}
	return columns
}

// montgomery is a number of 16 columns, each below 2^61, divided by 2^416 modulo p, before its
// carries. A column takes up another 16 halves of products. The multiple of p makes the lower 52 bits of a
// column 0, which carries ⌈column/2^52⌉ without waiting for it. complete makes what is missing in a column and
// others after it.
func (g *generator) montgomery(c []string, complete func(column int)) []string {
	const upper, m = "Z16", "Z28"
	complete(0)
	for i := range 8 {
		g.zero(m)
		g.op("VPMADD52LUQ %s, %s, %s", inverse, c[i], m)
		g.op("VPADDQ %s, %s, %s", mask, c[i], upper)
		g.op("VPSRLQ $52, %s, %s", upper, upper)
		if i < 7 {
			complete(i + 1)
		}
		g.op("VPMADD52HUQ %s, %s, %s", p(0), m, upper)
		g.op("VPMADD52LUQ %s, %s, %s", p(1), m, c[i+1])
		g.op("VPADDQ %s, %s, %s", upper, c[i+1], c[i+1])
		for j := 1; j < 8; j++ {
			if j > 1 {
				g.op("VPMADD52LUQ %s, %s, %s", p(j), m, c[i+j])
			}
			g.op("VPMADD52HUQ %s, %s, %s", p(j), m, c[i+j+1])
		}
	}
	return c[8:]
}

// reduce takes 4097p + d, for d of which it is given the limbs before their carries, to less
// than 1.1p: doc.go says why. The multiple of p is subtracted as one of 2^416 − p.
func (g *generator) reduce(r []string) {
	const estimate, q = "Z28", "Z29"
	g.add(r, 4097)
	g.op("VPSRAQ $52, %s, %s", r[6], estimate)
	g.op("VPADDQ %s, %s, %s", r[7], estimate, estimate)
	g.op("VPSUBQ.BCST one<>(SB), %s, %s", estimate, estimate)
	g.op("VPMULUDQ.BCST reciprocal<>(SB), %s, %s", estimate, estimate)
	g.op("VPSRLQ $36, %s, %s", estimate, q)
	for j := range r {
		g.op("VPBROADCASTQ minusP<>+%d(SB), Z28", 8*j)
		g.op("VPMADD52LUQ Z28, %s, %s", q, r[j])
		if j < 7 {
			g.op("VPMADD52HUQ Z28, %s, %s", q, r[j+1])
		}
	}
	g.carry(r, true, true)
}

// subtract is r − y, reduced.
func (g *generator) subtract(r []string, y ...at) {
	for _, y := range y {
		g.less(r, 0, y)
	}
	g.reduce(r)
}

// add adds k·p.
func (g *generator) add(r []string, k int) {
	for j := range r {
		g.op("VPADDQ.BCST p%d<>+%d(SB), %s, %s", k, 8*j, r[j], r[j])
	}
}

// less is r − 2^shift·y, before its carries; if r may be less, add comes before them.
func (g *generator) less(r []string, shift int, y at) {
	for j := range r {
		if shift > 0 {
			g.op("VPSLLQ $%d, %s, Z29", shift, y(j))
			g.op("VPSUBQ Z29, %s, %s", r[j], r[j])
		} else {
			g.op("VPSUBQ %s, %s, %s", y(j), r[j], r[j])
		}
	}
}

// canonical subtracts p unless the value, below 2p, is less. s is for as many limbs.
func (g *generator) canonical(r, s []string) {
	for j := range r {
		g.op("VPSUBQ %s, %s, %s", p(j), r[j], s[j])
	}
	g.carry(s, true, false)
	g.op("VPMOVQ2M %s, K1", s[7])
	for j := range r {
		g.op("VPBLENDMQ %s, %s, K1, %s", r[j], s[j], r[j])
	}
}

// halve is r/2, for carried limbs. p is added to what is odd.
func (g *generator) halve(r []string) {
	g.op("VPTESTMQ.BCST one<>(SB), %s, K1", r[0])
	for j := range r {
		g.op("VPADDQ %s, %s, K1, %s", p(j), r[j], r[j])
	}
	g.carry(r, false, false)
	for j := range r {
		g.op("VPSRLQ $1, %s, %s", r[j], r[j])
		if j < 7 {
			g.op("VPSLLQ $51, %s, Z29", r[j+1])
			g.op("VPTERNLOGQ $0xa8, %s, Z29, %s", mask, r[j]) // (r | Z29) & mask
		}
	}
}

// shift is 2^n·r, for r below 2p and n up to 32.
func (g *generator) shift(r []string, n int) {
	for j := 7; j >= 0; j-- {
		g.op("VPSLLQ $%d, %s, %s", n, r[j], r[j])
		if j < 7 {
			g.op("VPANDQ %s, %s, %s", mask, r[j], r[j])
		}
		if j > 0 {
			g.op("VPSRLQ $%d, %s, Z29", 52-n, r[j-1])
			g.op("VPORQ Z29, %s, %s", r[j], r[j])
		}
	}
}
