//go:build amd64 && !purego

package ifma

func cpuid(leaf, subleaf uint32) (a, b, c, d uint32)

func xgetbv() uint32

// supported reports whether processor and operating system have what the kernels use:
// AVX-512 F, DQ, BW, VL and IFMA.
func supported() bool {
	const (
		osxsave   = 1 << 27
		registers = 0xe6 // of SSE and AVX, and the three parts of AVX-512
		features  = 1<<16 | 1<<17 | 1<<21 | 1<<30 | 1<<31
	)
	if most, _, _, _ := cpuid(0, 0); most < 7 {
		return false
	}
	if _, _, c, _ := cpuid(1, 0); c&osxsave == 0 || xgetbv()&registers != registers {
		return false
	}
	_, b, _, _ := cpuid(7, 0)
	return b&features == features
}

//go:noescape
func mulLanes(z, x, y *Element)

//go:noescape
func squareLanes(z, x *Element, n int)

//go:noescape
func addLanes(z, x, y *Element)

//go:noescape
func subLanes(z, x, y *Element)

//go:noescape
func halveLanes(z, x *Element)

//go:noescape
func zerosLanes(x *Element, mask *uint64)

//go:noescape
func blendLanes(z, x, y *Element, mask uint64)

//go:noescape
func gatherLanes(z *Element, from *Pointers)

//go:noescape
func shiftLanes(z, x *Element)

//go:noescape
func scatterLanes(to *Pointers, x *Element)

//go:noescape
func chords(sums *Sum, vectors *vector, n int)

//go:noescape
func tangents(sums *Sum, vectors *vector, n int, three *Element)

//go:noescape
func intersect(sums *Sum, vectors *vector, n int, work *scratch, difference *Element, stride int)

//go:noescape
func doubleLanes(p *Points, n int)

//go:noescape
func addMixedLanes(p *Points, x, y *Element)

//go:noescape
func mul2Lanes(z, x, y *E2)

//go:noescape
func square2Lanes(z, x *E2)

//go:noescape
func dotsLanes(dots *Dot, n int)

//go:noescape
func chordsOfPoints(p, q *AffinePoints, vectors *vector, n int)

//go:noescape
func intersectPoints(to *AffinePoints, vectors *vector, n int, work *scratch, difference *Element, stride int)
