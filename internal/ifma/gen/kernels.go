package main

import "slices"

// words needs the masks of what gather puts beside other words.
func (g *generator) words() {
	for k, m := range []int{0xf0, 0x0c, 0x30, 0xc0} {
		g.op("MOVL $0x%x, DX", m)
		g.op("KMOVB DX, K%d", 2+k)
	}
}

// gather reads the words at an offset from 8 pointers into limbs, in Z0 … Z7.
func (g *generator) gather(pointers at, offset int) []string {
	r, w := registers(0, 8), registers(8, 6)
	// words 0 … 3 of numbers 0 and 2, 1 and 3, 4 and 6, 5 and 7; words 4 and 5 of the even and
	// of the odd ones
	quarters, rest := r[:4], r[4:6]
	for l := range 8 {
		g.op("MOVQ %s, DX", pointers(l))
		q, e := quarters[l/4*2+l%2], rest[l%2]
		if l%4 < 2 {
			g.op("VMOVDQU64 %d(DX), Y%s", offset, q[1:])
		} else {
			g.op("VBROADCASTI64X4 %d(DX), K2, %s", offset, q)
		}
		if l < 2 {
			g.op("VMOVDQU64 %d(DX), X%s", offset+32, e[1:])
		} else {
			g.op("VBROADCASTI64X2 %d(DX), K%d, %s", offset+32, 2+l/2, e)
		}
	}
	pairs := registers(14, 4) // words 0 and 2, then 1 and 3, of numbers 0 … 3, of 4 … 7
	for i := range 2 {
		g.op("VPUNPCKLQDQ %s, %s, %s", quarters[2*i+1], quarters[2*i], pairs[i])
		g.op("VPUNPCKHQDQ %s, %s, %s", quarters[2*i+1], quarters[2*i], pairs[2+i])
	}
	g.op("VPUNPCKLQDQ %s, %s, %s", rest[1], rest[0], w[4])
	g.op("VPUNPCKHQDQ %s, %s, %s", rest[1], rest[0], w[5])
	for i := range 2 {
		g.op("VSHUFI64X2 $0x88, %s, %s, %s", pairs[2*i+1], pairs[2*i], w[i])
		g.op("VSHUFI64X2 $0xdd, %s, %s, %s", pairs[2*i+1], pairs[2*i], w[2+i])
	}
	for j := range r {
		word, bit := 52*j/64, 52*j%64
		switch {
		case bit == 0:
			g.op("VPANDQ %s, %s, %s", mask, w[word], r[j])
		case j == 7:
			g.op("VPSRLQ $%d, %s, %s", bit, w[word], r[j])
		case bit <= 12:
			g.op("VPSRLQ $%d, %s, %s", bit, w[word], r[j])
			g.op("VPANDQ %s, %s, %s", mask, r[j], r[j])
		default:
			g.op("VPSRLQ $%d, %s, %s", bit, w[word], r[j])
			g.op("VPSLLQ $%d, %s, Z29", 64-bit, w[word+1])
			g.op("VPTERNLOGQ $0xa8, %s, Z29, %s", mask, r[j]) // (r | Z29) & mask
		}
	}
	return r
}

// scatter writes a value below 2p as the words of an element to 8 pointers.
func (g *generator) scatter(r []string, pointers at, offset int) {
	w := slices.DeleteFunc(registers(0, 18), func(free string) bool { return slices.Contains(r, free) })[:8]
	g.canonical(r, w)
	for i := range 6 {
		first := 64 * i / 52 // limb that has the word's lowest bit
		g.op("VPSRLQ $%d, %s, %s", 64*i-52*first, r[first], w[i])
		for j := first + 1; j < 8 && 52*j < 64*(i+1); j++ {
			g.op("VPSLLQ $%d, %s, Z29", 52*j-64*i, r[j])
			g.op("VPORQ Z29, %s, %s", w[i], w[i])
		}
	}
	// words 0 and 1, 2 and 3, 4 and 5 of the even and of the odd numbers
	pairs := r[:6]
	for i := range 3 {
		g.op("VPUNPCKLQDQ %s, %s, %s", w[2*i+1], w[2*i], pairs[2*i])
		g.op("VPUNPCKHQDQ %s, %s, %s", w[2*i+1], w[2*i], pairs[2*i+1])
	}
	// words 0 … 3 of numbers 0 and 2, 1 and 3, 4 and 6, 5 and 7
	quarters := w[:4]
	for i, q := range quarters {
		g.op("VMOVDQU64 beside<>+%d(SB), %s", 64*(i/2), q)
		g.op("VPERMI2Q %s, %s, %s", pairs[2+i%2], pairs[i%2], q)
	}
	for l := range 8 {
		g.op("MOVQ %s, DX", pointers(l))
		q, e := quarters[l/4*2+l%2], pairs[4+l%2]
		if l%4 < 2 {
			g.op("VMOVDQU64 Y%s, %d(DX)", q[1:], offset)
		} else {
			g.op("VEXTRACTI64X4 $1, %s, %d(DX)", q, offset)
		}
		if l < 2 {
			g.op("VMOVDQU64 X%s, %d(DX)", e[1:], offset+32)
		} else {
			g.op("VEXTRACTI64X2 $%d, %s, %d(DX)", l/2, e, offset+32)
		}
	}
}

func (g *generator) field() {
	x, y, out := memory("BX", 0), memory("CX", 0), memory("AX", 0)
	r := registers(0, 8)

	g.function("mulLanes(z, x, y *Element)", "mulLanes", "z", "AX", "x", "BX", "y", "CX")
	g.store(g.multiply(x, y), out)
	g.end()

	g.function("squareLanes(z, x *Element, n int)", "squareLanes", "z", "AX", "x", "BX", "n", "CX")
	g.line("again:")
	g.store(g.square(x), out)
	g.op("MOVQ AX, BX")
	g.op("DECQ CX")
	g.op("JNZ again")
	g.end()

	g.function("addLanes(z, x, y *Element)", "addLanes", "z", "AX", "x", "BX", "y", "CX")
	g.load(x, r)
	for j := range r {
		g.op("VPADDQ %s, %s, %s", y(j), r[j], r[j])
	}
	g.carry(r, false, false)
	g.store(r, out)
	g.end()

	g.function("subLanes(z, x, y *Element)", "subLanes", "z", "AX", "x", "BX", "y", "CX")
	g.load(x, r)
	g.subtract(r, y)
	g.store(r, out)
	g.end()

	g.function("halveLanes(z, x *Element)", "halveLanes", "z", "AX", "x", "BX")
	g.load(x, r)
	g.halve(r)
	g.store(r, out)
	g.end()

	g.function("zerosLanes(x *Element, mask *uint64)", "zerosLanes", "x", "BX", "mask", "AX")
	g.load(x, r)
	g.zero("Z29")
	for j := range r { // 0, p and 2p, which have the limbs of p2
		g.op("VPBROADCASTQ p2<>+%d(SB), Z28", 8*j)
		for k, limb := range []string{"Z29", p(j), "Z28"} {
			if j == 0 {
				g.op("VPCMPEQQ %s, %s, K%d", limb, r[j], 1+k)
			} else {
				g.op("VPCMPEQQ %s, %s, K4", limb, r[j])
				g.op("KANDB K4, K%d, K%d", 1+k, 1+k)
			}
		}
	}
	g.op("KORB K1, K2, K1")
	g.op("KORB K1, K3, K1")
	g.op("KMOVB K1, DX")
	g.op("MOVQ DX, (AX)")
	g.end()

	g.function("blendLanes(z, x, y *Element, mask uint64)", "blendLanes", "z", "AX", "x", "BX", "y", "CX", "mask", "DX")
	g.op("KMOVB DX, K1")
	g.load(y, r)
	for j := range r {
		g.op("VPBLENDMQ %s, %s, K1, %s", x(j), r[j], r[j])
	}
	g.store(r, out)
	g.end()

	g.function("gatherLanes(z *Element, from *Pointers)", "gatherLanes", "z", "AX", "from", "BX")
	g.words()
	g.store(g.gather(pointers("BX", 0, 8), 0), out)
	g.end()

	g.function("shiftLanes(z, x *Element)", "shiftLanes", "z", "AX", "x", "BX")
	g.load(x, r)
	g.shift(r, 32)
	g.store(r, out)
	g.end()

	g.function("scatterLanes(to *Pointers, x *Element)", "scatterLanes", "to", "AX", "x", "BX")
	g.load(x, r)
	g.scatter(r, pointers("AX", 0, 8), 0)
	g.end()
}
