package curve

import (
	"math/big"
	"sync"

	"github.com/consensys/gnark-crypto/ecc"
	bls12381 "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fp"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"
)

// Term is Scalar·Point.
type Term struct {
	Scalar Scalar
	Point  G1
}

// MSM is Σ s_i·P_i for public scalars and any points of the curve, by
// Pippenger's method, one task at a time.
func MSM(terms []Term) G1 {
	points := make([]bls12381.G1Affine, 0, len(terms))
	scalars := make([]fr.Element, 0, len(terms))
	for i := range terms {
		points = append(points, terms[i].Point.p)
		scalars = append(scalars, terms[i].Scalar.e)
	}
	var z G1
	if len(terms) == 0 {
		return z
	}
	if _, err := z.p.MultiExp(points, scalars, ecc.MultiExpConfig{NbTasks: 1}); err != nil {
		panic("curve: msm: " + err.Error()) // only for unequal lengths
	}
	return z
}

// Constants of the GLV endomorphism φ(x, y) = (β·x, y) = λ·(x, y), where
// λ = x₀² − 1 for the curve's parameter x₀ and r = λ² + λ + 1.
var (
	glvBeta   fp.Element
	glvLambda = new(big.Int)
)

func init() {
	if _, err := glvBeta.SetString("4002409555221667392624310435006688643935503118305586438271171395842971157480381377015405980053539358417135540939436"); err != nil {
		panic(err)
	}
	glvLambda.SetString("228988810152649578064853576960394133503", 10)
}

const (
	window     = 5                           // bits of a signed digit
	tableSize  = 1 << (window - 1)           // multiples 1..16 of a point
	halfDigits = (128 + window) / window     // digits of a half scalar, with its carry
	combDigits = (256 + 7) / 8               // digits of a scalar in the comb
	combTable  = combDigits * ((1 << 8) - 1) // entries of the comb of G
)

// splitRandom writes s as the sum of two uniform scalars.
func splitRandom(s Scalar) (Scalar, Scalar) {
	a, err := RandomScalar(nil)
	if err != nil {
		panic(err) // crypto/rand does not fail
	}
	return a, s.Sub(a)
}

// halves writes s = k1 + k2·λ with 0 ≤ k1, k2 < 2^128.
func halves(s Scalar) (k [2][2]uint64) {
	var q, m big.Int
	q.QuoRem(s.e.BigInt(&m), glvLambda, &m)
	for i, v := range []*big.Int{&m, &q} {
		var b [16]byte
		v.FillBytes(b[:])
		for j := range 8 {
			k[i][1] = k[i][1]<<8 | uint64(b[j])
			k[i][0] = k[i][0]<<8 | uint64(b[8+j])
		}
	}
	return k
}

// digits recodes k = Σ d_i·2^(5i) with −16 ≤ d_i < 16.
func digits(k [2]uint64) (d [halfDigits]int8) {
	carry := 0
	for i := range d {
		v := int(k[0]&(1<<window-1)) + carry
		k[0] = k[0]>>window | k[1]<<(64-window)
		k[1] >>= window
		carry = 0
		if v >= tableSize {
			v -= 1 << window
			carry = 1
		}
		d[i] = int8(v)
	}
	return d
}

// Table holds the multiples 1..16 of a point of the subgroup and of its image
// under φ, for SumSecret.
type Table struct {
	direct, image [tableSize]bls12381.G1Affine
}

// NewTables prepares points of the subgroup, sharing one field inversion.
func NewTables(points []G1) []Table {
	jac := make([]bls12381.G1Jac, 0, len(points)*tableSize)
	for i := range points {
		var p bls12381.G1Jac
		p.FromAffine(&points[i].p)
		for j := range tableSize {
			jac = append(jac, p)
			if j == 0 {
				p.DoubleAssign()
			} else {
				p.AddMixed(&points[i].p)
			}
		}
	}
	aff := bls12381.BatchJacobianToAffineG1(jac)
	tables := make([]Table, len(points))
	for i := range tables {
		t := &tables[i]
		copy(t.direct[:], aff[i*tableSize:])
		t.image = t.direct
		for j := range t.image {
			t.image[j].X.Mul(&t.image[j].X, &glvBeta)
		}
	}
	return tables
}

// SumSecret is Σ s_i·P_i for secret scalars and points of the subgroup. Terms
// with the generator use a table made once.
func SumSecret(terms ...Term) G1 {
	points := make([]G1, 0, len(terms))
	scalars := make([]Scalar, 0, len(terms))
	var base Scalar
	for _, t := range terms {
		if t.Point == Generator() {
			base = base.Add(t.Scalar)
			continue
		}
		points = append(points, t.Point)
		scalars = append(scalars, t.Scalar)
	}
	sum := sumTables(NewTables(points), scalars)
	if len(points) < len(terms) {
		addComb(&sum, base)
	}
	return fromJac(&sum)
}

// SumSecretTables is Σ s_i·P_i for secret scalars and prepared points.
func SumSecretTables(tables []*Table, scalars []Scalar) G1 {
	own := make([]Table, len(tables))
	for i := range tables {
		own[i] = *tables[i]
	}
	sum := sumTables(own, scalars)
	return fromJac(&sum)
}

func fromJac(p *bls12381.G1Jac) G1 {
	var z G1
	z.p.FromJacobian(p)
	return z
}

// sumTables runs one doubling chain for all terms: two random summands of each
// scalar, two halves of each summand.
func sumTables(tables []Table, scalars []Scalar) bls12381.G1Jac {
	type stream struct {
		table *[tableSize]bls12381.G1Affine
		d     [halfDigits]int8
	}
	streams := make([]stream, 0, 4*len(tables))
	for i := range tables {
		a, b := splitRandom(scalars[i])
		for _, s := range []Scalar{a, b} {
			k := halves(s)
			streams = append(streams,
				stream{&tables[i].direct, digits(k[0])},
				stream{&tables[i].image, digits(k[1])})
		}
	}
	var sum, spare bls12381.G1Jac
	spare.FromAffine(&g1Generator)
	if len(streams) == 0 {
		return sum
	}
	for i := halfDigits - 1; i >= 0; i-- {
		for range window {
			sum.DoubleAssign()
		}
		for j := range streams {
			st := &streams[j]
			addDigit(&sum, &spare, st.table[:], int(st.d[i]))
		}
	}
	return sum
}

// addDigit adds d times the table's point, doing the same work for d = 0.
func addDigit(sum, spare *bls12381.G1Jac, table []bls12381.G1Affine, d int) {
	if d == 0 {
		spare.AddMixed(&table[0])
		return
	}
	if d > 0 {
		sum.AddMixed(&table[d-1])
		return
	}
	p := table[-d-1]
	p.Y.Neg(&p.Y)
	sum.AddMixed(&p)
}

// comb holds d·2^(8i)·G for 1 ≤ d < 256 and every i.
var comb = sync.OnceValue(func() []bls12381.G1Affine {
	jac := make([]bls12381.G1Jac, 0, combTable)
	var base bls12381.G1Jac
	base.FromAffine(&g1Generator)
	for range combDigits {
		p := base
		for range 255 {
			jac = append(jac, p)
			p.AddAssign(&base)
		}
		base = p // 256 times the former base
	}
	return bls12381.BatchJacobianToAffineG1(jac)
})

// addComb adds s·G.
func addComb(sum *bls12381.G1Jac, s Scalar) {
	table := comb()
	var spare bls12381.G1Jac
	spare.FromAffine(&g1Generator)
	a, b := splitRandom(s)
	for _, part := range []Scalar{a, b} {
		e := part.Bytes()
		for i := range combDigits {
			row := table[i*255 : (i+1)*255]
			addDigit(sum, &spare, row, int(e[len(e)-1-i]))
		}
	}
}
