package batch

import "github.com/utt-ecash/utt-go/internal/curve"

// Relation2 claims Σ s_i·Q_i = 0 in G2. The points must be claimed or known to be in the
// subgroup.
func (c *Claims) Relation2(label string, terms []curve.Term2) {
	if c.err == nil && enforced(label) {
		c.second = append(c.second, relation2{label, terms})
	}
}

func relations2Hold(claims []*Claims) bool {
	n := 0
	for _, c := range claims {
		n += len(c.second)
	}
	if n == 0 {
		return true
	}
	w := newWeights(n, true)
	var sum []curve.Term2
	index := make(map[curve.G2]int) // of points that recur
	for _, c := range claims {
		for i := range c.second {
			weight := w.next()
			for _, t := range c.second[i].terms {
				s := weight.by(t.Scalar)
				if k, ok := index[t.Point]; ok {
					sum[k].Scalar = sum[k].Scalar.Add(s)
					continue
				}
				index[t.Point] = len(sum)
				sum = append(sum, curve.Term2{Scalar: s, Point: t.Point})
			}
		}
	}
	return curve.MSM2(sum).IsIdentity()
}

func blameRelation2(c *Claims) *Error {
	i := firstFailing(len(c.second), func(from, to int) bool {
		return relations2Hold([]*Claims{{second: c.second[from:to]}})
	})
	if i == len(c.second) {
		return nil
	}
	return &Error{c.second[i].label, "the relation in G2 does not hold"}
}
