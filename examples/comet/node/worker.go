package node

import (
	"context"
	"log/slog"
	"time"

	"github.com/utt-ecash/utt-go/utt/replica"
)

// worker has the replica work beside ABCI: whenever a block is committed or a message comes.
type worker struct {
	replica func() *replica.Replica
	send    func([]*replica.Message)
	tick    func() // now and then
	meters  *meters
	log     *slog.Logger
	fatal   func(error)
	wake    chan struct{}
	blamed  int
}

// overdue is how long blocks are waited for before they are asked for, and twice as long at
// most: what a combiner that is down costs.
const overdue = 500 * time.Millisecond

func (w *worker) nudge() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

func (w *worker) run(ctx context.Context) {
	late, before := time.NewTicker(overdue), uint64(0)
	defer late.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-w.wake:
		case <-late.C:
			w.replica().Overdue(before)
			before = w.replica().Ledger().Head().Height
			w.tick()
		}
		r := w.replica()
		out, err := r.Work(ctx)
		w.send(out)
		if err != nil {
			if ctx.Err() == nil {
				w.fatal(err)
			}
			return
		}
		w.meters.published(r.Ledger().Head().Height, r.Published())
		w.blame(r.Blamed())
	}
}

// blame says who sent what is false.
func (w *worker) blame(all []replica.Blame) {
	for _, b := range all[min(w.blamed, len(all)):] {
		w.log.Warn("a validator sent what is false", "key", b.Key.String(), "party", b.Index, "height", b.Height, "what", b.What)
		w.meters.blamed.WithLabelValues(b.Key.String(), indexName(int(b.Index)), b.What).Inc()
	}
	w.blamed = len(all)
}
