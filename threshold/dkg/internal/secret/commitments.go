package secret

import (
	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/wire"
)

// MaxCoefficients bounds the coefficients of a polynomial.
const MaxCoefficients = 32

// Pedersen commits to all coefficients, perfectly hidden: f_k·G2g + f′_k·H2 for x, and
// f_k·G + f′_k·H1 for each component in G1.
type Pedersen struct {
	X  []curve.G2
	G1 [][]curve.G1
}

// Feldman is all coefficients in the exponent: f_k·G2g for x, f_k·G for each component in
// G1, and f_k·G2g for each y as well.
type Feldman struct {
	X  []curve.G2
	G1 [][]curve.G1
	Y2 [][]curve.G2
}

// Append appends all coefficients of x behind their number, then of each component in G1.
func (p *Pedersen) Append(b []byte) []byte { return appendLists(b, p.X, p.G1, nil) }

// Append appends as Pedersen does, and then the coefficients of each y in G2.
func (f *Feldman) Append(b []byte) []byte { return appendLists(b, f.X, f.G1, f.Y2) }

// ReadPedersen decodes commitments for a kind, of any number of coefficients up to
// MaxCoefficients.
func ReadPedersen(r *wire.Reader, k Kind) *Pedersen {
	var p Pedersen
	p.X, p.G1, _ = readLists(r, k, false)
	return &p
}

// ReadFeldman is ReadPedersen for what Feldman.Append wrote.
func ReadFeldman(r *wire.Reader, k Kind) *Feldman {
	var f Feldman
	f.X, f.G1, f.Y2 = readLists(r, k, true)
	return &f
}

type appender interface{ Append([]byte) []byte }

func appendPoints[P appender](b []byte, points []P) []byte {
	b = wire.AppendUint16(b, uint16(len(points)))
	for _, p := range points {
		b = p.Append(b)
	}
	return b
}

func appendLists(b []byte, x []curve.G2, g1 [][]curve.G1, y2 [][]curve.G2) []byte {
	if x != nil {
		b = appendPoints(b, x)
	}
	for _, c := range g1 {
		b = appendPoints(b, c)
	}
	for _, c := range y2 {
		b = appendPoints(b, c)
	}
	return b
}

func readPoints[P any](r *wire.Reader, size int, read func(*wire.Reader) P) []P {
	points := make([]P, r.Count(MaxCoefficients, size))
	for k := range points {
		points[k] = read(r)
	}
	return points
}

func readLists(r *wire.Reader, k Kind, both bool) (x []curve.G2, g1 [][]curve.G1, y2 [][]curve.G2) {
	if k.signing {
		x = readPoints(r, curve.G2Size, curve.ReadG2)
	}
	for range k.n {
		g1 = append(g1, readPoints(r, curve.G1Size, curve.ReadG1))
	}
	if both && k.signing {
		for range k.n {
			y2 = append(y2, readPoints(r, curve.G2Size, curve.ReadG2))
		}
	}
	return x, g1, y2
}

// ClaimDegree claims exactly t coefficients of every component, and the components of a
// kind.
func (p *Pedersen) ClaimDegree(claims *batch.Claims, label string, k Kind, t int) {
	claimDegree(claims, label, k, t, p.X, p.G1)
}

// ClaimDegree is that of Pedersen, also of each y in G2.
func (f *Feldman) ClaimDegree(claims *batch.Claims, label string, k Kind, t int) {
	claimDegree(claims, label, k, t, f.X, f.G1)
	n := 0
	if k.signing {
		n = k.n
	}
	if claims.Require(label, len(f.Y2) == n, "%d components in G2 where %d are dealt", len(f.Y2), n) {
		for i, c := range f.Y2 {
			claims.Require(label, len(c) == t, "%d coefficients in G2 of component %d where %d are dealt", len(c), i+2, t)
		}
	}
}

func claimDegree(claims *batch.Claims, label string, k Kind, t int, x []curve.G2, g1 [][]curve.G1) {
	if !claims.Require(label, k.signing == (x != nil) && len(g1) == k.n, "other components than those of a %v", k) {
		return
	}
	if k.signing {
		claims.Require(label, len(x) == t, "%d coefficients of x where %d are dealt", len(x), t)
	}
	for i, c := range g1 {
		claims.Require(label, len(c) == t, "%d coefficients of component %d where %d are dealt", len(c), k.Components()-k.n+i+1, t)
	}
}

// ClaimPoints claims that all points are in their subgroups.
func (p *Pedersen) ClaimPoints(claims *batch.Claims, label string) {
	claims.InG2(label, p.X...)
	for _, c := range p.G1 {
		claims.InG1(label, c...)
	}
}

// ClaimPoints claims that all points are in their subgroups.
func (f *Feldman) ClaimPoints(claims *batch.Claims, label string) {
	claims.InG2(label, f.X...)
	for _, c := range f.G1 {
		claims.InG1(label, c...)
	}
	for _, c := range f.Y2 {
		claims.InG2(label, c...)
	}
}

// ClaimPairs claims e(f_k·G, G2g) = e(G, f_k·G2g) of all coefficients of every y at once:
// of a sum with uniform factors of 128 bits, by which the batch needs one pairing.
func (f *Feldman) ClaimPairs(claims *batch.Claims, label string) {
	var first []curve.Term
	var second []curve.Term2
	for i := range f.Y2 {
		for k := range min(len(f.Y2[i]), len(f.G1[i])) {
			z := curve.RandomUint128()
			first = append(first, curve.Term{Scalar: z, Point: f.G1[i][k]})
			second = append(second, curve.Term2{Scalar: z, Point: f.Y2[i][k]})
		}
	}
	if len(first) > 0 && claims.Err() == nil {
		claims.Pairing(label,
			batch.Pair{P: curve.MSM(first), Q: curve.FixedGenerator2},
			batch.Pair{P: curve.Generator().Neg(), Var: curve.MSM2(second)})
	}
}

// At is the public key at j of all components: the value of the polynomials in the
// exponent.
func (f *Feldman) At(j uint64) *Public {
	p := new(Public)
	if f.X != nil {
		p.X2 = curve.Evaluate2(f.X, j)
	}
	for _, c := range f.G1 {
		p.G1 = append(p.G1, curve.Evaluate(c, j))
	}
	for _, c := range f.Y2 {
		p.Y2 = append(p.Y2, curve.Evaluate2(c, j))
	}
	return p
}

// Public is what is public of a share, or of the key: X2 and all Y2_i of a signing key,
// and Y1_i of it or P_i of encryption keys.
type Public struct {
	X2 curve.G2
	Y2 []curve.G2
	G1 []curve.G1
}

// Combine is Σ w_i·f_i, for public weights; nil weights are all 1.
func Combine(w []curve.Scalar, f []*Feldman) *Feldman {
	if w == nil {
		for range f {
			w = append(w, curve.Uint64(1))
		}
	}
	out := &Feldman{X: combine2(w, func(i int) []curve.G2 { return f[i].X })}
	for c := range f[0].G1 {
		out.G1 = append(out.G1, combine1(w, func(i int) []curve.G1 { return f[i].G1[c] }))
	}
	for c := range f[0].Y2 {
		out.Y2 = append(out.Y2, combine2(w, func(i int) []curve.G2 { return f[i].Y2[c] }))
	}
	return out
}

// column calls add with the coefficients of degree k of all lists that have one, and
// returns false if there are none.
func column[P any](w []curve.Scalar, list func(i int) []P, k int, add func(w curve.Scalar, p P)) (some bool) {
	for i := range w {
		if points := list(i); k < len(points) {
			add(w[i], points[k])
			some = true
		}
	}
	return some
}

func combine2(w []curve.Scalar, list func(i int) []curve.G2) (out []curve.G2) {
	for k := 0; ; k++ {
		var terms []curve.Term2
		if !column(w, list, k, func(w curve.Scalar, p curve.G2) { terms = append(terms, curve.Term2{Scalar: w, Point: p}) }) {
			return out
		}
		out = append(out, curve.MSM2(terms))
	}
}

func combine1(w []curve.Scalar, list func(i int) []curve.G1) []curve.G1 {
	var sums [][]curve.Term
	for k := 0; ; k++ {
		var terms []curve.Term
		if !column(w, list, k, func(w curve.Scalar, p curve.G1) { terms = append(terms, curve.Term{Scalar: w, Point: p}) }) {
			return curve.MSMs(sums)
		}
		sums = append(sums, terms)
	}
}
