package audit

import "github.com/utt-ecash/utt-go/utt"

// maxEarly is of how many payments an auditor may speak before this one has taken in that
// they are held. Beyond that the oldest are forgotten: Overdue asks for them.
const maxEarly = 1024

// early is what one auditor has said of payments that are not known to be held.
type early struct {
	order []utt.ID
	of    map[utt.ID][]item
}

// keep keeps what is new.
func (e *early) keep(i *item) {
	of, known := e.of[i.transfer]
	for _, o := range of {
		if o.kind == i.kind && o.verb == i.verb {
			return
		}
	}
	if !known {
		if len(e.order) == maxEarly {
			delete(e.of, e.order[0])
			e.order = e.order[1:]
		}
		e.order = append(e.order, i.transfer)
	}
	e.of[i.transfer] = append(of, *i)
}

// take takes out what was said of a payment. Its place in the order goes when its turn comes.
func (e *early) take(transfer utt.ID) []item {
	of := e.of[transfer]
	delete(e.of, transfer)
	return of
}
