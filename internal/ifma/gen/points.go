package main

// Offsets in a vector and in scratch, of affine.go.
const (
	denominator = 512 * iota
	product
	numerator
	abscissa
	ordinate
	vectorSize
)

const (
	running = 512 * iota
	inverted
	slope
	shifted
	newX
)

// affine has the additions of points in affine coordinates; affine.go says how.
func (g *generator) affine() {
	vector := func(offset int) at { return memory("DI", offset) }
	work := func(offset int) at { return memory("R8", offset) }
	const sum, y = 16, 48 // sizes of a Sum and of a coordinate
	first, second := pointers("SI", 0, sum), pointers("SI", 8, sum)

	next := func(label string, size int) {
		g.store(g.multiply(vector(product-vectorSize), vector(denominator)), vector(product))
		g.op("ADDQ $%d, SI", size)
		g.op("ADDQ $%d, DI", vectorSize)
		g.op("DECQ CX")
		g.op("JNZ %s", label)
	}

	g.function("chords(sums *Sum, vectors *vector, n int)", "chords", "sums", "SI", "vectors", "DI", "n", "CX")
	g.words()
	g.line("chord:")
	r := g.gather(first, 0)
	g.store(r, vector(abscissa))
	r = g.gather(second, 0)
	lessThanOne := func(r []string, y at) { // r − y + p, of numbers below p
		g.less(r, 0, y)
		g.add(r, 1)
		g.carry(r, true, false)
	}
	lessThanOne(r, vector(abscissa))
	g.store(r, vector(denominator))
	r = g.gather(first, y)
	g.store(r, vector(ordinate))
	r = g.gather(second, y)
	lessThanOne(r, vector(ordinate))
	g.store(r, vector(numerator))
	next("chord", 8*sum)
	g.end()

	g.function("tangents(sums *Sum, vectors *vector, n int, three *Element)", "tangents", "sums", "SI", "vectors", "DI", "n", "CX", "three", "R8")
	g.words()
	g.line("tangent:")
	r = g.gather(first, 0)
	g.store(r, vector(abscissa))
	g.store(g.square(vector(abscissa)), vector(numerator))
	g.store(g.multiply(vector(numerator), work(0)), vector(numerator))
	r = g.gather(first, y)
	g.store(r, vector(ordinate))
	for j := range r {
		g.op("VPADDQ %s, %s, %s", r[j], r[j], r[j])
	}
	g.carry(r, false, false)
	g.store(r, vector(denominator))
	next("tangent", 8*sum)
	g.end()

	// the same of points in lanes, below 1.1p
	const one, two = "SI", "BX"
	g.function("chordsOfPoints(p, q *AffinePoints, vectors *vector, n int)", "chordsOfPoints", "p", one, "q", two, "vectors", "DI", "n", "CX")
	g.line("chordOfPoints:")
	for i, to := range []int{abscissa, ordinate} {
		r = registers(0, 8)
		g.load(memory(one, 512*i), r)
		g.store(r, vector(to))
		r = registers(8, 8)
		g.load(memory(two, 512*i), r)
		for j := range r {
			g.op("VPSUBQ %s, %s, %s", z(j), r[j], r[j])
		}
		g.add(r, 2)
		g.carry(r, true, false)
		g.store(r, vector([]int{denominator, numerator}[i]))
	}
	g.op("ADDQ $%d, BX", 2*512)
	next("chordOfPoints", 2*512)
	g.end()

	// intersect leaves sums where their first point is, or in lanes
	intersect := func(label string, size int, put func(r []string, coordinate int)) {
		invert := func(from at) { g.store(g.multiply(work(running), from), work(inverted)) }
		invert(vector(product - vectorSize))
		g.line("%s:", label)
		r := g.multiply(vector(numerator), work(inverted))
		g.store(r, work(slope))
		g.shift(r, 16)
		g.store(r, work(shifted))
		g.store(g.multiply(work(running), vector(denominator)), work(running))
		r = g.squared(work(slope))
		g.less(r, 1, vector(abscissa))
		g.subtract(r, memory("R9", 0))
		g.store(r, work(newX))
		invert(vector(product - 2*vectorSize)) // for the vector before
		r = registers(0, 8)
		g.load(work(newX), r)
		put(r, 0)
		r = g.product(factors{g.difference(2, 0, vector(abscissa), work(newX)), work(shifted)})
		g.subtract(r, vector(ordinate))
		put(r, 1)
		g.op("SUBQ $%d, SI", size)
		g.op("SUBQ $%d, DI", vectorSize)
		g.op("SUBQ R10, R9")
		g.op("DECQ CX")
		g.op("JNZ %s", label)
		g.end()
	}
	arguments := []string{"vectors", "DI", "n", "CX", "work", "R8", "difference", "R9", "stride", "R10"}
	const list = "vectors *vector, n int, work *scratch, difference *Element, stride int"
	g.function("intersect(sums *Sum, "+list+")", "intersect", append([]string{"sums", "SI"}, arguments...)...)
	g.words()
	intersect("third", 8*sum, func(r []string, coordinate int) { g.scatter(r, first, y*coordinate) })
	g.function("intersectPoints(to *AffinePoints, "+list+")", "intersectPoints", append([]string{"to", "SI"}, arguments...)...)
	intersect("thirdPoints", 2*512, func(r []string, coordinate int) { g.store(r, memory("SI", 512*coordinate)) })
}

// jacobian has operations on points in Jacobian coordinates; jacobian.go has the formulas.
func (g *generator) jacobian() {
	const x, y, zz, scratch = 0, 512, 1024, 1536
	p := func(offset int) at { return memory("AX", offset) }
	work := func(i int) at { return memory("AX", scratch+512*i) }
	// finish is what is left of a product: some multiples of others less, k·p more
	finish := func(r []string, to at, k int, less ...func(r []string)) {
		for _, f := range less {
			f(r)
		}
		g.add(r, k)
		g.carry(r, true, false)
		g.store(r, to)
	}
	less := func(shift int, y at) func(r []string) { return func(r []string) { g.less(r, shift, y) } }
	times := func(x, y at) []string { return g.product(factors{g.limbsOf(x), y}) }

	g.function("doubleLanes(p *Points, n int)", "doubleLanes", "p", "AX", "n", "CX")
	g.line("twice:")
	m, s, b := work(0), work(1), work(2)
	r := g.squared(p(x))
	for j := range r {
		g.op("VPADDQ %s, %s, Z29", r[j], r[j])
		g.op("VPADDQ Z29, %s, %s", r[j], r[j])
	}
	g.carry(r, false, false)
	g.store(r, m)
	g.store(g.square(p(y)), b)
	r = times(p(y), p(zz))
	for j := range r {
		g.op("VPADDQ %s, %s, %s", r[j], r[j], r[j])
	}
	g.carry(r, false, false)
	g.store(r, p(zz))
	g.store(g.multiply(p(x), b), s)
	finish(g.squared(m), p(x), 9, less(3, s))
	r = g.productLessSquare(g.difference(11, 2, s, p(x)), m, b)
	g.carry(r, false, false)
	g.store(r, p(y))
	g.op("DECQ CX")
	g.op("JNZ twice")
	g.end()

	g.function("addMixedLanes(p *Points, x, y *Element)", "addMixedLanes", "p", "AX", "x", "BX", "y", "CX")
	h, slope, h2, h3, v, w := work(0), work(1), work(2), work(3), work(4), work(5)
	g.store(g.square(p(zz)), w)
	g.store(g.multiply(p(zz), w), slope)
	finish(times(w, memory("BX", 0)), h, 16, less(0, p(x)))
	finish(times(slope, memory("CX", 0)), slope, 16, less(0, p(y)))
	g.store(g.square(h), h2)
	r = times(h, p(zz))
	for j := range r { // 2p less it
		g.op("VPBROADCASTQ p2<>+%d(SB), Z29", 8*j)
		g.op("VPSUBQ %s, Z29, %s", r[j], r[j])
	}
	g.carry(r, true, false)
	g.store(r, p(zz))
	g.store(g.multiply(h2, h), h3)
	g.store(g.multiply(h2, p(x)), v)
	finish(g.squared(slope), p(x), 4, less(0, h3), less(1, v))
	r = g.product(factors{g.difference(2, 0, p(x), v), slope}, factors{g.limbsOf(h3), p(y)})
	g.carry(r, false, false)
	g.store(r, p(y))
	g.end()
}

// quadratic has operations of Fp2, and sums of products.
func (g *generator) quadratic() {
	x := []at{memory("BX", 0), memory("BX", 512)}
	y := []at{memory("CX", 0), memory("CX", 512)}
	out := []at{memory("AX", 0), memory("AX", 512)}
	work := func(i int) at { return memory("R8", 512*i) }
	move := func(from, to at) {
		r := registers(0, 8)
		g.load(from, r)
		g.store(r, to)
	}
	r := registers(0, 8)

	g.functionWithFrame("mul2Lanes(z, x, y *E2)", "mul2Lanes", 2, "z", "AX", "x", "BX", "y", "CX")
	minus, real := work(0), work(1)
	g.zero(r...)
	g.subtract(r, y[1])
	g.store(r, minus)
	g.store(g.twoProducts(x[0], y[0], x[1], minus), real)
	g.store(g.twoProducts(x[0], y[1], x[1], y[0]), out[1])
	move(real, out[0])
	g.end()

	g.functionWithFrame("square2Lanes(z, x *E2)", "square2Lanes", 2, "z", "AX", "x", "BX")
	sum, difference := work(0), work(1)
	g.load(x[0], r)
	for j := range r {
		g.op("VPADDQ %s, %s, %s", x[1](j), r[j], r[j])
	}
	g.carry(r, false, false)
	g.store(r, sum)
	g.load(x[0], r)
	g.subtract(r, x[1])
	g.store(r, difference)
	twice := g.multiply(x[0], x[1])
	for j := range r {
		g.op("VPADDQ %s, %s, %s", twice[j], twice[j], twice[j])
	}
	g.carry(twice, false, false)
	g.store(twice, out[1])
	g.store(g.multiply(sum, difference), out[0])
	g.end()

	// a column takes up at most 15 halves of products for each product
	g.function("dotsLanes(dots *Dot, n int)", "dotsLanes", "dots", "SI", "n", "DI")
	g.line("dot:")
	g.op("MOVQ 0(SI), AX")
	g.op("MOVQ 8(SI), R9")
	g.op("MOVQ 16(SI), R10")
	c := registers(0, 16)
	g.zero(c...)
	g.line("term:")
	g.op("MOVQ 0(R9), BX")
	g.op("MOVQ 8(R9), CX")
	for i := range 8 {
		factor := z(26 + i%2)
		g.op("VMOVDQU64 %s, %s", x[0](i), factor)
		for j := range 8 {
			g.op("VPMADD52LUQ %s, %s, %s", y[0](j), factor, c[i+j])
			g.op("VPMADD52HUQ %s, %s, %s", y[0](j), factor, c[i+j+1])
		}
	}
	g.op("ADDQ $16, R9")
	g.op("DECQ R10")
	g.op("JNZ term")
	r = g.montgomery(c, func(int) {})
	g.carry(r, false, false)
	g.store(r, out[0])
	g.op("ADDQ $32, SI")
	g.op("DECQ DI")
	g.op("JNZ dot")
	g.end()
}
