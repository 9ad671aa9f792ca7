package main

import "slices"

// transpose turns rows into columns, of 8 by 8 words.
func (g *generator) transpose(rows, columns []string) {
	r, c := rows, columns
	for i := 0; i < 8; i += 2 {
		g.op("VPUNPCKLQDQ %s, %s, %s", r[i+1], r[i], c[i])
		g.op("VPUNPCKHQDQ %s, %s, %s", r[i+1], r[i], c[i+1])
	}
	for i := range 2 { // quarters of those of even and of odd columns
		for j := 0; j < 8; j += 4 {
			g.op("VSHUFI64X2 $0x88, %s, %s, %s", c[j+2+i], c[j+i], r[4*i+j/2])
			g.op("VSHUFI64X2 $0xdd, %s, %s, %s", c[j+2+i], c[j+i], r[4*i+j/2+1])
		}
	}
	for i := range 2 {
		for j := range 2 {
			g.op("VSHUFI64X2 $0x88, %s, %s, %s", r[4*i+2+j], r[4*i+j], c[2*j+i])
			g.op("VSHUFI64X2 $0xdd, %s, %s, %s", r[4*i+2+j], r[4*i+j], c[2*j+i+4])
		}
	}
}

// words needs the mask of the six words of a field element of gnark-crypto.
func (g *generator) words() {
	g.op("MOVL $0x3f, DX")
	g.op("KMOVB DX, K2")
}

// gather reads the words at an offset from 8 pointers into limbs, in Z0 … Z7, of 2^shift times
// the number, for a shift of less than 36.
func (g *generator) gather(pointers at, offset, shift int) []string {
	r, w := registers(0, 8), registers(8, 8)
	for l := range r {
		g.op("MOVQ %s, DX", pointers(l))
		g.op("VMOVDQU64.Z %d(DX), K2, %s", offset, r[l])
	}
	g.transpose(r, w)
	for j := range r {
		first := 52*j - shift
		word, bit := max(first, 0)/64, max(first, 0)%64
		switch {
		case first < 0:
			g.op("VPSLLQ $%d, %s, %s", -first, w[0], r[j])
			g.op("VPANDQ %s, %s, %s", mask, r[j], r[j])
		case bit == 0:
			g.op("VPANDQ %s, %s, %s", mask, w[word], r[j])
		case word == 5 && bit >= 12: // nothing is above
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
	g.transpose(w, r)
	for l := range r {
		g.op("MOVQ %s, DX", pointers(l))
		g.op("VMOVDQU64 Y%s, %d(DX)", r[l][1:], offset)
		g.op("VEXTRACTI64X2 $2, %s, %d(DX)", r[l], offset+32)
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
	g.store(g.gather(pointers("BX", 0, 8), 0, 0), out)
	g.end()

	g.function("gatherShiftedLanes(z *Element, from *Pointers)", "gatherShiftedLanes", "z", "AX", "from", "BX")
	g.words()
	g.store(g.gather(pointers("BX", 0, 8), 0, 32), out)
	g.end()

	g.function("scatterLanes(to *Pointers, x *Element)", "scatterLanes", "to", "AX", "x", "BX")
	g.load(x, r)
	g.scatter(r, pointers("AX", 0, 8), 0)
	g.end()
}
