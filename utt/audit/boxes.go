package audit

import (
	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/utt"
)

// topic is what an item is about.
type topic struct {
	kind    byte
	subject subject
	verb    utt.Verb
}

func (i *item) topic() topic { return topic{i.kind, i.subject, i.verb} }

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

// maxEarly is of how many subjects an auditor may speak before this one has taken in that
// they are to be opened. Beyond that the oldest are forgotten: Overdue asks for them.
const maxEarly = 1024

// sender is who has spoken early, of decisions or of all else, so that warrants displace no
// decision.
type sender struct {
	from   threshold.Index
	decide bool
}

// early is what one auditor has said of what this one does not open yet.
type early struct {
	order []subject
	of    map[subject][]item
}

// keep keeps what is new.
func (e *early) keep(i *item) {
	of, known := e.of[i.subject]
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
		e.order = append(e.order, i.subject)
	}
	e.of[i.subject] = append(of, *i)
}

// take takes out what was said of a subject. Its place in the order goes when its turn comes.
func (e *early) take(s subject) []item {
	of := e.of[s]
	delete(e.of, s)
	return of
}
