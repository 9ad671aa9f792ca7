package batch

func blameRelation(c *Claims) *Error {
	i := firstFailing(len(c.relations), func(from, to int) bool {
		return relationsHold([]*Claims{{relations: c.relations[from:to]}})
	})
	if i == len(c.relations) {
		return nil
	}
	return &Error{c.relations[i].label, "the relation does not hold"}
}

func blameProduct(c *Claims) *Error {
	i := firstFailing(len(c.products), func(from, to int) bool {
		return productsHold([]*Claims{{products: c.products[from:to]}})
	})
	if i == len(c.products) {
		return nil
	}
	return &Error{c.products[i].label, "the pairing equation does not hold"}
}

// firstFailing is the first of n claims that fails, n if none does. Half of those left are
// tested at a time, together, and the one that it returns alone, which never errs: that
// costs about as much as testing all together, twice. It is too late, or n where there is
// one, if a test gives a wrong yes.
func firstFailing(n int, hold func(from, to int) bool) int {
	from, to := 0, n
	for from < to {
		half := (from + to + 1) / 2
		switch {
		case hold(from, half):
			from = half
		case half == from+1:
			return from
		default:
			to = half
		}
	}
	if to < n { // all parts of what failed hold: a wrong yes
		for i := range n {
			if !hold(i, i+1) {
				return i
			}
		}
	}
	return n
}
