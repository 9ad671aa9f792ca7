package audit

import "github.com/utt-ecash/utt-go/utt"

// topic is what an item is about.
type topic struct {
	kind     byte
	transfer utt.ID
	verb     utt.Verb
}

func (i *item) topic() topic { return topic{i.kind, i.transfer, i.verb} }

// outbox is what is to be said to one auditor, once each.
type outbox struct {
	items []item
	has   map[topic]bool
}

func (o *outbox) add(i item) {
	if !o.has[i.topic()] {
		o.has[i.topic()] = true
		o.items = append(o.items, i)
	}
}

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
		if o.topic() == i.topic() {
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
