//go:build !amd64 || purego

package ifma

import "github.com/consensys/gnark-crypto/ecc/bls12-381/fp"

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
func gatherLanes(z *Element, from *[8]*fp.Element)               { panic(none) }
func scatterLanes(to *[8]*fp.Element, x *Element)                { panic(none) }
func chords(sums *Sum, vectors *vector, n int)                   { panic(none) }
func tangents(sums *Sum, vectors *vector, n int, three *Element) { panic(none) }
func intersect(sums *Sum, vectors *vector, n int, work *scratch) { panic(none) }
