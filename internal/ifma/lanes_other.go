//go:build !amd64 || purego

package ifma

// none is what happens never: callers ask whether there are kernels.
const none = "ifma: this build has no kernels"

func supported() bool { return false }

func mulLanes(z, x, y *Element)                                  { panic(none) }
func squareLanes(z, x *Element, n int)                           { panic(none) }
func addLanes(z, x, y *Element)                                  { panic(none) }
func subLanes(z, x, y *Element)                                  { panic(none) }
func halveLanes(z, x *Element)                                   { panic(none) }
func zerosLanes(x *Element, mask *uint64)                        { panic(none) }
func blendLanes(z, x, y *Element, mask uint64)                   { panic(none) }
func gatherLanes(z *Element, from *Pointers)                     { panic(none) }
func shiftLanes(z, x *Element)                                   { panic(none) }
func scatterLanes(to *Pointers, x *Element)                      { panic(none) }
func chords(sums *Sum, vectors *vector, n int)                   { panic(none) }
func tangents(sums *Sum, vectors *vector, n int, three *Element) { panic(none) }
func intersect(sums *Sum, vectors *vector, n int, work *scratch, difference *Element, stride int) {
	panic(none)
}
func doubleLanes(p *Points, n int)           { panic(none) }
func addMixedLanes(p *Points, x, y *Element) { panic(none) }
func mul2Lanes(z, x, y *E2)                  { panic(none) }
func square2Lanes(z, x *E2)                  { panic(none) }
func dotsLanes(dots *Dot, n int)             { panic(none) }

func chordsOfPoints(p, q *AffinePoints, vectors *vector, n int) { panic(none) }

func intersectPoints(to *AffinePoints, vectors *vector, n int, work *scratch, difference *Element, stride int) {
	panic(none)
}
