package node

import (
	"context"
	"errors"
	"runtime/pprof"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/replica"
)

// meters are what Prometheus reads. None has a label by which operations of one payer could
// be told from another's.
type meters struct {
	operations *prometheus.CounterVec   // executed or rejected, by kind and code
	admission  *prometheus.CounterVec   // verdicts on what was handed in
	seconds    *prometheus.HistogramVec // by stage
	lag        prometheus.Gauge         // blocks that are executed and not published
	height     prometheus.Gauge
	blamed     *prometheus.CounterVec
	waiting    prometheus.Gauge // operations in the pool
	bytes      prometheus.Gauge
	refused    prometheus.Counter // proposed blocks
	sent       *prometheus.CounterVec
	received   *prometheus.CounterVec
}

const space = "utt"

func newMeters(to prometheus.Registerer) (*meters, error) {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: space, Name: name, Help: help}, labels)
	}
	gauge := func(name, help string) prometheus.Gauge {
		return prometheus.NewGauge(prometheus.GaugeOpts{Namespace: space, Name: name, Help: help})
	}
	m := &meters{
		operations: counter("operations_total", "Operations in decided blocks, by kind and by what became of them.", "kind", "code"),
		admission:  counter("admissions_total", "Operations handed in or told by peers, by verdict.", "code"),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: space, Name: "stage_seconds", Help: "How long a stage takes: admit, propose, process, execute, commit; sign, combine, attach.",
			Buckets: prometheus.ExponentialBuckets(0.0005, 2, 14),
		}, []string{"stage"}),
		lag:      gauge("publish_lag_blocks", "Blocks that are executed and not certified."),
		height:   gauge("height", "The last block executed."),
		blamed:   counter("blamed_total", "What parties sent that is false.", "key", "party", "what"),
		waiting:  gauge("pool_operations", "Operations that wait for a block."),
		bytes:    gauge("pool_bytes", "Their size."),
		refused:  prometheus.NewCounter(prometheus.CounterOpts{Namespace: space, Name: "proposals_refused_total", Help: "Proposed blocks that did not verify."}),
		sent:     counter("sent_bytes_total", "Messages between replicas, by kind.", "kind"),
		received: counter("received_bytes_total", "Messages between replicas, by kind.", "kind"),
	}
	for _, c := range []prometheus.Collector{
		m.operations, m.admission, m.seconds, m.lag, m.height, m.blamed, m.waiting, m.bytes, m.refused, m.sent, m.received,
	} {
		if err := to.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// stage begins a stage of the goroutine that calls it, and returns how to end it. What the
// stage takes of the processor is told by the label of profiles.
func (m *meters) stage(s replica.Stage) (end func()) {
	begun := time.Now()
	pprof.SetGoroutineLabels(pprof.WithLabels(context.Background(), pprof.Labels("stage", string(s))))
	return func() {
		pprof.SetGoroutineLabels(context.Background())
		m.seconds.WithLabelValues(string(s)).Observe(time.Since(begun).Seconds())
	}
}

// The stages of a validator besides those of its replica.
const (
	stageAdmit   replica.Stage = "admit"   // what was handed in, or told by peers
	stagePropose replica.Stage = "propose" // a block
	stageProcess replica.Stage = "process" // a proposed block
	stageExecute replica.Stage = "execute"
	stageCommit  replica.Stage = "commit"
)

// block counts what became of a block's operations.
func (m *meters) block(b *utt.Block, receipts []utt.Receipt) {
	for i, r := range receipts {
		what := r.Status.String()
		if r.Rejection != nil {
			what = r.Rejection.Code.String()
		}
		m.operations.WithLabelValues(kindOf(b.Ops[i]), what).Inc()
	}
	m.height.Set(float64(b.Height))
}

// admitted counts a verdict.
func (m *meters) admitted(err error) {
	what := "admitted"
	var no *utt.Rejection
	switch {
	case errors.As(err, &no):
		what = no.Code.String()
	case err != nil:
		what = "failed"
	}
	m.admission.WithLabelValues(what).Inc()
}

func (m *meters) pool(operations, bytes int) {
	m.waiting.Set(float64(operations))
	m.bytes.Set(float64(bytes))
}

func (m *meters) published(head, published uint64) { m.lag.Set(float64(head) - float64(published)) }

func indexName(j int) string { return strconv.Itoa(j) }

// kindOf names the kind of an operation, which its second byte says.
func kindOf(op utt.Operation) string {
	b, err := op.AppendBinary(nil)
	if err != nil || len(b) < 2 {
		return "none"
	}
	return utt.Kind(b[1]).String()
}
