package bft

import (
	"cmp"
	"container/heap"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/utt-ecash/utt-go/utt/ledger"
	"github.com/utt-ecash/utt-go/utt/store"
)

// Schedule is a run: who is faulty, what the network does, and when operations
// come in. The same schedule runs the same way, whatever the keys and proofs.
type Schedule struct {
	Seed       uint64
	Boot       uint64 // when the replicas start
	Conditions Conditions
	Byzantine  map[NodeID]Behaviour
	Actions    []Action // in the order of their times
	Items      []*Item  // what operations there are; traces name them by index
	Limit      uint64   // time by which all must be done
}

// Action is something that happens at a time.
type Action struct {
	At   uint64
	Kind ActionKind
	Node NodeID // of all but ActionSubmit
	Item int    // of ActionSubmit
}

// ActionKind says what happens.
type ActionKind string

// The actions.
const (
	ActionSubmit  ActionKind = "submit"  // a client sends an item to all replicas
	ActionCrash   ActionKind = "crash"   // a node stops, with its state on disk
	ActionRestart ActionKind = "restart" // it comes back
	ActionLose    ActionKind = "lose"    // a node stops and loses everything; a restart has it sync
)

// endpoint is a running node. A Byzantine one may be two with one identity.
type endpoint struct {
	id     NodeID
	node   *Node
	forger *forger // nil if honest
	twin   int     // of a twin: 0 or 1
	hears  []int   // of an honest node: which of every node's twins it hears
	down   bool
	lost   bool
	life   int

	heard     map[uint64]*heardOf // by height, since it came up
	certified uint64              // the highest that another has sent it certified records of
	signed    uint64              // the highest block of which it has sent a certificate's share
}

// Simulation runs replicas under a schedule and checks the invariants after every
// step.
type Simulation struct {
	s         Schedule
	configs   []Config
	net       network
	endpoints []*endpoint
	now       uint64
	steps     int
	harness   *harness
	err       error
	started   bool
	healed    bool
	finished  bool // nothing is left to do, as of the last event
	changed   bool // since that was found

	// Refresh, if there is one, deals the replicas' shares anew meanwhile.
	Refresh *Refresh
}

// NewSimulation sets the replicas up. Their configurations are those of
// Founding.Replicas.
func NewSimulation(configs []Config, s Schedule) (*Simulation, error) {
	if s.Conditions.Delta == 0 {
		s.Conditions.Delta = 50
	}
	s.Conditions.Delay = max(s.Conditions.Delay, s.Conditions.Delta)
	m := &Simulation{s: s, configs: configs, harness: newHarness(configs, &s)}
	m.net = network{Conditions: s.Conditions, rng: rand.New(rand.NewPCG(s.Seed, 0x757474))}
	for i := range configs {
		id := NodeID(i)
		kind, byzantine := s.Byzantine[id]
		for twin := range 2 {
			if twin == 1 && kind != Twins {
				continue
			}
			c := configs[i]
			if twin == 1 {
				store, err := copyStore(c.Store)
				if err != nil {
					return nil, err
				}
				c.Store = store
				c.Clock++ // so that the twins propose different blocks
			}
			e := &endpoint{id: id, twin: twin, heard: make(map[uint64]*heardOf)}
			if byzantine {
				f, err := m.newForger(kind, c)
				if err != nil {
					return nil, err
				}
				e.forger = f
			}
			var err error
			if e.node, err = New(c); err != nil {
				return nil, err
			}
			m.endpoints = append(m.endpoints, e)
		}
	}
	for _, e := range m.endpoints {
		e.hears = make([]int, len(configs))
		for i := range e.hears {
			e.hears[i] = m.net.rng.IntN(2)
		}
	}
	return m, nil
}

func (m *Simulation) newForger(kind Behaviour, c Config) (*forger, error) {
	f := &forger{Behaviour: kind, made: make(map[[32]byte]bool)}
	for _, i := range m.s.Items {
		if i.Invalid {
			f.bad = append(f.bad, i.Raw)
		}
	}
	store, err := copyStore(c.Store)
	if err != nil {
		return nil, err
	}
	f.forged, err = ledger.New(c.Parameters, store)
	return f, err
}

func copyStore(s store.Store) (_ store.Store, err error) {
	view, err := s.View()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, view.Close()) }()
	d := new(store.Memory)
	var writes []store.Write
	for pair, err := range view.Ascend(nil, nil) {
		if err != nil {
			return nil, err
		}
		writes = append(writes, store.Write(pair))
	}
	return d, d.Apply(writes)
}

// Run runs until everything is done, an invariant is violated, or the limit is
// reached: a stall. The error is a *Violation.
func (m *Simulation) Run() error {
	for m.err == nil && !m.done() && m.Next() {
	}
	if m.err == nil && !m.done() {
		m.err = m.harness.stalled(m)
	}
	return m.err
}

// Trace is what happened, one event a line.
func (m *Simulation) Trace() []string { return m.harness.trace }

// Next takes one message, or one action, to its effects. It reports false once
// there is none before the limit.
func (m *Simulation) Next() bool {
	if !m.started {
		m.started = true
		for i := range m.endpoints {
			m.net.schedule(flight{at: m.s.Boot, to: i, m: Message{From: m.endpoints[i].id, Body: Start{}}})
		}
	}
	if m.err != nil {
		return false
	}
	at := ^uint64(0)
	if len(m.net.queue) > 0 {
		at = m.net.queue[0].at
	}
	if len(m.s.Actions) > 0 && m.s.Actions[0].At <= at && (m.healed || m.s.Actions[0].At <= m.net.Heal) {
		a := m.s.Actions[0]
		m.s.Actions = m.s.Actions[1:]
		m.now = max(m.now, a.At)
		m.act(a)
		return true
	}
	if !m.healed && m.net.Heal <= at {
		m.healed, m.changed, m.now = true, true, max(m.now, m.net.Heal)
		m.net.heal(m.now)
		return true
	}
	if at > m.s.Limit {
		return false
	}
	f := heap.Pop(&m.net.queue).(flight)
	m.now = f.at
	e := m.endpoints[f.to]
	if _, timer := f.m.Body.(Timeout); e.down || timer && f.life != e.life {
		return true
	}
	m.step(e, f.m)
	return true
}

// step has an endpoint take a message in.
func (m *Simulation) step(e *endpoint, in Message) {
	m.steps++
	in.Time = m.now
	m.harness.hears(e, in)
	out := e.node.Step(in)
	events := e.node.Events()
	if e.forger == nil {
		m.harness.says(m, e, out)
		m.harness.observe(m, e, events)
		m.harness.early(m, e)
		m.Refresh.follow(m, e, events)
		m.changed = m.changed || len(events) > 0
	} else {
		e.forger.follow(e.node.Height(), m.configs[e.id].Clock)
		out = e.corrupt(out)
	}
	for _, o := range out {
		m.dispatch(e, o)
	}
}

// dispatch puts a message on its way to all whom it concerns.
func (m *Simulation) dispatch(from *endpoint, o Message) {
	if t, timer := o.Body.(Timeout); timer {
		m.net.schedule(flight{at: m.now + o.Time, to: slices.Index(m.endpoints, from), life: from.life, m: Message{From: from.id, To: from.id, Body: t}})
		return
	}
	for i, to := range m.endpoints {
		if to.id == from.id || o.To != Everyone && o.To != to.id {
			continue
		}
		if m.hasTwin(from) && to.forger == nil && to.hears[from.id] != from.twin {
			continue
		}
		m.net.send(m.now, flight{to: i, m: o}, from.id, to.id)
	}
}

func (m *Simulation) hasTwin(e *endpoint) bool {
	return e.forger != nil && e.forger.Behaviour == Twins
}

func (m *Simulation) act(a Action) {
	if a.Kind == ActionSubmit {
		m.harness.submitted(m, a.Item)
		m.changed = true
		m.Submit(m.s.Items[a.Item].Raw)
		return
	}
	for _, e := range m.endpoints {
		if e.id != a.Node {
			continue
		}
		e.life++
		e.heard, e.certified = make(map[uint64]*heardOf), 0
		m.changed = true
		switch a.Kind {
		case ActionCrash:
			e.down = true
		case ActionLose:
			e.down, e.lost = true, true
		case ActionRestart:
			e.down = false
			if e.lost {
				e.lost = false
				c := m.configs[e.id]
				c.Store, c.Incarnation = nil, uint64(e.life)
				node, err := New(c)
				if err != nil {
					m.err = fmt.Errorf("bft: restart: %w", err)
					return
				}
				e.node = node
			}
			m.net.schedule(flight{at: m.now, to: slices.Index(m.endpoints, e), m: Message{From: e.id, Body: Start{}}})
		}
		if e.twin == 0 {
			m.harness.note(m, "node %d %s", a.Node, map[ActionKind]string{
				ActionCrash: "crashes", ActionLose: "crashes and loses everything", ActionRestart: "restarts"}[a.Kind])
		}
	}
}

// Crash stops a node, or has it lose everything as well.
func (m *Simulation) Crash(id NodeID, lose bool) {
	kind := ActionCrash
	if lose {
		kind = ActionLose
	}
	m.act(Action{At: m.now, Kind: kind, Node: id})
}

// Restart brings a node back.
func (m *Simulation) Restart(id NodeID) { m.act(Action{At: m.now, Kind: ActionRestart, Node: id}) }

// Corrupt makes a node Byzantine from now on, or behave otherwise than it did. The
// operations are what BadBlocks proposes. A twin cannot be born late.
func (m *Simulation) Corrupt(id NodeID, kind Behaviour, bad ...[]byte) error {
	if kind == Twins {
		return fmt.Errorf("%w: twins begin with the simulation", ErrConfig)
	}
	for _, e := range m.endpoints {
		if e.id != id {
			continue
		}
		if e.forger == nil {
			f, err := m.newForger(kind, m.configs[id])
			if err != nil {
				return err
			}
			e.forger = f
		}
		e.forger.Behaviour, e.forger.bad = kind, append(e.forger.bad, bad...)
	}
	if m.s.Byzantine == nil {
		m.s.Byzantine = make(map[NodeID]Behaviour)
	}
	m.s.Byzantine[id] = kind
	m.harness.note(m, "node %d turns Byzantine: %s", id, kind)
	return nil
}

// Replica is a node, for its state to be looked at.
func (m *Simulation) Replica(id NodeID) *Node {
	for _, e := range m.endpoints {
		if e.id == id {
			return e.node
		}
	}
	return nil
}

// Exposed counts the errors of a node that honest ones have seen: blocks refused,
// shares blamed, states denied, votes contradicted.
func (m *Simulation) Exposed(id NodeID) int { return m.harness.exposed[id] }

// Note adds a line to the trace.
func (m *Simulation) Note(line string) { m.harness.note(m, "%s", line) }

// Submit has a client send an operation to all replicas, in reach or not: clients
// repeat themselves until they are heard.
func (m *Simulation) Submit(raw []byte) {
	for _, e := range m.endpoints {
		m.send(e, raw)
	}
}

// send has a client send an operation to a node.
func (m *Simulation) send(e *endpoint, raw []byte) {
	m.net.schedule(flight{at: m.now + 1 + m.net.rng.Uint64N(m.net.Delta), to: slices.Index(m.endpoints, e), m: Message{From: Outside, Body: Submit{raw}}})
}

// done reports whether every replica that is up and honest has executed all
// operations and has signatures on all outputs, once the network has healed.
func (m *Simulation) done() bool {
	if m.changed {
		m.changed = false
		m.finished = m.healed && len(m.s.Actions) == 0 && m.Refresh.done(m) && m.harness.complete(m)
	}
	return m.finished
}

// sortActions orders by time, and keeps the order of those at the same time.
func sortActions(a []Action) {
	slices.SortStableFunc(a, func(x, y Action) int { return cmp.Compare(x.At, y.At) })
}
